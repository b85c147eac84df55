package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sweep/results"
)

// reference is a baseline with a figure of the metric.
type reference struct {
	label      string
	short      string // for the margin of a picture
	value      float64
	test       float64 // perplexity on the test part, NaN if not known
	parameters int64
	model      string
	order      int
}

// knowing reports whether the model was told what no count can tell: the language that a text was drawn from.
func (r reference) knowing() bool { return r.model == "entropy" || r.model == "class" }

// dashedSentence says what the dashed lines of a picture are.
func dashedSentence(drawn []reference) string {
	s := "Dashed: count models (KN: modified Kneser-Ney) on the same split and vocabulary."
	if slices.ContainsFunc(drawn, reference.knowing) {
		s += " The text was drawn from a language that is known: its entropy is the floor under every model, and class n-grams are told the classes of its words."
	}
	return s
}

// references are the baselines that a picture draws: uniform, unigram, of a text with a known language its entropy and
// class n-grams, and of Kneser-Ney the network's own orders and the 5-gram. Where there is none of these orders, every baseline. Best first.
func (s *study) references() []reference {
	orders := map[int]bool{5: true}
	own := false
	for _, c := range s.configs {
		if n := s.orderOf(c); n > 0 {
			orders[n], own = true, true
		}
	}
	var all, chosen []reference
	kn := false
	for _, b := range s.baselines {
		v := s.metric.ofBaseline(b)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		r := reference{label: baselineName(b), short: baselineShort(b), value: v, parameters: b.Parameters, model: b.Model, order: b.OrderN}
		all = append(all, r)
		isKN := b.Model == "kneser-ney" && (orders[b.OrderN] || !own)
		kn = kn || isKN
		if isKN || b.Model == "uniform" || b.Model == "unigram" || r.knowing() {
			chosen = append(chosen, r)
		}
	}
	if !kn {
		chosen = all
	}
	slices.SortStableFunc(chosen, func(a, b reference) int {
		if s.metric.Maximize {
			return cmp.Compare(b.value, a.value)
		}
		return cmp.Compare(a.value, b.value)
	})
	return chosen
}

// orderOf is the order of the n-gram that sees what a configuration's network sees, 0 if it is not known. Only where
// context_length is swept do the parameters decide: elsewhere they may leave it to the trainer's default.
func (s *study) orderOf(c config) int {
	if !s.varies("context_length") {
		return s.ownOrder
	}
	if n := c.params["context_length"]; n.number {
		return int(n.num) + 1
	}
	return 0
}

// seesAsMuch reports whether an n-gram's context is as long as a configuration's: the caller's order ends at 5, the
// context may be longer.
func (s *study) seesAsMuch(c config, order int) bool {
	n := c.params["context_length"]
	return s.orderOf(c) == order && (!n.number || int(n.num)+1 == order)
}

// baselineName is a baseline's name in full: "Kneser-Ney 4-gram".
func baselineName(b results.Baseline) string {
	gram := strconv.Itoa(b.OrderN) + "-gram"
	switch b.Model {
	case "uniform", "unigram":
		return b.Model
	case "entropy":
		return "entropy floor"
	case "kneser-ney":
		return "Kneser-Ney " + gram
	case "interpolated":
		return "interpolated " + gram
	case "add-k":
		return fmt.Sprintf("add-%s %s", strconv.FormatFloat(orNaN(b.Smoothing), 'g', -1, 64), gram)
	}
	return b.Model + " " + gram
}

func baselineShort(b results.Baseline) string {
	return strings.Replace(baselineName(b), "Kneser-Ney ", "KN ", 1)
}

// near divides references into those that fit on the same axis as the data without squashing it and those that do
// not: a rival such as Kneser-Ney may take three quarters of the axis, the unigram and the uniform model only what is
// over. data are the values that have to stay readable.
func near(refs []reference, data []float64) (in, out []reference) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range data {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		return refs, nil
	}
	for _, r := range refs {
		reach := max(3*(hi-lo), 0.2*math.Abs(hi))
		if r.model == "unigram" || r.model == "uniform" {
			reach = 0.5 * (hi - lo)
		}
		if r.value >= lo-reach && r.value <= hi+reach {
			in = append(in, r)
		} else {
			out = append(out, r)
		}
	}
	return in, out
}

// baselineLayers draws references as dashed lines with their names and values in the right margin.
func (s *study) baselineLayers(refs []reference) (layers []plot.Plotter, labels []endLabel) {
	for _, r := range refs {
		layers = append(layers, rule{At: r.value, Stroke: stroke{Color: ruleGrey, Width: 0.9, Dash: 1}})
		labels = append(labels, endLabel{
			At: plotter.XY{X: math.NaN(), Y: r.value}, Text: r.short + " " + s.metric.format(r.value), Color: inkSoft, Weight: 1,
		})
	}
	return layers, labels
}

// offScale says which baselines a picture leaves out.
func (s *study) offScale(out []reference) string {
	if len(out) == 0 {
		return ""
	}
	var parts []string
	for _, r := range out {
		parts = append(parts, r.label+" "+s.metric.format(r.value))
	}
	return "Off the scale: " + strings.Join(parts, ", ") + "."
}

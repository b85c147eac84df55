package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Together is what the networks of the best configuration and count models say together.
type Together struct {
	Grams    []Grams
	Mixings  []Mixing
	Contexts []ByContext
	Withheld *ByContext // of a text from a known language: where pairs of words were kept out of training
	With     string     // count model of Contexts and Withheld
}

// Grams is the curse of dimensionality at one order: a table of all n-grams that there could be, and those that there are.
type Grams struct {
	Order    int
	Possible string  // "17,000^4 = 8.4e16"
	Distinct int64   // in training
	Unseen   float64 // share of validation's targets that end an n-gram which training does not hold
}

// Mixing is a network mixed with a count model: Weight times the network's probability and the rest of the count model's.
// Figures are perplexities, means over the replicates; the weight is fitted on validation.
type Mixing struct {
	With                           string
	Weight                         float64
	NetworkVal, CountVal, MixedVal float64
	NetworkTest, CountTest, Mixed  float64 // on test; NaN without
	Low, High                      float64 // 95 % interval of Mixed; NaN with one replicate
	EvenTest                       float64 // half and half
	Replicates                     int
}

// Bar is a mean and its interval.
type Bar struct{ Mean, Low, High float64 }

// ByContext is the validation loss where the longest n-gram seen in training that ends in the target has so many symbols.
type ByContext struct {
	Longest         int
	Share           float64
	Loss            [3]Bar  // nats: network, counts, mixture
	GapLow, GapHigh float64 // 95 % interval of network minus counts
}

// voices are the rows of ByContext.Loss.
var voices = [3]string{"network", "counts", "mixture"}

// Sentences say whether mixing helps, and what network and counts make of pairs that they were never shown.
func (t *Together) Sentences() []string {
	if t == nil {
		return nil
	}
	return slices.DeleteFunc([]string{t.mixed(), t.withheld()}, func(s string) bool { return s == "" })
}

// withheld compares the probabilities, geometric means, that pairs get which grammar allows and training does not hold.
func (t *Together) withheld() string {
	if t.Withheld == nil {
		return ""
	}
	network, counts := t.Withheld.Loss[0].Mean, t.Withheld.Loss[1].Mean
	s := fmt.Sprintf("To pairs of words that were kept out of training (%s of validation's targets) the network gives a probability of %.2g (geometric mean), %s %.2g",
		formatPercent(t.Withheld.Share, 0.0001), math.Exp(-network), t.With, math.Exp(-counts))
	if math.IsNaN(t.Withheld.GapLow) {
		return s + "."
	}
	return s + fmt.Sprintf(": a difference of %.2f nats [%.2f, %.2f].", network-counts, t.Withheld.GapLow, t.Withheld.GapHigh)
}

// mixed says whether mixing helps, on test, with the partner that does best there.
func (t *Together) mixed() string {
	if len(t.Mixings) == 0 {
		return ""
	}
	best := t.Mixings[0]
	for _, m := range t.Mixings {
		if m.Mixed < best.Mixed {
			best = m
		}
	}
	if math.IsNaN(best.Mixed) {
		return ""
	}
	place := "not under both of its parts"
	if best.Mixed < best.NetworkTest && best.Mixed < best.CountTest {
		place = "under both of its parts"
	}
	return fmt.Sprintf("Mixed with %s (weight %.2f of the network, fitted on validation): test perplexity %s, %s (network %s, counts %s).",
		best.With, best.Weight, figures1(best.Mixed), place, figures1(best.NetworkTest), figures1(best.CountTest))
}

// figures1 writes a perplexity as the tables do.
func figures1(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', max(0, 3-len(strconv.Itoa(int(v)))+1), 64)
}

// mixingTable is the section's table.
func mixingTable(t *Together) *pageTable {
	if t == nil || len(t.Mixings) == 0 {
		return nil
	}
	out := &pageTable{Title: "Network and counts together", Columns: columns("<mixed with", "weight of the network",
		"validation: network", "counts", "mixture (fitted here)", "test: network", "counts", "mixture", "<95 % interval", "half and half", "n"),
		Note: "Perplexities. The weight is fitted on validation, so that the mixture's figure there is too good; compare on test."}
	for _, m := range t.Mixings {
		interval := ""
		if !math.IsNaN(m.Low) {
			interval = figures1(m.Low) + " to " + figures1(m.High)
		}
		out.Rows = append(out.Rows, pageRow{Cells: []string{
			m.With, strconv.FormatFloat(m.Weight, 'f', 2, 64), figures1(m.NetworkVal), figures1(m.CountVal), figures1(m.MixedVal),
			figures1(m.NetworkTest), figures1(m.CountTest), figures1(m.Mixed), interval, figures1(m.EvenTest), strconv.Itoa(m.Replicates),
		}})
	}
	return out
}

// gramTable says why not a table: how many n-grams there could be, how many there are, how many of validation's training
// has never seen, and how many numbers counts and networks make do with.
func (s *study) gramTable(t *Together) *pageTable {
	if t == nil || len(t.Grams) == 0 {
		return nil
	}
	out := &pageTable{Title: "Why not a table of all contexts?", Columns: columns("n", "<n-grams that there could be", "in training",
		"of validation, never seen", "numbers of Kneser-Ney")}
	for _, g := range t.Grams {
		numbers := ""
		for _, b := range s.baselines {
			if b.Model == "kneser-ney" && b.OrderN == g.Order {
				numbers = thousands(b.Parameters)
			}
		}
		out.Rows = append(out.Rows, pageRow{Cells: []string{strconv.Itoa(g.Order), g.Possible, thousands(g.Distinct), formatPercent(g.Unseen, 0.001), numbers}})
	}
	least, most := int64(math.MaxInt64), int64(0)
	for _, c := range s.configs {
		if c.parameters > 0 {
			least, most = min(least, c.parameters), max(most, c.parameters)
		}
	}
	if most > 0 {
		networks := thousands(least)
		if most > least {
			networks += " to " + thousands(most)
		}
		out.Note = "An n-gram is n symbols, the predicted one included. The networks of this sweep have " + networks + " trained numbers, whatever they have seen. " +
			"Of ten words out of 291,500 a table would need 4.4e54 entries."
	}
	return out
}

// contextFigure shows who wins where: the losses by the longest context that training has seen. ok is false without data.
func (s *study) contextFigure(t *Together) (f figure, ok bool) {
	if t == nil || len(t.Contexts) < 2 {
		return figure{}, false
	}
	f = figure{Name: "context", Chapter: chapterTogether, Columns: 1, Height: 250, Title: contextTitle(t)}
	f.Table = table{Columns: []string{"longest_ngram", "share", "network", "network_low", "network_high", "counts", "counts_low", "counts_high",
		"mixture", "mixture_low", "mixture_high", "network_minus_counts_low", "network_minus_counts_high"}}
	x := axis{Label: "longest n-gram of context and target seen in training; below it the share of the targets", Scale: category, Min: 0.5, Max: float64(len(t.Contexts)) + 0.5}
	y := axis{Label: "validation loss (nats/token)"}
	colors := [3]color.NRGBA{okabeIto[0], okabeIto[4], okabeIto[2]}
	var values []float64
	var lines [3]plotter.XYs
	var p panel
	for k, c := range t.Contexts {
		x.Marks = append(x.Marks, mark{At: float64(k + 1), Label: contextName(c.Longest) + "\n" + formatPercent(c.Share, 0.001)})
		row := []any{c.Longest, c.Share}
		for q, b := range c.Loss {
			at := float64(k+1) + 0.09*float64(q-1)
			lines[q] = append(lines[q], plotter.XY{X: at, Y: b.Mean})
			values = append(values, b.Mean, b.Low, b.High)
			if !math.IsNaN(b.Low) {
				p.Layers = append(p.Layers, interval{At: at, Low: b.Low, High: b.High, Stroke: stroke{Color: colors[q], Width: 1.6}})
			}
			row = append(row, b.Mean, b.Low, b.High)
		}
		f.Table.add(append(row, c.GapLow, c.GapHigh)...)
	}
	labels := []string{"network", t.With, "mixture"}
	var under []plot.Plotter
	for q := range lines {
		under = append(under, line{Points: lines[q], Stroke: stroke{Color: faint(colors[q], 0.5), Width: 1.2}})
		p.Layers = append(p.Layers, dots{Points: lines[q], Color: colors[q], Radius: 3.2})
		f.Legend = append(f.Legend, legendEntry{Text: labels[q], Color: colors[q], Look: lookDot})
	}
	y.cover(0.06, values...)
	p.X, p.Y = x, y
	p.Layers = append(under, p.Layers...)
	f.Panels = []panel{p}
	bars := "Bars, where they are longer than the dots, are 95 % intervals over documents, drawn again a thousand times."
	if !t.intervals() {
		bars = "All targets lie in one document, so there are no intervals over documents."
	}
	f.Caption = []string{"The best configuration's median replicate, " + t.With + " and their mixture, whose weight is fitted here. " + bars + " Counts are at home where they have seen the very n-gram; \"none\" are targets that never followed the word before them."}
	f.Caption = append(f.Caption, s.sourced()...)
	f.Alt = f.Title + "."
	for _, c := range t.Contexts {
		f.Alt += fmt.Sprintf(" %s, %s of the targets:", contextName(c.Longest), formatPercent(c.Share, 0.001))
		for q, b := range c.Loss {
			f.Alt += fmt.Sprintf(" %s %.2f", voices[q], b.Mean)
		}
		f.Alt += "."
	}
	return f, true
}

func contextName(n int) string {
	if n <= 1 {
		return "none"
	}
	return fmt.Sprintf("%d-gram", n)
}

// intervals reports whether any class of contexts has one.
func (t *Together) intervals() bool {
	return slices.ContainsFunc(t.Contexts, func(c ByContext) bool { return !math.IsNaN(c.GapLow) })
}

// contextTitle names the classes in which one of the two is surely better.
func contextTitle(t *Together) string {
	var network, counts []string
	for _, c := range t.Contexts {
		switch {
		case c.GapHigh < 0:
			network = append(network, contextName(c.Longest))
		case c.GapLow > 0:
			counts = append(counts, contextName(c.Longest))
		}
	}
	where := func(list []string) string {
		s := and(list)
		if list[0] == "none" {
			s = "no n-gram"
			if len(list) > 1 {
				s += " or at most a " + list[len(list)-1]
			}
			return s + " was seen"
		}
		return "a " + strings.ReplaceAll(s, " and ", " or ") + " was seen"
	}
	switch {
	case !t.intervals():
		return "What network and counts lose, by the longest n-gram that training has seen"
	case len(network) > 0 && len(counts) > 0:
		return "The network wins where " + where(network) + ", counts where " + where(counts)
	case len(network) > 0:
		return "The network wins where " + where(network)
	case len(counts) > 0:
		return "Counts win where " + where(counts)
	}
	return "Network and counts cannot be told apart, however long an n-gram training has seen"
}

package reports

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"sweep/results"
)

// value is one hyperparameter's value as a picture needs it. The zero value is absent.
type value struct {
	text   string
	num    float64
	number bool
	there  bool
}

// String is the value as pictures show it: numbers that a search has drawn are cut to four digits.
func (v value) String() string {
	switch {
	case !v.there:
		return "none"
	case v.number && len(strings.TrimLeft(strings.ReplaceAll(v.text, ".", ""), "-0")) > 6 && v.num != math.Trunc(v.num):
		return scalar(json.Number(strconv.FormatFloat(v.num, 'g', 4, 64))).text
	}
	return v.text
}

// setting is one named value.
type setting struct {
	name  string
	value value
}

// settings reads a JSON object of scalars and keeps its order. What is not an object has none.
func settings(raw json.RawMessage) []setting {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []setting
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return out
		}
		var x any
		if err := d.Decode(&x); err != nil {
			return out
		}
		name, _ := key.(string)
		out = append(out, setting{name, scalar(x)})
	}
	return out
}

func scalar(x any) value {
	switch x := x.(type) {
	case string:
		if readsOtherwise(x) {
			return value{text: strconv.Quote(x), there: true}
		}
		return value{text: x, there: true}
	case bool:
		return value{text: strconv.FormatBool(x), there: true}
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return value{text: x.String(), there: true}
		}
		text := strconv.FormatFloat(f, 'g', -1, 64)
		if a := math.Abs(f); a >= 1e-4 && a < 1e15 || f == 0 {
			text = strconv.FormatFloat(f, 'f', -1, 64)
		}
		return value{text: text, num: f, number: true, there: true}
	case nil:
		return value{}
	}
	b, err := json.Marshal(x)
	if err != nil {
		return value{}
	}
	return value{text: string(b), there: true}
}

// readsOtherwise reports whether a text without quotes would be taken for a value that is no text.
func readsOtherwise(text string) bool {
	switch text {
	case "true", "false":
		return true
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// config is one configuration with its trials.
type config struct {
	results.Configuration
	params          map[string]value
	trials          []trial
	mean, low, high float64 // NaN where there is none
	parameters      int64
	seconds         float64 // mean training time of the complete trials, NaN without
	rank            int     // 0: not ranked
	diverged        int     // trials
}

// trial is one training.
type trial struct {
	results.Trial
	value    float64 // NaN if it has none
	position int     // among the rows, which are in the plan's order
}

// named is the trial for those who point at it.
func (t trial) named() string {
	return "trial " + t.Trial.Trial + ", replicate " + strconv.Itoa(t.Replicate)
}

// dimension is a way in which the configurations differ: one swept parameter, together with those that are functions
// of it (zipped with it, say).
type dimension struct {
	Name    string
	With    []string // functions of it, in the spec's order
	Tuned   []string // of these, those whose values a related sweep found best
	Against []finding
	Values  []value // distinct: ascending if they are numbers, otherwise in order of appearance
	Numeric bool
	Scale   scaleKind
}

// study is the rows of a sweep, put in order for drawing.
type study struct {
	name       string
	metric     metric
	configs    []config // in the order of the rows
	dimensions []dimension
	fixed      []setting // parameters with the same value everywhere
	baselines  []results.Baseline
	corpus     string
	commit     string                     // of the project that the sweep ran in; "": none
	points     map[string][]results.Point // of the metric, by trial
	replicates int                        // the most that a configuration has
	best       int                        // index into configs, -1: none
	search     bool                       // the values were drawn, not laid out as a grid
	program    bool                       // the trials are those of the user's own program, not of the built-in trainer
	mixed      bool                       // over several splits or vocabularies: nothing is ranked or has baselines
	ownOrder   int                        // of the n-gram that sees what every network sees; 0: not known
	related    *study                     // another sweep that belongs to this one, nil: none
}

// newStudy puts rows in order. Rows that contradict each other (a trial without configuration, a best that is not
// there) are left out, never fatal.
func newStudy(sweep results.Sweep, configurations []results.Configuration, trials []results.Trial, swept []string) *study {
	s := &study{name: sweep.Sweep, metric: newMetric(sweep.Metric, sweep.Goal), best: -1,
		search: sweep.Method != "grid" && sweep.Method != ""}
	index := map[string]int{}
	order := map[string][]setting{}
	var names []string
	seen := map[string]bool{}
	for _, c := range configurations {
		if _, dup := index[c.Configuration]; dup {
			continue
		}
		k := config{Configuration: c, params: map[string]value{}, mean: orNaN(c.Mean), low: orNaN(c.Low), high: orNaN(c.High), seconds: math.NaN()}
		if c.Rank != nil {
			k.rank = *c.Rank
		}
		order[c.Configuration] = settings(c.Params)
		for _, p := range order[c.Configuration] {
			k.params[p.name] = p.value
			if !seen[p.name] {
				seen[p.name] = true
				names = append(names, p.name)
			}
		}
		if bool(c.Best) && s.best < 0 && !math.IsNaN(k.mean) {
			s.best = len(s.configs)
		}
		index[c.Configuration] = len(s.configs)
		s.configs = append(s.configs, k)
	}
	for position, t := range trials {
		i, ok := index[t.Configuration]
		if !ok || bool(t.Retired) {
			continue
		}
		c := &s.configs[i]
		tr := trial{Trial: t, value: math.NaN(), position: position}
		if t.State == "complete" || t.State == "stopped" {
			tr.value = orNaN(t.Value)
		}
		c.trials = append(c.trials, tr)
		c.parameters = max(c.parameters, t.Parameters)
		if t.State == "diverged" {
			c.diverged++
		}
	}
	for i := range s.configs {
		c := &s.configs[i]
		slices.SortStableFunc(c.trials, func(a, b trial) int { return cmp.Compare(a.Replicate, b.Replicate) })
		s.replicates = max(s.replicates, len(c.trials))
		sum, n := 0.0, 0
		for _, t := range c.trials {
			if t.State == "complete" {
				sum, n = sum+t.Seconds, n+1
			}
		}
		if n > 0 {
			c.seconds = sum / float64(n)
		}
	}
	s.sortNames(&names, swept)
	s.split(names, sweep.Method)
	return s
}

// sortNames puts the swept names first, in the order in which they were given.
func (s *study) sortNames(names *[]string, swept []string) {
	place := func(n string) int {
		if i := slices.Index(swept, n); i >= 0 {
			return i
		}
		return len(swept)
	}
	slices.SortStableFunc(*names, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
}

// split divides the parameters into those that are fixed and the dimensions in which the configurations differ.
func (s *study) split(names []string, method string) {
	var varied []string
	for _, n := range names {
		distinct := map[value]bool{}
		for _, c := range s.configs {
			distinct[c.params[n]] = true
		}
		if len(distinct) > 1 {
			varied = append(varied, n)
		} else {
			s.fixed = append(s.fixed, setting{n, s.configs[0].params[n]})
		}
	}
	// A rate is tuned for a size, not a size for a rate: of two that determine each other it is the dependent one.
	prefer := slices.Clone(varied)
	slices.SortStableFunc(prefer, func(a, b string) int {
		return cmp.Compare(strings.Count(a, "learning_rate"), strings.Count(b, "learning_rate"))
	})
	root := func(p string) string {
		for i, q := range prefer {
			if q != p && s.determines(q, p, method) && (!s.determines(p, q, method) || i < slices.Index(prefer, p)) {
				return q
			}
		}
		return ""
	}
	for _, n := range varied {
		if root(n) == "" {
			s.dimensions = append(s.dimensions, s.dimension(n))
		}
	}
	for _, n := range varied {
		if root(n) == "" {
			continue
		}
		for i := range s.dimensions {
			if d := &s.dimensions[i]; s.determines(d.Name, n, method) {
				d.With = append(d.With, n)
				break
			}
		}
	}
}

// determines reports whether b is a function of a over the configurations. In a random search, where nearly every
// value is drawn once, that would be so for any two: there it takes values that come again.
func (s *study) determines(a, b, method string) bool {
	of := map[value]value{}
	for _, c := range s.configs {
		v, seen := of[c.params[a]]
		if seen && v != c.params[b] {
			return false
		}
		of[c.params[a]] = c.params[b]
	}
	return method == "grid" || method == "" || len(s.configs) >= 2*len(of)
}

// dimension collects the values of one parameter.
func (s *study) dimension(name string) dimension {
	d := dimension{Name: name, Numeric: true, Scale: category}
	for _, c := range s.configs {
		v := c.params[name]
		if !slices.Contains(d.Values, v) {
			d.Values = append(d.Values, v)
		}
		d.Numeric = d.Numeric && v.number
	}
	if d.Numeric {
		slices.SortFunc(d.Values, func(a, b value) int { return cmp.Compare(a.num, b.num) })
		var nums []float64
		for _, v := range d.Values {
			nums = append(nums, v.num)
		}
		d.Scale = spaced(nums)
	}
	return d
}

// at is the place of a configuration along the dimension: its value, or its category's number.
func (d dimension) at(c config) float64 {
	v := c.params[d.Name]
	if d.Numeric {
		return v.num
	}
	return float64(slices.Index(d.Values, v))
}

// axis is the dimension's axis. Where few values are drawn they are the ticks, with the values of what is tied to
// them below.
func (s *study) axis(d dimension) axis {
	a := axis{Label: s.withUnit(d.Name), Scale: d.Scale}
	var at []float64
	for i, v := range d.Values {
		x := float64(i)
		if d.Numeric {
			x = v.num
		}
		at = append(at, x)
	}
	a.cover(0.08, at...)
	a.Whole = d.Numeric && !slices.ContainsFunc(at, func(x float64) bool { return x != math.Trunc(x) })
	if len(d.Values) > 9 && d.Numeric {
		return a
	}
	if len(d.With) > 0 {
		a.Label += "; below it " + strings.Join(d.With, ", ") + ", " + d.tiedWord()
	}
	for i, v := range d.Values {
		l := printable(fileName(v.String()))
		if v.number && math.Abs(v.num) >= 1e4 {
			l = si(v.num, math.Abs(v.num)/1000)
		}
		for _, w := range d.With {
			l += "\n" + printable(s.tied(d, v, w).String())
		}
		a.Marks = append(a.Marks, mark{At: at[i], Label: l})
	}
	a.Marks = thin(a)
	return a
}

// thin leaves out the labels of ticks that would run into each other on an axis of the usual length; names of
// categories, which all have to be there, are cut.
func thin(a axis) []mark {
	const length = 360 // points, of a panel with labels at its side
	if a.Scale == category {
		out := slices.Clone(a.Marks)
		for i := range out {
			lines := strings.Split(out[i].Label, "\n")
			for k := range lines {
				lines[k] = clip(lines[k], length/vg.Length(len(out))-6, sans(tickSize, false))
			}
			out[i].Label = strings.Join(lines, "\n")
		}
		return out
	}
	f := sans(tickSize, false)
	out := slices.Clone(a.Marks)
	end := math.Inf(-1)
	for i, m := range out {
		w, _ := textBox(m.Label, f)
		x := a.Scale.Normalize(a.Min, a.Max, m.At) * length
		if x-float64(w)/2 < end+4 {
			out[i].Label = ""
			continue
		}
		end = x + float64(w)/2
	}
	return out
}

// tied is the value of parameter w wherever d has the value v.
func (s *study) tied(d dimension, v value, w string) value {
	for _, c := range s.configs {
		if c.params[d.Name] == v {
			return c.params[w]
		}
	}
	return value{}
}

// units are what the numbers of the built-in trainer's parameters count.
var units = map[string]string{"hidden_size": "neurons", "embedding_dim": "numbers a symbol", "context_length": "symbols",
	"batch_size": "examples", "vocab_size": "symbols", "negatives": "samples a step", "steps": "optimiser steps"}

// withUnit is a parameter's name with what it counts, which of a program's own nobody knows.
func (s *study) withUnit(name string) string {
	if u := units[name]; u != "" && !s.program {
		return name + " (" + u + ")"
	}
	return name
}

// label names a configuration by where it stands in each dimension.
func (s *study) label(c config) string {
	var parts []string
	for _, d := range s.dimensions {
		parts = append(parts, d.Name+" "+c.params[d.Name].String())
	}
	if len(parts) == 0 {
		return "the one configuration"
	}
	return strings.Join(parts, ", ")
}

// told is a configuration's mean for those who point at it: of what, over how many, and how sure.
func (s *study) told(c config) string {
	out := s.label(c) + ": mean of " + strconv.Itoa(c.N)
	if usable(c.low, linear) && usable(c.high, linear) {
		out += ", 95 % interval " + s.metric.format(c.low) + " to " + s.metric.format(c.high)
	}
	return out
}

// short names a configuration by its values, with the parameter's name if there is only one; shortKey says of what.
func (s *study) short(c config) string {
	if len(s.dimensions) == 1 {
		return s.dimensions[0].Name + " " + s.values(c)
	}
	return s.values(c)
}

// values are a configuration's values in all dimensions, each cut to a length that a label can have.
func (s *study) values(c config) string {
	var parts []string
	for _, d := range s.dimensions {
		parts = append(parts, brief(c.params[d.Name].String()))
	}
	return strings.Join(parts, " / ")
}

// longValue is how many characters of a value a label has room for.
const longValue = 18

// fileName is the name of the file if a value is a path that is too long for a label.
func fileName(v string) string {
	if len([]rune(v)) > longValue && strings.Contains(v, "/") {
		return path.Base(v)
	}
	return v
}

// brief is a value cut to the length that a label can have.
func brief(v string) string {
	v = fileName(v)
	if r := []rune(v); len(r) > longValue {
		return string(r[:longValue-1]) + "…"
	}
	return v
}

func (s *study) shortKey() string {
	if len(s.dimensions) < 2 {
		return ""
	}
	var parts []string
	for _, d := range s.dimensions {
		parts = append(parts, d.Name)
	}
	return "Labels: " + strings.Join(parts, " / ") + "."
}

// ordered reports whether the configurations have a natural order: one numeric dimension.
func (s *study) ordered() bool { return len(s.dimensions) == 1 && s.dimensions[0].Numeric }

// byRank returns the indices of the configurations, the ranked ones first.
func (s *study) byRank() []int {
	out := make([]int, len(s.configs))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int {
		ra, rb := s.configs[a].rank, s.configs[b].rank
		if (ra == 0) != (rb == 0) {
			return cmp.Compare(rb, ra) // unranked last
		}
		return cmp.Compare(ra, rb)
	})
	return out
}

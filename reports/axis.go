package reports

import (
	"math"

	"gonum.org/v1/plot"
)

// scaleKind is how values become places along an axis.
type scaleKind int

const (
	linear scaleKind = iota
	logarithmic
	category // values are 0, 1, 2, ... and stand for names
)

// axis describes one axis of a panel. Its range is set by cover before anything is drawn, because gonum/plot panics
// on ranges that are empty, or not positive on a log axis.
type axis struct {
	Label    string
	Scale    scaleKind
	Min, Max float64
	Marks    []mark // ticks at exactly these places, instead of computed ones
	Whole    bool   // ticks at whole numbers only
	Percent  bool   // values are shares, ticks percent
	Bare     bool   // neither label nor tick labels: an inner panel of small multiples
	Blank    bool   // nothing at all, not even ticks
	Ticks    int    // about how many; 0: five
	Upright  bool   // tick labels run upward, on x
}

// mark is one tick of our own choice.
type mark struct {
	At    float64
	Label string
}

// cover sets the range so that every finite value (positive, on a log axis) is visible with pad, a share of the
// range, left free at both ends. Without any such value, and with a single one, it still gives a range that can be
// drawn.
func (a *axis) cover(pad float64, values ...float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if usable(v, a.Scale) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		lo, hi = 0, 1
		if a.Scale == logarithmic {
			lo, hi = 0.1, 10
		}
		a.Min, a.Max = lo, hi
		return
	}
	switch a.Scale {
	case logarithmic:
		// In logarithms throughout: a ratio of extreme values would overflow.
		l, h := math.Log10(lo), math.Log10(hi)
		if h-l < 1e-9 {
			l, h = l-0.2, h+0.2 // one distinct value: somewhat more than half and double of 1.6
		}
		d := (h - l) * pad
		a.Min, a.Max = math.Pow(10, max(l-d, -300)), math.Pow(10, min(h+d, 300)) // within what a float64 can hold
	case category:
		a.Min, a.Max = lo-0.5, hi+0.5
	default:
		if hi-lo <= 1e-7*max(math.Abs(lo), math.Abs(hi)) { // one value, but for rounding
			d := max(math.Abs(lo)*0.05, 1e-6)
			if lo == 0 {
				d = 1
			}
			lo, hi = lo-d, hi+d
		}
		d := (hi - lo) * pad
		a.Min, a.Max = lo-d, hi+d
	}
}

// widen leaves a further share of the range free at both ends.
func (a *axis) widen(pad float64) { a.cover(pad, a.Min, a.Max) }

// usable reports whether a value can be drawn on an axis of that kind. Values so large or, on a log axis, so small
// that differences of them overflow count as infinite.
func usable(v float64, k scaleKind) bool {
	const huge = 1e290
	if k == category {
		return v >= 0 && v < 1e6
	}
	return math.Abs(v) <= huge && (k != logarithmic || v >= 1/huge)
}

// Normalize implements plot.Normalizer: the place of x within lo to hi, 0 to 1. Unlike plot.LogScale it never panics:
// what has no place on a log axis lies far outside of it.
func (k scaleKind) Normalize(lo, hi, x float64) float64 {
	if k != logarithmic {
		return (x - lo) / (hi - lo)
	}
	if !(x > 0) {
		return -10
	}
	if !(lo > 0) || !(hi > 0) {
		return -10
	}
	l := math.Log(lo)
	return (math.Log(x) - l) / (math.Log(hi) - l)
}

// Ticks implements plot.Ticker.
func (a axis) ticks(lo, hi float64) []plot.Tick {
	if a.Blank || !(hi > lo) {
		return nil
	}
	n := a.Ticks
	if n == 0 {
		n = 5
	}
	format := formatPlain
	if a.Percent {
		format = formatPercent
	}
	var ticks []plot.Tick
	switch {
	case a.Marks != nil:
		for _, m := range a.Marks {
			if usable(m.At, a.Scale) {
				ticks = append(ticks, plot.Tick{Value: m.At, Label: m.Label})
			}
		}
	case a.Scale == logarithmic && lo > 0:
		ticks = logTicks(lo, hi, n, a.Whole, format)
	default:
		ticks = linearTicks(lo, hi, n, a.Whole, format)
	}
	if a.Bare {
		for i := range ticks {
			if ticks[i].Label != "" {
				ticks[i].Label = " " // major still: the grid stands on major ticks
			}
		}
	}
	return ticks
}

// ticker hands an axis to gonum/plot.
type ticker struct{ axis axis }

// Ticks implements plot.Ticker.
func (t ticker) Ticks(lo, hi float64) []plot.Tick { return t.axis.ticks(lo, hi) }

// spaced tells how the values of a hyperparameter are best laid out: on a log axis when they are positive, span a
// factor of three at least and their ratios are about as even as their differences or more. Values must be ascending and
// distinct.
func spaced(values []float64) scaleKind {
	if len(values) < 2 || values[0] <= 0 || values[len(values)-1]/values[0] < 3 {
		return linear
	}
	if len(values) == 2 {
		return logarithmic
	}
	var steps, ratios []float64
	for i, v := range values[1:] {
		steps = append(steps, v-values[i])
		ratios = append(ratios, math.Log(v/values[i]))
	}
	if unevenness(ratios) <= 1.25*unevenness(steps) {
		return logarithmic
	}
	return linear
}

// unevenness is the coefficient of variation: sd over mean.
func unevenness(xs []float64) float64 {
	mean, sq := 0.0, 0.0
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		sq += (x - mean) * (x - mean) / float64(len(xs))
	}
	return math.Sqrt(sq) / mean
}

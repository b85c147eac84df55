package reports

import (
	"math"
	"strconv"
	"strings"

	"sweep/results"
)

// metric is what the pictures need to know of a metric's name.
type metric struct {
	Name       string // "val/perplexity"
	Label      string // "validation perplexity"
	Unit       string // "nats/token", or ""
	Share      bool   // 0 to 1, shown as percent
	Perplexity bool   // compared as a ratio
	Loss       bool
	Maximize   bool
}

func newMetric(name, goal string) metric {
	m := metric{Name: name, Label: name, Maximize: goal == "maximize"}
	if name == "" {
		m.Label = "metric"
	}
	part, what, ok := strings.Cut(name, "/")
	if !ok {
		return m
	}
	parts := map[string]string{"val": "validation", "test": "test", "train": "training"}
	known := map[string]string{"loss": "loss", "perplexity": "perplexity", "accuracy": "accuracy", "top5": "top-5 accuracy",
		"unk_share": "share of <unk>", "perplexity_known": "perplexity of known words"}
	if parts[part] == "" || known[what] == "" {
		return m
	}
	m.Label = parts[part] + " " + known[what]
	switch what {
	case "loss":
		m.Loss, m.Unit = true, "nats/token"
	case "perplexity", "perplexity_known":
		m.Perplexity = true
	default:
		m.Share = true
	}
	return m
}

// axisLabel is the label with its unit.
func (m metric) axisLabel() string {
	if m.Unit != "" {
		return m.Label + " (" + m.Unit + ")"
	}
	return m.Label
}

// superlative is "lowest" or "highest".
func (m metric) superlative() string {
	if m.Maximize {
		return "highest"
	}
	return "lowest"
}

// better reports whether a is better than b.
func (m metric) better(a, b float64) bool {
	if m.Maximize {
		return a > b
	}
	return a < b
}

// format writes a value as the text and the labels show it.
func (m metric) format(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case math.IsInf(v, 0):
		return "infinite"
	case m.Share:
		return minus(strconv.FormatFloat(100*v, 'f', 1, 64)) + " %"
	case m.Loss:
		return minus(strconv.FormatFloat(v, 'f', 4, 64))
	}
	switch a := math.Abs(v); {
	case m.Perplexity && a >= 1e6:
		return si(v, v/1000)
	case m.Perplexity && a >= 1000:
		return thousands(int64(math.Round(v)))
	case m.Perplexity && a >= 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case m.Perplexity:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return minus(strconv.FormatFloat(v, 'g', 4, 64))
}

// interval writes "133.5 [132.9, 134.1]"; without bounds only the value.
func (m metric) interval(mean, low, high float64) string {
	if math.IsNaN(low) || math.IsNaN(high) {
		return m.format(mean)
	}
	return m.format(mean) + " [" + m.format(low) + ", " + m.format(high) + "]"
}

// ofBaseline is a baseline's figure of this metric, NaN if it has none.
func (m metric) ofBaseline(b results.Baseline) float64 {
	var v *float64
	switch m.Name {
	case "val/loss":
		v = b.ValLoss
	case "val/perplexity":
		v = b.ValPerplexity
	case "val/accuracy":
		v = b.ValAccuracy
	case "val/perplexity_known":
		v = b.ValPerplexityKnown
	case "test/loss":
		v = b.TestLoss
	case "test/perplexity":
		v = b.TestPerplexity
	case "test/accuracy":
		v = b.TestAccuracy
	case "test/perplexity_known":
		v = b.TestPerplexityKnown
	}
	return orNaN(v)
}

// thousands writes 17,000.
func thousands(n int64) string {
	return minus(group(strconv.FormatInt(n, 10), 4))
}

// orNaN is the value, NaN for NULL.
func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// equal reports whether two means are the same but for the rounding of a sum: exact ties, of which neither is better.
func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b)) }

// duration writes seconds as people say them.
func duration(s float64) string {
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0) || s < 0:
		return "–"
	case s < 10:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 120:
		return strconv.FormatFloat(s, 'f', 0, 64) + " s"
	case s < 2*3600:
		return strconv.FormatFloat(s/60, 'f', 1, 64) + " min"
	}
	return strconv.FormatFloat(s/3600, 'f', 1, 64) + " h"
}

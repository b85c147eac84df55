package stats

import (
	"math"
	"strings"
)

// Scale is how a metric's values are analysed: differences of losses and of the logarithms of perplexities are in nats,
// others stay in the metric's own unit.
type Scale struct {
	Log  bool   // logarithms are taken
	Unit string // "nats", or "" for the metric's own
}

// ScaleOf returns the scale for a metric, by its name, and the values that will be put on it.
func ScaleOf(metric string, values []float64) Scale {
	switch kind := Kind(metric); kind {
	case "loss":
		if kind == metric {
			return Scale{} // some program's: nobody says that it is a cross-entropy
		}
		return Scale{Unit: "nats"}
	case "perplexity", "perplexity_known":
		for _, v := range values {
			if v <= 0 {
				return Scale{} // no perplexity, whatever its name says
			}
		}
		return Scale{Log: true, Unit: "nats"}
	}
	return Scale{}
}

// Kind returns what a metric measures, without the part that it is measured on: "loss" of "val/loss".
func Kind(metric string) string { return metric[strings.LastIndexByte(metric, '/')+1:] }

// Of puts a value on the scale.
func (s Scale) Of(v float64) float64 {
	if s.Log {
		return math.Log(v)
	}
	return v
}

// Percent turns a difference into percent of perplexity, NaN on a scale that has none.
func (s Scale) Percent(d float64) float64 {
	if s.Unit != "nats" {
		return math.NaN()
	}
	return 100 * math.Expm1(d)
}

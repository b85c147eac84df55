package results

import (
	"math"
	"strings"
)

// MetricGoal returns "minimize" or "maximize" for metrics whose sense is in their name (val/loss, test/accuracy,
// ...), and "" for others.
func MetricGoal(metric string) string {
	switch metricKind(metric) {
	case "loss", "perplexity", "perplexity_known":
		return "minimize"
	case "accuracy", "top5":
		return "maximize"
	}
	return ""
}

// metricKind returns what is measured, without the part that it is measured on.
func metricKind(metric string) string { return metric[strings.LastIndexByte(metric, '/')+1:] }

// scale is how a metric's values are analysed: differences of losses and of the logarithms of perplexities are in
// nats, others stay in the metric's own unit.
type scale struct {
	log  bool
	unit string // "nats", or "" for the metric's own
}

// scaleOf returns the scale for a metric and the values that will be put on it.
func scaleOf(metric string, values []float64) scale {
	switch metricKind(metric) {
	case "loss":
		return scale{unit: "nats"}
	case "perplexity", "perplexity_known":
		for _, v := range values {
			if v <= 0 {
				return scale{} // no perplexity, whatever its name says
			}
		}
		return scale{log: true, unit: "nats"}
	}
	return scale{}
}

func (s scale) of(v float64) float64 {
	if s.log {
		return math.Log(v)
	}
	return v
}

// percent turns a difference into percent of perplexity, NaN on a scale that has none.
func (s scale) percent(d float64) float64 {
	if s.unit != "nats" {
		return math.NaN()
	}
	return 100 * math.Expm1(d)
}

package results

import "sweep/internal/stats"

// MetricGoal returns "minimize" or "maximize" for metrics whose sense is in their name (val/loss, test/accuracy,
// ...), and "" for others.
func MetricGoal(metric string) string {
	switch stats.Kind(metric) {
	case "loss", "perplexity", "perplexity_known":
		return "minimize"
	case "accuracy", "top5":
		return "maximize"
	}
	return ""
}

package trainer

import "math"

// rate returns the learning rate of a step, 0 <= step < total. It rises in a line over the first Warmup share of the
// steps, to its full height at the last of them, and then follows the schedule over the steps that are left: "wsd" stays and
// falls to zero in a line over the last Decay of them. A
// schedule spans all steps, whether or not the training is stopped early.
func (c Config) rate(step, total int64) float64 {
	warm := int64(math.Ceil(float64(c.Warmup * float64(total))))
	if step < warm {
		return float64(c.LearningRate*float64(step+1)) / float64(warm)
	}
	done := float64(step-warm) / float64(total-warm) // share of the schedule, [0, 1)
	switch c.Schedule {
	case "step":
		if 2*step >= total {
			return c.LearningRate / 10
		}
	case "wsd":
		if decay := c.Decay; done > 1-decay {
			return float64(c.LearningRate * (1 - done) / decay)
		}
	case "linear":
		return float64(c.LearningRate * (1 - done))
	case "cosine":
		return float64(c.LearningRate*(1+cosinePi(done))) / 2
	}
	return c.LearningRate
}

// Steady returns the share of the steps before the learning rate begins to fall, 1 if it never does.
func (c Config) Steady() float64 {
	switch c.Schedule {
	case "step":
		return 0.5
	case "wsd":
		return c.Warmup + (1-c.Warmup)*(1-c.Decay)
	case "linear", "cosine":
		return c.Warmup
	}
	return 1
}

// pointStep returns the step of point i of the curve, 1 <= i <= evaluations: evenly spaced, the last one at total.
func pointStep(i, evaluations, total int64) int64 {
	// i*total/evaluations without overflow.
	return total/evaluations*i + total%evaluations*i/evaluations
}

// nextPoint returns the first point's step after step, or total if none is left.
func nextPoint(step, evaluations, total int64) int64 {
	evaluations = min(evaluations, total)
	// Point i lies at floor(i*total/evaluations); start at the last i that cannot lie after step.
	i := step / (total/evaluations + 1)
	for ; i <= evaluations; i++ {
		if p := pointStep(i, evaluations, total); p > step {
			return p
		}
	}
	return total
}

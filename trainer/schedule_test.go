package trainer

import (
	"math"
	"slices"
	"testing"
)

func TestRate(t *testing.T) {
	for _, c := range []struct {
		schedule string
		warmup   float64
		step     int64
		want     float64
	}{
		{"constant", 0, 0, 1}, {"constant", 0, 99, 1},
		{"step", 0, 0, 1}, {"step", 0, 49, 1}, {"step", 0, 50, 0.1}, {"step", 0, 99, 0.1},
		{"linear", 0, 0, 1}, {"linear", 0, 50, 0.5}, {"linear", 0, 99, 0.01},
		{"cosine", 0, 0, 1}, {"cosine", 0, 25, (1 + math.Sqrt2/2) / 2}, {"cosine", 0, 50, 0.5}, {"cosine", 0, 99, (1 + math.Cos(0.99*math.Pi)) / 2},
		{"linear", 0.2, 0, 0.05}, {"linear", 0.2, 9, 0.5}, {"linear", 0.2, 19, 1}, {"linear", 0.2, 20, 1}, {"linear", 0.2, 60, 0.5},
		{"wsd", 0, 0, 1}, {"wsd", 0, 80, 1}, {"wsd", 0, 90, 0.5}, {"wsd", 0, 99, 0.05}, {"wsd", 0.5, 49, 1}, {"wsd", 0.5, 90, 1}, {"wsd", 0.5, 95, 0.5},
		{"constant", 0.021, 0, 1. / 3}, {"constant", 0.021, 2, 1}, // 2.1 steps are three
	} {
		cfg := Config{LearningRate: 1, Schedule: c.schedule, Warmup: c.warmup, Decay: 0.2}
		if got := cfg.rate(c.step, 100); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s, warm-up %g, step %d: rate %g, want %g", c.schedule, c.warmup, c.step, got, c.want)
		}
	}
}

func TestNextPoint(t *testing.T) {
	for _, c := range []struct {
		evaluations, total int64
		want               []int64
	}{
		{4, 100, []int64{25, 50, 75, 100}},
		{3, 10, []int64{3, 6, 10}},
		{20, 3, []int64{1, 2, 3}}, // fewer steps than points
		{1, 7, []int64{7}},
		{7, 10, []int64{1, 2, 4, 5, 7, 8, 10}},
	} {
		var got []int64
		for step := int64(0); step < c.total; {
			step = nextPoint(step, c.evaluations, c.total)
			got = append(got, step)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%d points in %d steps: %v, want %v", c.evaluations, c.total, got, c.want)
		}
		// From any step in between the next one is the same.
		for step := range c.total {
			i, _ := slices.BinarySearch(c.want, step+1)
			if p := nextPoint(step, c.evaluations, c.total); p != c.want[i] {
				t.Errorf("%d points in %d steps, after %d: %d, want %d", c.evaluations, c.total, step, p, c.want[i])
			}
		}
	}
}

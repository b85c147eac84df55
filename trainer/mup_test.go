package trainer

import (
	"math"
	"testing"
)

// TestCoordinates is the coordinate check of the maximal update parametrisation: after a few steps of Adam at one rate,
// the hidden sums and the logits have moved by as much at every width with it, and the logits by more and more without.
func TestCoordinates(t *testing.T) {
	widths := []int{50, 100, 200, 400, 800}
	for _, c := range []struct {
		parametrization string
		hidden, logits  [2]float64 // what the slope over the logarithm of the width must lie within
	}{
		{"mup", [2]float64{-0.15, 0.15}, [2]float64{-0.15, 0.15}}, // narrow layers also move by chance, as 1/sqrt(h)
		{"standard", [2]float64{-0.2, 0.3}, [2]float64{0.3, 1.2}},
	} {
		var hidden, logits []float64
		for _, h := range widths {
			a, z := coordinates(c.parametrization, h)
			hidden, logits = append(hidden, a), append(logits, z)
		}
		t.Logf("%s: hidden sums move by %.3f, logits by %.3f", c.parametrization, hidden, logits)
		for what, x := range map[string][]float64{"hidden sums": hidden, "logits": logits} {
			ends := c.hidden
			if what == "logits" {
				ends = c.logits
			}
			if s := slopeOf(widths, x); s < ends[0] || s > ends[1] {
				t.Errorf("%s: %s move as width^%.2f, want %g to %g", c.parametrization, what, s, ends[0], ends[1])
			}
		}
	}
}

// coordinates returns by how much hidden sums and logits of a fixed batch change in a few steps, on average.
func coordinates(parametrization string, h int) (hidden, logits float64) {
	const vocab, steps = 200, 8
	cfg := Config{HiddenSize: h, Parametrization: parametrization, BatchSize: 64, Seed: 1}.WithDefaults("word")
	counts := zipf(vocab)
	w := newWeights(cfg, vocab)
	w.initialize(cfg, counts)
	tw := twinOf(w)
	contexts, targets := batchOf(vocab, 3, 64*steps)
	probe := contexts[:3*16]
	before := tw.outputs(probe)
	l := newLearner(cfg, w, counts)
	for step := range steps {
		copy(l.contexts, contexts[3*64*step:])
		copy(l.targets, targets[64*step:])
		l.step(int64(step), 0.004, false)
	}
	after := twinOf(w).outputs(probe)
	return meanChange(before[0], after[0]), meanChange(before[1], after[1])
}

// outputs returns the hidden sums and the logits of contexts.
func (t *twin) outputs(contexts []int32) (out [2][]float64) {
	for i := 0; i < len(contexts); i += t.n {
		context := contexts[i:][:t.n]
		_, z := t.ask(context)
		out[0] = append(out[0], t.join(t.input(context))...)
		out[1] = append(out[1], z...)
	}
	return out
}

func meanChange(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += math.Abs(b[i] - a[i])
	}
	return sum / float64(len(a))
}

// slopeOf fits ln y by ln x.
func slopeOf(x []int, y []float64) float64 {
	var sx, sy, sxx, sxy float64
	for i := range x {
		a, b := math.Log(float64(x[i])), math.Log(y[i])
		sx, sy, sxx, sxy = sx+a, sy+b, sxx+a*a, sxy+a*b
	}
	n := float64(len(x))
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}

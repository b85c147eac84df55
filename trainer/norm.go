package trainer

import "math"

// Batch normalisation (Ioffe and Szegedy, 2015) of the hidden layer: y = gamma (z - mean) / sqrt(variance + eps) + d,
// where in training mean and variance are those of the batch, and afterwards running averages.
const (
	normEps = 1e-5
	// normPace is the weight of the newest batch in the running averages. Until step 1/normPace they are plain means over
	// all batches, so that they owe nothing to where they start.
	normPace = 0.01
)

// standardize normalises the first count lanes by the running averages.
func (p *panel) standardize(w *weights, count int) {
	gamma, mean, variance := w.gamma(), w.mean(), w.variance()
	for j := range w.h {
		scale := gamma[j] * inverseDeviation(float64(variance[j]))
		shift := w.H[j*w.hs+w.x] - float32(mean[j]*scale)
		row := p.in[j*p.ld:][:count]
		for i, z := range row {
			row[i] = float32(z*scale) + shift
		}
	}
}

func inverseDeviation(variance float64) float32 {
	return float32(1 / math.Sqrt(variance+normEps))
}

// norm is what batch norm keeps of a step on its way back.
type norm struct {
	z       []float32 // (h, ld): normalised, before gamma and d
	inverse []float32 // (h), 1 / deviation
	dGamma  []float32 // (h)
	dBeta   []float32 // (h), gradient of d
}

func newNorm(w *weights, ld int) *norm {
	return &norm{make([]float32, w.h*ld), make([]float32, w.h), make([]float32, w.h), make([]float32, w.h)}
}

// forward normalises the hidden rows by the batch, and takes it into the running averages.
func (b *norm) forward(w *weights, p *panel, step int64) {
	gamma, mean, variance := w.gamma(), w.mean(), w.variance()
	pace := max(normPace, 1/float64(step+1))
	n := float64(p.lanes)
	for j := range w.h {
		row, z := p.in[j*p.ld:][:p.lanes], b.z[j*p.ld:][:p.lanes]
		sum := 0.0
		for _, x := range row {
			sum += float64(x)
		}
		center := sum / n
		squares := 0.0
		for _, x := range row {
			d := float64(x) - center
			squares += float64(d * d)
		}
		b.inverse[j] = inverseDeviation(squares / n)
		c, d := float32(center), w.H[j*w.hs+w.x]
		for i, x := range row {
			z[i] = float32(x-c) * b.inverse[j]
			row[i] = float32(z[i]*gamma[j]) + d
		}
		mean[j] = average(mean[j], center, pace)
		variance[j] = average(variance[j], squares/(n-1), pace)
	}
}

// average moves an average towards x.
func average(old float32, x, pace float64) float32 {
	return float32(float64(float64(old)*(1-pace)) + float64(x*pace))
}

// backward turns the gradient of the normalised and stretched rows into that of what came in, and leaves the gradients of
// gamma and d.
func (b *norm) backward(w *weights, p *panel, d []float32) {
	n := float64(p.lanes)
	for j, g := range w.gamma() {
		row, z := d[j*p.ld:][:p.lanes], b.z[j*p.ld:][:p.lanes]
		sum, along := 0.0, 0.0
		for i, x := range row {
			sum += float64(x)
			along += float64(float64(x) * float64(z[i]))
		}
		b.dBeta[j], b.dGamma[j] = float32(sum), float32(along)
		scale, mean, slope := g*b.inverse[j], float32(sum/n), float32(along/n)
		for i, x := range row {
			row[i] = scale * (float32(x-mean) - float32(z[i]*slope))
		}
	}
}

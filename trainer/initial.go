package trainer

import "math"

// rareCount stands for the count of a symbol that the training part does not hold, so that its logarithm and its
// chance of being drawn are those of something rare, not of something impossible.
const rareCount = 0.1

// gains are what the first weights of a layer are multiplied with for an activation, so that the spread of what goes
// through neither dies out nor explodes (He et al., 2015, for relu).
var gains = map[string]float64{actTanh: 5.0 / 3, actRelu: math.Sqrt2, actSigmoid: 1}

// initialize draws the first weights. "scaled": H normal times gain/sqrt(n*m), (5/3)/sqrt(n*m) for tanh, so that its
// inputs have a spread of about 1; d 0; U and W normal times 0.01, so that no symbol starts out confidently wrong; b the
// logarithm of the symbol's share of the training part. "normal": everything standard normal, as in the first
// version of makemore's MLP. With the maximal update parametrisation U is 0.
// C is normal times EmbeddingInit in both, unless it
// holds codes. counts are occurrences as target.
func (w *weights) initialize(c Config, counts []int64) {
	draw := func(p purpose, dst []float32, rows, stride, first, cols int, spread float64) {
		var rng stream
		rng.key(c.Seed, p, 0)
		for r := range rows {
			row := dst[r*stride+first:][:cols]
			for i := range row {
				row[i] = float32(float64(rng.normal() * spread))
			}
		}
	}
	hidden, output := 1.0, 1.0
	if c.Init == "scaled" {
		// Of one-hot inputs n are 1, of others all are of size 1 or so.
		inputs := w.x
		if w.onehot {
			inputs = w.n
		}
		hidden, output = gains[w.activation]/math.Sqrt(float64(inputs)), 0.01
	}
	switch c.Representation {
	case repIndex, repBinary:
		w.setCodes(c)
	case repOneHot:
		draw(forC, w.C, w.rows, w.cs, 0, w.h, hidden)
	default:
		draw(forC, w.C, w.vocab, w.cs, 0, w.m, c.EmbeddingInit)
	}
	if w.norm {
		for j := range w.h {
			w.gamma()[j], w.variance()[j] = 1, 1
		}
	}
	draw(forH, w.H, w.h, w.hs, 0, w.x, hidden)
	if c.Parametrization != paramMuP {
		draw(forU, w.U, w.vocab, w.us, 0, w.h, output)
	}
	if w.direct {
		draw(forW, w.U, w.vocab, w.us, w.h+1, w.x, output)
	}
	if c.Init == "normal" {
		if !w.norm { // d is added to what is normalised: it starts at 0
			draw(forD, w.H, w.h, w.hs, w.x, 1, 1)
		}
		draw(forB, w.U, w.vocab, w.us, w.h, 1, 1)
		return
	}
	total := 0.0
	for _, n := range counts {
		total += max(float64(n), rareCount)
	}
	for i, n := range counts {
		w.U[i*w.us+w.h] = float32(logarithm(max(float64(n), rareCount) / total))
	}
}

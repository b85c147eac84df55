package nplm

import (
	"sweep/internal/stats"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// TextNoise is the difference of two models' mean validation losses, B - A, nats, with a 95 % interval over the documents
// of the validation part: what another text of the same kind might have said. A difference within it is no finding,
// however many replicates agree.
type TextNoise struct {
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Documents  int     `json:"documents"`
	Draws      int     `json:"draws"`
}

// NoiseOfText compares two sets of replicates on a part, by losses averaged over each set. ok is false where a target is
// judged by one of them only, or with fewer than two documents.
func NoiseOfText(a, b []trainer.Losses, p corpus.Part) (n TextNoise, ok bool) {
	if len(a) == 0 || len(b) == 0 || p.Documents() < 2 {
		return n, false
	}
	cl := stats.Clusters{}
	for _, side := range [][]trainer.Losses{a, b} {
		sum, count := make([]float64, p.Documents()), make([]float64, p.Documents())
		for _, l := range side {
			if len(l.Val) != p.Len() {
				return n, false
			}
			for i, loss := range l.Val {
				d := p.Document(i)
				sum[d] += float64(loss) / float64(len(side))
				count[d] += 1 / float64(len(side))
			}
		}
		cl.Sum, cl.Count = append(cl.Sum, sum), append(cl.Count, count)
	}
	difference := func(means []float64) []float64 { return []float64{means[1] - means[0]} }
	intervals, ok := cl.Bootstrap(1, difference)
	if !ok {
		return n, false
	}
	return TextNoise{difference(cl.Means())[0], intervals[0].Low, intervals[0].High, p.Documents(), stats.Draws}, true
}

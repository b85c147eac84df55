package ngram

import (
	"fmt"
	"testing"
)

// The benchmarks run on the Go distribution's prose: 1.4 million tokens to count, 160,000 to predict, 17,000 symbols.

func BenchmarkCount(b *testing.B) {
	d := gostd(b)
	for _, order := range []int{2, 3, 4, 5} {
		b.Run(fmt.Sprintf("order=%d", order), func(b *testing.B) {
			for b.Loop() {
				Count(d.Train, d.Vocab.Size(), order)
			}
			perToken(b, d.Train.Len())
		})
	}
}

func BenchmarkModel(b *testing.B) {
	d := gostd(b)
	counts := Count(d.Train, d.Vocab.Size(), 5)
	for _, order := range []int{3, 5} {
		b.Run(fmt.Sprintf("name=kneser-ney/order=%d", order), func(b *testing.B) {
			for b.Loop() {
				counts.KneserNey(order)
			}
			perToken(b, d.Train.Len())
		})
		b.Run(fmt.Sprintf("name=interpolated/order=%d", order), func(b *testing.B) {
			for b.Loop() {
				counts.Interpolated(d.Val, order)
			}
			perToken(b, d.Train.Len())
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	d := gostd(b)
	counts := Count(d.Train, d.Vocab.Size(), 5)
	for _, m := range []Model{counts.Unigram(), counts.KneserNey(3), counts.KneserNey(5)} {
		b.Run(fmt.Sprintf("name=%s/order=%d", m.Name(), m.Order()), func(b *testing.B) {
			for b.Loop() {
				evaluate(b, m, d.Val, d.Vocab.Unk())
			}
			perToken(b, d.Val.Len())
		})
	}
}

// perToken reports how long one token took.
func perToken(b *testing.B, tokens int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
}

package ngram

import (
	"fmt"

	"sweep/trainer/corpus"
)

// KneserNey returns the interpolated, modified Kneser-Ney model of the given order (Chen and Goodman 1998): raw counts
// at that order, below it the number of different symbols seen before an n-gram, 1/vocab at the bottom.
//
// Each order has three discounts, for counts of 1, 2 and 3 or more, from n1 to n4, the number of n-grams that have these
// counts: Y = n1/(n1 + 2 n2), D1 = 1 - 2Y n2/n1, D2 = 2 - 3Y n3/n2, D3 = 3 - 4Y n4/n3. A small text, or one of
// characters, may lack some of n1 to n4, or a discount may come out at 0 or below; it is then 0.5, 1 or 1.5,
// and Notes says so.
func KneserNey(p corpus.Part, vocab, order int) Model { return Count(p, vocab, order).KneserNey(order) }

// KneserNey is the function KneserNey for a text that has been counted, up to the given order at least.
func (c *Counts) KneserNey(order int) Model {
	c.check(order)
	m := &kneserNey{}
	counts, d := make([][]int32, order+1), make([]discounts, order+1)
	for n := 1; n <= order; n++ {
		counts[n] = c.levels[n].count
		if n < order {
			counts[n] = c.continuations(n)
		}
		d[n] = m.discounts(n, counts[n])
	}
	m.backoff = newBackoff(c, order, counts, func(n int, counts []int32, share []float64) float64 {
		return d[n].weigh(counts, share)
	})
	return m
}

type kneserNey struct {
	*backoff
	notes []string
}

func (m *kneserNey) Name() string      { return "kneser-ney" }
func (m *kneserNey) Parameters() int64 { return m.distinct() + int64(3*m.order) }
func (m *kneserNey) Notes() []string   { return m.notes }

// discounts holds what is taken off a count of 0, 1, 2, and 3 or more.
type discounts [4]float64

// madeUp are the discounts of a text that cannot supply its own: half of the largest that each could be, as KenLM has
// them.
var madeUp = discounts{0, 0.5, 1, 1.5}

// discounts returns those of the n-grams of n symbols that have the given counts. None can come out above its count; one
// that takes nothing would leave nothing for what was not seen.
func (m *kneserNey) discounts(n int, counts []int32) discounts {
	var having [5]int64 // having[k] n-grams have the count k
	for _, c := range counts {
		if c < int32(len(having)) {
			having[c]++
		}
	}
	d := madeUp
	y := float64(having[1]) / float64(having[1]+2*having[2])
	for k := 1; k <= 3; k++ {
		estimate := float64(k) - float64(float64(float64(k+1)*y)*float64(having[k+1]))/float64(having[k])
		if having[1] > 0 && having[2] > 0 && having[k] > 0 && having[k+1] > 0 && estimate > 0 {
			d[k] = estimate
			continue
		}
		m.notes = append(m.notes, fmt.Sprintf("the discount of counts of %s at order %d is made up, %g: %d, %d, %d, %d n-grams occur 1, 2, 3, 4 times",
			[]string{1: "1", 2: "2", 3: "3 and more"}[k], n, d[k], having[1], having[2], having[3], having[4]))
	}
	return d
}

// weigh takes the discounts off the counts of one context's followers. A context without any keeps nothing for itself.
func (d *discounts) weigh(counts []int32, share []float64) float64 {
	total, off := int64(0), 0.0
	for _, c := range counts {
		total += int64(c)
	}
	if total == 0 {
		return 1
	}
	for i, c := range counts {
		taken := d[min(c, 3)]
		off += taken
		share[i] = (float64(c) - taken) / float64(total)
	}
	return off / float64(total)
}

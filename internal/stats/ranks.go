package stats

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// mostFlips is how many differences all signs of which are tried: 2^20 sums.
const mostFlips = 20

// EnoughFlips reports whether n paired differences can show anything at all by their signs: the smallest p that their
// 2^n patterns of signs allow, 2^(1-n), has to be within 5 % divided by the number of comparisons.
func EnoughFlips(n, comparisons int) bool {
	return n >= 1 && n <= mostFlips && math.Exp2(float64(1-n)) <= (1-Level)/float64(max(comparisons, 1))
}

// SignFlip returns the two-sided p of paired differences by all patterns of their signs (Fisher's randomisation test): the
// share of patterns whose sum is as far from zero. It assumes nothing of the differences' distribution but that it is
// symmetric. ok is false with none of them or more than 20.
func SignFlip(differences []float64) (p float64, ok bool) {
	return signs(differences)
}

// SignedRank returns the exact two-sided p of Wilcoxon's signed-rank test of paired differences: SignFlip of the ranks of
// their sizes. Equal sizes share their ranks, and differences of zero are left out.
func SignedRank(differences []float64) (p float64, ok bool) {
	d := slices.DeleteFunc(slices.Clone(differences), func(x float64) bool { return x == 0 })
	order := make([]int, len(d))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(d[a]), math.Abs(d[b])) })
	ranks := make([]float64, len(d))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && math.Abs(d[order[to]]) == math.Abs(d[order[from]]) {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = math.Copysign(float64(from+to+1)/2, d[i])
		}
		from = to
	}
	return signs(ranks)
}

// signs counts the patterns of signs whose sum is as far from zero as that of x, by Gray's code: one sign changes at a time.
func signs(x []float64) (p float64, ok bool) {
	n := len(x)
	if n == 0 || n > mostFlips {
		return 0, false
	}
	total, scale := 0.0, 0.0
	for _, v := range x {
		total += v
		scale += math.Abs(v)
	}
	far := math.Abs(total) - 1e-12*scale // sums of one pattern differ by the order in which they were made
	flip := slices.Clone(x)
	sum, count := total, 0
	for pattern := uint32(0); ; {
		if math.Abs(sum) >= far {
			count++
		}
		if pattern++; pattern == 1<<n {
			break
		}
		i := bits.TrailingZeros32(pattern)
		sum -= 2 * flip[i]
		flip[i] = -flip[i]
	}
	return float64(count) / math.Exp2(float64(n)), true
}

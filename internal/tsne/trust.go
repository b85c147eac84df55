package tsne

import (
	"cmp"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Trustworthiness says how far the k nearest points in a plane are also near in all dimensions (Venna and Kaski, 2001): 1
// if they are the k nearest there; a point that is not costs as much as its rank there is beyond k. rows are (n, dim), xy
// (n). It is NaN unless k is at least 1 and less than half of n. Of points at the same distance the first is the nearer.
func Trustworthiness(rows [][]float32, xy [][2]float64, k int) float64 {
	n := len(rows)
	if k < 1 || 2*k >= n {
		return math.NaN()
	}
	costs := make([]int, n)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	const grain = 32
	for from := 0; from < n; from += grain {
		g.Go(func() error {
			for i := from; i < min(from+grain, n); i++ {
				costs[i] = cost(rows, xy, i, k)
			}
			return nil
		})
	}
	_ = g.Wait() // none fails
	sum := 0
	for _, c := range costs {
		sum += c
	}
	return 1 - 2*float64(sum)/float64(n*k*(2*n-3*k-1))
}

// cost is by how much the true ranks of the k nearest points in the plane exceed k.
func cost(rows [][]float32, xy [][2]float64, i, k int) int {
	n := len(rows)
	near := make([]int, 0, n-1)
	plane, truth := make([]float64, n), make([]float64, n)
	for j := range n {
		if j == i {
			continue
		}
		dx, dy := xy[i][0]-xy[j][0], xy[i][1]-xy[j][1]
		plane[j] = dx*dx + dy*dy
		truth[j] = square(rows[i], rows[j])
		near = append(near, j)
	}
	slices.SortFunc(near, func(a, b int) int { return cmp.Or(cmp.Compare(plane[a], plane[b]), a-b) })
	sum := 0
	for _, j := range near[:k] {
		rank := 1
		for l, d := range truth {
			if l != i && l != j && (d < truth[j] || d == truth[j] && l < j) {
				rank++
			}
		}
		sum += max(0, rank-k)
	}
	return sum
}

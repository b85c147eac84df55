package importance

import "math"

// most is how many points stand for a range: as many as in Optuna 5.0, so that figures can be compared.
const most = 50

// grid is where a dimension's densities are known: the points 0 ... points-1.
type grid struct {
	points  int
	at      func(value float64) int         // the point that stands for a value
	density func(counts []int, p []float64) // writes the estimate of so many observations at each point to p
}

func newGrid(d Dimension) grid {
	if d.Categorical {
		return grid{d.Levels, func(value float64) int { return int(value) }, frequencies}
	}
	points := min(d.Levels, most)
	if points == 0 {
		points = most
	}
	// Half-way goes to the lower point, as in Optuna.
	at := func(value float64) int {
		return max(0, min(points-1, int(math.Ceil(value*float64(points-1)-0.5))))
	}
	return grid{points, at, newParzen(points).density}
}

// frequencies is the share of each category, with one more observation that all of them have a part of. Optuna gives
// each category a part of every observation of another, which keeps shares of categories down however much is observed;
// the implementation of PED-ANOVA's authors does not.
func frequencies(counts []int, p []float64) {
	n := float64(sum(counts))
	for i, c := range counts {
		p[i] = (float64(c) + 1/float64(len(counts))) / (n + 1)
	}
}

// parzen estimates densities over points in order from kernels: normals in steps of the grid, cut off half a step beyond
// its ends. Every observation has one, and one in the middle, as wide as the grid, stands for the prior.
type parzen struct {
	prior []float64
	below []float64 // share of an observation's kernel, at 0, below -points + 1/2, ..., points - 1/2
}

func newParzen(points int) *parzen {
	e := &parzen{make([]float64, points), make([]float64, 2*points)}
	n := float64(points)
	below := func(edge float64) float64 { return phi((edge - n/2) / n) }
	for i := range e.prior {
		e.prior[i] = (below(float64(i+1)) - below(float64(i))) / (below(n) - below(0))
	}
	return e
}

func (e *parzen) density(counts []int, p []float64) {
	n, points := sum(counts), len(counts)
	for i := range p {
		p[i] = e.prior[i] / float64(n+1)
	}
	sigma := bandwidth(counts, n)
	for i := range e.below {
		e.below[i] = phi((float64(i-points) + 0.5) / sigma)
	}
	for mu, c := range counts {
		if c == 0 {
			continue
		}
		edges := e.below[points-1-mu : 2*points-mu] // of the grid's points, one more than these
		scale := float64(c) / float64(n+1) / (edges[points] - edges[0])
		for i := range p {
			p[i] += scale * (edges[i+1] - edges[i])
		}
	}
}

// bandwidth is the normal rule of Scott (1992), made robust as in Silverman (1986): 1.059 n^-1/5 times the standard
// deviation, or the interquartile range over 1.34 if that is less, in steps of the grid. At least nine tenths of a kernel
// lie within its own step. The quartiles are those of Optuna 5.0, so that figures can be compared: the first points with
// floor(n/4) counts up to them, and with more than floor(3n/4).
func bandwidth(counts []int, n int) float64 {
	mean := 0.0
	for i, c := range counts {
		mean += float64(i*c) / float64(n)
	}
	low, high, square, below := -1, -1, 0.0, 0
	for i, c := range counts {
		square += float64(c) * (float64(i) - mean) * (float64(i) - mean)
		below += c
		if low < 0 && c > 0 && below >= n/4 {
			low = i
		}
		if c > 0 && below-c <= 3*n/4 {
			high = i
		}
	}
	sd := math.Sqrt(square / float64(max(1, n-1)))
	scott := 1.059 * min(float64(high-low)/1.34, sd) * math.Pow(float64(n), -0.2)
	return max(scott, 0.5/1.64) // 1.64: the normal quantile of 0.95
}

// phi is the standard normal distribution function.
func phi(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

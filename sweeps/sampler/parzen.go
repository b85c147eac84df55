package sampler

import (
	"math"
	"math/rand/v2"
)

// mixture is a Parzen estimate of the density of some points: a kernel at each, and one as wide as the space, the prior,
// at the end.
type mixture struct {
	kernels   int       // the prior included
	weight    []float64 // of each kernel; they add up to 1
	logWeight []float64
	dims      []component
	scratch   []float64 // of logDensity, a number a kernel
}

// component is a mixture along one dimension.
type component interface {
	// draw returns a coordinate as kernel k has it.
	draw(rng *rand.Rand, k int) float64
	// add adds the logarithm of each kernel's density at x to sums.
	add(sums []float64, x float64)
}

// newMixture estimates the density of the points of a history that member tells.
func newMixture(s Space, h *History, member []bool) *mixture {
	kernel := make([]int, len(member)) // by number of the point
	n := 0
	for i, in := range member {
		kernel[i] = -1
		if in {
			kernel[i] = n
			n++
		}
	}
	m := &mixture{kernels: n + 1, dims: make([]component, len(s.Dims)), scratch: make([]float64, n+1)}
	m.weigh()
	least := max(narrowest, 1/(float64(m.kernels)+1))
	cut := newCutOff(least)
	for d, dim := range s.Dims {
		if dim.Levels > 0 && !dim.Ordered {
			m.dims[d] = newChoices(dim, h, d, kernel, m.kernels)
		} else {
			m.dims[d] = newNormals(dim, h.sortedBy(d), func(i int) float64 { return dim.position(h.points[i][d]) }, kernel, m.kernels, cut)
		}
	}
	return m
}

// weigh gives every kernel a weight: 1 to the prior and to the newest points, and to older ones the less, down to 1/n.
func (m *mixture) weigh() {
	n := m.kernels - 1
	m.weight, m.logWeight = make([]float64, m.kernels), make([]float64, m.kernels)
	sum := 0.0
	for i := range m.weight {
		w := 1.0
		if old := n - fresh; i < old {
			lowest := 1 / float64(n)
			w = 1
			if old > 1 {
				w = lowest + (1-lowest)*float64(i)/float64(old-1)
			}
		}
		m.weight[i] = w
		sum += w
	}
	for i := range m.weight {
		m.weight[i] /= sum
		m.logWeight[i] = math.Log(m.weight[i])
	}
}

// draw returns a point of the density.
func (m *mixture) draw(rng *rand.Rand) Point {
	u, k := rng.Float64(), 0
	for ; k < m.kernels-1; k++ {
		if u -= m.weight[k]; u < 0 {
			break
		}
	}
	p := make(Point, len(m.dims))
	for d, c := range m.dims {
		p[d] = c.draw(rng, k)
	}
	return p
}

// negligible is how far below the largest term of a sum a term no longer counts, in nats.
const negligible = 18

// logDensity returns the logarithm of the density at p; absent coordinates do not count.
func (m *mixture) logDensity(p Point) float64 {
	sums := m.scratch
	copy(sums, m.logWeight)
	for d, c := range m.dims {
		if x := p[d]; !math.IsNaN(x) {
			c.add(sums, x)
		}
	}
	top := math.Inf(-1)
	for _, s := range sums {
		top = max(top, s)
	}
	if math.IsInf(top, -1) {
		return top
	}
	total := 0.0
	for _, s := range sums {
		if s > top-negligible {
			total += math.Exp(s - top)
		}
	}
	return top + math.Log(total)
}

// choices is a mixture over levels without an order: each kernel has its own level, and a little of every other.
type choices struct {
	level     []int     // of each kernel; -1: the prior's
	prior     []float64 // of each level
	extra     float64   // what a kernel's level has over the prior's share, before both are divided by 1 + extra
	logOther  []float64 // of each level: of a kernel that has another
	logSame   []float64 // of a kernel that has this one
	logPriors []float64
}

func newChoices(dim Dimension, h *History, d int, kernel []int, kernels int) *choices {
	c := &choices{level: make([]int, kernels), prior: dim.Weights, extra: float64(kernels) / float64(dim.Levels)}
	if c.prior == nil {
		c.prior = make([]float64, dim.Levels)
		for i := range c.prior {
			c.prior[i] = 1 / float64(dim.Levels)
		}
	}
	for i := range c.level {
		c.level[i] = -1
	}
	for i, k := range kernel {
		if x := h.points[i][d]; k >= 0 && !math.IsNaN(x) {
			c.level[k] = int(x)
		}
	}
	for _, p := range c.prior {
		c.logPriors = append(c.logPriors, math.Log(p))
		c.logOther = append(c.logOther, math.Log(p/(1+c.extra)))
		c.logSame = append(c.logSame, math.Log((p+c.extra)/(1+c.extra)))
	}
	return c
}

func (c *choices) draw(rng *rand.Rand, k int) float64 {
	if c.level[k] >= 0 && rng.Float64()*(1+c.extra) >= 1 {
		return float64(c.level[k])
	}
	return Dimension{Levels: len(c.prior), Weights: c.prior}.coordinate(rng.Float64())
}

func (c *choices) add(sums []float64, x float64) {
	at := int(x)
	same, other, prior := c.logSame[at], c.logOther[at], c.logPriors[at]
	for k, l := range c.level {
		switch l {
		case at:
			sums[k] += same
		case -1:
			sums[k] += prior
		default:
			sums[k] += other
		}
	}
}

// normals is a mixture of normal densities, cut off at the ends of [0, 1]. Of levels each has the probability of its cell.
type normals struct {
	dim   Dimension
	mean  []float64 // of each kernel
	sd    []float64
	scale []float64   // -1/(2 sd^2)
	log   []float64   // logarithm of the density's factor
	cells [][]float64 // of levels: for each kernel the logarithms of the cells' probabilities, shared where they are equal
}

// mostCells is how many levels are told apart; with more, a level is as good as a point of a continuum.
const mostCells = 64

// newNormals makes the mixture of the points that are listed, by their position, and have a kernel.
func newNormals(dim Dimension, sorted []int, position func(i int) float64, kernel []int, kernels int, cut cutOff) *normals {
	c := &normals{dim: dim, mean: make([]float64, kernels), sd: make([]float64, kernels)}
	for k := range c.mean { // the prior's, and of points that do not have the dimension
		c.mean[k], c.sd[k] = 0.5, 1
	}
	// The distance to the farther neighbour is a kernel's width, at the ends that to the only one.
	before, at := -1, -1 // kernels
	width := func(k int, gap float64) {
		if k >= 0 {
			c.sd[k] = min(max(gap, cut.sd), 1)
		}
	}
	gap := 0.0 // between before and at
	for _, i := range sorted {
		k := kernel[i]
		if k < 0 {
			continue
		}
		c.mean[k] = position(i)
		if at < 0 {
			at = k
			continue
		}
		next := c.mean[k] - c.mean[at]
		width(at, max(gap, next))
		before, at, gap = at, k, next
	}
	switch {
	case at < 0:
	case before < 0: // the only one
		width(at, max(c.mean[at], 1-c.mean[at]))
	default:
		width(at, gap)
	}
	if dim.Levels > 0 && dim.Levels <= mostCells {
		c.tabulate(cut.sd)
	} else {
		c.normalize(cut)
	}
	return c
}

// sortedBy lists the points that have dimension d by their coordinate.
func (h *History) sortedBy(d int) []int {
	if h.sorted == nil {
		return nil
	}
	return h.sorted[d]
}

// normalize prepares the density of a continuum. The factor 1/sqrt(2 pi), which is the same for all, is left out.
func (c *normals) normalize(cut cutOff) {
	c.scale, c.log = make([]float64, len(c.sd)), make([]float64, len(c.sd))
	least := math.Log(cut.sd)
	for k, s := range c.sd {
		c.scale[k] = -0.5 / (s * s)
		if s == cut.sd {
			c.log[k] = -least - cut.at(c.mean[k])
		} else {
			c.log[k] = -math.Log(s * inside(c.mean[k], s))
		}
	}
}

// inside is how much of a kernel lies in [0, 1].
func inside(mean, sd float64) float64 { return 1 - tail(mean/sd) - tail((1-mean)/sd) }

// cutOff is a table of the logarithm of inside for kernels of one width, which most have, by their means.
type cutOff struct {
	sd  float64
	log [cutSteps + 2]float64
}

const cutSteps = 128 // an error below 1e-3

func newCutOff(sd float64) cutOff {
	t := cutOff{sd: sd}
	for i := range t.log {
		t.log[i] = math.Log(inside(min(float64(i)/cutSteps, 1), sd))
	}
	return t
}

func (t *cutOff) at(mean float64) float64 {
	x := mean * cutSteps
	i := int(x)
	part := x - float64(i)
	return t.log[i]*(1-part) + t.log[i+1]*part
}

// most is how many standard deviations of a kernel are looked at: less than 1e-5 of it lies beyond.
const most = 4.3

// tail is the standard normal distribution's share beyond z, from 0.
func tail(z float64) float64 {
	if z >= most {
		return 0
	}
	return math.Erfc(z/math.Sqrt2) / 2
}

// tabulate prepares the probabilities of levels. Most kernels have the least width, and there are few means.
func (c *normals) tabulate(least float64) {
	type shape struct{ mean, sd float64 }
	known := make(map[shape][]float64)
	common := make([][]float64, c.dim.Levels)
	c.cells = make([][]float64, len(c.sd))
	for k, s := range c.sd {
		level := int(c.mean[k] * float64(c.dim.Levels))
		if s == least && common[level] != nil {
			c.cells[k] = common[level]
			continue
		}
		at := shape{c.mean[k], s}
		row := known[at]
		if row == nil {
			row = c.cellsOf(at.mean, at.sd)
			known[at] = row
		}
		if c.cells[k] = row; s == least {
			common[level] = row
		}
	}
}

// cellsOf returns the logarithms of the probabilities that a normal density, cut off at 0 and 1, gives to the cells.
func (c *normals) cellsOf(mean, sd float64) []float64 {
	n := c.dim.Levels
	row := make([]float64, n)
	edge := func(i int) float64 { return math.Erf((float64(i)/float64(n) - mean) / sd / math.Sqrt2) }
	whole := edge(n) - edge(0)
	low := edge(0)
	for i := range row {
		high := edge(i + 1)
		row[i] = math.Log(max((high-low)/whole, 1e-300))
		low = high
	}
	return row
}

func (c *normals) draw(rng *rand.Rand, k int) float64 {
	for {
		u := c.mean[k] + c.sd[k]*rng.NormFloat64()
		if u >= 0 && u < 1 { // at least a third are: the mean lies between 0 and 1, and sd is at most 1
			return Dimension{Levels: c.dim.Levels}.coordinate(u)
		}
	}
}

func (c *normals) add(sums []float64, x float64) {
	if c.cells != nil {
		at := int(x)
		for k, row := range c.cells {
			sums[k] += row[at]
		}
		return
	}
	u := c.dim.position(x)
	mean, scale, log := c.mean[:len(sums)], c.scale[:len(sums)], c.log[:len(sums)]
	for k := range sums {
		z := u - mean[k]
		sums[k] += log[k] + z*z*scale[k]
	}
}

package sampler

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// process is a Gaussian process over a space, in units of the values' spread: a Matérn kernel of order 5/2 with a length
// scale a dimension, and noise whose variance falls with the number of replicates.
type process struct {
	space  Space
	points []Point
	values []float64 // standardised
	noise  []float64 // variance of each value's noise in units of that of one replicate: 1/n
	hyper  []float64 // logarithms: inverse squared length scale of each dimension, variance, noise
	chol   mat.Cholesky
	alpha  *mat.VecDense // inverse of the covariance times the values
}

// What is believed of the hyperparameters before anything is known: normal distributions of their logarithms. A length
// scale of 0.7 leaves a dimension of length 1 some structure; noise has a hundredth of the variance.
var (
	priorScale    = belief{math.Log(2), 1.2}
	priorVariance = belief{0, 0.7}
	priorNoise    = belief{math.Log(0.03), 1.5}
)

type belief struct{ mean, sd float64 }

// penalty is minus the logarithm of the density, and its slope.
func (b belief) penalty(x float64) (value, slope float64) {
	z := (x - b.mean) / b.sd
	return z * z / 2, z / b.sd
}

const (
	leastNoise = 1e-4 // variance; keeps the covariance invertible
	mostFitted = 150  // points by which the hyperparameters are fitted
)

// fit makes a process of some points of a history; ok is false where they do not tell anything apart.
func fit(s Space, h *History, numbers []int) (m *process, ok bool) {
	m = &process{space: s}
	for _, i := range numbers {
		m.points = append(m.points, h.points[i])
		m.values = append(m.values, h.found[i].Value)
		m.noise = append(m.noise, 1/float64(max(h.found[i].N, 1)))
	}
	if !m.standardize() {
		return nil, false
	}
	m.hyper = make([]float64, len(s.Dims)+2)
	for d := range s.Dims {
		m.hyper[d] = priorScale.mean
	}
	m.hyper[len(s.Dims)], m.hyper[len(s.Dims)+1] = priorVariance.mean, priorNoise.mean
	m.learn()
	return m, m.factorize()
}

// standardize gives the values mean 0 and spread 1. Bad values are drawn in to where the good half reaches twice, so that
// a disaster does not hide the differences that matter, and those that are not finite count as the worst.
func (m *process) standardize() bool {
	var known []float64
	for _, v := range m.values {
		if finite(v) {
			known = append(known, v)
		}
	}
	if len(known) < 2 {
		return false
	}
	slices.Sort(known)
	median := known[len(known)/2]
	ceiling := median + 2*(median-known[0])
	if ceiling == median {
		ceiling = known[len(known)-1]
	}
	ceiling = min(ceiling, known[len(known)-1])
	mean, square := 0.0, 0.0
	for i, v := range m.values {
		if !finite(v) || v > ceiling {
			m.values[i] = ceiling
		}
		mean += m.values[i] / float64(len(m.values))
	}
	for _, v := range m.values {
		square += (v - mean) * (v - mean)
	}
	sd := math.Sqrt(square / float64(len(m.values)))
	if sd == 0 || !finite(sd) {
		return false
	}
	for i := range m.values {
		m.values[i] = (m.values[i] - mean) / sd
	}
	return true
}

// apart is the squared distance of two coordinates: 1 between levels without an order, and where one is absent.
func (d Dimension) apart(x, y float64) float64 {
	switch {
	case x == y || math.IsNaN(x) && math.IsNaN(y):
		return 0
	case d.Levels > 0 && !d.Ordered, math.IsNaN(x) != math.IsNaN(y):
		return 1
	}
	z := d.position(x) - d.position(y)
	return z * z
}

// matern is the kernel at a squared distance, and its derivative by that.
func matern(square float64) (value, slope float64) {
	r := math.Sqrt(5 * square)
	e := math.Exp(-r)
	return (1 + r + r*r/3) * e, -5.0 / 6 * (1 + r) * e
}

// covariance is the kernel between two points.
func (m *process) covariance(a, b Point) float64 {
	square := 0.0
	for d, dim := range m.space.Dims {
		square += dim.apart(a[d], b[d]) * math.Exp(m.hyper[d])
	}
	k, _ := matern(square)
	return k * math.Exp(m.hyper[len(m.space.Dims)])
}

// factorize prepares predictions.
func (m *process) factorize() bool {
	n := len(m.points)
	k := mat.NewSymDense(n, nil)
	noise := math.Exp(m.hyper[len(m.hyper)-1])
	for i := range n {
		for j := range i {
			k.SetSym(i, j, m.covariance(m.points[i], m.points[j]))
		}
		k.SetSym(i, i, m.covariance(m.points[i], m.points[i])+noise*m.noise[i]+leastNoise)
	}
	if !m.chol.Factorize(k) {
		return false
	}
	m.alpha = mat.NewVecDense(n, nil)
	return m.chol.SolveVecTo(m.alpha, mat.NewVecDense(n, m.values)) == nil
}

// predict returns mean and standard deviation of what is true at a point.
func (m *process) predict(p Point) (mean, sd float64) {
	n := len(m.points)
	k := mat.NewVecDense(n, nil)
	for i, q := range m.points {
		k.SetVec(i, m.covariance(p, q))
	}
	mean = mat.Dot(k, m.alpha)
	var v mat.VecDense
	if err := m.chol.SolveVecTo(&v, k); err != nil {
		return mean, 0
	}
	return mean, math.Sqrt(max(0, m.covariance(p, p)-mat.Dot(k, &v)))
}

// believe adds a point with the value that is expected there.
func (m *process) believe(p Point) {
	mean, _ := m.predict(p)
	m.points = append(m.points, p)
	m.values = append(m.values, mean)
	m.noise = append(m.noise, 1)
	m.factorize()
}

// learn sets the hyperparameters to where the data and what was believed of them are likeliest.
func (m *process) learn() {
	sub := m
	if n := len(m.points); n > mostFitted {
		sub = &process{space: m.space, hyper: m.hyper}
		for i := range mostFitted { // evenly spread over the points
			j := i * n / mostFitted
			sub.points = append(sub.points, m.points[j])
			sub.values = append(sub.values, m.values[j])
			sub.noise = append(sub.noise, m.noise[j])
		}
	}
	fitted := sub.evidence()
	problem := optimize.Problem{
		Func: func(x []float64) float64 { v, _ := fitted.at(x, false); return v },
		Grad: func(grad, x []float64) { _, g := fitted.at(x, true); copy(grad, g) },
	}
	settings := &optimize.Settings{MajorIterations: 40, FuncEvaluations: 120}
	// The best point that it came to is good also where it gives up.
	r, _ := optimize.Minimize(problem, m.hyper, settings, &optimize.LBFGS{})
	if r != nil && finite(r.F) {
		copy(m.hyper, r.X)
	}
}

// evidence is what the likelihood of hyperparameters is computed from.
type evidence struct {
	*process
	squares [][]float64 // by dimension: the squared distance of each pair of points, i*n + j
}

func (m *process) evidence() evidence {
	n := len(m.points)
	e := evidence{m, make([][]float64, len(m.space.Dims))}
	for d, dim := range m.space.Dims {
		e.squares[d] = make([]float64, n*n)
		for i := range n {
			for j := range i {
				a := dim.apart(m.points[i][d], m.points[j][d])
				e.squares[d][i*n+j], e.squares[d][j*n+i] = a, a
			}
		}
	}
	return e
}

// at returns minus the logarithm of the posterior density of hyperparameters, up to a constant, and its gradient if asked.
func (e evidence) at(hyper []float64, slope bool) (float64, []float64) {
	n, dims := len(e.points), len(e.space.Dims)
	variance, noise := math.Exp(hyper[dims]), math.Exp(hyper[dims+1])
	inverse := make([]float64, dims)
	for d := range inverse {
		inverse[d] = math.Exp(hyper[d])
	}
	k := mat.NewSymDense(n, nil)
	slopes := make([]float64, n*n) // of the kernel by the squared distance
	for i := range n {
		for j := range i {
			square := 0.0
			for d := range inverse {
				square += e.squares[d][i*n+j] * inverse[d]
			}
			v, s := matern(square)
			k.SetSym(i, j, variance*v)
			slopes[i*n+j] = variance * s
		}
		k.SetSym(i, i, variance+noise*e.noise[i]+leastNoise)
	}
	grad := make([]float64, len(hyper))
	total := e.beliefs(hyper, grad)
	var chol mat.Cholesky
	if !chol.Factorize(k) {
		return math.Inf(1), grad
	}
	y := mat.NewVecDense(n, e.values)
	alpha := mat.NewVecDense(n, nil)
	if err := chol.SolveVecTo(alpha, y); err != nil {
		return math.Inf(1), grad
	}
	total += mat.Dot(y, alpha)/2 + chol.LogDet()/2
	if !slope {
		return total, nil
	}
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		return math.Inf(1), grad
	}
	// The slope by a hyperparameter t is half the sum over all pairs of (K^-1 - alpha alpha^T) dK/dt.
	for i := range n {
		a := alpha.AtVec(i)
		diagonal := inv.At(i, i) - a*a
		grad[dims] += diagonal * variance / 2
		grad[dims+1] += diagonal * noise * e.noise[i] / 2
		for j := range i {
			w := inv.At(i, j) - a*alpha.AtVec(j) // counted twice, halved once
			grad[dims] += w * k.At(i, j)
			s := w * slopes[i*n+j]
			for d := range inverse {
				grad[d] += s * e.squares[d][i*n+j] * inverse[d]
			}
		}
	}
	return total, grad
}

// beliefs adds the slopes of what is believed of hyperparameters to grad, and returns its part of the total.
func (e evidence) beliefs(hyper, grad []float64) float64 {
	total := 0.0
	for i, x := range hyper {
		b := priorScale
		switch i {
		case len(hyper) - 2:
			b = priorVariance
		case len(hyper) - 1:
			b = priorNoise
		}
		v, s := b.penalty(x)
		total += v
		grad[i] += s
	}
	return total
}

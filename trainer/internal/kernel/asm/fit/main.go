// Fit finds the coefficients of Exp of package kernel, which Tanh shares, and prints them; run it by
// `go run ./fit` in the folder asm. It minimises the largest relative error by weighted least squares (Lawson's
// algorithm).
package main

import (
	"fmt"
	"math"
)

func main() {
	e := fitExp(6)
	fmt.Printf("exp: degree 6, largest relative error before rounding %.3g\n", e.worst)
	for i, c := range e.coefficients {
		fmt.Printf("expC%d = %v\n", i+2, float32(c))
	}
}

// A fit is a set of coefficients and the largest relative error with them.
type fit struct {
	coefficients []float64
	worst        float64
}

// lawson repeats a weighted least squares fit, raising the weight of each point with its error, and keeps the best.
// solve fits with the given weights and returns the relative error at each of n points.
func lawson(n, rounds int, solve func(weights []float64) (c, errors []float64)) fit {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	best := fit{worst: math.Inf(1)}
	for range rounds {
		c, errs := solve(w)
		var worst, sum float64
		for _, e := range errs {
			worst = max(worst, math.Abs(e))
		}
		if worst < best.worst {
			best = fit{c, worst}
		}
		for i, e := range errs {
			w[i] = w[i]*math.Abs(e)/worst + 1e-12
			sum += w[i]
		}
		for i := range w {
			w[i] *= float64(n) / sum
		}
	}
	return best
}

// nodes are n Chebyshev points of [a, b], dense at both ends.
func nodes(n int, a, b float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = (a+b)/2 - (b-a)/2*math.Cos(math.Pi*(float64(i)+0.5)/float64(n))
	}
	return x
}

// fitExp approximates e^r for |r| <= ln(2)/2 by 1 + r + c2 r^2 + ... up to the degree.
func fitExp(degree int) fit {
	r := nodes(400, -math.Ln2/2, math.Ln2/2)
	return lawson(len(r), 100, func(w []float64) (c, errs []float64) {
		a, b := make([][]float64, len(r)), make([]float64, len(r))
		for i, x := range r {
			s := math.Sqrt(w[i]) / math.Exp(x)
			for j := 2; j <= degree; j++ {
				a[i] = append(a[i], s*math.Pow(x, float64(j)))
			}
			b[i] = s * (math.Expm1(x) - x)
		}
		c = leastSquares(a, b)
		for _, x := range r {
			p := x*x*horner(c, x) - (math.Expm1(x) - x)
			errs = append(errs, p/math.Exp(x))
		}
		return c, errs
	})
}

// horner evaluates c[0] + c[1] x + ...
func horner(c []float64, x float64) float64 {
	y := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		y = y*x + c[i]
	}
	return y
}

// leastSquares solves min |a x - b| by Householder reflections; it overwrites a and b.
func leastSquares(a [][]float64, b []float64) []float64 {
	n := len(a[0])
	for k := range n {
		norm := 0.0
		for i := k; i < len(a); i++ {
			norm = math.Hypot(norm, a[i][k])
		}
		norm = math.Copysign(norm, -a[k][k])
		v := make([]float64, len(a))
		vv := 0.0
		for i := k; i < len(a); i++ {
			v[i] = a[i][k]
			if i == k {
				v[i] -= norm
			}
			vv += v[i] * v[i]
		}
		reflect := func(get func(i int) *float64) {
			dot := 0.0
			for i := k; i < len(a); i++ {
				dot += v[i] * *get(i)
			}
			for i := k; i < len(a); i++ {
				*get(i) -= 2 * dot / vv * v[i]
			}
		}
		for j := k; j < n; j++ {
			reflect(func(i int) *float64 { return &a[i][j] })
		}
		reflect(func(i int) *float64 { return &b[i] })
	}
	x := make([]float64, n)
	for k := n - 1; k >= 0; k-- {
		x[k] = b[k]
		for j := k + 1; j < n; j++ {
			x[k] -= a[k][j] * x[j]
		}
		x[k] /= a[k][k]
	}
	return x
}

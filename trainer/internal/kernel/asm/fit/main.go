// Fit finds the coefficients of Exp and Tanh of package kernel and prints them with their errors; run it by
// `go run ./fit` in the folder asm. It minimises the largest relative error by weighted least squares (Lawson's
// algorithm), and for Tanh then tries neighbouring float32 coefficients with the roundings of the kernel.
package main

import (
	"fmt"
	"math"
)

func main() {
	e := fitExp(6)
	fmt.Printf("exp: degree 6, largest error without rounding %.3g\n", e.worst)
	for i, c := range e.coefficients {
		fmt.Printf("expC%d = %v\n", i+2, float32(c))
	}
	t := fitTanh()
	fmt.Printf("tanh: largest error without rounding %.3g\n", t.worst)
	polish(&t)
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

// fitTanh approximates tanh(x) for 0 <= x <= 9.02 by x P(x^2) / Q(x^2), both of degree 4 with constant term 1. The
// coefficients are those of P, then of Q. Each round divides by the last round's Q, which makes the problem linear.
func fitTanh() fit {
	const reach = 9.02
	x := nodes(800, 0, reach)
	q := make([]float64, len(x))
	for i := range q {
		q[i] = 1
	}
	f := lawson(len(x), 400, func(w []float64) (c, errs []float64) {
		a, b := make([][]float64, len(x)), make([]float64, len(x))
		for i, x := range x {
			u, y := x*x/(reach*reach), math.Tanh(x)/x
			s := math.Sqrt(w[i]) / (y * q[i])
			a[i] = []float64{s * u, s * u * u, s * u * u * u, s * u * u * u * u,
				-s * y * u, -s * y * u * u, -s * y * u * u * u, -s * y * u * u * u * u}
			b[i] = s * (y - 1)
		}
		c = leastSquares(a, b)
		for i, x := range x {
			u := x * x / (reach * reach)
			q[i] = 1 + u*horner(c[4:], u)
			errs = append(errs, (1+u*horner(c[:4], u))/q[i]*x/math.Tanh(x)-1)
		}
		return c, errs
	})
	for i := range f.coefficients {
		f.coefficients[i] /= math.Pow(reach*reach, float64(i%4+1))
	}
	return f
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

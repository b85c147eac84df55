package vectors

import (
	"errors"
	"math"
)

// negligible is the share of the first component's variance under which a component is rounding error.
const negligible = 1e-12

// ErrEqual says that vectors do not differ, so that they say nothing.
var ErrEqual = errors.New("vectors: the vectors are all the same")

// Projection are vectors centred and brought to a width.
type Projection struct {
	Width  int       // numbers a vector: at most what was asked for
	Share  float64   // of the variance that they keep; 1 unless components were left out
	values []float64 // (rows, Width), of mean 0
	spread float64   // standard deviation of values
}

// Project centres vectors, (n, dim) in rows, and brings them to at most width numbers each: as they are if dim is not
// larger, else to their first principal components, of which there may be fewer than width (n - 1 at most). The mean
// is what all vectors share; it tells none from another. It returns ErrEqual if they are all the same.
func Project(rows []float32, dim, width int) (*Projection, error) {
	n := len(rows) / dim
	x := centred(rows, n, dim)
	p := &Projection{Width: dim, Share: 1, values: x}
	if dim > width {
		if err := p.components(x, n, dim, width); err != nil {
			return nil, err
		}
	}
	p.spread = math.Sqrt(dot(p.values, p.values) / float64(max(1, len(p.values))))
	if p.spread == 0 {
		return nil, ErrEqual
	}
	return p, nil
}

// components projects x on its first principal components.
func (p *Projection) components(x []float64, n, dim, width int) error {
	values, axes, ok := eigen(covariance(x, n, dim), dim)
	if !ok {
		return errors.New("vectors: the principal components were not found")
	}
	if values[0] <= 0 {
		return ErrEqual
	}
	kept, all := 0.0, 0.0
	p.Width = 0
	for i, v := range values {
		if i < width && v > float64(negligible*values[0]) {
			p.Width++
			kept += v
		}
		all += max(v, 0)
	}
	p.Share = kept / all
	p.values = make([]float64, 0, n*p.Width)
	for r := range n {
		for k := range p.Width {
			p.values = append(p.values, dot(x[r*dim:][:dim], axes[k*dim:][:dim]))
		}
	}
	return nil
}

// Put writes vector i to dst, of Width numbers, scaled so that the standard deviation of all vectors' numbers is spread.
func (p *Projection) Put(dst []float32, i int, spread float64) {
	f := spread / p.spread
	for k, x := range p.values[i*p.Width:][:p.Width] {
		dst[k] = float32(float64(x * f))
	}
}

// centred returns the rows less their mean.
func centred(rows []float32, n, dim int) []float64 {
	mean := make([]float64, dim)
	for i, x := range rows {
		mean[i%dim] += float64(x)
	}
	for k := range mean {
		mean[k] /= float64(n)
	}
	out := make([]float64, len(rows))
	for i, x := range rows {
		out[i] = float64(x) - mean[i%dim]
	}
	return out
}

// covariance returns that of centred rows, (dim, dim).
func covariance(x []float64, n, dim int) []float64 {
	c := make([]float64, dim*dim)
	for r := range n {
		row := x[r*dim:][:dim]
		for i, xi := range row {
			line := c[i*dim:][:i+1]
			for j := range line {
				line[j] += float64(xi * row[j])
			}
		}
	}
	for i := range dim {
		for j := range i + 1 {
			c[i*dim+j] /= float64(n)
			c[j*dim+i] = c[i*dim+j]
		}
	}
	return c
}

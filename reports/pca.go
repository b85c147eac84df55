package reports

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// flat is a table of vectors brought into the plane.
type flat struct {
	xy        [][2]float64
	explained [2]float64 // share of the variance on each axis; 0 where the vectors were shown as they are
	direct    bool       // the plane is the vectors' own space
	problem   string     // why there is no map
}

// flatten brings vectors into the plane: as they are if they have one or two numbers each, otherwise by their first
// two principal components, with signs such that the largest loading of each is positive. Vectors that are not finite
// have no place (NaN).
func flatten(vectors [][]float32) flat {
	m := 0
	for _, v := range vectors {
		m = max(m, len(v))
	}
	out := flat{xy: make([][2]float64, len(vectors))}
	var good []int
	for i, v := range vectors {
		out.xy[i] = [2]float64{math.NaN(), math.NaN()}
		if len(v) == m && finite(v) {
			good = append(good, i)
		}
	}
	switch {
	case m == 0 || len(good) == 0:
		out.problem = "no data: no symbol has a finite vector"
		return out
	case m <= 2:
		out.direct = true
		for _, i := range good {
			out.xy[i] = [2]float64{float64(vectors[i][0]), 0}
			if m == 2 {
				out.xy[i][1] = float64(vectors[i][1])
			}
		}
		return out
	case len(good) < 3:
		out.problem = "too few symbols for principal components"
		return out
	}
	rows := mat.NewDense(len(good), m, nil)
	for r, i := range good {
		for c, x := range vectors[i] {
			rows.Set(r, c, float64(x))
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(rows, nil) {
		out.problem = "principal components could not be computed"
		return out
	}
	var axes mat.Dense
	pc.VectorsTo(&axes)
	variances := pc.VarsTo(nil)
	total := 0.0
	for _, v := range variances {
		total += v
	}
	if !(total > 0) || len(variances) < 2 {
		out.problem = "no map: all vectors are the same"
		return out
	}
	means := make([]float64, m)
	for c := range m {
		means[c] = stat.Mean(mat.Col(nil, c, rows), nil)
	}
	for k := range 2 {
		axis := mat.Col(nil, k, &axes)
		if largest(axis) < 0 {
			for c := range axis {
				axis[c] = -axis[c]
			}
		}
		out.explained[k] = variances[k] / total
		for r, i := range good {
			sum := 0.0
			for c := range m {
				sum += (rows.At(r, c) - means[c]) * axis[c]
			}
			out.xy[i][k] = sum
		}
	}
	return out
}

func finite(v []float32) bool {
	for _, x := range v {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return false
		}
	}
	return true
}

// largest is the entry with the largest magnitude, the first of equals.
func largest(v []float64) float64 {
	best := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(best)*(1+1e-12) {
			best = x
		}
	}
	return best
}

// alignTo turns (and mirrors, if that helps) a map so that it lies as near to another as a rigid motion can bring it:
// two trainings find the same neighbourhoods in different directions. Maps of the same symbols only.
func (f flat) alignTo(to flat) flat {
	var ca, cb [2]float64
	n := 0.0
	both := func(visit func(a, b [2]float64)) {
		for i := range min(len(f.xy), len(to.xy)) {
			if a, b := f.xy[i], to.xy[i]; !math.IsNaN(a[0]) && !math.IsNaN(b[0]) {
				visit(a, b)
			}
		}
	}
	both(func(a, b [2]float64) {
		n++
		for k := range 2 {
			ca[k] += a[k]
			cb[k] += b[k]
		}
	})
	if n == 0 {
		return f
	}
	for k := range 2 {
		ca[k], cb[k] = ca[k]/n, cb[k]/n
	}
	var h [2][2]float64
	both(func(a, b [2]float64) {
		for i := range 2 {
			for j := range 2 {
				h[i][j] += (a[i] - ca[i]) * (b[j] - cb[j])
			}
		}
	})
	// The best rotation has the trace |(h00+h11, h01-h10)|, the best reflection |(h00-h11, h01+h10)|.
	turn := math.Hypot(h[0][0]+h[1][1], h[0][1]-h[1][0])
	flip := math.Hypot(h[0][0]-h[1][1], h[0][1]+h[1][0])
	angle, sign := math.Atan2(h[0][1]-h[1][0], h[0][0]+h[1][1]), 1.0
	if flip > turn*(1+1e-9) {
		angle, sign = math.Atan2(h[0][1]+h[1][0], h[0][0]-h[1][1]), -1
	}
	sin, cos := math.Sincos(angle)
	out := f
	out.xy = make([][2]float64, len(f.xy))
	for i, a := range f.xy {
		x, y := a[0]-ca[0], sign*(a[1]-ca[1])
		out.xy[i] = [2]float64{cos*x - sin*y, sin*x + cos*y}
	}
	return out
}

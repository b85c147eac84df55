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

	means []float64    // of the vectors, unless direct
	axes  [2][]float64 // the components, unless direct
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
	out.means = means
	for k := range 2 {
		axis := mat.Col(nil, k, &axes)
		if largest(axis) < 0 {
			for c := range axis {
				axis[c] = -axis[c]
			}
		}
		out.explained[k] = variances[k] / total
		out.axes[k] = axis
	}
	out.xy = out.project(vectors)
	return out
}

// project returns the places of other vectors in the plane of f, which is not direct; NaN for those that are not finite
// or of another length.
func (f flat) project(vectors [][]float32) [][2]float64 {
	xy := make([][2]float64, len(vectors))
	for i, v := range vectors {
		if len(v) != len(f.means) || !finite(v) {
			xy[i] = [2]float64{math.NaN(), math.NaN()}
			continue
		}
		for k, axis := range f.axes {
			for c, x := range v {
				xy[i][k] += (float64(x) - f.means[c]) * axis[c]
			}
		}
	}
	return xy
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
	f.xy = f.turnTo(to).turn(f.xy)
	return f
}

// rigid is a motion of the plane: what lies at from goes to 0, is mirrored if sign is -1, and is turned.
type rigid struct {
	from           [2]float64
	sin, cos, sign float64
}

// turn moves places.
func (r rigid) turn(xy [][2]float64) [][2]float64 {
	out := make([][2]float64, len(xy))
	for i, a := range xy {
		x, y := a[0]-r.from[0], r.sign*(a[1]-r.from[1])
		out[i] = [2]float64{r.cos*x - r.sin*y, r.sin*x + r.cos*y}
	}
	return out
}

// turnTo is the motion that brings f nearest to another map, whose centre it puts at 0.
func (f flat) turnTo(to flat) rigid {
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
		return rigid{cos: 1, sign: 1}
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
	return rigid{ca, sin, cos, sign}
}

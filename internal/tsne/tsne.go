// Package tsne lays points of many dimensions out in the plane by t-distributed stochastic neighbour embedding (van der
// Maaten and Hinton, 2008): exactly, over all pairs, so that time and memory grow with the square of their number. Two
// thousand points take some seconds.
//
// The result depends on the points, the start and the options alone, not on the number of cores: sums are taken in a fixed
// order, and no random number is drawn. It draws nothing.
package tsne

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Options of a layout; the zero value of each is its default.
type Options struct {
	Perplexity float64 // effective number of neighbours, 30; lowered to a third of the other points where there are few
	Iterations int     // at most, 1,000; the layout ends before where it stands still
	Workers    int     // cores, all; the result does not depend on it
}

// Layout is where the points lie.
type Layout struct {
	XY         [][2]float64
	KL         float64 // divergence of the plane's neighbourhoods from the true ones, nats
	Perplexity float64 // that was used
	Iterations int     // that were taken
}

// What the descent goes by, as in the paper and in scikit-learn: for a quarter of the iterations neighbours attract each
// other more strongly than they will, with less momentum.
const (
	exaggeration  = 12
	earlyShare    = 4 // the first 1/4 of the iterations
	earlyMomentum = 0.5
	momentum      = 0.8
	startSpread   = 1e-4 // standard deviation of the start's first coordinate
	checkEvery    = 50   // iterations between looks at the divergence
	standstill    = 2e-4 // relative gain in these, below which the layout ends
)

// parts is into how many pieces of equal work sums over pairs are cut. It is fixed, so that the order of sums is.
const parts = 16

// Place lays points out. rows, (n, dim), are all of one length and finite; start, (n), is where the points begin, such as
// their first two principal components; only its shape counts, its size does not. Fewer than four points are left where
// they begin. It returns the context's cause when ctx ends.
func Place(ctx context.Context, rows [][]float32, start [][2]float64, o Options) (Layout, error) {
	n := len(rows)
	if o.Perplexity <= 0 {
		o.Perplexity = 30
	}
	if o.Iterations <= 0 {
		o.Iterations = 1000
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Perplexity = min(o.Perplexity, float64(n-1)/3)
	d := &descent{n: n, xy: append([][2]float64(nil), start...), workers: o.Workers}
	if n < 4 {
		return Layout{XY: d.xy}, nil
	}
	var err error
	if d.p, err = affinities(ctx, rows, o.Perplexity, o.Workers); err != nil {
		return Layout{}, err
	}
	d.cut()
	d.shrink()
	taken, err := d.run(ctx, o.Iterations)
	if err != nil {
		return Layout{}, err
	}
	return Layout{d.xy, d.divergence(), o.Perplexity, taken}, nil
}

// descent is a layout on its way.
type descent struct {
	n       int
	workers int
	xy      [][2]float64
	p       []float64 // affinities of the pairs i < j, row by row; they sum to 1/2

	bounds []int     // rows where parts begin; the last is n
	forces [][]pull  // (parts, n)
	total  []float64 // (parts): sums of 1 / (1 + d^2)
	step   []momenta // (n)
	logs   []float64 // (parts): sums of p ln (1 + d^2)
}

// pull is what the others do to a point: attraction, and repulsion before it is divided by the sum over all pairs.
type pull struct{ ax, ay, rx, ry float64 }

// momenta are the last move of a point and the gains of its coordinates.
type momenta struct{ dx, dy, gx, gy float64 }

// row is where the pairs (i, i+1), (i, i+2) ... begin in p.
func (d *descent) row(i int) int { return i*(2*d.n-i-1)/2 - i - 1 }

// cut divides the rows into parts with about as many pairs each.
func (d *descent) cut() {
	pairs := d.n * (d.n - 1) / 2
	d.bounds = []int{0}
	done := 0
	for i := range d.n {
		done += d.n - 1 - i
		for len(d.bounds) < parts && done >= pairs*len(d.bounds)/parts {
			d.bounds = append(d.bounds, i+1)
		}
	}
	for len(d.bounds) <= parts {
		d.bounds = append(d.bounds, d.n)
	}
	d.bounds[parts] = d.n
	d.forces, d.total, d.logs = make([][]pull, parts), make([]float64, parts), make([]float64, parts)
	for k := range d.forces {
		d.forces[k] = make([]pull, d.n)
	}
	d.step = make([]momenta, d.n)
	for i := range d.step {
		d.step[i].gx, d.step[i].gy = 1, 1
	}
}

// shrink centres the start and gives it its size.
func (d *descent) shrink() {
	d.centre()
	sum := 0.0
	for _, q := range d.xy {
		sum += q[0] * q[0]
	}
	if sum == 0 {
		sum = 1
	}
	scale := startSpread / math.Sqrt(sum/float64(d.n))
	for i := range d.xy {
		d.xy[i][0] *= scale
		d.xy[i][1] *= scale
	}
}

func (d *descent) centre() {
	var x, y float64
	for _, q := range d.xy {
		x += q[0] / float64(d.n)
		y += q[1] / float64(d.n)
	}
	for i := range d.xy {
		d.xy[i][0] -= x
		d.xy[i][1] -= y
	}
}

// run moves the points, and returns after how many iterations they stand still.
func (d *descent) run(ctx context.Context, iterations int) (int, error) {
	early := iterations / earlyShare
	rate := max(float64(d.n)/exaggeration/4, 50)
	last := math.Inf(1)
	for t := range iterations {
		if err := context.Cause(ctx); err != nil {
			return t, err
		}
		factor, keep := 1.0, momentum
		if t < early {
			factor, keep = exaggeration, earlyMomentum
		}
		d.each(d.pairs)
		d.move(factor, keep, rate)
		if t >= early && (t-early)%checkEvery == checkEvery-1 {
			now := d.divergence()
			if last-now < standstill*now {
				return t + 1, nil
			}
			last = now
		}
	}
	return iterations, nil
}

// each calls f for every part, several at a time.
func (d *descent) each(f func(part int)) {
	var g errgroup.Group
	g.SetLimit(d.workers)
	for k := range parts {
		g.Go(func() error {
			f(k)
			return nil
		})
	}
	_ = g.Wait() // none fails
}

// pairs adds up what the pairs of a part do to their points.
func (d *descent) pairs(part int) {
	forces := d.forces[part]
	clear(forces)
	total := 0.0
	for i := d.bounds[part]; i < d.bounds[part+1]; i++ {
		x, y := d.xy[i][0], d.xy[i][1]
		others := d.xy[i+1:]
		p := d.p[d.row(i)+i+1:][:len(others)]
		away := forces[i+1:][:len(others)]
		var own pull
		for j := range others {
			dx, dy := x-others[j][0], y-others[j][1]
			w := 1 / (1 + dx*dx + dy*dy)
			total += w
			a := p[j] * w
			r := w * w
			ax, ay, rx, ry := a*dx, a*dy, r*dx, r*dy
			own.ax += ax
			own.ay += ay
			own.rx += rx
			own.ry += ry
			f := &away[j]
			f.ax -= ax
			f.ay -= ay
			f.rx -= rx
			f.ry -= ry
		}
		f := &forces[i]
		f.ax += own.ax
		f.ay += own.ay
		f.rx += own.rx
		f.ry += own.ry
	}
	d.total[part] = total
}

// move takes a step down the gradient 4 (factor * attraction - repulsion), with momentum and a gain for each coordinate
// that grows while its direction stays (Jacobs, 1988).
func (d *descent) move(factor, keep, rate float64) {
	z := 0.0
	for _, t := range d.total {
		z += 2 * t
	}
	for i := range d.xy {
		var f pull
		for k := range d.forces {
			g := d.forces[k][i]
			f.ax += g.ax
			f.ay += g.ay
			f.rx += g.rx
			f.ry += g.ry
		}
		m := &d.step[i]
		m.dx, m.gx = stride(m.dx, m.gx, 4*(factor*f.ax-f.rx/z), keep, rate)
		m.dy, m.gy = stride(m.dy, m.gy, 4*(factor*f.ay-f.ry/z), keep, rate)
	}
	for i := range d.xy {
		d.xy[i][0] += d.step[i].dx
		d.xy[i][1] += d.step[i].dy
	}
	d.centre()
}

// stride is the next move of a coordinate, and its gain.
func stride(last, gain, gradient, keep, rate float64) (move, newGain float64) {
	if last*gradient < 0 {
		gain += 0.2
	} else {
		gain = max(gain*0.8, 0.01)
	}
	return keep*last - rate*gain*gradient, gain
}

// divergence is that of Kullback and Leibler between the affinities and those of the plane, nats.
func (d *descent) divergence() float64 {
	entropies := make([]float64, parts)
	d.each(func(part int) {
		d.total[part], d.logs[part] = 0, 0
		for i := d.bounds[part]; i < d.bounds[part+1]; i++ {
			p := d.p[d.row(i)+i+1:]
			for j, q := range d.xy[i+1:] {
				dx, dy := d.xy[i][0]-q[0], d.xy[i][1]-q[1]
				square := dx*dx + dy*dy
				d.total[part] += 1 / (1 + square)
				if p[j] > 0 {
					d.logs[part] += p[j] * math.Log1p(square)
					entropies[part] += p[j] * math.Log(p[j])
				}
			}
		}
	})
	var z, cross, entropy float64
	for k := range parts {
		z += 2 * d.total[k]
		cross += 2 * d.logs[k]
		entropy += 2 * entropies[k]
	}
	return entropy + cross + math.Log(z)
}

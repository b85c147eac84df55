package stats

import "math"

// Group holds one configuration's replicates.
type Group struct {
	Values []float64
	Seeds  []uint64 // of each value; groups with the same seeds form blocks
}

// at returns the value of a seed.
func (g Group) at(seed uint64) (float64, bool) {
	for i, s := range g.Seeds {
		if s == seed {
			return g.Values[i], true
		}
	}
	return 0, false
}

// Difference is the difference of two means with what is known of its uncertainty.
type Difference struct {
	Value    float64 // b minus a
	SE       float64 // its standard error
	DF       float64
	P        float64 // two-sided
	Interval         // 95 %
}

func difference(value, se, df float64) Difference {
	half := twoSided(df) * se
	d := Difference{Value: value, SE: se, DF: df, P: 1, Interval: Interval{value - half, value + half}}
	if value != 0 {
		d.P = pValue(value/se, df)
	}
	return d
}

// Detectable returns the smallest true difference that the two-sided 5 % test of d would show with 80 % power.
func (d Difference) Detectable() float64 { return d.SE * Shift(twoSided(d.DF), d.DF) }

// Welch compares two means whose variances may differ; ok is false when either has fewer than two values.
func Welch(a, b []float64) (d Difference, ok bool) {
	if len(a) < 2 || len(b) < 2 {
		return Difference{}, false
	}
	na, nb := float64(len(a)), float64(len(b))
	va, vb := SD(a)/math.Sqrt(na), SD(b)/math.Sqrt(nb)
	se := math.Hypot(va, vb)
	df := na + nb - 2
	if se > 0 {
		// Welch and Satterthwaite, with the shares taken first so that no fourth power overflows.
		pa, pb := va/se, vb/se
		df = 1 / (pow4(pa)/(na-1) + pow4(pb)/(nb-1))
	}
	return difference(Mean(b)-Mean(a), se, df), true
}

func pow4(x float64) float64 { return x * x * x * x }

// Pairs compares two groups over the seeds that both have.
type Pairs struct {
	N           int
	Correlation float64 // of the paired values; NaN when either does not vary
	Difference
}

// Differences returns b minus a over the seeds that both have.
func Differences(a, b Group) []float64 {
	var d []float64
	for i, seed := range a.Seeds {
		if v, ok := b.at(seed); ok {
			d = append(d, v-a.Values[i])
		}
	}
	return d
}

// Paired makes the paired t test over common seeds; ok is false with fewer than two of them (N is still told).
func Paired(a, b Group) (p Pairs, ok bool) {
	var x, y, d []float64
	for i, seed := range a.Seeds {
		if v, ok := b.at(seed); ok {
			x, y, d = append(x, a.Values[i]), append(y, v), append(d, v-a.Values[i])
		}
	}
	p.N = len(d)
	if p.N < 2 {
		return p, false
	}
	n := float64(p.N)
	p.Difference = difference(Mean(d), SD(d)/math.Sqrt(n), n-1)
	p.Correlation = correlation(x, y)
	return p, true
}

func correlation(x, y []float64) float64 {
	mx, my := Mean(x), Mean(y)
	sx, sy := SD(x), SD(y)
	if !(sx > 0) || !(sy > 0) {
		return math.NaN()
	}
	var r float64
	for i := range x {
		r += (x[i] - mx) / sx * ((y[i] - my) / sy)
	}
	return max(-1, min(1, r/float64(len(x)-1)))
}

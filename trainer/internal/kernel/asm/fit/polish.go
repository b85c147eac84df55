package main

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// tanh is Tanh1 of package kernel before its clamps, with coefficients of P, then of Q. The float64 sums are rounded twice, which is
// seen only in one of half a billion cases.
func tanh(c *[8]float32, x float32) float32 {
	fma := func(x, y, z float32) float32 { return float32(float64(x)*float64(y) + float64(z)) }
	u := x * x
	p, q := c[3], c[7]
	for i := 2; i >= 0; i-- {
		p, q = fma(p, u, c[i]), fma(q, u, c[4+i])
	}
	return x * fma(p, u, 1) / fma(q, u, 1)
}

// polish moves the float32 coefficients of tanh by a few units in the last place, at random, as long as the largest
// error in ulp over a sample of floats falls, and prints the outcome.
func polish(f *fit) {
	r := rand.New(rand.NewPCG(1, 1))
	type point struct {
		x         float32
		want, ulp float64
	}
	var all []point
	for u := math.Float32bits(0.05); u < math.Float32bits(9.1); u += 257 {
		p := point{x: math.Float32frombits(u), want: math.Tanh(float64(math.Float32frombits(u)))}
		_, e := math.Frexp(p.want)
		p.ulp = math.Ldexp(1, e-24)
		all = append(all, p)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	worst := func(c *[8]float32, limit float64) float64 {
		m := 0.0
		for i, p := range all {
			if e := math.Abs(float64(tanh(c, p.x))-p.want) / p.ulp; e > m {
				if m = e; m >= limit {
					all[0], all[i] = all[i], all[0] // try a hard point first next time
					return m
				}
			}
		}
		return m
	}
	var best [8]float32
	for i := range best {
		best[i] = float32(f.coefficients[i])
	}
	limit := worst(&best, math.Inf(1))
	fmt.Printf("tanh: %.3f ulp over the sample as rounded\n", limit)
	for try := range 400_000 {
		c := best
		reach := 1 + 4000>>(try%12)
		for range 1 + r.IntN(3) {
			i := r.IntN(8)
			c[i] = math.Float32frombits(math.Float32bits(c[i]) + uint32(r.IntN(2*reach+1)-reach))
		}
		if e := worst(&c, limit); e < limit {
			best, limit = c, e
		}
	}
	fmt.Printf("tanh: %.3f ulp over the sample after polishing\n", limit)
	for i, c := range best {
		fmt.Printf("tanh%c%d = %v\n", "PQ"[i/4], i%4+1, c)
	}
}

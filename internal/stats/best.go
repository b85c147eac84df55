package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// draws is the number of simulated experiments behind a quantile; its standard error is then about 0.01 at 10
// degrees of freedom, well below what matters for whether two configurations can be told apart.
const draws = 100_000

// mostDF is where more degrees of freedom change a quantile by less than its simulation does.
const mostDF = 500

// The ways in which ties are judged.
const (
	ByBlocks  = "blocks" // one residual variance of configuration + seed
	ByWelch   = "welch"  // each pair with its own variances
	ByNothing = "none"   // one replicate, or one configuration: nothing to judge by
)

// Best says which groups cannot be told apart from the best.
type Best struct {
	Tied       []bool  // for each group; the best itself is
	Method     string  // ByBlocks, ByWelch or ByNothing
	SD         float64 // residual, by blocks
	DF         float64 // by blocks; by Welch those of the best and the next
	Detectable float64 // smallest true difference from the best that would be shown with 80 % power; NaN by nothing
}

// Quantiles computes and remembers the quantiles of comparisons with the best. The zero value is ready; it may be
// used concurrently.
type Quantiles struct {
	mu    sync.Mutex
	known map[quantile]float64
}

// quantile names one that is known: of how many groups, with how many degrees of freedom, at which risk.
type quantile struct {
	k, nu int
	risk  float64
}

// Contenders returns which groups may still be the best, in a race that looks several times while replicates come in:
// those that Hsu's comparison does not tell apart from the group with the smallest mean. The risk of 5 % is divided
// evenly over the looks (Bonferroni), so that the best, or one as good, is lost at some look in at most one race in
// twenty. Groups are compared by the variance that configuration + seed leave, over all of them; where they do not
// have the same seeds, or only one, all are kept.
func (q *Quantiles) Contenders(groups []Group, looks int) []int {
	best := 0
	for i, g := range groups {
		if Mean(g.Values) < Mean(groups[best].Values) {
			best = i
		}
	}
	b, ok := NewBlocks(groups)
	margin := math.Inf(1)
	if ok {
		margin = q.at(len(groups), b.DF, (1-Level)/float64(max(looks, 1))) * b.SE()
	}
	var kept []int
	for i, g := range groups {
		if Mean(g.Values)-Mean(groups[best].Values) <= margin {
			kept = append(kept, i)
		}
	}
	return kept
}

// InCommon returns the groups with the values of those seeds alone that all of them have: what is left of blocks where some
// replicates failed.
func InCommon(groups []Group) []Group {
	out := make([]Group, len(groups))
	for i, g := range groups {
		for j, seed := range g.Seeds {
			if !slices.ContainsFunc(groups, func(o Group) bool { return !slices.Contains(o.Seeds, seed) }) {
				out[i].Values, out[i].Seeds = append(out[i].Values, g.Values[j]), append(out[i].Seeds, seed)
			}
		}
		if len(out[i].Seeds) == 0 {
			return groups // there is none: they cannot be blocks
		}
	}
	return out
}

// WithBest makes Hsu's multiple comparison with the best at 5 % over all groups: a group stays tied unless its mean
// lies above that of the best by more than the comparison's margin. Smaller values are better; best is the index of
// the group with the smallest mean. Where the variances differ too much for one pool, or seeds or counts differ,
// every group is compared with the best by Welch's standard error and degrees of freedom, with the same quantile.
func (q *Quantiles) WithBest(groups []Group, best int) Best {
	return q.withBest(groups, best, !Uneven(groups))
}

// WithBestInBlocks is WithBest by the pooled variance, even if the groups' own ones differ.
func (q *Quantiles) WithBestInBlocks(groups []Group, best int) Best {
	return q.withBest(groups, best, true)
}

func (q *Quantiles) withBest(groups []Group, best int, pooled bool) Best {
	r := Best{Tied: make([]bool, len(groups)), Method: ByNothing, SD: math.NaN(), DF: math.NaN(), Detectable: math.NaN()}
	for i := range r.Tied {
		r.Tied[i] = true
	}
	if len(groups) < 2 {
		return r
	}
	if b, ok := NewBlocks(groups); ok && pooled {
		r.Method, r.SD, r.DF = ByBlocks, b.SD, b.DF
		d := q.Best(len(groups), b.DF)
		r.Detectable = b.SE() * Shift(d, b.DF)
		for i, g := range groups {
			r.Tied[i] = Mean(g.Values)-Mean(groups[best].Values) <= d*b.SE()
		}
		return r
	}
	next := math.Inf(1)
	for i, g := range groups {
		w, ok := Welch(groups[best].Values, g.Values)
		if i == best || !ok {
			continue
		}
		r.Method = ByWelch
		d := q.Best(len(groups), w.DF)
		r.Tied[i] = w.Value <= d*w.SE
		if w.Value < next {
			next, r.DF, r.Detectable = w.Value, w.DF, w.SE*Shift(d, w.DF)
		}
	}
	return r
}

// Best returns the 95 % quantile of Hsu's comparison of k means with the best of them, which is the one-sided
// quantile of Dunnett's comparison of k - 1 means with one: of max (Z_i - Z_0) / (sqrt 2 S) over i = 1 ... k-1, with
// independent standard normal Z and df S^2 chi-squared. It is simulated from a fixed seed. Degrees of freedom are
// rounded down to a whole number, at least 1.
func (q *Quantiles) Best(k int, df float64) float64 { return q.at(k, df, 1-Level) }

// at is Best at another risk than 5 %.
func (q *Quantiles) at(k int, df, risk float64) float64 {
	if k < 2 {
		return 0
	}
	nu := int(max(1, min(df*(1+1e-9), mostDF)))
	q.mu.Lock()
	defer q.mu.Unlock()
	at := quantile{k, nu, risk}
	if v, ok := q.known[at]; ok {
		return v
	}
	if q.known == nil {
		q.known = map[quantile]float64{}
	}
	v := simulateBest(k, nu, risk)
	q.known[at] = v
	return v
}

func simulateBest(k, nu int, risk float64) float64 {
	src := rand.NewPCG(uint64(k), uint64(nu)) //nolint:gosec // both are positive
	rng := rand.New(src)                      //nolint:gosec // a simulation, not a secret
	chi := distuv.ChiSquared{K: float64(nu), Src: src}
	x := make([]float64, draws)
	for i := range x {
		// The largest of k-1 normals is the normal quantile of a uniform's (k-1)-th root. The uniforms are spread
		// evenly (one in each of as many slices), which takes most of the noise out.
		u := (float64(i) + rng.Float64()) / draws
		largest := distuv.UnitNormal.Quantile(math.Pow(u, 1/float64(k-1)))
		x[i] = (largest - rng.NormFloat64()) / math.Sqrt(2*chi.Rand()/float64(nu))
	}
	slices.Sort(x)
	return x[int(math.Ceil((1-risk)*draws))-1]
}

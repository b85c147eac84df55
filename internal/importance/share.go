package importance

import "sweep/internal/stats"

// The methods that a Result may come from.
const (
	ByExact = "exact"     // functional analysis of variance of a complete grid
	ByPED   = "ped-anova" // Pearson divergence of the best from all
)

// Share is the importance of one hyperparameter, of a pair, or of all higher interactions together.
type Share struct {
	Of       []string        // one name; two of a pair; none of the higher interactions
	Value    float64         // 0 ... 1, never NaN
	Interval *stats.Interval // 95 %, widened to hold Value; nil where the data do not tell
}

// Result holds the shares of one analysis. Main, Pairs and Higher add up to 1, unless it is flat: then all are 0.
type Result struct {
	Method string // ByExact or ByPED
	Why    string // why Of did not choose ByExact; empty otherwise
	N      int    // configurations
	Top    int    // ByPED: how many of them are among the best; below five the shares are little more than noise
	Flat   bool   // nothing tells the configurations apart: equal objectives, or no two that are finite
	// Noise is the part of all that is shared out that would be there without any effect: by the scatter of the
	// replicates (ByExact; 0 where there are none), or by chance, were the objectives dealt out anew (ByPED). The
	// values contain it, so that those of what does not matter are above 0; the intervals leave it out.
	Noise  float64
	Main   []Share // in the order of the input
	Pairs  []Share // ByExact only: first with second, first with third, ..., second with third, ...
	Higher Share   // ByExact only: interactions of three and more
}

// fill sets the shares from values in the order Main, Pairs, Higher, and their intervals from draws of the same order.
func (r *Result) fill(values []float64, draws [][]float64) {
	at := 0
	next := func(s *Share) {
		s.Value = values[at]
		if !r.Flat && at < len(draws) && len(draws[at]) > 1 {
			iv := stats.Middle(draws[at])
			s.Interval = &stats.Interval{Low: min(iv.Low, s.Value), High: max(iv.High, s.Value)}
		}
		at++
	}
	for i := range r.Main {
		next(&r.Main[i])
	}
	for i := range r.Pairs {
		next(&r.Pairs[i])
	}
	if r.Method == ByExact {
		next(&r.Higher)
	}
}

// normalise divides values by their sum; ok is false, and they are all 0, if that is not above 0.
func normalise(values []float64) (ok bool) {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if !(sum > 0) {
		clear(values)
		return false
	}
	for i := range values {
		values[i] /= sum
	}
	return true
}

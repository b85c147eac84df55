package stopping

import (
	"cmp"
	"math"
	"slices"
)

// Verdict is what becomes of a run at a decision.
type Verdict uint8

// The verdicts.
const (
	Go   Verdict = iota // on to the next decision
	Stop                // it ends here
	Hold                // it waits here, and may be promoted
)

// Rule decides which runs go on.
type Rule interface {
	// Next returns the iteration of a run's first decision after iteration k, 0 if it then runs to its end.
	Next(b *Board, run, k int) int
	// Decide judges a run that has just reached a decision. The board holds its values up to there.
	Decide(b *Board, run, k int) Verdict
	// Promote returns a run that is held and goes on from iteration k, false if none does. closing says that no other run
	// is under way or still to begin, so that whoever leads need not wait for more company.
	Promote(b *Board, closing bool) (run, k int, ok bool)
}

// Board holds what runs have logged, as far as it counts: up to the decision that each has come to.
type Board struct {
	runs []line
}

// line is one run.
type line struct {
	values   []float64 // by iteration, from 1
	held     bool
	promoted int // the iteration from which it was promoted last
	finished bool
	bracket  int
}

// Add puts a run on the board and returns its number.
func (b *Board) Add() int {
	b.runs = append(b.runs, line{})
	return len(b.runs) - 1
}

// Log appends values that a run has logged.
func (b *Board) Log(run int, values ...float64) {
	for _, v := range values {
		b.runs[run].values = append(b.runs[run].values, worst(v))
	}
}

// Logged returns how many values of a run the board holds.
func (b *Board) Logged(run int) int { return len(b.runs[run].values) }

// Hold says that a run waits for a promotion, and Finish that it has ended for good.
func (b *Board) Hold(run int) { b.runs[run].held = true }

// Resume says that a held run goes on from iteration k.
func (b *Board) Resume(run, k int) { b.runs[run].held, b.runs[run].promoted = false, k }

// Finish says that a run has ended for good, completely or not.
func (b *Board) Finish(run int) { b.runs[run].held, b.runs[run].finished = false, true }

// worst makes everything that is no finite number worse than every one that is.
func worst(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return math.Inf(1)
	}
	return v
}

// at returns the values that runs had at iteration k, of all that have come so far, sorted.
func (b *Board) at(k int, counts func(line) bool) []float64 {
	var out []float64
	for _, l := range b.runs {
		if len(l.values) >= k && counts(l) {
			out = append(out, l.values[k-1])
		}
	}
	slices.Sort(out)
	return out
}

func everyone(line) bool { return true }

// ladder are iterations that grow by a factor: first, first*eta, ..., below last if there is one.
func ladder(first int, eta float64, last int) []int {
	var out []int
	for x := float64(first); x < 1<<31; x *= eta {
		k := int(x)
		if last > 0 && k >= last {
			break
		}
		if len(out) == 0 || k > out[len(out)-1] {
			out = append(out, k)
		}
	}
	return out
}

// Ladder returns the iterations at which a run is judged: minIter times powers of eta; or maxIter divided by eta once,
// twice, up to s times. Those that a run of last iterations does not reach before its end are left out; last 0 is
// unknown.
func Ladder(minIter, maxIter, s int, eta float64, last int) []int {
	if minIter > 0 {
		return ladder(minIter, eta, cmp.Or(last, maxIter))
	}
	var out []int
	band := float64(maxIter)
	for range s {
		if band /= eta; band < 1 {
			break
		}
		if k := int(band); (last == 0 || k < last) && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// after returns the first of sorted iterations after k, 0 if there is none.
func after(k int, iterations []int) int {
	for _, i := range iterations {
		if i > k {
			return i
		}
	}
	return 0
}

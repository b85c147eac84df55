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
	runs  []line
	rungs map[place]*rung
}

// line is one run.
type line struct {
	values   []float64 // by iteration, from 1
	held     bool
	finished bool
	bracket  int
}

// place is an iteration at which runs of a bracket are compared.
type place struct{ k, bracket int }

// rung is what is known there.
type rung struct {
	values []float64 // of all runs that have come, sorted
	held   []int     // runs that wait, the best first
	gone   int       // runs that were promoted
}

// Add puts a run on the board and returns its number.
func (b *Board) Add() int {
	b.runs = append(b.runs, line{})
	return len(b.runs) - 1
}

// watch lets runs of a bracket be compared at an iteration. None has come there yet.
func (b *Board) watch(k, bracket int) {
	if b.rungs == nil {
		b.rungs = map[place]*rung{}
	}
	if at := (place{k, bracket}); b.rungs[at] == nil {
		b.rungs[at] = &rung{}
	}
}

// Log appends values that a run has logged.
func (b *Board) Log(run int, values ...float64) {
	l := &b.runs[run]
	for _, v := range values {
		v = worst(v)
		l.values = append(l.values, v)
		if r := b.rungs[place{len(l.values), l.bracket}]; r != nil {
			i, _ := slices.BinarySearch(r.values, v)
			r.values = slices.Insert(r.values, i, v)
		}
	}
}

// Logged returns how many values of a run the board holds.
func (b *Board) Logged(run int) int { return len(b.runs[run].values) }

// Hold says that a run waits for a promotion where it is.
func (b *Board) Hold(run int) {
	l := &b.runs[run]
	l.held = true
	r := b.rungs[place{len(l.values), l.bracket}]
	i, _ := slices.BinarySearchFunc(r.held, run, b.better)
	r.held = slices.Insert(r.held, i, run)
}

// better orders runs that are held at one rung.
func (b *Board) better(x, y int) int {
	vx, vy := b.runs[x].values, b.runs[y].values
	return cmp.Or(cmp.Compare(vx[len(vx)-1], vy[len(vy)-1]), cmp.Compare(x, y))
}

// Resume says that a held run goes on.
func (b *Board) Resume(run int) { b.release(run).gone++ }

// Finish says that a run has ended for good, completely or not.
func (b *Board) Finish(run int) {
	if b.runs[run].held {
		b.release(run)
	}
	b.runs[run].finished = true
}

func (b *Board) release(run int) *rung {
	l := &b.runs[run]
	l.held = false
	r := b.rungs[place{len(l.values), l.bracket}]
	if i, ok := slices.BinarySearchFunc(r.held, run, b.better); ok {
		r.held = slices.Delete(r.held, i, i+1)
	}
	return r
}

// worst makes everything that is no finite number worse than every one that is.
func worst(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return math.Inf(1)
	}
	return v
}

// ladder are iterations that grow by a factor: first, first*eta, ..., below last if there is one.
func ladder(first int, eta float64, last int) []int {
	var out []int
	x := float64(first)
	for range mostBands {
		k := int(x)
		if x *= eta; last > 0 && k >= last || k >= 1<<31-1 {
			break
		}
		if len(out) == 0 || k > out[len(out)-1] {
			out = append(out, k)
		}
	}
	return out
}

// mostBands ends a ladder whose eta is all but 1: 2,200 bands lie between 1 and 2^31 at an eta of 1.01.
const mostBands = 1 << 16

// Ladder returns the iterations at which a run is judged: minIter times powers of eta; or maxIter divided by eta once,
// twice, up to s times. Those that a run of last iterations does not reach before its end are left out; last 0 is
// unknown.
func Ladder(minIter, maxIter, s int, eta float64, last int) []int {
	if minIter > 0 {
		return ladder(minIter, eta, cmp.Or(last, maxIter))
	}
	var out []int
	band := float64(maxIter)
	for range min(s, mostBands) {
		if band /= eta; band < 1 {
			break
		}
		if k := int(band); (last == 0 || k < last) && (len(out) == 0 || k < out[len(out)-1]) {
			out = append(out, k)
		}
	}
	slices.Reverse(out)
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

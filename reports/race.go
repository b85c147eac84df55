package reports

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"sweep/results"
)

// A race is one configuration that starts from vectors against the one that is like it but starts random, replicate by
// replicate: how much of the random start's steps, up to its best value, it takes to be as good.
type race struct {
	config, random  int // indices into configs
	laps            []lap
	mean, low, high float64 // of the shares, where every replicate got there; no interval with one
}

// lap is one pair of replicates.
type lap struct {
	replicate     int
	trial, random string
	target        float64 // the random start's best
	randomSteps   float64
	steps         float64 // to the target; NaN: it never got there
	most          float64 // steps that it had
}

// share is the lap's steps as a share of the random start's.
func (l lap) share() float64 { return l.steps / l.randomSteps }

// never counts the replicates that did not get there.
func (r race) never() int {
	n := 0
	for _, l := range r.laps {
		if math.IsNaN(l.steps) {
			n++
		}
	}
	return n
}

// startsRandom reports whether a configuration's table starts from random numbers.
func startsRandom(c config) bool {
	v := c.params["init_vectors"]
	return !v.there || v.text == "" || v.text == "none"
}

// races finds the pairs. A configuration is held against the only random start that agrees with it in everything but the
// start and what is tied to that.
func (s *study) races() []race {
	if s.mixed {
		return nil
	}
	var rest []string // names that must agree
	for _, d := range s.dimensions {
		names := append([]string{d.Name}, d.With...)
		if !slices.Contains(names, "init_vectors") && !slices.Contains(names, "freeze") {
			rest = append(rest, names...)
		}
	}
	var out []race
	for i, c := range s.configs {
		if startsRandom(c) {
			continue
		}
		random := -1
		for j, o := range s.configs {
			alike := !slices.ContainsFunc(rest, func(n string) bool { return o.params[n] != c.params[n] })
			if !startsRandom(o) || !alike {
				continue
			}
			if random >= 0 {
				random = -1
				break
			}
			random = j
		}
		if random < 0 {
			continue
		}
		if r := s.race(i, random); len(r.laps) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// race runs one configuration against another.
func (s *study) race(informed, random int) race {
	r := race{config: informed, random: random, mean: math.NaN(), low: math.NaN(), high: math.NaN()}
	var shares []float64
	for _, t := range s.configs[informed].trials {
		for _, o := range s.configs[random].trials {
			own, other := s.points[t.Trial.Trial], s.points[o.Trial.Trial]
			if o.Replicate != t.Replicate || o.State != "complete" || len(own) == 0 || t.State == "running" || t.State == "waiting" {
				continue
			}
			target, at, ok := s.bestOf(other)
			if !ok {
				continue
			}
			l := lap{replicate: t.Replicate, trial: t.Trial.Trial, random: o.Trial.Trial, target: target, randomSteps: at,
				steps: s.reached(own, target), most: float64(own[len(own)-1].Step)}
			r.laps = append(r.laps, l)
			shares = append(shares, l.share())
		}
	}
	if len(r.laps) > 0 && r.never() == 0 {
		mean, half, _ := meanInterval(shares)
		r.mean, r.low, r.high = mean, mean-half, mean+half
	}
	return r
}

// bestOf is the best value of a curve and its step.
func (s *study) bestOf(curve []results.Point) (value, step float64, ok bool) {
	for _, p := range curve {
		if v := orNaN(p.Value); usable(v, linear) && (!ok || s.metric.better(v, value)) {
			value, step, ok = v, float64(p.Step), true
		}
	}
	return value, step, ok && step > 0
}

// reached is the step at which a curve is as good as target, on the line between its points; NaN if it never is.
func (s *study) reached(curve []results.Point, target float64) float64 {
	before, at := math.NaN(), 0.0
	for _, p := range curve {
		v := orNaN(p.Value)
		if !usable(v, linear) {
			continue
		}
		if !s.metric.better(target, v) {
			if math.IsNaN(before) || v == before {
				return float64(p.Step)
			}
			return at + (float64(p.Step)-at)*(target-before)/(v-before)
		}
		before, at = v, float64(p.Step)
	}
	return math.NaN()
}

// raceSentence says how a race went.
func (s *study) raceSentence(r race) string {
	who, best := s.raceName(s.configs[r.config]), "The random start's best "+s.metric.Label
	n, never := len(r.laps), r.never()
	switch {
	case never == n && n == 1:
		return fmt.Sprintf("%s was never reached by %s.", best, who)
	case never == n:
		return fmt.Sprintf("%s was never reached by %s, in %d replicates.", best, who, n)
	case never > 0:
		return fmt.Sprintf("%s was reached by %s in %d of %d replicates only.", best, who, n-never, n)
	case math.IsNaN(r.low):
		return fmt.Sprintf("%s was reached by %s after %s of its steps (one pair of trainings).", best, who, wholePercent(r.mean))
	}
	return fmt.Sprintf("%s was reached by %s after %s of its steps [%s, %s] (mean and 95 %% interval over %d paired replicates).",
		best, who, wholePercent(r.mean), wholePercent(r.low), wholePercent(r.high), n)
}

// raceNames are the parameters that name a start: those that tell configurations apart, and the start itself where it is
// tied to one of them.
func (s *study) raceNames() []string {
	var out []string
	for _, d := range s.dimensions {
		names := []string{d.Name}
		for _, n := range startNames {
			if slices.Contains(d.With, n) {
				names = append(names, n)
			}
		}
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(slices.Index(startNames, a), slices.Index(startNames, b)) })
		out = append(out, names...)
	}
	return out
}

// startNames are in the order in which they are read.
var startNames = []string{"init_vectors", "freeze"}

// raceName names a configuration by its values, those that are paths by their files.
func (s *study) raceName(c config) string {
	var parts []string
	for _, n := range s.raceNames() {
		v := c.params[n].String()
		if strings.Contains(v, "/") {
			v = path.Base(v)
		}
		parts = append(parts, n+" "+v)
	}
	return strings.Join(parts, ", ")
}

// raceLabel is the same for a row of the picture: without the names if there are several.
func (s *study) raceLabel(c config) string {
	var parts []string
	names := s.raceNames()
	for _, n := range names {
		parts = append(parts, brief(c.params[n].String()))
	}
	if len(names) == 1 {
		return names[0] + " " + parts[0]
	}
	return strings.Join(parts, " / ")
}

func wholePercent(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }

// RaceSentences say of each configuration that starts from vectors when it was as good as the random start ever was.
func RaceSentences(in Input) []string {
	s := newStudyOf(in)
	var out []string
	for _, r := range s.races() {
		out = append(out, s.raceSentence(r))
	}
	return out
}

package sweeps

import (
	"cmp"
	"math"
	"slices"

	"sweep/internal/stats"
)

// quantiles remembers those of comparisons with the best: each takes a simulation.
var quantiles stats.Quantiles

// race gives one more replicate to each configuration that may still be the best, and returns false when there is nothing
// to tell apart any more, or the replicates are used up, or the budget does not reach for one each. Who has left a race
// does not come back. A replicate that failed counts as run: that says nothing of the configuration.
func (s *Schedule) race() bool {
	most, least := s.spec.Replicates.Max, s.spec.Replicates.N
	if most == 0 {
		return false
	}
	n := 0
	var contenders []int // configurations, with n replicates
	for i := range s.plan.Configurations {
		if len(s.values(i, false)) == 0 {
			continue
		}
		if k := s.run(i); k >= n {
			if k > n {
				n, contenders = k, nil
			}
			contenders = append(contenders, i)
		}
	}
	if n < least || n >= most || len(contenders) < 2 {
		return false
	}
	kept := quantiles.Contenders(stats.InCommon(s.groups(contenders)), s.spec.Replicates.Looks())
	before := len(s.plan.sequence)
	if len(kept) < 2 {
		return false
	}
	if b := s.spec.Budget.Trials; b > 0 && before+len(kept) > b-s.spec.reserved() {
		s.cut = len(kept)
		return false
	}
	for _, at := range kept {
		if added, err := s.plan.addTrial(contenders[at], n+1, false); err != nil || !added {
			s.err = err
			break
		}
	}
	s.take()
	return len(s.plan.sequence) > before
}

// run is how many of a configuration's replicates have been run, those that confirm apart. One that a rule has stopped is
// none: the mean of the others would be of those that were lucky.
func (s *Schedule) run(configuration int) (n int) {
	for _, r := range s.trialsOf(configuration) {
		if !r.trial.Confirms && (r.ended == Complete || r.ended == Failed) {
			n++
		}
	}
	return n
}

// Cut is how many configurations the budget has left in a race that it ended, 0 if it ended none.
func (s *Schedule) Cut() int { return s.cut }

// groups are the replicates of configurations on the scale on which they are compared, smaller ones better.
func (s *Schedule) groups(configurations []int) []stats.Group {
	var all []float64
	for _, i := range configurations {
		for _, v := range s.values(i, false) {
			all = append(all, v.value)
		}
	}
	scale := stats.ScaleOf(s.spec.Metric.Name, all)
	groups := make([]stats.Group, len(configurations))
	for at, i := range configurations {
		for _, v := range s.values(i, false) {
			groups[at].Values = append(groups[at].Values, s.signed(scale.Of(v.value)))
			groups[at].Seeds = append(groups[at].Seeds, v.seed)
		}
	}
	return groups
}

// seeded is the value of one replicate.
type seeded struct {
	value float64
	seed  uint64
}

// values returns the values of a configuration's complete replicates; none where one has diverged.
func (s *Schedule) values(configuration int, confirming bool) []seeded {
	var out []seeded
	for _, r := range s.trialsOf(configuration) {
		if r.trial.Confirms != confirming {
			continue
		}
		switch {
		case r.ended == Diverged, r.ended == Complete && (math.IsNaN(r.known.Value) || math.IsInf(r.known.Value, 0)):
			return nil
		case r.ended == Complete:
			out = append(out, seeded{r.known.Value, r.trial.Seed})
		}
	}
	return out
}

// confirm plans new seeds for the configurations that lead.
func (s *Schedule) confirm() {
	c := s.spec.Confirm
	if c == nil {
		return
	}
	var ranked []leader
	for i := range s.plan.Configurations {
		values := s.values(i, false)
		if len(values) == 0 {
			continue
		}
		l := leader{configuration: i, n: s.run(i)}
		for _, v := range values {
			l.mean += s.signed(v.value) / float64(len(values))
		}
		ranked = append(ranked, l)
	}
	slices.SortStableFunc(ranked, func(a, b leader) int { return cmp.Or(-cmp.Compare(a.n, b.n), cmp.Compare(a.mean, b.mean)) })
	if len(ranked) < c.Top && len(ranked) > 0 && !s.reached {
		s.plan.planner.warnFew(len(ranked), c.Top)
	}
	ranked = ranked[:min(c.Top, len(ranked))]
	for r := 1; r <= c.Replicates; r++ {
		for _, l := range ranked {
			if s.reached && !s.holds(l.configuration, s.spec.Replicates.last()+r) {
				continue
			}
			if added, err := s.plan.addTrial(l.configuration, s.spec.Replicates.last()+r, true); err != nil || !added {
				s.err = err
				s.take()
				return
			}
		}
	}
	s.take()
}

// holds reports whether the record holds a replicate of a configuration as ended.
func (s *Schedule) holds(configuration, replicate int) bool {
	key, _, err := s.plan.key(s.plan.Configurations[configuration].Key, s.spec.Replicates.Seed(s.spec.Seed, replicate))
	return err == nil && s.memory[key[:shortID]].State.Finished()
}

// leader is a configuration that may be confirmed. Those that have won more replicates in a race stand first.
type leader struct {
	configuration, n int
	mean             float64
}

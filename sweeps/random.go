package sweeps

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"sweep/sweeps/sampler"
)

// uniformAt returns the number in [0,1) that belongs to (seed, purpose, name, draw, attempt): the first of a PCG stream
// keyed by them. A parameter's draws depend on nothing else, so that adding a parameter, or raising the budget, leaves
// the draws that were made.
func uniformAt(seed uint64, purpose, name string, draw, attempt int) float64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d", purpose, name, draw, attempt))
	r := rand.NewPCG(seed, binary.BigEndian.Uint64(h[:8]))
	return float64(r.Uint64()>>11) / (1 << 53)
}

// draw returns the values of one random configuration, absent for derived parameters. Zipped parameters share a row.
func (s *Spec) draw(draw, attempt int) []Value {
	values := make([]Value, len(s.Parameters))
	for i, p := range s.Parameters {
		members := s.zippedWith(i)
		if p.Derive != nil || members[0] != i {
			continue
		}
		u := uniformAt(s.Seed, "random", p.Name, draw, attempt)
		if len(members) == 1 {
			values[i] = p.converted(p.Dist.At(u))
			continue
		}
		row := min(int(u*float64(len(p.Dist.Values))), len(p.Dist.Values)-1)
		for _, m := range members {
			values[m] = s.Parameters[m].converted(s.Parameters[m].Dist.Values[row])
		}
	}
	return values
}

// attempts bounds how often one configuration is drawn again because it was drawn before or is not allowed.
const attempts = 1000

// tries is the bound for this space. A small one may be exhausted, and then the last configuration needs about as many
// draws as there are; 30 times that fails once in 1e13.
func (s *Spec) tries() int {
	size := 1.0
	for i, p := range s.Parameters {
		if p.Derive == nil && s.zippedWith(i)[0] == i {
			if !p.Dist.Discrete() || p.Dist.Type == weighted {
				return attempts
			}
			size *= p.Dist.gridSize()
		}
	}
	if size > 10_000 {
		return attempts
	}
	return max(attempts, 30*int(size))
}

// sobol plans the points of a scrambled Sobol sequence.
func (p *planner) sobol(drawn []Drawn) error {
	earlier, err := p.recallAll(drawn)
	if err != nil {
		return err
	}
	space := p.spec.searchSpace()
	sequence := sampler.NewSobol(space.Space, p.spec.Seed)
	var history sampler.History
	for len(p.plan.Configurations) < p.spec.wanted() && len(p.problems) < maxProblems {
		point, ok := sequence.Ask(&history, func(point sampler.Point) bool {
			values := space.values(point)
			if err != nil || !p.admitted(values) {
				return false
			}
			var added bool
			added, err = p.draw(values, earlier)
			return added
		})
		if err != nil {
			return err
		}
		if !ok {
			p.short = p.spec.wanted() - len(p.plan.Configurations)
			return nil
		}
		history.Add(point)
	}
	return nil
}

package sampler

import "math/rand/v2"

// Sampler chooses the next point. Ask returns a point that admit accepts (admit may refuse one because it was tried
// before, or for reasons of its own), and false if none was found: the space is used up, or nearly so. Ask changes
// nothing; whoever takes the point adds it to the history.
type Sampler interface {
	Ask(h *History, admit func(Point) bool) (Point, bool)
}

// tries is how many points are drawn at random for one that is admitted, before the whole space is looked through.
const tries = 1000

// mostTries is how many there are of a space too large to be looked through: where constraints leave one point in a thousand,
// that finds one all but always.
const mostTries = 20 * tries

// mostListed is the size of the largest space that is looked through point by point.
const mostListed = 100_000

// stream is the source of random numbers of suggestion number n: whoever asks for it again draws the same.
func stream(seed uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15*uint64(n+1))) //nolint:gosec // a draw, not a secret
}

// anywhere draws until a point is admitted; of a small space it then takes the first that is.
func (s Space) anywhere(rng *rand.Rand, admit func(Point) bool) (Point, bool) {
	most := tries
	if s.Size() > mostListed {
		most = mostTries
	}
	for range most {
		if p := s.random(rng); admit(p) {
			return p, true
		}
	}
	if most == mostTries {
		return nil, false
	}
	var found Point
	s.all(func(p Point) bool {
		if admit(p) {
			found = p
		}
		return found == nil
	})
	return found, found != nil
}

// Random draws each point as likely as it is before anything is known, whatever was found.
type Random struct {
	Space Space
	Seed  uint64
}

// Ask implements Sampler.
func (r Random) Ask(h *History, admit func(Point) bool) (Point, bool) {
	return r.Space.anywhere(stream(r.Seed, h.Len()), admit)
}

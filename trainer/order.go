package trainer

import (
	"math"
	"slices"
)

// order is the endless stream of examples of a training: one permutation of the training part after another, keyed by
// (seed, epoch). A batch may reach across the end of an epoch, so none is partial.
type order struct {
	seed  uint64
	epoch int64
	at    int     // next place in perm
	perm  []int32 // of the epoch
	rng   stream
}

// newOrder returns the order of n examples from the one with that number on, counted from the training's start.
func newOrder(seed uint64, n int, example int64) *order {
	o := &order{seed: seed, epoch: example / int64(n), at: int(example % int64(n)), perm: make([]int32, n)}
	o.draw()
	return o
}

func (o *order) draw() {
	o.rng.key(o.seed, forOrder, o.epoch)
	o.rng.shuffle(o.perm)
}

// take fills dst with the next examples.
func (o *order) take(dst []int32) {
	for len(dst) > 0 {
		if o.at == len(o.perm) {
			o.epoch++
			o.at = 0
			o.draw()
		}
		n := copy(dst, o.perm[o.at:])
		o.at += n
		dst = dst[n:]
	}
}

// sample returns k of n examples, ascending, the same for every trial of one split: the first of a shuffle keyed by
// the split's seed. It returns nil, which stands for all of them, if k is not less than n.
func sample(splitSeed uint64, n, k int) []int32 {
	if k >= n || n > math.MaxInt32 {
		return nil
	}
	p := make([]int32, n)
	var rng stream
	rng.key(splitSeed, forSample, int64(n))
	rng.shuffle(p)
	p = p[:k:k]
	slices.Sort(p)
	return slices.Clone(p)
}

package trainer

import "sweep/trainer/corpus"

// shuffledTargets returns the targets of a part in an order drawn with the replicate's seed, so that each belongs to
// another context and only their frequencies are left to learn.
func shuffledTargets(seed uint64, p corpus.Part) []int32 {
	targets := make([]int32, p.Len())
	var rng stream
	rng.key(seed, forTargets, 0)
	rng.shuffle(targets)
	for i, from := range targets {
		targets[i] = p.Target(int(from))
	}
	return targets
}

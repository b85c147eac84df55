// Package sampler chooses points of a space one after another, each in the light of what was found at those before it. It
// is pure arithmetic: the same space, seed and history give the same point, and nothing else enters.
//
// A caller keeps a [History], asks a [Sampler] for the next point, adds it, and tells what was found there whenever that
// is known; points that are not told yet are pending, and the samplers reckon with them. It knows nothing of
// hyperparameters: package sweeps makes a Space of a spec and values of a Point.
package sampler

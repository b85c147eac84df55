// Package importance says which hyperparameters matter, as shares that add up to 1: Exact splits the variance over a
// complete grid among factors and pairs of them, PED judges incomplete designs by which values the best configurations
// have, and Of picks between the two. Intervals are bootstrapped. Everything is a pure function of its arguments, the
// seed among them, and lower objectives are better: whoever maximises flips the signs.
package importance

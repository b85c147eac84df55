// Package stats holds the statistics of replicated experiments: intervals of a mean, the residual variance of
// configurations measured with common seeds, which configurations cannot be told apart from the best, and the
// smallest difference that so many replicates can show. Its functions are pure: the same numbers in give the same
// numbers out, simulated quantiles included.
package stats

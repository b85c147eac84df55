// Package stopping holds the rules that end trainings early. It is pure arithmetic over the values that runs have logged,
// in the order in which they are told; what a run is, and when it logs, is the caller's business.
//
// Iterations count how often a run has logged the value, from 1. Smaller values are better. NaN and infinities are worse
// than every number, and never move a threshold that numbers alone would give.
package stopping

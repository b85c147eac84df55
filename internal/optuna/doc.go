// Package optuna reads studies of Optuna and writes sweeps as studies: the journal file, an operation a line, and what a
// study means for the record. It neither runs Optuna nor opens a database; sweep/results/optunadb reads Optuna's SQLite
// storage into the same Study.
package optuna

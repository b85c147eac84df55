// Package results keeps the record of sweeps: one SQLite file that holds every sweep, trial, metric point, baseline
// and where they came from, with the statistics over replicates that SQL cannot compute.
//
// There are few types. A Store is an open record. Writing goes through one goroutine, which gathers what concurrent
// trials report into one transaction at a time; reading goes through connections of its own that cannot write. What
// is read are plain rows: Sweep, Trial, Point, Configuration, Baseline, whose JSON has the columns of the views
// v_sweeps, v_trials, v_points, v_configurations and v_baselines. The tables below the views are nobody else's
// business, and neither gorm nor SQL leaves this package.
//
// Many processes may use one record at once. A finished trial is never written again: the schema itself refuses it.
package results

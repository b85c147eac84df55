// Package runner executes the plan of a sweep: it hands trials to workers in the plan's order, keeps what they report,
// and leaves the record so that the next run goes on where this one ended, however it ended.
//
// It knows neither what trains nor what records: a [Trainer] is any function of a trial, a [Recorder] any store of
// claims, points and outcomes. It decides which trials run and never what is in one, so the number of workers and
// the order in which they finish change no recorded value. It trains nothing twice: what the record says is finished
// is linked, and what another sweep's process trains at the moment is waited for.
//
// A [Runner] starts goroutines only inside Run, and Run returns after all of them have ended.
package runner

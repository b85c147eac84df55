// Package handover lets a trial go on where it was put away although another machine takes it over: what its training keeps
// on the disk of one machine (checkpoints, the model, the log of a program) is put into a store of files that all reach,
// and fetched from there by the next.
//
// What counts stands in the record: the newest two generations of a trial's files, each of which is recorded once all of its
// objects are there. A generation of which an object is missing or damaged gives way to the one before, and without any the
// trial begins anew, to the same end. This package decides nothing about sweeps.
package handover

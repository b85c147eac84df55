// Package program makes any external program something that the runner can run. It turns a trial's values into an
// argument list, starts the program in a session of its own, hands on what it measures, keeps what it prints as the
// trial's log, and leaves nothing of it behind, however it ends. It decides nothing about sweeps and records nothing.
//
// A sweep file that names a program is code: whoever runs it runs the command that stands in it. No shell ever reads that
// command; it is a list of words, in which macros stand for the trial's values (see [Trainer.Command]).
//
// # What a program is told
//
// Its environment is that of sweep, with these besides:
//
//	SWEEP_TRIAL       the trial's ID
//	SWEEP_SWEEP       the sweep's name
//	SWEEP_SEED        the seed to train with
//	SWEEP_REPLICATE   which replicate of its configuration it is, from 1
//	SWEEP_PARAMS      path of a JSON file: one object of the parameters, by the names that the spec gives them
//	SWEEP_DIR_TRIAL   a folder of the trial's own, kept over attempts, for its checkpoints
//	SWEEP_METRICS_FD  a file descriptor that takes metrics (not on Windows)
//
// and CUDA_VISIBLE_DEVICES where a trial has a device of its own. SWEEP_ATTEMPT_ID marks the processes of one attempt,
// SWEEP_METRICS_INODE lets sweep.py see whether the descriptor is still ours; programs should not rely on either.
// PYTHONPATH leads to sweep.py, so that a script can "import sweep", and PYTHONUNBUFFERED is set unless it is there, for
// otherwise what a script prints would come in when it ends.
//
// # What a program tells
//
// A line of JSON on its standard output, or on the descriptor, tells metrics:
//
//	{"step": 10, "examples": 640, "val/loss": 1.5, "accuracy": 0.3}
//
// Every number in it is a metric; those of nested objects have names joined with a dot; true and false count as 1 and 0;
// strings, nulls and lists are ignored; NaN and Infinity are allowed as Python writes them. A line without step is the
// one after the last, from 1. Since a program that goes on from a checkpoint would count from 1 again, it has to tell its
// steps. Every other line of standard output, and all of standard error, is text for the log.
//
// # How a program ends
//
// Exit status 0 says that the trial is complete, 75 that it is paused and wants to go on later; every other one, and a
// signal, is a failure. A program that shall end gets SIGTERM, and SIGKILL when it is still there after
// [Trainer.Grace]. What it has started ends with it, whether it stayed in its process group or not. When sweep itself is
// killed, the kernel kills the program along; what that had started is killed when the trial goes on.
//
// That is so on Linux, where this process asks to be handed the orphans among its descendants and ends those in sessions
// other than its own. A process that uses this package should therefore start no daemons of its own at the same time. On
// other Unix systems a program ends together with its process group, on Windows alone.
package program

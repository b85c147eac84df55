package sweeps

// Claim is the record's answer to a worker that wants to train a trial. Exactly one of Run, Linked and Busy is set.
type Claim struct {
	Run     bool    // train it; the record says running now
	Attempt int     // from 1, counting this session
	Seconds float64 // trained in earlier sessions
	Linked  State   // the same training is finished already and now stands in this sweep, too
	Busy    string  // the sweep whose process trains it at the moment
	// FailedElsewhere says, of a task, that the trial failed on another worker before, and was left to this one.
	FailedElsewhere bool
	Told            int64 // of a task: the number of what the record was told of the trial last
}

// Outcome is how one session of a trial ended. State Waiting means interrupted: the trial goes on at the next run.
type Outcome struct {
	State    State
	Err      string  // why it failed or diverged
	Seconds  float64 // of this session
	Step     int64   // reached
	Examples int64
	// Undecided says that State is what it came to, and that it is yet to be decided whether it goes so far: until End it waits.
	Undecided bool
	// Suspect says that the session failed, but that this may be the machine's fault: the trial waits for another worker.
	Suspect bool
	// ByClock says that a limit of time has stopped it, ByRule a stopping rule; neither, that it stopped itself.
	ByClock, ByRule bool
	// Linkable is false for a trial that a clock ended early: another sweep must not take its figures.
	Linkable bool
}

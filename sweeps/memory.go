package sweeps

// Memory is what the record holds of a sweep: what has been drawn of its search, and how far its trials have come.
type Memory struct {
	Drawn  []Drawn // the configurations, in the order in which they were drawn
	Trials map[string]Progress
	// Standing says that the sweep is under way, trained by others: what has failed stays so, and is tried again by the next run only.
	Standing bool
}

// Drawn is a configuration that was drawn in an earlier session, with the seeds of its trials.
type Drawn struct {
	Params Values
	Seeds  []uint64
}

// Progress is what is known of a trial, by the metric that its sweep is judged by.
type Progress struct {
	Curve []Logged // in the order of the steps
	State State    // in the record; "" if it holds none
	Value float64  // at the end, of a complete trial; NaN if it is no number
	// Undecided says that State is what the trial came to before it was decided whether it goes so far: the record holds it as
	// waiting.
	Undecided bool
}

// Logged is one value of a curve.
type Logged struct {
	Step  int64
	Value float64 // NaN if it is no number
}

// Recalled returns how many of the plan's first trials were in memory.
func (s *Schedule) Recalled() (trials int) {
	for _, r := range s.runs {
		if _, ok := s.memory[r.trial.ID]; !ok {
			break
		}
		trials++
	}
	return trials
}

package sweeps

// Memory is what the record holds of a sweep: what has been drawn of its search, and how far its trials have come.
type Memory struct {
	Drawn  []Values // the configurations of a search, in the order in which they were drawn
	Trials map[string]Progress
}

// Progress is what is known of a trial, by the metric that its sweep is judged by.
type Progress struct {
	Curve []Logged // in the order of the steps
	State State    // in the record; "" if it holds none
	Value float64  // at the end, of a complete trial; NaN if it is no number
}

// Logged is one value of a curve.
type Logged struct {
	Step  int64
	Value float64 // NaN if it is no number
}

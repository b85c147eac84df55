package sweeps

// A Trainer tells the planner what a sweep may vary, without the planner knowing what it is.
type Trainer struct {
	Name    string   // enters every training's key: "nplm"
	Version string   // numeric version: changes when the same values would give other bits
	Params  []Param  // the hyperparameters there are; nil accepts any name (an external program)
	Metrics []string // the metrics that it reports; nil accepts any name

	// Resolve completes a configuration: it applies defaults, checks the values against one another and against
	// the files that they name. A mistake that belongs to one hyperparameter is a *ValueError. It is called once a
	// configuration, and may be called concurrently.
	Resolve func(Values) (Resolved, error)
}

// Resolved is what the planner learns of one configuration.
type Resolved struct {
	Key        Values  // what identifies it: settings that have an effect and differ from their default, files by content hash
	Parameters int64   // trainable numbers of the model
	Steps      int64   // optimiser steps of one training
	Cost       float64 // expected work of one training in any unit, for ordering and the first estimate of time
	Points     int     // how often the metrics of its curve are logged; 0: unknown
	Steady     float64 // share of the steps before the learning rate begins to fall; 1: it does not
	Ending     float64 // the part of Cost that comes after the last step: the final evaluation
	Data       Data
	Unused     []string // settings that were given and change nothing, given the others
	Notes      []string // for people who look at the plan: what was found in the files that the values name
}

// Data says which figures may be compared: only those over one split and one vocabulary.
type Data struct {
	Corpus     string // name or path, for people
	Split      string // hash of the texts and how they were divided
	Vocabulary string // hash of the symbols in order
}

// Param describes one hyperparameter of a trainer.
type Param struct {
	Name     string
	Kind     Kind
	Default  Value // absent: required, or no default that one value can tell (Doc says then)
	Required bool
	Min, Max float64  // of a number, ends included; both 0: any
	OpenMin  bool     // Min itself is not allowed
	Choices  []string // of a string; nil: any
	Doc      string   // one line: meaning and unit

	// Check, when set, judges one value further (does the file exist?) and returns the reason it is refused.
	Check func(Value) error
}

// ValueError is a mistake in one hyperparameter's value.
type ValueError struct {
	Param   string
	Message string // what is wrong
	Hint    string // how to mend it, may be empty
}

func (e *ValueError) Error() string {
	s := e.Param + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

package sweeps

import "time"

// Spec is one decoded sweep file.
type Spec struct {
	File        string // as it was named on the command line
	Source      []byte // its bytes
	Name        string
	Description string
	Project     string // W&B's labels, kept and shown
	Entity      string
	Method      string // grid, random, ...
	Metric      Metric
	Replicates  Replicates
	Seed        uint64 // of the sweep: replicate seeds, samplers and shuffles derive from it
	Parameters  []Parameter
	Zip         [][]string // names that advance together
	Budget      Budget
	Workers     int    // 0: as many as cores
	Parallel    int    // trials that a search's logical clock holds at once
	Durability  string // full or normal
	KeepModels  string // all, best or none
	Program     string
	Command     []string

	Warnings []Problem // what is legal but probably not meant
}

// Metric is what a sweep optimises.
type Metric struct {
	Name     string   `json:"name"`
	Maximize bool     `json:"-"`
	Target   *float64 `json:"target,omitempty"`
}

// Goal is "minimize" or "maximize".
func (m Metric) Goal() string {
	if m.Maximize {
		return "maximize"
	}
	return "minimize"
}

// Replicates say how often each configuration is trained.
type Replicates struct {
	N     int      // at least 1
	Seeds []uint64 // given seeds, then N = len(Seeds); otherwise nil
}

// Parameter is one entry of the spec's parameters.
type Parameter struct {
	Name string
	Dist Distribution
	Line int
	Col  int
}

// Budget bounds a sweep; zero values do not.
type Budget struct {
	Trials         int           // trainings
	Configurations int           // suggestions
	Time           time.Duration // wall time over all sessions
	TrialTime      time.Duration // one training
}

// Problem is one mistake in a spec.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

package sweeps

import (
	"slices"
	"time"
)

// Spec is one decoded sweep file.
type Spec struct {
	File           string // as it was named on the command line
	Source         []byte // its bytes
	Name           string
	Description    string
	Project        string // W&B's labels, kept and shown
	Entity         string
	Method         string // grid, random, ...
	Metric         Metric
	Replicates     Replicates
	Seed           uint64 // of the sweep: replicate seeds, samplers and shuffles derive from it
	Parameters     []Parameter
	Zip            [][]string // names that advance together
	Constraints    []Constraint
	Include        []Values    // configurations to add
	Exclude        []Condition // configurations to leave out
	Budget         Budget
	EarlyTerminate *EarlyTerminate // nil: every trial runs to its end
	Confirm        *Confirm        // nil: none
	Workers        int             // 0: as many as cores
	Parallel       int             // trials that a search's logical clock holds at once
	Durability     string          // full or normal
	KeepModels     string          // all, best or none
	Program        string          // a script or binary in place of the built-in trainer
	Command        []string        // its words, with macros
	GPUs           int             // that trials share, one each; 0: none is handed out
	Retries        int             // how often a program that fails is tried again at once
	Silence        time.Duration   // without output after which a program counts as hung; 0: any

	Warnings []Problem // what is legal but probably not meant

	at          place   // of the top of the file
	parameters  place   // of the parameters key
	zipped      []place // of the entries of Zip
	included    []place // of the entries of Include
	excluded    []place // of the entries of Exclude
	replicated  bool    // replicates is given
	confirmed   place   // of the confirm key
	unconfirmed bool    // confirm: none
	early       place   // of the early_terminate key
	racedAt     place   // of replicates, where it is a race
	programAt   place   // of program or command
	ofPrograms  []place // keys that only programs have
	goalGiven   bool
	seedsListed place // of parameters.seed, where it is the list of seeds
	runCap      int   // W&B's name for Budget.Trials
	runCapAt    place
	budgetAt    place                          // the top of the file if there is none
	order       []int                          // of Parameters, each after those that it depends on
	resolve     func(Values) (Resolved, error) // of the trainer; nil for a program
	amiss       Problems                       // what the decoder found wrong beyond the shape of keys, which is all that the schema knows
}

// Metric is what a sweep optimises.
type Metric struct {
	Name     string   `json:"name"`
	Maximize bool     `json:"-"`
	Target   *float64 `json:"target,omitempty"` // the sweep is done when a trial reaches it
	// Impute says which value a search takes for a trial that failed: latest, best or worst.
	Impute string `json:"-"`
	// ImputeWhileRunning is the same for trials that still run; "false" takes none.
	ImputeWhileRunning string `json:"-"`

	at place // of its name
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
	// Max, above N, makes a race of it: configurations that may be the best get further replicates, up to this many, until
	// the best is separated from the others. 0: no race.
	Max int
}

// Seed returns the seed of replicate r, from 1, given the spec's seed. Beyond given seeds it is one that is not among them.
func (rs Replicates) Seed(specSeed uint64, r int) uint64 {
	if r <= len(rs.Seeds) {
		return rs.Seeds[r-1]
	}
	seed := ReplicateSeed(specSeed, r)
	for slices.Contains(rs.Seeds, seed) {
		seed = (seed + 1) % (maxWhole + 1)
	}
	return seed
}

// Looks is how often a race looks who may still be the best, 0 without one.
func (rs Replicates) Looks() int { return max(0, rs.Max-rs.N) }

// last is the greatest number of a replicate before those that confirm.
func (rs Replicates) last() int { return max(rs.N, rs.Max) }

// Searches reports whether configurations are chosen in the light of others' results.
func (s *Spec) Searches() bool { return s.Method == "tpe" || s.Method == "gp" }

// Decides reports whether results change what is trained: then it goes by the logical clock.
func (s *Spec) Decides() bool {
	return s.Searches() || s.EarlyTerminate != nil || s.Replicates.Max > 0 || s.Confirm != nil || s.Metric.Target != nil
}

// Parameter is one entry of the spec's parameters.
type Parameter struct {
	Name   string
	Dist   Distribution // of no Type where Derive is set
	When   Condition    // empty: always there
	Derive *Expression  // nil: not derived
	Line   int
	Col    int

	at     place   // of its value
	key    place   // of its name
	values []place // of Dist.Values
	low    place   // of min
	high   place   // of max
	whens  []place // of When's entries
	count  place
	kind   Kind       // that the trainer takes, zero for any
	limits [2]float64 // that the trainer sets to a number, both 0 for none
	open   bool       // the lower of them is not taken itself
}

// Budget bounds a sweep; zero values do not.
type Budget struct {
	Trials         int           // trainings
	Configurations int           // suggestions
	Time           time.Duration // wall time over all sessions
	TrialTime      time.Duration // one training
}

// EarlyTerminate is the rule that ends trials which do badly.
type EarlyTerminate struct {
	Type     string  // hyperband, median or asha
	MinIter  int     // first band, in points logged
	MaxIter  int     // the end that bands are counted back from
	S        int     // how many bands there are before MaxIter at most
	Eta      float64 // a band lets through 1/Eta of the trials; default 3
	Strict   bool    // judge the value at the band, not the best so far; default true, as in W&B's schema
	Brackets int     // of Hyperband proper; 0: W&B's stopping rule
	Promote  bool    // asha and Hyperband proper: wait at a rung and go on from the checkpoint, in place of ending there
	Startup  int     // median: trials that have to have ended
}

// Confirm asks for the leaders of a search to be trained again with seeds that the search never saw.
type Confirm struct {
	Top        int // how many
	Replicates int // how often each
}

// chosen lists the parameters that have more than one value.
func (s *Spec) chosen() []string {
	var names []string
	for _, p := range s.Parameters {
		if p.Derive != nil || len(p.When) > 0 || !p.Dist.Listed() || len(p.Dist.Values) > 1 {
			names = append(names, p.Name)
		}
	}
	return names
}

// Expected returns how many trainings the sweep takes as far as its spec tells: at least those that are planned.
func (p *Plan) Expected() int {
	s, n := p.Spec, len(p.Trials())
	if p.schedule != nil && (p.schedule.Over() || p.schedule.Reached()) {
		return n
	}
	if s.Searches() {
		n = max(n, s.wanted()*s.Replicates.N)
	}
	if s.Confirm != nil && !slices.ContainsFunc(p.sequence, func(t Trial) bool { return t.Confirms }) {
		n += min(s.Confirm.Top, max(1, n/s.Replicates.N)) * s.Confirm.Replicates
	}
	if most := s.Budget.Trials; most > 0 {
		n = min(n, most)
	}
	return n
}

// External reports whether trials are trained by a program, not by the built-in trainer.
func (s *Spec) External() bool { return s.Program != "" || s.Command != nil }

// SeedSwept reports whether the spec has a parameter seed, whose values are the replicates.
func (s *Spec) SeedSwept() bool { return s.seedsListed != place{} }

// ProgramProblem places a complaint about the program in the spec.
func (s *Spec) ProgramProblem(message string) Problem {
	path := "program"
	if s.Program == "" {
		path = "command"
	}
	return s.programAt.problem(path, message, "")
}

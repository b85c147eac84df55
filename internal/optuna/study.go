package optuna

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// Study is one study of a storage.
type Study struct {
	Name       string
	Maximize   []bool   // an objective each
	Objectives []string // their names, where they were given; else nil
	Trials     []Trial  // by number

	first map[string]Distribution // of a journal that is being read: each parameter's first
}

// Trial is one trial of a study.
type Trial struct {
	State      State
	Params     []Param // in the order of suggestion
	Values     []float64
	Curve      []Step // intermediate values, by step
	Attributes map[string]json.RawMessage
	Start, End time.Time // zero: not known
}

// State is where a trial stands, by Optuna's number.
type State int

// Optuna's states of a trial.
const (
	Running State = iota
	Complete
	Pruned
	Fail
	Waiting
)

// states are their names in SQLite.
var states = []string{"RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"}

// StateNamed finds a state by its name in SQLite; ok is false for another word.
func StateNamed(name string) (s State, ok bool) {
	i := slices.Index(states, name)
	return State(i), i >= 0
}

// Finished reports whether the trial goes no further.
func (s State) Finished() bool { return s == Complete || s == Pruned || s == Fail }

// Param is a parameter as Optuna keeps it: a number, which for a choice is its place in the list.
type Param struct {
	Name         string
	Distribution Distribution
	Internal     float64
}

// Step is one intermediate value.
type Step struct {
	Step  int64
	Value float64
}

// Choice says what of a study is taken.
type Choice struct {
	Objective string // by number or name; "" where there is one
	Metric    string // what to call it; "": as the study does, else "value"
	Sweep     string // what to call the sweep; "": as the study
}

// Find returns the study of a name; with "" the only one.
func Find(studies []Study, name string) (*Study, error) {
	var names []string
	for i := range studies {
		if studies[i].Name == name || name == "" && len(studies) == 1 {
			return &studies[i], nil
		}
		names = append(names, studies[i].Name)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("it holds no study")
	case name == "":
		return nil, fmt.Errorf("it holds %d studies; name one with --study: %s", len(names), strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("it holds no study %q; there is %s", name, strings.Join(names, ", "))
}

// Import turns a study into a sweep for the record. Trials that have not ended are counted and left out.
func (s *Study) Import(c Choice) (results.Import, error) {
	at, err := s.objective(c.Objective)
	if err != nil {
		return results.Import{}, err
	}
	x := results.Import{
		Sweep: c.Sweep, Metric: c.Metric, Maximize: s.Maximize[at],
		Source: results.Source{Kind: "optuna", Name: "Optuna study " + s.Name, Identity: s.identity(at)},
	}
	if x.Sweep == "" {
		x.Sweep = sweeps.Spelling(s.Name)
	}
	if x.Metric == "" {
		x.Metric = s.nameOf(at)
	}
	for number, t := range s.Trials {
		if !t.State.Finished() {
			x.Left++
			continue
		}
		taken, err := s.taken(number, t, at, x.Metric)
		if err != nil {
			return x, fmt.Errorf("study %s, trial %d: %w", s.Name, number, err)
		}
		x.Trials = append(x.Trials, taken)
	}
	if len(x.Trials) == 0 {
		return x, fmt.Errorf("study %s has no trial that has ended", s.Name)
	}
	x.Spec = s.spec(x)
	return x, nil
}

func (s *Study) identity(objective int) string {
	if len(s.Maximize) == 1 {
		return s.Name
	}
	return fmt.Sprintf("%s, objective %d", s.Name, objective)
}

// objective finds one by its number or name.
func (s *Study) objective(want string) (int, error) {
	if want == "" && len(s.Maximize) == 1 {
		return 0, nil
	}
	var each []string
	for i, maximize := range s.Maximize {
		if name := s.nameOf(i); want != "" && (want == strconv.Itoa(i) || want == name) {
			return i, nil
		} else {
			each = append(each, fmt.Sprintf("%d (%s, %s)", i, name, sweeps.Metric{Maximize: maximize}.Goal()))
		}
	}
	if want == "" {
		return 0, fmt.Errorf("study %s has %d objectives, and a sweep has one: choose with --objective, by number or name: %s",
			s.Name, len(s.Maximize), strings.Join(each, ", "))
	}
	return 0, fmt.Errorf("study %s has no objective %q; there is %s", s.Name, want, strings.Join(each, ", "))
}

func (s *Study) nameOf(objective int) string {
	switch {
	case objective < len(s.Objectives):
		return s.Objectives[objective]
	case len(s.Maximize) == 1:
		return "value"
	}
	return fmt.Sprintf("value_%d", objective)
}

// taken is one trial as the record keeps it.
func (s *Study) taken(number int, t Trial, objective int, metric string) (results.ImportedTrial, error) {
	out := results.ImportedTrial{
		ID: strconv.Itoa(number), Seed: uint64(number), Started: t.Start, Finished: t.End, Finals: map[string]float64{},
	}
	for _, p := range t.Params {
		v, err := p.Value()
		if err != nil {
			return out, err
		}
		out.Params = append(out.Params, sweeps.Setting{Name: p.Name, Value: v})
	}
	for name, raw := range t.Attributes {
		if v, ok := numberOf(raw); ok && !strings.HasPrefix(name, attributePrefix) {
			out.Finals[name] = v
		}
	}
	for i, v := range t.Values {
		if i != objective {
			out.Finals[s.nameOf(i)] = v
		}
	}
	delete(out.Finals, metric) // an attribute of that name is another thing
	for _, p := range t.Curve {
		out.Points = append(out.Points, sweeps.Point{Metric: metric, Step: p.Step, Value: p.Value})
	}
	value, has := math.NaN(), objective < len(t.Values)
	if has {
		value = t.Values[objective]
		out.Finals[metric] = value
	}
	switch t.State {
	case Complete:
		if out.State = sweeps.Complete; math.IsNaN(value) || math.IsInf(value, 0) {
			out.State, out.Error = sweeps.Diverged, fmt.Sprintf("its value is %v", value)
		}
	case Pruned:
		out.State = sweeps.Stopped
	case Fail:
		out.State, out.Error = sweeps.Failed, "failed in Optuna"
		if reason, ok := t.Attributes[attributePrefix+"error"]; ok {
			_ = json.Unmarshal(reason, &out.Error) // of our own making, else the sentence above stands
		}
		if state := string(t.Attributes[attributePrefix+"state"]); state == `"diverged"` {
			out.State = sweeps.Diverged
			out.Finals[metric] = math.NaN()
		}
	}
	return out, nil
}

// numberOf reads a JSON number.
func numberOf(raw json.RawMessage) (float64, bool) {
	var v float64
	err := json.Unmarshal(raw, &v)
	return v, err == nil && len(raw) > 0 && raw[0] != 'n'
}

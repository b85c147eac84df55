package optuna

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// operation is what a line of a journal does, by Optuna's number.
type operation int

const (
	createStudy operation = iota
	deleteStudy
	setStudyUserAttr
	setStudySystemAttr
	createTrial
	setTrialParam
	setTrialStateValues
	setTrialIntermediateValue
	setTrialUserAttr
	setTrialSystemAttr
	discardTrials
)

// entry is a line of a journal. Which fields there are depends on the operation.
type entry struct {
	Operation operation `json:"op_code"`
	Study     int       `json:"study_id"`
	Trial     int       `json:"trial_id"`

	StudyName  string `json:"study_name"`
	Directions []int  `json:"directions"`

	Start         *string                    `json:"datetime_start"`
	End           *string                    `json:"datetime_complete"`
	State         *State                     `json:"state"`
	One           *number                    `json:"value"`
	Values        []number                   `json:"values"`
	Params        json.RawMessage            `json:"params"`
	Distributions map[string]string          `json:"distributions"`
	Intermediate  map[string]number          `json:"intermediate_values"`
	UserAttrs     map[string]json.RawMessage `json:"user_attrs"`

	ParamName    string                     `json:"param_name"`
	Internal     number                     `json:"param_value_internal"`
	Distribution string                     `json:"distribution"`
	Step         int64                      `json:"step"`
	Value        number                     `json:"intermediate_value"`
	UserAttr     map[string]json.RawMessage `json:"user_attr"`
	SystemAttr   map[string]json.RawMessage `json:"system_attr"`
}

// maximize and notSet are Optuna's numbers of directions; the third is to minimise.
const (
	notSet   = 0
	maximize = 2
)

// number is a float that Python wrote: NaN and infinities are there, as strict has quoted them.
type number float64

// UnmarshalJSON reads a number, or one of the words; null is NaN.
func (n *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null", `"NaN"`:
		*n = number(math.NaN())
	case `"Infinity"`:
		*n = number(math.Inf(1))
	case `"-Infinity"`:
		*n = number(math.Inf(-1))
	default:
		var f float64
		if err := json.Unmarshal(b, &f); err != nil {
			return err
		}
		*n = number(f)
	}
	return nil
}

// strict puts Python's NaN, Infinity and -Infinity, which JSON does not have, in quotes.
func strict(line []byte) []byte {
	if !bytes.Contains(line, []byte("NaN")) && !bytes.Contains(line, []byte("Infinity")) {
		return line
	}
	var out []byte
	for i := 0; i < len(line); {
		if line[i] == '"' {
			end := i + 1
			for end < len(line) && line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(line))
			out = append(out, line[i:end]...)
			i = end
			continue
		}
		found := ""
		for _, word := range []string{"NaN", "-Infinity", "Infinity"} {
			if bytes.HasPrefix(line[i:], []byte(word)) {
				found = word
				break
			}
		}
		if found == "" {
			out = append(out, line[i])
			i++
			continue
		}
		out = append(append(append(out, '"'), found...), '"')
		i += len(found)
	}
	return out
}

// journal is the state to which a journal's operations come.
type journal struct {
	studies map[int]*Study
	next    int   // number of the next study
	order   []int // studies as they were made
	trials  []place
}

// place is where a trial stands, by its number among all trials of the journal.
type place struct{ study, number int }

// ReadJournal reads a journal file to its end. A last line that is cut off is one that is being written, and left out.
func ReadJournal(r io.Reader) ([]Study, error) {
	j := journal{studies: map[int]*Study{}}
	lines := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if n == 1 && len(bytes.TrimSpace(line)) > 0 {
				return nil, fmt.Errorf("line 1 is no operation of an Optuna journal")
			}
			break
		}
		if err != nil {
			return nil, err
		}
		if err := j.apply(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	var out []Study
	for _, id := range j.order {
		if s := j.studies[id]; s != nil {
			out = append(out, *s)
		}
	}
	return out, nil
}

func (j *journal) apply(line []byte) error {
	e := entry{Operation: -1}
	if err := json.Unmarshal(strict(line), &e); err != nil {
		return fmt.Errorf("it is no operation of an Optuna journal: %w", err)
	}
	switch e.Operation {
	case createStudy:
		return j.createStudy(e)
	case deleteStudy:
		delete(j.studies, e.Study)
	case setStudySystemAttr:
		if s := j.studies[e.Study]; s != nil && e.SystemAttr[metricNames] != nil {
			return json.Unmarshal(e.SystemAttr[metricNames], &s.Objectives)
		}
	case createTrial:
		return j.createTrial(e)
	case setTrialParam, setTrialStateValues, setTrialIntermediateValue, setTrialUserAttr:
		return j.change(e)
	case setStudyUserAttr, setTrialSystemAttr, discardTrials:
	default:
		return fmt.Errorf("there is no operation with op_code %d in Optuna 5", e.Operation)
	}
	return nil
}

// metricNames is the system attribute of a study that names its objectives.
const metricNames = "study:metric_names"

func (j *journal) createStudy(e entry) error {
	for _, s := range j.studies {
		if s.Name == e.StudyName {
			return nil // whoever came second was refused
		}
	}
	s := &Study{Name: e.StudyName}
	if len(e.Directions) == 0 {
		return fmt.Errorf("study %q has no direction", e.StudyName)
	}
	for _, d := range e.Directions {
		if d < notSet || d > maximize {
			return fmt.Errorf("study %q: unknown direction %d", e.StudyName, d)
		}
		s.Maximize = append(s.Maximize, d == maximize)
	}
	j.studies[j.next] = s
	j.order = append(j.order, j.next)
	j.next++
	return nil
}

func (j *journal) createTrial(e entry) error {
	s := j.studies[e.Study]
	if s == nil {
		return nil
	}
	t := Trial{Attributes: map[string]json.RawMessage{}}
	maps.Copy(t.Attributes, e.UserAttrs)
	if e.State != nil {
		t.State = *e.State
	}
	if t.State < Running || t.State > Waiting {
		return fmt.Errorf("unknown state %d", t.State)
	}
	var err error
	if t.Start, err = parseTime(e.Start); err != nil {
		return err
	}
	if t.End, err = parseTime(e.End); err != nil {
		return err
	}
	t.Values = floats(e.Values)
	if e.One != nil && e.Values == nil {
		if v := float64(*e.One); !math.IsNaN(v) {
			t.Values = []float64{v}
		}
	}
	if t.Params, err = paramsOf(e); err != nil {
		return err
	}
	for step, v := range e.Intermediate {
		n, err := strconv.ParseInt(step, 10, 64)
		if err != nil {
			return fmt.Errorf("step %q is no whole number", step)
		}
		t.report(n, float64(v))
	}
	for _, p := range t.Params {
		s.admits(p)
	}
	s.Trials = append(s.Trials, t)
	j.trials = append(j.trials, place{e.Study, len(s.Trials) - 1})
	return nil
}

// paramsOf reads the parameters of a trial that was made whole, in the order of the line.
func paramsOf(e entry) ([]Param, error) {
	if len(e.Params) == 0 || string(e.Params) == "null" {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(e.Params))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("params is no object")
	}
	var out []Param
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v number
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		p := Param{Name: fmt.Sprint(name), Internal: float64(v)}
		text, ok := e.Distributions[p.Name]
		if !ok {
			return nil, fmt.Errorf("parameter %s has no distribution", p.Name)
		}
		if p.Distribution, err = ParseDistribution(text); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// change applies what is done to a trial. Optuna passes over changes of unknown and of finished trials.
func (j *journal) change(e entry) error {
	if e.Trial < 0 || e.Trial >= len(j.trials) {
		return nil
	}
	at := j.trials[e.Trial]
	s := j.studies[at.study]
	if s == nil || s.Trials[at.number].State.Finished() {
		return nil
	}
	t := &s.Trials[at.number]
	switch e.Operation {
	case setTrialParam:
		d, err := ParseDistribution(e.Distribution)
		if err != nil {
			return err
		}
		s.suggest(t, Param{e.ParamName, d, float64(e.Internal)})
	case setTrialIntermediateValue:
		t.report(e.Step, float64(e.Value))
	case setTrialUserAttr:
		maps.Copy(t.Attributes, e.UserAttr)
	case setTrialStateValues:
		return t.end(e)
	}
	return nil
}

// suggest sets a parameter, unless the study has it with a distribution that does not go with this one.
func (s *Study) suggest(t *Trial, p Param) {
	if !s.admits(p) {
		return
	}
	if i := slices.IndexFunc(t.Params, func(q Param) bool { return q.Name == p.Name }); i >= 0 {
		t.Params[i] = p
		return
	}
	t.Params = append(t.Params, p)
}

// admits notes the first distribution of each parameter, and reports whether this one goes with it.
func (s *Study) admits(p Param) bool {
	if s.first == nil {
		s.first = map[string]Distribution{}
	}
	first, known := s.first[p.Name]
	if !known {
		s.first[p.Name] = p.Distribution
	}
	return !known || first.fits(p.Distribution)
}

// report sets an intermediate value, in the order of steps.
func (t *Trial) report(step int64, v float64) {
	i, found := slices.BinarySearchFunc(t.Curve, step, func(s Step, step int64) int { return cmp.Compare(s.Step, step) })
	if found {
		t.Curve[i].Value = v
		return
	}
	t.Curve = slices.Insert(t.Curve, i, Step{step, v})
}

func (t *Trial) end(e entry) (err error) {
	if e.State == nil || *e.State < Running || *e.State > Waiting {
		return fmt.Errorf("a trial's state is missing or unknown")
	}
	if *e.State == Running {
		if t.State == Running {
			return nil // another process has it
		}
		t.Start, err = parseTime(e.Start)
	}
	if e.State.Finished() && err == nil {
		t.End, err = parseTime(e.End)
	}
	t.State = *e.State
	if e.Values != nil {
		t.Values = floats(e.Values)
	}
	return err
}

func floats(values []number) []float64 {
	if values == nil {
		return nil
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// parseTime reads an ISO 8601 time; one without a zone, as earlier versions write it, is local.
func parseTime(text *string) (time.Time, error) {
	if text == nil {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if t, err := time.ParseInLocation(form, *text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", *text)
}

package optuna

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// attributePrefix begins the names of attributes that say what a trial is in the record it comes from.
const attributePrefix = "sweep."

// Export is a sweep to be written as a study.
type Export struct {
	Sweep      results.Sweep
	Spec       *sweeps.Spec // nil: ranges are those of the values that there are
	Trials     []results.Trial
	Points     []results.Point
	Provenance results.Provenance
}

// Write writes a sweep as the journal of one study, whose trials are the sweep's trials in their order: complete ones are
// COMPLETE, stopped ones PRUNED, failed and diverged ones FAIL, running ones RUNNING. Retired trials and those that have not
// begun are left out. The parameters that differ are parameters; each trial has all of them in the attribute sweep.params.
// The curve of the sweep's metric makes the intermediate values, other final figures are attributes.
func Write(w io.Writer, x Export) error {
	j := writer{out: bufio.NewWriter(w)}
	direction := 1
	if x.Sweep.Goal == "maximize" {
		direction = maximize
	}
	j.line(fields{"op_code": createStudy, "study_name": x.Sweep.Sweep, "directions": []int{direction}})
	j.line(fields{"op_code": setStudySystemAttr, "study_id": 0, "system_attr": fields{metricNames: []string{x.Sweep.Metric}}})
	for _, a := range []struct {
		name  string
		value string
	}{{"description", x.Provenance.Description}, {"program", x.Provenance.Program}, {"trainer", x.Provenance.Trainer},
		{"trainer_version", x.Provenance.TrainerVersion}, {"corpus", x.Provenance.Corpus}, {"spec_hash", x.Provenance.SpecHash}} {
		if a.value != "" {
			j.line(fields{"op_code": setStudyUserAttr, "study_id": 0, "user_attr": fields{attributePrefix + a.name: a.value}})
		}
	}
	trials, err := exported(x)
	if err != nil {
		return err
	}
	space, err := spaceOf(x, trials)
	if err != nil {
		return err
	}
	curves := map[string]map[int64]json.RawMessage{}
	for _, p := range x.Points {
		if p.Metric != x.Sweep.Metric {
			continue
		}
		if curves[p.Trial] == nil {
			curves[p.Trial] = map[int64]json.RawMessage{}
		}
		curves[p.Trial][p.Step] = python(p.Value)
	}
	for _, t := range trials {
		line, err := t.line(space, curves[t.Trial.Trial])
		if err != nil {
			return fmt.Errorf("write trial %s: %w", t.Trial.Trial, err)
		}
		j.line(line)
	}
	if j.err != nil {
		return j.err
	}
	return j.out.Flush()
}

// fields are those of a line of a journal.
type fields map[string]any

type writer struct {
	out *bufio.Writer
	err error
}

// line writes one operation.
func (j *writer) line(f fields) {
	if j.err != nil {
		return
	}
	f["worker_id"] = "sweep"
	var b []byte
	if b, j.err = json.Marshal(f); j.err == nil {
		_, j.err = j.out.Write(append(unquoteNaN(b), '\n'))
	}
}

// notANumber stands for NaN on its way through JSON, which has none; no name or text of a record has its control character.
const notANumber = `"\u0000NaN"`

// python writes a value as Python's JSON does: one that is none is NaN.
func python(v *float64) json.RawMessage {
	if v == nil || math.IsNaN(*v) {
		return json.RawMessage(notANumber)
	}
	b, err := json.Marshal(*v)
	if err != nil {
		return json.RawMessage(notANumber) // an infinity
	}
	return b
}

func unquoteNaN(b []byte) []byte {
	return []byte(strings.ReplaceAll(string(b), notANumber, "NaN"))
}

// exportedTrial is a trial with its parameters read.
type exportedTrial struct {
	results.Trial
	params sweeps.Values
}

func exported(x Export) ([]exportedTrial, error) {
	var out []exportedTrial
	for _, t := range x.Trials {
		if bool(t.Retired) || t.State == string(sweeps.Waiting) {
			continue
		}
		e := exportedTrial{Trial: t}
		if err := json.Unmarshal(t.Params, &e.params); err != nil {
			return nil, fmt.Errorf("read parameters of trial %s: %w", t.Trial, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// spaceOf gives every parameter that differs its distribution: that of the spec, widened to the values that there are.
func spaceOf(x Export, trials []exportedTrial) ([]ranged, error) {
	var out []ranged
	for _, name := range differing(x, trials) {
		var values []sweeps.Value
		for _, t := range trials {
			if v, ok := t.params.Lookup(name); ok && !slices.ContainsFunc(values, v.Same) {
				values = append(values, v)
			}
		}
		var d Distribution
		if x.Spec != nil {
			for _, p := range x.Spec.Parameters {
				if p.Name == name && p.Derive == nil {
					d = distributionOf(p.Dist)
				}
			}
		}
		d, err := d.widened(values)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		out = append(out, ranged{Name: name, Distribution: d})
	}
	return out, nil
}

// differing lists the parameters that a study has: those that the spec leaves open, or else those that differ.
func differing(x Export, trials []exportedTrial) []string {
	open := map[string]bool{}
	for _, n := range x.Provenance.Swept {
		open[n] = true
	}
	var names []string
	seen := map[string]int{}
	first := map[string]sweeps.Value{}
	for _, t := range trials {
		for _, p := range t.params {
			if seen[p.Name]++; seen[p.Name] == 1 {
				names, first[p.Name] = append(names, p.Name), p.Value
			}
			open[p.Name] = open[p.Name] || !p.Value.Same(first[p.Name])
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !open[n] && seen[n] == len(trials) })
}

// distributionOf translates a spec's distribution. Those that Optuna does not have become the range of their values, by a
// kind of zero.
func distributionOf(d sweeps.Distribution) Distribution {
	low, high, bounded := d.Bounds()
	switch d.Type {
	case "categorical", "categorical_w_probabilities", "constant":
		out := Distribution{Kind: Categorical}
		for _, v := range d.Values {
			if b, err := v.MarshalJSON(); err == nil {
				out.Choices = append(out.Choices, b)
			}
		}
		return out
	case "int_uniform":
		return Distribution{Kind: Int, Low: low, High: high}
	case "uniform":
		return Distribution{Kind: Float, Low: low, High: high}
	case "log_uniform", "log_uniform_values", "inv_log_uniform", "inv_log_uniform_values":
		return Distribution{Kind: Float, Low: low, High: high, Log: true}
	case "q_uniform", "q_log_uniform", "q_log_uniform_values":
		out := Distribution{Kind: Float, Log: d.Type != "q_uniform"}
		out.Low, out.High = decimal(math.RoundToEven(low/d.Q)*d.Q), decimal(math.RoundToEven(high/d.Q)*d.Q)
		whole := d.Q == math.Trunc(d.Q)
		switch {
		case out.Log && (out.Low <= 0 || whole && d.Q != 1): // Optuna's logarithms have no steps but 1
			return Distribution{}
		case whole:
			out.Kind = Int
		}
		if !out.Log {
			out.Step = d.Q
		}
		return out
	case "log_normal":
		return Distribution{Log: true}
	}
	if !bounded || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return Distribution{}
	}
	return Distribution{Kind: Float, Low: low, High: high}
}

// widened makes a distribution hold values: a range grows, a list is added to. Where there is none it is made of them.
func (d Distribution) widened(values []sweeps.Value) (Distribution, error) {
	numbers, whole := true, true
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		x, ok := v.Float()
		numbers = numbers && ok
		_, isWhole := v.Int()
		whole = whole && isWhole && v.Kind() == sweeps.Int
		low, high = min(low, x), max(high, x)
	}
	if d.Kind == 0 && numbers {
		d.Kind, d.Low, d.High = Float, low, high
		if whole && !d.Log {
			d.Kind = Int
		}
		d.Log = d.Log && low > 0
	} else if d.Kind == 0 || d.Kind != Categorical && !numbers {
		d = Distribution{Kind: Categorical}
	}
	if d.Kind != Categorical {
		if d.Kind == Int && !whole {
			d.Kind, d.Step = Float, 0
		}
		d.Low, d.High = min(d.Low, low), max(d.High, high)
		d.Log = d.Log && d.Low > 0
		return d, nil
	}
	for _, v := range values {
		if d.index(v) >= 0 {
			continue
		}
		b, err := v.MarshalJSON()
		if err != nil {
			return d, err
		}
		d.Choices = append(d.Choices, b)
	}
	return d, nil
}

// index finds a value among the choices, -1 if it is not there.
func (d Distribution) index(v sweeps.Value) int {
	return slices.IndexFunc(d.Choices, func(c json.RawMessage) bool {
		w, err := choiceValue(c)
		return err == nil && w.Same(v)
	})
}

// internal is a value as Optuna keeps it.
func (d Distribution) internal(v sweeps.Value) float64 {
	if d.Kind == Categorical {
		return float64(d.index(v))
	}
	x, _ := v.Float()
	return x
}

// line is the operation that makes a trial whole.
func (t exportedTrial) line(space []ranged, curve map[int64]json.RawMessage) (fields, error) {
	state := Fail
	switch sweeps.State(t.State) {
	case sweeps.Running:
		state = Running
	case sweeps.Stopped:
		state = Pruned
	case sweeps.Complete:
		if t.Value != nil {
			state = Complete
		}
	}
	distributions, params := map[string]string{}, map[string]float64{}
	for _, r := range space {
		v, ok := t.params.Lookup(r.Name)
		if !ok {
			continue
		}
		text, err := r.MarshalText()
		if err != nil {
			return nil, err
		}
		distributions[r.Name], params[r.Name] = string(text), r.internal(v)
	}
	f := fields{
		"op_code": createTrial, "study_id": 0, "state": state, "value": nil, "values": nil, "params": params,
		"distributions": distributions, "user_attrs": t.attributes(), "system_attrs": fields{}, "intermediate_values": curve,
		"datetime_start": instant(t.StartedAt),
	}
	if curve == nil {
		f["intermediate_values"] = fields{}
	}
	if t.Value != nil && (state == Complete || state == Pruned) {
		f["value"] = *t.Value
	}
	if end := instant(t.FinishedAt); end != nil && state.Finished() {
		f["datetime_complete"] = end
	}
	return f, nil
}

// attributes say what a trial is in the record, and what else it came to.
func (t exportedTrial) attributes() fields {
	f := fields{
		attributePrefix + "trial": t.Trial.Trial, attributePrefix + "configuration": t.Configuration, attributePrefix + "replicate": t.Replicate,
		attributePrefix + "seed": t.Seed, attributePrefix + "state": t.State, attributePrefix + "seconds": t.Seconds, attributePrefix + "params": t.Params,
	}
	if t.Error != nil {
		f[attributePrefix+"error"] = *t.Error
	}
	for name, v := range t.Figures() {
		f[name] = v
	}
	return f
}

// instant is a time of the record in the form that Optuna reads.
func instant(text *string) any {
	if text == nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000+00:00")
}

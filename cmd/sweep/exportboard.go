package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sweep/internal/tensorboard"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// haveBegun keeps the trials of which there is something to show.
func haveBegun(_ context.Context, e *exported) error {
	e.keepPlanned()
	shown := map[string]bool{}
	for _, p := range e.Points {
		shown[p.Trial] = true
	}
	e.Trials = slices.DeleteFunc(e.Trials, func(t results.Trial) bool { return !shown[t.Trial] && len(e.Finals[t.Trial]) == 0 })
	if len(e.Trials) == 0 {
		return notFound("%s has no points yet: no trial has reported a metric", e.what())
	}
	return nil
}

// writeTensorBoard writes a folder a trial: its curves, what HParams knows of it, and its embeddings if its model is kept.
func writeTensorBoard(ctx context.Context, e *exported, out string) error {
	x, err := e.experiment()
	if err != nil {
		return err
	}
	points := map[string][]results.Point{}
	for _, p := range e.Points {
		points[p.Trial] = append(points[p.Trial], p)
	}
	for _, t := range e.Trials {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		dir := filepath.Join(out, t.Trial)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		began, ended := e.times(t)
		err := create(filepath.Join(dir, tensorboard.EventFile(int64(began))), func(w io.Writer) error {
			return e.writeEvents(w, x, t, points[t.Trial], began, ended)
		})
		if err != nil {
			return fmt.Errorf("trial %s: %w", t.Trial, err)
		}
		if err := e.writeProjector(dir, t); err != nil {
			return fmt.Errorf("trial %s: %w", t.Trial, err)
		}
	}
	return nil
}

// times are when a trial began and ended, in seconds since 1970; a linked one's may not be known, and then are the sweep's.
func (e *exported) times(t results.Trial) (began, ended float64) {
	read := func(text *string, otherwise float64) float64 {
		if text != nil {
			if at, err := time.Parse(time.RFC3339, *text); err == nil {
				return float64(at.UnixMilli()) / 1000
			}
		}
		return otherwise
	}
	began = read(t.StartedAt, read(t.FinishedAt, read(&e.Sweep.CreatedAt, 0)))
	return began, read(t.FinishedAt, began+t.Seconds)
}

func (e *exported) writeEvents(w io.Writer, x tensorboard.Experiment, t results.Trial, points []results.Point, began, ended float64) error {
	events, err := tensorboard.NewEventWriter(w, began)
	if err != nil {
		return err
	}
	session := tensorboard.Session{Params: map[string]any{}, Group: t.Configuration, Began: began, Ended: ended, Status: boardStatus(t.State)}
	values, err := valuesInOrder(t)
	if err != nil {
		return err
	}
	for _, v := range values {
		if of := slices.IndexFunc(x.Params, func(p tensorboard.Param) bool { return p.Name == v.Name }); of >= 0 {
			session.Params[v.Name] = boardValue(v.Value, isText(x.Params[of]))
		}
	}
	if err := events.HParams(x, session); err != nil {
		return err
	}
	for _, s := range scalars(t, points, e.Finals[t.Trial], began) {
		if err := events.Scalar(s); err != nil {
			return err
		}
	}
	return nil
}

// final begins the tags of figures at a trial's end. HParams shows the last value of a tag, and that of a curve may have been
// measured on fewer examples.
const final = "final/"

// scalars are a trial's curves by step, and then its figures at the end. NULL was no number, and is none again.
func scalars(t results.Trial, points []results.Point, finals map[string]*float64, began float64) []tensorboard.Scalar {
	number := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	var out []tensorboard.Scalar
	for _, p := range points {
		out = append(out, tensorboard.Scalar{Tag: p.Metric, Step: p.Step, Time: began + p.Seconds, Value: number(p.Value)})
	}
	for metric, v := range finals {
		out = append(out, tensorboard.Scalar{Tag: final + metric, Step: t.Steps, Time: began + t.Seconds, Value: number(v)})
	}
	slices.SortFunc(out, func(a, b tensorboard.Scalar) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Tag, b.Tag))
	})
	return out
}

func boardStatus(state string) tensorboard.Status {
	switch sweeps.State(state) {
	case sweeps.Complete, sweeps.Stopped:
		return tensorboard.Success
	case sweeps.Diverged, sweeps.Failed:
		return tensorboard.Failure
	}
	return tensorboard.Running
}

// experiment is what HParams knows of the sweep: hyperparameters in the spec's order, metrics with the sweep's own first.
func (e *exported) experiment() (tensorboard.Experiment, error) {
	_, created := e.times(results.Trial{FinishedAt: &e.Sweep.CreatedAt})
	x := tensorboard.Experiment{Name: e.Sweep.Sweep, Created: created, Metrics: []tensorboard.Metric{{Tag: final + e.Sweep.Metric, Name: e.Sweep.Metric}}}
	seen := map[string][]sweeps.Value{}
	var names []string
	metrics := map[string]bool{}
	for _, t := range e.Trials {
		values, err := valuesInOrder(t)
		if err != nil {
			return x, err
		}
		for _, v := range values {
			if seen[v.Name] == nil {
				names = append(names, v.Name)
			}
			if !slices.ContainsFunc(seen[v.Name], v.Value.Same) {
				seen[v.Name] = append(seen[v.Name], v.Value)
			}
		}
		for metric := range e.Finals[t.Trial] {
			metrics[metric] = true
		}
	}
	for _, name := range names {
		x.Params = append(x.Params, boardParam(name, seen[name]))
	}
	delete(metrics, e.Sweep.Metric)
	var others []string
	for metric := range metrics {
		others = append(others, metric)
	}
	slices.Sort(others)
	for _, metric := range others {
		x.Metrics = append(x.Metrics, tensorboard.Metric{Tag: final + metric, Name: metric})
	}
	return x, nil
}

// boardParam makes all values of a hyperparameter one type: as they are, or text if they differ in that.
func boardParam(name string, values []sweeps.Value) tensorboard.Param {
	kind := func(v sweeps.Value) sweeps.Kind {
		if v.Kind() == sweeps.Float {
			return sweeps.Int
		}
		return v.Kind()
	}
	mixed := slices.ContainsFunc(values, func(v sweeps.Value) bool { return kind(v) != kind(values[0]) })
	p := tensorboard.Param{Name: name}
	for _, v := range values {
		p.Values = append(p.Values, boardValue(v, mixed))
	}
	return p
}

func isText(p tensorboard.Param) bool {
	_, text := p.Values[0].(string)
	return text
}

func boardValue(v sweeps.Value, asText bool) any {
	if f, ok := v.Float(); ok && !asText {
		return f
	}
	if b, ok := v.Bool(); ok && !asText {
		return b
	}
	return v.String()
}

// writeProjector writes a trial's embeddings with what is known of the symbols, if its model is kept and has some.
func (e *exported) writeProjector(dir string, t results.Trial) error {
	m, err := e.modelIfKept(t)
	if err != nil || m == nil {
		return err
	}
	table := nplm.Embedding(m)
	if len(table.Vectors) == 0 {
		return nil
	}
	err = create(filepath.Join(dir, tensorboard.ProjectorVectors), func(w io.Writer) error { return tensorboard.WriteVectors(w, table.Vectors) })
	if err != nil {
		return err
	}
	err = create(filepath.Join(dir, tensorboard.ProjectorMetadata), func(w io.Writer) error {
		return tensorboard.WriteMetadata(w, table.Symbols, table.Classes)
	})
	if err != nil {
		return err
	}
	return create(filepath.Join(dir, tensorboard.ProjectorConfig), func(w io.Writer) error {
		return tensorboard.WriteProjectorConfig(w, "C", len(table.Vectors), len(table.Vectors[0]))
	})
}

// haveSpec reads the spec that the sweep was last run with.
func haveSpec(ctx context.Context, e *exported) error {
	e.keepPlanned()
	_, err := e.app.recordedSpec(ctx, e.store, e.Sweep.Sweep)
	return err
}

// writeWandB writes the sweep's configuration for W&B, and each trial's values.
func writeWandB(ctx context.Context, e *exported, out string) error {
	spec, err := e.app.recordedSpec(ctx, e.store, e.Sweep.Sweep)
	if err != nil {
		return err
	}
	file, lost, err := spec.WandB()
	if err != nil {
		return err
	}
	for _, l := range lost {
		fmt.Fprintf(e.app.stderr, "sweep: sweep.yaml: %s\n", l)
	}
	if err := os.WriteFile(filepath.Join(out, "sweep.yaml"), file, 0o644); err != nil {
		return err
	}
	for _, t := range e.Trials {
		values, err := valuesInOrder(t)
		if err != nil {
			return err
		}
		if _, ok := values.Lookup("seed"); !ok {
			values = append(values, sweeps.Setting{Name: "seed", Value: sweeps.IntValue(int64(t.Seed))})
		}
		config, err := sweeps.WandBConfig(values)
		if err != nil {
			return err
		}
		if err := os.Mkdir(filepath.Join(out, t.Trial), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, t.Trial, "config.yaml"), config, 0o644); err != nil {
			return err
		}
	}
	return nil
}

package nplm

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// Recorded is what a record holds of a trial that has ended. A figure that was NaN or infinite is NaN here.
type Recorded struct {
	Curve    []sweeps.Point     // up to its last step
	Finals   map[string]float64 // by metric
	Stopped  int64              // the step at which it was stopped early; 0: it was not
	Diverged bool
	Model    string // the file of its final weights; "" or a file that is not there: they were not kept
}

// Verified says what a training that was done again has been compared in.
type Verified struct {
	Figures int   `json:"figures"` // at its end
	Points  int   `json:"points"`  // of its curve
	Step    int64 `json:"step"`    // of the last one
	Model   int64 `json:"model"`   // bytes of its weights; 0: none were kept
	// Difference is the first one, "" if all is the same.
	Difference string `json:"difference"`
}

// errFarEnough ends a training at the step at which its trial was stopped.
var errFarEnough = errors.New("nplm: as far as the trial has come")

// Verify trains a trial from the start in a temporary folder, which it removes, and compares figures, curve and weights with
// what was recorded. The error is of the training, or ctx's cause.
func Verify(ctx context.Context, trial sweeps.Trial, want Recorded) (Verified, error) {
	dir, err := os.MkdirTemp("", "sweep-verify-*")
	if err != nil {
		return Verified{}, fmt.Errorf("verify trial %s: %w", trial.ID, err)
	}
	defer os.RemoveAll(dir)
	t := New(dir)
	t.Every = 24 * time.Hour // nobody goes on from here
	got := Recorded{Finals: map[string]float64{}, Model: ModelFile(dir, trial.ID)}
	err = t.Train(ctx, trial, func(p sweeps.Point) error {
		switch {
		case want.Stopped > 0 && p.Step > want.Stopped:
			return errFarEnough
		case p.Metric == "":
		case p.Final:
			got.Finals[p.Metric] = p.Value
		default:
			got.Curve = append(got.Curve, p)
		}
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return Verified{}, context.Cause(ctx)
	case errors.Is(err, errFarEnough):
		got.Stopped = want.Stopped
	case errors.Is(err, runner.ErrDiverged):
		got.Diverged = true
	case err != nil:
		return Verified{}, fmt.Errorf("verify trial %s: %w", trial.ID, err)
	}
	if want.Stopped > 0 { // its figures are the last of its curve
		got.Finals = map[string]float64{}
		got.Stopped = want.Stopped // which may be the last step there is
	}
	for _, p := range got.Curve { // for a metric without a figure at the end the last of its curve stands in
		if _, has := want.Finals[p.Metric]; has && !got.final(p.Metric) {
			got.Finals[p.Metric] = last(got.Curve, p.Metric)
		}
	}
	return compare(want, got)
}

func (r Recorded) final(metric string) bool { _, ok := r.Finals[metric]; return ok }

// last is the value of a metric at the curve's end.
func last(curve []sweeps.Point, metric string) float64 {
	v, step := math.NaN(), int64(-1)
	for _, p := range curve {
		if p.Metric == metric && p.Step >= step {
			v, step = p.Value, p.Step
		}
	}
	return v
}

// compare finds the first difference: on the way, then at the end, then in the weights.
func compare(want, got Recorded) (Verified, error) {
	var v Verified
	type place struct {
		step   int64
		metric string
	}
	at := func(curve []sweeps.Point) map[place]sweeps.Point {
		m := map[place]sweeps.Point{}
		for _, p := range curve {
			m[place{p.Step, p.Metric}] = p
		}
		return m
	}
	was, is := at(want.Curve), at(got.Curve)
	places := slices.Collect(maps.Keys(was))
	for p := range is {
		if _, ok := was[p]; !ok {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.metric, b.metric)) })
	for _, p := range places {
		w, had := was[p]
		g, has := is[p]
		switch {
		case !has:
			v.Difference = fmt.Sprintf("step %d: %s was %s, and is not measured there now", p.step, p.metric, number(w.Value))
		case !had:
			v.Difference = fmt.Sprintf("step %d: %s is %s, and was not measured there", p.step, p.metric, number(g.Value))
		case !same(w.Value, g.Value):
			v.Difference = fmt.Sprintf("step %d: %s was %s and is %s", p.step, p.metric, number(w.Value), number(g.Value))
		case w.Examples != g.Examples:
			v.Difference = fmt.Sprintf("step %d: %d examples were seen by then, now %d", p.step, w.Examples, g.Examples)
		}
		if v.Difference != "" {
			return v, nil
		}
		v.Points, v.Step = v.Points+1, p.step
	}
	if want.Diverged != got.Diverged && !(want.Diverged && nowhere(got.Finals)) {
		v.Difference = fmt.Sprintf("it %s, and now it %s", diverged(want.Diverged), diverged(got.Diverged))
		return v, nil
	}
	for _, m := range slices.Sorted(maps.Keys(want.Finals)) {
		g, has := got.Finals[m]
		if !has {
			v.Difference = fmt.Sprintf("at the end %s was %s, and is not measured now", m, number(want.Finals[m]))
		} else if !same(want.Finals[m], g) {
			v.Difference = fmt.Sprintf("at the end %s was %s and is %s", m, number(want.Finals[m]), number(g))
		}
		if v.Difference != "" {
			return v, nil
		}
		v.Figures++
	}
	var err error
	v.Model, v.Difference, err = compareFiles(want.Model, got.Model)
	return v, err
}

// nowhere reports whether some figure at the end is none.
func nowhere(finals map[string]float64) bool {
	for _, v := range finals {
		if !finite(v) {
			return true
		}
	}
	return false
}

func diverged(yes bool) string {
	if yes {
		return "diverged"
	}
	return "did not diverge"
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// same compares to the bit what a record can tell apart.
func same(was, is float64) bool { return was == is || !finite(was) && !finite(is) }

func number(v float64) string {
	if !finite(v) {
		return "no number"
	}
	return fmt.Sprint(v)
}

// compareFiles returns the size of two equal files of weights, or where they first differ. One that is not there was not
// kept. Their metadata tell how long the training took, and are passed over.
func compareFiles(was, is string) (size int64, difference string, err error) {
	if was == "" {
		return 0, "", nil
	}
	a, err := openWeights(was)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, fmt.Sprintf("the file of the weights cannot be read: %v", err), nil
	}
	defer a.file.Close()
	b, err := openWeights(is)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, "there was a model, and now there is none", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("compare weights: %w", err)
	}
	defer b.file.Close()
	for _, name := range a.names() {
		x, y := a.tensors[name], b.tensors[name]
		if x.Dtype != y.Dtype || !slices.Equal(x.Shape, y.Shape) || x.Offsets != y.Offsets {
			return 0, fmt.Sprintf("weights: %s was %s %v, and is %s %v", name, x.Dtype, x.Shape, y.Dtype, y.Shape), nil
		}
		at, err := firstDifference(io.NewSectionReader(a.file, a.data+x.Offsets[0], x.Offsets[1]-x.Offsets[0]),
			io.NewSectionReader(b.file, b.data+x.Offsets[0], x.Offsets[1]-x.Offsets[0]))
		if err != nil {
			return 0, fmt.Sprintf("weights: %s cannot be read: %v", name, err), nil
		}
		if at >= 0 {
			return 0, fmt.Sprintf("weights: %s differs from its number %d on", name, at/4), nil
		}
		size += x.Offsets[1] - x.Offsets[0]
	}
	if len(a.tensors) != len(b.tensors) {
		return 0, fmt.Sprintf("weights: there were %d tensors, and now %d", len(a.tensors), len(b.tensors)), nil
	}
	return size, "", nil
}

// weightsFile is an open file in the format safetensors.
type weightsFile struct {
	file    *os.File
	data    int64 // where the tensors begin
	tensors map[string]tensor
}

// tensor is an entry of its header.
type tensor struct {
	Dtype   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// longestHeader is that of the format.
const longestHeader = 100 << 20

func openWeights(name string) (w weightsFile, err error) {
	f, err := os.Open(name)
	if err != nil {
		return w, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	var length uint64
	if err := binary.Read(f, binary.LittleEndian, &length); err != nil || length > longestHeader {
		return w, fmt.Errorf("%s: no header: %w", name, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	var entries map[string]json.RawMessage
	if err := json.NewDecoder(io.LimitReader(f, int64(length))).Decode(&entries); err != nil {
		return w, fmt.Errorf("%s: header: %w", name, err)
	}
	delete(entries, "__metadata__")
	w = weightsFile{file: f, data: 8 + int64(length), tensors: map[string]tensor{}}
	for n, e := range entries {
		var t tensor
		if err := json.Unmarshal(e, &t); err != nil {
			return w, fmt.Errorf("%s: header: %s: %w", name, n, err)
		}
		w.tensors[n] = t
	}
	return w, nil
}

// names lists the tensors as they lie in the file.
func (w weightsFile) names() []string {
	return slices.SortedFunc(maps.Keys(w.tensors), func(a, b string) int {
		return cmp.Or(cmp.Compare(w.tensors[a].Offsets[0], w.tensors[b].Offsets[0]), cmp.Compare(a, b))
	})
}

// firstDifference returns the first byte in which two readers differ, -1 if none. One that ends early is an error.
func firstDifference(a, b *io.SectionReader) (int64, error) {
	x, y := make([]byte, 1<<16), make([]byte, 1<<16)
	for at := int64(0); at < a.Size(); {
		n := min(int64(len(x)), a.Size()-at)
		if _, err := io.ReadFull(a, x[:n]); err != nil {
			return 0, err
		}
		if _, err := io.ReadFull(b, y[:n]); err != nil {
			return 0, err
		}
		for i := range n {
			if x[i] != y[i] {
				return at + i, nil
			}
		}
		at += n
	}
	return -1, nil
}

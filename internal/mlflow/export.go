package mlflow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sweep/results"
	"sweep/sweeps"
)

// What MLflow takes in one request, and the longest it keeps.
const (
	perBatch       = 1000 // of metrics, parameters and tags together
	paramsPerBatch = 100
	longestKey     = 250  // bytes
	longestParam   = 6000 // characters
	longestTag     = 5000 // bytes
)

// The tags by which a run is known again. digestTag is set when all else of the run is there but its end.
const (
	uidTag    = tagPrefix + "uid"
	digestTag = tagPrefix + "digest"
)

// Export is a sweep to be written to a server.
type Export struct {
	Experiment string // what to call it; "": as the sweep
	Sweep      results.Sweep
	Trials     []results.Trial
	Points     []results.Point
	Provenance results.Provenance
}

// Exported counts the runs of an export.
type Exported struct {
	Experiment string // its id
	New        int    // runs made
	Updated    int    // runs that were there, and whose trial has changed since, or that were not written to their end
	Kept       int    // runs that were there and are the same
}

// Export writes a sweep as an experiment, a run a trial: its parameters, curves and final figures, and tags that say what it
// is in the record. A run is known by its tag sweep.uid, so that exporting again writes only what is new. Complete and
// diverged trials are FINISHED, stopped ones KILLED, failed ones FAILED, running ones RUNNING; retired trials and those that
// have not begun are left out. A final figure that is not the curve's last value follows it at the last step.
func (c *Client) Export(ctx context.Context, x Export) (Exported, error) {
	var out Exported
	e, err := c.experimentFor(ctx, x)
	if err != nil {
		return out, err
	}
	out.Experiment = e
	there, err := c.runs(ctx, e)
	if err != nil {
		return out, err
	}
	known := make(map[string]*run, len(there))
	for i := range there {
		if uid := there[i].tag(uidTag); uid != "" {
			known[uid] = &there[i]
		}
	}
	curves := map[string][]results.Point{}
	for _, p := range x.Points {
		curves[p.Trial] = append(curves[p.Trial], p)
	}
	for _, t := range x.Trials {
		if bool(t.Retired) || t.State == string(sweeps.Waiting) {
			continue
		}
		w, err := newWriting(x.Sweep.Metric, t, curves[t.Trial])
		if err != nil {
			return out, err
		}
		old := known[w.uid]
		switch {
		case old == nil:
			out.New++
		case old.tag(digestTag) == w.digest && old.Info.Status == w.status:
			out.Kept++
			continue
		default:
			out.Updated++
		}
		if err := c.write(ctx, e, w, old); err != nil {
			return out, fmt.Errorf("trial %s: %w", t.Trial, err)
		}
	}
	return out, nil
}

// experimentFor finds or makes the experiment of a sweep.
func (c *Client) experimentFor(ctx context.Context, x Export) (id string, err error) {
	name := x.Experiment
	if name == "" {
		name = x.Sweep.Sweep
	}
	var a struct {
		Experiment struct {
			ID    string `json:"experiment_id"`
			Stage string `json:"lifecycle_stage"`
		} `json:"experiment"`
	}
	err = c.get(ctx, "experiments/get-by-name", map[string][]string{"experiment_name": {name}}, &a)
	if r := (*refusal)(nil); errors.As(err, &r) && r.Code == "RESOURCE_DOES_NOT_EXIST" {
		var made struct {
			ID string `json:"experiment_id"`
		}
		tags := []pair{{tagPrefix + "metric", x.Sweep.Metric}, {tagPrefix + "goal", x.Sweep.Goal}, {tagPrefix + "sweep", x.Sweep.Sweep}}
		if d := x.Provenance.Description; d != "" {
			tags = append(tags, pair{"mlflow.note.content", cut(d, longestTag)})
		}
		err = c.post(ctx, "experiments/create", object{"name": name, "tags": tags}, &made)
		return made.ID, err
	}
	if err == nil && a.Experiment.Stage == "deleted" {
		err = &NetworkError{c.Address(), fmt.Errorf("experiment %s is deleted there; restore it, or delete it for good", name)}
	}
	return a.Experiment.ID, err
}

// writing is a trial as MLflow's requests have it.
type writing struct {
	trial      results.Trial
	uid        string
	digest     string // of everything below
	start, end int64  // milliseconds since 1970; end 0: it has not ended
	status     string
	metrics    []object
	params     []pair
	tags       []pair
}

func newWriting(own string, t results.Trial, curve []results.Point) (writing, error) {
	w := writing{trial: t, uid: t.Sweep + "/" + t.Trial, start: millisOf(t.StartedAt), end: millisOf(t.FinishedAt), status: "FINISHED"}
	if w.start == 0 {
		w.start = max(0, w.end-int64(1000*t.Seconds))
	}
	switch sweeps.State(t.State) {
	case sweeps.Running:
		w.status, w.end = "RUNNING", 0
	case sweeps.Stopped:
		w.status = "KILLED"
	case sweeps.Failed:
		w.status = "FAILED"
	}
	var params sweeps.Values
	if err := json.Unmarshal(t.Params, &params); err != nil {
		return w, fmt.Errorf("read parameters of trial %s: %w", t.Trial, err)
	}
	for _, p := range params {
		w.params = append(w.params, pair{key(p.Name), cut(p.Value.String(), longestParam)})
	}
	w.tags = []pair{
		{uidTag, w.uid}, {"mlflow.runName", t.Trial}, {"mlflow.source.name", "sweep"}, {tagPrefix + "sweep", t.Sweep}, {tagPrefix + "trial", t.Trial},
		{tagPrefix + "configuration", t.Configuration}, {tagPrefix + "replicate", strconv.Itoa(t.Replicate)},
		{tagPrefix + "seed", strconv.FormatUint(t.Seed, 10)}, {tagPrefix + "state", t.State},
	}
	if t.Error != nil && *t.Error != "" {
		w.tags = append(w.tags, pair{tagPrefix + "error", cut(*t.Error, longestTag)})
	}
	w.measure(own, curve)
	b, err := json.Marshal([]any{t, w.metrics})
	h := sha256.Sum256(b)
	w.digest = hex.EncodeToString(h[:16])
	return w, err
}

// measure writes the curves, and after each the final figure where that is another one.
func (w *writing) measure(own string, curve []results.Point) {
	type end struct {
		step, time int64
		value      float64
	}
	last := map[string]end{}
	add := func(metric string, e end) {
		w.metrics = append(w.metrics, object{"key": key(metric), "value": figure(e.value), "timestamp": e.time, "step": e.step})
		if old, ok := last[metric]; !ok || e.step >= old.step {
			last[metric] = e
		}
	}
	for _, p := range curve {
		v := math.NaN()
		if p.Value != nil {
			v = *p.Value
		}
		add(p.Metric, end{p.Step, w.start + int64(1000*p.Seconds), v})
	}
	finals := w.trial.Figures()
	switch sweeps.State(w.trial.State) {
	case sweeps.Diverged:
		finals[own] = math.NaN()
	default:
		if w.trial.Value != nil {
			finals[own] = *w.trial.Value
		}
	}
	for _, metric := range slices.Sorted(maps.Keys(finals)) {
		v := finals[metric]
		l, has := last[metric]
		if has && (l.value == v || math.IsNaN(l.value) && math.IsNaN(v)) {
			continue
		}
		e := end{step: w.trial.Steps, time: max(w.end, w.start), value: v}
		if has {
			e.step, e.time = max(e.step, l.step), max(e.time, l.time+1)
		}
		add(metric, e)
	}
}

// write makes a run, or goes on with one, and ends it.
func (c *Client) write(ctx context.Context, experiment string, w writing, old *run) error {
	id := ""
	if old != nil {
		id = old.Info.ID
	} else {
		var a struct {
			Run run `json:"run"`
		}
		err := c.post(ctx, "runs/create", object{
			"experiment_id": experiment, "run_name": w.trial.Trial, "start_time": w.start, "tags": []pair{{uidTag, w.uid}},
		}, &a)
		if err != nil {
			return err
		}
		id = a.Run.Info.ID
	}
	update := object{"run_id": id, "status": w.status}
	if w.end > 0 {
		update["end_time"] = w.end
	}
	if err := c.log(ctx, id, w); err != nil {
		return err
	}
	return c.post(ctx, "runs/update", update, &struct{}{})
}

// log writes what a run holds, in as few requests as MLflow takes it in. The digest comes with the last of them.
func (c *Client) log(ctx context.Context, id string, w writing) error {
	params, tags, metrics := w.params, w.tags, w.metrics
	for last := false; !last; tags = nil {
		n := min(len(params), paramsPerBatch)
		m := min(len(metrics), perBatch-n-len(w.tags)-1)
		b := object{"run_id": id, "params": append([]pair{}, params[:n]...), "metrics": append([]object{}, metrics[:m]...)}
		params, metrics = params[n:], metrics[m:]
		if last = len(params) == 0 && len(metrics) == 0; last {
			tags = append(slices.Clip(tags), pair{digestTag, w.digest})
		}
		b["tags"] = append([]pair{}, tags...)
		if err := c.post(ctx, "runs/log-batch", b, &struct{}{}); err != nil {
			return err
		}
	}
	return nil
}

// millisOf reads a time of the record, 0 for none.
func millisOf(text *string) int64 {
	if text == nil {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, *text)
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}

// key makes a name one that MLflow takes: letters, digits, and _ - . / : and the space, below 250 bytes.
func key(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./: ", r) {
			return r
		}
		return '_'
	}, name)
	return cut(name, longestKey)
}

// cut shortens a text to at most n bytes, at a character's end.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

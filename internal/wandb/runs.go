// Package wandb reads what Weights & Biases exports: the table of runs as CSV, from the web page or from wandb.Api().runs,
// and histories of metrics as CSV. It asks no server.
package wandb

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// Choice says what of a table is taken.
type Choice struct {
	Metric   string
	Maximize bool
	Sweep    string   // what to call the sweep
	Params   []string // columns that are parameters; nil: as the table tells them from figures
	Seed     string   // the parameter that is the replicate's seed, where a run has it; "": none
	Step     string   // column of the history that counts steps; "": _step or step
}

// Read reads a table of runs, and the histories of their metrics if history is not nil. Runs that have not ended are counted
// and left out.
func Read(runs, history io.Reader, o Choice) (results.Import, error) {
	x := results.Import{
		Sweep: o.Sweep, Metric: o.Metric, Maximize: o.Maximize,
		Source: results.Source{Kind: "wandb", Name: "W&B runs", Details: map[string]string{}},
	}
	t, err := readTable(runs)
	if err != nil {
		return x, err
	}
	if len(t.rows) == 0 {
		return x, errors.New("the table has no run")
	}
	if err := t.divide(o); err != nil {
		return x, err
	}
	names := map[string][]int{} // places in x.Trials by id and by name
	for i, row := range t.rows {
		trial, running, err := t.trial(row, o)
		if err != nil {
			return x, fmt.Errorf("row %d: %w", i+2, err)
		}
		if running {
			x.Left++
			continue
		}
		for _, name := range slices.Compact([]string{t.cell(row, "id"), t.cell(row, "name")}) {
			if name != "" {
				names[name] = append(names[name], len(x.Trials))
			}
		}
		x.Trials = append(x.Trials, trial)
	}
	if err := distinct(x.Trials, names); err != nil {
		return x, err
	}
	if len(x.Trials) == 0 {
		return x, errors.New("the table has no run that has ended")
	}
	if history != nil {
		if err := addHistory(history, x.Trials, names, o); err != nil {
			return x, fmt.Errorf("history: %w", err)
		}
	}
	for i := range x.Trials {
		x.Trials[i].Judge(o.Metric)
	}
	x.TakeSeed(o.Seed)
	return x, nil
}

// distinct refuses runs that nothing tells apart.
func distinct(trials []results.ImportedTrial, names map[string][]int) error {
	seen := map[string]bool{}
	for _, t := range trials {
		if seen[t.ID] {
			name, _, _ := strings.Cut(t.ID, "\n")
			return fmt.Errorf("%d runs are called %q, and nothing tells them apart; export the table with the column ID", len(names[name]), name)
		}
		seen[t.ID] = true
	}
	return nil
}

// table is a CSV file with a header.
type table struct {
	header []string
	rows   [][]string
	at     map[string]int // of W&B's own columns, by what they are

	params, figures []column // as divide has found them
	configs         int      // column with all settings as a dict, -1: none
	summaries       int      // and with all figures
	metric          int      // column of the metric, -1: in the summaries
}

// column is one that is taken, under its own name.
type column struct {
	name string
	at   int
}

func readTable(r io.Reader) (*table, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(b, []byte("\n"))
	for _, between := range []struct{ sign, name string }{{";", "semicolons"}, {"\t", "tabs"}} {
		if bytes.Contains(first, []byte(between.sign)) && !bytes.Contains(first, []byte(",")) {
			return nil, fmt.Errorf("its columns are separated by %s; write it with commas, as W&B does", between.name)
		}
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	all, err := c.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("the file is empty")
	}
	t := &table{header: all[0], rows: all[1:], at: map[string]int{}, configs: -1, summaries: -1, metric: -1}
	for i, h := range t.header {
		if what := own[strings.ToLower(h)]; what != "" {
			if _, there := t.at[what]; !there {
				t.at[what] = i
			}
		}
	}
	return t, nil
}

// own are W&B's own columns in lower case, and what they are; "-" is of no use here.
var own = map[string]string{
	"name": "name", "run_name": "name", "display_name": "name", "id": "id", "run_id": "id", "run id": "id", "state": "state",
	"created": "created", "created_at": "created", "createdat": "created", "runtime": "runtime", "_runtime": "runtime", "sweep": "-",
	"agent": "-", "notes": "-", "user": "-", "username": "-", "tags": "-", "group": "-", "job type": "-", "job_type": "-",
	"entity": "-", "project": "-", "path": "-", "url": "-", "": "-", "unnamed: 0": "-", "updated": "-", "hostname": "-",
	"description": "-", "commit": "-", "_step": "-", "_timestamp": "-", "_wandb": "-",
}

func isOwn(header string) bool { return own[strings.ToLower(header)] != "" }

// cell returns one of W&B's own columns of a row, "" if there is none.
func (t *table) cell(row []string, what string) string {
	if i, ok := t.at[what]; ok {
		return row[i]
	}
	return ""
}

// divide finds out which columns are parameters and which are figures.
func (t *table) divide(o Choice) error {
	t.configs, t.summaries = t.dicts("config"), t.dicts("summary")
	var rest []column
	for i, h := range t.header {
		switch {
		case i == t.configs || i == t.summaries:
		case cutPrefix(h, "config.", "config/") != h:
			t.params = append(t.params, column{cutPrefix(h, "config.", "config/"), i})
		case cutPrefix(h, "summary.", "summary/") != h:
			t.figures = append(t.figures, column{cutPrefix(h, "summary.", "summary/"), i})
		case !isOwn(h):
			rest = append(rest, column{h, i})
		}
	}
	if err := t.findMetric(o.Metric, rest); err != nil {
		return err
	}
	switch {
	case o.Params != nil:
		return t.choose(o.Params, rest)
	case t.configs >= 0 || len(t.params) > 0:
		return nil
	}
	// W&B sorts the settings and after them the figures: where names fall back, figures begin.
	split := 0
	for i := 1; i < len(rest); i++ {
		if rest[i].name >= rest[i-1].name {
			continue
		}
		if split > 0 {
			split = 0
			break
		}
		split = i
	}
	if split == 0 || t.metric >= 0 && t.metric < rest[split].at {
		return fmt.Errorf("the table does not tell parameters from figures; name the columns that are parameters, --params A,B; there is %s", list(rest))
	}
	t.params, t.figures = rest[:split], append(t.figures, rest[split:]...)
	return nil
}

// findMetric finds the column of the metric, or sees to it that the summaries have it.
func (t *table) findMetric(name string, rest []column) error {
	for _, c := range slices.Concat(t.figures, rest) {
		if c.name == name {
			t.metric = c.at
			return nil
		}
	}
	known := slices.Concat(t.figures, rest)
	if t.summaries >= 0 {
		seen := map[string]bool{}
		for i, row := range t.rows {
			f, err := parseCell(row[t.summaries])
			if err != nil {
				return fmt.Errorf("row %d, column %s: %w", i+2, t.header[t.summaries], err)
			}
			for _, s := range f {
				if !strings.HasPrefix(s.name, "_") {
					seen[s.name] = true
				}
			}
		}
		if seen[name] {
			return nil
		}
		for _, n := range slices.Sorted(maps.Keys(seen)) {
			known = append(known, column{name: n})
		}
	}
	return fmt.Errorf("there is no column %q for the metric; there is %s", name, list(known))
}

// choose takes the parameters that are named.
func (t *table) choose(names []string, rest []column) error {
	all := slices.Concat(t.params, rest)
	var chosen []column
	for _, n := range names {
		i := slices.IndexFunc(all, func(c column) bool { return c.name == n })
		switch {
		case i >= 0 && all[i].at == t.metric:
			return fmt.Errorf("--params: %q is the metric", n)
		case i >= 0:
			chosen = append(chosen, all[i])
		case t.configs < 0:
			return fmt.Errorf("there is no column %q for a parameter; there is %s", n, list(all))
		default:
			chosen = append(chosen, column{n, -1}) // looked for in the dict
		}
	}
	t.params = chosen
	return nil
}

// dicts finds a column of a name whose cells are dicts.
func (t *table) dicts(name string) int {
	i := slices.Index(t.header, name)
	if i < 0 || len(t.rows) == 0 || !strings.HasPrefix(strings.TrimSpace(t.rows[0][i]), "{") {
		return -1
	}
	return i
}

func cutPrefix(s string, prefixes ...string) string {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(s, p); ok && rest != "" {
			return rest
		}
	}
	return s
}

func list(columns []column) string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// trial is one run as the record keeps it.
func (t *table) trial(row []string, o Choice) (out results.ImportedTrial, running bool, err error) {
	out = results.ImportedTrial{Finals: map[string]float64{}, State: sweeps.Complete}
	id, name, created := t.cell(row, "id"), t.cell(row, "name"), t.cell(row, "created")
	if out.ID = id; id == "" {
		if out.ID = name; name == "" {
			return out, false, errors.New("the run has neither an id nor a name")
		}
		out.ID += "\n" + created
	}
	out.Seed = results.SeedOf(out.ID)
	switch state := strings.ToLower(t.cell(row, "state")); state {
	case "", "finished":
	case "failed", "crashed", "preempted":
		out.State, out.Error = sweeps.Failed, state+" in W&B"
	case "killed":
		out.State = sweeps.Stopped
	case "running", "pending", "queued", "preempting":
		return out, true, nil
	default:
		return out, false, fmt.Errorf("unknown state %q of run %s", state, name)
	}
	if created != "" {
		if out.Started, err = parseTime(created); err != nil {
			return out, false, err
		}
	}
	if s, err := strconv.ParseFloat(t.cell(row, "runtime"), 64); err == nil && s > 0 && !math.IsInf(s, 0) {
		out.Seconds = s
	}
	return out, false, t.read(row, &out, o)
}

// read takes a row's parameters and figures.
func (t *table) read(row []string, out *results.ImportedTrial, o Choice) error {
	var configs flat
	if t.configs >= 0 {
		var err error
		if configs, err = parseCell(row[t.configs]); err != nil {
			return fmt.Errorf("column config: %w", err)
		}
	}
	if o.Params == nil && t.configs >= 0 {
		for _, s := range configs {
			if !strings.HasPrefix(s.name, "_") { // W&B's own
				out.Params = append(out.Params, flat{s}.values()...)
			}
		}
	}
	for _, c := range t.params {
		if c.at >= 0 {
			out.Params = append(out.Params, flat{{c.name, row[c.at]}}.values()...)
		} else if i := slices.IndexFunc(configs, func(s setting) bool { return s.name == c.name }); i >= 0 {
			out.Params = append(out.Params, configs[i:i+1].values()...)
		}
	}
	figures := t.figures
	if t.metric >= 0 {
		figures = append(slices.Clip(figures), column{o.Metric, t.metric})
	}
	for _, c := range figures {
		if v, ok := number(row[c.at]); ok && !strings.HasPrefix(c.name, "_") {
			out.Finals[c.name] = v
		}
	}
	if t.summaries < 0 {
		return nil
	}
	summary, err := parseCell(row[t.summaries])
	if err != nil {
		return fmt.Errorf("column summary: %w", err)
	}
	for _, s := range summary {
		v, ok := number(s.text)
		switch {
		case !ok:
		case s.name == "_runtime" && out.Seconds == 0:
			out.Seconds = max(0, v)
		case !strings.HasPrefix(s.name, "_"):
			out.Finals[s.name] = v
		}
	}
	return nil
}

// number reads a figure; an empty cell and text are none.
func number(text string) (float64, bool) {
	switch strings.ToLower(text) {
	case "nan":
		return math.NaN(), true
	case "infinity", "inf":
		return math.Inf(1), true
	case "-infinity", "-inf":
		return math.Inf(-1), true
	}
	if v := results.ReadValue(text); v.Kind() == sweeps.Int || v.Kind() == sweeps.Float {
		return v.Float()
	}
	return 0, false
}

// parseTime reads a time; one without a zone is universal.
func parseTime(text string) (time.Time, error) {
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text)
}

// addHistory reads curves: a row a run and step, with a column that says which run; or, as charts are exported, a column a
// run and metric, "RUN - METRIC".
func addHistory(r io.Reader, trials []results.ImportedTrial, names map[string][]int, o Choice) error {
	t, err := readTable(r)
	if err != nil {
		return err
	}
	step := -1
	for _, name := range []string{o.Step, "_step", "step", "Step", "global_step"} {
		if i := slices.Index(t.header, name); i >= 0 && name != "" {
			step = i
			break
		}
		if name != "" && name == o.Step {
			break
		}
	}
	if step < 0 {
		return fmt.Errorf("no column counts steps; name it with --step; there is %s", strings.Join(t.header, ", "))
	}
	run := slices.IndexFunc(t.header, func(h string) bool {
		return slices.Contains([]string{"run", "run_id", "run id", "id", "run_name", "name"}, strings.ToLower(h))
	})
	curves, err := t.curves(step, run, trials, names)
	if err != nil {
		return err
	}
	taken := false
	clock := slices.Index(t.header, "_runtime")
	for i, row := range t.rows {
		at, err := stepOf(row[step])
		if err != nil {
			return fmt.Errorf("row %d, column %s: %w", i+2, t.header[step], err)
		}
		for _, c := range curves {
			v, ok := number(row[c.at])
			places := c.trials
			if run >= 0 {
				places = names[row[run]]
			}
			if !ok || len(places) == 0 {
				continue
			}
			if len(places) > 1 {
				return fmt.Errorf("row %d: %d runs are called %q; let the column say their ids", i+2, len(places), row[run])
			}
			trial := &trials[places[0]]
			p := sweeps.Point{Metric: c.name, Step: at, Value: v}
			if clock >= 0 {
				p.Seconds, _ = number(row[clock])
			}
			trial.Points = append(trial.Points, p)
			taken = true
		}
	}
	if !taken {
		return errors.New("none of its rows is of a run of the table")
	}
	for i := range trials {
		trials[i].Points = ordered(trials[i].Points)
	}
	return nil
}

// curve is a column of a history.
type curve struct {
	column
	trials []int // whose it is, where rows do not say
}

// curves finds the columns that hold metrics.
func (t *table) curves(step, run int, trials []results.ImportedTrial, names map[string][]int) ([]curve, error) {
	if run >= 0 {
		return t.metrics(step, run, nil), nil
	}
	charts, err := t.charts(step, names)
	switch {
	case err != nil || len(charts) > 0:
		return charts, err
	case len(trials) == 1:
		return t.metrics(step, step, []int{0}), nil
	}
	return nil, fmt.Errorf("no column says which run a row is of (run, run_id, id or name), and none is called RUN - METRIC; there is %s", strings.Join(t.header, ", "))
}

// metrics takes every column that is named after a metric.
func (t *table) metrics(step, run int, trials []int) []curve {
	var out []curve
	for i, h := range t.header {
		if i != step && i != run && !isOwn(h) && !strings.HasPrefix(h, "_") {
			out = append(out, curve{column{h, i}, trials})
		}
	}
	return out
}

// charts takes the columns that are called RUN - METRIC. The names of both may hold " - ".
func (t *table) charts(step int, names map[string][]int) ([]curve, error) {
	const between = " - "
	var out []curve
	for i, h := range t.header {
		for at := strings.Index(h, between); at >= 0 && i != step; {
			name, metric := h[:at], h[at+len(between):]
			places := names[name]
			if len(places) > 1 {
				return nil, fmt.Errorf("column %q: %d runs are called %q", h, len(places), name)
			}
			if len(places) == 1 {
				if !strings.HasPrefix(metric, "_") && !strings.HasSuffix(metric, "__MIN") && !strings.HasSuffix(metric, "__MAX") {
					out = append(out, curve{column{metric, i}, places})
				}
				break
			}
			next := strings.Index(metric, between)
			if next < 0 {
				break
			}
			at += len(between) + next
		}
	}
	return out, nil
}

// stepOf reads a step, which some tables write as 12.0.
func stepOf(text string) (int64, error) {
	v, ok := number(text)
	if !ok || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, fmt.Errorf("%q is no step", text)
	}
	return int64(v), nil
}

// ordered sorts points by metric and step; of several at one step the last counts.
func ordered(points []sweeps.Point) []sweeps.Point {
	slices.SortStableFunc(points, func(a, b sweeps.Point) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Step, b.Step))
	})
	var out []sweeps.Point
	for _, p := range points {
		if n := len(out); n > 0 && out[n-1].Metric == p.Metric && out[n-1].Step == p.Step {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

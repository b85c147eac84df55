package wandb

import (
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
	"sweep/sweeps"
)

// page is a table as W&B's web page exports it: its own columns, the settings sorted, the figures sorted.
const page = `"Name","State","Notes","User","Tags","Created","Runtime","Sweep","act","lr","seed","use_bias","acc","epoch","note","val_loss"
"warm-sun-1","finished","-","me","","2026-01-02T03:04:05.000Z","60","abc","tanh","0.01","1","true","0.9","10","a ""quoted"" one","0.5"
"cold-sea-2","finished","-","me","","2026-01-02T03:06:05.000Z","61","abc","tanh","0.01","2","true","0.8","10","","0.75"
"odd-hill-3","crashed","-","me","","2026-01-02T03:08:05.000Z","7","abc","relu","0.1","1","false","","3","",""
"late-fog-4","killed","-","me","","2026-01-02T03:09:05.000Z","8","abc","relu","0.1","2","","0.1","4","","3.5"
"new-dawn-5","running","-","me","","2026-01-02T03:10:05.000Z","8","abc","relu","0.1","2","false","0.1","4","","3.5"
"flat-sky-6","finished","-","me","","2026-01-02T03:11:05.000Z","9","abc","","1e-5","3","false","0.1","10","","NaN"
"dull-day-7","finished","-","me","","2026-01-02T03:12:05.000Z","9","abc","relu","2","3","false","0.1","10","",""
`

// dicts is a table as wandb.Api().runs gives it, with settings and figures as Python prints them.
const dicts = `,summary,config,name
0,"{'_step': 9, '_runtime': 12.5, 'val_loss': 0.5, 'best': {'val_loss': 0.25}, 'say': ""it's"", 'gone': None}","{'lr': 0.01, 'layers': [1, 2], 'opt': {'name': 'adam', 'eps': 1e-08}, 'bias': True, 'x': None, '_wandb': {}}",one
1,"{'val_loss': nan}","{'lr': 0.1, 'layers': (3,), 'opt': {'name': 'sgd\n', 'eps': 0.0}, 'bias': False}",two
`

func read(t *testing.T, runs, history string, o Choice) results.Import {
	t.Helper()
	var h io.Reader
	if history != "" {
		h = strings.NewReader(history)
	}
	x, err := Read(strings.NewReader(runs), h, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&x).Fresh(); err != nil {
		t.Fatal(err)
	}
	return x
}

var alike = []cmp.Option{
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.Comparer(func(a, b sweeps.Value) bool { return a == b }),
	cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }),
}

func TestPage(t *testing.T) {
	x := read(t, "\ufeff"+page, "", Choice{Sweep: "runs", Metric: "val_loss", Seed: "seed"})
	if x.Left != 1 || len(x.Trials) != 6 {
		t.Fatalf("%d trials, %d left", len(x.Trials), x.Left)
	}
	want := results.ImportedTrial{
		ID: "warm-sun-1\n2026-01-02T03:04:05.000Z", Seed: 1, State: sweeps.Complete, Seconds: 60, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Params: sweeps.Values{{Name: "act", Value: sweeps.StringValue("tanh")}, {Name: "lr", Value: sweeps.FloatValue(0.01)}, {Name: "use_bias", Value: sweeps.BoolValue(true)}},
		Finals: map[string]float64{"acc": 0.9, "epoch": 10, "val_loss": 0.5},
	}
	if d := cmp.Diff(want, x.Trials[0], alike...); d != "" {
		t.Error(d)
	}
	for i, w := range []struct {
		state sweeps.State
		why   string
	}{{"complete", ""}, {"complete", ""}, {"failed", "crashed in W&B"}, {"stopped", ""}, {"diverged", "val_loss is NaN"}, {"failed", "it did not report val_loss"}} {
		if g := x.Trials[i]; g.State != w.state || g.Error != w.why {
			t.Errorf("run %d: %s, %q; want %s, %q", i, g.State, g.Error, w.state, w.why)
		}
	}
	if v, ok := x.Trials[4].Params.Lookup("act"); ok {
		t.Errorf("an empty cell became %v", v)
	}
	named := read(t, page, "", Choice{Sweep: "runs", Metric: "acc", Maximize: true, Params: []string{"lr"}})
	if g := named.Trials[0]; len(g.Params) != 1 || g.Finals["acc"] != 0.9 || len(g.Finals) != 1 {
		t.Errorf("with --params: %+v", g)
	}
}

func TestDicts(t *testing.T) {
	x := read(t, dicts, "", Choice{Sweep: "api", Metric: "val_loss"})
	want := sweeps.Values{
		{Name: "lr", Value: sweeps.FloatValue(0.01)}, {Name: "layers", Value: sweeps.StringValue("[1, 2]")},
		{Name: "opt.name", Value: sweeps.StringValue("adam")}, {Name: "opt.eps", Value: sweeps.FloatValue(1e-8)}, {Name: "bias", Value: sweeps.BoolValue(true)},
	}
	if d := cmp.Diff(want, x.Trials[0].Params, alike...); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]float64{"val_loss": 0.5, "best.val_loss": 0.25}, x.Trials[0].Finals); d != "" {
		t.Error(d)
	}
	if x.Trials[0].Seconds != 12.5 || x.Trials[1].State != sweeps.Diverged {
		t.Errorf("%+v", x.Trials)
	}
	flat := "id,config.lr,config.opt.eps,summary.val_loss,summary._step\nq1,0.1,1,2.5,7\n"
	x = read(t, flat, "", Choice{Sweep: "api", Metric: "val_loss"})
	if g := x.Trials[0]; g.ID != "q1" || len(g.Params) != 2 || g.Params[1].Name != "opt.eps" || len(g.Finals) != 1 {
		t.Errorf("%+v", g)
	}
	x = read(t, dicts, "", Choice{Sweep: "api", Metric: "val_loss", Params: []string{"opt.name"}})
	if d := cmp.Diff(sweeps.Values{{Name: "opt.name", Value: sweeps.StringValue("adam")}}, x.Trials[0].Params, alike...); d != "" {
		t.Error(d)
	}
}

func TestHistory(t *testing.T) {
	point := func(metric string, step int64, seconds, v float64) sweeps.Point {
		return sweeps.Point{Metric: metric, Step: step, Seconds: seconds, Value: v}
	}
	for _, c := range []struct {
		name, runs, history string
		want                []sweeps.Point // of the first run
	}{
		{"a row a step", page, "run,_step,_runtime,val_loss,lr_now\nwarm-sun-1,2,1.5,1,0.1\nwarm-sun-1,1,0.5,2,\ncold-sea-2,1,1,9,9\nelse,1,1,1,1\nwarm-sun-1,2,2.5,NaN,\n", []sweeps.Point{
			point("lr_now", 2, 1.5, 0.1), point("val_loss", 1, 0.5, 2), point("val_loss", 2, 2.5, math.NaN()),
		}},
		{"a chart", page, "Step,warm-sun-1 - val_loss,warm-sun-1 - val_loss__MIN,warm-sun-1 - val_loss__MAX,warm-sun-1 - _step,cold-sea-2 - a - b\n10,1.5,1,2,10,3\n20,1.25,1,2,20,\n", []sweeps.Point{
			point("val_loss", 10, 0, 1.5), point("val_loss", 20, 0, 1.25),
		}},
		{"one run", "id,config.lr,summary.val_loss\nq1,0.1,2.5\n", "_step,val_loss,_timestamp\n0.0,3.5,1700000000\n1.0,2.5,1700000001\n", []sweeps.Point{
			point("val_loss", 0, 0, 3.5), point("val_loss", 1, 0, 2.5),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := read(t, c.runs, c.history, Choice{Sweep: "runs", Metric: "val_loss"})
			if d := cmp.Diff(c.want, x.Trials[0].Points, alike...); d != "" {
				t.Error(d)
			}
		})
	}
	// Where the table has no last value, that of the curve stands in.
	x := read(t, page, "name,step,val_loss\ndull-day-7,1,4\ndull-day-7,2,3\n", Choice{Sweep: "runs", Metric: "val_loss"})
	if g := x.Trials[5]; g.State != sweeps.Complete {
		t.Errorf("%+v", g)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, runs, history string
		o                   Choice
		want                string
	}{
		{"no metric", page, "", Choice{Metric: "loss"}, `no column "loss" for the metric; there is act, lr, seed, use_bias, acc, epoch, note, val_loss`},
		{"no metric in dicts", dicts, "", Choice{Metric: "loss"}, `there is best.val_loss, gone, say, val_loss`},
		{"no parameter", page, "", Choice{Metric: "acc", Params: []string{"rate"}}, `no column "rate" for a parameter; there is act, lr`},
		{"the metric as a parameter", page, "", Choice{Metric: "acc", Params: []string{"acc"}}, `"acc" is the metric`},
		{"sorted throughout", "Name,lr,val_loss\na,1,2\n", "", Choice{Metric: "val_loss"}, "name the columns that are parameters, --params A,B; there is lr, val_loss"},
		{"the metric among the settings", page, "", Choice{Metric: "lr"}, "does not tell parameters from figures"},
		{"two of a name", "Name,config.lr,summary.l\na,1,2\na,1,2\n", "", Choice{Metric: "l"}, `2 runs are called "a", and nothing tells them apart`},
		{"no name", "config.lr,summary.l\n1,2\n", "", Choice{Metric: "l"}, "row 2: the run has neither an id nor a name"},
		{"state", "Name,State,config.lr,summary.l\na,odd,1,2\n", "", Choice{Metric: "l"}, `row 2: unknown state "odd"`},
		{"time", "Name,Created,config.lr,summary.l\na,odd,1,2\n", "", Choice{Metric: "l"}, `"odd" is no time`},
		{"empty", "", "", Choice{Metric: "l"}, "the file is empty"},
		{"semicolons", "\"Name\";\"config.lr\";\"summary.l\"\n\"a\";\"0,1\";2\n", "", Choice{Metric: "l"}, "its columns are separated by semicolons; write it with commas"},
		{"tabs", "Name\tl\na\t1\n", "", Choice{Metric: "l"}, "its columns are separated by tabs"},
		{"a header alone", "Name,l\n", "", Choice{Metric: "l"}, "has no run"},
		{"all running", "Name,State,config.lr,summary.l\na,running,1,2\n", "", Choice{Metric: "l"}, "no run that has ended"},
		{"ragged", "Name,l\na\n", "", Choice{Metric: "l"}, "line 2"},
		{"a dict that breaks off", "name,config,summary\na,{'a': 1},\"{'l': 2\"\n", "", Choice{Metric: "l"}, "row 2, column summary: expected , or }"},
		{"no steps", page, "run,val_loss\nwarm-sun-1,1\n", Choice{Metric: "val_loss"}, "no column counts steps; name it with --step; there is run, val_loss"},
		{"a column of steps that is not there", page, "run,_step,val_loss\nwarm-sun-1,1,1\n", Choice{Metric: "val_loss", Step: "it"}, "no column counts steps"},
		{"a step that is none", page, "run,_step,val_loss\nwarm-sun-1,1.5,1\n", Choice{Metric: "val_loss"}, `row 2, column _step: "1.5" is no step`},
		{"nobody's history", page, "_step,val_loss\n1,1\n", Choice{Metric: "val_loss"}, "no column says which run a row is of"},
		{"another's history", page, "run,_step,val_loss\nz,1,1\n", Choice{Metric: "val_loss"}, "none of its rows is of a run of the table"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h io.Reader
			if c.history != "" {
				h = strings.NewReader(c.history)
			}
			c.o.Sweep = "runs"
			if _, err := Read(strings.NewReader(c.runs), h, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestParseCell(t *testing.T) {
	for text, want := range map[string]flat{
		`{}`: nil, `{"a": 1, 'b': null, }`: {{"a", "1"}, {"b", ""}},
		`{'a': 'x\'y\n\xe9é', 1: "don't"}`:       {{"a", "x'y\néé"}, {"1", "don't"}},
		`{'a': {'b': {'c': -1.5}}, 'd': []}`:     {{"a.b.c", "-1.5"}, {"d", "[]"}},
		`{'a': [{'b': (1, 'x]')}, 2], 'e': inf}`: {{"a", "[{'b': (1, 'x]')}, 2]"}, {"e", "inf"}},
		`{"a": "\ud83d"}`:                        {{"a", `\ud83d`}},
	} {
		got, err := parseCell(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{``, `{`, `{'a'}`, `{'a': }`, `{'a': 1} x`, `{'a': 'b`, `{'a': [1}`, `{'a' 1}`, `[1]`, strings.Repeat(`{'a':`, 1000), `{'a':` + strings.Repeat(`[`, 1000)} {
		if got, err := parseCell(text); err == nil {
			t.Errorf("%.30s: %q, want an error", text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(page, "run,_step,val_loss\nwarm-sun-1,1,1\n", "val_loss")
	f.Add(dicts, "Step,one - val_loss\n1,2\n", "val_loss")
	f.Add("id,config.lr,summary.l\nq1,0.1,2.5\n", "_step,l\n0,1\n", "l")
	f.Fuzz(func(t *testing.T, runs, history, metric string) {
		var h io.Reader
		if history != "" {
			h = strings.NewReader(history)
		}
		x, err := Read(strings.NewReader(runs), h, Choice{Sweep: "fuzz", Metric: metric, Seed: "seed"})
		if err != nil {
			return
		}
		if _, err := (&x).Fresh(); err != nil && !strings.Contains(err.Error(), "trial") {
			t.Error(err)
		}
	})
}

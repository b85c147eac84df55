package results

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sweep/sweeps"
)

// cross makes a plan of sizes by rates by names of optimizers, one configuration each; nil leaves a combination out.
func cross(name string, replicates int, sizes []int, rates []float64, optimizers []string, skip func(size int, rate float64, optimizer string) bool) *sweeps.Plan {
	p := grid(name, replicates)
	for _, size := range sizes {
		for _, rate := range rates {
			for _, o := range optimizers {
				if skip != nil && skip(size, rate, o) {
					continue
				}
				c := grid(name, replicates, size).Configurations[0]
				c.ID = digest(size, rate, o)[:12]
				c.Params = sweeps.Values{{Name: "hidden_size", Value: sweeps.IntValue(int64(size))},
					{Name: "learning_rate", Value: sweeps.FloatValue(rate)}, {Name: "optimizer", Value: sweeps.StringValue(o)}}
				for r := range c.Trials {
					k := digest("trial", size, rate, o, r)
					c.Trials[r].Key, c.Trials[r].ID, c.Trials[r].Params, c.Trials[r].Configuration = k, k[:12], c.Params, c.ID
				}
				p.Configurations = append(p.Configurations, c)
			}
		}
	}
	return p
}

// crossed trains a plan of cross: adam is better by 1 but for the size 50 at 0.2; size 200 has diverged once at 0.2.
func crossed(t *testing.T, s *Store, p *sweeps.Plan) {
	t.Helper()
	put(t, s, p)
	for _, trial := range p.Trials() {
		size, _ := trial.Params.Lookup("hidden_size")
		rate, _ := trial.Params.Lookup("learning_rate")
		o, _ := trial.Params.Lookup("optimizer")
		n, _ := size.Int()
		f, _ := rate.Float()
		v := 100 - float64(n)/10 + 20*f + float64(trial.Replicate)/8
		if (o.String() == "adam") != (n == 50 && f == 0.2) {
			v--
		}
		if n == 200 && f == 0.2 && trial.Replicate == 1 {
			claim(t, s, trial)
			finish(t, s, trial, sweeps.Outcome{State: sweeps.Diverged, Err: "loss is NaN", Step: 10, Linkable: true})
			continue
		}
		train(t, s, trial, map[string]float64{"val/perplexity": v, "val/accuracy": v / 200, "test/perplexity": 300 - v})
	}
}

// picture writes a table's cells as text.
func picture(tab Crosstab) string {
	var b strings.Builder
	for i, line := range tab.Cells {
		b.WriteString(name(tab.RowValues[i]) + ":")
		for _, c := range line {
			switch {
			case c.Configuration == "":
				b.WriteString(" -")
				continue
			case c.Mean == nil:
				b.WriteString(" " + c.State)
			default:
				fmt.Fprintf(&b, " %.4g", *c.Mean)
			}
			b.WriteString(map[bool]string{true: "!"}[bool(c.Best)] + map[bool]string{true: "~"}[c.Tied()] +
				strings.Repeat("+", c.Diverged) + map[bool]string{true: "(" + settings(c.Chosen) + ")"}[len(c.Chosen) > 0])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestCrosstab(t *testing.T) {
	s := opened(t)
	p := cross("wide", 3, []int{200, 50, 100}, []float64{0.2, 0.1}, []string{"sgd", "adam"},
		func(size int, rate float64, _ string) bool { return size == 100 && rate == 0.1 })
	crossed(t, s, p)
	for name, c := range map[string]struct {
		options CrosstabOptions
		cells   string
		notes   []string
	}{
		"the best of what varies further": {
			CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate"},
			"50: 96.25(optimizer = adam) 98.25(optimizer = sgd)\n100: - 93.25(optimizer = adam)\n200: 81.25!(optimizer = adam) 83.31+(optimizer = adam)\n",
			[]string{"Of the values of optimizer each cell shows the best by val/perplexity. 50 x 0.1: optimizer = adam; 50 x 0.2: optimizer = sgd;",
				"a little too good", "Bold: the best by val/perplexity.", Dagger + " A replicate diverged", "the lower the better"},
		},
		"fixed by an expression": {
			CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate", Where: "optimizer = 'sgd' AND hidden_size < 200"},
			"50: 97.25 98.25\n100: - 94.25!\n", []string{"Only trials where optimizer = 'sgd' AND hidden_size < 200."},
		},
		"fewer replicates": {
			CrosstabOptions{Rows: "hidden_size", Cols: "optimizer", Where: "learning_rate = 0.1 AND replicate = 1"},
			"50: 97.12 96.12\n200: 82.12 81.12!\n", []string{"Bold: the best by val/perplexity."},
		},
		"another metric of the same models": {
			CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate", Cell: "val/accuracy"},
			"50: 0.4813(optimizer = adam) 0.4913!(optimizer = sgd)\n100: - 0.4662(optimizer = adam)\n200: 0.4062(optimizer = adam) 0.4166+(optimizer = adam)\n",
			[]string{"each cell shows the best by val/perplexity.", "Bold: the best by val/accuracy.", "the higher the better"},
		},
		"test figures choose nothing": {
			CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate", Cell: "test/perplexity"},
			"50: 203.8(optimizer = adam) 201.8(optimizer = sgd)\n100: - 206.8(optimizer = adam)\n200: 218.8!(optimizer = adam) 216.7+(optimizer = adam)\n",
			[]string{"Bold: the best by val/perplexity, since no figure of the test part chooses"},
		},
		"one column": {
			CrosstabOptions{Rows: "optimizer", Where: "hidden_size = 200 AND learning_rate = 0.1"},
			"sgd: 82.25\nadam: 81.25!\n", nil,
		},
	} {
		tab, err := s.Crosstab(t.Context(), "wide", c.options)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := picture(tab); got != c.cells {
			t.Errorf("%s: got\n%swant\n%s", name, got, c.cells)
		}
		notes := strings.Join(tab.Notes, "\n")
		for _, n := range c.notes {
			if !strings.Contains(notes, n) {
				t.Errorf("%s: notes\n%s\nlack %q", name, notes, n)
			}
		}
	}
	tab, err := s.Crosstab(t.Context(), "wide", CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate", Where: "replicate = 2"})
	if err != nil || tab.Cells[0][0].Low != nil || tab.Cells[0][0].N != 1 || tab.Cells[0][0].Of != 2 {
		t.Errorf("one replicate: %+v, %v", tab.Cells, err)
	}
}

// TestCrosstabOfTies has the marks agree with those of v_configurations.
func TestCrosstabOfTies(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {139, 139.2, 138.9}, 100: {133.5, 133.4, 133.9}, 200: {133.6, 133.1, 133.8}})
	tab, err := s.Crosstab(t.Context(), "hidden", CrosstabOptions{Rows: "hidden_size"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := picture(tab), "50: 139\n100: 133.6~\n200: 133.5!\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	rows, err := s.Configurations(t.Context(), "hidden", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, line := range tab.Cells {
			if c := line[0]; c.Configuration == r.Configuration && (c.TiedWithBest != r.TiedWithBest || c.Best != r.Best || *c.Mean != *r.Mean || *c.Low != *r.Low || *c.High != *r.High || *c.SD != *r.SD) {
				t.Errorf("cell %+v is not %+v", c, r)
			}
		}
	}
	if len(tab.Chosen) != 0 || !strings.Contains(strings.Join(tab.Notes, "\n"), "underlined: those that cannot be told apart from it at 5%") {
		t.Errorf("chosen %q, notes %q", tab.Chosen, tab.Notes)
	}
}

func TestCrosstabBeforeTheEnd(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 10, 20, 30, 40)
	put(t, s, p)
	claim(t, s, p.Trials()[1])
	claim(t, s, p.Trials()[2])
	finish(t, s, p.Trials()[2], sweeps.Outcome{State: sweeps.Stopped, Step: 10, ByRule: true, Linkable: true})
	claim(t, s, p.Trials()[3])
	finish(t, s, p.Trials()[3], sweeps.Outcome{State: sweeps.Failed, Err: "no"})
	for _, metric := range []string{"", "test/loss"} {
		tab, err := s.Crosstab(t.Context(), "hidden", CrosstabOptions{Rows: "hidden_size", Cell: metric})
		if got, want := picture(tab), "10: waiting\n20: running\n30: stopped\n40: failed\n"; err != nil || got != want {
			t.Errorf("%s: got\n%s%v\nwant\n%s", metric, got, err, want)
		}
	}
	if err := s.Release(t.Context(), "hidden"); err != nil {
		t.Fatal(err)
	}
}

func TestCrosstabRefuses(t *testing.T) {
	s := opened(t)
	p := cross("wide", 1, []int{50, 100}, []float64{0.1}, []string{"sgd", "adam"}, nil)
	for i := range p.Configurations { // on two texts
		for j := range p.Configurations[i].Trials {
			p.Configurations[i].Trials[j].Data.Split = fmt.Sprint(i)
		}
		p.Configurations[i].Data.Split = fmt.Sprint(i)
	}
	put(t, s, p)
	for _, trial := range p.Trials() {
		train(t, s, trial, perplexity(100))
	}
	for _, c := range []struct {
		options CrosstabOptions
		is      error
		want    string
	}{
		{CrosstabOptions{Rows: "hiden_size", Cols: "learning_rate"}, ErrTable, `no parameter "hiden_size" for its rows; did you mean hidden_size`},
		{CrosstabOptions{Rows: "hidden_size", Cols: "lr"}, ErrTable, `for its cols; did you mean learning_rate`},
		{CrosstabOptions{Rows: "hidden_size", Cols: "hidden_size"}, ErrTable, "both hidden_size"},
		{CrosstabOptions{Rows: "hidden_size", Where: "hidden_size > 1000"}, ErrTable, "no trial of sweep wide is left where hidden_size > 1000"},
		{CrosstabOptions{Rows: "hidden_size", Where: "hiden_size > 1000"}, ErrQuery, "did you mean hidden_size"},
		{CrosstabOptions{Rows: "hidden_size", Cell: "val/los", Cols: "optimizer"}, ErrNotFound, "the sweep has val/loss and val/perplexity"},
		{CrosstabOptions{Rows: "hidden_size", Cols: "learning_rate"}, ErrTable, `such as --where "optimizer = 'sgd'"`},
	} {
		if _, err := s.Crosstab(t.Context(), "wide", c.options); !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want %s", c.options, err, c.want)
		}
	}
	if _, err := s.Crosstab(t.Context(), "nothing", CrosstabOptions{Rows: "a"}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	tab, err := s.Crosstab(t.Context(), "wide", CrosstabOptions{Rows: "hidden_size", Cols: "optimizer"})
	if err != nil || !strings.Contains(strings.Join(tab.Notes, " "), "Nothing is marked") {
		t.Errorf("%q, %v", tab.Notes, err)
	}
}

package results

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// oddly makes a plan whose hyperparameters have names that SQL or the views could take for something else.
func oddly(name string) *sweeps.Plan {
	p := grid(name, 1, 10, 20, 30)
	for i := range p.Configurations {
		c := &p.Configurations[i]
		c.Params = append(c.Params,
			sweeps.Setting{Name: "steps", Value: sweeps.IntValue(int64(1000 * i))},
			sweeps.Setting{Name: "optimizer.lr-decay", Value: sweeps.FloatValue(float64(i) / 2)},
			sweeps.Setting{Name: "or", Value: sweeps.IntValue(int64(i))},
			sweeps.Setting{Name: "note", Value: sweeps.StringValue(`it's "so"`)},
			sweeps.Setting{Name: "bias", Value: sweeps.BoolValue(i == 1)})
		if i == 2 {
			c.Params = append(c.Params, sweeps.Setting{Name: "momentum", Value: sweeps.FloatValue(0.9)})
		}
		for j := range c.Trials {
			c.Trials[j].Params = c.Params
		}
	}
	return p
}

func TestSelect(t *testing.T) {
	s := opened(t)
	p := oddly("odd")
	put(t, s, p)
	for i, trial := range p.Trials() {
		train(t, s, trial, perplexity([]float64{12, 11, 13}[i]))
	}
	for _, c := range []struct {
		where, sort, want string // sizes
	}{
		{"", "", "10 20 30"},
		{"val_perplexity < 12.5", "", "10 20"},
		{"VAL_PERPLEXITY < 12.5 -- the good ones", "", "10 20"},
		{"hidden_size >= 20", "-val_perplexity", "30 20"},
		{"hidden_size>=20 and(hidden_size<30)", "", "20"},
		{"param.hidden_size IN (10, 30)", "val_perplexity", "10 30"},
		{`"hidden_size" = 10 OR param."hidden_size" = 30`, "", "10 30"},
		{"steps = 100", "-param.steps", "30 20 10"}, // the column
		{"param.steps > 0", "", "20 30"},
		{"optimizer.lr-decay = 0.5", "", "20"},
		{"param.optimizer.lr-decay < 1", "param.optimizer.lr-decay", "10 20"},
		{"param.or = 1 or val_perplexity = 13", "", "20 30"},
		{`note = 'it''s "so"' AND state = 'complete'`, "", "10 20 30"},
		{"bias", "", "20"},
		{"momentum IS NULL", "", "10 20"},
		{"", "momentum", "30 10 20"}, // NULL last
		{"", "state", "10 20 30"},    // equals in the order of the plan
		{"", "-state", "10 20 30"},
		{"", "-momentum,-hidden_size", "30 20 10"},
		{"max(hidden_size, 25) = 25", "", "10 20"},
		{"val_perplexity = (SELECT min(value) FROM v_trials)", "", "20"},
		{"error IS NOT NULL", "", ""},
		{"param.note LIKE '%(%' OR param.note LIKE '%;%' OR 1", "", "10 20 30"},
	} {
		if pgtest.Server() != "" && (c.where == "bias" || strings.HasSuffix(c.where, "OR 1")) {
			continue // PostgreSQL takes no number for a truth value
		}
		o := Selection{Where: c.where}
		if c.sort != "" {
			o.Sort = strings.Split(c.sort, ",")
		}
		rows, truncated, err := s.Select(t.Context(), "odd", o)
		if err != nil || truncated {
			t.Errorf("%s by %s: truncated %v, %v", c.where, c.sort, truncated, err)
			continue
		}
		var got []string
		for _, r := range rows {
			got = append(got, size(t, r))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s by %s: got %q, want %s", c.where, c.sort, got, c.want)
		}
	}
	rows, _, err := s.Select(t.Context(), "odd", Selection{})
	if err != nil {
		t.Fatal(err)
	}
	cells, err := rows[0].Cells([]string{"param.note", "param.bias", "param.momentum", "val_perplexity", "retired", "state"})
	if got, want := fmt.Sprintf("%s", cells), `["it's \"so\"" false null 12 0 "complete"]`; err != nil || got != want {
		t.Errorf("got %s, want %s; %v", got, want, err)
	}
}

func size(t *testing.T, r Trial) string {
	t.Helper()
	cells, err := r.Cells([]string{"param.hidden_size"})
	if err != nil {
		t.Fatal(err)
	}
	return string(cells[0])
}

func TestSelectRefuses(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	trained(t, s, grid("hidden", 1, 50), map[int][]float64{50: {135.1}})
	for _, c := range []struct{ where, sort, want string }{
		{"val_perplexty < 3", "", "did you mean val_perplexity"},
		{"hiden_size = 4", "", "did you mean hidden_size"},
		{"param.hiden_size = 4", "", "did you mean hidden_size"},
		{`"hiden_size" = 4`, "", "did you mean hidden_size"},
		{`state = "complete"`, "", `no column or parameter "complete"`},
		{"", "val_los", "did you mean val_loss"},
		{"", "-", "there is no column"},
		{"1) UNION SELECT name FROM sqlite_schema --", "", "closed that was not opened"},
		{"1) OR (1", "", "closed that was not opened"},
		{"(1", "", "not closed"},
		{"1; DROP TABLE trials", "", "semicolon"},
		{"'1", "", "not closed"},
		{"/* 1", "", "not closed"},
		{"val_loss <", "", "syntax error"},
		{"1 ORDER BY 1 LIMIT 1", "", "syntax error"},
		{"load_extension('x')", "", "not authorized"},
		{"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)", "", "longer than 2s"},
		{"val_loss = \x00", "", "NUL"},
	} {
		if pgtest.Server() != "" && (c.where == "bias" || strings.HasSuffix(c.where, "OR 1")) {
			continue // PostgreSQL takes no number for a truth value
		}
		o := Selection{Where: c.where}
		if c.sort != "" {
			o.Sort = []string{c.sort}
		}
		rows, _, err := s.Select(t.Context(), "hidden", o)
		if !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by %s: %d trials, %v; want %s", c.where, c.sort, len(rows), err, c.want)
		}
	}
	if _, _, err := s.Select(t.Context(), "nothing", Selection{Where: "1"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a sweep that is not there: %v", err)
	}
}

func FuzzSelect(f *testing.F) {
	for _, seed := range []string{"a = 1", `param."a-b" > 2`, "(x) --", "'it''s'", "param.", `"`, "param.a.b", "1)/*", "[x] `y`"} {
		f.Add(seed)
	}
	n := Names{Params: []string{"a", "a-b", "or", "x.y"}}
	f.Fuzz(func(t *testing.T, text string) {
		used := map[string]bool{}
		out, err := n.expression(text, used)
		if err != nil {
			if !errors.Is(err, ErrQuery) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if strings.ContainsRune(text, 0) || len(out) > limitSQLLength/2 {
			return // which Query refuses
		}
		if _, err := oneStatement("SELECT (\n" + out + "\n)"); err != nil { // it is still one expression
			t.Errorf("%q became %q: %v", text, out, err)
		}
	})
}

package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/sweeps"
)

// twoSweeps records two sweeps that share trainings: wide has all to their end, hidden only the first; it has stopped one
// early that wide has trained whole, has one that diverged, one retired and one that waits.
func twoSweeps(t *testing.T, s *Store) {
	t.Helper()
	wide := grid("wide", 2, 50, 100)
	hidden := grid("hidden", 2, 50, 100, 200)
	put(t, s, hidden)
	ts := hidden.Trials()
	train(t, s, ts[0], perplexity(130))
	claim(t, s, ts[1])
	record(t, s, ts[1], sweeps.Point{Metric: "val/loss", Step: 50, Value: 7})
	finish(t, s, ts[1], sweeps.Outcome{State: sweeps.Stopped, Seconds: 1, Step: 50, Linkable: true})
	claim(t, s, ts[2])
	record(t, s, ts[2], sweeps.Point{Metric: "only/here", Step: 10, Value: 1})
	finish(t, s, ts[2], sweeps.Outcome{State: sweeps.Diverged, Seconds: 1, Step: 10, Linkable: true})
	put(t, s, grid("hidden", 2, 50, 100)) // 200 is retired
	put(t, s, wide)
	for _, trial := range wide.Trials() {
		c, err := s.Claim(t.Context(), trial)
		if err != nil {
			t.Fatal(err)
		}
		if c.Run {
			record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: 100, Value: 5}, sweeps.Point{Metric: "only/wide", Step: 100, Value: 5},
				sweeps.Point{Metric: "val/perplexity", Step: 100, Value: 140, Final: true})
			finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Seconds: 2, Step: 100, Linkable: true})
		}
	}
	b := []Baseline{{Corpus: "gostd", Split: "aaaa", Vocabulary: "bbbb", Model: "unigram", OrderN: 1}, {Corpus: "names", Split: "x", Vocabulary: "y", Model: "unigram", OrderN: 1}}
	if err := s.PutBaselines(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func TestExtract(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	twoSweeps(t, s)
	for sweep, word := range map[string]string{"hidden": "only/here", "wide": "only/wide"} {
		if err := s.EndSweep(t.Context(), sweep, "interrupted", 1); err != nil { // else the standings follow in a while, here and not in the copy
			t.Fatal(err)
		}
		rows, err := s.Trials(t.Context(), sweep)
		if err != nil {
			t.Fatal(err)
		}
		on, training := Noted{Sweep: sweep}, Noted{Trial: rows[len(rows)-1].Trial} // which the other sweep may have, too
		if err := errors.Join(s.AddNote(t.Context(), on, word), s.AddTags(t.Context(), on, []string{word}),
			s.AddNote(t.Context(), training, "seen"), s.AddTags(t.Context(), training, []string{"seen"})); err != nil {
			t.Fatal(err)
		}
	}
	for _, sweep := range []string{"hidden", "wide"} {
		dir := t.TempDir()
		if err := s.Extract(t.Context(), sweep, filepath.Join(dir, FileName)); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v: want the file alone", err, entries)
		}
		raw, err := os.ReadFile(filepath.Join(dir, FileName))
		if err != nil {
			t.Fatal(err)
		}
		for _, foreign := range map[string][]string{"hidden": {"only/wide", "name: wide"}, "wide": {"only/here", "name: hidden"}}[sweep] {
			if strings.Contains(string(raw), foreign) {
				t.Errorf("the copy of %s holds %q", sweep, foreign)
			}
		}
		copied := reopened(t, dir, Options{})
		all, err := copied.Sweeps(t.Context())
		if err != nil || len(all) != 1 || all[0].Sweep != sweep {
			t.Fatalf("%v, %+v, want %s alone", err, all, sweep)
		}
		for _, view := range []string{"v_sweeps", "v_trials", "v_points", "v_configurations"} {
			query := fmt.Sprintf("SELECT * FROM %s WHERE sweep = '%s' ORDER BY 1, 2, 3, 4", view, sweep)
			want, err := s.Query(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			got, err := copied.Query(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" || len(want.Rows) == 0 {
				t.Errorf("%s of %s (-record +copy):\n%s", view, sweep, d)
			}
		}
		baselines, err := copied.Query(t.Context(), "SELECT corpus FROM v_baselines")
		if err != nil || len(baselines.Rows) != 1 {
			t.Errorf("%v, baselines %v, want that of its own text", err, baselines.Rows)
		}
		if err := copied.writer.db.Exec(`UPDATE trials SET steps = 1 WHERE state = 'complete'`).Error; err == nil {
			t.Error("a finished trial of the copy can be written again")
		}
	}
	quiet := reopened(t, filepath.Dir(s.db.String()), Options{ReadOnly: true})
	quiet.db.(*sqliteFile).immutable = true // as in a folder that cannot be written
	if err := quiet.Extract(t.Context(), "wide", filepath.Join(t.TempDir(), FileName)); err != nil {
		t.Errorf("from a record that cannot be written: %v", err)
	}
	if err := s.Extract(t.Context(), "nothing", filepath.Join(t.TempDir(), "x.db")); sentinel(err) != ErrNotFound {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

// TestRemainderKnowsEveryTable fails when a migration adds a table of which Extract knows nothing.
func TestRemainderKnowsEveryTable(t *testing.T) {
	schema, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`CREATE TABLE (\w+)`).FindAllStringSubmatch(string(schema), -1) {
		if !strings.Contains(strings.Join(remainder, "\n"), "DELETE FROM "+m[1]+" ") {
			t.Errorf("what becomes of table %s when one sweep is copied?", m[1])
		}
	}
}

func TestContents(t *testing.T) {
	s := opened(t)
	twoSweeps(t, s)
	c, err := s.Contents(t.Context(), "hidden", "")
	if err != nil {
		t.Fatal(err)
	}
	trials, err := s.Trials(t.Context(), "hidden")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(trials, c.Trials); d != "" || len(trials) != 6 || !bool(trials[5].Retired) {
		t.Errorf("trials: %s", d)
	}
	for _, trial := range trials {
		one, err := s.Contents(t.Context(), "hidden", trial.Trial)
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.TrialPoints(t.Context(), "hidden", trial.Trial)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, one.Points); d != "" || len(one.Trials) != 1 || one.Trials[0].Trial != trial.Trial {
			t.Errorf("trial %s: %s", trial.Trial, d)
		}
		finals, err := s.Finals(t.Context(), "hidden", trial.Trial)
		if err != nil {
			t.Fatal(err)
		}
		if len(finals) > 0 || one.Finals[trial.Trial] != nil {
			if d := cmp.Diff(finals, one.Finals[trial.Trial]); d != "" {
				t.Errorf("figures of %s: %s", trial.Trial, d)
			}
		}
		var own []Point
		for _, p := range c.Points {
			if p.Trial == trial.Trial {
				own = append(own, p)
			}
		}
		if d := cmp.Diff(want, append([]Point{}, own...)); d != "" {
			t.Errorf("points of %s in the sweep's: %s", trial.Trial, d)
		}
	}
	if _, err := s.Contents(t.Context(), "nothing", ""); sentinel(err) != ErrNotFound {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

package results

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// grid makes a plan of one configuration a size, with a rate that goes with it, and the replicates' seeds 11, 22, ...
func grid(name string, replicates int, sizes ...int) *sweeps.Plan {
	p := &sweeps.Plan{
		Spec: &sweeps.Spec{
			Name: name, Method: "grid", Seed: 1, Replicates: sweeps.Replicates{N: replicates},
			Metric: sweeps.Metric{Name: "val/perplexity"},
		},
		Trainer: "test", Version: "1",
	}
	for _, size := range sizes {
		key := sweeps.Values{{Name: "hidden_size", Value: sweeps.IntValue(int64(size))}}
		c := sweeps.Configuration{
			ID:     digest("configuration", size)[:12],
			Params: append(sweeps.Values{{Name: "corpus", Value: sweeps.StringValue("gostd")}}, append(key, sweeps.Setting{Name: "learning_rate", Value: sweeps.FloatValue(0.1 / float64(size))})...),
			Resolved: sweeps.Resolved{
				Key: key, Parameters: int64(1000 * size), Steps: 100,
				Data: sweeps.Data{Corpus: "gostd", Split: "aaaa", Vocabulary: "bbbb"},
			},
		}
		for r := 1; r <= replicates; r++ {
			k := digest("trial", size, 11*r)
			c.Trials = append(c.Trials, sweeps.Trial{
				ID: k[:12], Key: k, Sweep: name, Configuration: c.ID, Replicate: r, Seed: uint64(11 * r),
				Params: c.Params, Resolved: c.Resolved,
			})
		}
		p.Configurations = append(p.Configurations, c)
	}
	return p
}

func digest(parts ...any) string {
	sum := sha256.Sum256(fmt.Append(nil, parts...))
	return hex.EncodeToString(sum[:])
}

// opened opens a record in a new folder and, at the end of the test, checks that it is sound.
func opened(t *testing.T) *Store {
	t.Helper()
	return reopened(t, t.TempDir(), Options{})
}

func reopened(t *testing.T, dir string, o Options) *Store {
	t.Helper()
	o.URL = cmp.Or(o.URL, addressFor(t, dir))
	s, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		sound(t, dir)
	})
	return s
}

// addressFor is where the record lies that a test has in a folder: "" for a file in it, or, where the tests are given a
// PostgreSQL, a schema of that.
func addressFor(t *testing.T, dir string) string {
	t.Helper()
	if pgtest.Server() == "" {
		return ""
	}
	return pgtest.Schema(t, "test_"+digest(dir)[:16])
}

// ofFiles skips a test of what only files of SQLite have.
func ofFiles(t *testing.T) {
	t.Helper()
	if pgtest.Server() != "" {
		t.Skip("of files of SQLite alone")
	}
}

// sound fails the test if the record in dir is not.
func sound(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := testContext()
	defer cancel()
	s, err := Open(ctx, dir, Options{ReadOnly: true, URL: addressFor(t, dir)})
	if err != nil {
		t.Errorf("open to check: %v", err)
		return
	}
	defer s.Close()
	found, err := s.Check(ctx)
	if err != nil || len(found) > 0 {
		t.Errorf("check: %v, %q", err, found)
	}
}

// put records a plan.
func put(t *testing.T, s *Store, p *sweeps.Plan) Diff {
	t.Helper()
	d, err := s.PutPlan(t.Context(), p, Provenance{Program: "test", SpecSource: "name: " + p.Spec.Name})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// claim claims a trial, which must be free.
func claim(t *testing.T, s *Store, trial sweeps.Trial) sweeps.Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), trial)
	if err != nil {
		t.Fatal(err)
	}
	if !c.Run {
		t.Fatalf("claim of %s/%s: %+v, want to run it", trial.Sweep, trial.ID, c)
	}
	return c
}

// train claims a trial, reports a short curve and final figures, and finishes it as complete.
func train(t *testing.T, s *Store, trial sweeps.Trial, finals map[string]float64) {
	t.Helper()
	claim(t, s, trial)
	pts := []sweeps.Point{
		{Step: 0},
		{Metric: "val/loss", Step: 50, Examples: 500, Seconds: 1, Value: 6},
		{Metric: "val/loss", Step: 100, Examples: 1000, Seconds: 2, Value: 5},
	}
	for m, v := range finals {
		pts = append(pts, sweeps.Point{Metric: m, Step: 100, Examples: 1000, Seconds: 2, Value: v, Final: true})
	}
	record(t, s, trial, pts...)
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Seconds: 2, Step: 100, Examples: 1000, Linkable: true})
}

func record(t *testing.T, s *Store, trial sweeps.Trial, pts ...sweeps.Point) {
	t.Helper()
	if err := s.Record(t.Context(), trial, pts); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, s *Store, trial sweeps.Trial, o sweeps.Outcome) {
	t.Helper()
	if err := s.Finish(t.Context(), trial, o); err != nil {
		t.Fatal(err)
	}
}

// perplexity is what a trained trial of the fixture ends with.
func perplexity(v float64) map[string]float64 { return map[string]float64{"val/perplexity": v} }

// trials reads the trials of a sweep by id.
func trials(t *testing.T, s *Store, sweep string) map[string]Trial {
	t.Helper()
	rows, err := s.Trials(t.Context(), sweep)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]Trial{}
	for _, r := range rows {
		byID[r.Trial] = r
	}
	return byID
}

// points reads the curves of a sweep.
func points(t *testing.T, s *Store, sweep string) []Point {
	t.Helper()
	pts, err := s.Points(t.Context(), sweep)
	if err != nil {
		t.Fatal(err)
	}
	return pts
}

// clock is a clock that goes one second forward each time it is read.
func clock() func() time.Time {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678000000, time.UTC)
	return func() time.Time { at = at.Add(time.Second); return at }
}

package trainer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var errInterrupt = errors.New("interrupted by the test")

// TestInterrupted breaks trainings off at random moments, between steps as in the middle of evaluations, several
// times each, and requires what an unbroken one gives: points, sums, weights.
func TestInterrupted(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for name, cfg := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := &watch{}
			want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe, Now: fastClock()})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 7))
			middle := 0
			for range 12 {
				broken, dir := &watch{}, t.TempDir()
				var got *Model
				for got == nil {
					ctx, cancel := context.WithCancelCause(t.Context())
					broken.ticks = 0
					patience := 1 + rng.IntN(90) // looks at the clock of a session
					broken.atPoint = func(p Point) error {
						if p.Metric == "" && broken.ticks == patience {
							cancel(errInterrupt)
						}
						return nil
					}
					got, err = Train(ctx, cfg, data, Session{Dir: dir, Observe: broken.observe, Now: fastClock()})
					if err != nil && err != errInterrupt {
						t.Fatal(err)
					}
					cancel(nil)
				}
				for _, s := range broken.starts {
					if s > 0 && s < int64(cfg.Steps) {
						middle++
					}
				}
				sameRun(t, broken, whole, got, want)
				again := &watch{}
				if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe}); err != nil {
					t.Fatal(err)
				}
				if len(again.points) != len(whole.points) {
					t.Errorf("%d points were kept, want %d", len(again.points), len(whole.points))
				}
			}
			if middle == 0 {
				t.Error("no session went on from the middle")
			}
		})
	}
}

// TestKilled takes what a killed process leaves: the folder as it was at some moment, nothing written at the end.
func TestKilled(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["sampled"]
	whole := &watch{}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []int{3, 10, 37, 59, 63} {
		dir, left := t.TempDir(), t.TempDir()
		w := &watch{}
		w.atPoint = func(Point) error {
			if w.ticks == kill {
				if err := os.CopyFS(filepath.Join(left, "copy"), os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				w.ticks++
			}
			return nil
		}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 6 * time.Second, Observe: w.observe, Now: fastClock()}); err != nil {
			t.Fatal(err)
		}
		again, dir := &watch{}, filepath.Join(left, "copy")
		if err := os.WriteFile(filepath.Join(dir, ".step-000000000040.safetensors.part-1"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
		if err != nil {
			t.Fatal(err)
		}
		if kill >= 10 && again.starts[0] == 0 {
			t.Errorf("killed at look %d: it began anew", kill)
		}
		sameRun(t, again, whole, got, want)
		if files := names(t, dir); !slices.Equal(files, leftOver(cfg)) {
			t.Errorf("killed at look %d: left behind %v", kill, files)
		}
	}
}

// TestFinished requires that a training which is done is not done again, but told again.
func TestFinished(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for _, kind := range []string{"adam", "best"} {
		cfg, dir := kinds()[kind], t.TempDir()
		cfg.EvalExamples = 1 << 30 // so that the curve's figures are over the whole part, too
		first, second := &watch{}, &watch{}
		want, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: first.observe, Every: 1, Now: fastClock()})
		if err != nil {
			t.Fatal(err)
		}
		if files := names(t, dir); !slices.Equal(files, leftOver(cfg)) {
			t.Errorf("left behind: %v", files)
		}
		got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: second.observe})
		if err != nil {
			t.Fatal(err)
		}
		if second.starts[0] != int64(cfg.Steps) || second.ticks != 1 {
			t.Errorf("second session started at step %d and told progress %d times", second.starts[0], second.ticks)
		}
		sameRun(t, second, first, got, want)
		loaded, err := Load(filepath.Join(dir, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		sameRun(t, second, first, loaded, want)
		if loaded.Step != want.Step || kind == "best" && loaded.Step == int64(cfg.Steps) {
			t.Errorf("%s: model of step %d, want %d", kind, loaded.Step, want.Step)
		}
		f, err := Evaluate(t.Context(), want, data.Val, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range first.points {
			if p.Metric != "val/loss" {
				continue
			}
			if p.Final && p.Value != f.Loss {
				t.Errorf("%s: final val/loss %v, the model's is %v", kind, p.Value, f.Loss)
			}
			if kind == "best" && (p.Value < f.Loss || !p.Final && p.Step == want.Step && p.Value != f.Loss) {
				t.Errorf("val/loss %v at step %d, the best model's, of step %d, is %v", p.Value, p.Step, want.Step, f.Loss)
			}
		}
		cfg.Seed++ // another training does not take the model over
		third := &watch{}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: third.observe}); err != nil || third.starts[0] != 0 {
			t.Errorf("another seed: %v, started at %d", err, third.starts[0])
		}
	}
}

// TestKilledTidying takes what a process leaves that is killed between the model and the removal of checkpoints.
func TestKilledTidying(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["adam"], t.TempDir()
	first, second := &watch{}, &watch{}
	want, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: first.observe})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"step-000000000040.safetensors", "step-000000000060.safetensors", ".step-000000000060.safetensors.part-1"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("left"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: second.observe})
	if err != nil {
		t.Fatal(err)
	}
	if second.starts[0] != int64(cfg.Steps) {
		t.Errorf("second session started at step %d", second.starts[0])
	}
	sameRun(t, second, first, got, want)
	if files := names(t, dir); !slices.Equal(files, leftOver(cfg)) {
		t.Errorf("left behind: %v", files)
	}
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, e := range entries {
		s = append(s, e.Name())
	}
	return s
}

// TestDamagedCheckpoint damages the newest checkpoint, and both, in many ways: the older one is used, or none, and the
// result is the same.
func TestDamagedCheckpoint(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["adam"]
	want, err := Train(t.Context(), cfg, data, Session{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Step == 20 {
			return errInterrupt
		}
		return nil
	}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 1, Observe: w.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	files := names(t, dir)
	if want := []string{"step-000000000019.safetensors", "step-000000000020.safetensors"}; !slices.Equal(files, want) {
		t.Fatalf("checkpoints %v, want %v", files, want)
	}
	whole := map[string][]byte{}
	for _, f := range files {
		if whole[f], err = os.ReadFile(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	newest := whole[files[1]]
	damaged := map[string][]byte{"empty": nil, "other trial's": nil}
	rng := rand.New(rand.NewPCG(8, 8))
	for i := range 16 {
		damaged[fmt.Sprint("cut ", i)] = newest[:i*len(newest)/16]
		flipped := slices.Clone(newest)
		flipped[rng.IntN(len(newest))] ^= 1 << rng.IntN(8)
		damaged[fmt.Sprint("flipped ", i)] = flipped
	}
	other := t.TempDir()
	otherCfg := cfg
	otherCfg.Seed++
	w.points = nil
	if _, err := Train(t.Context(), otherCfg, data, Session{Dir: other, Observe: w.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	if damaged["other trial's"], err = os.ReadFile(filepath.Join(other, files[1])); err != nil {
		t.Fatal(err)
	}
	for name, bytes := range damaged {
		for _, both := range []bool{false, true} {
			dir := t.TempDir()
			put := func(f string, b []byte) {
				if err := os.WriteFile(filepath.Join(dir, f), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			put(files[1], bytes)
			from := int64(19)
			put(files[0], whole[files[0]])
			if both {
				from = 0
				put(files[0], bytes)
			}
			again := &watch{}
			got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again.starts[0] != from {
				t.Errorf("%s: went on from %d, want %d", name, again.starts[0], from)
			}
			if a, b := fingerprint(got), fingerprint(want); a != b {
				t.Errorf("%s: weights %s, want %s", name, a, b)
			}
		}
	}
}

// TestDamagedHigh has checkpoints of high steps that no session can go on from: they must not take the place of those
// that it writes.
func TestDamagedHigh(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["adam"], t.TempDir()
	cfg.Steps = 260
	otherCfg, other := cfg, t.TempDir()
	otherCfg.Seed++
	at := func(step int64, metric string) func(Point) error {
		return func(p Point) error {
			if p.Step == step && p.Metric == metric {
				return errInterrupt
			}
			return nil
		}
	}
	w := &watch{atPoint: at(260, "val/loss")}
	if _, err := Train(t.Context(), otherCfg, data, Session{Dir: other, Observe: w.observe}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	foreign, err := os.ReadFile(checkpointFile(other, 260))
	if err != nil {
		t.Fatal(err)
	}
	for step, b := range map[int64][]byte{1000: foreign[:len(foreign)/2], 260: foreign} {
		if err := os.WriteFile(checkpointFile(dir, step), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first, second, whole := &watch{atPoint: at(200, "")}, &watch{}, &watch{}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 50 * time.Second, Observe: first.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	if first.starts[0] != 0 {
		t.Errorf("first session started at step %d", first.starts[0])
	}
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: second.observe})
	if err != nil {
		t.Fatal(err)
	}
	if second.starts[0] != 200 {
		t.Errorf("second session started at step %d, want 200", second.starts[0])
	}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, second, whole, got, want)
}

// TestObserverFailsAtEnd breaks off between the final figures: the next session tells each once.
func TestObserverFailsAtEnd(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["adam"], t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Final && p.Metric == "val/top5" {
			return errInterrupt
		}
		return nil
	}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	again, whole := &watch{}, &watch{}
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
	if err != nil {
		t.Fatal(err)
	}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, again, whole, got, want)
	if again.starts[0] != int64(cfg.Steps) || len(again.points) != len(whole.points) {
		t.Errorf("from step %d, %d points; want step %d and %d", again.starts[0], len(again.points), cfg.Steps, len(whole.points))
	}
}

package trainer

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLongerTrainingGoesOn: a longer training that goes on from the end of a shorter one comes to the bits of one from the
// start, in its curve, too; where it would not, it trains from the start.
func TestLongerTrainingGoesOn(t *testing.T) {
	data := openText(t, "char", 6, 40)
	config := func(steps, evaluations int, schedule string) Config {
		c := Config{EmbeddingDim: 3, HiddenSize: 5, ContextLength: 2, Steps: steps, Evaluations: evaluations, Schedule: schedule, Seed: 4}
		return c.WithDefaults("char")
	}
	train := func(c Config, from ...string) (points []Point, dir string, began int64) {
		dir = t.TempDir()
		began = -1
		_, err := Train(t.Context(), c, data, Session{Dir: dir, From: from, Observe: func(p Point) error {
			if began < 0 {
				began = p.Step
			}
			if p.Metric != "" {
				p.Seconds = 0
				points = append(points, p)
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return points, dir, began
	}
	for _, c := range []struct {
		what                     string
		schedule                 string
		short, shortPoints, long int
		longPoints               int
		from                     int64 // the step that the longer one goes on from
	}{
		{"twice as long", "constant", 40, 4, 80, 8, 40},
		{"half as much again", "constant", 40, 4, 60, 6, 40},
		{"other points", "constant", 40, 4, 80, 5, 0},
		{"a schedule that spans all steps", "linear", 40, 4, 80, 8, 0},
		{"shorter", "constant", 40, 4, 20, 2, 0},
	} {
		_, short, _ := train(config(c.short, c.shortPoints, c.schedule))
		want, whole, _ := train(config(c.long, c.longPoints, c.schedule))
		got, dir, began := train(config(c.long, c.longPoints, c.schedule), filepath.Join(short, "nothing"), short)
		if began != c.from {
			t.Errorf("%s: went on from step %d, want %d", c.what, began, c.from)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d points, want %d", c.what, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: point %d is %+v, want %+v", c.what, i, got[i], want[i])
			}
		}
		a, err := openTensors(filepath.Join(whole, modelFile))
		if err != nil {
			t.Fatal(err)
		}
		b, err := openTensors(filepath.Join(dir, modelFile))
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.tensors {
			for j, x := range a.tensors[i].Data {
				if b.tensors[i].Data[j] != x {
					t.Fatalf("%s: tensor %s differs", c.what, a.tensors[i].Name)
				}
			}
		}
	}
	_, dir, _ := train(config(40, 4, "constant"))
	if err := os.WriteFile(filepath.Join(dir, lastFile), []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, began := train(config(80, 8, "constant"), dir); began != 0 {
		t.Errorf("a damaged file was gone on from, at step %d", began)
	}
}

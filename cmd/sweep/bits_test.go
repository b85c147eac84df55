package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/trainer"
)

// offered lists the values of a hyperparameter that this version trains with; those that only later ones will know are
// refused.
func offered(t *testing.T, name string) []string {
	t.Helper()
	i := slices.IndexFunc(trainer.Parameters(), func(p trainer.Parameter) bool { return p.Name == name })
	var values []string
	for _, v := range trainer.Parameters()[i].Choices {
		_, err := trainer.Configure("char", 1, func(n string) (any, bool) { return v, n == name })
		if err == nil {
			values = append(values, v)
		}
	}
	if len(values) < 2 {
		t.Fatalf("%s offers %v", name, values)
	}
	return values
}

// TestSameBits trains with every optimiser and loss for 200 steps, by 1, 2 and 4 workers with the widest kernels and by 2
// with every other fast path, and requires the very same weights.
func TestSameBits(t *testing.T) {
	spec := filepath.Join(t.TempDir(), "bits.yaml")
	text := fmt.Sprintf(`
name: bits
metric: {name: val/loss}
replicates: 2
parameters:
  corpus: names
  embedding_dim: 7
  hidden_size: 21
  optimizer: [%s]
  loss: [%s]
  dropout: [0, 0.2]
  learning_rate: 0.01
  steps: 200
  evaluations: 2
  eval_examples: 500
`, strings.Join(offered(t, "optimizer"), ", "), strings.Join(offered(t, "loss"), ", "))
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trainer.UseKernel(""); err != nil {
			t.Error(err)
		}
	})
	var want map[string]string
	for _, kernel := range []string{"avx512", "avx2", "neon"} {
		if trainer.UseKernel(kernel) != nil {
			t.Logf("this machine cannot run %s", kernel)
			continue
		}
		t.Setenv("SWEEP_KERNEL", kernel)
		workers := []string{"1", "2", "4"}
		if want != nil {
			workers = []string{"2"}
		}
		for _, workers := range workers {
			dir := t.TempDir()
			if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet", "--workers", workers); status != 0 {
				t.Fatalf("exit status %d\n%s", status, stderr)
			}
			got := modelHashes(t, dir)
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s workers: other weights than the first run's (-first +now):\n%s", kernel, workers, diff)
			}
		}
	}
	if len(want) < 2*2*2*2 {
		t.Errorf("%d models compared", len(want))
	}
}

// modelHashes maps every trial of a record to the hash of its weights. Their file also tells the seconds.
func modelHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for _, f := range files {
		m, err := trainer.Load(f)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for _, tensor := range m.Tensors() {
			if err := binary.Write(h, binary.LittleEndian, tensor.Data); err != nil {
				t.Fatal(err)
			}
		}
		hashes[filepath.Base(filepath.Dir(f))] = fmt.Sprintf("%x", h.Sum(nil)[:8])
	}
	return hashes
}

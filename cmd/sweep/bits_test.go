package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/trainer"
)

// TestSameBits trains with every optimiser and loss for 200 steps, by 1, 2 and 4 workers, on every fast path of the
// kernels, and requires the very same weights; and likewise in bf16 where it is offered, which is on one path at most:
// that others agree is a test of package trainer. Half of the trainings drop activations and keep rows of their table as
// principal components of features.
func TestSameBits(t *testing.T) {
	t.Cleanup(func() {
		if err := trainer.UseKernel(""); err != nil {
			t.Error(err)
		}
	})
	for _, precision := range trainer.Offered("precision") {
		t.Run(precision, func(t *testing.T) { sameBits(t, precision) })
	}
}

func sameBits(t *testing.T, precision string) {
	optimizers, losses := trainer.Offered("optimizer"), trainer.Offered("loss")
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
  precision: %s
  dropout: [0, 0.2]
  init_vectors: [none, features]
  freeze: [false, true]
  learning_rate: 0.01
  steps: 200
  evaluations: 2
  eval_examples: 500
zip: [[dropout, init_vectors, freeze]]
`, strings.Join(optimizers, ", "), strings.Join(losses, ", "), precision)
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	allWorkers := []string{"1", "2", "4"}
	if testing.Short() { // under the race detector, where a run takes ten times as long: workers against workers on one kernel
		allWorkers = []string{"1", "4"}
	}
	for _, kernel := range []string{"avx512", "avx2", "neon"} {
		if testing.Short() && want != nil {
			break
		}
		if trainer.UseKernel(kernel) != nil || (trainer.Config{Precision: precision}).Pays() != nil {
			t.Logf("this machine does not run %s on %s", precision, kernel)
			continue
		}
		t.Setenv("SWEEP_KERNEL", kernel)
		for _, workers := range allWorkers {
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
	if n := 2 * 2 * len(optimizers) * len(losses); want != nil && len(want) != n {
		t.Errorf("%d models compared, want %d", len(want), n)
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

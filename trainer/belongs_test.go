package trainer

import (
	"os"
	"path/filepath"
	"testing"
)

func TestBelongs(t *testing.T) {
	for name, want := range map[string][2]bool{ // belongs, is a checkpoint
		"model.safetensors": {true, false}, "losses.safetensors": {true, false}, "snapshots.safetensors": {true, false},
		"last.safetensors": {true, false}, filepath.Base(checkpointFile("x", 50)): {true, true},
		".model.safetensors.part-123": {true, true}, ".step-000000000050.safetensors.part-9": {true, true},
		"notes.txt": {}, "model.safetensors.bak": {}, ".notes.txt.part-1": {}, "step-50.safetensors": {}, "": {}, ".part-": {}, "model.safetensors.part-1": {},
	} {
		if got := [2]bool{Belongs(name), IsCheckpoint(name)}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	// What really lies there is known.
	dir := t.TempDir()
	f, err := os.CreateTemp(dir, "."+modelFile+unfinished)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if !Belongs(filepath.Base(f.Name())) {
		t.Error(f.Name())
	}
}

package sweeps

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var regen = flag.Bool("regen", false, "write the golden files anew")

// golden compares got with a file below testdata, or writes it with -regen.
func golden(t *testing.T, file, got string) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *regen {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		for i, line := range strings.Split(got, "\n") {
			if old := strings.Split(string(want), "\n"); i >= len(old) || old[i] != line {
				t.Errorf("%s:%d: got %s", file, i+1, line)
			}
		}
		t.Errorf("%s differs; renew it with -regen after reading what changed", file)
	}
}

// TestBrokenSpecs holds what a user reads about each kind of mistake.
func TestBrokenSpecs(t *testing.T) {
	specs := files(t, "broken")
	if len(specs) < 40 {
		t.Errorf("%d broken specs, want 40 or more", len(specs))
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		s, err := Load(name, []byte(specs[name]), testTrainer())
		if err == nil {
			_, err = NewPlan(s, testTrainer())
		}
		var ps Problems
		if !errors.As(err, &ps) {
			t.Errorf("%s: accepted, or not refused with Problems: %v", name, err)
			continue
		}
		for _, p := range ps {
			if p.File != name || p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("%s: %#v does not say where or what", name, p)
			}
		}
		fmt.Fprintf(&b, "%v\n", ps)
	}
	golden(t, "broken.golden", b.String())
}

// TestEveryMistakeAtOnce is the promise behind the rest: a user mends a spec in one go.
func TestEveryMistakeAtOnce(t *testing.T) {
	ps := problemsOf(t, files(t, "broken")["several-mistakes.yaml"])
	var lines []int
	for _, p := range ps {
		lines = append(lines, p.Line)
	}
	if want := []int{2, 3, 3, 4, 7, 8, 9, 10}; !slices.Equal(lines, want) {
		t.Errorf("mistakes in lines %v, want %v:\n%v", lines, want, ps)
	}
}

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/trainer"
)

// TestNamesMap runs the shipped names.yaml whole and requires what its question promises: letters that are used alike
// lie together. Chance would give four vowels of five a vowel for a neighbour in 3 maps of 1,000.
func TestNamesMap(t *testing.T) {
	if testing.Short() {
		t.Skip("trains five models for some seconds; run without -short")
	}
	dir := t.TempDir()
	status, stdout, stderr := program(t, "run", filepath.Join("..", "..", "sweeps", "names.yaml"), "--dir", dir, "--quiet")
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	s, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trials, err := s.Trials(t.Context(), "names")
	if err != nil {
		t.Fatal(err)
	}
	var tables []nplm.Table
	for _, tr := range trials {
		m, err := trainer.Load(nplm.ModelFile(dir, tr.Trial))
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, nplm.Embedding(m))
	}
	l, ok := nplm.MeasureLetters(tables)
	if !ok || len(tables) != 5 {
		t.Fatalf("%d tables of letters, want 5", len(tables))
	}
	for i, n := range l.VowelNeighbors {
		if n < 4 {
			t.Errorf("replicate %d: %d vowels have a vowel as nearest letter, want at least 4", i+1, n)
		}
	}
	if l.Ratio > 0.7 {
		t.Errorf("mean distance among vowels over mean distance: %.3f, want at most 0.7", l.Ratio)
	}
	if r := l.Rank("q"); r > 2 {
		t.Errorf("q is number %d of those far from their neighbour, want 1 or 2: %v", r, l.Apart)
	}
	if r := l.Rank("."); r > 5 {
		t.Errorf("the boundary is number %d of those far from their neighbour, want at most 5: %v", r, l.Apart)
	}
	for _, sentence := range l.Sentences() {
		if !strings.Contains(stdout, sentence) {
			t.Errorf("the run did not print %q", sentence)
		}
		t.Log(sentence)
	}
}

package nplm

import (
	"math"
	"testing"
)

// A made-up plane: vowels close together, consonants on a wide circle, q far out, the boundary farther.
func TestMeasureLetters(t *testing.T) {
	table := Table{Symbols: []string{"."}, Vectors: [][]float32{{100, 0}}}
	for i := range 26 {
		s := string(rune('a' + i))
		angle := 2 * math.Pi * float64(i) / 26
		at := []float32{float32(10 * math.Cos(angle)), float32(10 * math.Sin(angle))}
		switch s {
		case "a", "e", "i", "o", "u":
			at = []float32{float32(i) / 26, 0}
		case "q":
			at = []float32{0, 50}
		}
		table.Symbols = append(table.Symbols, s)
		table.Vectors = append(table.Vectors, at)
	}
	l, ok := MeasureLetters([]Table{table, table})
	if !ok {
		t.Fatal("the alphabet is there, but was not found")
	}
	if len(l.VowelNeighbors) != 2 || l.VowelNeighbors[0] != 5 {
		t.Errorf("vowels next to a vowel: %v, want 5 in both replicates", l.VowelNeighbors)
	}
	if l.Ratio > 0.05 {
		t.Errorf("mean distance of vowels over that of all letters is %g, want far below 1", l.Ratio)
	}
	if want := 1.0 / 65780; math.Abs(l.Tighter-want) > 1e-12 {
		t.Errorf("share of sets as tight is %g, want the vowels alone, %g", l.Tighter, want)
	}
	if l.Rank(".") != 1 || l.Rank("q") != 2 {
		t.Errorf("farthest from their neighbours: %v, want . and q", l.Apart[:3])
	}
	table.Symbols, table.Vectors = append(table.Symbols, "vowel"), append(table.Vectors, []float32{1, 1})
	if _, ok := MeasureLetters([]Table{table}); ok {
		t.Error("letters among words passed for an alphabet")
	}
	if _, ok := MeasureLetters([]Table{{Symbols: []string{"a", "b"}, Vectors: [][]float32{{0}, {1}}}}); ok {
		t.Error("two letters passed for an alphabet")
	}
}

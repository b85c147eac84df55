package main

import "testing"

func TestKeepsLetters(t *testing.T) {
	for _, c := range []struct {
		word   string
		tokens []string
		want   bool
	}{
		{"Reader", []string{"reader"}, true},
		{"state-of-the-art", []string{"state", "of", "the", "art"}, true},
		{"don't", []string{"don't"}, true},
		{"42nd", []string{"<num>", "nd"}, true},
		{"Ünï", []string{"n"}, false},
		{"naïve", []string{"na", "ve"}, false},
	} {
		if got := keepsLetters(c.word, c.tokens); got != c.want {
			t.Errorf("%s cut to %q: %t, want %t", c.word, c.tokens, got, c.want)
		}
	}
}

func TestEstimateWithin(t *testing.T) {
	low, high := -0.1, 1.2
	e := estimate{Low: &low, High: &high}.within(0, 1)
	if *e.Low != 0 || *e.High != 1 || low != -0.1 {
		t.Errorf("cut to %g and %g", *e.Low, *e.High)
	}
	if e := (estimate{}).within(0, 1); e.Low != nil || e.High != nil {
		t.Error("an interval out of none")
	}
}

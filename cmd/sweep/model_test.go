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

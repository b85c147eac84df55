package corpus

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTokenize(t *testing.T) {
	for _, c := range []struct {
		level, corpus string
		lower         bool
		text          string
		want          []string
	}{
		{Word, "text.txt", false, " The cat,  sat\ton\u00a0it.\n", []string{"The", "cat,", "sat", "on", "it."}},
		{Word, "text.txt", true, "The Cat", []string{"the", "cat"}},
		{"", "gostd", false, "Don't read 42 Bytes.", []string{"don't", "read", Number, "bytes", "."}},
		{Word, "gostd", false, "the <num> bytes of <unk>", []string{"the", Number, "bytes", "of", Unknown}},
		{Char, "gostd", false, "It's", []string{"i", "t", "'", "s"}},
		{"", "names", false, "ann", []string{"a", "n", "n"}},
		{Char, "text.txt", true, "Ä b", []string{"ä", " ", "b"}},
		{Word, "text.txt", false, " \t", nil},
	} {
		if diff := cmp.Diff(c.want, Tokenize(c.level, c.corpus, c.lower, c.text)); diff != "" {
			t.Errorf("%s %s %q (-want +got):\n%s", c.level, c.corpus, c.text, diff)
		}
	}
}

func FuzzCutWords(f *testing.F) {
	f.Add("a  b\u00a0c\u2003d\u0085")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // refused before it is cut
		}
		var got []string
		cutWords([]byte(text), func(s []byte) { got = append(got, string(s)) })
		if want := strings.Fields(text); strings.Join(want, "\n") != strings.Join(got, "\n") {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	})
}

package corpus

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDetokenize(t *testing.T) {
	for _, tt := range []struct{ level, symbols, want string }{
		{Word, "if err is nil , the reader ( see below ) doesn't wait .", "if err is nil, the reader (see below) doesn't wait."},
		{Word, "he did n't say `` stop '' ; it 's late ' there '", "he didn't say ``stop''; it's late ' there '"},
		{Word, ", then <num>", ", then <num>"},
		{Word, "", ""},
		{Char, "e m m a", "emma"},
	} {
		if got := Detokenize(tt.level, strings.Fields(tt.symbols)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.symbols, got, tt.want)
		}
	}
}

// What is written of gostd's words and marks is cut into the same again.
func TestDetokenizeAndBack(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		symbols := rapid.SliceOfN(rapid.SampledFrom(strings.Fields("a the don't read . , ; : ( ) ? !")), 0, 20).Draw(r, "symbols")
		text := Detokenize(Word, symbols)
		if d := cmp.Diff(strings.Join(symbols, " "), strings.Join(Tokenize(Word, "gostd", false, text), " ")); d != "" {
			r.Errorf("%q (-want +got)\n%s", text, d)
		}
	})
}

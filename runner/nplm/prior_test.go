package nplm

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/sweeps"
)

// vectorsFile writes vectors for letters.
func vectorsFile(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const letterVectors = "a 1 0\ne 1 1\ni 2 0\nb -1 0\nc -2 1\n"

// Vectors are what they hold, not where they lie.
func TestVectorsEnterTheIdentityByContent(t *testing.T) {
	base := []any{"corpus", "names", "steps", 10}
	with := func(more ...any) map[string]sweeps.Value { return key(t, append(base[:4:4], more...)...) }
	one := with("init_vectors", vectorsFile(t, "one.txt", letterVectors))
	if !equal(one, with("init_vectors", vectorsFile(t, "two.txt", letterVectors))) {
		t.Error("the same vectors in another file are another training")
	}
	for name, other := range map[string]map[string]sweeps.Value{
		"none":            with(),
		"other vectors":   with("init_vectors", vectorsFile(t, "one.txt", letterVectors+"d 3 3\n")),
		"frozen vectors":  with("init_vectors", vectorsFile(t, "one.txt", letterVectors), "freeze", true),
		"pretrained only": with("init_vectors", vectorsFile(t, "one.txt", letterVectors), "representation", "pretrained"),
	} {
		if equal(one, other) {
			t.Errorf("%s: the identity is that of a start from vectors", name)
		}
	}
	if !equal(with(), with("init_vectors", "none")) {
		t.Error("none is another training than nothing")
	}
}

// What is frozen is no parameter, and the plan is told what is covered.
func TestResolveCounts(t *testing.T) {
	resolve := func(more ...any) sweeps.Resolved {
		t.Helper()
		r, err := New(t.TempDir()).Describe(t.Context()).Resolve(values(append([]any{"corpus", "names", "steps", 10, "embedding_dim", 4}, more...)...))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	file := vectorsFile(t, "v.txt", letterVectors)
	random, start, frozen := resolve(), resolve("init_vectors", file), resolve("init_vectors", file, "freeze", true)
	fixed := resolve("init_vectors", file, "representation", "pretrained")
	if random.Parameters != start.Parameters || frozen.Parameters != random.Parameters-5*4 || fixed.Parameters != random.Parameters-27*4 {
		t.Errorf("parameters: %d random, %d started, %d frozen, %d fixed", random.Parameters, start.Parameters, frozen.Parameters, fixed.Parameters)
	}
	want := "(GloVe text, 2 numbers a word) covers 5 symbols, 18.5 % of the vocabulary"
	if len(random.Notes) != 0 || len(start.Notes) != 1 || !strings.Contains(start.Notes[0], want) {
		t.Errorf("notes %q, want %q", start.Notes, want)
	}
}

func TestMistakesOfVectors(t *testing.T) {
	for _, tc := range []struct{ content, want string }{
		{"alpha 1 2\nbeta 2 3\n", "covers none of the 27 symbols"},
		{"a 1 2\nb 1 2\n", "has the same numbers for all 2 symbols that it covers"},
		{"a 1 2\nb 1 x\n", `:2: number 2 is no number: "x"`},
	} {
		_, err := New(t.TempDir()).Describe(t.Context()).Resolve(values("corpus", "names", "steps", 10, "init_vectors", vectorsFile(t, "v.txt", tc.content)))
		var ve *sweeps.ValueError
		if !errors.As(err, &ve) || ve.Param != "init_vectors" || !strings.Contains(ve.Message, tc.want) {
			t.Errorf("%q: %v, want %q", tc.content, err, tc.want)
		}
	}
}

package sweeps

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzLoad: whatever the bytes, there is a spec or a list of problems, each with its place; what is accepted expands
// to a plan or is refused, and its trials can be told apart.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"*.yaml", "testdata/good/*.yaml", "testdata/broken/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("no specs in %s: %v", pattern, err)
		}
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src, "parameters.hidden_size=[1, 2]", "hidden_size=1")
		}
	}
	f.Fuzz(func(t *testing.T, src []byte, set, only string) {
		for _, trainer := range []Trainer{testTrainer(), {}} {
			fuzzOne(t, trainer, src)
			fuzzOne(t, trainer, src, set)
		}
		s, err := Load("fuzz.yaml", src, testTrainer())
		if err != nil || planSize(s) > 2000 {
			return
		}
		if p, err := NewPlan(s, testTrainer()); err == nil {
			if err := p.Only(only); err != nil && err.Error() == "" {
				t.Error("an empty problem")
			}
		}
	})
}

// planSize bounds what NewPlan would do: a million configurations are right, but not for a fuzzer.
func planSize(s *Spec) float64 {
	size := float64(s.Replicates.N)
	if s.Method == "random" {
		return size * float64(s.wanted()) * float64(len(s.Parameters))
	}
	for i, p := range s.Parameters {
		if p.Derive == nil && s.zippedWith(i)[0] == i {
			size *= max(p.Dist.gridSize(), 1)
		}
	}
	return size
}

// scalars reports whether an object holds nothing but scalars that there are, also under a name that comes again later.
func scalars(object []byte) bool {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	for opened := 0; ; {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch v := token.(type) {
		case json.Delim:
			if opened++; opened > 2 {
				return false
			}
		case json.Number:
			if _, err := v.Float64(); err != nil {
				return false
			}
		}
	}
}

// FuzzValues holds what is read of parameters to what the standard library reads.
func FuzzValues(f *testing.F) {
	for _, src := range []string{
		`{"a":3,"b":3.0,"c":"x\"\u003c\ud83d\ude00","d":true,"e":null,"f":-0,"g":1e400,"h":12345678901234567890}`, ` { } `, `{"a":[1]}`, `{"a":1}x`, `[1]`, `"a"`,
		`{"a":1,}`, `{"\u0061":1,"a":2}`, `{"a":"\ud800"}`, `{"a":"\ud83d\uee00","\ud83d\uee00":1}`, `{"a":1e999,"a":2}`, "{\"a\":\"\x00\"}", `{"a":01}`, "",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if !utf8.Valid(src) { // the standard library mends them, a hash is taken of none
			return
		}
		var got Values
		err := got.UnmarshalJSON(src)
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(src))
		d.UseNumber()
		sound := d.Decode(&want) == nil && !d.More() && want != nil
		if sound {
			_, end := d.Token()
			sound = end == io.EOF
		}
		sound = sound && scalars(src)
		if err != nil {
			if sound {
				t.Errorf("%q: %v", src, err)
			}
			return
		}
		if want == nil {
			t.Fatalf("%q became %v", src, got)
		}
		last := map[string]Value{}
		for _, s := range got {
			last[s.Name] = s.Value
		}
		if len(last) != len(want) {
			t.Fatalf("%q: %v, want %v", src, last, want)
		}
		for name, v := range last {
			text := v.String()
			switch w := want[name].(type) {
			case json.Number:
				if f, _ := w.Float64(); v.Kind() == String || !v.Same(FloatValue(f)) && text != w.String() {
					t.Errorf("%q: %s is %v, want %s", src, name, v, w)
				}
			case string:
				if v.Kind() != String || text != w {
					t.Errorf("%q: %s is %v, want %q", src, name, v, w)
				}
			case bool:
				if v.Kind() != Bool || text != fmt.Sprint(w) {
					t.Errorf("%q: %s is %v, want %v", src, name, v, w)
				}
			case nil:
				if v != (Value{}) {
					t.Errorf("%q: %s is %v, want none", src, name, v)
				}
			}
		}
	})
}

func fuzzOne(t *testing.T, trainer Trainer, src []byte, set ...string) {
	s, err := Load("fuzz.yaml", src, trainer, set...)
	if err != nil {
		checkProblems(t, err)
		return
	}
	for _, w := range s.Warnings {
		checkProblem(t, w)
	}
	s.Hash()
	if planSize(s) > 2000 {
		return
	}
	p, err := NewPlan(s, trainer)
	if err != nil {
		checkProblems(t, err)
		return
	}
	if err := p.Recall(Memory{}); err != nil { // draws the first of a search
		checkProblems(t, err)
		return
	}
	keys := make(map[string]bool)
	for _, trial := range p.Trials() {
		if keys[trial.Key] {
			t.Errorf("trial %s twice", trial.ID)
		}
		keys[trial.Key] = true
	}
	if len(keys) == 0 {
		t.Error("a plan of nothing")
	}
	p.Swept()
}

func checkProblems(t *testing.T, err error) {
	t.Helper()
	var ps Problems
	if !errors.As(err, &ps) || len(ps) == 0 {
		t.Fatalf("refused without problems: %v", err)
	}
	for _, p := range ps {
		checkProblem(t, p)
	}
}

func checkProblem(t *testing.T, p Problem) {
	t.Helper()
	placed := p.File == "fuzz.yaml" && p.Line >= 1 && p.Column >= 1
	argument := strings.HasPrefix(p.File, "--set ") && p.Line == 0
	if p.Message == "" || !placed && !argument {
		t.Errorf("no place or message: %#v", p)
	}
}

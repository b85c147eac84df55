package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/sweeps"
)

// of makes values of pairs of names and values.
func of(pairs ...any) sweeps.Values {
	var vs sweeps.Values
	for i := 0; i < len(pairs); i += 2 {
		s := sweeps.Setting{Name: pairs[i].(string)}
		switch x := pairs[i+1].(type) {
		case int:
			s.Value = sweeps.IntValue(int64(x))
		case float64:
			s.Value = sweeps.FloatValue(x)
		case bool:
			s.Value = sweeps.BoolValue(x)
		case string:
			s.Value = sweeps.StringValue(x)
		}
		vs = append(vs, s)
	}
	return vs
}

func TestWords(t *testing.T) {
	t.Setenv("PROGRAM_TEST_VALUE", "a secret")
	t.Setenv("PATH", pathWith(t, "python"))
	params := of("lr", 1e-7, "act", "tanh x", "direct", true, "tied", false, "opt.eps", 0.5)
	e := expansion{program: "train.py", params: params, jsonFile: "/record/args.json"}
	for _, c := range []struct {
		word string
		want []string
	}{
		{"${env}", []string{"/usr/bin/env"}},
		{"${interpreter}", []string{"python"}},
		{"${program}", []string{"train.py"}},
		{"${args}", []string{"--lr=1e-7", "--act=tanh x", "--direct=True", "--tied=False", "--opt.eps=0.5"}},
		{"${args_no_equals}", []string{"--lr", "1e-7", "--act", "tanh x", "--direct", "True", "--tied", "False", "--opt.eps", "0.5"}},
		{"${args_no_hyphens}", []string{"lr=1e-7", "act=tanh x", "direct=True", "tied=False", "opt.eps=0.5"}},
		{"${args_no_boolean_flags}", []string{"--lr=1e-7", "--act=tanh x", "--direct", "--opt.eps=0.5"}},
		{"${args_json}", []string{`{"lr": 1e-7, "act": "tanh x", "direct": true, "tied": false, "opt": {"eps": 0.5}}`}},
		{"${args_json_file}", []string{"/record/args.json"}},
		{"${envvar:PROGRAM_TEST_VALUE}", []string{"a secret"}},
		{"--config=${args_json_file}:${envvar:PROGRAM_TEST_VALUE}/x", []string{"--config=/record/args.json:a secret/x"}},
		{"plain $HOME {x} $", []string{"plain $HOME {x} $"}},
		{"", []string{""}},
	} {
		got, err := e.words([]string{c.word})
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", c.word, err, diff)
		}
	}
	e.params = nil
	if got, err := e.words([]string{"a", "${args}", "b"}); err != nil || len(got) != 2 {
		t.Errorf("without parameters ${args} is %q, %v; want no word", got, err)
	}
	e.secret = true
	if got, err := e.words([]string{"x=${envvar:PROGRAM_TEST_VALUE}"}); err != nil || got[0] != "x=${envvar:PROGRAM_TEST_VALUE}" {
		t.Errorf("for the log: %q, %v", got, err)
	}
}

func TestWordsRefused(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"--all=${args}", `${args} stands for several words and cannot be a part of "--all=${args}"; make it a word of its own`},
		{"${args_no_hyphens}${program}", "${args_no_hyphens} stands for several words"},
		{"${arg}", "unknown macro ${arg}; did you mean ${args}"},
		{"${interpeter}", "unknown macro ${interpeter}; did you mean ${interpreter}"},
		{"${ARGS-JSON}", "did you mean ${args_json}"},
		{"${envvar}", "did you mean ${envvar:NAME}"},
		{"${envvar:}", "did you mean ${envvar:NAME}"},
		{"${HOME}", "unknown macro ${HOME}; there is ${env}, ${interpreter}, "},
		{"${}", "unknown macro ${}; there is ${env}"},
		{"${args", `the macro in "${args" has no end; write ${args}`},
		{"${envvar:PROGRAM_TEST_UNSET}", "the environment has no variable PROGRAM_TEST_UNSET; set it"},
	} {
		_, err := expansion{}.words([]string{c.word})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.word, err, c.want)
		}
	}
}

func TestNestedParameters(t *testing.T) {
	for _, c := range []struct {
		params sweeps.Values
		want   string
	}{
		{nil, `{}`},
		{of("a.b", 1, "c", 2, "a.d.e", "x"), `{"a": {"b": 1, "d": {"e": "x"}}, "c": 2}`},
		{of("a.b", 1, "a", 2), `{"a.b": 1, "a": 2}`},
		{of("a.", 1), `{"a.": 1}`},
	} {
		got, err := nested(c.params)
		if err != nil || string(got) != c.want {
			t.Errorf("%v: %s, %v, want %s", c.params, got, err, c.want)
		}
	}
}

// pathWith is a PATH that has nothing but programs of these names.
func pathWith(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		write(t, filepath.Join(dir, name), "#!/bin/sh\n", 0o755)
	}
	return dir
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask says
		t.Fatal(err)
	}
}

func TestInterpreter(t *testing.T) {
	for _, c := range []struct {
		have []string
		want string
	}{
		{[]string{"python", "python3"}, "python"},
		{[]string{"python3"}, "python3"},
		{nil, "python"},
	} {
		t.Setenv("PATH", pathWith(t, c.have...))
		if got := interpreter(); got != c.want {
			t.Errorf("with %v: %s, want %s", c.have, got, c.want)
		}
	}
}

func TestCommandWithoutOne(t *testing.T) {
	for _, c := range []struct {
		program string
		command []string
		want    string
	}{
		{"train.py", nil, "${env} ${interpreter} ${program} ${args}"},
		{"src/Train.PY", nil, "${env} ${interpreter} ${program} ${args}"},
		{"train.sh", nil, "${program} ${args}"},
		{"train", []string{}, "${program} ${args}"},
		{"train.py", []string{"sh", "x"}, "sh x"},
	} {
		if got := strings.Join(commandOf(c.program, c.command), " "); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.program, c.command, got, c.want)
		}
	}
}

func TestShown(t *testing.T) {
	got := shown([]string{"/usr/bin/env", "--lr=1e-7", "", "a b", "it's", "new\nline", "größe"})
	want := `/usr/bin/env --lr=1e-7 '' 'a b' 'it'\''s' $"new\nline" 'größe'`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

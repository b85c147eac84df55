package program

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"sweep/sweeps"
)

// The macros that a command may hold, as W&B names them.
const (
	macroEnv         = "env"
	macroInterpreter = "interpreter"
	macroProgram     = "program"
	macroArgs        = "args"
	macroNoEquals    = "args_no_equals"
	macroNoHyphens   = "args_no_hyphens"
	macroNoBooleans  = "args_no_boolean_flags"
	macroJSON        = "args_json"
	macroJSONFile    = "args_json_file"
	macroEnvvar      = "envvar:" // followed by a name
)

var macroNames = []string{
	macroEnv, macroInterpreter, macroProgram, macroArgs, macroNoEquals, macroNoHyphens, macroNoBooleans, macroJSON,
	macroJSONFile, macroEnvvar + "NAME",
}

// piece is a part of a command's word: text as it stands, or a macro's name.
type piece struct {
	text  string
	macro string
}

// many reports whether the macro stands for a list of words.
func (p piece) many() bool {
	switch p.macro {
	case macroArgs, macroNoEquals, macroNoHyphens, macroNoBooleans:
		return true
	}
	return false
}

// parseWord cuts a word of a command into its pieces.
func parseWord(word string) ([]piece, error) {
	var pieces []piece
	for rest := word; rest != ""; {
		before, after, found := strings.Cut(rest, "${")
		if before != "" {
			pieces = append(pieces, piece{text: before})
		}
		if !found {
			break
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, fmt.Errorf("the macro in %q has no end; write ${%s}", word, after)
		}
		if err := known(name); err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{macro: name})
		rest = behind
	}
	for _, p := range pieces {
		if p.many() && len(pieces) > 1 {
			return nil, fmt.Errorf("${%s} stands for several words and cannot be a part of %q; make it a word of its own", p.macro, word)
		}
	}
	return pieces, nil
}

// known returns an error for a macro that there is not, or that has no value here.
func known(name string) error {
	if variable, ok := strings.CutPrefix(name, macroEnvvar); ok && variable != "" {
		if _, set := os.LookupEnv(variable); !set {
			return fmt.Errorf("${%s}: the environment has no variable %s; set it, or write its value into the command", name, variable)
		}
		return nil
	}
	for _, m := range macroNames[:len(macroNames)-1] {
		if name == m {
			return nil
		}
	}
	return fmt.Errorf("unknown macro ${%s}; %s", name, didYouMean(name))
}

// didYouMean names the macro that was probably meant, else all.
func didYouMean(name string) string {
	plain := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
	}
	best, likeness := "", 2 // two letters in common are no likeness
	for _, m := range macroNames {
		a, b, n := plain(name), plain(m), 0
		for n < min(len(a), len(b)) && a[n] == b[n] {
			n++
		}
		if a == b {
			best = m
			break
		}
		if n > likeness {
			best, likeness = m, n
		}
	}
	if best != "" {
		return "did you mean ${" + best + "}"
	}
	return "there is ${" + strings.Join(macroNames, "}, ${") + "}"
}

// expansion is what the macros stand for in one trial.
type expansion struct {
	program  string
	params   sweeps.Values
	jsonFile string // path of the parameters as ${args_json} writes them
	// secret keeps the values of variables out: for the log.
	secret bool
}

// words expands a command.
func (e expansion) words(command []string) ([]string, error) {
	var words []string
	for _, word := range command {
		pieces, err := parseWord(word)
		if err != nil {
			return nil, err
		}
		if len(pieces) == 1 && pieces[0].many() {
			words = append(words, arguments(pieces[0].macro, e.params)...)
			continue
		}
		var b strings.Builder
		for _, p := range pieces {
			s, err := e.text(p)
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
		}
		words = append(words, b.String())
	}
	return words, nil
}

// text is what a piece comes to that is not a list of words.
func (e expansion) text(p piece) (string, error) {
	switch p.macro {
	case "":
		return p.text, nil
	case macroEnv:
		return "/usr/bin/env", nil
	case macroInterpreter:
		return interpreter(), nil
	case macroProgram:
		return e.program, nil
	case macroJSON:
		b, err := nested(e.params)
		return string(b), err
	case macroJSONFile:
		return e.jsonFile, nil
	}
	if e.secret {
		return "${" + p.macro + "}", nil
	}
	return os.Getenv(strings.TrimPrefix(p.macro, macroEnvvar)), nil
}

// interpreter is the name by which this machine has Python; many have no python any more, only python3.
func interpreter() string {
	for _, name := range []string{"python", "python3"} {
		if _, err := exec.LookPath(name); err == nil {
			return name
		}
	}
	return "python"
}

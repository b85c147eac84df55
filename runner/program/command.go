package program

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// commandOf returns the command of a spec, or what runs its program when it has none: W&B's command for a Python script,
// the program itself for any other.
func commandOf(program string, command []string) []string {
	switch {
	case len(command) > 0:
		return command
	case strings.EqualFold(filepath.Ext(program), ".py"):
		return []string{"${env}", "${interpreter}", "${program}", "${args}"}
	}
	return []string{"${program}", "${args}"}
}

// executable returns the path of what a command's first word names: a path as seen from dir, a name in PATH, or, when it
// is the spec's program, the name of a file in dir.
func executable(word, program, dir string) (string, error) {
	path := word
	if !isPath(word) {
		if word != program || !exists(filepath.Join(dir, word)) {
			return exec.LookPath(word)
		}
		path = filepath.Join(dir, word)
	} else if !filepath.IsAbs(word) {
		path = filepath.Join(dir, word)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return exec.LookPath(path) // a name with a folder is not looked up, only tried
}

// isPath reports whether a word says where a file is, rather than what it is called.
func isPath(word string) bool { return strings.ContainsAny(word, `/`+string(filepath.Separator)) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// shown writes words as a person would type them into a shell.
func shown(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		plain := w != "" && strings.IndexFunc(w, func(r rune) bool {
			return !strings.ContainsRune("+,-./:=@_%^", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) < 0
		switch {
		case plain:
			quoted[i] = w
		case strings.ContainsFunc(w, func(r rune) bool { return r < ' ' || r == 0x7f }):
			quoted[i] = fmt.Sprintf("$%q", w)
		default:
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

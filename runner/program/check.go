package program

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
)

// Check says what keeps a spec's program and command from being run here, all of it at once, each with a way to mend it.
// dir is the folder that relative paths are seen from, and in which the program will run; "" is the current one. Nothing
// is started.
func Check(program string, command []string, dir string) error {
	if program == "" && len(command) == 0 {
		return errors.New("there is neither a program nor a command; write program: train.py")
	}
	if dir != "" && !isFolder(dir, "") {
		return fmt.Errorf("the folder to run in, %s, is not there; make it", dir)
	}
	command = commandOf(program, command)
	var problems []error
	uses := map[string]bool{}
	for _, word := range command {
		if strings.ContainsRune(word, 0) {
			problems = append(problems, fmt.Errorf("the word %q holds a zero byte, which no program can be handed; delete it", word))
			continue
		}
		pieces, err := parseWord(word)
		if err != nil {
			problems = append(problems, err)
		}
		for _, p := range pieces {
			uses[p.macro] = true
		}
	}
	if uses[macroProgram] && program == "" {
		problems = append(problems, errors.New("the command uses ${program}, and there is no program; write program: train.py"))
	}
	if len(problems) > 0 {
		return errors.Join(problems...) // what it would start is not known
	}
	words, err := expansion{program: program}.words(command)
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] == "" {
		return errors.New("the command begins with an empty word; begin it with the program to run")
	}
	starts := started(words)
	for _, word := range starts {
		problems = append(problems, checkStarted(word, program, dir))
	}
	if uses[macroProgram] && !slices.Contains(starts, program) {
		problems = append(problems, checkRead(program, dir))
	}
	return errors.Join(problems...)
}

// started returns the words that name programs to start: the first, and the one that env starts.
func started(words []string) []string {
	if filepath.Base(words[0]) != "env" {
		return words[:1]
	}
	for i, w := range words[1:] {
		switch {
		case strings.HasPrefix(w, "-"):
			return words[:1] // what its options do is its own affair
		case !strings.Contains(w, "="):
			return []string{words[0], words[i+1]}
		}
	}
	return words[:1]
}

// checkStarted checks a program that is to be started itself.
func checkStarted(word, program, dir string) error {
	path, err := executable(word, program, dir)
	if err == nil && runtime.GOOS == "windows" {
		return nil
	} else if err == nil {
		return checkFirstLine(path)
	}
	what := word
	if word == program {
		what = "program " + word
	}
	switch {
	case word == "python" && !isPath(word):
		return errors.New("there is no python in PATH, and no python3; install Python, or name what runs the program: " +
			`command: [/path/to/python, "${program}", "${args}"]`)
	case (isPath(word) || word == program) && isFolder(word, dir):
		return fmt.Errorf("%s is a folder; name the file in it", what)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf(`%s is not executable; chmod +x %s, or name what runs it: command: [python, %s, "${args}"]`,
			what, word, word)
	case isPath(word):
		return fmt.Errorf("%s is not there, seen from %s; correct the path", what, folder(dir))
	case word == program:
		return fmt.Errorf("%s is neither in %s nor in PATH; correct the name, or give its path", what, folder(dir))
	}
	return fmt.Errorf("%s is not in PATH; install it, or give its path", what)
}

// checkRead checks a program that another one reads.
func checkRead(program, dir string) error {
	path := program
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("program %s is not there, seen from %s; correct the path", program, folder(dir))
	case err != nil:
		return fmt.Errorf("program %s cannot be read: %w; chmod +r %s", program, errors.Unwrap(err), program)
	}
	defer f.Close()
	if isFolder(program, dir) && !exists(filepath.Join(path, "__main__.py")) { // Python runs a folder that has one
		return fmt.Errorf("program %s is a folder; name the file in it", program)
	}
	return nil
}

// checkFirstLine checks what the kernel wants to know of a script. What it says itself when that is missing, "exec format
// error" and "no such file", misleads.
func checkFirstLine(path string) error {
	head := make([]byte, 512)
	f, err := os.Open(path)
	if err != nil {
		return nil // it may be executable and not readable
	}
	defer f.Close()
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil
	}
	head = head[:n]
	name := filepath.Base(path)
	first, _, _ := bytes.Cut(head, []byte{'\n'})
	interpreted, isScript := bytes.CutPrefix(first, []byte("#!"))
	words := bytes.Fields(interpreted)
	switch {
	case isScript && len(words) > 0 && bytes.HasSuffix(interpreted, []byte{'\r'}):
		return fmt.Errorf("%s has the line ends of Windows, which become part of the name in its first line; "+
			"convert it with dos2unix", name)
	case isScript && (len(words) == 0 || !exists(string(words[0]))):
		return fmt.Errorf("%s is to be run by %q, which is not there; correct its first line", name, bytes.TrimSpace(interpreted))
	case !isScript && printed(head):
		return fmt.Errorf("%s is text without a first line that says what runs it; begin it with #!/bin/sh or the like", name)
	}
	return nil
}

// printed reports whether the beginning of a file is text rather than machine code.
func printed(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n == 1 && len(head) >= utf8.UTFMax || r < ' ' && !strings.ContainsRune("\t\n\r\f", r) {
			return false
		}
		head = head[n:]
	}
	return true
}

func isFolder(path, dir string) bool {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// folder names dir in messages.
func folder(dir string) string {
	if dir == "" || dir == "." {
		return "the current folder"
	}
	return dir
}

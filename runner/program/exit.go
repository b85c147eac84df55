package program

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// ExitError says how a program ended that failed.
type ExitError struct {
	Status int           // exit status, -1 when a signal ended it
	Signal int           // that ended it, 0 if none did
	Ran    time.Duration // how long
	Stderr []string      // the last lines of its standard error
	Log    string        // path of the trial's log
}

// Error is a line with how it ended, and below it what the program said last.
func (e *ExitError) Error() string {
	s := "program: " + e.how()
	if e.Log != "" {
		s += "; its log is " + e.Log
	}
	for _, line := range e.Stderr {
		s += "\n  " + line
	}
	return s
}

const sigkill = 9

func (e *ExitError) how() string {
	switch {
	case e.Signal == sigkill:
		return "killed (signal 9), perhaps out of memory"
	case e.Signal != 0:
		return fmt.Sprintf("ended by signal %d (%s)", e.Signal, signalName(e.Signal))
	case e.Status == 128+sigkill:
		return "exit status 137: what it ran was killed (signal 9), perhaps out of memory"
	case e.Status == exitNotFound:
		return "exit status 127: a program that it names was not found"
	case e.Status == exitNotExecutable:
		return "exit status 126: a program that it names could not be executed"
	}
	return fmt.Sprintf("exit status %d", e.Status)
}

func exitError(state *os.ProcessState) *ExitError {
	return &ExitError{Status: state.ExitCode(), Signal: signalOf(state)}
}

const (
	tailLines = 10
	tailWidth = 300 // bytes of a line
)

// tail keeps the last lines of a stream.
type tail struct {
	ring [tailLines][]byte
	n    int
}

func (t *tail) add(line []byte) {
	line = bytes.TrimRight(line, " \t\r")
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:] // a progress bar: only its last state was to be seen
	}
	if len(line) == 0 {
		return
	}
	slot := &t.ring[t.n%tailLines]
	t.n++
	*slot = append((*slot)[:0], line[:min(len(line), tailWidth)]...)
}

// ansi matches what colours a terminal.
var ansi = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// lines returns what is kept as text that can be printed anywhere.
func (t *tail) lines() []string {
	var out []string
	for i := max(t.n-tailLines, 0); i < t.n; i++ {
		s := ansi.ReplaceAllString(strings.ToValidUTF8(string(t.ring[i%tailLines]), "?"), "")
		out = append(out, strings.TrimRight(strings.Map(func(r rune) rune {
			switch {
			case r == '\t':
				return ' '
			case !unicode.IsPrint(r):
				return -1
			}
			return r
		}, s), " "))
	}
	return out
}

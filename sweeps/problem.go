package sweeps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a spec, or a warning about it.
type Problem struct {
	File    string `json:"file"`   // as named on the command line, or the --set argument
	Line    int    `json:"line"`   // from 1; 0 for a --set argument
	Column  int    `json:"column"` // from 1, in characters; 0 for a --set argument
	Path    string `json:"path"`   // such as parameters.hidden_size
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // how to mend it
}

// String writes the problem as file:line:column: message; hint. Without a line it is file: message; hint.
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	s += ": " + p.Message
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// Problems are all mistakes of a spec, in the order of the file. They are an error.
type Problems []Problem

// Error writes one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// sorted returns ps in the order of the file, each once; problems of --set arguments come last.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(min(b.Line, 1), min(a.Line, 1)),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
	seen := make(map[Problem]bool, len(ps))
	return slices.DeleteFunc(ps, func(p Problem) bool {
		double := seen[p]
		seen[p] = true
		return double
	})
}

// err returns ps as an error, nil if there is none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps.sorted()
}

// place is where a node of a spec stands.
type place struct {
	file      string
	line, col int
}

// problem returns a mistake at the place.
func (p place) problem(path, message, hint string) Problem {
	return Problem{File: p.file, Line: p.line, Column: p.col, Path: path, Message: message, Hint: hint}
}

package corpus

import (
	"bytes"
	"go/token"
)

// A span is a piece of a source file: src[start:end].
type span struct{ start, end int }

// A commentGroup is a run of comments with nothing between them, as go/ast groups them, and the line of its first.
type commentGroup struct {
	line     int
	comments []span
}

// scanComments finds the comment groups of a Go file, or none if the file says before its package clause that it is
// generated. It looks only for comments, strings and line ends, which is many times faster than parsing; for a file
// that parses the groups are those of go/parser.
func scanComments(src []byte) []commentGroup {
	s := commentScanner{src: src, line: 1}
	for s.at < len(src) {
		switch c := src[s.at]; c {
		case '\n':
			s.line++
			s.at++
		case ' ', '\t', '\r':
			s.at++
		case '/':
			if s.at+1 < len(src) && (src[s.at+1] == '/' || src[s.at+1] == '*') {
				if s.comment() {
					return nil
				}
				continue
			}
			s.token(1)
		case '"', '\'':
			s.token(quoted(src[s.at:]))
		case '`':
			s.raw()
		default:
			s.token(1)
		}
	}
	return s.groups
}

type commentScanner struct {
	src      []byte
	at, line int
	groups   []commentGroup

	tokenEnd, tokenLine int  // where the last token ends; 0 before the first
	open                bool // the last group may go on
	reach               int  // the last line on which a comment still belongs to it
	slack               int  // 1, or 0 for comments behind code on its line
	first               bool // no comment since the last token
}

// token passes n bytes of code that hold no line end.
func (s *commentScanner) token(n int) {
	s.at += n
	s.tokenEnd, s.tokenLine = s.at, s.line
	s.open, s.first = false, true
}

// raw passes a string between back quotes.
func (s *commentScanner) raw() {
	n := bytes.IndexByte(s.src[s.at+1:], '`')
	if n < 0 {
		n = len(s.src) - s.at - 2
	}
	s.line += bytes.Count(s.src[s.at:s.at+n+2], []byte("\n"))
	s.token(n + 2)
}

// comment takes the comment that starts here, and reports whether it declares the file to be generated.
func (s *commentScanner) comment() bool {
	start, line := s.at, s.line
	var end int
	if s.src[start+1] == '/' {
		end = len(s.src)
		if n := bytes.IndexByte(s.src[start:], '\n'); n >= 0 {
			end = start + n
		}
	} else {
		n := bytes.Index(s.src[start+2:], []byte("*/"))
		if n < 0 {
			s.at = len(s.src) // not terminated: no Go, take nothing
			return false
		}
		end = start + 2 + n + 2
		s.line += bytes.Count(s.src[start:end], []byte("\n"))
	}
	s.at = end
	if s.tokenEnd == 0 && generated(s.src[start:end]) {
		return true
	}
	behind := s.first && line == s.tokenLine
	if s.open && line <= s.reach {
		g := &s.groups[len(s.groups)-1]
		g.comments = append(g.comments, span{start, end})
	} else {
		s.groups = append(s.groups, commentGroup{line: line, comments: []span{{start, end}}})
		s.slack = 1
		if behind {
			s.slack = 0
		}
	}
	s.open, s.reach = true, s.line+s.slack
	if line != s.line && line == s.tokenLine && endsStatement(s.src[:s.tokenEnd]) {
		s.open = false // a statement ended at the line end inside the comment
	}
	s.first = false
	return false
}

// quoted returns the length of the string or rune literal that s starts with.
func quoted(s []byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return i + 1
		case '\\':
			i++
		case '\n':
			return i
		}
	}
	return len(s)
}

// generated applies the rule of ast.IsGenerated to one comment.
func generated(comment []byte) bool {
	prefix, suffix := []byte("// Code generated "), []byte(" DO NOT EDIT.")
	if !bytes.Contains(comment, prefix) {
		return false
	}
	for line := range bytes.SplitSeq(comment, []byte("\n")) {
		rest, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\r")), prefix)
		if ok && bytes.HasSuffix(rest, suffix) {
			return true
		}
	}
	return false
}

// endsStatement reports whether a line end after code that ends like this ends a statement.
func endsStatement(code []byte) bool {
	n := len(code)
	if n == 0 {
		return false
	}
	switch c := code[n-1]; c {
	case ')', ']', '}', '"', '\'', '`':
		return true
	case '+', '-':
		return n > 1 && code[n-2] == c
	}
	start := n
	for start > 0 && isWordByte(code[start-1]) {
		start--
	}
	word := string(code[start:])
	switch word {
	case "":
		return false
	case "break", "continue", "fallthrough", "return":
		return true
	}
	return !token.IsKeyword(word)
}

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || isLetter(c) || c >= 0x80
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

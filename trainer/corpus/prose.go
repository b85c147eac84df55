package corpus

import "bytes"

// leastSentence is the number of tokens, its mark included, below which a sentence is not taken.
const leastSentence = 4

// Number is the token that stands for every number in gostd.
const Number = "<num>"

// prose collects the sentences of one source file: tokens with single spaces between them, in one buffer.
type prose struct {
	buf       []byte
	sentences []span
	groups    []proseGroup

	start, tokens int // of the sentence that is being read
}

// A proseGroup is what a comment group holds: sentences[from:to].
type proseGroup struct{ line, from, to int }

// read takes the sentences of a file's comment groups.
func (p *prose) read(src []byte) {
	for _, g := range scanComments(src) {
		if copyrighted(src, g) {
			continue
		}
		from := len(p.sentences)
		for _, c := range g.comments {
			p.comment(src[c.start:c.end])
		}
		p.drop() // what no mark ended is no sentence
		if len(p.sentences) > from {
			p.groups = append(p.groups, proseGroup{line: g.line, from: from, to: len(p.sentences)})
		}
	}
}

func copyrighted(src []byte, g commentGroup) bool {
	for _, c := range g.comments {
		if bytes.Contains(src[c.start:c.end], []byte("Copyright")) {
			return true
		}
	}
	return false
}

// comment takes the lines of one comment that are prose. Markers and directives go as in ast.CommentGroup.Text; a line
// that is still indented by a tab or four spaces is code.
func (p *prose) comment(c []byte) {
	if c[1] == '/' {
		c = c[2:]
		if len(c) > 0 && c[0] == ' ' {
			c = c[1:]
		} else if isDirective(c) {
			return
		}
	} else {
		c = c[2 : len(c)-2]
	}
	for line := range bytes.SplitSeq(c, []byte("\n")) {
		if !isCode(line) {
			cutProse(line, p.token)
		}
	}
}

func isCode(line []byte) bool {
	return len(line) > 0 && line[0] == '\t' || bytes.HasPrefix(line, []byte("    "))
}

// token adds one token to the sentence, and ends the sentence at its mark.
func (p *prose) token(s []byte) {
	if p.tokens > 0 {
		p.buf = append(p.buf, ' ')
	}
	p.buf = append(p.buf, s...)
	p.tokens++
	if len(s) != 1 || s[0] != '.' && s[0] != '?' && s[0] != '!' {
		return
	}
	if p.tokens < leastSentence {
		p.drop()
		return
	}
	p.sentences = append(p.sentences, span{p.start, len(p.buf)})
	p.start, p.tokens = len(p.buf), 0
}

func (p *prose) drop() {
	p.buf = p.buf[:p.start]
	p.tokens = 0
}

// isDirective reports whether what follows // is an instruction to a tool, such as go:build, nolint:all or "line 7".
func isDirective(c []byte) bool {
	for _, word := range []string{"line ", "extern ", "export "} {
		if bytes.HasPrefix(c, []byte(word)) {
			return true
		}
	}
	colon := bytes.IndexByte(c, ':')
	if colon <= 0 || colon+1 >= len(c) {
		return false
	}
	for i, b := range c[:colon+2] {
		if i != colon && !('a' <= b && b <= 'z') && !('0' <= b && b <= '9') {
			return false
		}
	}
	return true
}

// cutProse calls add for every token of one line: [A-Za-z]+(?:'[a-z]+)? in lower case, [0-9]+ as <num>, and each of
// .,;:!?() alone. What lies between is left out. add must not keep the slice.
func cutProse(s []byte, add func([]byte)) {
	var word [64]byte
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case isLetter(c):
			end := i + 1
			for end < len(s) && isLetter(s[end]) {
				end++
			}
			if end+1 < len(s) && s[end] == '\'' && isLower(s[end+1]) {
				end += 2
				for end < len(s) && isLower(s[end]) {
					end++
				}
			}
			lower := append(word[:0], s[i:end]...)
			for k, c := range lower {
				if c != '\'' {
					lower[k] = c | 0x20
				}
			}
			add(lower)
			i = end
		case isDigit(c):
			for i < len(s) && isDigit(s[i]) {
				i++
			}
			add([]byte(Number))
		case bytes.IndexByte([]byte(".,;:!?()"), c) >= 0:
			add(s[i : i+1])
			i++
		default:
			i++
		}
	}
}

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

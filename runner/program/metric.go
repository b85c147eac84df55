package program

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxNesting = 64  // of objects and lists in a metric line
	maxName    = 256 // bytes of a metric's name
	maxWhole   = 1 << 53
)

// measurement is what one metric line says.
type measurement struct {
	values   []value
	step     int64
	examples int64
	stepped  bool // the line gives a step
	odd      bool // something in the line has the place of a metric and cannot be one
}

type value struct {
	metric string
	x      float64
}

// parseLine reads a metric line. ok is false for every other line, which is text.
func parseLine(line []byte) (m measurement, ok bool) {
	line = bytes.TrimSpace(line)
	if len(line) < 2 || line[0] != '{' || line[len(line)-1] != '}' {
		return m, false // what nearly all text is, told at little cost
	}
	p := lineParser{rest: line}
	if !p.object("", 1) || len(p.rest) > 0 {
		return measurement{}, false
	}
	return p.m, len(p.m.values) > 0 || p.numbered
}

// lineParser reads JSON with Python's NaN and Infinity, which encoding/json refuses. Its methods take what they read from
// rest, and report whether it was there.
type lineParser struct {
	rest     []byte
	m        measurement
	numbered bool // there is a step or a number of examples
	unnamed  int  // depth in lists and in what has an empty name: the numbers there are nobody's
}

func (p *lineParser) object(prefix string, depth int) bool {
	if depth > maxNesting || !p.take('{') {
		return false
	}
	if p.take('}') {
		return true
	}
	for {
		key, ok := p.text()
		if !ok || !p.take(':') {
			return false
		}
		if key == "" {
			p.m.odd = true
			p.unnamed++
		}
		if !p.value(prefix+key, depth) {
			return false
		}
		if key == "" {
			p.unnamed--
		}
		if !p.take(',') {
			return p.take('}')
		}
	}
}

func (p *lineParser) list(depth int) bool {
	if depth > maxNesting || !p.take('[') {
		return false
	}
	if p.take(']') {
		return true
	}
	p.unnamed++
	for p.value("", depth) {
		if !p.take(',') {
			p.unnamed--
			return p.take(']')
		}
	}
	return false
}

// value reads what stands behind a name at some depth of objects.
func (p *lineParser) value(name string, depth int) bool {
	p.space()
	if len(p.rest) == 0 {
		return false
	}
	switch p.rest[0] {
	case '{':
		return p.object(name+".", depth+1)
	case '[':
		return p.list(depth + 1)
	case '"':
		_, ok := p.text()
		return ok
	case 'n':
		return p.word("null")
	case 't':
		p.add(name, 1, depth)
		return p.word("true")
	case 'f':
		p.add(name, 0, depth)
		return p.word("false")
	}
	x, ok := p.number()
	p.add(name, x, depth)
	return ok
}

// add books a number under its name. The step and the examples are those of the outermost object.
func (p *lineParser) add(name string, x float64, depth int) {
	whole := x >= 0 && x <= maxWhole && x == float64(int64(x))
	switch {
	case p.unnamed > 0:
	case depth == 1 && name == "step" && whole:
		p.m.step, p.m.stepped, p.numbered = int64(x), true, true
	case depth == 1 && name == "examples" && whole:
		p.m.examples, p.numbered = int64(x), true
	case depth == 1 && (name == "step" || name == "examples"), !nameable(name):
		p.m.odd = true
	default:
		p.m.values = append(p.m.values, value{name, x})
	}
}

// nameable reports whether a metric can have the name: one that fits in a table and in a chart.
func nameable(name string) bool {
	return name != "" && len(name) <= maxName && strings.IndexFunc(name, unicode.IsControl) < 0
}

func (p *lineParser) space() { p.rest = bytes.TrimLeft(p.rest, " \t\r\n") }

// take reads one mark with the spaces before it.
func (p *lineParser) take(mark byte) bool {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != mark {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *lineParser) word(w string) bool {
	rest, ok := bytes.CutPrefix(p.rest, []byte(w))
	p.rest = rest
	return ok
}

func (p *lineParser) text() (string, bool) {
	p.space()
	end, plain := stringEnd(p.rest)
	if end == 0 {
		return "", false
	}
	raw := p.rest[:end]
	p.rest = p.rest[end:]
	if plain {
		return string(raw[1 : end-1]), true
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// stringEnd returns the length of the string that b begins with, 0 if there is none, and whether it can be read as it
// stands.
func stringEnd(b []byte) (end int, plain bool) {
	if len(b) == 0 || b[0] != '"' {
		return 0, false
	}
	plain = true
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1, plain && utf8.Valid(b[1:i])
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			return 0, false
		}
	}
	return 0, false
}

func (p *lineParser) number() (float64, bool) {
	n := numberEnd(p.rest)
	if n == 0 {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(p.rest[:n]), 64)
	p.rest = p.rest[n:]
	// One that is too large for a float is infinite: Python reads 1e999 so.
	return x, err == nil || x > maxWhole || x < -maxWhole
}

// numberEnd returns the length of the number that b begins with, 0 if there is none.
func numberEnd(b []byte) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			i++
		}
		return i > from
	}
	at := func(marks string) bool { return i < len(b) && strings.IndexByte(marks, b[i]) >= 0 }

	if at("-") {
		i++
	}
	for _, special := range []string{"NaN", "Infinity"} {
		if bytes.HasPrefix(b[i:], []byte(special)) && (i == 0 || special != "NaN") {
			return i + len(special)
		}
	}
	if at("0") {
		i++ // nothing but a point or an exponent follows: 010 is a date, a telephone number, an octal
	} else if !digits() {
		return 0
	}
	if at(".") {
		i++
		if !digits() {
			return 0
		}
	}
	if at("eE") {
		i++
		if at("+-") {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}

package wandb

import (
	"fmt"
	"strconv"
	"strings"

	"sweep/results"
	"sweep/sweeps"
)

// flat is a cell of settings: names of nested ones joined by a dot, in their order.
type flat []setting

type setting struct {
	name string
	text string // as a column of its own would have it; "" for None
}

// deepest bounds how settings nest.
const deepest = 100

// parseCell reads a dict as Python prints it, or an object of JSON, which differs from it in three words.
func parseCell(text string) (flat, error) {
	p := &literal{rest: text}
	var out flat
	if err := p.dict("", &out, 0); err != nil {
		return nil, err
	}
	if p.space(); p.rest != "" {
		return nil, p.fail("the end")
	}
	return out, nil
}

// literal reads what Python's repr writes of dicts, lists, tuples, strings, numbers, True, False and None.
type literal struct{ rest string }

func (p *literal) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

func (p *literal) fail(wanted string) error {
	at := p.rest
	if len(at) > 30 {
		at = at[:30] + "..."
	}
	return fmt.Errorf("expected %s at %q", wanted, at)
}

// take eats a piece of punctuation, if it is next.
func (p *literal) take(c string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, c)
	p.rest = rest
	return ok
}

// dict reads {...} and adds its settings.
func (p *literal) dict(prefix string, out *flat, depth int) error {
	if depth > deepest {
		return fmt.Errorf("it nests deeper than %d", deepest)
	}
	if !p.take("{") {
		return p.fail("{")
	}
	for !p.take("}") {
		name, err := p.scalar()
		if err != nil {
			return err
		}
		if !p.take(":") {
			return p.fail(":")
		}
		if p.space(); strings.HasPrefix(p.rest, "{") {
			err = p.dict(prefix+name+".", out, depth+1)
		} else {
			var text string
			if text, err = p.value(depth); err == nil {
				*out = append(*out, setting{prefix + name, text})
			}
		}
		if err != nil {
			return err
		}
		if !p.take(",") && !strings.HasPrefix(p.rest, "}") {
			return p.fail(", or }")
		}
	}
	return nil
}

// value reads anything but a dict that stands for settings; lists keep the form in which they were written.
func (p *literal) value(depth int) (string, error) {
	if p.space(); p.rest == "" || !strings.ContainsAny(p.rest[:1], "[({") {
		return p.scalar()
	}
	before := p.rest
	if err := p.skip(depth); err != nil {
		return "", err
	}
	return strings.TrimSpace(before[:len(before)-len(p.rest)]), nil
}

// skip reads over a list, a tuple or a dict within one.
func (p *literal) skip(depth int) error {
	if depth > deepest {
		return fmt.Errorf("it nests deeper than %d", deepest)
	}
	p.space()
	if p.rest == "" || !strings.ContainsAny(p.rest[:1], "[({") {
		_, err := p.scalar()
		return err
	}
	end := map[byte]string{'[': "]", '(': ")", '{': "}"}[p.rest[0]]
	p.rest = p.rest[1:]
	for !p.take(end) {
		if err := p.skip(depth + 1); err != nil {
			return err
		}
		if !p.take(",") && !p.take(":") && !strings.HasPrefix(p.rest, end) {
			return p.fail(", or " + end)
		}
	}
	return nil
}

// scalar reads a string, or a word such as 0.5, True or nan.
func (p *literal) scalar() (string, error) {
	p.space()
	if p.rest != "" && (p.rest[0] == '\'' || p.rest[0] == '"') {
		return p.quoted()
	}
	n := strings.IndexAny(p.rest, ",:}]) \t\r\n")
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	if word == "" || strings.ContainsAny(word, `'"{[(`) {
		return "", p.fail("a value")
	}
	p.rest = p.rest[n:]
	if word == "None" || word == "null" {
		word = ""
	}
	return word, nil
}

// quoted reads a string of Python or JSON.
func (p *literal) quoted() (string, error) {
	quote := p.rest[0]
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; c {
		case quote:
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case '\\':
			i += unescape(&b, p.rest[i:], quote) - 1
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail("a string that ends")
}

// unescape reads one escape sequence and returns its length. What is none stands for itself.
func unescape(b *strings.Builder, s string, quote byte) int {
	if len(s) > 1 && (s[1] == '\'' || s[1] == '"' || s[1] == '/') { // which Go does not have in both kinds of strings
		b.WriteByte(s[1])
		return 2
	}
	r, _, rest, err := strconv.UnquoteChar(s, quote)
	if err != nil {
		b.WriteByte('\\')
		return 1
	}
	b.WriteRune(r) // Python's \xe9 is the character, not the byte
	return len(s) - len(rest)
}

// values reads settings as parameters; what is None is absent.
func (f flat) values() sweeps.Values {
	var out sweeps.Values
	for _, s := range f {
		if s.text != "" {
			out = append(out, sweeps.Setting{Name: s.name, Value: results.ReadValue(s.text)})
		}
	}
	return out
}

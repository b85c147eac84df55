package sweeps

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const maxExpression = 1000 // bytes, which bounds the parser's depth, too

// parseExpression reads an expression. The error says what is wrong and where, counted in characters from 1.
func parseExpression(source string) (*Expression, error) {
	if len(source) > maxExpression {
		return nil, fmt.Errorf("longer than %d bytes", maxExpression)
	}
	p := &expressionParser{e: &Expression{Source: source}}
	if err := p.scan(source); err != nil {
		return nil, err
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.next < len(p.tokens) {
		return nil, fmt.Errorf("unexpected %s at character %d", quote(p.tokens[p.next].text), p.tokens[p.next].at)
	}
	p.e.root = root
	return p.e, nil
}

type token struct {
	text  string
	value Value // of a literal
	name  bool
	at    int
}

type expressionParser struct {
	e      *Expression
	tokens []token
	next   int
}

var operators = []string{"**", "//", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "(", ")", ","}

// scan cuts the source into tokens.
func (p *expressionParser) scan(source string) error {
	rest := []rune(source)
	for at := 1; len(rest) > 0; {
		n, t := 1, token{at: at}
		switch c := rest[0]; {
		case unicode.IsSpace(c):
			rest, at = rest[1:], at+1
			continue
		case c == '\'' || c == '"':
			n = 1 + slices.Index(rest[1:], c) + 1
			if n < 2 {
				return fmt.Errorf("a string that starts at character %d is not closed", at)
			}
			t.value = StringValue(string(rest[1 : n-1]))
		case unicode.IsDigit(c) || c == '.':
			for n < len(rest) && (isWord(rest[n]) || rest[n] == '.' || (rest[n] == '-' || rest[n] == '+') && (rest[n-1] == 'e' || rest[n-1] == 'E')) {
				n++
			}
			f, err := strconv.ParseFloat(strings.ReplaceAll(string(rest[:n]), "_", ""), 64)
			if err != nil {
				return fmt.Errorf("%s at character %d is not a number", quote(string(rest[:n])), at)
			}
			t.value = numberValue(f)
		case isWord(c):
			for n < len(rest) && (isWord(rest[n]) || rest[n] == '.') {
				n++
			}
			t.name = true
		default:
			i := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(string(rest[:min(2, len(rest))]), o) })
			if i < 0 {
				return fmt.Errorf("unexpected %s at character %d", quote(string(c)), at)
			}
			n = len(operators[i])
		}
		t.text = string(rest[:n])
		p.tokens = append(p.tokens, t)
		rest, at = rest[n:], at+n
	}
	return nil
}

func isWord(r rune) bool {
	return r == '_' || r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// take moves past the next token if it is one of texts.
func (p *expressionParser) take(texts ...string) (string, bool) {
	if p.next < len(p.tokens) && p.tokens[p.next].value.Kind() == 0 && slices.Contains(texts, p.tokens[p.next].text) {
		p.next++
		return p.tokens[p.next-1].text, true
	}
	return "", false
}

func (p *expressionParser) or() (term, error) {
	left, err := p.and()
	for err == nil {
		if _, ok := p.take("or"); !ok {
			break
		}
		var right term
		right, err = p.and()
		left = logical(left, right, true)
	}
	return left, err
}

func (p *expressionParser) and() (term, error) {
	left, err := p.not()
	for err == nil {
		if _, ok := p.take("and"); !ok {
			break
		}
		var right term
		right, err = p.not()
		left = logical(left, right, false)
	}
	return left, err
}

func (p *expressionParser) not() (term, error) {
	if _, ok := p.take("not"); !ok {
		return p.comparison()
	}
	inner, err := p.not()
	return func(lookup func(string) (Value, bool)) (Value, error) {
		b, err := truthOf(inner, lookup)
		return BoolValue(!b), err
	}, err
}

func (p *expressionParser) comparison() (term, error) {
	first, err := p.sum()
	var operators []string
	operands := []term{first}
	for err == nil {
		o, ok := p.take("<", "<=", ">", ">=", "==", "!=")
		if !ok {
			break
		}
		var next term
		next, err = p.sum()
		operators, operands = append(operators, o), append(operands, next)
	}
	if err != nil || len(operators) == 0 {
		return first, err
	}
	return func(lookup func(string) (Value, bool)) (Value, error) {
		left, err := operands[0](lookup)
		for i, o := range operators {
			if err != nil {
				return Value{}, err
			}
			var right Value
			if right, err = operands[i+1](lookup); err != nil {
				return Value{}, err
			}
			ok, err := compare(o, left, right)
			if err != nil || !ok {
				return BoolValue(false), err
			}
			left = right
		}
		return BoolValue(true), err
	}, nil
}

func (p *expressionParser) sum() (term, error) {
	return p.binary((*expressionParser).product, "+", "-")
}

func (p *expressionParser) product() (term, error) {
	return p.binary((*expressionParser).sign, "*", "//", "/", "%")
}

// binary reads operands joined by operators of one rank, from left to right.
func (p *expressionParser) binary(operand func(*expressionParser) (term, error), operators ...string) (term, error) {
	left, err := operand(p)
	for err == nil {
		o, ok := p.take(operators...)
		if !ok {
			break
		}
		var right term
		right, err = operand(p)
		left = arithmetic(o, left, right)
	}
	return left, err
}

func (p *expressionParser) sign() (term, error) {
	if _, ok := p.take("-"); ok {
		inner, err := p.sign()
		return arithmetic("-", literal(IntValue(0)), inner), err
	}
	base, err := p.primary()
	if err != nil {
		return nil, err
	}
	if _, ok := p.take("**"); ok {
		exponent, err := p.sign()
		return arithmetic("**", base, exponent), err
	}
	return base, nil
}

func (p *expressionParser) primary() (term, error) {
	if p.next == len(p.tokens) {
		return nil, errors.New("it ends too early")
	}
	if _, ok := p.take("("); ok {
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		return inner, p.close()
	}
	t := p.tokens[p.next]
	if !t.name && t.value.Kind() == 0 || slices.Contains([]string{"and", "or", "not"}, t.text) {
		return nil, fmt.Errorf("unexpected %s at character %d", quote(t.text), t.at)
	}
	p.next++
	switch {
	case !t.name:
		return literal(t.value), nil
	case t.text == "true" || t.text == "false":
		return literal(BoolValue(t.text == "true")), nil
	}
	if _, ok := p.take("("); ok {
		return p.call(t)
	}
	if !slices.Contains(p.e.names, t.text) {
		p.e.names = append(p.e.names, t.text)
	}
	return func(lookup func(string) (Value, bool)) (Value, error) {
		v, ok := lookup(t.text)
		if !ok {
			return Value{}, errAbsent
		}
		return v, nil
	}, nil
}

func (p *expressionParser) close() error {
	if _, ok := p.take(")"); !ok {
		return errors.New("a ) is missing")
	}
	return nil
}

// call reads the arguments of a function.
func (p *expressionParser) call(name token) (term, error) {
	f, ok := functions[name.text]
	if !ok {
		return nil, fmt.Errorf("there is no function %s", name.text)
	}
	var args []term
	for {
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		if _, ok := p.take(","); !ok {
			break
		}
	}
	if f.arity > 0 && len(args) != f.arity {
		return nil, fmt.Errorf("%s takes one argument, not %d", name.text, len(args))
	}
	return func(lookup func(string) (Value, bool)) (Value, error) {
		xs, err := numbers(lookup, args...)
		if err != nil {
			return Value{}, err
		}
		return finite(f.f(xs))
	}, p.close()
}

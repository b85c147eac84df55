package sweeps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// quote puts s into double quotes, the start of it if it is very long.
func quote(s string) string {
	const longest = 200
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "..."
	}
	return strconv.Quote(s)
}

// parse reads one YAML document. If it is not one, or beyond a limit, it returns no node. Mistakes in single scalars and
// keys are reported beside the node.
func parse(file string, src []byte) (*node, Problems) {
	if len(src) > maxBytes {
		at := place{file, 1, 1}
		return nil, Problems{at.problem("", fmt.Sprintf("the file has %d bytes, more than %d", len(src), maxBytes),
			"a spec is read by people; put data into files of its own")}
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if p, bad := badCharacter(file, src); bad {
		return nil, Problems{p}
	}
	doc, p := readYAML(file, src)
	if p != nil {
		return nil, Problems{*p}
	}
	c := converter{file: file}
	n := c.node(doc, 1)
	if c.full {
		return nil, c.problems // what was left out would be missed and reported, too
	}
	return n, c.problems
}

// badCharacter finds the first character that no YAML file may hold.
func badCharacter(file string, src []byte) (Problem, bool) {
	line, col := 1, 1
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		at := place{file, line, col}
		switch {
		case r == utf8.RuneError && size == 1:
			return at.problem("", fmt.Sprintf("byte 0x%02x is not UTF-8", src[i]), "save the file as UTF-8"), true
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r >= 0x7f && r < 0xa0 && r != 0x85, r == 0xfeff, r == 0xfffe, r == 0xffff:
			return at.problem("", fmt.Sprintf("control character %U", r), "delete it"), true
		}
		col++
		if r == '\n' {
			line, col = line+1, 1
		}
		i += size
	}
	return Problem{}, false
}

// emptySpec is said of a file, or a value, of nothing but spaces, comments or null.
const emptySpec = "the spec is empty"

// readYAML returns the top node of the only document.
func readYAML(file string, src []byte) (top *yaml.Node, p *Problem) {
	// yaml.v3 is no longer maintained and has panicked on malformed input before.
	defer func() {
		if r := recover(); r != nil {
			q := place{file, 1, 1}.problem("", fmt.Sprintf("not readable as YAML: %v", r), "")
			top, p = nil, &q
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, second yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && (len(doc.Content) == 0 || doc.Content[0].Tag == "!!null") {
		q := place{file, 1, 1}.problem("", emptySpec, "start with parameters:, or with a file that sweep init writes")
		return nil, &q
	}
	if err == nil {
		if err = dec.Decode(&second); err == nil {
			q := place{file, max(second.Line, 1), max(second.Column, 1)}.problem("", "a second document starts here",
				"one file holds one spec; delete the ---")
			return nil, &q
		}
	}
	if !errors.Is(err, io.EOF) {
		q := syntaxProblem(file, src, err)
		return nil, &q
	}
	return doc.Content[0], nil
}

var (
	yamlError     = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	tabbedIndent  = regexp.MustCompile(`(?m)^ *\t[ \t]*[^\s#]`)
)

// syntaxProblem says what a YAML error means to somebody who does not know how a scanner works.
func syntaxProblem(file string, src []byte, err error) Problem {
	at, text := place{file, 1, 1}, err.Error()
	if m := yamlError.FindStringSubmatch(text); m != nil {
		text = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			if strings.HasPrefix(text, "did not find expected") {
				n++ // yaml.v3 counts lines from 0 in what its parser says, from 1 in what its scanner says
			}
			at.line = min(n, 1+bytes.Count(src, []byte("\n")))
		}
	}
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		if i := bytes.Index(src, []byte("*"+m[1])); i >= 0 {
			at.line, at.col = lineColumn(src, i)
		}
		return at.problem("", fmt.Sprintf("alias *%s has no anchor &%s before it", m[1], m[1]), "")
	}
	if i := tabbedIndent.FindIndex(src); i != nil {
		if line, col := lineColumn(src, i[0]+bytes.IndexByte(src[i[0]:], '\t')); line <= at.line+1 {
			at.line, at.col = line, col
			return at.problem("", "a tab in the indentation", "YAML takes spaces only")
		}
	}
	for _, k := range syntaxMessages {
		if strings.Contains(text, k.yaml) {
			if k.exact {
				at.line, at.col = firstLine(src, err.Error(), at.line)
			}
			return at.problem("", k.message, k.hint)
		}
	}
	return at.problem("", "not readable as YAML: "+text, "")
}

// firstLine finds the line that the parser stumbled over, where it names the start of the mapping or list around it:
// the first line without which there is no such error. Cut elsewhere, a good spec gives no error of this kind.
func firstLine(src []byte, message string, otherwise int) (line, col int) {
	lines := bytes.SplitAfter(src, []byte("\n"))
	ends := make([]int, len(lines))
	for i, n := 0, 0; i < len(lines); i++ {
		n += len(lines[i])
		ends[i] = n
	}
	i := sort.Search(len(lines), func(i int) bool {
		var n yaml.Node
		err := yaml.Unmarshal(src[:ends[i]], &n)
		return err != nil && err.Error() == message
	})
	if i == len(lines) {
		return otherwise, 1
	}
	return i + 1, 1 + len(lines[i]) - len(bytes.TrimLeft(lines[i], " "))
}

var syntaxMessages = []struct {
	yaml, message, hint string
	exact               bool // look for the line
}{
	{"mapping values are not allowed", `": " where no key can stand`, "quote the value, or check the indentation", false},
	{"cannot start any token", "a character that cannot start a value", `quote the value: "..."`, false},
	{"did not find expected key", "the indentation does not fit the lines above", "the keys of one mapping start in the same column", true},
	{"did not find expected '-' indicator", "the indentation does not fit the list above", "the items of one list start in the same column", true},
	{"did not find expected node content", "a list or mapping in brackets is not closed", "add the missing ] or }", false},
	{"did not find expected <document start>", "something stands after the end of the spec", "a spec is one mapping, key: value line by line", false},
	{"did not find expected ','", "a list or mapping in brackets is not closed", "add the missing comma, ] or }", false},
	{"unexpected end of stream", "a quoted string is not closed", "add the missing quote", false},
	{"could not find expected ':'", `a line without ": "`, "write key: value", false},
	{"unknown escape character", "an unknown escape in a double-quoted string", "use single quotes where \\ means itself", false},
	{"exceeded max depth", fmt.Sprintf("nested deeper than %d levels", maxDepth), "", false},
	{"incompatible YAML document", "a %YAML directive of another version", "delete the directive", false},
}

// lineColumn returns the place of byte i, both from 1, the column in characters.
func lineColumn(src []byte, i int) (line, col int) {
	start := bytes.LastIndexByte(src[:i], '\n') + 1
	return 1 + bytes.Count(src[:i], []byte("\n")), 1 + utf8.RuneCount(src[start:i])
}

// converter turns YAML's nodes into ours.
type converter struct {
	file     string
	problems Problems
	nodes    int
	aliases  int
	open     []*yaml.Node // aliases that are being expanded
	full     bool         // a limit was met: stop
}

func (c *converter) fail(y *yaml.Node, message, hint string) {
	c.problems = append(c.problems, c.at(y).problem("", message, hint))
}

func (c *converter) at(y *yaml.Node) place { return place{c.file, max(y.Line, 1), max(y.Column, 1)} }

// stop reports that a limit is met, once; nothing more is converted.
func (c *converter) stop(y *yaml.Node, message, hint string) *node {
	if !c.full {
		c.fail(y, message, hint)
	}
	c.full = true
	return &node{place: c.at(y)}
}

func (c *converter) node(y *yaml.Node, depth int) *node {
	n := &node{place: c.at(y)}
	c.nodes++
	switch {
	case c.full:
		return n
	case depth > maxDepth:
		return c.stop(y, fmt.Sprintf("nested deeper than %d levels", maxDepth), "")
	case c.nodes > maxNodes:
		return c.stop(y, fmt.Sprintf("more than %d keys and values, aliases expanded", maxNodes),
			"a range with count, or q_uniform, says the same in one line")
	}
	switch y.Kind {
	case yaml.AliasNode:
		return c.alias(y, depth)
	case yaml.SequenceNode:
		c.checkTag(y, "!!seq")
		n.kind = listNode
		for _, item := range y.Content {
			n.items = append(n.items, c.node(item, depth+1))
		}
	case yaml.MappingNode:
		c.checkTag(y, "!!map")
		n.kind = mappingNode
		c.mapping(n, y, depth)
	case yaml.ScalarNode:
		c.scalar(n, y)
	}
	return n
}

func (c *converter) checkTag(y *yaml.Node, want string) {
	if y.Tag != want {
		c.fail(y, fmt.Sprintf("tag %s is not taken", y.Tag), "delete the tag")
	}
}

func (c *converter) alias(y *yaml.Node, depth int) *node {
	c.aliases++
	if c.aliases > maxAliases {
		return c.stop(y, fmt.Sprintf("more than %d aliases", maxAliases), "")
	}
	if slices.Contains(c.open, y.Alias) || len(c.open) > maxDepth {
		return c.stop(y, fmt.Sprintf("alias *%s stands inside its own anchor", y.Value), "")
	}
	c.open = append(c.open, y.Alias)
	n := c.node(y.Alias, depth)
	c.open = c.open[:len(c.open)-1]
	return n
}

func (c *converter) mapping(n *node, y *yaml.Node, depth int) {
	own := make(map[string]int) // line of a key that stands here itself
	for i := 0; i+1 < len(y.Content) && !c.full; i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.ScalarNode && key.Tag != "!!merge" {
			own[key.Value] = 0
		}
	}
	for i := 0; i+1 < len(y.Content) && !c.full; i += 2 {
		key := y.Content[i]
		c.nodes++
		switch {
		case key.Kind == yaml.ScalarNode && key.Tag == "!!merge":
			c.merge(n, y.Content[i+1], depth, own)
			continue
		case key.Kind != yaml.ScalarNode || key.Tag == "!!null":
			c.fail(key, "a key must be a name", "")
			continue
		case own[key.Value] != 0:
			c.fail(key, fmt.Sprintf("%s is given twice, first in line %d", quote(key.Value), own[key.Value]), "delete one of them")
			continue
		}
		own[key.Value] = max(key.Line, 1)
		n.fields = append(n.fields, field{key: c.at(key), name: key.Value, value: c.node(y.Content[i+1], depth+1)})
	}
}

// merge adds the keys of a mapping, or of a list of mappings, that are not in own and not there yet.
func (c *converter) merge(n *node, y *yaml.Node, depth int, own map[string]int) {
	from := c.node(y, depth+1)
	sources := []*node{from}
	if from.kind == listNode {
		sources = from.items
	}
	for _, s := range sources {
		if s.kind != mappingNode {
			if !c.full {
				c.fail(y, "<< merges mappings, this is "+s.describe(), "write <<: *anchor")
			}
			return
		}
		for _, f := range s.fields {
			if _, here := own[f.name]; !here && n.lookup(f.name) == nil {
				n.fields = append(n.fields, f)
			}
		}
	}
}

var (
	floatForm   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	wholeForm   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	leadingZero = regexp.MustCompile(`^[-+]?0[0-9]+$`)
)

// scalar reads a scalar by YAML 1.2's rules as yaml.v3 has them: yes, no and on are strings, and so are dates;
// 1_000 is 1000, 0o17 is 15, 1e-3 is a number. An octal number in YAML 1.1's spelling, 017, is refused: half of the
// readers would take it for 17.
func (c *converter) scalar(n *node, y *yaml.Node) {
	n.kind, n.text = scalarNode, y.Value
	plain := strings.ReplaceAll(y.Value, "_", "")
	quoted := y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	untagged := y.Style&yaml.TaggedStyle == 0
	switch y.Tag {
	case "!!null":
		n.kind = emptyNode
	case "!!bool":
		b, err := strconv.ParseBool(strings.ToLower(y.Value))
		if err != nil {
			c.fail(y, fmt.Sprintf("%s is not true or false", quote(y.Value)), "")
		}
		n.value = BoolValue(b)
	case "!!int", "!!float":
		if untagged && leadingZero.MatchString(plain) {
			c.fail(y, fmt.Sprintf("%s starts with 0: decimal to some readers of YAML, octal to others", y.Value), zeroHint(plain))
			return
		}
		c.number(n, y, plain)
	case "!!str", "!!timestamp", "!!merge":
		if !quoted && untagged && y.Tag == "!!str" && floatForm.MatchString(plain) && !strings.HasPrefix(y.Value, "_") {
			c.fail(y, fmt.Sprintf("%s is too large for a number", y.Value), "")
			return
		}
		n.value = StringValue(y.Value)
	default:
		c.fail(y, fmt.Sprintf("tag %s is not taken", y.Tag), "delete the tag")
	}
}

// zeroHint says how to write a number that has leading zeros.
func zeroHint(s string) string {
	digits := strings.TrimLeft(s, "+-0")
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign = "-"
	}
	switch {
	case digits == "":
		return "write 0"
	case strings.ContainsAny(digits, "89"):
		return "write " + sign + digits
	}
	return fmt.Sprintf("write %s%s, or %s0o%s for octal", sign, digits, sign, digits)
}

func (c *converter) number(n *node, y *yaml.Node, plain string) {
	if y.Tag == "!!int" || wholeForm.MatchString(plain) {
		i, err := strconv.ParseInt(plain, 0, 64)
		switch {
		case err == nil && -maxWhole <= i && i <= maxWhole:
			if n.value = IntValue(i); y.Tag == "!!float" {
				n.value = FloatValue(float64(i)) // tagged so
			}
		case err == nil || errors.Is(err, strconv.ErrRange):
			c.fail(y, fmt.Sprintf("%s is beyond %d, the largest whole number that every reader keeps exactly", y.Value, int64(maxWhole)),
				`quote it if it is a label: "..."`)
		default:
			c.fail(y, fmt.Sprintf("%s is not a whole number", quote(y.Value)), "")
		}
		return
	}
	f, err := strconv.ParseFloat(plain, 64)
	switch {
	case strings.HasSuffix(strings.ToLower(plain), ".nan"), strings.HasSuffix(strings.ToLower(plain), ".inf"):
		c.fail(y, fmt.Sprintf("%s is not a finite number", y.Value), "")
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		c.fail(y, fmt.Sprintf("%s is not a number", quote(y.Value)), "")
	default:
		n.value = FloatValue(f + 0) // -0 is 0
	}
}

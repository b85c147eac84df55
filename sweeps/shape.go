package sweeps

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// decoder reads a tree of nodes into a Spec and gathers every mistake.
type decoder struct {
	spec     *Spec
	problems Problems
}

// key is one key of a mapping: how its value is read, and whether the mapping is nothing without it.
type key struct {
	name     string
	read     func(d *decoder, n *node, path string)
	required bool
}

func (d *decoder) fail(at place, path, hint, format string, args ...any) {
	d.problems = append(d.problems, at.problem(path, fmt.Sprintf(format, args...), hint))
}

// amiss reports what is well-formed and wrong all the same.
func (d *decoder) amiss(at place, path, hint, format string, args ...any) {
	d.spec.amiss = append(d.spec.amiss, at.problem(path, fmt.Sprintf(format, args...), hint))
}

func (d *decoder) warn(at place, path, hint, format string, args ...any) {
	d.spec.Warnings = append(d.spec.Warnings, at.problem(path, fmt.Sprintf(format, args...), hint))
}

func keyNames(keys []key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// mapping reads the keys of n, each by its reader. Unknown, empty and missing keys are mistakes.
func (d *decoder) mapping(n *node, path string, keys []key) {
	if n.kind != mappingNode {
		d.wrongKind(n, path, "a mapping", fmt.Sprintf("write {%s: ...}", keys[0].name))
		return
	}
	for _, f := range n.fields {
		i := slices.IndexFunc(keys, func(k key) bool { return k.name == f.name })
		switch {
		case i < 0:
			d.fail(f.key, join(path, f.name), didYouMean(f.name, keyNames(keys)), "unknown key %s%s", quote(f.name), in(path))
		case d.present(f, path):
			keys[i].read(d, f.value, join(path, f.name))
		}
	}
	for _, k := range keys {
		if k.required && n.lookup(k.name) == nil {
			d.fail(n.place, join(path, k.name), "", "%s is missing", join(path, k.name))
		}
	}
}

func in(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

// present reports a key without a value.
func (d *decoder) present(f field, path string) bool {
	if f.value.kind == emptyNode {
		d.fail(f.key, join(path, f.name), "give it one, or delete the line", "%s has no value", join(path, f.name))
		return false
	}
	return true
}

// wrongKind says what stands where something else should. A scalar that was refused already is passed over.
func (d *decoder) wrongKind(n *node, path, want, hint string) {
	if n.kind == scalarNode && n.value.Kind() == 0 {
		return
	}
	d.fail(n.place, path, hint, "%s must be %s, not %s", path, want, n.describe())
}

// text reads a string.
func (d *decoder) text(n *node, path string) (string, bool) {
	if s, ok := n.value.Text(); ok && n.kind == scalarNode {
		return s, true
	}
	hint := ""
	if n.kind == scalarNode {
		hint = "quote it: " + quote(n.text)
	}
	d.wrongKind(n, path, "a string", hint)
	return "", false
}

// choice reads one of some strings.
func (d *decoder) choice(n *node, path string, choices ...string) (string, bool) {
	s, ok := d.text(n, path)
	if ok && !slices.Contains(choices, s) {
		hint := didYouMean(s, choices)
		if len(choices) == 1 {
			hint = "write " + choices[0]
		} else if !strings.HasPrefix(hint, "did") {
			hint = "one of " + strings.Join(choices, ", ")
		}
		d.fail(n.place, path, hint, "%s cannot be %s", path, quote(s))
		return "", false
	}
	return s, ok
}

// number reads a finite number.
func (d *decoder) number(n *node, path string) (float64, bool) {
	if f, ok := n.value.Float(); ok && n.kind == scalarNode {
		return f, true
	}
	d.wrongKind(n, path, "a number", unquoteHint(n))
	return 0, false
}

// unquoteHint is for a number that stands in quotes.
func unquoteHint(n *node) string {
	if s, ok := n.value.Text(); ok && n.kind == scalarNode && floatForm.MatchString(s) {
		return "write it without quotes: " + s
	}
	return ""
}

// above reads a number greater than least.
func (d *decoder) above(n *node, path string, least float64) (float64, bool) {
	f, ok := d.number(n, path)
	if ok && f <= least {
		d.fail(n.place, path, "", "%s must be above %v, not %s", path, least, n.value)
		return 0, false
	}
	return f, ok
}

// atLeast reads a number that is least or greater.
func (d *decoder) atLeast(n *node, path string, least float64) (float64, bool) {
	f, ok := d.number(n, path)
	if ok && f < least {
		d.fail(n.place, path, "", "%s must be at least %v, not %s", path, least, n.value)
		return 0, false
	}
	return f, ok
}

// whole reads a whole number from least to most; 2.0 is one.
func (d *decoder) whole(n *node, path string, least, most int64) (int64, bool) {
	i, ok := n.value.Int()
	switch {
	case n.kind != scalarNode || !ok:
		d.wrongKind(n, path, "a whole number", unquoteHint(n))
		return 0, false
	case i < least:
		d.fail(n.place, path, "", "%s must be at least %d, not %d", path, least, i)
		return 0, false
	case i > most:
		d.fail(n.place, path, "", "%s must be at most %d, not %d", path, most, i)
		return 0, false
	}
	return i, true
}

// truth reads true or false.
func (d *decoder) truth(n *node, path string) (b, ok bool) {
	if b, ok := n.value.Bool(); ok && n.kind == scalarNode {
		return b, true
	}
	hint := ""
	if s, _ := n.value.Text(); n.kind == scalarNode {
		hint = truthHint(s)
	}
	d.wrongKind(n, path, "true or false", hint)
	return false, false
}

// truthHint is for the words that YAML 1.1 took for truth values.
func truthHint(s string) string {
	switch strings.ToLower(s) {
	case "yes", "on", "y":
		return "write true"
	case "no", "off", "n":
		return "write false"
	}
	return ""
}

// duration reads 90s, 10m, 1h30m, or a number of seconds.
func (d *decoder) duration(n *node, path string) (time.Duration, bool) {
	const longest = 10 * 365 * 24 * time.Hour
	var length time.Duration
	if seconds, ok := n.value.Float(); ok && n.kind == scalarNode {
		length = time.Duration(min(seconds, 2*longest.Seconds()) * float64(time.Second))
	} else if s, ok := n.value.Text(); ok && n.kind == scalarNode {
		parsed, err := time.ParseDuration(s)
		if err != nil || !durationForm.MatchString(s) {
			d.fail(n.place, path, "write 90s, 10m or 1h30m, or a number of seconds", "%s is not a duration", quote(s))
			return 0, false
		}
		length = parsed
	} else {
		d.wrongKind(n, path, "a duration", "write 90s, 10m or 1h30m, or a number of seconds")
		return 0, false
	}
	if length <= 0 || length > longest {
		d.fail(n.place, path, "", "%s must be above 0 and at most ten years, not %s", path, n.text)
		return 0, false
	}
	return length, true
}

// each calls read for the items of a list, which must not be empty.
func (d *decoder) each(n *node, path, of string, read func(item *node, path string)) {
	switch {
	case n.kind != listNode:
		d.wrongKind(n, path, "a list of "+of, fmt.Sprintf("write [%s]", strings.TrimSpace(n.text)))
	case len(n.items) == 0:
		d.fail(n.place, path, "", "%s is an empty list", path)
	default:
		for i, item := range n.items {
			at := fmt.Sprintf("%s[%d]", path, i)
			if item.kind == emptyNode {
				d.fail(item.place, at, "", "%s is empty", at)
				continue
			}
			read(item, at)
		}
	}
}

// scalar reads any value of a hyperparameter.
func (d *decoder) scalar(n *node, path string) (Value, bool) {
	if n.kind == scalarNode {
		return n.value, n.value.Kind() != 0
	}
	d.fail(n.place, path, "", "%s must be a number, a string, true or false, not %s", path, n.describe())
	return Value{}, false
}

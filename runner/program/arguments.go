package program

import (
	"encoding/json"
	"strings"

	"sweep/sweeps"
)

// arguments writes the parameters as one of the macros asks. Names that W&B nests are joined with dots, as everywhere
// here: --optimizer.lr=0.1.
func arguments(macro string, params sweeps.Values) []string {
	var words []string
	for _, p := range params {
		name, text := p.Name, argument(p.Value)
		yes, isBool := p.Value.Bool()
		switch {
		case macro == macroNoHyphens:
			words = append(words, name+"="+text)
		case macro == macroNoEquals:
			words = append(words, "--"+name, text)
		case macro == macroNoBooleans && isBool:
			if yes {
				words = append(words, "--"+name)
			}
		default:
			words = append(words, "--"+name+"="+text)
		}
	}
	return words
}

// argument writes a value as W&B, which is written in Python, hands it to scripts: those that compare with "True" must not
// quietly take true for false.
func argument(v sweeps.Value) string {
	if yes, ok := v.Bool(); !ok {
		return v.String()
	} else if yes {
		return "True"
	}
	return "False"
}

// nested writes the parameters as an object in which the dots of names are levels, as W&B's scripts expect them. Where
// both a and a.b are there, a.b keeps its name.
func nested(params sweeps.Values) ([]byte, error) {
	b := []byte{'{'}
	done := map[string]bool{}
	for i, p := range params {
		key, group := level(params[i:], p.Name, params)
		if done[key] {
			continue
		}
		done[key] = true
		var value []byte
		var err error
		if group != nil {
			value, err = nested(group)
		} else {
			value, err = p.Value.MarshalJSON()
		}
		if err != nil {
			return nil, err
		}
		k, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		if len(b) > 1 {
			b = append(b, ", "...)
		}
		b = append(append(append(b, k...), ": "...), value...)
	}
	return append(b, '}'), nil
}

// level returns the key under which a parameter stands, and, when that is an object, what stands in it.
func level(from sweeps.Values, name string, all sweeps.Values) (string, sweeps.Values) {
	key, rest, dotted := strings.Cut(name, ".")
	if _, taken := all.Lookup(key); !dotted || taken || rest == "" {
		return name, nil
	}
	var group sweeps.Values
	for _, p := range from {
		if below, ok := strings.CutPrefix(p.Name, key+"."); ok && below != "" {
			group = append(group, sweeps.Setting{Name: below, Value: p.Value})
		}
	}
	return key, group
}

package nplm

import (
	"encoding/json"
	"fmt"

	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// textField returns a pointer to the corpus option that a hyperparameter sets, nil for those of the model. It is the
// one place where names of a spec meet options of the text; a test holds it against trainer.Parameters.
func textField(o *corpus.Options, name string) any {
	switch name {
	case "corpus":
		return &o.Corpus
	case "val_corpus":
		return &o.ValCorpus
	case "test_corpus":
		return &o.TestCorpus
	case "split_seed":
		return &o.SplitSeed
	case "level":
		return &o.Level
	case "boundary":
		return &o.Boundary
	case "vocab_size":
		return &o.VocabSize
	case "min_count":
		return &o.MinCount
	case "lowercase":
		return &o.Lowercase
	case "vocab_from":
		return &o.VocabFrom
	case "synthetic_tokens":
		return &o.SyntheticTokens
	case "synthetic_seed":
		return &o.SyntheticSeed
	}
	return nil
}

// textOptions reads where the text comes from out of a configuration's values; what they leave out stays zero.
func textOptions(vs sweeps.Values) (corpus.Options, error) {
	var o corpus.Options
	for _, v := range vs {
		field := textField(&o, v.Name)
		if field == nil {
			continue
		}
		if !set(field, v.Value) {
			return o, &sweeps.ValueError{Param: v.Name, Message: fmt.Sprintf("%s does not fit", v.Value)}
		}
	}
	return o, nil
}

func set(field any, v sweeps.Value) (ok bool) {
	switch f := field.(type) {
	case *string:
		*f, ok = v.Text()
	case *bool:
		*f, ok = v.Bool()
	case *int:
		var i int64
		i, ok = v.Int()
		*f = int(i)
	case *uint64:
		var i int64
		i, ok = v.Int()
		ok = ok && i >= 0
		*f = uint64(i)
	}
	return ok
}

// modelConfig completes the settings of the model and its training; the level of the text decides some defaults.
func modelConfig(vs sweeps.Values, level string, seed uint64) (trainer.Config, error) {
	return trainer.Configure(level, seed, func(name string) (any, bool) {
		v, ok := vs.Lookup(name)
		return plain(v), ok
	})
}

// InputWidth returns how many inputs the network of a configuration has over vocab symbols.
func InputWidth(vs sweeps.Values, vocab int) (int, error) {
	c, err := modelConfig(vs, "", 0)
	if err != nil {
		return 0, fmt.Errorf("read a configuration: %w", err)
	}
	return c.InputWidth(vocab), nil
}

// plain is a value as the trainer takes it: an int64, a float64, a string or a bool.
func plain(v sweeps.Value) any {
	switch v.Kind() {
	case sweeps.Int:
		i, _ := v.Int()
		return i
	case sweeps.Float:
		f, _ := v.Float()
		return f
	case sweeps.Bool:
		b, _ := v.Bool()
		return b
	}
	return v.String()
}

// byName lists a Config's fields by the names of their parameters.
func byName(c trainer.Config) (map[string]sweeps.Value, error) {
	b, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var m map[string]sweeps.Value
	return m, json.Unmarshal(b, &m)
}

// Resolved completes a configuration's values with the defaults of those that it does not give, as far as they are known
// without reading the text, in the order of trainer.Parameters.
func Resolved(vs sweeps.Values) (sweeps.Values, error) {
	o, err := textOptions(vs)
	if err != nil {
		return nil, err
	}
	o = o.WithDefaults()
	c, err := modelConfig(vs, o.Level, 0)
	if err != nil {
		return nil, err
	}
	has, err := byName(c)
	if err != nil {
		return nil, err
	}
	var out sweeps.Values
	for _, p := range trainer.Parameters() {
		v, ok := has[p.Name]
		if !ok {
			v = textValue(textField(&o, p.Name))
		}
		if given, ok := vs.Lookup(p.Name); ok {
			v = given
		}
		if text, isText := v.Text(); v != (sweeps.Value{}) && (!isText || text != "") {
			out = append(out, sweeps.Setting{Name: p.Name, Value: v})
		}
	}
	return out, nil
}

// textValue is what an option of the text holds; one that is left to the text, or names nothing, is absent.
func textValue(field any) sweeps.Value {
	switch f := field.(type) {
	case *string:
		if *f != "" {
			return sweeps.StringValue(*f)
		}
	case *bool:
		return sweeps.BoolValue(*f)
	case *int:
		if *f != 0 {
			return sweeps.IntValue(int64(*f))
		}
	case *uint64:
		if *f != 0 {
			return sweeps.IntValue(int64(*f)) //nolint:gosec // below 2^53
		}
	}
	return sweeps.Value{}
}

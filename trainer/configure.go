package trainer

import (
	"errors"
	"fmt"
	"math"
)

// Configure builds a Config from parameter values, as lookup knows them by the names of Parameters (int64, float64,
// string or bool; ok is false for one that is not given), completes it for the level, "word" or "char", and checks
// it. An explicit hidden_size of 0 is kept, an absent one is the default, also with direct connections. Parameters of
// the data are not asked for. The error joins a *ConfigError for every mistake.
func Configure(level string, seed uint64, lookup func(name string) (value any, ok bool)) (Config, error) {
	c := Config{Seed: seed}
	var errs []error
	zero := map[string]bool{} // given, and zero: not to be completed
	for _, p := range modelParameters() {
		v, ok := lookup(p.Name)
		if !ok {
			if p.Name == "hidden_size" {
				c.HiddenSize = int(p.Default.(int64))
			}
			continue
		}
		if err := c.set(p, v); err != nil {
			errs = append(errs, err)
			continue
		}
		zero[p.Name] = v == any(int64(0)) || v == any(0.0)
	}
	full := c.WithDefaults(level)
	for _, p := range modelParameters() {
		if !zero[p.Name] {
			continue
		}
		if p.Min > 0 || p.OpenMin { // Validate lets some zeros pass as "does not apply"
			errs = append(errs, &ConfigError{p.Name, "0 is too small", ""})
			continue
		}
		if p.Name == "hidden_size" {
			full.HiddenSize = 0
		}
	}
	return full, errors.Join(append(errs, full.Validate())...)
}

// set stores v in the parameter's field; whole numbers and floats without fraction stand for one another.
func (c *Config) set(p Parameter, v any) error {
	switch f := c.field(p.Name).(type) {
	case *int:
		switch v := v.(type) {
		case int64:
			*f = int(v)
			return nil
		case float64:
			if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
				*f = int(v)
				return nil
			}
		}
	case *float64:
		switch v := v.(type) {
		case float64:
			*f = v
			return nil
		case int64:
			*f = float64(v)
			return nil
		}
	case *string:
		if s, ok := v.(string); ok {
			*f = s
			return nil
		}
	case *bool:
		if b, ok := v.(bool); ok {
			*f = b
			return nil
		}
	}
	return &ConfigError{p.Name, fmt.Sprintf("%v is not of kind %s", v, p.Kind), ""}
}

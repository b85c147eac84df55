package trainer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A ConfigError is a mistake in one parameter of a Config.
type ConfigError struct {
	Parameter string // as Parameters names it
	Message   string // what is wrong
	Hint      string // how to mend it; may be empty
}

// Error returns parameter, message and hint in one line.
func (e *ConfigError) Error() string {
	s := e.Parameter + ": " + e.Message
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Validate returns nil if c, completed by WithDefaults, can be trained; otherwise every mistake at once, joined, each
// a *ConfigError.
func (c Config) Validate() error {
	var errs []error
	for _, p := range modelParameters() {
		if err := p.check(c.value(p.Name)); err != nil {
			errs = append(errs, err)
		}
	}
	fail := func(name, message, hint string) { errs = append(errs, &ConfigError{name, message, hint}) }
	if c.HiddenSize == 0 && !c.Direct {
		fail("hidden_size", "0 leaves nothing between input and output", "set direct: true, or at least 1 neuron")
	}
	if c.HiddenSize == 0 && c.Dropout > 0 {
		fail("dropout", "is on the hidden layer, and hidden_size is 0", "leave dropout out")
	}
	if c.Parametrization == paramMuP && c.Optimizer != optAdam && c.Optimizer != optAdamW {
		fail("parametrization", "mup is here for adam and adamw, and optimizer is "+c.Optimizer, "choose one of them, or standard")
	}
	if c.Parametrization == paramMuP && c.HiddenSize == 0 {
		fail("parametrization", "mup is about the hidden layer, and hidden_size is 0", "leave parametrization out")
	}
	if c.BatchNorm && c.HiddenSize == 0 {
		fail("batch_norm", "is on the hidden layer, and hidden_size is 0", "leave batch_norm out")
	}
	if c.BatchNorm && c.BatchSize < 2 {
		fail("batch_norm", "one example has no spread to normalise by", "set batch_size to 2 or more")
	}
	if c.Representation == repOneHot && c.Direct {
		fail("direct", "a one-hot input would need |V| x n|V| connections", "leave direct out, or choose another representation")
	}
	if c.Representation == repOneHot && c.InputDropout > 0 {
		fail("input_dropout", "drops numbers of a symbol's vector, and a one-hot input has none", "leave input_dropout out")
	}
	if c.Snapshots && (c.fixedInput() || c.Representation == repOneHot) {
		fail("snapshots", "keeps the table as it moves, and with representation: "+c.Representation+" there is none that does", "leave snapshots out")
	}
	errs = append(errs, c.checkVectors()...)
	if c.Epochs > 0 && c.Steps > 0 {
		fail("steps", "epochs is given, too", "give one of the two")
	}
	if c.Epochs <= 0 && c.Steps <= 0 {
		fail("epochs", "neither epochs nor steps says how long to train", "")
	}
	return errors.Join(errs...)
}

// Offered lists the choices of a parameter of the model, in the order in which messages name them; nil if it has none.
func Offered(parameter string) []string {
	for _, p := range modelParameters() {
		if p.Name == parameter {
			return p.Choices
		}
	}
	return nil
}

// checkChoice returns a *ConfigError if a value is none of the choices. One that has no default may be absent.
func (p Parameter) checkChoice(value string) error {
	if len(p.Choices) == 0 || slices.Contains(p.Choices, value) || value == "" && p.Default == nil {
		return nil
	}
	return &ConfigError{p.Name, fmt.Sprintf("%q is not known", value), join(p.Choices) + " are"}
}

// join lists words as English does: "a", "a and b", "a, b and c".
func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// check returns a *ConfigError if value is outside the parameter's range or choices, nil otherwise. Epochs, Steps,
// Negatives, Momentum and Decay may be 0, which says that they do not apply.
func (p Parameter) check(value any) error {
	switch v := value.(type) {
	case string:
		return p.checkChoice(v)
	case int64:
		if v == 0 && slices.Contains([]string{"epochs", "steps", "negatives"}, p.Name) {
			return nil
		}
		if v < int64(p.Min) || v > int64(p.Max) {
			return &ConfigError{p.Name, fmt.Sprintf("%d is outside %.0f to %.0f", v, p.Min, p.Max), ""}
		}
	case float64:
		if v == 0 && slices.Contains([]string{"momentum", "lr_decay"}, p.Name) {
			return nil
		}
		switch {
		case math.IsNaN(v) || v < p.Min || v > p.Max:
			return &ConfigError{p.Name, fmt.Sprintf("%g is outside %g to %g", v, p.Min, p.Max), ""}
		case p.OpenMin && v == p.Min:
			return &ConfigError{p.Name, fmt.Sprintf("must be more than %g", p.Min), ""}
		}
	}
	return nil
}

// value returns the field of a parameter as int64, float64, string or bool.
func (c *Config) value(name string) any {
	switch p := c.field(name).(type) {
	case *int:
		return int64(*p)
	case *float64:
		return *p
	case *string:
		return *p
	case *bool:
		return *p
	}
	panic("trainer: no parameter " + name)
}

// field returns a pointer to the field of a parameter.
func (c *Config) field(name string) any {
	switch name {
	case "context_length":
		return &c.ContextLength
	case "embedding_dim":
		return &c.EmbeddingDim
	case "hidden_size":
		return &c.HiddenSize
	case "representation":
		return &c.Representation
	case "index_order":
		return &c.IndexOrder
	case "init_vectors":
		return &c.InitVectors
	case "freeze":
		return &c.Freeze
	case "activation":
		return &c.Activation
	case "batch_norm":
		return &c.BatchNorm
	case "direct":
		return &c.Direct
	case "optimizer":
		return &c.Optimizer
	case "momentum":
		return &c.Momentum
	case "learning_rate":
		return &c.LearningRate
	case "lr_schedule":
		return &c.Schedule
	case "lr_decay":
		return &c.Decay
	case "warmup":
		return &c.Warmup
	case "batch_size":
		return &c.BatchSize
	case "epochs":
		return &c.Epochs
	case "steps":
		return &c.Steps
	case "loss":
		return &c.Loss
	case "negatives":
		return &c.Negatives
	case "weight_decay":
		return &c.WeightDecay
	case "dropout":
		return &c.Dropout
	case "input_dropout":
		return &c.InputDropout
	case "precision":
		return &c.Precision
	case "init":
		return &c.Init
	case "embedding_init":
		return &c.EmbeddingInit
	case "parametrization":
		return &c.Parametrization
	case "shuffle_targets":
		return &c.ShuffleTargets
	case "snapshots":
		return &c.Snapshots
	case "evaluations":
		return &c.Evaluations
	case "eval_examples":
		return &c.EvalExamples
	case "select":
		return &c.Select
	}
	return nil
}

package nplm

import (
	"context"
	"errors"

	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Describe tells the planner what may be swept. Resolve reads the corpora that configurations name, once each.
func (t *Trainer) Describe(ctx context.Context) sweeps.Trainer {
	return sweeps.Trainer{
		Name:    Name,
		Version: trainer.Version,
		Params:  Params(),
		Metrics: trainer.Metrics(),
		Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) { return t.resolve(ctx, vs) },
	}
}

// Params lists the built-in trainer's hyperparameters for sweeps.Load.
func Params() []sweeps.Param {
	var ps []sweeps.Param
	for _, p := range trainer.Parameters() {
		ps = append(ps, sweeps.Param{
			Name: p.Name, Kind: kinds[p.Kind], Default: defaultValue(p.Default), Required: p.Required,
			Min: p.Min, Max: p.Max, OpenMin: p.OpenMin, Choices: p.Choices, Doc: p.Doc,
		})
	}
	return ps
}

var kinds = map[string]sweeps.Kind{"int": sweeps.Int, "float": sweeps.Float, "string": sweeps.String, "bool": sweeps.Bool}

func defaultValue(x any) sweeps.Value {
	switch x := x.(type) {
	case int64:
		return sweeps.IntValue(x)
	case float64:
		return sweeps.FloatValue(x)
	case string:
		return sweeps.StringValue(x)
	case bool:
		return sweeps.BoolValue(x)
	}
	return sweeps.Value{}
}

// resolve completes one configuration: it checks the values against one another and the text, counts the model's
// parameters and says what identifies the training.
func (t *Trainer) resolve(ctx context.Context, vs sweeps.Values) (sweeps.Resolved, error) {
	o, err := textOptions(vs)
	if err != nil {
		return sweeps.Resolved{}, err
	}
	// What is wrong with the model is said without reading the text, and together with what is wrong with that.
	level := o.WithDefaults().Level
	c, err := modelConfig(vs, level, 0)
	if err := refusal(errors.Join(o.Validate(), err)); err != nil {
		return sweeps.Resolved{}, err
	}
	data, err := t.open(ctx, o)
	if err != nil {
		return sweeps.Resolved{}, refusal(err)
	}
	if err := refusal(c.Pays()); err != nil {
		return sweeps.Resolved{}, err
	}
	if err := refusal(c.Suits(data.Vocab.Size())); err != nil {
		return sweeps.Resolved{}, err
	}
	if err := Fits(c, data.Vocab.Size()); err != nil {
		return sweeps.Resolved{}, err
	}
	prior, err := t.prior(ctx, c, data)
	if err != nil {
		return sweeps.Resolved{}, refusal(err)
	}
	key, err := identity(c, level, data, prior)
	if err != nil {
		return sweeps.Resolved{}, err
	}
	work, ending := cost(c, data)
	return sweeps.Resolved{
		Key:        key,
		Parameters: c.ParameterCount(data.Vocab.Size()) - frozen(c, prior),
		Steps:      c.TotalSteps(data.Train.Len()),
		Cost:       work,
		Ending:     ending,
		Points:     int(min(int64(c.Evaluations), c.TotalSteps(data.Train.Len()))),
		Steady:     c.Steady(),
		Data:       sweeps.Data{Corpus: data.Name, Split: data.SplitHash, Vocabulary: data.VocabHash},
		Unused:     unused(vs, c),
		Notes:      notes(prior),
	}, nil
}

// identity lists what tells one training from another: the text by its hashes, into which level, boundary, split and
// files have gone, vectors by theirs, the number of steps, and every other setting that has an effect and differs from its default. What
// comes to the same training, such as epochs and the steps that they take, comes to the same identity.
func identity(c trainer.Config, level string, data *corpus.Data, prior *trainer.Prior) (sweeps.Values, error) {
	largest := max(data.Train.Len(), data.Val.Len())
	steps := c.TotalSteps(data.Train.Len())
	c.Epochs, c.Steps, c.EvalExamples = 0, 0, min(c.EvalExamples, largest)
	if prior != nil {
		c.InitVectors = prior.Hash
	}
	has, err := byName(c)
	if err != nil {
		return nil, err
	}
	def, err := byName(trainer.Config{}.WithDefaults(level))
	if err != nil {
		return nil, err
	}
	key := sweeps.Values{
		{Name: "corpus", Value: sweeps.StringValue(data.SplitHash)},
		{Name: "vocabulary", Value: sweeps.StringValue(data.VocabHash)},
		{Name: "steps", Value: sweeps.IntValue(steps)},
	}
	// Of parts that are given as files the split's seed says nothing, but it draws the samples that curves are measured on.
	if seed := data.Options.SplitSeed; seed != 1 && c.EvalExamples < largest {
		key = append(key, sweeps.Setting{Name: "split_seed", Value: sweeps.IntValue(int64(seed))})
	}
	for _, p := range trainer.Parameters() {
		v, ok := has[p.Name]
		if ok && v != def[p.Name] && p.Name != "epochs" && p.Name != "steps" && effective(p.Name, c) {
			key = append(key, sweeps.Setting{Name: p.Name, Value: v})
		}
	}
	return key, nil
}

// unused lists the values that are given and change nothing.
func unused(vs sweeps.Values, c trainer.Config) []string {
	var out []string
	for _, v := range vs {
		if !effective(v.Name, c) {
			out = append(out, v.Name)
		}
	}
	return out
}

// effective reports whether a hyperparameter changes anything, given the others.
func effective(name string, c trainer.Config) bool {
	switch name {
	case "momentum":
		return c.Optimizer == "momentum"
	case "negatives":
		return c.Loss == "sampled"
	case "lr_decay":
		return c.Schedule == "wsd"
	case "index_order":
		return c.Representation == "index"
	case "activation", "dropout":
		return c.HiddenSize > 0
	case "embedding_dim":
		return c.Representation != "index" && c.Representation != "onehot"
	case "embedding_init":
		return c.Representation == "learned" || c.Representation == "random" || c.Representation == "pretrained"
	}
	return true
}

// cost is the expected work of one training in floating-point operations: it orders trials and makes the first
// estimate of time. ending is the part of it that comes after the last step, a third of the whole for a large
// vocabulary and few epochs.
func cost(c trainer.Config, data *corpus.Data) (whole, ending float64) {
	x, h, v := float64(c.InputWidth(data.Vocab.Size())), float64(c.HiddenSize), float64(data.Vocab.Size())
	if c.Representation == "onehot" { // a sum of columns
		x = float64(c.ContextLength)
	}
	width := h
	if c.Direct {
		width += x
	}
	judging := 2 * (width*v + h*x) // an example
	curve := c.Evaluations * min(c.EvalExamples, data.Val.Len())
	end := data.Val.Len() + data.Test.Len() + min(c.EvalExamples, data.Train.Len())
	ending = judging * float64(end)
	return float64(c.TotalSteps(data.Train.Len()))*c.TrainingFlops(data.Vocab.Size()) + judging*float64(curve) + ending, ending
}

// refusal turns the trainer's and the corpus' complaints into those that the planner can place in the spec.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	var out []error
	for _, e := range leaves(err) {
		var ce *trainer.ConfigError
		var oe *corpus.OptionError
		switch {
		case errors.As(e, &ce):
			e = &sweeps.ValueError{Param: ce.Parameter, Message: ce.Message, Hint: ce.Hint}
		case errors.As(e, &oe):
			e = &sweeps.ValueError{Param: oe.Option, Message: oe.Message, Hint: oe.Hint}
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}

// leaves lists the errors that errors.Join put together.
func leaves(err error) []error {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range j.Unwrap() {
			out = append(out, leaves(e)...)
		}
		return out
	}
	return []error{err}
}

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
	s, err := decode(vs)
	if err != nil {
		return sweeps.Resolved{}, err
	}
	if err := refusal(s.corpus.Validate()); err != nil {
		return sweeps.Resolved{}, err
	}
	// The level decides some defaults, and only the text decides the level.
	if err := refusal(s.config.WithDefaults(s.corpus.Level).Validate()); err != nil {
		return sweeps.Resolved{}, err
	}
	data, err := t.open(ctx, s.corpus)
	if err != nil {
		return sweeps.Resolved{}, refusal(err)
	}
	c := s.config.WithDefaults(data.Options.Level)
	examples := int64(data.Train.Len())
	return sweeps.Resolved{
		Key:        identity(settings{data.Options, c}, data),
		Parameters: c.ParameterCount(data.Vocab.Size()),
		Steps:      c.TotalSteps(int(examples)),
		Cost:       cost(c, data),
		Data:       sweeps.Data{Corpus: data.Name, Split: data.SplitHash, Vocabulary: data.VocabHash},
	}, nil
}

// identity lists what tells one training from another: the text by its hash, and every other setting that has an effect
// and differs from its default. Level, boundary, split and files have gone into the hashes of the text.
func identity(s settings, data *corpus.Data) sweeps.Values {
	key := sweeps.Values{
		{Name: "corpus", Value: sweeps.StringValue(data.SplitHash)},
		{Name: "vocabulary", Value: sweeps.StringValue(data.VocabHash)},
	}
	def := settings{config: trainer.Config{}.WithDefaults(data.Options.Level)}
	for _, p := range trainer.Parameters() {
		if ofText[p.Name] || !effective(p.Name, s.config) {
			continue
		}
		if v := value(s.field(p.Name)); v != value(def.field(p.Name)) {
			key = append(key, sweeps.Setting{Name: p.Name, Value: v})
		}
	}
	return key
}

// ofText are the hyperparameters whose whole effect is in the hashes of the text and its vocabulary.
var ofText = map[string]bool{
	"corpus": true, "val_corpus": true, "test_corpus": true, "split_seed": true, "level": true, "boundary": true,
	"vocab_size": true, "min_count": true, "lowercase": true, "vocab_from": true,
}

// effective reports whether a hyperparameter changes anything, given the others.
func effective(name string, c trainer.Config) bool {
	switch name {
	case "negatives":
		return c.Loss == "sampled"
	case "epochs":
		return c.Steps == 0
	case "activation", "dropout":
		return c.HiddenSize > 0
	}
	return true
}

// cost is the expected work of one training in multiply-adds: it orders trials and makes the first estimate of time.
func cost(c trainer.Config, data *corpus.Data) float64 {
	v, input := float64(data.Vocab.Size()), float64(c.ContextLength*c.EmbeddingDim)
	width := float64(c.HiddenSize)
	if c.Direct {
		width += input
	}
	rows := v
	if c.Loss == "sampled" {
		rows = min(v, float64(c.Negatives+c.BatchSize))
	}
	trained := float64(c.TotalSteps(data.Train.Len())) * float64(c.BatchSize)
	judged := float64(c.Evaluations*min(c.EvalExamples, data.Val.Len()) + data.Val.Len() + data.Test.Len())
	return trained*3*(input*float64(c.HiddenSize)+width*rows) + judged*width*v
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

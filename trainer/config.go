package trainer

import "math"

// Config says what one training is: the model's shape, how it is optimised, and when it is measured. The zero value
// of a field stands for its default, which WithDefaults fills in. Field for field it is the parameter of the same
// name in Parameters, except for those of the data, which are corpus.Options.
type Config struct {
	ContextLength   int     `json:"context_length"`  // n: symbols that the model sees
	EmbeddingDim    int     `json:"embedding_dim"`   // m: numbers per symbol in the table C
	HiddenSize      int     `json:"hidden_size"`     // h: tanh neurons; 0 with Direct: no hidden layer
	Representation  string  `json:"representation"`  // of a symbol at the input: "learned"
	IndexOrder      string  `json:"index_order"`     // of the symbols' numbers, with Representation "index" only; else ""
	InitVectors     string  `json:"init_vectors"`    // file of vectors that the table starts from, or a built-in table; "": it starts random
	Freeze          bool    `json:"freeze"`          // rows that InitVectors covers stay as they are; true with Representation "pretrained"
	Activation      string  `json:"activation"`      // of the hidden layer: "tanh"
	BatchNorm       bool    `json:"batch_norm"`      // on the inputs of the activation, over the batch
	Direct          bool    `json:"direct"`          // connections from the embeddings to the output, past the hidden layer
	Optimizer       string  `json:"optimizer"`       // "sgd", "momentum", "adagrad", "adam" or "adamw"
	LearningRate    float64 `json:"learning_rate"`   // at its highest
	Momentum        float64 `json:"momentum"`        // share of the last step's direction that is kept; 0 unless Optimizer is "momentum"
	Schedule        string  `json:"lr_schedule"`     // "constant", "step", "linear", "cosine" or "wsd"
	Decay           float64 `json:"lr_decay"`        // share of the steps in which the rate falls to 0; 0 unless Schedule is "wsd"
	Warmup          float64 `json:"warmup"`          // share of the steps in which the rate rises from 0
	BatchSize       int     `json:"batch_size"`      // examples per step
	Epochs          int     `json:"epochs"`          // passes over the training part; 0 if Steps is set
	Steps           int     `json:"steps"`           // optimiser steps; 0 if Epochs is set
	Loss            string  `json:"loss"`            // "full" or "sampled" softmax, in training
	Negatives       int     `json:"negatives"`       // symbols drawn per step; 0 unless Loss is "sampled"
	WeightDecay     float64 `json:"weight_decay"`    // L2, added to the gradient, with adamw apart from it; not on biases
	Dropout         float64 `json:"dropout"`         // share of hidden activations that are dropped
	InputDropout    float64 `json:"input_dropout"`   // share of the inputs x that are dropped
	Precision       string  `json:"precision"`       // of what the output layer multiplies in training: "f32" or "bf16"
	Init            string  `json:"init"`            // "scaled" or "normal"
	EmbeddingInit   float64 `json:"embedding_init"`  // standard deviation of the first embeddings
	Parametrization string  `json:"parametrization"` // how rates and first weights depend on HiddenSize: "standard"
	ShuffleTargets  bool    `json:"shuffle_targets"` // train on targets that belong to other contexts: a control
	Snapshots       bool    `json:"snapshots"`       // keep C as it was on the way
	Evaluations     int     `json:"evaluations"`     // points of the curve
	EvalExamples    int     `json:"eval_examples"`   // examples behind each point of the curve
	Select          string  `json:"select"`          // weights that are kept: "last" or "best"
	Seed            uint64  `json:"seed"`            // of everything random, except the split and the evaluation sample
}

// Levels of text that defaults depend on.
const (
	levelWord = "word"
	levelChar = "char"
)

// WithDefaults returns c with every zero field set to its default for a corpus of the level, "word" or "char".
// HiddenSize stays 0 when Direct is set, for that is a network without hidden layer; Configure tells an explicit 0
// from an absent one. What has no effect becomes zero:
// Negatives when Loss is not "sampled", Momentum, Decay and IndexOrder likewise. InitVectors "none" becomes "".
func (c Config) WithDefaults(level string) Config {
	setDefault(&c.ContextLength, 3)
	setDefault(&c.EmbeddingDim, 30)
	if !c.Direct {
		setDefault(&c.HiddenSize, 100)
	}
	setDefault(&c.Representation, "learned")
	if c.InitVectors == noVectors {
		c.InitVectors = ""
	}
	if c.Representation == repPretrained { // its table is never trained
		c.Freeze = true
	}
	if c.Representation == "index" {
		setDefault(&c.IndexOrder, "frequency")
	} else {
		c.IndexOrder = ""
	}
	setDefault(&c.Activation, "tanh")
	setDefault(&c.Optimizer, "adam")
	rate := 0.001
	switch c.Optimizer {
	case optSGD, optMomentum:
		rate = 0.1
	case optAdagrad:
		rate = 0.01
	}
	setDefault(&c.LearningRate, rate)
	if c.Optimizer == optMomentum {
		setDefault(&c.Momentum, 0.9)
	} else {
		c.Momentum = 0
	}
	setDefault(&c.Schedule, "constant")
	if c.Schedule == "wsd" {
		setDefault(&c.Decay, 0.2)
	} else {
		c.Decay = 0
	}
	batch, spread := 128, 0.3
	if level == levelChar {
		batch, spread = 32, 1
	}
	setDefault(&c.BatchSize, batch)
	if c.Steps == 0 {
		setDefault(&c.Epochs, 4)
	}
	setDefault(&c.Loss, "full")
	if c.Loss == "sampled" {
		setDefault(&c.Negatives, 512)
	} else {
		c.Negatives = 0
	}
	setDefault(&c.Precision, precisionSingle)
	setDefault(&c.Init, "scaled")
	setDefault(&c.EmbeddingInit, spread)
	setDefault(&c.Parametrization, "standard")
	setDefault(&c.Evaluations, 20)
	setDefault(&c.EvalExamples, 20_000)
	setDefault(&c.Select, "last")
	return c
}

// setDefault sets *p to v if it is zero.
func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// ParameterCount returns the number of trainable numbers of a model over vocab symbols: the table C if it is trained, the
// hidden weights H with their bias d, the output weights U with their bias b, the direct connections W if there are any,
// and gamma with batch norm. With one-hot inputs H has n*vocab columns. Rows of C that are frozen because a file covers
// them are counted: see Frozen.
func (c Config) ParameterCount(vocab int) int64 {
	v, m, h := int64(vocab), int64(c.codeWidth()), int64(c.HiddenSize)
	x := int64(c.ContextLength) * m
	n := h*(x+1) + v*(h+1)
	switch {
	case c.Representation == repOneHot:
		n += int64(c.ContextLength) * v * h
	case !c.fixedInput():
		n += v * m
	}
	if c.Direct {
		n += v * x
	}
	if c.BatchNorm {
		n += h
	}
	return n
}

// stored returns how many numbers a model's file holds: the trainable ones, codes that are fixed, and what batch norm
// remembers.
func (c Config) stored(vocab int) int64 {
	n := c.ParameterCount(vocab)
	if c.fixedInput() {
		n += int64(vocab) * int64(c.codeWidth())
	}
	if c.BatchNorm {
		n += 2 * int64(c.HiddenSize)
	}
	return n
}

// Parametrisations: how rates and first weights depend on the hidden size.
const (
	paramStandard = "standard"
	paramMuP      = "mup" // maximal update (Yang and Hu, 2021), width being the hidden size alone
)

// baseWidth is the hidden size at which both parametrisations have the same rates.
const baseWidth = 100

// outputRatio is what the learning rate of the weights from hidden neurons to the output is multiplied by. With Adam,
// whose steps do not depend on the size of gradients, each of h weights moves by as much as the rate, and all in the same
// direction as their neurons: a logit moves h times as far. The ratio keeps that equal for every h.
func (c Config) outputRatio() float32 {
	if c.Parametrization != paramMuP || c.HiddenSize == 0 {
		return 1
	}
	return float32(baseWidth / float64(c.HiddenSize))
}

// TotalSteps returns the optimiser steps of a whole training on a part of that many examples: Steps, or as many as
// Epochs passes need, rounded up.
func (c Config) TotalSteps(examples int) int64 {
	if c.Steps > 0 || c.BatchSize <= 0 {
		return int64(c.Steps)
	}
	b := int64(c.BatchSize)
	return (int64(c.Epochs)*int64(examples) + b - 1) / b
}

// TrainingFlops returns the nominal floating-point operations of one training step over vocab symbols: those of the
// dense products, of which there are three a layer, forward, gradient of the input and gradient of the weights, with a
// multiplication and an addition for each weight and example. Biases, lookups, exponentials and the optimiser are not
// counted, nor is the sum of columns that one-hot inputs are multiplied by. A sampled loss is taken to have as many candidates as it can, no symbol being drawn twice.
func (c Config) TrainingFlops(vocab int) float64 {
	x, h := float64(c.ContextLength*c.codeWidth()), float64(c.HiddenSize)
	rows := float64(vocab)
	if c.Loss == "sampled" {
		rows = math.Min(rows, float64(c.Negatives+c.BatchSize))
	}
	in := h
	if c.Direct {
		in += x
	}
	return 6 * float64(c.BatchSize) * (rows*in + h*x)
}

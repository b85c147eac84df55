package nplm

import (
	"fmt"

	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// settings are one configuration as the trainer takes it: where the text comes from, and what learns it.
type settings struct {
	corpus corpus.Options
	config trainer.Config
}

// field returns a pointer to the field that a hyperparameter sets, nil for a name that does not exist. It is the one
// place where names of a spec meet fields of the trainer; a test holds it against trainer.Parameters.
func (s *settings) field(name string) any {
	o, c := &s.corpus, &s.config
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
	case "context_length":
		return &c.ContextLength
	case "embedding_dim":
		return &c.EmbeddingDim
	case "hidden_size":
		return &c.HiddenSize
	case "representation":
		return &c.Representation
	case "activation":
		return &c.Activation
	case "direct":
		return &c.Direct
	case "optimizer":
		return &c.Optimizer
	case "learning_rate":
		return &c.LearningRate
	case "lr_schedule":
		return &c.Schedule
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
	case "init":
		return &c.Init
	case "embedding_init":
		return &c.EmbeddingInit
	case "evaluations":
		return &c.Evaluations
	case "eval_examples":
		return &c.EvalExamples
	case "select":
		return &c.Select
	}
	return nil
}

// decode turns a configuration's values into settings; what the values leave out stays zero.
func decode(vs sweeps.Values) (settings, error) {
	var s settings
	for _, v := range vs {
		if err := set(s.field(v.Name), v.Value); err != nil {
			return s, &sweeps.ValueError{Param: v.Name, Message: err.Error()}
		}
	}
	return s, nil
}

func set(field any, v sweeps.Value) error {
	ok := false
	switch f := field.(type) {
	case *string:
		*f, ok = v.Text()
	case *bool:
		*f, ok = v.Bool()
	case *float64:
		*f, ok = v.Float()
	case *int:
		var i int64
		i, ok = v.Int()
		*f = int(i)
	case *uint64:
		var i int64
		i, ok = v.Int()
		ok = ok && i >= 0
		*f = uint64(i)
	case nil:
		return fmt.Errorf("no such hyperparameter")
	}
	if !ok {
		return fmt.Errorf("%s does not fit", v)
	}
	return nil
}

// value reads a field back as the value that would set it.
func value(field any) sweeps.Value {
	switch f := field.(type) {
	case *string:
		return sweeps.StringValue(*f)
	case *bool:
		return sweeps.BoolValue(*f)
	case *float64:
		return sweeps.FloatValue(*f)
	case *int:
		return sweeps.IntValue(int64(*f))
	case *uint64:
		return sweeps.IntValue(int64(*f))
	}
	return sweeps.Value{}
}

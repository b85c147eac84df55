package nplm

import (
	"errors"
	"testing"

	"sweep/sweeps"
	"sweep/trainer"
)

func TestFits(t *testing.T) {
	for _, c := range []struct {
		cfg   trainer.Config
		vocab int
		param string // that is refused; "": none
	}{
		{trainer.Config{}, 17_000, ""},
		{trainer.Config{BatchSize: 4096, Loss: "sampled"}, 17_000, ""},
		{trainer.Config{HiddenSize: 1 << 16}, 1 << 19, "hidden_size"},
		{trainer.Config{}, 1 << 34, "vocab_size"},
		{trainer.Config{HiddenSize: 1, EmbeddingDim: 1, BatchSize: 1 << 16}, 1 << 23, "batch_size"},
		{trainer.Config{ContextLength: 1024, EmbeddingDim: 2048, BatchSize: 1 << 16, HiddenSize: 1}, 100, "batch_size"},
	} {
		err := Fits(c.cfg.WithDefaults("word"), c.vocab)
		var refused *sweeps.ValueError
		got := ""
		if errors.As(err, &refused) {
			got = refused.Param
		}
		if got != c.param {
			t.Errorf("%+v over %d symbols: %v, want a refusal of %q", c.cfg, c.vocab, err, c.param)
		}
	}
}

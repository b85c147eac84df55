package nplm

import (
	"fmt"

	"sweep/sweeps"
	"sweep/trainer"
)

// Fits refuses a model whose training this machine cannot hold, with a *sweeps.ValueError that names what to make
// smaller. Running out of memory would end the process, and with it the other trainings.
func Fits(c trainer.Config, vocab int) error {
	need, have := c.Memory(vocab), memory()
	if need < have {
		return nil
	}
	one := c
	one.BatchSize = 1
	size := fmt.Sprintf("a training would hold %.3g GB; this machine has %.3g GB", float64(need)/1e9, float64(have)/1e9)
	switch least := one.Memory(vocab); {
	case least < have:
		return &sweeps.ValueError{
			Param: "batch_size", Message: fmt.Sprintf("with %d examples a step %s", c.BatchSize, size),
			Hint: fmt.Sprintf("with one it would hold %.3g GB; or make the model or vocab_size smaller", float64(least)/1e9),
		}
	case int64(vocab) > 16*(c.ParameterCount(vocab)/int64(vocab)): // many symbols rather than many numbers for each
		return &sweeps.ValueError{
			Param: "vocab_size", Message: fmt.Sprintf("with %d symbols %s", vocab, size), Hint: "make vocab_size smaller",
		}
	}
	return &sweeps.ValueError{
		Param: "hidden_size", Message: fmt.Sprintf("with %.3g parameters %s", float64(c.ParameterCount(vocab)), size),
		Hint: "make hidden_size, embedding_dim, context_length or vocab_size smaller",
	}
}

package nplm

import (
	"fmt"

	"sweep/sweeps"
	"sweep/trainer"
)

// Fits refuses a model whose training this machine cannot hold, with a *sweeps.ValueError. Running out of memory would
// end the process, and with it the other trainings.
func Fits(c trainer.Config, vocab int) error {
	perNumber := int64(4) // bytes of a weight
	if c.Optimizer == "adam" {
		perNumber *= 3 // and of its two moments
	}
	n := c.ParameterCount(vocab)
	have := memory()
	rows := int64(vocab)
	if c.Loss == "sampled" {
		rows = min(rows, int64(c.Negatives)+int64(c.BatchSize))
	}
	logits := rows * int64(c.BatchSize)
	if n < have/perNumber && logits < (have-n*perNumber)/4 {
		return nil
	}
	if n < have/perNumber {
		return &sweeps.ValueError{
			Param:   "batch_size",
			Message: fmt.Sprintf("%d examples would have %.3g logits, %.3g GB beside the model; this machine has %.3g GB", c.BatchSize, float64(logits), 4*float64(logits)/1e9, float64(have)/1e9),
			Hint:    "make batch_size or vocab_size smaller",
		}
	}
	return &sweeps.ValueError{
		Param:   "hidden_size",
		Message: fmt.Sprintf("the model would have %.3g parameters, %.3g GB with what its optimiser keeps; this machine has %.3g GB", float64(n), float64(n)*float64(perNumber)/1e9, float64(have)/1e9),
		Hint:    "make hidden_size, embedding_dim, context_length or vocab_size smaller",
	}
}

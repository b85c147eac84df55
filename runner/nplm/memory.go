package nplm

import (
	"fmt"

	"sweep/sweeps"
	"sweep/trainer"
)

// fits refuses a model that this machine cannot hold. Running out of memory would end the process, and with it the other
// trainings.
func fits(c trainer.Config, vocab int) error {
	perNumber := int64(4) // bytes of a weight
	if c.Optimizer == "adam" {
		perNumber *= 3 // and of its two moments
	}
	n := c.ParameterCount(vocab)
	have := memory()
	if n < have/perNumber {
		return nil
	}
	return &sweeps.ValueError{
		Param:   "hidden_size",
		Message: fmt.Sprintf("the model would have %.3g parameters, %.3g GB with what its optimiser keeps; this machine has %.3g GB", float64(n), float64(n)*float64(perNumber)/1e9, float64(have)/1e9),
		Hint:    "make hidden_size, embedding_dim, context_length or vocab_size smaller",
	}
}

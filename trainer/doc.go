// Package trainer fits the neural probabilistic language model on a CPU: n previous symbols are looked up in one
// shared table of embeddings, joined, passed through a tanh layer, and a softmax gives the next symbol. It evaluates a
// model exactly, asks it questions, and keeps checkpoints from which a broken training continues to the same bits as
// an unbroken one. Train is a pure function of its Config, its data and Version: the clock, the processor and the
// number of trainings that run beside it never reach a result. It opens no database, writes no log, starts no
// goroutine and knows nothing of sweeps.
package trainer

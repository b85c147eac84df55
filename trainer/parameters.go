package trainer

// A Parameter describes one hyperparameter: enough to check a value of it before anything is read or built.
type Parameter struct {
	Name     string
	Kind     string  // "int", "float", "string" or "bool"
	Default  any     // int64, float64, string or bool; nil: none, or one that depends on others (Doc says on what)
	Required bool    // it has no default and must be given
	Min, Max float64 // of a number, ends included; both 0: any
	OpenMin  bool    // Min itself is not allowed
	Choices  []string
	Doc      string // one line
}

// Bounds that no sensible training reaches; they keep sizes from overflowing and typing errors from filling a disk.
const (
	maxContext   = 1024
	maxEmbedding = 8192
	maxHidden    = 1 << 16
	maxBatch     = 1 << 16
	maxSteps     = 1 << 40
	maxNegatives = 1 << 20
	maxVocab     = 1 << 30
)

// Parameters lists the hyperparameters of the data, the model and its training, those of the data first.
func Parameters() []Parameter {
	return append(dataParameters(), modelParameters()...)
}

func dataParameters() []Parameter {
	return []Parameter{
		{Name: "corpus", Kind: "string", Required: true, Doc: "text to learn from: gostd, names, synthetic, a name of data ls, or a path or glob (.gz, .zst, .jsonl)"},
		{Name: "val_corpus", Kind: "string", Doc: "path or name of the validation part; absent: split off the corpus"},
		{Name: "test_corpus", Kind: "string", Doc: "path or name of the test part; absent: split off the corpus"},
		{Name: "split_seed", Kind: "int", Default: int64(1), Min: 0, Max: 1 << 53, Doc: "seed of the 80/10/10 split by document, never the sweep's"},
		{Name: "level", Kind: "string", Choices: []string{levelWord, levelChar}, Doc: "what a symbol is; default char for names, else word"},
		{Name: "boundary", Kind: "string", Default: "predict", Choices: []string{"predict", "stream", "none"}, Doc: "between documents: predict their end and pad their start, one stream with a symbol between, or nothing"},
		{Name: "vocab_size", Kind: "int", Min: 2, Max: maxVocab, Doc: "symbols, boundary and <unk> included; default 17000 or all if fewer at word level, all at char level"},
		{Name: "min_count", Kind: "int", Default: int64(1), Min: 1, Max: 1 << 30, Doc: "leave out words seen less often than this in the text that the vocabulary is made from"},
		{Name: "lowercase", Kind: "bool", Default: false, Doc: "lower-case the text"},
		{Name: "vocab_from", Kind: "string", Default: "train", Doc: "what the vocabulary is counted on: train, all (lets test words in), or a file with a word a line"},
		{Name: "synthetic_tokens", Kind: "int", Default: int64(1_000_000), Min: 1000, Max: 100_000_000, Doc: "words of text that are drawn with corpus: synthetic, 80 % of them for training"},
		{Name: "synthetic_seed", Kind: "int", Default: int64(1), Min: 1, Max: 1 << 53, Doc: "seed of the language and text with corpus: synthetic, never the sweep's"},
	}
}

func modelParameters() []Parameter {
	return []Parameter{
		{Name: "context_length", Kind: "int", Default: int64(3), Min: 1, Max: maxContext, Doc: "n, symbols that the model sees"},
		{Name: "embedding_dim", Kind: "int", Default: int64(30), Min: 1, Max: maxEmbedding, Doc: "m, numbers per symbol"},
		{Name: "hidden_size", Kind: "int", Default: int64(100), Min: 0, Max: maxHidden, Doc: "h, neurons of the hidden layer; 0 only with direct: true"},
		{Name: "representation", Kind: "string", Default: "learned", Choices: []string{"learned", "index", "onehot", "binary", "random", "pretrained"}, Doc: "of a symbol at the input: a row of the trained table, its number in [0, 1], one of |V| inputs, a fixed code of m bits, fixed random numbers, or given vectors"},
		{Name: "index_order", Kind: "string", Choices: []string{"frequency", "random"}, Doc: "of the numbers that stand for the symbols with representation: index; default frequency"},
		{Name: "init_vectors", Kind: "string", Doc: "what the table starts from, scaled to the random start's spread: none (default, random), features (a built-in table of what common words mean), or a file of word2vec or GloVe vectors or of features"},
		{Name: "freeze", Kind: "bool", Default: false, Doc: "rows of the table that init_vectors covers are not trained"},
		{Name: "activation", Kind: "string", Default: "tanh", Choices: []string{"tanh", "relu", "sigmoid"}, Doc: "of the hidden layer"},
		{Name: "batch_norm", Kind: "bool", Default: false, Doc: "normalise the inputs of the activation over the batch"},
		{Name: "direct", Kind: "bool", Default: false, Doc: "connections from the embeddings to the output, past the hidden layer"},
		{Name: "optimizer", Kind: "string", Default: "adam", Choices: []string{"sgd", "momentum", "adagrad", "adam", "adamw"}, Doc: "how a gradient becomes a step"},
		{Name: "momentum", Kind: "float", Min: 0, OpenMin: true, Max: 0.9999, Doc: "share of the last step's direction that is kept, with optimizer: momentum; default 0.9"},
		{Name: "learning_rate", Kind: "float", Min: 0, OpenMin: true, Max: 1000, Doc: "at its highest; default 0.001 (sgd and momentum 0.1, adagrad 0.01)"},
		{Name: "lr_schedule", Kind: "string", Default: "constant", Choices: []string{"constant", "step", "linear", "cosine", "wsd"}, Doc: "of the rate after the warm-up: constant, a tenth in the second half, falling to zero in a line or a cosine, or stable and then falling (wsd)"},
		{Name: "lr_decay", Kind: "float", Min: 0, OpenMin: true, Max: 1, Doc: "share of the steps after the warm-up in which the rate falls to zero, with lr_schedule: wsd; default 0.2"},
		{Name: "warmup", Kind: "float", Default: 0.0, Min: 0, Max: 0.99, Doc: "share of the steps in which the rate rises from zero"},
		{Name: "batch_size", Kind: "int", Min: 1, Max: maxBatch, Doc: "examples a step; default 128 (char 32)"},
		{Name: "epochs", Kind: "int", Default: int64(4), Min: 1, Max: 1 << 20, Doc: "passes over the training part; not with steps"},
		{Name: "steps", Kind: "int", Min: 1, Max: maxSteps, Doc: "optimiser steps, in place of epochs"},
		{Name: "loss", Kind: "string", Default: "full", Choices: []string{"full", "sampled"}, Doc: "softmax in training; evaluation is always exact"},
		{Name: "negatives", Kind: "int", Default: int64(512), Min: 1, Max: maxNegatives, Doc: "symbols drawn a step, shared by the batch, with loss: sampled"},
		{Name: "weight_decay", Kind: "float", Default: 0.0, Min: 0, Max: 1, Doc: "L2 penalty, added to the gradient (adamw: weights shrink by rate times this); not on biases"},
		{Name: "dropout", Kind: "float", Default: 0.0, Min: 0, Max: 0.95, Doc: "share of hidden activations dropped in training"},
		{Name: "input_dropout", Kind: "float", Default: 0.0, Min: 0, Max: 0.95, Doc: "share of the numbers of the input dropped in training"},
		{Name: "precision", Kind: "string", Default: precisionSingle, Choices: []string{precisionSingle, precisionPairs}, Doc: "of the factors in the output layer's products in training; bf16 where the processor is faster with it"},
		{Name: "init", Kind: "string", Default: "scaled", Choices: []string{"scaled", "normal"}, Doc: "first weights: (5/3)/sqrt(n m) hidden, 0.01 output, output bias log unigram; or standard normal throughout"},
		{Name: "embedding_init", Kind: "float", Min: 0, OpenMin: true, Max: 100, Doc: "standard deviation of the first embeddings; default 0.3 (char 1)"},
		{Name: "parametrization", Kind: "string", Default: "standard", Choices: []string{"standard", "mup"}, Doc: "how rates and first weights depend on hidden_size: not at all, or so that one rate serves all sizes"},
		{Name: "shuffle_targets", Kind: "bool", Default: false, Doc: "train on targets that belong to other contexts: a control in which nothing can be learned but frequencies"},
		{Name: "snapshots", Kind: "bool", Default: false, Doc: "keep the embeddings as they were after 0, 1, 10, 50 and 100 % of the steps"},
		{Name: "evaluations", Kind: "int", Default: int64(20), Min: 1, Max: 1 << 20, Doc: "points of the curve, evenly spaced, the last step included"},
		{Name: "eval_examples", Kind: "int", Default: int64(20_000), Min: 1, Max: 1 << 40, Doc: "examples behind each point of the curve; the final figures are over the whole parts"},
		{Name: "select", Kind: "string", Default: "last", Choices: []string{"last", "best"}, Doc: "weights that are kept: the last, or those of the best point on validation"},
	}
}

// Metrics lists the names of what a training reports, in the order of a report's columns.
func Metrics() []string {
	return []string{
		MetricTrainLoss,
		"val/loss", "val/perplexity", "val/accuracy", "val/top5", "val/unk_share", "val/perplexity_known",
		"test/loss", "test/perplexity", "test/accuracy", "test/top5", "test/unk_share", "test/perplexity_known",
		MetricRate, MetricGradNorm, MetricUpdateRatio, MetricSaturated, MetricVowels,
		MetricCoveredSymbols, MetricCoveredTokens,
	}
}

// Names of the metrics that stand for themselves; those of a part are "val/" or "test/" and the figure's name.
const (
	MetricTrainLoss   = "train/loss"    // in a curve the mean objective since the last point; final: exact, on a sample
	MetricRate        = "learning_rate" // of the last step
	MetricGradNorm    = "grad_norm"     // length of the last step's gradient
	MetricUpdateRatio = "update_ratio"  // length of the last step's change over the length of all weights
	MetricSaturated   = "saturated"     // share of hidden activations beyond 0.97 in the last step's batch
	MetricVowels      = "vowels/ratio"  // of learned embeddings of characters, as VowelRatio has it; also at step 0 and after 1, 2, 5, 10, 20, ... steps

	// Of a start from init_vectors; told once, with the first point of the curve.
	MetricCoveredSymbols = "coverage/symbols" // share of the vocabulary that starts from the file
	MetricCoveredTokens  = "coverage/tokens"  // share of the training part's targets that these symbols are
)

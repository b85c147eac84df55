package reports

import "sweep/results"

// Input is everything that a report shows. Rows of retired trials may be among them; they are left out.
type Input struct {
	Sweep          results.Sweep
	Trials         []results.Trial
	Points         []results.Point
	Configurations []results.Configuration // for the sweep's metric
	Baselines      []results.Baseline      // of the sweep's split and vocabulary only; not shown if Mixed
	Answer         results.Answer
	Provenance     results.Provenance
	Swept          []string    // names of the parameters that take more than one value, in the spec's order
	Embeddings     []Embedding // the first is shown large: the best configuration's median replicate
	ByWidth        []Embedding // where embedding_dim is swept: the best trial of each width, the narrowest first
	Motions        []Motion    // of the best configuration's replicates that kept tables on the way, the median one first
	Texts          *Texts      // that the best configuration's median replicate has written; nil: none
	Related        *Related    // another sweep whose heat map belongs to this answer; may be nil
	Beside         *Related    // a sweep of the same question over another text, drawn beside this one; may be nil
	Together       *Together   // networks mixed with count models; may be nil
	Widths         Widths      // inputs of the networks, where representations of the symbols are compared
	Sessions       []results.Session
	Importance     *Importance // of the hyperparameters; nil: too few configurations to say
	Notes          []string    // further sentences for the page, such as claims computed by the caller
	Mixed          bool        // configurations are over different splits or vocabularies: their perplexities do not mean the same
	OwnOrder       int         // order of the n-gram that sees as much as the networks do, at most 5; 0: unknown, or context_length is swept
}

// Embedding is one trial's table C.
type Embedding struct {
	Trial   string      // short id
	Label   string      // for people: "replicate 2"
	Symbols []string    // the vocabulary, in its order
	Vectors [][]float32 // one per symbol, all of one length m
	Classes []string    // of each symbol ("vowel"), "" where it has none; nil: letters by kind, words by frequency
	Note    string      // where the classes come from, for captions; may be empty
	Counts  []int64     // occurrences of each symbol in the training part; nil: the vocabulary is ordered by frequency
}

// Related is another sweep of the record over the same data, such as the one that tuned the learning rates of this
// one. Its first two parameters that vary independently are shown as a heat map.
type Related struct {
	Sweep          results.Sweep
	Trials         []results.Trial
	Configurations []results.Configuration
	Answer         results.Answer
	Swept          []string
	Corpus         string
	// Why is one sentence: how it tuned the parameters that this sweep ties to others. It is shown only if the rows say
	// so, too; "" leaves the sentence to the report.
	Why string
}

// Written tells what a call of Write left on disk.
type Written struct {
	Page     string   // path of index.html
	Pictures []string // paths of the PNGs, in the order of the page
	Files    []string // paths of all files of the report
	Drawn    []string // names of the pictures that were drawn by this call; the others were right already
}

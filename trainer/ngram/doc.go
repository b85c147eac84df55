// Package ngram holds the count-based language models that a network is measured against: uniform, unigram, add-k,
// deleted interpolation, modified Kneser-Ney, and where the classes of symbols are known class n-grams. Each gives every symbol of the vocabulary a probability above zero
// after any context, seen or not, and these sum to one.
//
// The order of a model counts the predicted symbol: a trigram, order 3, sees two symbols before it, like a network with
// a context length of two. Contexts are those of corpus.Part: where a part pads them with boundary symbols, counts are
// taken over the padded contexts too, so that a padded n-gram and a padded network are asked the same questions.
//
// Counts are kept as a trie of sorted arrays, one per order, in which an n-gram is a place and not a key: see Counts.
// Count once and derive several models from the counts, or call KneserNey and its like, which count for themselves.
//
// The package trains no network, reads no file and keeps nothing. Models are read-only once made and may be shared by
// any number of goroutines. Every figure is the same bit for bit on any platform and any number of cores.
package ngram

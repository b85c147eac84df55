package ngram_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"sweep/trainer/corpus"
	"sweep/trainer/ngram"
)

// write puts a text into a file of its own, and returns its path and what removes it.
func write(text string) (path string, remove func()) {
	dir, err := os.MkdirTemp("", "ngram")
	if err != nil {
		panic(err)
	}
	path = filepath.Join(dir, "text.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}
	return path, func() { os.RemoveAll(dir) }
}

// A trigram has two symbols of context. A word that never followed them still has a probability.
func ExampleKneserNey() {
	text, remove := write("the cat sat on the mat\nthe dog sat on the rug\nthe cat saw the dog\n")
	defer remove()
	d, err := corpus.Open(context.Background(), corpus.Options{Corpus: text, ValCorpus: text, TestCorpus: text})
	if err != nil {
		fmt.Println(err)
		return
	}
	word := func(s string) int32 { return int32(d.Vocab.Lookup(s)) }

	m := ngram.KneserNey(d.Train, d.Vocab.Size(), 3)
	after := []int32{word("on"), word("the")}
	for _, w := range []string{"mat", "dog", "saw"} {
		fmt.Printf("P(%s | on the) = %.3f\n", w, m.Prob(after, word(w)))
	}
	// Output:
	// P(mat | on the) = 0.198
	// P(dog | on the) = 0.195
	// P(saw | on the) = 0.042
}

// Models of several orders share one count.
func ExampleCount() {
	text, remove := write("the cat sat on the mat\nthe dog sat on the rug\nthe cat saw the dog\n")
	defer remove()
	d, err := corpus.Open(context.Background(), corpus.Options{Corpus: text, ValCorpus: text, TestCorpus: text})
	if err != nil {
		fmt.Println(err)
		return
	}
	vocab := d.Vocab.Size()
	counts := ngram.Count(d.Train, vocab, 3)
	for _, m := range []ngram.Model{ngram.Uniform(vocab), counts.Unigram(), counts.KneserNey(2), counts.KneserNey(3)} {
		f, err := ngram.Evaluate(context.Background(), m, d.Train, d.Vocab.Unk())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-10s %d  perplexity %5.2f  accuracy %.2f\n", m.Name(), m.Order(), f.Perplexity, f.Accuracy)
	}
	// Output:
	// uniform    1  perplexity  9.00  accuracy 0.11
	// unigram    1  perplexity  7.51  accuracy 0.30
	// kneser-ney 2  perplexity  3.50  accuracy 0.65
	// kneser-ney 3  perplexity  2.31  accuracy 0.80
}

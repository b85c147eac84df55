package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"sweep/results"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// loadModel finds a trial in the record and reads its final weights.
func (a *app) loadModel(ctx context.Context, ref string) (results.Trial, *trainer.Model, error) {
	s, err := a.open(ctx)
	if err != nil {
		return results.Trial{}, nil, err
	}
	defer s.Close()
	t, err := s.Trial(ctx, ref)
	if errors.Is(err, results.ErrAmbiguous) {
		return t, nil, &statusError{statusUsage, err}
	}
	if errors.Is(err, results.ErrNotFound) {
		if _, sweepErr := s.Sweep(ctx, ref); sweepErr == nil {
			return t, nil, usage("%s is a sweep; a model is asked by its trial, such as %s:best", ref, ref)
		}
	}
	if err != nil {
		return t, nil, err
	}
	m, err := a.modelOf(ctx, t)
	return t, m, err
}

// modelOf reads a trial's final weights.
func (a *app) modelOf(ctx context.Context, t results.Trial) (*trainer.Model, error) {
	m, err := trainer.Load(a.modelFile(ctx, t.Trial))
	if errors.Is(err, fs.ErrNotExist) {
		if !sweeps.State(t.State).Finished() {
			return nil, notFound("trial %s is %s: it has no model yet", t.Trial, t.State)
		}
		if why := a.fetched[t.Trial]; why != nil {
			return nil, notFound("the model of trial %s is not on disk, and could not be fetched: %v. A finished trial is not trained again here: to have the same "+
				"model, run what `sweep show %s --command` prints with another --dir", t.Trial, why, t.Trial)
		}
		return nil, notFound("the model of trial %s is not on disk; keep_models says which stay. A finished trial is not "+
			"trained again here: to have the same model, run what `sweep show %s --command` prints with another --dir", t.Trial, t.Trial)
	}
	return m, err
}

// keepsLetters reports whether a word was cut without losing letters. A corpus may know no others than those of English;
// what is left of Ünï is another word. Numbers and hyphens may go.
func keepsLetters(word string, tokens []string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, strings.ReplaceAll(s, "<num>", ""))
	}
	return letters(word) == letters(strings.Join(tokens, ""))
}

// symbols turns words of the command line into indices the way the corpus reads text. Unknown words become <unk> and
// are named; where the vocabulary has no <unk> they are an error.
func symbols(m *trainer.Model, words []string) (indices []int32, unknown []string, err error) {
	index := make(map[string]int32, len(m.Symbols))
	for i, s := range m.Symbols {
		index[s] = int32(i)
	}
	for _, w := range words {
		tokens := []string{w}
		if _, ok := index[w]; !ok {
			tokens = corpus.Tokenize(m.Data.Level, m.Data.Corpus, m.Data.Lowercase, w)
			if len(tokens) == 0 || !keepsLetters(w, tokens) {
				tokens = []string{w}
			}
		}
		for _, token := range tokens {
			i, ok := index[token]
			switch {
			case ok:
			case m.Unknown >= 0:
				i = int32(m.Unknown)
				unknown = append(unknown, token)
			default:
				return nil, nil, notFound("%q is not among the model's %s symbols", token, grouped(int64(len(m.Symbols))))
			}
			indices = append(indices, i)
		}
	}
	return indices, unknown, nil
}

// tellUnknown names the words that the model does not know.
func (a *app) tellUnknown(unknown []string) {
	if len(unknown) > 0 {
		fmt.Fprintf(a.stderr, "sweep: not in the vocabulary, read as <unk>: %s\n", strings.Join(unknown, ", "))
	}
}

// names are the symbols of indices.
func names(m *trainer.Model, indices []int32) []string {
	out := make([]string, len(indices))
	for i, s := range indices {
		out[i] = m.Symbols[s]
	}
	return out
}

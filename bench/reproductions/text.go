package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// text is a corpus as the verbs are given it.
type text struct {
	paths map[string]string // by parameter: corpus, val_corpus, test_corpus
	flags []string          // of `data`: how it is read
}

// args are the arguments of a verb of `data`.
func (t text) args(verb string, more ...string) []string {
	args := []string{"data", verb, t.paths["corpus"], "--json"}
	if p := t.paths["val_corpus"]; p != "" {
		args = append(args, "--val", p)
	}
	if p := t.paths["test_corpus"]; p != "" {
		args = append(args, "--test", p)
	}
	return slices.Concat(args, t.flags, more)
}

// describe writes what a perplexity on the text means: the split, its hash, the vocabulary and what is not in it.
func (b *bench) describe(ctx context.Context, w io.Writer, t text) error {
	out, err := b.sweep(ctx, t.args("show")...)
	if err != nil {
		return err
	}
	var s struct {
		SplitHash string `json:"split_hash"`
		VocabHash string `json:"vocab_hash"`
		VocabSize int64  `json:"vocab_size"`
		Boundary  string `json:"boundary"`
		Parts     []struct {
			Name     string  `json:"name"`
			Examples int64   `json:"examples"`
			Unknown  float64 `json:"unknown_share"`
		} `json:"parts"`
	}
	if err := json.Unmarshal(out, &s); err != nil {
		return err
	}
	var examples, unknown []string
	for _, p := range s.Parts {
		examples = append(examples, grouped(p.Examples))
		unknown = append(unknown, fmt.Sprintf("%.1f %%", 100*p.Unknown))
	}
	_, err = fmt.Fprintf(w, "\nData: %s examples for training, validation and test; boundary `%s`; %s symbols; unknown targets %s. Split `%.12s`, vocabulary `%.12s`.\n",
		strings.Join(examples, " / "), s.Boundary, grouped(s.VocabSize), strings.Join(unknown, " / "), s.SplitHash, s.VocabHash)
	return err
}

// baseline is a count model as `data baselines` prints it.
type baseline struct {
	Name           string  `json:"name"`
	Order          int     `json:"order"`
	ValLoss        float64 `json:"val_loss"`
	ValPerplexity  float64 `json:"val_perplexity"`
	TestLoss       float64 `json:"test_loss"`
	TestPerplexity float64 `json:"test_perplexity"`
	Parameters     int64   `json:"parameters"`
}

// count judges count models on a text.
func (b *bench) count(ctx context.Context, t text, more ...string) ([]baseline, error) {
	out, err := b.sweep(ctx, t.args("baselines", more...)...)
	if err != nil {
		return nil, err
	}
	var s struct {
		Models []baseline `json:"models"`
	}
	return s.Models, json.Unmarshal(out, &s)
}

// grouped writes a number with commas between its thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
)

// makemore is the lectures' model, by their recipe: plain gradient descent, 0.1 and a tenth of it in the second half.
func makemore(ctx context.Context, b *bench, w io.Writer) error {
	dir := filepath.Join(b.data, "names-makemore")
	split := text{map[string]string{
		"corpus":      filepath.Join(dir, "split_seed42_train.txt"),
		"val_corpus":  filepath.Join(dir, "split_seed42_dev.txt"),
		"test_corpus": filepath.Join(dir, "split_seed42_test.txt"),
	}, []string{"--level", "char"}}
	if err := b.describe(ctx, w, split); err != nil {
		return err
	}
	all := filepath.Join(dir, "names.txt")
	bigram, err := b.count(ctx, text{map[string]string{"corpus": all, "val_corpus": all, "test_corpus": all}, split.flags}, "--order", "2", "--smoothing", "1e-9")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nBigram counts on all names, fitted and judged on them: %.4f; published 2.4540.\n", bigram[0].ValLoss)
	for _, spec := range []string{"makemore", "makemore-8"} {
		if _, err := b.train(ctx, local(spec), split.paths); err != nil {
			return err
		}
	}
	short := func(init string, norm bool) map[string]any { return map[string]any{"init": init, "batch_norm": norm} }
	fmt.Fprint(w, "\nDev loss of the MLP: 10 numbers a letter, 200 neurons, 200,000 steps of 32, seeds 5.\n")
	return b.table(ctx, w, []row{
		{"context 3, `init: normal`", "makemore", short("normal", false), "val_loss", "2.1682", within(2.168, 0.015)},
		{"context 3, `init: scaled`", "makemore", short("scaled", false), "val_loss", "2.1070", atMost(2.11)},
		{"context 3, `init: scaled`, batch norm", "makemore", short("scaled", true), "val_loss", "2.1048", none},
		{"context 8, `init: scaled`", "makemore-8", map[string]any{"batch_norm": false}, "val_loss", "", atMost(2.06)},
		{"context 8, `init: scaled`, batch norm", "makemore-8", map[string]any{"batch_norm": true}, "val_loss", "2.027", atMost(2.035)},
	})
}

// published are the twelve cells of EurekaLabs' grid of count models: validation loss by order and added count.
var published = []struct {
	order int
	loss  map[float64]float64
}{
	{3, map[float64]float64{0.03: 2.2443, 0.1: 2.2401, 0.3: 2.2404, 1: 2.2521}},
	{4, map[float64]float64{0.03: 2.1376, 0.1: 2.1118, 0.3: 2.1269, 1: 2.2114}},
	{5, map[float64]float64{0.03: 2.3540, 0.1: 2.2814, 0.3: 2.3210, 1: 2.4903}},
}

// eureka reads the names as one stream, the newline a symbol of its own, and beside it name by name.
func eureka(ctx context.Context, b *bench, w io.Writer) error {
	dir := filepath.Join(b.data, "names-eureka")
	stream := text{map[string]string{
		"corpus":      filepath.Join(dir, "train.txt"),
		"val_corpus":  filepath.Join(dir, "val.txt"),
		"test_corpus": filepath.Join(dir, "test.txt"),
	}, []string{"--level", "char", "--boundary", "stream"}}
	if err := b.describe(ctx, w, stream); err != nil {
		return err
	}
	fmt.Fprint(w, "\nValidation loss of add-k n-grams, ours, the published to four decimals:\n\n| order | k 0.03 | 0.1 | 0.3 | 1 | |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, p := range published {
		fmt.Fprintf(w, "| %d |", p.order)
		equal := 0
		for _, k := range []float64{0.03, 0.1, 0.3, 1} {
			got, err := b.count(ctx, stream, "--order", strconv.Itoa(p.order), "--smoothing", fmt.Sprint(k))
			if err != nil {
				return err
			}
			fmt.Fprintf(w, " %.4f (%.4f) |", got[0].ValLoss, p.loss[k])
			if math.Abs(got[0].ValLoss-p.loss[k]) < 5.1e-5 {
				equal++
			}
		}
		fmt.Fprintf(w, " %d of 4 equal |\n", equal)
	}
	for _, spec := range []string{"eureka", "eureka-padded"} {
		if _, err := b.train(ctx, local(spec), stream.paths); err != nil {
			return err
		}
	}
	fmt.Fprint(w, "\nValidation loss of the MLP: context 3, 48 numbers a letter, 512 neurons, AdamW, 50,000 steps of 128, seeds 3. Padded, each\nname begins with three boundaries and no context reaches into the name before it: another task, with another loss.\n")
	return b.table(ctx, w, []row{
		{"as a stream", "eureka", nil, "val_loss", "2.0591", atMost(2.065)},
		{"as a stream, test", "eureka", nil, "test_loss", "2.0580", none},
		{"padded", "eureka-padded", nil, "val_loss", "", none},
	})
}

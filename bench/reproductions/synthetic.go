package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
)

// synthetic is a language of ours whose entropy is known, small and large.
func synthetic(ctx context.Context, b *bench, w io.Writer) error {
	fmt.Fprint(w, `
Sentences drawn from classes of words, five million words, 80 % of them for training; three words decide the classes that may
follow. The floor is the language itself, judged on the same validation part; the class 4-gram is told the classes and counts
the rest. Networks: 3 words, 20 wide, 50 neurons, 3 seeds.
`)
	for _, size := range []struct {
		vocab int
		above float64 // of the floor, at most
	}{{1000, 0.03}, {17_000, 0.1}} {
		if err := b.language(ctx, w, size.vocab, size.above); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) language(ctx context.Context, w io.Writer, vocab int, above float64) error {
	t := text{map[string]string{"corpus": "synthetic"}, []string{"--vocab-size", strconv.Itoa(vocab), "--synthetic-tokens", "5000000"}}
	if err := b.describe(ctx, w, t); err != nil {
		return err
	}
	models, err := b.count(ctx, t)
	if err != nil {
		return err
	}
	floor := math.NaN()
	fmt.Fprint(w, "\n| model | numbers | validation perplexity | above the floor | aim | |\n| --- | ---: | ---: | ---: | --- | --- |\n")
	for _, m := range models {
		if m.Name == "entropy" {
			floor = m.ValPerplexity
		}
	}
	for _, m := range models {
		if m.Name == "entropy" || m.Name == "class" || m.Name == "kneser-ney" {
			fmt.Fprintf(w, "| %s %d | %s | %.2f | %.1f %% | | |\n", m.Name, m.Order, grouped(m.Parameters), m.ValPerplexity, 100*(m.ValPerplexity/floor-1))
		}
	}
	sweep := fmt.Sprintf("synthetic-%d", vocab)
	end, err := b.train(ctx, local(sweep), nil)
	if err != nil {
		return err
	}
	trials, err := b.trials(ctx, sweep)
	if err != nil {
		return err
	}
	mean, n := 0.0, 0
	for _, t := range trials {
		if t.Retired == 0 && t.ValPerplexity != nil {
			mean, n = mean+*t.ValPerplexity, n+1
		}
	}
	mean /= float64(n)
	fmt.Fprintf(w, "| network, mean of %d | %s | %.2f | %.1f %% | at most %.0f %% | %s |\n", n, grouped(trials[0].Parameters), mean,
		100*(mean/floor-1), 100*above, atMost(above).judge(mean/floor-1))
	for _, often := range []int{50, 0} {
		if err := b.purity(ctx, w, sweep, often); err != nil {
			return err
		}
	}
	if p := end.Withheld; p != nil && p.High != nil {
		fmt.Fprintf(w, "\nPairs of words that grammar allows and training was not shown, %.2f %% of validation's targets: the network gives them a probability of %.2g (geometric mean), %s %.2g; the difference is %.2f nats [%.2f, %.2f] (aim: under 0; %s).\n",
			100*p.Share, p.Network, p.With, p.Counts, p.Difference, *p.Low, *p.High, aim{math.NaN(), 0}.judge(*p.High))
	}
	return nil
}

// purity writes how far a word's five nearest are of its own class, for words seen so often in training.
func (b *bench) purity(ctx context.Context, w io.Writer, sweep string, often int) error {
	out, err := b.sweep(ctx, "eval", "classes", "synthetic", sweep, "--min-count", strconv.Itoa(often), "--json")
	if err != nil {
		return err
	}
	var p struct {
		Used   int     `json:"used"`
		Chance float64 `json:"chance"`
		Purity struct {
			Mean float64 `json:"mean"`
			Low  float64 `json:"low"`
			High float64 `json:"high"`
		} `json:"purity"`
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return err
	}
	words, verdict := "all words", ""
	if often > 0 {
		words = fmt.Sprintf("words seen %d times or more", often)
		verdict = fmt.Sprintf(" (aim: at least 0.95; %s)", aim{0.95, 1}.judge(p.Purity.Mean))
	}
	_, err = fmt.Fprintf(w, "\nPurity of the five nearest, %s (%s): %.3f [%.3f, %.3f]%s; by chance %.3f.\n",
		words, grouped(int64(p.Used)), p.Purity.Mean, p.Purity.Low, min(p.Purity.High, 1), verdict, p.Chance)
	return err
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// gostdText is the corpus of the shipped specs.
var gostdText = text{map[string]string{"corpus": "gostd"}, []string{"--vocab-size", "17000"}}

// gostd is the shipped spec that asks what the network alone needs to pass the n-gram models, and their mixture.
func gostd(ctx context.Context, b *bench, w io.Writer) error {
	if err := b.describe(ctx, w, gostdText); err != nil {
		return err
	}
	fmt.Fprint(w, "\nThe prose of the Go distribution that built the program; another version has another split, and other figures.\n")
	models, err := b.count(ctx, gostdText)
	if err != nil {
		return err
	}
	four := math.NaN()
	for _, m := range models {
		if m.Name == "kneser-ney" {
			fmt.Fprintf(w, "\nKneser-Ney %d: validation perplexity %.1f, test %.1f.\n", m.Order, m.ValPerplexity, m.TestPerplexity)
		}
		if m.Name == "kneser-ney" && m.Order == 4 {
			four = m.ValPerplexity
		}
	}
	end, err := b.train(ctx, shipped("counts"), nil)
	if err != nil {
		return err
	}
	all, err := b.trials(ctx, "counts")
	if err != nil {
		return err
	}
	fmt.Fprint(w, "\nValidation perplexity of the network alone (`sweeps/counts.yaml`), the first row as a start. Aim: under the 4-gram.\n")
	var rows []row
	for _, t := range all {
		if slices.ContainsFunc(rows, func(r row) bool { return matches(t.Params, r.where) }) || t.Retired == 1 {
			continue
		}
		where := map[string]any{}
		for _, name := range []string{"context_length", "embedding_dim", "hidden_size", "dropout"} {
			where[name] = t.Params[name]
		}
		rows = append(rows, row{
			fmt.Sprintf("%v words, %v wide, %v neurons, dropout %v", where["context_length"], where["embedding_dim"], where["hidden_size"], where["dropout"]),
			"counts", where, "val_perplexity", "", atMost(four),
		})
	}
	rows[0].aim = none // where the ladder starts
	if err := b.table(ctx, w, rows); err != nil {
		return err
	}
	fmt.Fprint(w, "\nThe best of these mixed with count models:\n")
	writeMixtures(w, end.Mixtures)
	return nil
}

// representation compares the learned table with every other way to show a word, by the interval of the difference.
func representation(ctx context.Context, b *bench, w io.Writer) error {
	if err := b.describe(ctx, w, gostdText); err != nil {
		return err
	}
	if _, err := b.train(ctx, shipped("representation"), nil); err != nil {
		return err
	}
	all, err := b.trials(ctx, "representation")
	if err != nil {
		return err
	}
	fmt.Fprint(w, `
Same hidden layer, steps and data; each at the learning rate that suits it. Validation perplexity, and how much higher it
is than with the learned table, with the 95 % interval of that difference.

| representation | trained numbers | perplexity | above learned | n |
| --- | ---: | --- | --- | ---: |
`)
	configurations := map[string]string{} // by representation
	var others []string
	for _, t := range all {
		name := shown(t)
		if t.Retired == 1 || configurations[name] != "" {
			continue
		}
		configurations[name] = t.Configuration
		if name != "learned" {
			others = append(others, name)
		}
	}
	for i, name := range others {
		d, err := b.compare(ctx, configurations["learned"], configurations[name])
		if err != nil {
			return err
		}
		if i == 0 {
			fmt.Fprintf(w, "| learned | %s | %.1f | | %d |\n", grouped(d.learned.Parameters), d.metric.A, d.metric.NA)
		}
		fmt.Fprintf(w, "| %s | %s | %.1f | %.1f %% [%.1f, %.1f] | %d |\n", name, grouped(d.other.Parameters), d.metric.B,
			percent(d.metric.Difference), percent(d.metric.Low), percent(d.metric.High), d.metric.NB)
	}
	return nil
}

// shown names how a trial was shown its words.
func shown(t trial) string {
	name := fmt.Sprint(t.Params["representation"])
	if order, ok := t.Params["index_order"]; ok {
		name += fmt.Sprintf(", %v order", order)
	}
	return name
}

// percent is by how much a perplexity is higher when its loss is d nats higher.
func percent(d float64) float64 { return 100 * math.Expm1(d) }

// difference is what `compare --json` says of the validation perplexities of two configurations, in nats.
type difference struct {
	learned, other struct {
		Parameters int64 `json:"parameters"`
	}
	metric comparedMetric
}

type comparedMetric struct {
	Metric     string  `json:"metric"`
	A          float64 `json:"a"`
	B          float64 `json:"b"`
	NA         int     `json:"n_a"`
	NB         int     `json:"n_b"`
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
}

func (b *bench) compare(ctx context.Context, first, second string) (d difference, err error) {
	out, err := b.sweep(ctx, "compare", first, second, "--json")
	if err != nil {
		return d, err
	}
	var c struct {
		A struct {
			Parameters int64 `json:"parameters"`
		} `json:"a"`
		B struct {
			Parameters int64 `json:"parameters"`
		} `json:"b"`
		Metrics []comparedMetric `json:"metrics"`
	}
	if err := json.Unmarshal(out, &c); err != nil {
		return d, err
	}
	d.learned, d.other = c.A, c.B
	for _, m := range c.Metrics {
		if m.Metric == "val/perplexity" {
			d.metric = m
			return d, nil
		}
	}
	return d, fmt.Errorf("compare %s %s says nothing of val/perplexity", first, second)
}

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

func (a *app) dataShowCommand() *cobra.Command {
	var f textFlags
	var word, export string
	var n, top int
	c := &cobra.Command{
		Use:   "show CORPUS",
		Short: "Count a corpus: parts, vocabulary, coverage, n-grams",
		Long: "Show reads a corpus as a sweep would and counts it: documents, tokens and types of each part, how much of\n" +
			"validation the vocabulary covers, how many n-grams there are, how many of validation's were never seen in\n" +
			"training, and how large a table of all contexts would be.",
		Example: examples("sweep data show gostd", "the word corpus at hand",
			"sweep data show gostd --word reader", "a word's index and count",
			"sweep data show names --export parts", "writes train.txt, val.txt, test.txt, one document a line"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 || n > 16 {
				return usage("--context-length %d: 1 to 16", n)
			}
			if top < 0 {
				return usage("--top %d: at least 0", top)
			}
			ctx := cmd.Context()
			f.Corpus = args[0]
			d, err := openCorpus(ctx, f.Options)
			if err != nil {
				return err
			}
			switch {
			case word != "":
				return a.showWord(d, word)
			case export != "":
				return a.exportParts(ctx, d, export)
			case a.json:
				return a.printJSON(d.Stats(n, top))
			}
			return a.printStats(d.Stats(n, top))
		},
	}
	f.add(c)
	c.Flags().StringVar(&word, "word", "", "show one symbol's index and count")
	c.Flags().StringVar(&export, "export", "", "write the parts as text files into this folder")
	c.Flags().IntVar(&n, "context-length", 3, "symbols of context to count n-grams for")
	c.Flags().IntVar(&top, "top", 20, "how many of the most frequent symbols to list")
	a.jsonFlag(c)
	return c
}

func (a *app) showWord(d *corpus.Data, word string) error {
	i, ok := d.Vocab.Index(word)
	if !ok {
		hint := ""
		if d.Vocab.Unk() >= 0 {
			hint = "; a model reads it as <unk>"
		}
		return notFound("%q is not among the %s symbols of %s%s", word, grouped(int64(d.Vocab.Size())), d.Name, hint)
	}
	if a.json {
		return a.printJSON(corpus.Frequency{Symbol: word, Index: i, Count: d.Vocab.Count(i)})
	}
	return pairs(a.stdout, "symbol", word, "index", fmt.Sprint(i), "count in training", grouped(d.Vocab.Count(i)))
}

func (a *app) exportParts(ctx context.Context, d *corpus.Data, dir string) error {
	if err := d.Export(ctx, dir); err != nil {
		return err
	}
	for _, f := range corpus.ExportedFiles {
		fmt.Fprintln(a.stdout, filepath.Join(dir, f))
	}
	return nil
}

func (a *app) printStats(s corpus.Stats) error {
	fmt.Fprintf(a.stdout, "%s, by %s; %s symbols, boundary and <unk> included; boundary: %s\n\n",
		s.Corpus, s.Level, grouped(int64(s.VocabSize)), s.Boundary)
	t := table{header: []string{"part", ">documents", ">tokens", ">types", ">seen twice", ">predictions", "><unk>"}}
	for _, p := range s.Parts {
		t.row(p.Name, grouped(int64(p.Documents)), grouped(p.Tokens), grouped(int64(p.Types)), grouped(int64(p.Repeated)),
			grouped(int64(p.Examples)), percent(p.UnknownShare))
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\nthe vocabulary covers %s of validation's tokens\n", percent(s.Coverage))
	fmt.Fprintf(a.stdout, "contexts that there could be: %s; with the next symbol: %s (of ten words out of 291,500: %s)\n",
		s.Table, s.TableNext, corpus.Power(291_500, 10))
	network := trainer.Config{ContextLength: s.ContextLen}.WithDefaults(s.Level)
	fmt.Fprintf(a.stdout, "numbers that are trained in the network of the defaults: %s, %d neurons\n\n",
		grouped(network.ParameterCount(s.VocabSize)), network.HiddenSize)
	g := table{header: []string{">n-gram", ">distinct in training", ">of validation, never seen"}}
	for _, r := range s.Grams {
		g.row(fmt.Sprint(r.Order), grouped(int64(r.Distinct)), percent(r.Unseen))
	}
	if err := g.write(a.stdout); err != nil {
		return err
	}
	var frequent []string
	for _, f := range s.Frequent {
		frequent = append(frequent, fmt.Sprintf("%s %s", f.Symbol, grouped(f.Count)))
	}
	fmt.Fprintf(a.stdout, "\nmost frequent: %s\n", strings.Join(frequent, ", "))
	for _, src := range s.Sources {
		from := plural(src.Files, "file")
		if src.Files == 0 {
			from = src.Detail
		}
		fmt.Fprintf(a.stdout, "%s: %s, %s, text %.12s\n", src.Option, src.Name, from, src.Hash)
	}
	_, err := fmt.Fprintf(a.stdout, "split %.12s, vocabulary %.12s\n", s.SplitHash, s.VocabHash)
	return err
}

func percent(share float64) string { return figure(100*share) + " %" }

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// classFlags say what to read of a file of classes and which words count.
type classFlags struct {
	column   string
	k        int
	minCount int64
	seed     uint64
}

func (a *app) evalClassesCommand() *cobra.Command {
	var f classFlags
	c := &cobra.Command{
		Use:   "classes FILE TRIAL...",
		Short: "Are neighbours of one kind?",
		Long: "Classes finds the nearest neighbours, by cosine, of every word of FILE among the words of FILE, and says which share is\n" +
			"of the word's own class: their purity, beside what it would be by chance. FILE holds a word and its class a line,\n" +
			"with a tab between them; of more columns --column says which holds the classes. Words in several classes are left\n" +
			"out. FILE may be synthetic: the classes of the language that a text of the corpus synthetic was drawn from.\n" +
			"A trial's 95 % interval is over words (bootstrap), that of the mean over replicates (t).",
		Example: examples("sweep eval classes supersense.tsv brown --column first_sense_lexfile", "all replicates of the best",
			"sweep eval classes kinds.tsv brown:best --k 10 --min-count 50", "words seen 50 times or more"),
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.k < 1 {
				return usage("--k %d: at least 1", f.k)
			}
			if f.minCount < 0 {
				return usage("--min-count %d: 0 or more", f.minCount)
			}
			return a.evalClasses(cmd.Context(), args[0], args[1:], f)
		},
	}
	c.Flags().StringVar(&f.column, "column", "", "the column with the classes, by name or by number from 1")
	c.Flags().IntVar(&f.k, "k", 5, "how many neighbours")
	c.Flags().Int64Var(&f.minCount, "min-count", 0, "only words seen so often in training; reads the text again")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "of the bootstrap and of the classes dealt out at random")
	a.jsonFlag(c)
	return c
}

// purityRow is what one trial's embeddings say.
type purityRow struct {
	Trial  string   `json:"trial"`
	Purity *float64 `json:"purity"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	P      *float64 `json:"p"`
}

func (a *app) evalClasses(ctx context.Context, file string, refs []string, f classFlags) error {
	var classes embeddings.Classes
	own := file == corpus.Synthetic && !exists(file)
	if !own {
		var err error
		if classes, err = readClasses(ctx, file, f.column); err != nil {
			return err
		}
	}
	models, err := a.replicates(ctx, refs)
	if err != nil {
		return err
	}
	if own {
		var ok bool
		if classes, ok = nplm.TrueClasses(models[0].model); !ok {
			return usage("trial %s has not learned from the corpus synthetic, so its words have no classes by themselves; give a file", models[0].trial.Trial)
		}
	}
	var frequent func(int) bool
	if f.minCount > 0 {
		d, err := nplm.Corpus(ctx, models[0].model)
		if err != nil {
			return err
		}
		frequent = func(i int) bool { return d.Vocab.Count(i) >= f.minCount }
	}
	var found []embeddings.Purity
	var rows []purityRow
	for _, r := range models {
		p, err := embeddings.MeasurePurity(ctx, r.words, classes, f.k, frequent, f.seed)
		if err != nil {
			return err
		}
		found = append(found, p)
		rows = append(rows, purityRow{r.trial.Trial, orNull(p.Mean), orNull(p.Low), orNull(p.High), orNull(p.P)})
	}
	mean := over(found, func(p embeddings.Purity) float64 { return p.Mean }).within(0, 1)
	one := found[0]
	shuffled := over(found, func(p embeddings.Purity) float64 { return p.Shuffled }).within(0, 1)
	if a.json {
		return a.printJSON(struct {
			Schema    string      `json:"schema"`
			File      string      `json:"file"`
			Column    string      `json:"column"`
			Seed      uint64      `json:"seed"`
			K         int         `json:"k"`
			MinCount  int64       `json:"min_count"`
			Listed    int         `json:"listed"`
			Ambiguous int         `json:"ambiguous"`
			Known     int         `json:"known"`
			Used      int         `json:"used"`
			Classes   int         `json:"classes"`
			Trials    []purityRow `json:"trials"`
			Purity    estimate    `json:"purity"`
			Chance    *float64    `json:"chance"`
			Shuffled  estimate    `json:"shuffled"`
		}{"sweep.eval.classes/1", file, classes.Column, f.seed, f.k, f.minCount, one.Listed, classes.Ambiguous, one.Known, one.Used, one.Classes,
			rows, mean, orNull(one.Chance), shuffled})
	}
	return a.printPurity(classes, found, rows, mean, shuffled, f)
}

// readClasses reads a file of words and their classes.
func readClasses(ctx context.Context, file, column string) (embeddings.Classes, error) {
	return judgements(ctx, file, func(r *os.File) (embeddings.Classes, error) {
		return embeddings.ReadClasses(file, r, column)
	})
}

func (a *app) printPurity(classes embeddings.Classes, found []embeddings.Purity, rows []purityRow, mean, shuffled estimate, f classFlags) error {
	one := found[0]
	t := table{header: []string{"trial", fmt.Sprintf(">purity of the %d nearest", f.k), "95 % interval", ">p"}}
	for _, r := range rows {
		t.row(r.Trial, fixed(r.Purity), fixedInterval(r.Low, r.High), fixed(r.P))
	}
	if len(rows) > 1 {
		t.row(fmt.Sprintf("mean of %d", len(rows)), fixed(mean.Mean), fixedInterval(mean.Low, mean.High), "")
	}
	t.row("by chance", fixed(orNull(one.Chance)), "", "")
	t.row("classes dealt out", fixed(shuffled.Mean), fixedInterval(orNull(one.ShuffledLow), orNull(one.ShuffledHigh)), "")
	if err := t.write(a.stdout); err != nil {
		return err
	}
	used := ""
	if f.minCount > 0 {
		used = fmt.Sprintf("; seen at least %d times: %s", f.minCount, grouped(int64(one.Used)))
	}
	_, err := fmt.Fprintf(a.stdout, "\nin the vocabulary: %s%s; %s; in several classes, and left out: %s\n",
		ofAll(one.Known, one.Listed, "word"), used, counted(one.Classes, "class", "classes"), grouped(int64(classes.Ambiguous)))
	return err
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(int64(n)) + " " + many
}

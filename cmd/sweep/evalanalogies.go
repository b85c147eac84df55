package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sweep/trainer/embeddings"
)

func (a *app) evalAnalogiesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "analogies FILE TRIAL...",
		Short: "Are analogies parallels?",
		Long: "Analogies asks for each question \"a is to b as c is to what?\" which word is nearest, by cosine, to b - a + c with the\n" +
			"three left out (3CosAdd), and counts the right answers over the questions whose four words are in the vocabulary.\n" +
			"FILE holds four words a line, in sections that a line \": NAME\" opens, or is google-analogies, which data get fetches.",
		Example: examples("sweep eval analogies google-analogies brown:best", "one trial", "sweep eval analogies questions.txt brown", "all replicates of the best"),
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evalAnalogies(cmd.Context(), args[0], args[1:])
		},
	}
	a.jsonFlag(c)
	return c
}

// sectionRow is a section's questions, and the share that is answered.
type sectionRow struct {
	Section   string   `json:"section"`
	Questions int      `json:"questions"`
	Covered   int      `json:"covered"`
	Accuracy  estimate `json:"accuracy"`
}

func (a *app) evalAnalogies(ctx context.Context, file string, refs []string) error {
	questions, err := judgements(ctx, file, func(f *os.File) ([]embeddings.Question, error) { return embeddings.ReadQuestions(file, f) })
	if err != nil {
		return err
	}
	models, err := a.replicates(ctx, refs)
	if err != nil {
		return err
	}
	type trialRow struct {
		Trial    string   `json:"trial"`
		Right    int      `json:"right"`
		Accuracy *float64 `json:"accuracy"`
	}
	var found []embeddings.Analogies
	var trials []trialRow
	for _, r := range models {
		x, err := embeddings.MeasureAnalogies(ctx, r.words, questions)
		if err != nil {
			return err
		}
		found = append(found, x)
		trials = append(trials, trialRow{r.trial.Trial, x.All.Right, orNull(x.All.Accuracy())})
	}
	row := func(name string, of func(embeddings.Analogies) embeddings.Score) sectionRow {
		s := of(found[0])
		return sectionRow{name, s.Questions, s.Covered, over(found, func(x embeddings.Analogies) float64 { return of(x).Accuracy() }).within(0, 1)}
	}
	var sections []sectionRow
	for i, s := range found[0].Sections {
		sections = append(sections, row(s.Section, func(x embeddings.Analogies) embeddings.Score { return x.Sections[i] }))
	}
	all := row("all", func(x embeddings.Analogies) embeddings.Score { return x.All })
	chance := orNull(found[0].Chance)
	if a.json {
		return a.printJSON(struct {
			Schema   string       `json:"schema"`
			File     string       `json:"file"`
			Trials   []trialRow   `json:"trials"`
			Sections []sectionRow `json:"sections"`
			All      sectionRow   `json:"all"`
			Chance   *float64     `json:"chance"`
		}{"sweep.eval.analogies/1", file, trials, sections, all, chance})
	}
	t := table{header: []string{"section", ">questions", ">covered", ">right", ">accuracy"}}
	if len(models) > 1 {
		t.header[3] = ">right, mean"
		t.header = append(t.header, fmt.Sprintf("95 %% over %d", len(models)))
	}
	for _, s := range append(sections, all) {
		cells := []string{s.Section, grouped(int64(s.Questions)), grouped(int64(s.Covered)), "-", fixed(s.Accuracy.Mean)}
		if s.Accuracy.Mean != nil {
			cells[3] = figure(*s.Accuracy.Mean * float64(s.Covered))
		}
		if len(models) > 1 {
			cells = append(cells, fixedInterval(s.Accuracy.Low, s.Accuracy.High))
		}
		t.row(cells...)
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nin the vocabulary: %s; by chance %s\n", ofAll(all.Covered, all.Questions, "question"), number(chance))
	return err
}

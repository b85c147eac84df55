package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sweep/reports"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
)

func (a *app) reportCommand() *cobra.Command {
	var file, column string
	c := &cobra.Command{
		Use:   "report SWEEP",
		Short: "Draw a sweep's pictures and page again",
		Long: "Report draws again what has changed. With --classes the maps of embeddings show words in the colours of their\n" +
			"classes: a file with a word and its class a line, of which the seven largest classes are told apart.",
		Example: examples("sweep report hidden", "runs/reports/hidden/index.html",
			"sweep report hidden --dir old", "from another record",
			"sweep report brown --classes supersense.tsv --column first_sense_lexfile", "maps in the colours of known classes"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := a.open(ctx)
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := s.Sweep(ctx, args[0]); err != nil {
				return err
			}
			if column != "" && file == "" {
				return usage("--column says which column of --classes holds the classes; give --classes too")
			}
			if file != "" {
				if a.classes, err = readClasses(ctx, file, column); err != nil {
					return err
				}
				a.classFile = filepath.Base(file)
			}
			if _, err = a.conclude(ctx, s, nplm.New(a.dir), args[0]); err != nil || a.artifacts == "" {
				return err
			}
			return a.change(ctx, func(s *results.Store) error { return a.keepReport(ctx, s, args[0]) })
		},
	}
	c.Flags().StringVar(&file, "classes", "", "file with words and their classes, to colour maps of embeddings by")
	c.Flags().StringVar(&column, "column", "", "the column with the classes, by name or by number from 1")
	return c
}

// findings are everything that the record holds of one sweep.
type findings struct {
	sweep          results.Sweep
	trials         []results.Trial
	configurations []results.Configuration
	baselines      []results.Baseline
	answer         results.Answer
	provenance     results.Provenance
	swept          []string
	mixed          bool // several splits or vocabularies: figures do not mean the same, baselines belong to none
}

func collect(ctx context.Context, s *results.Store, name string) (f findings, err error) {
	if f.sweep, err = s.Sweep(ctx, name); err != nil {
		return f, err
	}
	if f.trials, err = s.Trials(ctx, name); err != nil {
		return f, err
	}
	if f.configurations, err = s.Configurations(ctx, name, ""); err != nil {
		return f, err
	}
	if f.answer, err = s.Answer(ctx, name, ""); err != nil {
		return f, err
	}
	if f.provenance, err = s.Provenance(ctx, name); err != nil {
		return f, err
	}
	data, err := s.Data(ctx, name)
	if err != nil {
		return f, err
	}
	f.mixed = slices.ContainsFunc(data, func(d results.Data) bool {
		return d.Split != data[0].Split || d.Vocabulary != data[0].Vocabulary
	})
	if !f.mixed && f.provenance.Split != "" { // a program's sweep is on no text, and an empty split stands for any
		f.baselines, err = s.Baselines(ctx, f.provenance.Split, f.provenance.Vocabulary)
	}
	slices.SortStableFunc(f.baselines, func(a, b results.Baseline) int { return a.OrderN - b.OrderN })
	f.swept = f.provenance.Swept
	return f, err
}

// ownOrder is the order of the n-gram that sees what the networks see, 0 if they see contexts of several lengths.
func (f findings) ownOrder() int {
	order := 0
	for i, c := range f.configurations {
		n, err := strconv.Atoi(param(c.Params, "context_length"))
		if err != nil {
			n = defaultContext
		}
		own := min(n+1, 5)
		if i > 0 && own != order {
			return 0
		}
		order = own
	}
	return order
}

// conclusion is what the last event of `run --json` tells of a report.
type conclusion struct {
	page     string
	together *reports.Together
}

// conclude prints the table and the answer, draws the report and prints its paths.
func (a *app) conclude(ctx context.Context, s *results.Store, t *nplm.Trainer, name string) (out conclusion, err error) {
	f, err := collect(ctx, s, name)
	if err != nil {
		return out, err
	}
	tables, claims := a.tables(ctx, t, f)
	together, err := a.together(ctx, t, f)
	if err != nil {
		return out, err
	}
	claims = append(claims, together.Sentences()...)
	points, err := s.Points(ctx, name)
	if err != nil {
		return out, err
	}
	started, err := starts(ctx, s, f, points)
	if err != nil {
		return out, err
	}
	alike, err := a.likeness(ctx, t, f)
	if err != nil {
		return out, err
	}
	found, err := a.kinds(ctx, t, f)
	if err != nil {
		return out, err
	}
	claims = slices.Concat(claims, started, found, alike, a.searchClaims(ctx, s, f, points))
	if !a.json {
		if err := a.printFindings(ctx, s, f); err != nil {
			return out, err
		}
		for _, c := range claims {
			fmt.Fprintln(a.stdout, c)
		}
	}
	related, err := relatedGrid(ctx, s, f)
	if err != nil {
		return out, err
	}
	sessions, err := s.Sessions(ctx, name)
	if err != nil {
		return out, err
	}
	widths, beside, err := representations(ctx, s, f)
	if err != nil {
		return out, err
	}
	texts, err := a.texts(ctx, f)
	if err != nil {
		return out, err
	}
	dir := filepath.Join(a.dir, "reports", name)
	written, err := reports.Write(ctx, dir, reports.Input{
		Sweep: f.sweep, Trials: f.trials, Points: points, Configurations: f.configurations, Baselines: f.baselines,
		Answer: f.answer, Provenance: f.provenance, Swept: f.swept, Embeddings: tables, Motions: a.motions(ctx, f), Texts: texts, Related: related, Notes: claims,
		Mixed: f.mixed, OwnOrder: f.ownOrder(), Together: together, Widths: widths, Beside: beside,
		ByWidth:  a.tablesByWidth(ctx, t, f),
		Sessions: sessions, Importance: a.weighed(ctx, s, f),
	})
	if err != nil {
		return out, fmt.Errorf("draw the report: %w", err)
	}
	if !a.json {
		fmt.Fprintf(a.stdout, "\n%s\n%s\n", written.Page, strings.Join(written.Pictures, "\n"))
	}
	return conclusion{written.Page, together}, nil
}

// mostRows is how many configurations the table at the end of a run shows, the best first.
const mostRows = 40

// printFindings writes the table that ends a run, and the answer.
func (a *app) printFindings(ctx context.Context, s *results.Store, f findings) error {
	means := map[string]map[string]*float64{} // metric, then configuration
	for _, metric := range []string{"val/perplexity", "val/accuracy"} {
		means[metric] = map[string]*float64{}
		rows, err := s.Configurations(ctx, f.sweep.Sweep, metric)
		if errors.Is(err, results.ErrNotFound) { // nothing reported it, such as accuracy where all words are unknown
			continue
		}
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Mean != nil {
				means[metric][r.Configuration] = r.Mean
			}
		}
	}
	own := f.sweep.Metric
	besides := slices.DeleteFunc([]string{"val/perplexity", "val/accuracy"}, func(m string) bool { return m == own || len(means[m]) == 0 })
	sized := slices.ContainsFunc(f.trials, func(t results.Trial) bool { return t.Parameters > 0 })
	t := table{header: slices.Clone(f.swept)}
	if sized {
		t.header = append(t.header, ">parameters")
	}
	t.header = append(t.header, ">"+own, "95 % interval")
	for _, m := range besides {
		t.header = append(t.header, ">"+m)
	}
	t.header = append(t.header, ">seconds", ">n", "")
	took := efforts(f.trials)
	for _, c := range f.configurations[:min(len(f.configurations), mostRows)] {
		var cells []string
		for _, name := range f.swept {
			cells = append(cells, param(c.Params, name))
		}
		e := took[c.Configuration]
		if sized {
			cells = append(cells, grouped(e.parameters))
		}
		cells = append(cells, number(c.Mean), interval(c.Low, c.High))
		for _, m := range besides {
			cells = append(cells, number(means[m][c.Configuration]))
		}
		note := standing(c)
		if c.N == 0 && e.stopped > 0 {
			note = "stopped early"
		}
		if f.mixed {
			note = "not ranked: another text or vocabulary"
		}
		t.row(append(cells, figure(e.mean()), fmt.Sprint(c.N), note)...)
	}
	for _, b := range f.baselines {
		t.row(baselineCells(b, len(f.swept), own, besides)...)
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	if n := len(f.configurations) - mostRows; n > 0 {
		fmt.Fprintf(a.stdout, "... and %s more: `sweep best %s` lists all\n", plural(n, "configuration"), f.sweep.Sweep)
	}
	lines := append([]string{"", f.answer.Sentence}, slices.Concat(f.answer.OtherMetrics, f.answer.Notes)...)
	_, err := fmt.Fprintln(a.stdout, strings.Join(lines, "\n"))
	return err
}

// baselineCells is a baseline's row in the table of configurations.
func baselineCells(b results.Baseline, swept int, own string, besides []string) []string {
	cells := make([]string, max(1, swept))
	cells[0] = baselineName(b)
	figureOf := func(metric string) string {
		switch metric {
		case "val/loss":
			return number(b.ValLoss)
		case "val/perplexity":
			return number(b.ValPerplexity)
		case "val/accuracy":
			return number(b.ValAccuracy)
		}
		return ""
	}
	if swept == 0 {
		cells = nil
	}
	cells = append(cells, grouped(b.Parameters), figureOf(own), "")
	for _, m := range besides {
		cells = append(cells, figureOf(m))
	}
	last := "baseline"
	if swept == 0 {
		last += ": " + baselineName(b)
	}
	return append(cells, "", "", last)
}

func baselineName(b results.Baseline) string {
	switch b.Model {
	case "uniform", "unigram", "entropy":
		return b.Model
	}
	return fmt.Sprintf("%s %d", b.Model, b.OrderN)
}

// effort is what a configuration took.
type effort struct {
	parameters int64
	seconds    float64 // of its complete trials, together
	complete   int
	stopped    int // trials that were stopped early
}

// mean is the mean time of a complete trial.
func (e effort) mean() float64 { return e.seconds / float64(max(1, e.complete)) }

// efforts adds up trials by configuration.
func efforts(trials []results.Trial) map[string]effort {
	out := map[string]effort{}
	for _, t := range trials {
		if t.Retired {
			continue
		}
		e := out[t.Configuration]
		e.parameters = t.Parameters
		switch sweeps.State(t.State) {
		case sweeps.Complete:
			e.seconds += t.Seconds
			e.complete++
		case sweeps.Stopped:
			e.stopped++
		}
		out[t.Configuration] = e
	}
	return out
}

// tables loads the tables C of the best configuration's replicates, the median one first, and returns what they say of
// the alphabet, if it is one. Models that are not on disk are left out.
func (a *app) tables(ctx context.Context, t *nplm.Trainer, f findings) (out []reports.Embedding, claims []string) {
	if f.answer.Best == nil {
		return nil, nil
	}
	counts := symbolCounts(ctx, t, f)
	var tables []nplm.Table
	for _, t := range f.bestTrials() {
		m, err := trainer.Load(a.modelFile(ctx, t.Trial))
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				fmt.Fprintf(a.stderr, "sweep: the model of trial %s cannot be drawn: %v\n", t.Trial, err)
			}
			continue
		}
		if r := m.Config.Representation; r != "learned" && r != "pretrained" {
			return nil, nil // codes that nobody learned have nothing to show
		}
		e, drawn, known := a.drawnTable(m)
		if known == 0 && len(out) == 0 {
			fmt.Fprintf(a.stderr, "sweep: none of the words of %s is in the vocabulary; the maps are grey\n", a.classFile)
		}
		tables = append(tables, e)
		drawn.Trial, drawn.Label, drawn.Counts = t.Trial, fmt.Sprintf("replicate %d", t.Replicate), counts
		out = append(out, drawn)
	}
	if letters, ok := nplm.MeasureLetters(tables); ok {
		claims = letters.Sentences()
	}
	return out, claims
}

// drawnTable is a model's table C, and the same to draw, its words in the colours of --classes; known counts those that are
// in the vocabulary, -1 without such a file.
func (a *app) drawnTable(m *trainer.Model) (e nplm.Table, drawn reports.Embedding, known int) {
	e = nplm.Embedding(m)
	drawn, known = reports.Embedding{Symbols: e.Symbols, Vectors: e.Vectors, Classes: e.Classes}, -1
	if words, ok := nplm.Words(m); ok && a.classes.Of != nil {
		drawn.Classes, known = words.Classify(a.classes)
		drawn.Note = fmt.Sprintf("Classes: %s, of which %s are in the vocabulary.", a.classFile, ofAll(known, len(a.classes.Of), "word"))
	}
	return e, drawn, known
}

// tablesByWidth loads, where embedding_dim is swept, the table of the best configuration's median trial of each width, the
// narrowest first. Models that are not on disk are left out.
func (a *app) tablesByWidth(ctx context.Context, t *nplm.Trainer, f findings) []reports.Embedding {
	if !slices.Contains(f.swept, "embedding_dim") || f.answer.Best == nil || f.mixed {
		return nil
	}
	best := map[int]results.Configuration{}
	for _, c := range f.configurations {
		width, err := strconv.Atoi(param(c.Params, "embedding_dim"))
		if err != nil || c.Rank == nil {
			continue
		}
		if b, ok := best[width]; !ok || *c.Rank < *b.Rank {
			best[width] = c
		}
	}
	counts := symbolCounts(ctx, t, f)
	var out []reports.Embedding
	for _, width := range slices.Sorted(maps.Keys(best)) {
		m, err := trainer.Load(a.modelFile(ctx, f.medianTrial(best[width].Configuration)))
		if err != nil || m.Config.Representation != "learned" {
			continue // the best one's map has said so
		}
		_, drawn, _ := a.drawnTable(m)
		drawn.Trial, drawn.Label, drawn.Counts = f.medianTrial(best[width].Configuration), fmt.Sprintf("embedding_dim %d", width), counts
		out = append(out, drawn)
	}
	return out
}

// medianTrial is the complete trial of a configuration with the median value.
func (f findings) medianTrial(configuration string) string {
	var of []results.Trial
	for _, t := range f.trials {
		if t.Configuration == configuration && t.State == string(sweeps.Complete) && !bool(t.Retired) && t.Value != nil {
			of = append(of, t)
		}
	}
	if len(of) == 0 {
		return ""
	}
	slices.SortStableFunc(of, func(a, b results.Trial) int { return cmp.Compare(*a.Value, *b.Value) })
	return of[(len(of)-1)/2].Trial
}

// symbolCounts are how often each symbol of the best configuration's vocabulary occurs in training; nil if the text is gone or no
// longer the one that was trained on.
func symbolCounts(ctx context.Context, t *nplm.Trainer, f findings) []int64 {
	values, err := valuesOf(f.answer.Best.Params)
	if err != nil {
		return nil
	}
	d, err := t.Data(ctx, values)
	if err != nil || d.SplitHash != f.provenance.Split || d.VocabHash != f.provenance.Vocabulary {
		return nil
	}
	counts := make([]int64, d.Vocab.Size())
	for i := range counts {
		counts[i] = d.Vocab.Count(i)
	}
	return counts
}

// relatedGrid finds the sweep that a spec's rates come from: NAME-rate beside NAME, over the same text.
func relatedGrid(ctx context.Context, s *results.Store, f findings) (*reports.Related, error) {
	name := f.sweep.Sweep + "-rate"
	g, err := collect(ctx, s, name)
	if errors.Is(err, results.ErrNotFound) {
		return nil, nil
	}
	if err != nil || g.provenance.Split != f.provenance.Split || g.provenance.Vocabulary != f.provenance.Vocabulary {
		return nil, err
	}
	return &reports.Related{
		Sweep: g.sweep, Trials: g.trials, Configurations: g.configurations, Answer: g.answer, Swept: g.swept,
		Why: fmt.Sprintf("The rates of %s were tuned for each size on validation by this sweep.", f.sweep.Sweep),
	}, nil
}

// representations tells how many inputs the networks of a sweep over representations have, and finds the sweep of the
// same question over names, NAME-names beside NAME.
func representations(ctx context.Context, s *results.Store, f findings) (reports.Widths, *reports.Related, error) {
	if !slices.Contains(f.swept, "representation") {
		return nil, nil, nil
	}
	widths := reports.Widths{}
	if err := f.addWidths(widths); err != nil {
		return nil, nil, err
	}
	g, err := collect(ctx, s, f.sweep.Sweep+"-names")
	if errors.Is(err, results.ErrNotFound) {
		return widths, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return widths, &reports.Related{
		Sweep: g.sweep, Trials: g.trials, Configurations: g.configurations, Answer: g.answer, Swept: g.swept, Corpus: g.provenance.Corpus,
	}, g.addWidths(widths)
}

// addWidths notes the inputs of each configuration's network. A unigram model has one parameter a symbol.
func (f findings) addWidths(widths reports.Widths) error {
	for _, b := range f.baselines {
		if b.Model != "unigram" {
			continue
		}
		for _, c := range f.configurations {
			values, err := valuesOf(c.Params)
			if err != nil {
				return err
			}
			n, err := nplm.InputWidth(values, int(b.Parameters))
			if err != nil {
				return err
			}
			widths[c.Configuration] = n
		}
	}
	return nil
}

// printSweepEvent writes the last line of `run --json`.
func (a *app) printSweepEvent(ctx context.Context, s *results.Store, name, state string, c conclusion) error {
	answer, err := s.Answer(ctx, name, "")
	if err != nil {
		return err
	}
	var best any
	if answer.Best != nil {
		best = struct {
			*results.Configuration
			Trial string `json:"trial"`
		}{answer.Best, answer.BestTrial}
	}
	return a.printJSON(struct {
		Event    string    `json:"event"`
		Sweep    string    `json:"sweep"`
		State    string    `json:"state"`
		Best     any       `json:"best"`
		Sentence string    `json:"sentence"`
		Mixtures []mixing  `json:"mixtures,omitempty"`
		Withheld *withheld `json:"withheld,omitempty"`
		Report   string    `json:"report"`
	}{"sweep", name, state, best, answer.Sentence, mixings(c.together), withheldPairs(c.together), filepath.ToSlash(c.page)})
}

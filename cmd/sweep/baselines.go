package main

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/corpus/grammar"
	"sweep/trainer/ngram"
)

// countModel is one baseline to be made from counts of at least its order; k is add-k's smoothing.
type countModel struct {
	name  string
	order int
	k     *float64
	mixed bool // networks are mixed with it
	build func(*ngram.Counts, *corpus.Data) ngram.Model
}

var (
	uniform = countModel{name: "uniform", order: 1, build: func(_ *ngram.Counts, d *corpus.Data) ngram.Model { return ngram.Uniform(d.Vocab.Size()) }}
	unigram = countModel{name: "unigram", order: 1, build: func(c *ngram.Counts, _ *corpus.Data) ngram.Model { return c.Unigram() }}
)

func kneserNey(n int) countModel {
	return countModel{name: "kneser-ney", order: n, build: func(c *ngram.Counts, _ *corpus.Data) ngram.Model { return c.KneserNey(n) }}
}

func addK(n int, k float64) countModel {
	return countModel{name: "add-k", order: n, k: &k, build: func(c *ngram.Counts, _ *corpus.Data) ngram.Model { return c.AddK(n, k) }}
}

func interpolated(n int) countModel {
	return countModel{name: "interpolated", order: n, build: func(c *ngram.Counts, d *corpus.Data) ngram.Model { return c.Interpolated(d.Val, n) }}
}

// entropy and classes are the baselines of a text that was drawn from a language: the language itself, which is the floor,
// and of the given order the class n-gram that knows the language's classes and counts the rest.
var entropy = countModel{name: "entropy", order: grammar.History + 1, build: func(_ *ngram.Counts, d *corpus.Data) ngram.Model {
	l, _ := d.Language()
	return ngram.Entropy(ngram.LawOf(l))
}}

func classes(n int) countModel {
	k := 0.5
	return countModel{name: "class", order: n, k: &k, build: func(_ *ngram.Counts, d *corpus.Data) ngram.Model {
		l, _ := d.Language()
		return ngram.Class(d.Train, l.Classes, n, k)
	}}
}

// drawnModels are the baselines of every report: uniform and unigram; of the network's own order, which counts the
// predicted symbol, add-0.1 and interpolated; modified Kneser-Ney of that order, of 3 and up to 5; and the interpolated
// trigram, which Bengio et al. (2003) mixed their networks with; and where the text was drawn from a language, what is
// known of it. Networks are mixed with it and with Kneser-Ney of their
// own order and of 5.
func drawnModels(order int, synthetic bool) []countModel {
	models := []countModel{uniform, unigram, addK(order, 0.1)}
	if synthetic {
		models = append(models, entropy, classes(order))
	}
	if order != 3 {
		models = append(models, interpolated(order))
	}
	models = append(models, interpolated(3).toMix())
	if order < 3 {
		models = append(models, kneserNey(order).toMix())
	}
	for n := 3; n <= 5; n++ {
		m := kneserNey(n)
		if n == order || n == 5 {
			m = m.toMix()
		}
		models = append(models, m)
	}
	return models
}

func (m countModel) toMix() countModel {
	m.mixed = true
	return m
}

// toMix are the models of every report that networks of an order are mixed with.
func toMix(order int, synthetic bool) []countModel {
	return slices.DeleteFunc(drawnModels(order, synthetic), func(m countModel) bool { return !m.mixed })
}

// judged is what count models made of a corpus.
type judged struct {
	rows     []results.Baseline
	notes    [][]string
	losses   []nplm.CountLosses // of the models that networks are mixed with
	examples nplm.Examples
}

// baselines judges count models on the validation and test parts. Counting is done once for all of them.
func baselines(ctx context.Context, d *corpus.Data, models []countModel) (judged, error) {
	order := 1
	for _, m := range models {
		order = max(order, m.order)
	}
	counts := ngram.Count(d.Train, d.Vocab.Size(), order)
	j := judged{rows: make([]results.Baseline, len(models)), notes: make([][]string, len(models))}
	losses := make([]nplm.CountLosses, len(models))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2) // a model of order 5 takes memory
	for i, m := range models {
		g.Go(func() (err error) {
			model := m.build(counts, d)
			j.notes[i] = model.Notes()
			if j.rows[i], err = judge(gctx, d, model); err != nil {
				return err
			}
			j.rows[i].Smoothing = m.k
			if m.mixed {
				losses[i], err = nplm.LossesOf(gctx, model, d)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return judged{}, err
	}
	for i, m := range models {
		if m.mixed {
			j.losses = append(j.losses, losses[i])
		}
	}
	if len(j.losses) > 0 {
		j.examples = nplm.ExamplesOf(counts, d)
	}
	return j, nil
}

func judge(ctx context.Context, d *corpus.Data, m ngram.Model) (results.Baseline, error) {
	b := results.Baseline{
		Corpus: d.Name, Split: d.SplitHash, Vocabulary: d.VocabHash,
		Model: m.Name(), OrderN: m.Order(), Parameters: m.Parameters(),
	}
	// A part may be too short for an order; its figures stay empty then.
	val, err := ngram.Evaluate(ctx, m, d.Val, d.Vocab.Unk())
	switch {
	case err == nil:
		b.Fitted = results.Flag(val.Fitted)
		b.ValLoss, b.ValPerplexity, b.ValAccuracy, b.ValPerplexityKnown = &val.Loss, &val.Perplexity, &val.Accuracy, &val.PerplexityKnown
	case !errors.Is(err, ngram.ErrNoExample):
		return b, err
	}
	test, err := ngram.Evaluate(ctx, m, d.Test, d.Vocab.Unk())
	switch {
	case err == nil:
		b.TestLoss, b.TestPerplexity, b.TestAccuracy, b.TestPerplexityKnown = &test.Loss, &test.Perplexity, &test.Accuracy, &test.PerplexityKnown
	case !errors.Is(err, ngram.ErrNoExample):
		return b, err
	}
	return b, nil
}

// counting is a split and vocabulary, and the order of the n-grams that see what the networks see.
type counting struct {
	split, vocabulary string
	order             int
	synthetic         bool
}

func countingOf(split, vocabulary string, params sweeps.Values) counting {
	text, _ := params.Lookup("corpus")
	name, _ := text.Text()
	return counting{split, vocabulary, ownOrder(params), name == corpus.Synthetic}
}

// uncounted is a counting to be made, with the parameters of a configuration that needs it.
type uncounted struct {
	counting
	params sweeps.Values
}

// countingsOf are the countings that a plan's configurations need so far, each once.
func countingsOf(plan *sweeps.Plan) []uncounted {
	var of []uncounted
	for _, c := range plan.Configurations {
		j := countingOf(c.Data.Split, c.Data.Vocabulary, c.Params)
		if !slices.ContainsFunc(of, func(o uncounted) bool { return o.counting == j }) {
			of = append(of, uncounted{j, c.Params})
		}
	}
	return of
}

// putBaselines judges the count models that the record lacks, and keeps them in it. It is handed no plan, for a search adds
// to its own while this goes on.
func (a *app) putBaselines(ctx context.Context, s *results.Store, t *nplm.Trainer, of []uncounted) error {
	for _, j := range of {
		have, err := s.Baselines(ctx, j.split, j.vocabulary)
		if err != nil {
			return err
		}
		missing := lacking(have, drawnModels(j.order, j.synthetic))
		if len(missing) == 0 {
			continue
		}
		data, err := t.Data(ctx, j.params)
		if err != nil {
			return err
		}
		made, err := baselines(ctx, data, missing)
		if err != nil {
			return err
		}
		if len(made.losses) == len(toMix(j.order, j.synthetic)) {
			a.counted = map[counting]judged{j.counting: made} // of the last one: most sweeps have one
		}
		if err := s.PutBaselines(ctx, made.rows); err != nil {
			return err
		}
	}
	return nil
}

// defaultContext is context_length where a spec leaves it out.
var defaultContext = trainer.Config{}.WithDefaults("").ContextLength

// ownOrder is the order of the n-gram that sees what the network sees; Kneser-Ney goes up to 5.
func ownOrder(params sweeps.Values) int {
	n := int64(defaultContext)
	if v, ok := params.Lookup("context_length"); ok {
		n, _ = v.Int()
	}
	return int(min(n+1, 5))
}

// lacking leaves out the models of which there is a row.
func lacking(have []results.Baseline, models []countModel) []countModel {
	return slices.DeleteFunc(slices.Clone(models), func(m countModel) bool {
		return slices.ContainsFunc(have, func(b results.Baseline) bool { return b.Model == m.name && b.OrderN == m.order })
	})
}

// openCorpus reads a corpus that flags name; what is wrong with them is a mistake of the caller's.
func openCorpus(ctx context.Context, o corpus.Options) (*corpus.Data, error) {
	d, err := corpus.Open(ctx, o)
	var oe *corpus.OptionError
	if errors.As(err, &oe) {
		return nil, &statusError{statusUsage, err}
	}
	return d, err
}

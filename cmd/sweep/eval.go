package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"

	"github.com/spf13/cobra"

	"sweep/internal/stats"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus/library"
	"sweep/trainer/embeddings"
)

func (a *app) evalCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "eval",
		Short: "Measure what a model's embeddings mean",
		Long: "Eval asks trained models what they know of words, against judgements in a file or against chance, and says how much\n" +
			"of the file their vocabulary covers. A TRIAL is an id or SWEEP:best; the name of a sweep stands for all replicates\n" +
			"of its best configuration, over which the mean and its 95 % interval are taken.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(a.evalSimilarityCommand(), a.evalAnalogiesCommand(), a.evalClassesCommand(), a.evalSubstitutionCommand(), a.evalLikenessCommand())
	return c
}

// replicate is a trained model that is asked together with others like it.
type replicate struct {
	trial results.Trial
	model *trainer.Model
	words *embeddings.Table
}

// replicates loads what references name. Several models have to be of one vocabulary, so that their figures can be averaged.
func (a *app) replicates(ctx context.Context, refs []string) ([]replicate, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var out []replicate
	seen := map[string]bool{}
	for _, ref := range refs {
		trials, err := a.trialsOf(ctx, s, ref)
		if err != nil {
			return nil, err
		}
		for _, t := range trials {
			if seen[t.Trial] {
				continue
			}
			seen[t.Trial] = true
			r := replicate{trial: t}
			if r.model, err = a.modelOf(ctx, t); err != nil {
				return nil, err
			}
			var ok bool
			if r.words, ok = nplm.Words(r.model); !ok {
				return nil, notFound("trial %s: %w", t.Trial, nplm.ErrNoEmbeddings)
			}
			if len(out) > 0 && out[0].model.VocabHash != r.model.VocabHash {
				return nil, usage("trials %s and %s have different vocabularies, over which no mean is taken; ask them one by one", out[0].trial.Trial, t.Trial)
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// trialsOf finds one trial, or the replicates of a sweep's best configuration whose models are on disk.
func (a *app) trialsOf(ctx context.Context, s *results.Store, ref string) ([]results.Trial, error) {
	if _, err := s.Sweep(ctx, ref); errors.Is(err, results.ErrNotFound) {
		t, err := s.Trial(ctx, ref)
		if errors.Is(err, results.ErrAmbiguous) {
			err = &statusError{statusUsage, err}
		}
		return []results.Trial{t}, err
	} else if err != nil {
		return nil, err
	}
	answer, err := s.Answer(ctx, ref, "")
	if err != nil {
		return nil, err
	}
	trials, err := s.Trials(ctx, ref)
	if err != nil {
		return nil, err
	}
	var out []results.Trial
	missing := 0
	for _, t := range trials {
		if answer.Best == nil || t.Configuration != answer.Best.Configuration || t.State != string(sweeps.Complete) || bool(t.Retired) {
			continue
		}
		if _, err := os.Stat(a.modelFile(ctx, t.Trial)); errors.Is(err, fs.ErrNotExist) {
			missing++
			continue
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, notFound("no replicate of the best configuration of sweep %s has its model on disk", ref)
	}
	if missing > 0 {
		fmt.Fprintf(a.stderr, "sweep: %s of the best configuration of %s without a model on disk are left out; keep_models says which stay\n",
			plural(missing, "replicate"), ref)
	}
	return out, nil
}

// judgements reads a file that models are judged by: a path, or the name of one that data get has fetched.
func judgements[T any](ctx context.Context, name string, read func(*os.File) (T, error)) (out T, err error) {
	path := name
	if _, statErr := os.Stat(name); errors.Is(statErr, fs.ErrNotExist) {
		lib, err := library.Default()
		if err == nil {
			var e library.Entry
			if e, err = lib.Find(name); err == nil {
				path, err = e.Path, e.Verify(ctx)
			}
		}
		if err != nil && !errors.Is(err, library.ErrUnknown) {
			return out, usage("%w", err)
		}
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, usage("there is no file %s", name)
	}
	if err != nil {
		return out, usage("%w", err)
	}
	defer f.Close()
	if out, err = read(f); err != nil {
		return out, &statusError{statusUsage, err}
	}
	return out, nil
}

// orNull is a figure as JSON and tables have it: nothing where it is NaN.
func orNull(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// estimate is a mean over replicates with its 95 % t interval; nil where there is none.
type estimate struct {
	N    int      `json:"n"`
	Mean *float64 `json:"mean"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// over averages a figure over replicates. What is NaN in one of them is NaN in all, because it depends on the file.
func over[T any](xs []T, figure func(T) float64) estimate {
	var values []float64
	for _, x := range xs {
		values = append(values, figure(x))
	}
	e := estimate{N: len(xs), Mean: orNull(stats.Mean(values))}
	if iv, ok := stats.MeanInterval(values); ok {
		e.Low, e.High = orNull(iv.Low), orNull(iv.High)
	}
	return e
}

// within cuts an interval to what the figure can be, such as 0 to 1 for a share.
func (e estimate) within(least, most float64) estimate {
	if e.Low != nil {
		low, high := max(*e.Low, least), min(*e.High, most)
		e.Low, e.High = &low, &high
	}
	return e
}

// ofAll writes "353 of 999 (35.3 %)".
func ofAll(n, all int, what string) string {
	return fmt.Sprintf("%s of %s (%.1f %%)", grouped(int64(n)), plural(all, what), 100*float64(n)/float64(max(1, all)))
}

// fixed writes a share or a correlation with three decimals, "-" for none.
func fixed(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.3f", *v)
}

func fixedInterval(low, high *float64) string {
	if low == nil || high == nil {
		return "-"
	}
	return fixed(low) + " to " + fixed(high)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"sweep/reports"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
)

// together mixes the networks of the best configuration with count models, and divides their losses by what training has
// seen. It returns nil where there is nothing to mix: no network's losses are on disk, or a text that is no longer there.
// Why is said on standard error.
func (a *app) together(ctx context.Context, t *nplm.Trainer, f findings) (*reports.Together, error) {
	if f.answer.Best == nil || f.mixed {
		return nil, nil
	}
	networks, err := a.networkLosses(ctx, f)
	if err != nil || len(networks) == 0 {
		return nil, err
	}
	made, err := a.countLosses(ctx, t, f)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		fmt.Fprintf(a.stderr, "sweep: networks are not mixed with count models: %v\n", err)
		return nil, nil
	}
	out, err := nplm.Join(networks, made.losses, made.examples)
	if err != nil {
		fmt.Fprintf(a.stderr, "sweep: networks are not mixed with count models: %v\n", err)
		return nil, nil
	}
	return drawn(out), nil
}

// networkLosses loads the losses of the best configuration's replicates, the median one first.
func (a *app) networkLosses(ctx context.Context, f findings) ([]trainer.Losses, error) {
	var out []trainer.Losses
	for _, t := range f.trials {
		if t.Configuration != f.answer.Best.Configuration || t.State != string(sweeps.Complete) || bool(t.Retired) {
			continue
		}
		l, err := trainer.LoadLosses(trainer.LossesFile(a.modelDir(ctx, t.Trial)))
		if errors.Is(err, fs.ErrNotExist) { // made before losses were kept, or deleted
			continue
		}
		if err != nil {
			fmt.Fprintf(a.stderr, "sweep: trial %s: %v\n", t.Trial, err)
			continue
		}
		out = append(out, l)
		if t.Trial == f.answer.BestTrial {
			out[0], out[len(out)-1] = out[len(out)-1], out[0]
		}
	}
	return out, nil
}

// countLosses are those of the count models that the best configuration's networks are mixed with, made anew unless this
// process has them already.
func (a *app) countLosses(ctx context.Context, t *nplm.Trainer, f findings) (judged, error) {
	values, err := valuesOf(f.answer.Best.Params)
	if err != nil {
		return judged{}, err
	}
	key := countingOf(f.provenance.Split, f.provenance.Vocabulary, values)
	if made, ok := a.counted[key]; ok {
		return made, nil
	}
	data, err := t.Data(ctx, values)
	if err != nil {
		return judged{}, err
	}
	if data.SplitHash != key.split || data.VocabHash != key.vocabulary {
		return judged{}, errors.New("the text is no longer the one that was trained on")
	}
	return baselines(ctx, data, toMix(key.order, key.synthetic))
}

// valuesOf reads a configuration's parameters.
func valuesOf(params []byte) (sweeps.Values, error) {
	var named map[string]sweeps.Value
	if err := json.Unmarshal(params, &named); err != nil {
		return nil, fmt.Errorf("read a configuration: %w", err)
	}
	var out sweeps.Values
	for name, v := range named {
		out = append(out, sweeps.Setting{Name: name, Value: v})
	}
	slices.SortFunc(out, func(a, b sweeps.Setting) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out, nil
}

// drawn is what a report needs of a mixture.
func drawn(t nplm.Together) *reports.Together {
	name := func(model string, order int) string {
		return baselineName(results.Baseline{Model: model, OrderN: order})
	}
	out := &reports.Together{With: name(t.With, t.WithOrder)}
	for _, g := range t.Grams {
		out.Grams = append(out.Grams, reports.Grams(g))
	}
	for _, m := range t.Mixings {
		out.Mixings = append(out.Mixings, reports.Mixing{
			With: name(m.Model, m.Order), Weight: m.Weight, NetworkVal: m.NetworkVal, CountVal: m.CountVal, MixedVal: m.MixedVal,
			NetworkTest: m.NetworkTest, CountTest: m.CountTest, Mixed: m.Mixed, Low: m.MixedLow, High: m.MixedHigh,
			EvenTest: m.EvenTest, Replicates: m.Replicates,
		})
	}
	for _, c := range t.Contexts {
		out.Contexts = append(out.Contexts, bars(c))
	}
	if t.Withheld != nil {
		b := bars(*t.Withheld)
		out.Withheld = &b
	}
	return out
}

func bars(c nplm.ByContext) reports.ByContext {
	b := reports.ByContext{Longest: c.Longest, Share: c.Share, GapLow: c.Gap.Low, GapHigh: c.Gap.High}
	for q := range c.Mean {
		b.Loss[q] = reports.Bar{Mean: c.Mean[q], Low: c.Interval[q].Low, High: c.Interval[q].High}
	}
	return b
}

// mixing is a mixture as `run --json` prints it: perplexities, means over the replicates of the best configuration.
type mixing struct {
	With        string   `json:"with"`
	Weight      float64  `json:"weight"` // of the network, fitted on validation
	Val         *float64 `json:"val_perplexity"`
	Test        *float64 `json:"test_perplexity"`
	Low         *float64 `json:"test_low"` // 95 % interval; null with one replicate
	High        *float64 `json:"test_high"`
	EvenTest    *float64 `json:"even_test_perplexity"` // half and half
	NetworkTest *float64 `json:"network_test_perplexity"`
	CountTest   *float64 `json:"count_test_perplexity"`
	N           int      `json:"n"`
}

// withheld is what `run --json` tells of pairs that were kept out of training: probabilities are geometric means, the
// difference is of losses in nats, the network's less the counts', with its 95 % interval over documents.
type withheld struct {
	Share      float64  `json:"share"` // of validation's targets
	Network    float64  `json:"network_probability"`
	Counts     float64  `json:"count_probability"`
	With       string   `json:"with"`
	Difference float64  `json:"difference"`
	Low        *float64 `json:"low"` // null where they lie in one document
	High       *float64 `json:"high"`
}

func withheldPairs(t *reports.Together) *withheld {
	if t == nil || t.Withheld == nil {
		return nil
	}
	w := t.Withheld
	return &withheld{w.Share, math.Exp(-w.Loss[0].Mean), math.Exp(-w.Loss[1].Mean), t.With, w.Loss[0].Mean - w.Loss[1].Mean, orNull(w.GapLow), orNull(w.GapHigh)}
}

func mixings(t *reports.Together) (out []mixing) {
	if t == nil {
		return nil
	}
	for _, m := range t.Mixings {
		out = append(out, mixing{
			With: m.With, Weight: m.Weight, Val: orNull(m.MixedVal), Test: orNull(m.Mixed), Low: orNull(m.Low), High: orNull(m.High),
			EvenTest: orNull(m.EvenTest), NetworkTest: orNull(m.NetworkTest), CountTest: orNull(m.CountTest), N: m.Replicates,
		})
	}
	return out
}

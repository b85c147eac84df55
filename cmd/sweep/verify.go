package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
)

func (a *app) verifyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify TRIAL...",
		Short: "Train a trial again and compare every bit with the record",
		Long: "Verify trains from the recorded parameters and seed in a temporary folder and compares the final figures, the\n" +
			"whole curve and, where it was kept, the file of the weights. A trial that a rule stopped is trained as far as it\n" +
			"came. Exit status 5: something differs, or cannot be verified because the text or the numeric version has changed.\n" +
			"What a clock stopped and what an external program did is not verified: neither has to come out the same.",
		Example: examples("sweep verify hidden:best", "the winner", "sweep verify 3f9c 81aa", "two trials",
			"sweep verify hidden:best --json", "one object a trial"),
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.verify(cmd.Context(), args) },
	}
	a.jsonFlag(c)
	return c
}

// verification is a line of `verify --json`.
type verification struct {
	Schema string `json:"schema"`
	Trial  string `json:"trial"`
	Sweep  string `json:"sweep"`
	Same   bool   `json:"same"`
	nplm.Verified
	Reason  string  `json:"reason"` // why it could not be trained again; "" if it was
	Seconds float64 `json:"seconds"`
}

func (a *app) verify(ctx context.Context, refs []string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var trials []results.Trial
	for _, ref := range refs { // all mistakes before hours of training
		t, err := a.verifiable(ctx, s, ref)
		if err != nil {
			return err
		}
		trials = append(trials, t)
	}
	wrong := 0
	for _, t := range trials {
		v, err := a.verifyTrial(ctx, s, t)
		if err != nil {
			return err
		}
		if !v.Same {
			wrong++
		}
		if err := a.printVerification(v, t); err != nil {
			return err
		}
	}
	if wrong > 0 {
		return &statusError{statusCheck, fmt.Errorf("%s of %d not verified", plural(wrong, "trial"), len(trials))}
	}
	return nil
}

// verifiable finds a trial and refuses those that are never verified.
func (a *app) verifiable(ctx context.Context, s *results.Store, ref string) (results.Trial, error) {
	t, err := s.Trial(ctx, ref)
	if errors.Is(err, results.ErrAmbiguous) {
		return t, &statusError{statusUsage, err}
	}
	if errors.Is(err, results.ErrNotFound) {
		if _, sweepErr := s.Sweep(ctx, ref); sweepErr == nil {
			return t, usage("%s is a sweep; name its trials, or %s:best", ref, ref)
		}
	}
	if err != nil {
		return t, err
	}
	p, err := s.Provenance(ctx, t.Sweep)
	if err != nil {
		return t, err
	}
	by, err := s.StoppedBy(ctx, t.Sweep, t.Trial)
	state := sweeps.State(t.State)
	switch {
	case err != nil:
		return t, err
	case p.Imported():
		return t, usage("trial %s was imported: what trained it is not known here, and cannot train it again", t.Trial)
	case p.Trainer != nplm.Name:
		return t, usage("trial %s was trained by an external program, which need not come to the same figures again; `sweep show %s --command` prints what runs it", t.Trial, t.Trial)
	case state == sweeps.Failed || !state.Finished():
		return t, notFound("trial %s is %s: it has no figures to verify", t.Trial, t.State)
	case state == sweeps.Stopped && by != "rule":
		return t, usage("trial %s was stopped by the clock (budget.trial_time): how far it comes depends on the machine, and is never verified", t.Trial)
	}
	return t, nil
}

// verifyTrial trains a trial again, unless its parameters do not come to the same training any more.
func (a *app) verifyTrial(ctx context.Context, s *results.Store, t results.Trial) (verification, error) {
	v := verification{Schema: "sweep.verify/1", Trial: t.Trial, Sweep: t.Sweep}
	var params sweeps.Values
	if err := params.UnmarshalJSON(t.Params); err != nil {
		return v, err
	}
	reason, err := a.changed(ctx, s, t, params)
	if err != nil || reason != "" {
		v.Reason = reason
		return v, err
	}
	want, err := a.recordedTrial(ctx, s, t)
	if err != nil {
		return v, err
	}
	fmt.Fprintf(a.stderr, "sweep: training %s of %s again: %s steps, %s the first time\n", t.Trial, t.Sweep, grouped(t.Steps), seconds(t.Seconds))
	begun := time.Now()
	v.Verified, err = nplm.Verify(ctx, sweeps.Trial{ID: t.Trial, Sweep: t.Sweep, Configuration: t.Configuration,
		Replicate: t.Replicate, Seed: t.Seed, Params: params}, want)
	v.Seconds, v.Same = time.Since(begun).Seconds(), err == nil && v.Difference == ""
	return v, err
}

// changed says why a trial's parameters and seed are another training now than they were, "" if they are not.
func (a *app) changed(ctx context.Context, s *results.Store, t results.Trial, params sweeps.Values) (string, error) {
	about := nplm.New(a.dir).Describe(ctx)
	resolved, err := about.Resolve(params)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return firstLine(err.Error()), nil
	}
	if id, err := sweeps.TrialID(about.Name, about.Version, resolved.Key, t.Seed); err != nil || id == t.Trial {
		return "", err
	}
	then, err := s.DataOf(ctx, t.Sweep, t.Configuration)
	if err != nil {
		return "", err
	}
	if now := resolved.Data; then.Split != now.Split || then.Vocabulary != now.Vocabulary {
		return fmt.Sprintf("the text of %s has changed: its split was %.12s and is %.12s", then.Corpus, then.Split, now.Split), nil
	}
	versions, err := s.Versions(ctx, t.Sweep, about.Name)
	if err != nil {
		return "", err
	}
	for _, version := range versions {
		if id, err := sweeps.TrialID(about.Name, version, resolved.Key, t.Seed); err == nil && id == t.Trial {
			return fmt.Sprintf("it was trained by numeric version %s, and this program is %s, which gives other bits", version, about.Version), nil
		}
	}
	return "its parameters come to another training now: a file that they name has changed (init_vectors?), or the program's numeric version, which is " +
		about.Version + " (the record has " + strings.Join(versions, ", ") + ")", nil
}

// recordedTrial reads what the record holds of a trial.
func (a *app) recordedTrial(ctx context.Context, s *results.Store, t results.Trial) (nplm.Recorded, error) {
	r := nplm.Recorded{Finals: map[string]float64{}, Diverged: t.State == string(sweeps.Diverged)}
	if t.State == string(sweeps.Stopped) {
		r.Stopped = t.Steps
	} else {
		r.Model = a.modelFile(ctx, t.Trial)
	}
	points, err := s.TrialPoints(ctx, t.Sweep, t.Trial)
	if err != nil {
		return r, err
	}
	for _, p := range points {
		r.Curve = append(r.Curve, sweeps.Point{Metric: p.Metric, Step: p.Step, Examples: p.Examples, Value: orNaN(p.Value)})
	}
	finals, err := s.Finals(ctx, t.Sweep, t.Trial)
	for m, v := range finals {
		r.Finals[m] = orNaN(v)
	}
	return r, err
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func (a *app) printVerification(v verification, t results.Trial) error {
	if a.json {
		return a.printJSON(v)
	}
	compared := fmt.Sprintf("%s, %s of the curve to step %s", plural(v.Figures, "figure"), plural(v.Points, "point"), grouped(v.Step))
	switch {
	case v.Model > 0:
		compared += fmt.Sprintf(", the weights (%s bytes)", grouped(v.Model))
	case t.State == string(sweeps.Complete) && v.Same:
		compared += "; the weights were not kept"
	}
	var err error
	switch {
	case v.Reason != "":
		_, err = fmt.Fprintf(a.stdout, "%s cannot be verified: %s\n", t.Trial, v.Reason)
	case v.Same:
		_, err = fmt.Fprintf(a.stdout, "%s is the same to the bit: %s (numeric version %s, kernel %s, %s)\n", t.Trial, compared, trainer.Version, trainer.Kernel(), seconds(v.Seconds))
	default:
		_, err = fmt.Fprintf(a.stdout, "%s differs: %s; the same before it: %s\n", t.Trial, v.Difference, compared)
	}
	return err
}

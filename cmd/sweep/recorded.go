package main

import (
	"context"
	"fmt"
	"strings"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// openRecorded opens the record of a sweep, with the spec that it was last run with. Without an error, the store is the
// caller's to close.
func (a *app) openRecorded(ctx context.Context, sweep string) (*results.Store, results.Sweep, *sweeps.Spec, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, results.Sweep{}, nil, err
	}
	row, err := s.Sweep(ctx, sweep)
	if err != nil {
		s.Close()
		return nil, row, nil, err
	}
	spec, err := a.recordedSpec(ctx, s, sweep)
	if err != nil {
		s.Close()
		return nil, row, nil, err
	}
	return s, row, spec, nil
}

// recordedSpec decodes the spec that a sweep was last run with.
func (a *app) recordedSpec(ctx context.Context, s *results.Store, sweep string) (*sweeps.Spec, error) {
	p, err := s.Provenance(ctx, sweep)
	if err != nil {
		return nil, err
	}
	if p.SpecSource == "" {
		return nil, &statusError{statusNotFound, fmt.Errorf("the record has no spec of sweep %s, so that its space is not known", sweep)}
	}
	spec, err := sweeps.Load(p.SpecFile, []byte(p.SpecSource), nplm.New(a.dir).Describe(ctx), setOf(p)...)
	if err != nil {
		return nil, fmt.Errorf("the spec that sweep %s was run with is no longer one: %w", sweep, err)
	}
	return spec, nil
}

// setOf lists the --set flags that a sweep was last run with.
func setOf(p results.Provenance) []string {
	if text := p.Extra["set"]; text != "" {
		return strings.Split(text, "\n")
	}
	return nil
}

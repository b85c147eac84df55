package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"sweep/results"
	"sweep/sweeps"
)

// searchClaims are sentences about how a sweep was searched: what matters, whether its rungs could be trusted, and whether
// the best lies on an edge.
func (a *app) searchClaims(ctx context.Context, s *results.Store, f findings, points []results.Point) []string {
	spec, err := a.recordedSpec(ctx, s, f.sweep.Sweep)
	if err != nil {
		return nil // the record holds what no spec says any more, such as a sweep of a Go program
	}
	var out []string
	for _, claim := range []string{a.importanceClaim(ctx, s, spec, f), rungClaim(spec, f, points), edgeClaim(spec, f)} {
		if claim != "" {
			out = append(out, claim)
		}
	}
	return out
}

// fewestAgreeing is how many whole trials it takes to compare orders.
const fewestAgreeing = 3

// rungClaim says how far the order at each rung agrees with that at the end, by Kendall's tau over the trials that went
// there.
func rungClaim(spec *sweeps.Spec, f findings, points []results.Point) string {
	curves := map[string][]float64{}
	for _, p := range points {
		if p.Metric == f.sweep.Metric {
			v := math.NaN()
			if p.Value != nil {
				v = *p.Value
			}
			curves[p.Trial] = append(curves[p.Trial], v)
		}
	}
	var whole []results.Trial
	longest := 0
	for _, t := range f.trials {
		if t.State == string(sweeps.Complete) && !bool(t.Retired) && !bool(t.Confirms) && t.Value != nil {
			whole = append(whole, t)
			longest = max(longest, len(curves[t.Trial]))
		}
	}
	var parts []string
	for _, rung := range spec.Rungs(longest) {
		var x, y []float64
		for _, t := range whole {
			if c := curves[t.Trial]; len(c) >= rung && !math.IsNaN(c[rung-1]) {
				x, y = append(x, c[rung-1]), append(y, *t.Value)
			}
		}
		if len(x) >= fewestAgreeing {
			parts = append(parts, fmt.Sprintf("%.2f at point %d", stat.Kendall(x, y, nil), rung))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("How far the order at a rung agrees with the order at the end (point %d), by Kendall's tau over the %s that went there: %s.",
		longest, plural(len(whole), "trial"), strings.Join(parts, ", "))
}

// edgeClaim warns where the best configuration lies on the edge of what was tried.
func edgeClaim(spec *sweeps.Spec, f findings) string {
	if f.answer.Best == nil {
		return ""
	}
	var vs sweeps.Values
	if err := json.Unmarshal(f.answer.Best.Params, &vs); err != nil {
		return ""
	}
	edges := spec.Edges(vs)
	if len(edges) == 0 {
		return ""
	}
	var parts, unlooked []string
	for _, e := range edges {
		v, _ := vs.Lookup(e.Name)
		side := "lowest"
		if e.High {
			side = "highest"
		}
		parts = append(parts, fmt.Sprintf("%s = %s is the %s", e.Name, v, side))
		if !e.Refined {
			unlooked = append(unlooked, e.Name)
		}
	}
	slices.Sort(parts)
	slices.Sort(unlooked)
	claim := fmt.Sprintf("The best lies on the edge of what was tried: %s. Something better may lie beyond", strings.Join(parts, ", "))
	if len(unlooked) < len(edges) {
		claim += fmt.Sprintf("; `sweep refine %s` prints a spec that looks there", f.sweep.Sweep)
	}
	switch {
	case len(unlooked) == 0:
		return claim + "."
	case len(unlooked) == len(edges):
		return claim + ", if it may be tried: give values there in the spec."
	}
	return fmt.Sprintf("%s, but for %s: if there is more to try of that, give values in the spec.", claim, strings.Join(unlooked, " and "))
}

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"sweep/internal/stats"
)

// row is one line of a table: configurations of a sweep, a figure of theirs, and what it is held against.
type row struct {
	name      string
	sweep     string
	where     map[string]any // parameters that tell the configuration
	figure    string         // a column of v_trials
	published string
	aim       aim
}

// aim is what a mean must lie in; an end that is NaN is open.
type aim struct{ least, most float64 }

var none = aim{math.NaN(), math.NaN()}

func atMost(x float64) aim { return aim{math.NaN(), x} }

// within is x give or take d.
func within(x, d float64) aim { return aim{x - d, x + d} }

func (a aim) String() string {
	switch {
	case math.IsNaN(a.most):
		return ""
	case math.IsNaN(a.least):
		return fmt.Sprintf("at most %.5g", a.most)
	}
	return fmt.Sprintf("%.5g to %.5g", a.least, a.most)
}

// judge says whether x is where it was to be.
func (a aim) judge(x float64) string {
	switch {
	case math.IsNaN(a.most):
		return ""
	case x > a.most || x < a.least:
		return "**missed**"
	}
	return "reached"
}

const header = "\n| model | parameters | published | ours | n | aim | |\n| --- | ---: | --- | --- | ---: | --- | --- |\n"

// table writes rows under the usual header.
func (b *bench) table(ctx context.Context, w io.Writer, rows []row) error {
	fmt.Fprint(w, header)
	for _, r := range rows {
		if err := b.row(ctx, w, r); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) row(ctx context.Context, w io.Writer, r row) error {
	all, err := b.trials(ctx, r.sweep)
	if err != nil {
		return err
	}
	var values []float64
	var parameters int64
	for _, t := range all {
		if t.Retired == 1 || t.State != "complete" || !matches(t.Params, r.where) || t.figure(r.figure) == nil {
			continue
		}
		values = append(values, *t.figure(r.figure))
		parameters = t.Parameters
	}
	if len(values) == 0 {
		return fmt.Errorf("sweep %s has no complete trial with %v", r.sweep, r.where)
	}
	digits := 4
	if strings.HasSuffix(r.figure, "perplexity") {
		digits = 1
	}
	mean := stats.Mean(values)
	ours := fmt.Sprintf("%.*f", digits, mean)
	if iv, ok := stats.MeanInterval(values); ok {
		ours += fmt.Sprintf(" [%.*f, %.*f]", digits, iv.Low, digits, iv.High)
	}
	_, err = fmt.Fprintf(w, "| %s | %s | %s | %s | %d | %s | %s |\n", r.name, grouped(parameters), r.published, ours, len(values), r.aim, r.aim.judge(mean))
	return err
}

// matches reports whether params have all the values that are asked for.
func matches(params, where map[string]any) bool {
	for name, v := range where {
		if fmt.Sprint(params[name]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

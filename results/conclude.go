package results

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gorm.io/gorm"

	"sweep/internal/stats"
	"sweep/sweeps"
)

// Answer answers a sweep's question by a metric ("": the sweep's own): which configuration is best and by how much,
// or which cannot be told apart and the cheapest of them.
func (s *Store) Answer(ctx context.Context, sweep, metric string) (Answer, error) {
	var a Answer
	err := s.view(ctx, "answer sweep "+sweep, func(tx *gorm.DB) error {
		st, err := s.judged(tx, sweep, metric)
		if err != nil {
			return err
		}
		c, err := newConclusion(st)
		if err != nil {
			return err
		}
		a = c.answer()
		if st.top() == nil {
			return nil
		}
		a.OtherMetrics, err = s.otherMetrics(tx, c)
		return err
	})
	return a, err
}

// conclusion is standings with what it takes to speak of them.
type conclusion struct {
	standings
	labels labels
}

func newConclusion(st standings) (conclusion, error) {
	l, err := newLabels(st.candidates, st.sweep.Method == "grid")
	return conclusion{st, l}, err
}

func (c conclusion) answer() Answer {
	a := Answer{Sweep: c.sweep.Sweep, Metric: c.metric, Goal: "minimize", Method: stats.ByNothing, Notes: c.notes()}
	if c.maximize {
		a.Goal = "maximize"
	}
	top := c.top()
	if top == nil {
		a.Sentence = c.nothing()
		return a
	}
	a.Best, a.BestLabel, a.Parameters = &top.Configuration, c.labels.full(&top.Configuration), top.parameters
	if r, ok := c.median(top); ok {
		a.BestTrial = r.Trial
	}
	a.Method, a.Residual, a.DF = c.best.Method, figure(c.best.SD), figure(c.best.DF)
	a.Detectable = figure(c.best.Detectable)
	a.DetectablePercent = figure(c.scale.Percent(c.best.Detectable))
	cheapest := top
	for r, i := range c.order[1:] {
		if !c.best.Tied[r+1] {
			continue
		}
		tied := &c.candidates[i]
		a.Tied = append(a.Tied, tied.Configuration)
		if tied.parameters < cheapest.parameters {
			cheapest = tied
		}
	}
	a.Cheapest, a.CheapestLabel = &cheapest.Configuration, c.labels.full(&cheapest.Configuration)
	if top.parameters > 0 {
		a.CheapestCost = figure(float64(cheapest.parameters) / float64(top.parameters))
	}
	a.Confirmed = c.confirmations()
	if len(a.Confirmed) > 0 {
		a.Notes = append(a.Notes, c.shrinkage(a.Confirmed[0]))
		a.Notes = append(a.Notes, c.passedOver()...)
	}
	a.Sentence = c.sentence(a, cheapest)
	return a
}

// nothing says why no configuration is ranked.
func (c conclusion) nothing() string {
	states := map[sweeps.State]int{}
	total := 0
	for _, k := range c.candidates {
		for _, r := range k.replicates {
			states[r.State]++
			total++
		}
	}
	switch {
	case total == 0:
		return "The sweep has no trials."
	case c.mixed && states[sweeps.Complete] > 0:
		return fmt.Sprintf("The configurations were trained on different splits or vocabularies, across which %s does not mean the same, so none is ranked.", c.metric)
	case states[sweeps.Diverged] == total:
		return fmt.Sprintf("All %s diverged, so there is no best configuration.", count(total, "trial"))
	case states[sweeps.Complete] == 0:
		var parts []string
		for _, s := range []sweeps.State{sweeps.Waiting, sweeps.Running, sweeps.Stopped, sweeps.Diverged, sweeps.Failed} {
			if n := states[s]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, s))
			}
		}
		yet := "" // those that ended in another way stay so
		if states[sweeps.Waiting]+states[sweeps.Running] > 0 {
			yet = " yet"
		}
		return fmt.Sprintf("No trial is complete%s: %s.", yet, list(parts))
	case !c.recorded:
		return fmt.Sprintf("No trial has reported %s.", c.metric)
	}
	return "Every configuration with a complete trial also has a diverged one, so none is ranked."
}

// sentence is the answer as people read it.
func (c conclusion) sentence(a Answer, cheapest *candidate) string {
	top := c.top()
	name := c.labels.full(&top.Configuration)
	value := withInterval(&top.Configuration)
	replicates := "replicate"
	if top.confirmed() {
		replicates = "new replicate"
	}
	of := fmt.Sprintf("mean and 95 %% interval of %s", count(top.N, replicates))
	if top.Low == nil {
		of = "one " + replicates + ", no interval"
	}
	if c.leading == 1 {
		switch {
		case top.confirmed():
			return fmt.Sprintf("%s is the configuration that was confirmed: %s %s (%s).", name, c.metric, value, of)
		case c.looks > 0 && len(c.order) > 1:
			next := &c.candidates[c.order[1]]
			return fmt.Sprintf("%s has won the race: %s %s (%s); of the others %s comes next, with %s after %s.",
				name, c.metric, value, of, c.labels.short(&next.Configuration), c.mean(next), count(next.N, "replicate"))
		case len(c.candidates) == 1:
			return fmt.Sprintf("%s is %s (%s); with one configuration there is nothing to compare it with.", c.metric, value, of)
		}
		if len(c.order) == 1 {
			return fmt.Sprintf("%s is the only configuration that could be ranked: %s %s (%s).", name, c.metric, value, of)
		}
	}
	superlative := "lowest"
	if c.maximize {
		superlative = "highest"
	}
	next := &c.candidates[c.order[1]]
	if c.best.Method == stats.ByNothing {
		return c.unjudged(superlative, of)
	}
	var b strings.Builder
	if len(a.Tied) == 0 {
		fmt.Fprintf(&b, "%s is best: %s %s (%s), %s the next, %s with %s", name, c.metric, value, of, c.ahead(top, next), c.labels.short(&next.Configuration), c.mean(next))
		if c.best.Detectable > 0 {
			fmt.Fprintf(&b, "; a difference of %s would have been shown", c.size(c.best.Detectable))
		}
		return b.String() + "."
	}
	fmt.Fprintf(&b, "%s has the %s %s, %s (%s), but cannot be told apart from %s", name, superlative, c.metric, value, of, c.rivals())
	switch {
	case cheapest != top:
		fmt.Fprintf(&b, "; the cheapest of them is %s with %s times its parameters (%s)", c.labels.short(&cheapest.Configuration),
			digits(*a.CheapestCost, 2), grouped(cheapest.parameters))
	case c.cheaper():
		b.WriteString("; it is also the cheapest of them")
	}
	if c.best.Detectable > 0 {
		fmt.Fprintf(&b, "; only a difference of %s or more would have been shown (80 %% power at 5 %%)", c.size(c.best.Detectable))
	}
	return b.String() + "."
}

// unjudged is the answer where there are too few replicates to compare by.
func (c conclusion) unjudged(superlative, of string) string {
	top, next := c.top(), &c.candidates[c.order[1]]
	equal := []string{c.labels.full(&top.Configuration)}
	single := top.N == 1
	for _, i := range c.order[1:] {
		k := &c.candidates[i]
		single = single && k.N == 1
		if math.Abs(*k.Mean-*top.Mean) <= 1e-12*math.Abs(*top.Mean) { // but for the order in which they were added up
			equal = append(equal, c.labels.short(&k.Configuration))
		}
	}
	why := "with one replicate of each there is no interval, and nothing can be told apart"
	if !single {
		why = "with one replicate of some there is nothing to compare them by, and nothing can be told apart"
	}
	if len(equal) > 1 {
		if len(equal) > 4 {
			equal = append(equal[:3:3], fmt.Sprintf("%d more", len(equal)-3))
		}
		return fmt.Sprintf("%s have the same %s, the %s, %s; %s: raise `replicates`.", list(equal), c.metric, superlative, c.mean(top), why)
	}
	value, after := withInterval(&top.Configuration), c.mean(next)
	if !single {
		value, after = fmt.Sprintf("%s (%s)", value, of), fmt.Sprintf("%s (%s)", after, count(next.N, "replicate"))
	}
	return fmt.Sprintf("%s has the %s %s, %s, before %s with %s; %s: raise `replicates`.",
		equal[0], superlative, c.metric, value, c.labels.short(&next.Configuration), after, why)
}

// confirmations lists what new seeds have judged, by rank.
func (c conclusion) confirmations() []Confirmation {
	out := []Confirmation{}
	sign := 1.0
	if c.maximize {
		sign = -1
	}
	for _, i := range c.order[:c.leading] {
		k := &c.candidates[i]
		if !k.confirmed() || len(k.searched) == 0 {
			continue
		}
		before := stats.Mean(k.searched)
		d := sign * (c.scale.Of(*k.Mean) - c.scale.Of(before))
		if c.scale.Unit == "nats" {
			d = c.scale.Percent(d)
		}
		out = append(out, Confirmation{
			Configuration: k.Configuration.Configuration, Label: c.labels.full(&k.Configuration),
			Searched: before, SearchedN: len(k.searched), Mean: *k.Mean, N: k.N, Shrinkage: d,
		})
	}
	return out
}

// shrinkage says how far the search was too hopeful about the best.
func (c conclusion) shrinkage(b Confirmation) string {
	unit := ""
	if c.scale.Unit == "nats" {
		unit = " %"
	}
	how := "worse than"
	if b.Shrinkage < 0 {
		how = "better than"
	}
	return fmt.Sprintf("The search saw %s at %s (%s); %s that it never saw came to %s, %s%s %s that.",
		c.metric, quantity(b.Searched, math.NaN()), count(b.SearchedN, "replicate"), count(b.N, "seed"),
		quantity(b.Mean, math.NaN()), digits(math.Abs(b.Shrinkage), 2), unit, how)
}

// passedOver says so if a configuration that was not confirmed is ranked after one whose mean is worse.
func (c conclusion) passedOver() []string {
	if c.leading == len(c.order) {
		return nil
	}
	last, next := &c.candidates[c.order[c.leading-1]], &c.candidates[c.order[c.leading]]
	if c.maximize == (*next.Mean <= *last.Mean) {
		return nil
	}
	return []string{fmt.Sprintf("Those that new seeds have judged are ranked first; %s with %s comes after them, since that is what the search itself has seen.",
		c.labels.full(&next.Configuration), c.mean(next))}
}

// mean writes a configuration's mean with the precision that the best's interval gives, so that the two can be read
// side by side.
func (c conclusion) mean(k *candidate) string {
	top := c.top()
	if top.Low == nil || top.High == nil {
		return quantity(*k.Mean, math.NaN())
	}
	return quantity(*k.Mean, (*top.High-*top.Low)/2)
}

// rivals names those that are tied with the best, the first three by name.
func (c conclusion) rivals() string {
	var names []string
	for r, i := range c.order[1:] {
		if c.best.Tied[r+1] {
			k := &c.candidates[i]
			names = append(names, fmt.Sprintf("%s (%s)", c.labels.short(&k.Configuration), c.mean(k)))
		}
	}
	if len(names) > 4 {
		names = append(names[:3:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return list(names)
}

// cheaper reports whether some tied configuration costs more than the best.
func (c conclusion) cheaper() bool {
	for r, i := range c.order[1:] {
		if c.best.Tied[r+1] && c.candidates[i].parameters > c.top().parameters {
			return true
		}
	}
	return false
}

// ahead writes by how much the best leads: "1.3 % below".
func (c conclusion) ahead(top, next *candidate) string {
	d := stats.Mean(c.group(top).Values) - stats.Mean(c.group(next).Values)
	side := "below"
	if d > 0 {
		side = "above"
	}
	return c.size(math.Abs(d)) + " " + side
}

// size writes the size of a difference: percent for perplexities, nats for losses, else in the metric's own unit.
func (c conclusion) size(d float64) string { return sized(c.scale, d) }

func sized(s stats.Scale, d float64) string {
	switch {
	case s.Log:
		return digits(s.Percent(d), 2) + " %"
	case s.Unit == "nats":
		return fmt.Sprintf("%s nats (%s %% of perplexity)", digits(d, 2), digits(s.Percent(d), 2))
	}
	return digits(d, 2)
}

// notes says what limits the answer.
func (c conclusion) notes() []string {
	notes := []string{}
	failed, open, uneven := 0, 0, false
	for _, k := range c.candidates {
		diverged := 0
		for _, r := range k.replicates {
			switch r.State {
			case sweeps.Failed:
				failed++
			case sweeps.Waiting, sweeps.Running:
				open++
			case sweeps.Diverged:
				diverged++
			case sweeps.Complete:
				if r.Has && r.Value == nil {
					diverged++
				}
			}
		}
		if diverged > 0 {
			notes = append(notes, fmt.Sprintf("%s is not ranked: %d of %s diverged.", c.labels.full(&k.Configuration), diverged, count(len(k.replicates), "replicate")))
		}
		uneven = uneven || k.Rank != nil && *k.Rank <= c.leading && k.N != c.top().N
	}
	switch {
	case failed > 0 && c.sweep.Method == ImportedMethod:
		notes = append(notes, fmt.Sprintf("%s failed.", count(failed, "trial")))
	case failed > 0:
		notes = append(notes, fmt.Sprintf("%s failed; the next run tries again.", count(failed, "trial")))
	}
	switch {
	case open > 0 && c.sweep.State == "complete":
		notes = append(notes, fmt.Sprintf("%s left out: the target was reached, or the budget was used up.", count(open, "trial")))
	case open > 0:
		notes = append(notes, fmt.Sprintf("%s still to be trained to the end: the answer may change.", count(open, "trial")))
	}
	if c.best.Method == stats.ByWelch {
		why := "the spread over seeds differs more than threefold between configurations"
		if uneven {
			why = "the configurations do not have the same number of replicates"
		}
		notes = append(notes, fmt.Sprintf("Each configuration was compared with the best by Welch's test, since %s.", why))
	}
	return notes
}

// otherMetrics tells which other metrics of the same part of the data would choose otherwise.
func (s *Store) otherMetrics(tx *gorm.DB, c conclusion) ([]string, error) {
	names, err := finalMetrics(tx, c.sweep.Sweep)
	if err != nil {
		return nil, err
	}
	part, _, _ := strings.Cut(c.metric, "/")
	says := []string{}
	for _, name := range names {
		if other, _, _ := strings.Cut(name, "/"); other != part || name == c.metric || MetricGoal(name) == "" {
			continue
		}
		st, err := s.judge(tx, c.sweep, name)
		if err != nil {
			return nil, err
		}
		theirs := st.top()
		if theirs == nil || theirs.id == c.top().id {
			continue
		}
		o := conclusion{st, c.labels}
		for r, i := range st.order {
			ours := &st.candidates[i]
			if ours.id != c.top().id {
				continue
			}
			if o.mean(theirs) == o.mean(ours) { // to every digit that is shown: no choice
				continue
			}
			text := fmt.Sprintf("%s would choose %s: %s against %s", name, c.labels.full(&theirs.Configuration), o.mean(theirs), o.mean(ours))
			if st.best.Tied[r] {
				text += ", though the two cannot be told apart by it"
			}
			says = append(says, text+".")
		}
	}
	return says, nil
}

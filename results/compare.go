package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sweep/internal/stats"
	"sweep/sweeps"
)

// Compare sets two trials, configurations or SWEEP:best beside each other. SWEEP:best stands for the best
// configuration with all its replicates, or against a single trial for its replicate with the median value. Figures
// over different texts or vocabularies are refused with an *IncomparableError.
func (s *Store) Compare(ctx context.Context, a, b string) (Comparison, error) {
	var out Comparison
	err := s.view(ctx, fmt.Sprintf("compare %s with %s", a, b), func(tx *gorm.DB) error {
		x, err := s.find(tx, a)
		if err != nil {
			return err
		}
		y, err := s.find(tx, b)
		if err != nil {
			return err
		}
		if x.single || y.single {
			x.single, y.single = x.single || x.best, y.single || y.best
		}
		if err := errors.Join(x.load(tx), y.load(tx)); err != nil {
			return err
		}
		if err := comparable(x, y); err != nil {
			return err
		}
		out, err = s.compare(tx, x, y)
		return err
	})
	return out, err
}

// subject is one side of a comparison.
type subject struct {
	ref           string
	sweep         string
	configuration string
	trial         string // when it is one trial, or the median one of the best configuration
	best          bool   // asked for as SWEEP:best
	single        bool   // only that trial enters

	parameters int64
	params     sweeps.Values
	data       Data
	replicates []replicate                   // that enter
	values     map[string]map[string]float64 // metric -> trial -> value
}

// find resolves a reference: SWEEP:best, a trial, or a configuration, each id by a unique prefix, within SWEEP/ or
// anywhere.
func (s *Store) find(tx *gorm.DB, ref string) (subject, error) {
	if sweep, ok := strings.CutSuffix(ref, ":best"); ok {
		t, err := s.bestTrial(tx, sweep)
		return subject{ref: ref, sweep: t.Sweep, configuration: t.Configuration, trial: t.Trial, best: true}, err
	}
	t, err := trialNamed(tx, ref)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return subject{ref: ref, sweep: t.Sweep, configuration: t.Configuration, trial: t.Trial, single: true}, err
	}
	return configurationNamed(tx, ref)
}

func configurationNamed(tx *gorm.DB, ref string) (subject, error) {
	sweep, id, within := strings.Cut(ref, "/")
	if !within {
		sweep, id = "", ref
	}
	missing := fmt.Errorf("trial or configuration %s: %w", ref, ErrNotFound)
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return subject{}, missing
	}
	var rows []struct{ Sweep, Configuration string }
	err := tx.Raw(`SELECT s.name AS sweep, c.configuration FROM configurations c JOIN sweeps s ON s.id = c.sweep_id
		WHERE c.configuration >= ? AND c.configuration < ? AND (? = '' OR s.name = ?) ORDER BY
		(SELECT count(*) FROM trials t WHERE t.configuration_id = c.id AND t.state = 'complete') DESC, c.retired, s.id`,
		id, id+"~", sweep, sweep).Scan(&rows).Error
	if err != nil {
		return subject{}, err
	}
	if len(rows) == 0 {
		return subject{}, missing
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Configuration)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 1 {
		return subject{}, &AmbiguousError{Ref: ref, Matches: ids[:min(len(ids), 10)]}
	}
	return subject{ref: ref, sweep: rows[0].Sweep, configuration: rows[0].Configuration}, nil
}

// load reads the replicates that enter, with every figure they ended with.
func (u *subject) load(tx *gorm.DB) error {
	var c struct {
		ID, Parameters                    int64
		Params                            string
		Retired                           bool
		Corpus, Split, Vocabulary, Metric string
	}
	err := tx.Raw(`SELECT c.id, c.parameters, c.params, c.retired, c.corpus, c.split, c.vocabulary FROM configurations c
		JOIN sweeps s ON s.id = c.sweep_id WHERE s.name = ? AND c.configuration = ?`, u.sweep, u.configuration).Scan(&c).Error
	if err != nil {
		return err
	}
	u.parameters, u.data = c.Parameters, Data{c.Corpus, c.Split, c.Vocabulary}
	if u.params, err = decodeParams([]byte(c.Params)); err != nil {
		return err
	}
	// A whole configuration is its complete replicates in the plan; a trial is taken as it is.
	which, args := `t.state = 'complete' AND t.retired <= ?`, []any{Flag(c.Retired)}
	if u.single {
		which, args = `g.trial = ?`, []any{u.trial}
	}
	err = tx.Raw(`SELECT t.configuration_id, g.trial, t.replicate, t.seed, t.state, t.seconds FROM trials t
		JOIN trainings g ON g.id = t.training_id WHERE t.configuration_id = ? AND `+which+` ORDER BY t.replicate, t.id`,
		append([]any{c.ID}, args...)...).Scan(&u.replicates).Error
	if err != nil {
		return err
	}
	var finals []struct {
		Trial, Metric string
		Value         *float64
	}
	err = tx.Raw(`SELECT g.trial, f.metric, f.value FROM finals f JOIN trials t ON t.id = f.trial_id
		JOIN trainings g ON g.id = t.training_id WHERE t.configuration_id = ? AND `+which,
		append([]any{c.ID}, args...)...).Scan(&finals).Error
	u.values = map[string]map[string]float64{}
	for _, f := range finals {
		if f.Value == nil {
			continue
		}
		if u.values[f.Metric] == nil {
			u.values[f.Metric] = map[string]float64{}
		}
		u.values[f.Metric][f.Trial] = *f.Value
	}
	return err
}

// comparable refuses figures that do not mean the same.
func comparable(x, y subject) error {
	refuse := func(format string, args ...any) error {
		return &IncomparableError{A: x.ref, B: y.ref, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case x.data.Split != y.data.Split:
		return refuse("their figures are over different texts or splits (%s and %s)", named(x.data.Corpus, x.data.Split), named(y.data.Corpus, y.data.Split))
	case x.data.Vocabulary != y.data.Vocabulary:
		return refuse("their vocabularies differ (%s and %s), and with them what a perplexity means", named(x.data.Corpus, x.data.Vocabulary), named(y.data.Corpus, y.data.Vocabulary))
	}
	return nil
}

func named(corpus, hash string) string {
	return strings.TrimSpace(corpus + " " + hash[:min(len(hash), 8)])
}

func (u subject) side() Side {
	s := Side{Ref: u.ref, Sweep: u.sweep, Configuration: u.configuration, Parameters: u.parameters, Trials: []string{}}
	var seconds []float64
	for _, r := range u.replicates {
		s.Trials = append(s.Trials, r.Trial)
		seconds = append(seconds, r.Seconds)
	}
	if len(seconds) > 0 {
		s.Seconds = stats.Mean(seconds)
	}
	return s
}

// group returns the values of one metric by replicate, on the metric's scale.
func (u subject) group(metric string, sc stats.Scale) (g stats.Group, raw []float64) {
	for _, r := range u.replicates {
		if v, ok := u.values[metric][r.Trial]; ok {
			g.Values = append(g.Values, sc.Of(v))
			g.Seeds = append(g.Seeds, r.Seed)
			raw = append(raw, v)
		}
	}
	return g, raw
}

func (s *Store) compare(tx *gorm.DB, x, y subject) (Comparison, error) {
	out := Comparison{A: x.side(), B: y.side(), Params: paramDiffs(x.params, y.params), Metrics: []MetricDiff{}, Notes: []string{}}
	sx, err := sweepNamed(tx, x.sweep)
	if err != nil {
		return out, err
	}
	sy, err := sweepNamed(tx, y.sweep)
	if err != nil {
		return out, err
	}
	for _, metric := range commonMetrics(x, y, sx.Metric, sy.Metric) {
		whole := standings{}
		if x.sweep == y.sweep && !x.single && !y.single {
			if whole, err = s.judge(tx, sx, metric); err != nil {
				return out, err
			}
		}
		maximize := MetricGoal(metric) == "maximize"
		if metric == sx.Metric {
			maximize = sx.Goal == "maximize"
		}
		out.Metrics = append(out.Metrics, compareMetric(metric, maximize, x, y, whole))
	}
	if x.configuration == y.configuration && !x.single {
		out.Notes = append(out.Notes, "Both are the same configuration.")
	}
	if len(out.Metrics) == 0 {
		out.Notes = append(out.Notes, "They have no figures in common: at least one has no trial that has ended.")
	}
	if x.single || y.single {
		out.Notes = append(out.Notes, "A single trial has no interval: compare configurations to know what the seeds do.")
	}
	return out, nil
}

// compareMetric compares one metric; whole holds the standings of the sweep that both belong to, if there is one.
func compareMetric(metric string, maximize bool, x, y subject, whole standings) MetricDiff {
	sc := stats.ScaleOf(metric, slices.Concat(slices.Collect(maps.Values(x.values[metric])), slices.Collect(maps.Values(y.values[metric]))))
	a, rawA := x.group(metric, sc)
	b, rawB := y.group(metric, sc)
	m := MetricDiff{
		Metric: metric, Unit: sc.Unit, A: figure(stats.Mean(rawA)), B: figure(stats.Mean(rawB)),
		NA: len(rawA), NB: len(rawB), Method: stats.ByNothing,
	}
	value := stats.Mean(b.Values) - stats.Mean(a.Values)
	m.Difference, m.Percent = figure(value), figure(sc.Percent(value))
	pairs, paired := stats.Paired(a, b)
	m.Pairs = pairs.N
	if paired {
		m.PairedLow, m.PairedHigh, m.PairedP = figure(pairs.Low), figure(pairs.High), figure(pairs.P)
		m.Correlation = figure(pairs.Correlation)
	}
	if d := stats.Differences(a, b); stats.EnoughFlips(len(d), 1) {
		if p, ok := stats.SignFlip(d); ok {
			m.SignFlipP = figure(p)
		}
		if p, ok := stats.SignedRank(d); ok {
			m.RankP = figure(p)
		}
	}
	d, ok := whole.pooled(x, y, a, b)
	if ok {
		m.Method = stats.ByBlocks
	} else if paired && pairs.N == m.NA && pairs.N == m.NB {
		d, ok, m.Method = pairs.Difference, true, "paired"
	} else if d, ok = stats.Welch(a.Values, b.Values); ok {
		m.Method = stats.ByWelch
	}
	if ok {
		m.Low, m.High, m.P, m.DF = figure(d.Low), figure(d.High), figure(d.P), figure(d.DF)
		m.PercentLow, m.PercentHigh = figure(sc.Percent(d.Low)), figure(sc.Percent(d.High))
		m.Detectable, m.DetectablePercent = figure(d.Detectable()), figure(sc.Percent(d.Detectable()))
	}
	m.Verdict = verdict(m, sc, maximize, x.ref, y.ref)
	return m
}

// pooled compares by the residual variance of all ranked configurations of a sweep, if both are among them and their
// spreads are alike.
func (st *standings) pooled(x, y subject, a, b stats.Group) (stats.Difference, bool) {
	var groups []stats.Group
	found := 0
	for _, i := range st.order {
		c := &st.candidates[i]
		groups = append(groups, st.group(c))
		if id := c.Configuration.Configuration; id == x.configuration || id == y.configuration {
			found++
		}
	}
	if found < 2 || stats.Uneven(groups) {
		return stats.Difference{}, false
	}
	blocks, ok := stats.NewBlocks(groups)
	if !ok || len(a.Values) != blocks.N || len(b.Values) != blocks.N {
		return stats.Difference{}, false
	}
	return blocks.Compare(a, b), true
}

// verdict says in a sentence what a comparison found.
func verdict(m MetricDiff, sc stats.Scale, maximize bool, a, b string) string {
	if m.Difference == nil {
		return fmt.Sprintf("%s: no difference can be computed.", m.Metric)
	}
	better, worse := a, b
	if (*m.Difference > 0) == maximize {
		better, worse = b, a
	}
	size := sized(sc, max(*m.Difference, -*m.Difference))
	switch {
	case m.Low == nil || m.P == nil:
		return fmt.Sprintf("%s: %s is better than %s by %s, without an interval: that may be the seed.", m.Metric, better, worse, size)
	case *m.Low <= 0 && *m.High >= 0:
		text := fmt.Sprintf("%s: %s and %s cannot be told apart (difference %s, p = %s)", m.Metric, a, b, size, digits(*m.P, 2))
		if m.Detectable != nil && *m.Detectable > 0 {
			text += fmt.Sprintf("; only a difference of %s or more would have been shown (80 %% power at 5 %%)", sized(sc, *m.Detectable))
		}
		return text + "."
	}
	return fmt.Sprintf("%s: %s is better than %s by %s (p = %s).", m.Metric, better, worse, size, digits(*m.P, 2))
}

// paramDiffs lists the parameters that differ, in the order of a, then b.
func paramDiffs(a, b sweeps.Values) []ParamDiff {
	diffs := []ParamDiff{}
	for _, s := range a {
		if v, ok := b.Lookup(s.Name); !ok || v.String() != s.Value.String() {
			diffs = append(diffs, ParamDiff{s.Name, s.Value.String(), v.String()})
		}
	}
	for _, s := range b {
		if _, ok := a.Lookup(s.Name); !ok {
			diffs = append(diffs, ParamDiff{s.Name, "", s.Value.String()})
		}
	}
	return diffs
}

// commonMetrics returns the metrics that both sides have: those of their sweeps first, then by part (validation,
// test, training) and name. Figures that describe the text or the training's course are no results and left out.
func commonMetrics(x, y subject, first ...string) []string {
	var names []string
	for m := range x.values {
		if y.values[m] != nil && (slices.Contains(first, m) || !descriptive(m)) {
			names = append(names, m)
		}
	}
	order := func(m string) int {
		if i := slices.Index(first, m); i >= 0 {
			return i
		}
		part, _, _ := strings.Cut(m, "/")
		if i := slices.Index([]string{"val", "test", "train"}, part); i >= 0 {
			return len(first) + i
		}
		return len(first) + 3
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(order(a), order(b)), strings.Compare(a, b)) })
	return names
}

func descriptive(metric string) bool {
	switch stats.Kind(metric) {
	case "unk_share", "learning_rate", "grad_norm", "update_ratio", "saturated":
		return true
	}
	return false
}

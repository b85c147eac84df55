package results

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"sweep/internal/stats"
	"sweep/sweeps"
)

// standingsEvery is the least time between two updates of a running sweep's standings.
const standingsEvery = time.Second

// standingsShare is how many times as long as an update took the next one waits at least.
const standingsShare = 20

// replicate is one trial of a configuration, with its value of the metric in question.
type replicate struct {
	ConfigurationID int64
	Trial           string
	Replicate       int
	Seed            uint64
	State           sweeps.State
	Has             bool // the trial has the metric, be it NULL
	Value           *float64
	Seconds         float64
	Confirms        bool
}

// candidate is a configuration with its replicates, on its way to a row of v_configurations.
type candidate struct {
	Configuration
	id         int64
	parameters int64
	data       Data
	replicates []replicate
	values     []float64 // of the complete replicates; where it is confirmed, of those alone that the search never saw
	seeds      []uint64  // of these
	searched   []float64 // of the complete replicates of the search, where it is confirmed
	diverged   bool      // a replicate has no finite value: shown, not ranked
	run        int       // replicates of the search that are complete or have failed
}

// confirmed reports whether new seeds have judged the configuration.
func (c *candidate) confirmed() bool { return c.searched != nil }

// standings are a sweep's configurations judged by one metric.
type standings struct {
	sweep      Sweep
	metric     string
	maximize   bool
	scale      stats.Scale
	candidates []candidate // in the plan's order
	order      []int       // those that are ranked, the best first
	best       stats.Best  // its groups are in that order
	leading    int         // how many of order are compared with the best; the others have left the race, or were not confirmed
	looks      int         // of a race, in which further replicates went only to those that may be the best; 0: it is none
	mixed      bool        // several splits or vocabularies: nothing is ranked
	recorded   bool        // some trial has the metric
}

// judge reads a sweep's configurations and judges them by a metric, "" for the sweep's own.
func (s *Store) judge(tx *gorm.DB, sweep Sweep, metric string) (standings, error) {
	return s.weigh(tx, sweep, metric, nil)
}

// weigh judges only those configurations, by those of their replicates, that keep holds for; nil: all of them.
func (s *Store) weigh(tx *gorm.DB, sweep Sweep, metric string, keep func(configuration string, r replicate) bool) (standings, error) {
	st := standings{sweep: sweep, metric: metric}
	goal := sweep.Goal
	if metric == "" {
		st.metric = sweep.Metric
	}
	if g := MetricGoal(st.metric); g != "" && st.metric != sweep.Metric {
		goal = g
	}
	st.maximize = goal == "maximize"
	if err := st.load(tx); err != nil {
		return st, err
	}
	if err := tx.Raw(`SELECT looks FROM sweeps WHERE name = ?`, sweep.Sweep).Row().Scan(&st.looks); err != nil {
		return st, err
	}
	if keep != nil {
		st.narrow(keep)
	}
	for i := range st.candidates {
		st.candidates[i].summarise()
	}
	st.rank(&s.quantiles)
	return st, nil
}

// narrow leaves out the replicates that keep does not hold for, and the configurations that have no other.
func (st *standings) narrow(keep func(configuration string, r replicate) bool) {
	st.recorded, st.mixed = false, false
	left := st.candidates[:0]
	for _, c := range st.candidates {
		c.replicates = slices.DeleteFunc(c.replicates, func(r replicate) bool { return !keep(c.Configuration.Configuration, r) })
		if len(c.replicates) == 0 {
			continue
		}
		st.recorded = st.recorded || slices.ContainsFunc(c.replicates, func(r replicate) bool { return r.Has })
		left = append(left, c)
		st.mixed = st.mixed || c.data.Split != left[0].data.Split || c.data.Vocabulary != left[0].data.Vocabulary
	}
	st.candidates = left
}

func (st *standings) load(tx *gorm.DB) error {
	var rows []struct {
		ID                        int64
		Configuration             string
		Params                    json.RawMessage
		Parameters                int64
		Corpus, Split, Vocabulary string
	}
	err := tx.Raw(`SELECT c.id, c.configuration, CAST(c.params AS BLOB) AS params, c.parameters, c.corpus, c.split, c.vocabulary
		FROM configurations c JOIN sweeps s ON s.id = c.sweep_id
		WHERE s.name = +? AND c.retired = 0 ORDER BY c.position`, st.sweep.Sweep).Scan(&rows).Error
	if err != nil {
		return err
	}
	at := make(map[int64]int, len(rows))
	for i, r := range rows {
		at[r.ID] = i
		st.candidates = append(st.candidates, candidate{
			id: r.ID, parameters: r.Parameters, data: Data{r.Corpus, r.Split, r.Vocabulary},
			Configuration: Configuration{Sweep: st.sweep.Sweep, Configuration: r.Configuration, Params: r.Params, Metric: st.metric},
		})
		st.mixed = st.mixed || r.Split != rows[0].Split || r.Vocabulary != rows[0].Vocabulary
	}
	var trials []replicate
	err = tx.Raw(`SELECT t.configuration_id, g.trial, t.replicate, t.seed, t.state, f.metric IS NOT NULL AS has, f.value, t.seconds, t.confirms
		FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id
		LEFT JOIN finals f ON f.trial_id = t.id AND f.metric = +?
		WHERE s.name = +? AND t.retired = 0 ORDER BY t.position`, st.metric, st.sweep.Sweep).Scan(&trials).Error
	if err != nil {
		return err
	}
	for _, t := range trials {
		if i, ok := at[t.ConfigurationID]; ok {
			st.candidates[i].replicates = append(st.candidates[i].replicates, t)
			st.recorded = st.recorded || t.Has
		}
	}
	return nil
}

// summarise computes what one configuration's replicates say on their own.
func (c *candidate) summarise() {
	for _, r := range c.replicates {
		if (r.State == sweeps.Complete || r.State == sweeps.Failed) && !r.Confirms {
			c.run++
		}
		switch {
		case r.State == sweeps.Complete && r.Value != nil && r.Confirms:
			if c.searched == nil { // from here on only what the search never saw
				c.searched, c.values, c.seeds = c.values, nil, nil
			}
			c.values = append(c.values, *r.Value)
			c.seeds = append(c.seeds, r.Seed)
		case r.State == sweeps.Complete && r.Value != nil:
			c.values = append(c.values, *r.Value)
			c.seeds = append(c.seeds, r.Seed)
		case r.State == sweeps.Diverged, r.State == sweeps.Complete && r.Has:
			c.diverged = true
		}
	}
	c.N = len(c.values)
	if c.N == 0 {
		return
	}
	c.Mean = figure(stats.Mean(c.values))
	c.SD = figure(stats.SD(c.values))
	if iv, ok := stats.MeanInterval(c.values); ok {
		c.Low, c.High = figure(iv.Low), figure(iv.High)
	}
}

// rank orders the configurations that may be compared, the plan's order deciding between equals, and finds out which
// cannot be told apart from the best.
func (st *standings) rank(q *stats.Quantiles) {
	if st.mixed {
		return
	}
	var all []float64
	for i, c := range st.candidates {
		if c.Mean != nil && !c.diverged {
			st.order = append(st.order, i)
			all = append(all, c.values...)
		}
	}
	if len(st.order) == 0 {
		return
	}
	sign := 1.0
	if st.maximize {
		sign = -1
	}
	st.lead()
	slices.SortStableFunc(st.order[:st.leading], st.byMean(sign))
	slices.SortStableFunc(st.order[st.leading:], st.byMean(sign))
	st.scale = stats.ScaleOf(st.metric, all)
	groups := make([]stats.Group, len(st.order))
	for r, i := range st.order {
		c := &st.candidates[i]
		groups[r] = st.group(c)
		for j := range groups[r].Values {
			groups[r].Values[j] *= sign
		}
		rank := r + 1
		c.Rank = &rank
	}
	judge := q.WithBest
	if st.looks > 0 {
		st.leave(q, groups)
		judge = q.WithBestInBlocks // as the race itself has judged
	}
	st.best = judge(groups[:st.leading], 0)
	st.best.Tied = append(st.best.Tied, make([]bool, len(groups)-st.leading)...)
	for r, i := range st.order {
		st.candidates[i].Best = r == 0
		st.candidates[i].TiedWithBest = Flag(st.best.Tied[r])
	}
}

// leave takes those out of the lead of a race that its last look has told apart from the best, unless they were confirmed.
func (st *standings) leave(q *stats.Quantiles, groups []stats.Group) {
	if st.leading == 0 || st.candidates[st.order[0]].confirmed() {
		return
	}
	kept := q.Contenders(groups[:st.leading], st.looks)
	for r, at := range kept { // groups are in order of their means, so that those which stay are the first
		if r != at {
			return
		}
	}
	st.leading = len(kept)
}

// lead puts first those that may be the best: the confirmed ones, where there are any; of a race those that are in it to
// the end. The others are ranked after them.
func (st *standings) lead() {
	most, confirmed := 0, false
	for _, i := range st.order {
		c := &st.candidates[i]
		most, confirmed = max(most, c.run), confirmed || c.confirmed()
	}
	leads := func(i int) bool {
		c := &st.candidates[i]
		return confirmed && c.confirmed() || !confirmed && (st.looks == 0 || c.run == most)
	}
	slices.SortStableFunc(st.order, func(a, b int) int {
		switch la, lb := leads(a), leads(b); {
		case la == lb:
			return 0
		case la:
			return -1
		}
		return 1
	})
	for st.leading = 0; st.leading < len(st.order) && leads(st.order[st.leading]); st.leading++ {
	}
}

// byMean orders candidates; sign is 1 where smaller means are better.
func (st *standings) byMean(sign float64) func(a, b int) int {
	return func(a, b int) int { return cmp.Compare(sign**st.candidates[a].Mean, sign**st.candidates[b].Mean) }
}

// group puts a configuration's values on the scale on which they are analysed.
func (st *standings) group(c *candidate) stats.Group {
	g := stats.Group{Values: make([]float64, len(c.values)), Seeds: c.seeds}
	for j, v := range c.values {
		g.Values[j] = st.scale.Of(v)
	}
	return g
}

// top returns the best configuration, nil if nothing is ranked.
func (st *standings) top() *candidate {
	if len(st.order) == 0 {
		return nil
	}
	return &st.candidates[st.order[0]]
}

// median returns a configuration's complete replicate with the median value; of an even number the better of the two
// in the middle.
func (st *standings) median(c *candidate) (replicate, bool) {
	var done []replicate
	for _, r := range c.replicates {
		if r.State == sweeps.Complete && r.Value != nil {
			done = append(done, r)
		}
	}
	if len(done) == 0 {
		return replicate{}, false
	}
	slices.SortStableFunc(done, func(a, b replicate) int {
		if st.maximize {
			a, b = b, a
		}
		return cmp.Compare(*a.Value, *b.Value)
	})
	return done[(len(done)-1)/2], true
}

// Configurations returns a sweep's configurations judged by a metric ("": the sweep's own): the ranked ones first,
// by rank, then the others in the plan's order. A metric that no trial has is ErrNotFound.
func (s *Store) Configurations(ctx context.Context, sweep, metric string) ([]Configuration, error) {
	var st standings
	err := s.view(ctx, "read configurations of sweep "+sweep, func(tx *gorm.DB) (err error) {
		st, err = s.judged(tx, sweep, metric)
		return err
	})
	rows := []Configuration{}
	for _, i := range st.order {
		rows = append(rows, st.candidates[i].Configuration)
	}
	for _, c := range st.candidates {
		if c.Rank == nil {
			rows = append(rows, c.Configuration)
		}
	}
	return rows, err
}

// judged is judge for a sweep by name and a metric that must be known.
func (s *Store) judged(tx *gorm.DB, sweep, metric string) (standings, error) {
	row, err := sweepNamed(tx, sweep)
	if err != nil {
		return standings{}, err
	}
	st, err := s.judge(tx, row, metric)
	if err != nil || st.recorded || st.metric == row.Metric {
		return st, err
	}
	names, err := finalMetrics(tx, sweep)
	if err != nil {
		return standings{}, err
	}
	if len(names) == 0 {
		return st, nil // no trial has ended yet
	}
	return standings{}, fmt.Errorf("metric %s: %w; the sweep has %s", metric, ErrNotFound, list(names))
}

// finalMetrics returns the metrics that a sweep's trials end with.
func finalMetrics(tx *gorm.DB, sweep string) ([]string, error) {
	var names []string
	err := tx.Raw(`SELECT DISTINCT f.metric FROM finals f JOIN trials t ON t.id = f.trial_id JOIN sweeps s ON s.id = t.sweep_id
		WHERE s.name = ? ORDER BY f.metric`, sweep).Scan(&names).Error
	return names, err
}

func (s *Store) bestTrial(tx *gorm.DB, sweep string) (Trial, error) {
	st, err := s.judged(tx, sweep, "")
	if err != nil {
		return Trial{}, err
	}
	if c := st.top(); c != nil {
		if r, ok := st.median(c); ok {
			return trialNamed(tx, sweep+"/"+r.Trial)
		}
	}
	return Trial{}, fmt.Errorf("best trial of sweep %s: none is complete and ranked: %w", sweep, ErrNotFound)
}

// writers is how many processes bring standings up to date.
func (s *Store) writers(tx *gorm.DB) (n int, err error) {
	err = one(tx, `SELECT count(*) FROM workers WHERE beat_at > `+s.db.clock()+` - ?`, LostAfter.Microseconds()).Scan(&n)
	return max(n, 1), err
}

// updateStandings stores what v_configurations shows of a sweep.
func (s *Store) updateStandings(tx *gorm.DB, sweep int64) error {
	var name string
	if err := tx.Raw(`SELECT name FROM sweeps WHERE id = ?`, sweep).Row().Scan(&name); err != nil {
		return err
	}
	row, err := sweepNamed(tx, name)
	if err != nil {
		return err
	}
	st, err := s.judge(tx, row, "")
	if err != nil {
		return err
	}
	for part := range slices.Chunk(st.candidates, rowsPerStatement) {
		var args []any
		for _, c := range part {
			args = append(args, c.id, c.Metric, c.N, number(c.Mean), number(c.SD), number(c.Low), number(c.High), c.Rank, c.Best, c.TiedWithBest)
		}
		err := execute(tx, `INSERT INTO standings (configuration_id, metric, n, mean, sd, low, high, rank, best, tied) VALUES `+
			tuples(len(part), 10)+` ON CONFLICT (configuration_id) DO UPDATE SET metric = excluded.metric, n = excluded.n,
			mean = excluded.mean, sd = excluded.sd, low = excluded.low, high = excluded.high, rank = excluded.rank,
			best = excluded.best, tied = excluded.tied`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

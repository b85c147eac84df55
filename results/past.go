package results

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"sweep/internal/stats"
)

// Pace is how long trainings have taken.
type Pace struct {
	Seconds float64 // for one unit of Resolved.Cost; 0: unknown
	Trials  int     // that it was learned from
}

// pastTrials is how many of the latest trials tell the pace: those before may be of another machine.
const pastTrials = 50

// Pace tells how long the latest complete trials of the record have taken for their work.
func (s *Store) Pace(ctx context.Context) (Pace, error) {
	var p Pace
	err := s.view(ctx, "read the pace of trials", func(tx *gorm.DB) error {
		return tx.Raw(`SELECT coalesce(sum(seconds) / sum(cost), 0), count(*) FROM (
			SELECT t.seconds, c.cost FROM trials t JOIN configurations c ON c.id = t.configuration_id
			WHERE t.state = 'complete' AND t.linked = 0 AND c.cost > 0 AND t.seconds > 0
			ORDER BY t.finished_at DESC LIMIT ?) latest`, pastTrials).Row().Scan(&p.Seconds, &p.Trials)
	})
	return p, err
}

// Spread is how much the seeds of a sweep differ.
type Spread struct {
	Sweep    string
	SD       float64 // residual standard deviation of configuration + seed, on the scale of the metric's analysis
	DF       float64
	SameData bool // as asked for
}

// Spread returns the spread of the sweep by that metric which tells most of it: one over the same data if there is one, of
// those the one with the most degrees of freedom. ok is false where no sweep tells it.
func (s *Store) Spread(ctx context.Context, metric, split, vocabulary string) (out Spread, ok bool, err error) {
	err = s.view(ctx, "read the spread of seeds", func(tx *gorm.DB) error {
		var rows []Sweep
		if err := tx.Raw(`SELECT * FROM v_sweeps`).Scan(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			st, err := s.judge(tx, row, metric)
			if err != nil {
				return err
			}
			blocks, known := st.blocks()
			if !known {
				continue
			}
			data := st.top().data
			found := Spread{Sweep: row.Sweep, SD: blocks.SD, DF: blocks.DF, SameData: data.Split == split && data.Vocabulary == vocabulary}
			if !ok || found.SameData && !out.SameData || found.SameData == out.SameData && found.DF > out.DF {
				out, ok = found, true
			}
		}
		return nil
	})
	return out, ok, err
}

// blocks is what configuration + seed leave, by the seeds that all ranked configurations have.
func (st *standings) blocks() (stats.Blocks, bool) {
	var groups []stats.Group
	for _, i := range st.order {
		groups = append(groups, st.group(&st.candidates[i]))
	}
	if len(groups) == 0 {
		return stats.Blocks{}, false
	}
	common := slices.Clone(groups[0].Seeds)
	for _, g := range groups {
		common = slices.DeleteFunc(common, func(seed uint64) bool { return !slices.Contains(g.Seeds, seed) })
	}
	for i, g := range groups {
		groups[i] = stats.Group{}
		for j, seed := range g.Seeds {
			if slices.Contains(common, seed) {
				groups[i].Values, groups[i].Seeds = append(groups[i].Values, g.Values[j]), append(groups[i].Seeds, seed)
			}
		}
	}
	b, ok := stats.NewBlocks(groups)
	return b, ok && b.SD > 0
}

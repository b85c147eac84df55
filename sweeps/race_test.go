package sweeps

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"sweep/internal/stats"
	"sweep/internal/table"
)

// world is the table in nats: what a replicate of a configuration may come to.
type world struct {
	means  []float64   // of each row
	scales []float64   // of each row: the standard deviation over seeds, as far as five of them tell
	shapes [][]float64 // deviations that rows like it have, in units of their scales
	sorted []int       // rows, the best first
}

// newWorld reads the table. Five seeds say too little of a row's noise: its scale is drawn towards that of the 25 rows with
// its size and rate, as if by five more seeds, and its shape is that of all their deviations.
func newWorld() world {
	var w world
	squares, count := map[string]float64{}, map[string]float64{}
	deviations := make([][]float64, 0, len(table.Rows()))
	for _, r := range table.Rows() {
		var logs []float64
		for _, v := range r.Final {
			logs = append(logs, math.Log(v))
		}
		mean := stats.Mean(logs)
		w.sorted = append(w.sorted, len(w.means))
		w.means = append(w.means, mean)
		for i := range logs {
			logs[i] -= mean
			squares[kind(r)] += logs[i] * logs[i]
		}
		count[kind(r)] += table.Seeds - 1
		deviations = append(deviations, logs)
	}
	shapes := map[string][]float64{}
	for i, r := range table.Rows() {
		own := 0.0
		for _, d := range deviations[i] {
			own += d * d
		}
		common := squares[kind(r)] / count[kind(r)]
		scale := math.Sqrt((own + table.Seeds*common) / (2*table.Seeds - 1))
		w.scales = append(w.scales, scale)
		for _, d := range deviations[i] {
			shapes[kind(r)] = append(shapes[kind(r)], d/scale)
		}
	}
	for _, r := range table.Rows() {
		w.shapes = append(w.shapes, unit(shapes[kind(r)]))
	}
	slices.SortFunc(w.sorted, func(a, b int) int { return cmp.Compare(w.means[a], w.means[b]) })
	return w
}

func kind(r table.Row) string { return r.Params[2] + " " + r.Params[3] }

// unit returns numbers, whose mean is 0, with variance 1.
func unit(x []float64) []float64 {
	square := 0.0
	for _, v := range x {
		square += v * v / float64(len(x))
	}
	out := slices.Clone(x)
	for i := range out {
		out[i] /= math.Sqrt(square)
	}
	return out
}

func (w world) draw(rng *rand.Rand, row int) float64 {
	return w.means[row] + w.scales[row]*w.shapes[row][rng.IntN(len(w.shapes[row]))]
}

func (w world) sample(rng *rand.Rand, row, n int) []float64 {
	var x []float64
	for range n {
		x = append(x, w.draw(rng, row))
	}
	return x
}

// race plays a race among rows: each begins with least replicates and those that may be the best get more, up to most. It
// returns who was in it to the end, the means, and how many trainings it took.
func (w world) race(rng *rand.Rand, rows []int, least, most int) (kept []int, means map[int]float64, runs int) {
	groups := map[int]*stats.Group{}
	for _, i := range rows {
		kept = append(kept, i)
		groups[i] = &stats.Group{}
	}
	for n := 1; n <= most; n++ {
		for _, i := range kept {
			groups[i].Values = append(groups[i].Values, w.draw(rng, i))
			groups[i].Seeds = append(groups[i].Seeds, uint64(n))
		}
		runs += len(kept)
		if n < least || n == most {
			continue
		}
		var in []stats.Group
		for _, i := range kept {
			in = append(in, *groups[i])
		}
		var next []int
		for _, at := range quantiles.Contenders(in, most-least) {
			next = append(next, kept[at])
		}
		if kept = next; len(kept) == 1 {
			break
		}
	}
	means = map[int]float64{}
	for i, g := range groups {
		means[i] = stats.Mean(g.Values)
	}
	return kept, means, runs
}

// TestCoverageOnTheTable: 95 % intervals cover the means of the table's configurations, and that of the best that is
// reported after a race and a confirmation, each in 93.5 to 96.5 % of 20,000 simulations.
func TestCoverageOnTheTable(t *testing.T) {
	const simulations = 20_000
	w := newWorld()
	rng := rand.New(rand.NewPCG(2, 2))
	covers := func(row int, x []float64) bool {
		iv, _ := stats.MeanInterval(x)
		return iv.Low <= w.means[row] && w.means[row] <= iv.High
	}
	one, confirmed := 0, 0
	for range simulations {
		row := rng.IntN(len(w.means))
		if covers(row, w.sample(rng, row, 5)) {
			one++
		}
		// All but the best forty leave every race at its first look.
		kept, means, _ := w.race(rng, w.sorted[:40], 2, 10)
		slices.SortFunc(kept, func(a, b int) int { return cmp.Compare(means[a], means[b]) })
		lowest, at, values := math.Inf(1), 0, []float64(nil)
		for _, i := range kept[:min(3, len(kept))] {
			x := w.sample(rng, i, 5)
			if m := stats.Mean(x); m < lowest {
				lowest, at, values = m, i, x
			}
		}
		if covers(at, values) {
			confirmed++
		}
	}
	for name, n := range map[string]int{"a configuration": one, "the best, confirmed": confirmed} {
		share := float64(n) / simulations
		t.Logf("%s: %.4f", name, share)
		if share < 0.935 || share > 0.965 {
			t.Errorf("%s: coverage %.4f", name, share)
		}
	}
}

// TestRaceKeepsTheBest: of 1,000 races over the whole table 95 % keep the best configuration, and one that is as good, at
// less than half of what ten seeds of everything take.
func TestRaceKeepsTheBest(t *testing.T) {
	w := newWorld()
	best, tied := w.sorted[0], len(w.means)
	w.means, w.scales = append(w.means, w.means[best]), append(w.scales, w.scales[best])
	w.shapes, w.sorted = append(w.shapes, w.shapes[best]), append(w.sorted, tied)
	rng := rand.New(rand.NewPCG(1, 1))
	const races, least, most = 1000, 2, 10
	keptBest, keptTied, runs := 0, 0, 0
	for range races {
		kept, _, n := w.race(rng, w.sorted, least, most)
		runs += n
		if slices.Contains(kept, best) {
			keptBest++
		}
		if slices.Contains(kept, tied) {
			keptTied++
		}
	}
	share := float64(runs) / float64(races*len(w.means)*most)
	t.Logf("kept the best in %d and the tied one in %d of %d races, with %.1f %% of the trainings", keptBest, keptTied, races, 100*share)
	if keptBest < 950 || keptTied < 950 || share > 0.45 {
		t.Errorf("kept the best in %d and the tied one in %d of %d races, with %.3f of the trainings", keptBest, keptTied, races, share)
	}
}

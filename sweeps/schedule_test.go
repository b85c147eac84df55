package sweeps

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// curve is what a pretended training logs: it falls towards a level that depends on the configuration, with noise that
// depends on the seed.
func curve(t Trial, points int) []Logged {
	h := fnv.New64a()
	fmt.Fprint(h, t.Key)
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	rate, _ := t.Params.Lookup("learning_rate")
	x, _ := rate.Float()
	bottom := 2 + math.Abs(math.Log10(x)+2.3)
	var out []Logged
	for i := 1; i <= points; i++ {
		out = append(out, Logged{int64(10 * i), bottom + 3/float64(i) + 0.05*rng.NormFloat64()})
	}
	return out
}

const points = 27

// pretender is a trainer whose trainings are as curve has them.
func pretender() Trainer {
	t := testTrainer()
	inner := t.Resolve
	t.Resolve = func(vs Values) (Resolved, error) {
		r, err := inner(vs)
		r.Points, r.Steps = points, 10*points
		r.Parameters++
		return r, err
	}
	return t
}

// simulate runs a plan to its end with some workers, whose trainings end in an order that rng chooses, and that are killed
// after some results (0: never). It returns what the record then holds, in the plan's order.
func simulate(t *testing.T, src string, workers int, rng *rand.Rand, kill int) (*Plan, string) {
	t.Helper()
	record := Memory{Trials: map[string]Progress{}}
	for {
		p, err := NewPlan(load(t, src), pretender(), record.Drawn...)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Recall(record); err != nil {
			t.Fatal(err)
		}
		if session(t, p, &record, workers, rng, kill) {
			return p, transcript(p, record)
		}
	}
}

// session works on a plan until nothing is left (true) or it has seen kill results.
func session(t *testing.T, p *Plan, record *Memory, workers int, rng *rand.Rand, kill int) bool {
	t.Helper()
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	var waiting, running []Work
	for results := 0; ; results++ {
		record.Drawn = nil
		for _, c := range p.Configurations {
			record.Drawn = append(record.Drawn, drawnOf(c))
		}
		for _, e := range s.Ends() {
			known := record.Trials[e.Trial.ID]
			known.State, known.Undecided = e.State, false
			record.Trials[e.Trial.ID] = known
		}
		waiting = append(waiting, s.Work()...)
		for len(running) < workers && len(waiting) > 0 {
			running, waiting = append(running, waiting[0]), waiting[1:]
		}
		if len(running) == 0 {
			if !s.Over() {
				t.Fatal("nothing to do, and not over")
			}
			return true
		}
		if kill > 0 && results == kill {
			return false
		}
		i := rng.IntN(len(running))
		w := running[i]
		running = slices.Delete(running, i, i+1)
		known := Progress{Curve: curve(w.Trial, points), State: Complete}
		known.Value = known.Curve[points-1].Value
		if w.Until > 0 {
			known = Progress{Curve: known.Curve[:w.Until]}
		}
		record.Trials[w.Trial.ID] = known
		if err := s.Tell(w.Trial.ID, known, false); err != nil {
			t.Fatal(err)
		}
	}
}

func transcript(p *Plan, record Memory) string {
	var b strings.Builder
	for _, t := range p.Trials() {
		known := record.Trials[t.ID]
		fmt.Fprintf(&b, "%s %d %v %s %d\n", t.ID, t.Replicate, t.Confirms, known.State, len(known.Curve))
	}
	return b.String()
}

// schedules are specs whose trainings depend on results.
var schedules = map[string]string{
	"tpe": `
method: tpe
budget: {configurations: 25}
`,
	"gp with replicates": `
method: gp
replicates: 2
budget: {configurations: 12}
`,
	"asha": `
method: random
budget: {configurations: 40}
early_terminate: {type: asha, min_iter: 1}
`,
	"tpe with asha": `
method: tpe
budget: {configurations: 40}
early_terminate: {type: asha, min_iter: 1}
`,
	"asha that stops": `
method: tpe
parallel: 3
budget: {configurations: 30}
early_terminate: {type: asha, min_iter: 1, promote: false}
`,
	"hyperband": `
method: sobol
budget: {configurations: 40}
early_terminate: {type: hyperband, min_iter: 1, brackets: 3}
`,
	"bands": `
method: sobol
budget: {configurations: 30}
early_terminate: {type: hyperband, min_iter: 3, strict: true}
`,
	"median": `
method: tpe
budget: {configurations: 30}
early_terminate: {type: median, min_iter: 2}
`,
	"race": `
method: random
budget: {configurations: 12}
replicates: {min: 2, max: 8, until: separated}
confirm: {top: 2, replicates: 3}
`,
	"target": `
method: random
budget: {configurations: 40, target: 2.3}
metric: {name: val/loss}
`,
}

const scheduleSpace = `
parameters:
  corpus: gostd
  learning_rate: {min: 1e-4, max: 1e-1, distribution: log_uniform_values}
  hidden_size: {min: 10, max: 400}
`

func TestScheduleDoesNotDependOnWorkers(t *testing.T) {
	for name, src := range schedules {
		t.Run(name, func(t *testing.T) {
			_, want := simulate(t, src+scheduleSpace, 1, rand.New(rand.NewPCG(1, 1)), 0)
			if strings.Contains(want, "  ") != (name == "target") { // which leaves some out
				t.Fatalf("a trial has no state:\n%s", want)
			}
			for _, workers := range []int{1, 2, 3, 8} {
				for seed := range uint64(4) {
					if _, got := simulate(t, src+scheduleSpace, workers, rand.New(rand.NewPCG(seed, 2)), 0); got != want {
						t.Fatalf("%d workers, seed %d:\n%s\nwant\n%s", workers, seed, got, want)
					}
				}
			}
			for kill := 1; kill < 40; kill += 6 {
				if _, got := simulate(t, src+scheduleSpace, 3, rand.New(rand.NewPCG(uint64(kill), 3)), kill); got != want {
					t.Fatalf("killed after every %d results:\n%s\nwant\n%s", kill, got, want)
				}
			}
		})
	}
}

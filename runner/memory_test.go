package runner

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sweep/sweeps"
)

// memory is a record of trainings by key, for any number of sweeps at once. It refuses what no Runner may do: to
// write to a training that its sweep does not hold, or to end one twice.
type memory struct {
	mu        sync.Mutex
	trainings map[string]*training
	calls     []string         // "claim trial-1", ... in order
	broken    map[string]error // by method: what it returns
}

type training struct {
	state    sweeps.State
	sweep    string // that holds it while it runs
	attempts int
	seconds  float64
	points   map[string]uint64 // "metric@step" to the bits of the value
	outcomes []sweeps.Outcome
}

func newMemory() *memory {
	return &memory{trainings: make(map[string]*training), broken: make(map[string]error)}
}

func (m *memory) training(key string) *training {
	tr := m.trainings[key]
	if tr == nil {
		tr = &training{state: sweeps.Waiting, points: make(map[string]uint64)}
		m.trainings[key] = tr
	}
	return tr
}

func (m *memory) call(method, of string) error {
	m.calls = append(m.calls, method+" "+of)
	return m.broken[method]
}

func (m *memory) Claim(ctx context.Context, t sweeps.Trial) (sweeps.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("claim", t.ID); err != nil {
		return sweeps.Claim{}, err
	}
	tr := m.training(t.Key)
	switch {
	case tr.state == sweeps.Running:
		return sweeps.Claim{Busy: tr.sweep}, nil
	case tr.state.Finished() && tr.state != sweeps.Failed:
		return sweeps.Claim{Linked: tr.state}, nil
	}
	tr.state, tr.sweep = sweeps.Running, t.Sweep
	tr.attempts++
	return sweeps.Claim{Run: true, Attempt: tr.attempts, Seconds: tr.seconds}, nil
}

func (m *memory) Record(ctx context.Context, t sweeps.Trial, points []sweeps.Point) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("record", t.ID); err != nil {
		return err
	}
	tr := m.training(t.Key)
	if tr.state != sweeps.Running || tr.sweep != t.Sweep {
		return fmt.Errorf("point for trial %s, which is %s", t.ID, tr.state)
	}
	for _, p := range points {
		tr.points[fmt.Sprintf("%s@%d", p.Metric, p.Step)] = math.Float64bits(p.Value)
	}
	return ctx.Err()
}

func (m *memory) Finish(ctx context.Context, t sweeps.Trial, o sweeps.Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("finish", t.ID); err != nil {
		return err
	}
	tr := m.training(t.Key)
	if tr.state != sweeps.Running || tr.sweep != t.Sweep {
		return fmt.Errorf("trial %s ends and was %s", t.ID, tr.state)
	}
	tr.state, tr.seconds = o.State, tr.seconds+o.Seconds
	if o.Undecided {
		tr.state = sweeps.Waiting
	}
	tr.outcomes = append(tr.outcomes, o)
	return ctx.Err()
}

func (m *memory) Release(ctx context.Context, sweep string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("release", sweep); err != nil {
		return err
	}
	for _, tr := range m.trainings {
		if tr.state == sweeps.Running && tr.sweep == sweep {
			tr.state = sweeps.Waiting
		}
	}
	return ctx.Err()
}

func (m *memory) End(ctx context.Context, t sweeps.Trial, o sweeps.Outcome) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("end", t.ID); err != nil {
		return err
	}
	tr := m.training(t.Key)
	if tr.state != sweeps.Waiting {
		return fmt.Errorf("trial %s is stopped and was %s", t.ID, tr.state)
	}
	tr.state = o.State
	tr.outcomes = append(tr.outcomes, o)
	return ctx.Err()
}

// Progress reads the curve that was recorded.
func (m *memory) Progress(_ context.Context, t sweeps.Trial, metric string) (sweeps.Progress, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tr := m.training(t.Key)
	known := sweeps.Progress{State: tr.state, Value: math.NaN()}
	for at, bits := range tr.points {
		name, step, _ := strings.Cut(at, "@")
		if n, err := strconv.ParseInt(step, 10, 64); err == nil && name == metric {
			known.Curve = append(known.Curve, sweeps.Logged{Step: n, Value: math.Float64frombits(bits)})
		}
	}
	slices.SortFunc(known.Curve, func(a, b sweeps.Logged) int { return cmp.Compare(a.Step, b.Step) })
	if n := len(known.Curve); n > 0 {
		known.Value = known.Curve[n-1].Value
	}
	return known, nil
}

func (m *memory) Extend(ctx context.Context, p *sweeps.Plan, from int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range p.Trials()[from:] {
		if err := m.call("extend", t.ID); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// outcome returns how a trial's only session ended.
func (m *memory) outcome(t *testing.T, trial string) sweeps.Outcome {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	os := m.training("key of " + trial).outcomes
	if len(os) != 1 {
		t.Fatalf("trial %s ended %d times, want once", trial, len(os))
	}
	return os[0]
}

// called returns what calls of one method were about, in order.
func (m *memory) called(method string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var of []string
	for _, c := range m.calls {
		var what, id string
		if _, err := fmt.Sscan(c, &what, &id); err == nil && what == method {
			of = append(of, id)
		}
	}
	return of
}

// planOf returns a plan of one trial an ID. Trials of one ID are one training in every sweep.
func planOf(sweep string, ids ...string) *sweeps.Plan {
	p := &sweeps.Plan{Spec: &sweeps.Spec{Name: sweep, Replicates: sweeps.Replicates{N: 1}}}
	for i, id := range ids {
		p.Configurations = append(p.Configurations, sweeps.Configuration{
			ID: "configuration of " + id,
			Trials: []sweeps.Trial{{
				ID: id, Key: "key of " + id, Sweep: sweep, Configuration: "configuration of " + id,
				Replicate: 1, Params: sweeps.Values{{Name: "x", Value: sweeps.IntValue(int64(i))}},
			}},
		})
	}
	return p
}

// ids returns n names of trials: a, b, c, ...
func ids(n int) []string {
	var s []string
	for i := range n {
		s = append(s, string(rune('a'+i)))
	}
	return s
}

// events keeps what a Runner tells.
type events []Event

func (es *events) add(e Event) { *es = append(*es, e) }

// kinds returns what was told of one trial, progress left out.
func (es *events) kinds(trial string) []string {
	var ks []string
	for _, e := range *es {
		if e.Trial.ID == trial && e.Kind != Progress {
			ks = append(ks, e.Kind.String())
		}
	}
	return ks
}

// last returns the last event of a trial.
func (es *events) last(t *testing.T, trial string) Event {
	t.Helper()
	for _, e := range slices.Backward(*es) {
		if e.Trial.ID == trial {
			return e
		}
	}
	t.Fatalf("no event of trial %s", trial)
	return Event{}
}

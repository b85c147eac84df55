package sweeps

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

const randomSpec = `
method: random
budget: {configurations: 20}
parameters:
  corpus: gostd
  learning_rate: {min: 1e-4, max: 1e-1, distribution: log_uniform_values}
  hidden_size: {min: 10, max: 400}
`

func TestRandomIsSeeded(t *testing.T) {
	a, b := plan(t, randomSpec), plan(t, randomSpec)
	if !slices.Equal(column(a, "learning_rate"), column(b, "learning_rate")) {
		t.Error("the same spec drew other values")
	}
	c := plan(t, randomSpec, "seed=2")
	if slices.Equal(column(a, "learning_rate"), column(c, "learning_rate")) {
		t.Error("another seed drew the same values")
	}
}

// TestRandomSurvivesEdits: what was drawn stays when the budget is raised and when a parameter is added.
func TestRandomSurvivesEdits(t *testing.T) {
	a := plan(t, randomSpec)
	more := plan(t, randomSpec, "budget.configurations=30")
	if got := column(more, "learning_rate"); len(got) != 30 || !slices.Equal(got[:20], column(a, "learning_rate")) {
		t.Errorf("a larger budget drew\n%v\nafter\n%v", got, column(a, "learning_rate"))
	}
	wider := plan(t, randomSpec, "parameters.dropout={min: 0.0, max: 0.5}")
	if got := column(wider, "hidden_size"); !slices.Equal(got, column(a, "hidden_size")) {
		t.Errorf("a further parameter changed hidden_size from %v to %v", column(a, "hidden_size"), got)
	}
}

// TestRandomIsUniform: Kolmogorov's distance of 1,000 draws from the uniform distribution stays below 0.0515, which it
// exceeds for one name in a hundred; this is one of the others.
func TestRandomIsUniform(t *testing.T) {
	const n = 1000
	var us []float64
	for i := range n {
		us = append(us, uniformAt(1, "random", "learning_rate", i, 0))
	}
	slices.Sort(us)
	for i, u := range us {
		if d := max(math.Abs(u-float64(i)/n), math.Abs(u-float64(i+1)/n)); d > 0.0515 {
			t.Fatalf("distance %v at %v", d, u)
		}
	}
}

// TestRandomStreams: every part of the key gives another number.
func TestRandomStreams(t *testing.T) {
	seen := make(map[float64]string)
	for _, c := range []struct {
		seed           uint64
		purpose, name  string
		draw, attempts int
	}{
		{1, "random", "x", 0, 0}, {2, "random", "x", 0, 0}, {1, "other", "x", 0, 0}, {1, "random", "y", 0, 0},
		{1, "random", "x", 1, 0}, {1, "random", "x", 0, 1}, {1, "random", "x\x000", 0, 0},
	} {
		u := uniformAt(c.seed, c.purpose, c.name, c.draw, c.attempts)
		if before, again := seen[u]; again {
			t.Errorf("%+v gives %v, as %s did", c, u, before)
		}
		seen[u] = fmt.Sprintf("%+v", c)
	}
}

// TestRandomDrawsEachOnce: a space of twelve is exhausted by twelve draws, and asking for more is said to be too much.
func TestRandomDrawsEachOnce(t *testing.T) {
	const spec = `
method: random
parameters: {corpus: gostd, hidden_size: [10, 20, 30, 40], epochs: {min: 1, max: 3}}
`
	p := plan(t, spec, "budget.configurations=12")
	ids := make(map[string]bool)
	for _, c := range p.Configurations {
		ids[c.ID] = true
	}
	if len(ids) != 12 || len(p.Warnings) != 0 {
		t.Errorf("%d of 12 configurations, warnings %v", len(ids), p.Warnings)
	}
	p = plan(t, spec, "budget.configurations=15")
	if len(p.Configurations) != 12 || len(p.Warnings) != 1 {
		t.Fatalf("%d configurations, warnings %v", len(p.Configurations), p.Warnings)
	}
	if got, want := p.Warnings[0].Message, "only 12 different configurations were found, 15 were wanted"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRandomBudget: configurations count suggestions, trials count trainings.
func TestRandomBudget(t *testing.T) {
	for budget, want := range map[string]string{
		"{configurations: 5}":            "5 configurations, 15 trials",
		"{trials: 6}":                    "2 configurations, 6 trials",
		"{trials: 7}":                    "3 configurations, 7 trials",
		"{trials: 7, configurations: 4}": "4 configurations, 7 trials",
		"{trials: 2, configurations: 4}": "2 configurations, 2 trials",
	} {
		p := plan(t, randomSpec, "budget="+budget, "replicates=3")
		if got := fmt.Sprintf("%d configurations, %d trials", len(p.Configurations), len(p.Trials())); got != want {
			t.Errorf("%s: %s, want %s", budget, got, want)
		}
	}
	p := plan(t, strings.Replace(randomSpec, "budget: {configurations: 20}", "run_cap: 4", 1))
	if got := len(p.Trials()); got != 4 {
		t.Errorf("run_cap 4: %d trials", got)
	}
}

// TestRandomStaysInRange: a normal distribution is cut off where the trainer's parameter ends.
func TestRandomStaysInRange(t *testing.T) {
	p := plan(t, randomSpec, "parameters.dropout={mu: 0, sigma: 1, distribution: normal}", "budget.configurations=200")
	for _, v := range column(p, "dropout") {
		if strings.HasPrefix(v, "-") || v > "0.95" {
			t.Errorf("dropout %s is outside 0 to 0.95", v)
		}
	}
}

func TestRandomZip(t *testing.T) {
	p := plan(t, `
method: random
budget: {configurations: 12}
parameters: {corpus: gostd, hidden_size: [10, 20, 30], learning_rate: [0.1, 0.2, 0.3], dropout: {min: 0.0, max: 0.5}}
zip: [[hidden_size, learning_rate]]
`)
	rates := map[string]string{"10": "0.1", "20": "0.2", "30": "0.3"}
	h, r := column(p, "hidden_size"), column(p, "learning_rate")
	for i := range h {
		if rates[h[i]] != r[i] {
			t.Errorf("hidden_size %s with learning_rate %s", h[i], r[i])
		}
	}
	slices.Sort(h)
	if n := len(slices.Compact(h)); n != 3 {
		t.Errorf("%d of the 3 rows were drawn", n)
	}
}

// TestRandomConstraints: what is not allowed is drawn again.
func TestRandomConstraints(t *testing.T) {
	p := plan(t, randomSpec, "constraints=[hidden_size > 300, parameters < 11000]")
	if len(p.Configurations) != 20 {
		t.Errorf("%d configurations, want 20", len(p.Configurations))
	}
	for _, c := range p.Configurations {
		if v, _ := c.Params.Lookup("hidden_size"); c.Parameters >= 11000 || v.i <= 300 {
			t.Errorf("%s, %d parameters", text(c.Params), c.Parameters)
		}
	}
}

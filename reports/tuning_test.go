package reports

import (
	"slices"
	"strings"
	"testing"

	"sweep/results"
)

// That a parameter was tuned is said only where another sweep's ranks show it.
func TestTuned(t *testing.T) {
	const (
		tuned   = "The learning_rate was tuned for each hidden_size on validation by the sweep hidden-rate."
		goes    = "The learning_rate goes with the hidden_size"
		why     = "The sweep that found the rates."
		related = "related-hidden-rate-heatmap-hidden_size-learning_rate"
	)
	edited := func(edit func(*Related)) Input {
		in := tunedSweep("0.002")
		edit(in.Related)
		return in
	}
	for _, tt := range []struct {
		name    string
		in      Input
		axis    string
		page    string // the facts on the rates
		caption string // its beginning
	}{
		{"no other sweep", hiddenSweep(3), "tied to hidden_size", goes + ": each hidden_size has its own.", ""},
		{"the same rates", tunedSweep("0.002"), "tuned for each hidden_size", tuned, why + " Each cell"},
		{"without a reason of the caller", edited(func(r *Related) { r.Why = "" }), "tuned for each hidden_size", tuned,
			"The learning_rate of hidden was tuned for each hidden_size on validation by this sweep. Each cell"},
		{"another rate", tunedSweep("0.008"), "tied to hidden_size",
			goes + ": each hidden_size has its own. hidden-rate found 0.002 best at hidden_size 200, this sweep uses 0.008.",
			"hidden-rate found 0.002 best at hidden_size 200, hidden uses 0.008. Each cell"},
		{"a size that was not tried", edited(func(r *Related) {
			r.Configurations = slices.DeleteFunc(r.Configurations, func(c results.Configuration) bool {
				return strings.Contains(string(c.Params), `"hidden_size":100`)
			})
		}), "tied to hidden_size", goes + ". hidden-rate does not compare values of learning_rate at hidden_size 100.",
			"hidden-rate does not compare values of learning_rate at hidden_size 100. Each cell"},
		{"one rate alone is the best of nothing", edited(func(r *Related) {
			r.Configurations = slices.DeleteFunc(r.Configurations, func(c results.Configuration) bool {
				return strings.Contains(string(c.Params), `"hidden_size":200`) && !strings.Contains(string(c.Params), `"learning_rate":0.002`)
			})
		}), "tied to hidden_size", goes + ". hidden-rate does not compare values of learning_rate at hidden_size 200.", ""},
		{"nothing is ranked", edited(func(r *Related) {
			for i := range r.Configurations {
				r.Configurations[i].Rank, r.Configurations[i].Best = nil, false
			}
		}), "tied to hidden_size", goes + ". hidden-rate does not compare values of learning_rate at hidden_size 50, 100 and 200.", ""},
		{"judged by the test part", edited(func(r *Related) { r.Sweep.Metric = "test/perplexity" }), "tied to hidden_size", goes + ".", "Each cell"},
		{"another question", edited(func(r *Related) {
			for i := range r.Configurations {
				c := &r.Configurations[i]
				c.Params = []byte(strings.Replace(string(c.Params), "learning_rate", "dropout", 1))
			}
		}), "tied to hidden_size", goes + ".", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := named(t, tt.in, "effect-hidden_size").Panels[0].X.Label, "hidden_size (neurons); below it learning_rate, "+tt.axis; got != want {
				t.Errorf("axis: got %q, want %q", got, want)
			}
			if got := strings.Join(newStudyOf(tt.in).ties(), " "); got != tt.page {
				t.Errorf("page: got %q, want %q", got, tt.page)
			}
			page, err := makePage(tt.in, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(page), "<li>The learning_rate ") || strings.Contains(string(page), "tuned") != strings.Contains(tt.page, "tuned") {
				t.Error("the page does not say so")
			}
			if tt.caption != "" {
				if got := strings.Join(named(t, tt.in, related).Caption, " "); !strings.HasPrefix(got, tt.caption) {
					t.Errorf("caption: got %q, want %q", got, tt.caption)
				}
			}
			for _, f := range figures(tt.in, nil) {
				if got := strings.Join(f.Caption, " "); tt.axis != "tuned for each hidden_size" && (strings.Contains(got, why) || strings.Contains(got, "tuned")) {
					t.Errorf("%s claims tuning: %q", f.Name, got)
				}
			}
		})
	}
}

// A sweep that ties nothing makes no claim by the caller's sentence either.
func TestNothingTied(t *testing.T) {
	in := rateGrid(1)
	in.Related = tunedSweep("0.002").Related
	for _, f := range figures(in, nil) {
		if got := strings.Join(f.Caption, " "); strings.Contains(got, in.Related.Why) {
			t.Errorf("%s: %q", f.Name, got)
		}
	}
}

// Of two tied parameters each is judged by itself.
func TestTwoTied(t *testing.T) {
	in := tunedSweep("0.008")
	for i := range in.Configurations {
		c := &in.Configurations[i]
		c.Params = []byte(strings.Replace(string(c.Params), `"batch_size":128`, `"batch_size":`+[]string{"32", "64", "128"}[i], 1))
	}
	got := strings.Join(newStudyOf(in).ties(), " ")
	if want := "The learning_rate and batch_size go with the hidden_size. hidden-rate found learning_rate 0.002 best at hidden_size 200, this sweep uses 0.008."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

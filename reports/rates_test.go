package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRates finds the best rate at each size, by parametrisation, and the rates that come close.
func TestRates(t *testing.T) {
	var plans []plan
	best := map[string]map[int]float64{"standard": {50: 0.004, 100: 0.002, 200: 0.001}, "mup": {50: 0.002, 100: 0.002, 200: 0.002}}
	for _, parametrization := range []string{"standard", "mup"} {
		for _, h := range []int{50, 100, 200} {
			for _, rate := range []float64{0.001, 0.002, 0.004} {
				value := 130.0
				if rate != best[parametrization][h] {
					value = 140
				}
				if parametrization == "mup" && h == 200 && rate == 0.004 {
					value = 131 // within 1 %
				}
				plans = append(plans, plan{fmt.Sprintf(`{"parametrization":%q,"hidden_size":%d,"learning_rate":%g}`, parametrization, h, rate), value, int64(h), 1, nil})
			}
		}
	}
	in := sweepOf("mup", "val/perplexity", []string{"parametrization", "hidden_size", "learning_rate"}, 1, 0, plans)
	f := named(t, in, "rate-hidden_size")
	if want := "Best learning rate over hidden sizes: 0.001 to 0.004 with standard; 0.002 with mup"; f.Title != want {
		t.Errorf("title %q, want %q", f.Title, want)
	}
	if want := []string{"parametrization mup", "200", "0.002", "0.002", "0.004", "130", "3"}; !slices.ContainsFunc(f.Table.Rows, func(r []string) bool { return slices.Equal(r, want) }) {
		t.Errorf("rows %q lack %q", f.Table.Rows, want)
	}
	if caption := strings.Join(f.Caption, " "); !strings.Contains(caption, "In 2 of 6 cases the best rate is the lowest or the highest that was tried") {
		t.Errorf("caption %q", caption)
	}
	for i := range plans { // the lowest rate is best everywhere
		plans[i].mean = 140
		if strings.Contains(plans[i].params, `:0.001}`) {
			plans[i].mean = 130
		}
	}
	f = named(t, sweepOf("mup", "val/perplexity", []string{"parametrization", "hidden_size", "learning_rate"}, 1, 0, plans), "rate-hidden_size")
	if !strings.HasSuffix(f.Title, "all at the edge of what was tried") {
		t.Errorf("title %q", f.Title)
	}
	if slices.Contains(figureNames(hiddenSweep(3)), "rate-hidden_size") {
		t.Error("a picture of rates where no rate was searched")
	}
}

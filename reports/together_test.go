package reports

import (
	"math"
	"os"
	"strings"
	"testing"
)

func TestTogether(t *testing.T) {
	in := hiddenSweep(3)
	in.Together = &Together{With: "kneser-ney 5", Mixings: []Mixing{
		{With: "kneser-ney 4", Weight: 0.6, NetworkTest: 128, CountTest: 120, Mixed: 108.2, Low: math.NaN(), High: math.NaN(), Replicates: 1},
		{With: "kneser-ney 5", Weight: 0.55, NetworkTest: 128, CountTest: 118, Mixed: 106.4, Low: 106, High: 106.8, Replicates: 3},
	}, Contexts: []ByContext{
		{Longest: 1, Share: 0.2, Loss: [3]Bar{{8, 7.9, 8.1}, {9, 8.9, 9.1}, {8.1, 8, 8.2}}, GapLow: -1.1, GapHigh: -0.9},
		{Longest: 2, Share: 0.5, Loss: [3]Bar{{5, 4.9, 5.1}, {5, 4.9, 5.1}, {4.8, 4.7, 4.9}}, GapLow: -0.1, GapHigh: 0.1},
		{Longest: 3, Share: 0.3, Loss: [3]Bar{{4, 3.9, 4.1}, {3, 2.9, 3.1}, {3.1, 3, 3.2}}, GapLow: 0.9, GapHigh: 1.1},
	}}
	want := "Mixed with kneser-ney 5 (weight 0.55 of the network, fitted on validation): test perplexity 106.4, under both of its parts (network 128.0, counts 118.0)."
	if got := in.Together.Sentence(); got != want {
		t.Errorf("sentence %q, want %q", got, want)
	}
	f := named(t, in, "context")
	if want := "The network wins where no n-gram was seen, counts where a 3-gram was seen"; f.Title != want {
		t.Errorf("title %q, want %q", f.Title, want)
	}
	if n := len(f.Table.Rows); n != 3 {
		t.Errorf("%d rows in the CSV", n)
	}
	if len(f.Panels[0].X.Marks) != 3 || f.Panels[0].X.Min > 0.6 || f.Panels[0].X.Max < 3.4 {
		t.Errorf("the axis %+v does not show three classes", f.Panels[0].X)
	}
	w, err := Write(t.Context(), t.TempDir(), in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(w.Page)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, s := range []string{"Network and counts together", "fitted here", "106.0 to 106.8"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	in.Together.Mixings[1].Mixed, in.Together.Mixings[0].Mixed = 130, 131
	if s := in.Together.Sentence(); !strings.Contains(s, "not under both") {
		t.Errorf("sentence %q", s)
	}
	if (*Together)(nil).Sentence() != "" {
		t.Error("a sentence about nothing")
	}
}

package reports

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTogether(t *testing.T) {
	in := hiddenSweep(3)
	in.Together = &Together{With: "kneser-ney 5", Grams: []Grams{{4, "17,000^4 = 8.4e16", 1_126_388, 0.843}}, Mixings: []Mixing{
		{With: "kneser-ney 4", Weight: 0.6, NetworkTest: 128, CountTest: 120, Mixed: 108.2, Low: math.NaN(), High: math.NaN(), Replicates: 1},
		{With: "kneser-ney 5", Weight: 0.55, NetworkTest: 128, CountTest: 118, Mixed: 106.4, Low: 106, High: 106.8, Replicates: 3},
	}, Contexts: []ByContext{
		{Longest: 1, Share: 0.2, Loss: [3]Bar{{8, 7.9, 8.1}, {9, 8.9, 9.1}, {8.1, 8, 8.2}}, GapLow: -1.1, GapHigh: -0.9},
		{Longest: 2, Share: 0.5, Loss: [3]Bar{{5, 4.9, 5.1}, {5, 4.9, 5.1}, {4.8, 4.7, 4.9}}, GapLow: -0.1, GapHigh: 0.1},
		{Longest: 3, Share: 0.3, Loss: [3]Bar{{4, 3.9, 4.1}, {3, 2.9, 3.1}, {3.1, 3, 3.2}}, GapLow: 0.9, GapHigh: 1.1},
	}}
	want := "Mixed with kneser-ney 5 (weight 0.55 of the network, fitted on validation): test perplexity 106.4, under both of its parts (network 128.0, counts 118.0)."
	if got := in.Together.Sentences(); !slices.Equal(got, []string{want}) {
		t.Errorf("sentences %q, want %q", got, want)
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
	for _, s := range []string{"Network and counts together", "fitted here", "106.0 to 106.8", "Why not a table", "17,000^4 = 8.4e16", "1,126,388", "84.3 %", "4.4e54"} {
		if !strings.Contains(page, s) {
			t.Errorf("the page lacks %q", s)
		}
	}
	in.Together.Mixings[1].Mixed, in.Together.Mixings[0].Mixed = 130, 131
	for i := range in.Together.Contexts { // of one document
		c := &in.Together.Contexts[i]
		c.GapLow, c.GapHigh = math.NaN(), math.NaN()
		for q := range c.Loss {
			c.Loss[q].Low, c.Loss[q].High = math.NaN(), math.NaN()
		}
	}
	f = named(t, in, "context")
	if want := "What network and counts lose, by the longest n-gram that training has seen"; f.Title != want || !strings.Contains(strings.Join(f.Caption, " "), "no intervals over documents") {
		t.Errorf("title %q, caption %q", f.Title, f.Caption)
	}
	if y := f.Panels[0].Y; y.Min < 2 {
		t.Errorf("the axis begins at %g, the least loss is 3", y.Min)
	}
	in.Together.Withheld = &ByContext{Share: 0.0012, Loss: [3]Bar{{Mean: 3.2}, {Mean: 5.1}, {Mean: 3.5}}, GapLow: -2.1, GapHigh: -1.7}
	got := in.Together.Sentences()
	if len(got) != 2 || !strings.Contains(got[0], "not under both") {
		t.Errorf("sentences %q", got)
	}
	want = "To pairs of words that were kept out of training (0.12 % of validation's targets) the network gives a probability of 0.041 (geometric mean), kneser-ney 5 0.0061: a difference of -1.90 nats [-2.10, -1.70]."
	if got[1] != want {
		t.Errorf("%q, want %q", got[1], want)
	}
	in.Together.Withheld.GapLow, in.Together.Withheld.GapHigh = math.NaN(), math.NaN()
	if s := in.Together.Sentences()[1]; !strings.HasSuffix(s, "kneser-ney 5 0.0061.") {
		t.Errorf("without an interval: %q", s)
	}
	if (*Together)(nil).Sentences() != nil {
		t.Error("a sentence about nothing")
	}
}

package reports

import (
	"slices"
	"strings"
	"testing"
)

// TestRepresentation ranks representations, tells inputs and trained numbers of each, and has a panel for the other text.
func TestRepresentation(t *testing.T) {
	in := sweepOf("representation", "val/perplexity", []string{"representation", "index_order"}, 3, 0.5, []plan{
		{`{"representation":"learned"}`, 130, 2_236_100, 9, nil}, {`{"representation":"onehot"}`, 150, 6_817_100, 9, nil},
		{`{"representation":"index","index_order":"frequency"}`, 410, 27_100, 8, nil},
		{`{"representation":"index","index_order":"random"}`, 450, 27_100, 8, nil}})
	in.Widths = Widths{}
	for i, c := range in.Configurations {
		in.Widths[c.Configuration] = []int{90, 51_000, 3, 3}[i]
	}
	f := named(t, in, "representation")
	if want := "Lowest validation perplexity: learned"; f.Title != want {
		t.Errorf("title %q, want %q", f.Title, want)
	}
	var labels []string
	for _, m := range f.Panels[0].Y.Marks {
		labels = append(labels, strings.ReplaceAll(m.Label, "\n", "; "))
	}
	want := []string{"learned; 90 inputs; 2.24M trained", "onehot; 51,000 inputs; 6.82M trained", "index, frequency; 3 inputs; 27,100 trained", "index, random; 3 inputs; 27,100 trained"}
	if !slices.Equal(labels, want) {
		t.Errorf("rows %q, want %q", labels, want)
	}
	if slices.Contains(figureNames(in), "heatmap-representation-index_order") {
		t.Error("a heat map of a parameter that only one representation has")
	}
	letters := sweepOf("representation-names", "val/perplexity", []string{"representation"}, 3, 0.01, []plan{
		{`{"representation":"learned"}`, 8.7, 6_097, 1, nil}, {`{"representation":"onehot"}`, 8.5, 10_927, 1, nil}})
	in.Provenance.Corpus = "gostd"
	in.Beside = &Related{Sweep: letters.Sweep, Trials: letters.Trials, Configurations: letters.Configurations, Swept: letters.Swept, Corpus: "names"}
	f = named(t, in, "representation")
	if !slices.Contains(f.Caption, "Of names: n = 3, sweep representation-names.") {
		t.Errorf("caption %q does not say how often the other sweep was replicated", f.Caption)
	}
	if want := "Lowest validation perplexity: learned of gostd; onehot of names"; f.Title != want || len(f.Panels) != 2 {
		t.Errorf("title %q over %d panels, want %q over 2", f.Title, len(f.Panels), want)
	}
}

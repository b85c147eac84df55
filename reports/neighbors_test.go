package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The table holds the first five of all symbols sorted by nearness, equals in the order of the vocabulary.
func TestNeighborTable(t *testing.T) {
	e := words(400, 6)
	for i := range e.Vectors { // many equals
		e.Vectors[i] = e.Vectors[i%37]
	}
	table := neighborTable(e)
	if table == nil || len(table.Rows) != 30 {
		t.Fatalf("%+v", table)
	}
	for n, i := range e.chosen()[:30] {
		var all []int
		for j := range e.Vectors {
			if j != i {
				all = append(all, j)
			}
		}
		slices.SortStableFunc(all, func(a, b int) int {
			return cmp.Compare(cosine(e.Vectors[i], e.Vectors[b]), cosine(e.Vectors[i], e.Vectors[a]))
		})
		var want []string
		for _, j := range all[:5] {
			want = append(want, fmt.Sprintf("%s (%s)", e.Symbols[j], minus(fmt.Sprintf("%.2f", cosine(e.Vectors[i], e.Vectors[j])))))
		}
		if got := table.Rows[n].Cells[1]; got != strings.Join(want, ", ") {
			t.Errorf("%s: %s, want %s", e.Symbols[i], got, strings.Join(want, ", "))
		}
	}
}

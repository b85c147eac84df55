package reports

import (
	"slices"
	"strings"
	"testing"
)

// byWidth is three tables over the same words: the last two are the same but for numbers that say nothing.
func byWidth() []Embedding {
	narrow, wide := words(200, 4), words(200, 10)
	narrow.Label, wide.Label = "embedding_dim 4", "embedding_dim 10"
	wider := wide
	wider.Label = "embedding_dim 12"
	wider.Vectors = nil
	for _, v := range wide.Vectors {
		wider.Vectors = append(wider.Vectors, append(slices.Clone(v), 0, 0))
	}
	return []Embedding{narrow, wide, wider}
}

func TestWidths(t *testing.T) {
	in := hiddenSweep(3)
	in.Embeddings = []Embedding{words(200, 10)}
	in.ByWidth = byWidth()
	f := named(t, in, "embedding-widths")
	if len(f.Panels) != 3 || f.Panels[0].Title != "embedding_dim 4" {
		t.Errorf("%d panels, first %q", len(f.Panels), f.Panels[0].Title)
	}
	in.ByWidth = byWidth()[1:]
	if f := named(t, in, "embedding-widths"); !strings.Contains(f.Title, "100 % are the same in 10 numbers and in 12") {
		t.Errorf("two tables with the same neighbours: %q", f.Title)
	}
	h := named(t, in, "similarity-widths")
	if len(h.Panels) != 2 || len(h.Table.Rows) != 2*widthSimilar*widthSimilar {
		t.Errorf("%d panels, %d rows", len(h.Panels), len(h.Table.Rows))
	}
	half := len(h.Table.Rows) / 2
	for i, row := range h.Table.Rows[:half] {
		if other := h.Table.Rows[half+i]; row[2] != other[2] || row[3] != other[3] || row[4] != other[4] {
			t.Errorf("the same similarity is %v at one width and %v at the other", row, other)
		}
	}
	if table := widthTable(in.ByWidth); len(table.Rows) != widthNearSymbols || table.Rows[0].Cells[1] != table.Rows[0].Cells[2] {
		t.Errorf("%d rows, first %v", len(table.Rows), table.Rows[0].Cells)
	}
	in.ByWidth = in.ByWidth[:1]
	if slices.Contains(figureNames(in), "embedding-widths") || widthTable(in.ByWidth) != nil {
		t.Error("one width is compared with itself")
	}
}

package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// neighbor is a symbol near another one.
type neighbor struct {
	index int
	far   float64 // the distance in at most two dimensions, else the cosine's negative
}

// nearest lists the n symbols nearest to the i-th, in all dimensions; of equally near ones the first in the vocabulary
// stands first.
func (e Embedding) nearest(i, n int) []neighbor {
	m := len(e.Vectors[i])
	out := make([]neighbor, 0, n+1)
	for j, v := range e.Vectors {
		if j == i || len(v) != m || !finite(v) || !(norm(v) > 0) {
			continue
		}
		far := -cosine(e.Vectors[i], v)
		if m <= 2 {
			far = distance(e.Vectors[i], v)
		}
		at := len(out)
		for at > 0 && far < out[at-1].far {
			at--
		}
		if at < n {
			out = slices.Insert(out, at, neighbor{j, far})
			out = out[:min(len(out), n)]
		}
	}
	return out
}

// neighborTable lists the nearest symbols in all dimensions, which a map in the plane cannot show.
func neighborTable(e Embedding) *pageTable {
	const most, near = 30, 5
	m := len(e.Vectors[0])
	how := "cosine similarity"
	if m <= 2 {
		how = "distance"
	}
	t := &pageTable{Title: fmt.Sprintf("Nearest symbols by %s, in all %s", how, count(m, "dimension")), Folded: true,
		Columns: columns("<symbol", "<nearest first")}
	chosen := e.chosen()
	for _, i := range chosen[:min(len(chosen), most)] {
		var names []string
		for _, n := range e.nearest(i, near) {
			if m > 2 {
				n.far = -n.far // the cosine again
			}
			names = append(names, visible(e.Symbols[n.index])+" ("+minus(strconv.FormatFloat(n.far, 'f', 2, 64))+")")
		}
		t.Rows = append(t.Rows, pageRow{Cells: []string{visible(e.Symbols[i]), strings.Join(names, ", ")}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

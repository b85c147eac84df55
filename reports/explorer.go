package reports

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"html/template"
	"math"
)

// The island of vectors behind the map in which a word is looked up. The page's script computes the neighbours from it.

// explorerIsland is one table C. Its symbols are ordered by frequency, and those without a finite vector are left out.
type explorerIsland struct {
	Title   string        `json:"title"`
	Note    string        `json:"note"`
	Symbols []string      `json:"symbols"`
	Classes []classIsland `json:"classes"`
	Of      []int         `json:"of"` // the class of each symbol
	Counts  []int64       `json:"counts,omitempty"`
	Dim     int           `json:"dim"`
	Vectors string        `json:"vectors"`          // base64; float32, or int8 with a scale for each symbol
	Scales  string        `json:"scales,omitempty"` // base64 of float32
	Maps    []mapIsland   `json:"maps"`
}

type classIsland struct {
	Name  string `json:"name"`
	Color string `json:"color"`
}

// mapIsland is places in the plane of the first symbols: base64 of pairs of uint16, over the same span on both axes.
type mapIsland struct {
	Name string `json:"name"`
	Note string `json:"note"`
	XY   string `json:"xy"`
}

const (
	exactVectors = 300_000 // bytes of float32 up to which vectors are not rounded
	fewestSought = 10      // symbols below which there is nothing to look up
	vectorOff    = 64      // symbols whose cosines with all are compared to say how far rounding moves them
)

// explorerOf is the island of an embedding, or of as many of its most frequent symbols as there is room for; "" where
// there are too few. laid may be nil.
func explorerOf(e Embedding, laid *neighbourMap, room *int) template.HTML {
	m := flatten(e.Vectors)
	if m.problem != "" {
		return ""
	}
	var order []int
	for _, i := range e.byCount() {
		if !math.IsNaN(m.xy[i][0]) {
			order = append(order, i)
		}
	}
	dim := len(e.Vectors[order[0]])
	exact := 4*dim*len(order) <= exactVectors
	taken, n := 2_000, 0 // with base64, a scale, two maps, a class and a count
	for _, i := range order {
		bytes := 4 * dim * 4 / 3
		if !exact {
			bytes = (dim + 4) * 4 / 3
		}
		if bytes += len(e.Symbols[i]) + 40; taken+bytes > *room {
			break
		}
		taken += bytes
		n++
	}
	if n < fewestSought {
		return ""
	}
	all := len(order)
	order = order[:n]

	out := explorerIsland{Title: "Trial " + e.Trial, Dim: dim}
	if e.Trial == "" {
		out.Title = "The network's table"
	}
	of, classes := e.classes()
	for _, c := range classes {
		out.Classes = append(out.Classes, classIsland{c.Name, fmt.Sprintf("#%02x%02x%02x", c.Color.R, c.Color.G, c.Color.B)})
	}
	vectors := make([][]float32, n)
	for k, i := range order {
		out.Symbols, out.Of = append(out.Symbols, visible(e.Symbols[i])), append(out.Of, of[i])
		if len(e.Counts) == len(e.Symbols) {
			out.Counts = append(out.Counts, e.Counts[i])
		}
		vectors[k] = e.Vectors[i]
	}
	if n < all {
		out.Note = fmt.Sprintf("The %s most frequent of %s symbols: more do not fit into the page. ", thousands(int64(n)), thousands(int64(all)))
	}
	if exact {
		var b []byte
		for _, v := range vectors {
			b = appendFloats(b, v...)
		}
		out.Vectors = base64.StdEncoding.EncodeToString(b)
	} else {
		bytes, scales := round8(vectors)
		out.Vectors, out.Scales = base64.StdEncoding.EncodeToString(bytes), base64.StdEncoding.EncodeToString(appendFloats(nil, scales...))
		out.Note += fmt.Sprintf("Vectors are rounded to 8 bits in the page, which moves a cosine by at most %.1g (the largest of %d symbols with all).",
			furthest(vectors, bytes), min(vectorOff, n))
	}
	name, note := "principal components", fmt.Sprintf("The first two principal components hold %.0f %% of the variance: what is near on the map may be far in all %d dimensions.",
		100*(m.explained[0]+m.explained[1]), dim)
	if m.direct {
		name, note = "as learned", "The numbers of each symbol as they were learned."
	}
	if laid != nil { // its symbols are the first ones of the same order
		var xy [][2]float64
		for _, i := range laid.drawn[:min(len(laid.drawn), n)] {
			xy = append(xy, laid.xy[i])
		}
		out.Maps = append(out.Maps, mapIsland{"t-SNE", fmt.Sprintf("The %s most frequent symbols. Who is near is mostly near in all %d dimensions; how far groups are apart means nothing.",
			thousands(int64(len(xy))), dim), places16(xy)})
	}
	var xy [][2]float64
	for _, i := range order {
		xy = append(xy, m.xy[i])
	}
	out.Maps = append(out.Maps, mapIsland{name, note, places16(xy)})
	html := island("explorer", "data-trial", e.Trial, out)
	*room -= len(html)
	return html
}

// round8 rounds vectors to 8 bits: the numbers of each are multiples of its scale.
func round8(vectors [][]float32) (bytes []byte, scales []float32) {
	for _, v := range vectors {
		most := 0.0
		for _, x := range v {
			most = max(most, math.Abs(float64(x)))
		}
		scale := float32(most / 127)
		scales = append(scales, scale)
		for _, x := range v {
			q := 0.0
			if scale > 0 {
				q = max(-127, min(127, math.Round(float64(x)/float64(scale))))
			}
			bytes = append(bytes, byte(int8(q)))
		}
	}
	return bytes, scales
}

// furthest is how far rounding moves the cosine of any of the first symbols with any other.
func furthest(vectors [][]float32, bytes []byte) float64 {
	dim, rounded := len(vectors[0]), make([][]float32, len(vectors))
	for i := range rounded {
		rounded[i] = make([]float32, dim)
		for k := range dim {
			rounded[i][k] = float32(int8(bytes[i*dim+k]))
		}
	}
	out := 0.0
	for i := range min(vectorOff, len(vectors)) {
		for j := range vectors {
			if a, b := cosine(vectors[i], vectors[j]), cosine(rounded[i], rounded[j]); !math.IsNaN(a) && !math.IsNaN(b) {
				out = max(out, math.Abs(a-b))
			}
		}
	}
	return out
}

func appendFloats(b []byte, values ...float32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// places16 writes places over the longer side of what they span, in 65,536 steps.
func places16(xy [][2]float64) string {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, p := range xy {
		for k := range 2 {
			low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
		}
	}
	span := max(high[0]-low[0], high[1]-low[1])
	var b []byte
	for _, p := range xy {
		for k := range 2 {
			at := 0.5
			if span > 0 {
				at = 0.5 + (p[k]-(low[k]/2+high[k]/2))/span
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(math.Round(65535*max(0, min(1, at)))))
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}

package reports

import (
	"context"
	"fmt"
	"math"
	"strings"

	"sweep/internal/tsne"
)

const (
	layoutSteps = 500 // of t-SNE: more move nothing that an eye could see
	trustedNear = 12  // neighbours that trustworthiness looks at
	fewestLaid  = 2*trustedNear + 2
)

// neighbourMap is the most frequent symbols of an embedding laid out by t-SNE, which keeps neighbours together where
// principal components keep the large distances.
type neighbourMap struct {
	drawn           []int        // symbols, the most frequent first
	xy              [][2]float64 // of every symbol; NaN for those that are not drawn
	layout          tsne.Layout
	trust, trustPCA float64 // of the layout, and of the first two principal components
}

// layOut places the symbols of an embedding of more than two numbers a symbol; nil where there is nothing to lay out. It
// begins from the principal components and draws no random number. The error is ctx's.
func layOut(ctx context.Context, e Embedding) (*neighbourMap, error) {
	m := flatten(e.Vectors)
	if m.problem != "" || m.direct {
		return nil, nil
	}
	n := &neighbourMap{xy: make([][2]float64, len(e.Symbols))}
	for i := range n.xy {
		n.xy[i] = [2]float64{math.NaN(), math.NaN()}
	}
	var rows [][]float32
	var start [][2]float64
	for _, i := range e.byCount() {
		if len(rows) < mostDots && !math.IsNaN(m.xy[i][0]) {
			n.drawn = append(n.drawn, i)
			rows, start = append(rows, e.Vectors[i]), append(start, m.xy[i])
		}
	}
	if len(rows) < fewestLaid {
		return nil, nil
	}
	var err error
	if n.layout, err = tsne.Place(ctx, rows, start, tsne.Options{Iterations: layoutSteps}); err != nil {
		return nil, err
	}
	for k, i := range n.drawn {
		n.xy[i] = n.layout.XY[k]
	}
	n.trust, n.trustPCA = tsne.Trustworthiness(rows, n.layout.XY, trustedNear), tsne.Trustworthiness(rows, start, trustedNear)
	return n, nil
}

// tsneFigure draws the layout, without axes: only who is near whom means something.
func tsneFigure(s *study, e Embedding, n *neighbourMap) figure {
	f := figure{Name: "tsne", Chapter: chapterEmbedding, Columns: 1, Height: 430}
	f.Title = fmt.Sprintf("Which of the %s most frequent symbols are neighbours", thousands(int64(len(n.drawn))))
	if len(n.drawn) == len(e.Symbols) {
		f.Title = fmt.Sprintf("Which of the %s symbols are neighbours", thousands(int64(len(n.drawn))))
	}
	f.Table = e.table(n.xy, n.drawn)
	p := mapPanel(e, flat{xy: n.xy}, n.drawn, false)
	p.X.Blank, p.Y.Blank, p.NoGrid = true, true, true
	f.Panels = []panel{p}
	_, classes := e.classes()
	f.Legend = legendOf(classes)
	if e.Trial != "" {
		f.Caption = append(f.Caption, "Trial "+e.Trial+".")
	}
	f.Caption = append(f.Caption,
		fmt.Sprintf("t-SNE over all pairs, perplexity %.3g, %d steps from the principal components (no seed: no random number is drawn); divergence %.2f nats.",
			n.layout.Perplexity, n.layout.Iterations, n.layout.KL),
		fmt.Sprintf("Trustworthiness at k = %d: %.2f; of the map by principal components %.2f. Who is near is near in all %d dimensions; how far groups are apart means nothing.",
			trustedNear, n.trust, n.trustPCA, len(e.Vectors[0])))
	if e.Note != "" {
		f.Caption = append(f.Caption, e.Note)
	}
	f.Caption = append(f.Caption, s.source())
	f.Alt = fmt.Sprintf("Map of %d symbols by t-SNE. The most frequent: %s.", len(n.drawn), strings.Join(e.sample(20), " "))
	return f
}

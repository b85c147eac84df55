package reports

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Write draws the report of one sweep into dir, which it makes if need be: each picture as PNG (twice a screen's
// resolution), SVG and CSV, and index.html. Pictures whose data did not change are left as they are, those of
// parameters that are no longer swept are removed, and every file is replaced as a whole. It fails on a full or
// unwritable disk and when ctx ends, never because of the data.
func Write(ctx context.Context, dir string, in Input) (Written, error) {
	var w Written
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return w, fmt.Errorf("make report folder: %w", err)
	}
	keep := map[string]bool{}
	laid, err := layOutBest(ctx, in.Embeddings)
	if err != nil {
		return w, err
	}
	all := figures(in, laid)
	for i := range all {
		for keep[all[i].Name] { // two parameters whose names differ only in characters that a file name cannot hold
			all[i].Name += "_"
		}
		keep[all[i].Name] = true
	}
	pictures, err := storeAll(ctx, dir, all)
	if err != nil {
		return w, err
	}
	for _, p := range pictures {
		if p.Drawn {
			w.Drawn = append(w.Drawn, p.Name)
		}
		w.Pictures = append(w.Pictures, filepath.Join(dir, p.Name+".png"))
		for _, ext := range []string{".png", ".svg", ".csv"} {
			w.Files = append(w.Files, filepath.Join(dir, p.Name+ext))
		}
	}
	if err := prune(dir, keep); err != nil {
		return w, err
	}
	page, err := makePage(in, pictures, laid)
	if err != nil {
		return w, err
	}
	w.Page = filepath.Join(dir, "index.html")
	if err := writeFile(w.Page, page); err != nil {
		return w, err
	}
	w.Files = append(w.Files, w.Page)
	return w, nil
}

// storeAll makes sure that the figures' files lie in dir, drawing several at a time.
func storeAll(ctx context.Context, dir string, figures []figure) ([]picture, error) {
	pictures := make([]picture, len(figures))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range figures {
		g.Go(func() (err error) {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			pictures[i], err = f.store(dir)
			return err
		})
	}
	return pictures, g.Wait()
}

// newStudyOf puts the rows of an input in order.
func newStudyOf(in Input) *study {
	swept := in.Swept
	if len(swept) == 0 {
		swept = in.Provenance.Swept
	}
	s := newStudy(in.Sweep, in.Configurations, in.Trials, swept)
	s.baselines = in.Baselines
	s.ownOrder = in.OwnOrder
	s.corpus = in.Provenance.Corpus
	s.commit = commitOf(in.Provenance)
	s.points = pointsOf(in.Points, s.metric)
	s.program = len(s.configs) > 0 && in.Provenance.Corpus == "" && in.Provenance.Split == "" &&
		!slices.ContainsFunc(s.configs, func(c config) bool { return c.parameters > 0 })
	if s.varies("corpus") {
		s.corpus = "" // the provenance's is one of them
	}
	if r := in.Related; r != nil {
		s.related = newStudy(r.Sweep, r.Configurations, r.Trials, r.Swept)
		s.related.corpus = s.corpus
	}
	switch {
	case in.Mixed:
		s.mix()
	case s.related != nil:
		s.tune(s.related)
	}
	return s
}

// layOutBest lays out the embedding that is drawn large.
func layOutBest(ctx context.Context, all []Embedding) (*neighbourMap, error) {
	es := usableEmbeddings(all)
	if len(es) == 0 {
		return nil, nil
	}
	return layOut(ctx, es[0])
}

// figures builds all figures of a report, in the page's order. laid is the layout of the first embedding, if there is one.
func figures(in Input, laid *neighbourMap) []figure {
	s := newStudyOf(in)
	out := s.effects()
	if f, ok := s.importanceFigure(in.Importance); ok {
		out = append(out, f)
	}
	var beside []*study
	if b := in.Beside; b != nil {
		other := newStudy(b.Sweep, b.Configurations, b.Trials, b.Swept)
		other.corpus = b.Corpus
		beside = append(beside, other)
	}
	if f, ok := s.representationFigure(in.Widths, beside); ok {
		out = append([]figure{f}, out...)
	}
	if f, ok := s.differenceFigure(in.Answer); ok {
		out = append(out, f)
	}
	out = append(out, s.curvesFigure())
	if f, ok := s.startFigure(); ok {
		out = append(out, f)
	}
	if f, ok := s.ratesFigure(); ok {
		out = append(out, f)
	}
	if f, ok := s.historyFigure(in.Sweep.Method); ok {
		out = append(out, f)
	}
	if f, ok := s.timelineFigure(in.Sessions); ok {
		out = append(out, f)
	}
	if f, ok := s.parallelFigure(); ok {
		out = append(out, f)
	}
	out = append(out, s.heatmaps()...)
	if in.Related != nil {
		out = append(out, s.relatedFigures(in.Related.Why)...)
	}
	if f, ok := s.contextFigure(in.Together); ok {
		out = append(out, f)
	}
	out = append(out, s.costFigure())
	if es := usableEmbeddings(in.Embeddings); len(es) > 0 {
		out = append(out, embeddingFigure(s, es))
		if laid != nil {
			out = append(out, tsneFigure(s, es[0], laid))
		}
		out = append(out, similarityFigure(s, es[0]))
	}
	out = append(out, s.widthFigures(in.ByWidth)...)
	out = append(out, s.motionFigures(in.Motions, in.Points)...)
	if f, ok := s.vowelsFigure(s.vowelCurves(in.Points)); ok {
		out = append(out, f)
	}
	return out
}

// relatedFigures is the first heat map of another sweep.
func (s *study) relatedFigures(why string) []figure {
	fs := s.related.heatmaps()
	if len(fs) == 0 {
		return nil
	}
	f := fs[0]
	f.Name = "related-" + fileSafe(s.related.name) + "-" + f.Name
	f.Caption = slices.Insert(f.Caption, 0, s.bond(why)...)
	return []figure{f}
}

// usableEmbeddings leaves out those without symbols, with fewer vectors than symbols or without a finite vector.
func usableEmbeddings(es []Embedding) []Embedding {
	return slices.DeleteFunc(slices.Clone(es), func(e Embedding) bool {
		return len(e.Symbols) == 0 || len(e.Vectors) != len(e.Symbols) || len(e.Vectors[0]) == 0 || !slices.ContainsFunc(e.Vectors, finite)
	})
}

package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"sweep/results"
)

// Motion is one trial's table C on its way through the training.
type Motion struct {
	Embedding               // of the end; Vectors are the last of Tables
	Steps     []int64       // optimiser steps, ascending: the first at the start, the last at the end
	Total     int64         // of the whole training
	Tables    [][][]float32 // by step, one vector a symbol
}

const (
	mostSeeds   = 5   // rows of the maps by seed
	movingDots  = 300 // symbols drawn in maps side by side, the most frequent ones
	motionLabel = 7.5 // size of symbols, points
)

// motionFigures are the maps of one training at its start, on the way and at its end, and those of several seeds.
func (s *study) motionFigures(motions []Motion, all []results.Point) []figure {
	ms := slices.DeleteFunc(slices.Clone(motions), func(m Motion) bool { return !m.usable() })
	if len(ms) == 0 {
		return nil
	}
	out := []figure{s.motionFigure(ms[0], all)}
	if len(ms) > 1 {
		out = append(out, s.seedsFigure(ms[:min(len(ms), mostSeeds)], s.vowelCurves(all)))
	}
	return out
}

// usable reports whether there are a start and an end to show, of the symbols.
func (m Motion) usable() bool {
	return len(m.Steps) == len(m.Tables) && len(m.Steps) >= 2 && m.Total > 0 && len(usableEmbeddings([]Embedding{m.Embedding})) == 1 &&
		!slices.ContainsFunc(m.Tables, func(t [][]float32) bool { return len(t) != len(m.Symbols) })
}

// at is the index of the table after a percentage of the steps, rounded up; -1 if it was not kept.
func (m Motion) at(percent int64) int {
	return slices.Index(m.Steps, (m.Total*percent+99)/100)
}

// when names a table by its step.
func (m Motion) when(i int) string {
	step := thousands(m.Steps[i])
	switch {
	case m.Steps[i] == 0:
		return "start"
	case i == len(m.Steps)-1:
		return "end: step " + step
	}
	return fmt.Sprintf("%.3g %%: step %s", 100*float64(m.Steps[i])/float64(m.Total), step)
}

// maps brings tables into the plane of the last one, which has the map end.
func (m Motion) maps(end flat, chosen []int) []flat {
	var out []flat
	for _, i := range chosen {
		f := end
		switch {
		case i == len(m.Tables)-1:
		case end.direct:
			f = flatten(m.Tables[i])
		default:
			f.xy = end.project(m.Tables[i])
		}
		out = append(out, f)
	}
	return out
}

// motionFigure is three maps side by side: start, a tenth or half of the steps, end.
func (s *study) motionFigure(m Motion, all []results.Point) figure {
	f := figure{Name: "motion", Chapter: chapterEmbedding, Columns: 3, Height: 235}
	chosen := []int{0}
	for _, percent := range []int64{10, 50, 1} {
		if i := m.at(percent); i > 0 && i < len(m.Steps)-1 {
			chosen = append(chosen, i)
			break
		}
	}
	chosen = append(chosen, len(m.Steps)-1)
	f.Columns = len(chosen)
	end := flatten(m.Vectors)
	f.Title = "How the symbols' places change in training"
	if end.problem != "" {
		f.Panels, f.Caption, f.Alt = []panel{{Empty: end.problem}}, []string{s.source()}, "No map: "+end.problem+"."
		return f
	}
	maps := m.maps(end, chosen)
	var legend []legendEntry
	f.Panels, legend = m.panels(maps, true)
	for k, i := range chosen {
		f.Panels[k].Title = m.when(i)
		if k > 0 {
			f.Panels[k].Y.Bare = true
		}
	}
	f.XLabel, f.Panels[0].Y.Label = end.axisNames(m.Embedding)
	f.Legend = legend
	sameScale(f.Panels)
	f.Table = table{Columns: []string{"step", "symbol", "x", "y"}}
	for k, i := range chosen {
		m.addRows(&f.Table, maps[k], m.Steps[i])
	}
	if r := vowelPoints(all, m.Trial); len(r) > 1 && r[len(r)-1].Y < r[0].Y {
		f.Title = fmt.Sprintf("The vowels have drawn together: from %.2f to %.2f of the distance between letters", r[0].Y, r[len(r)-1].Y)
	}
	f.Caption = s.motionCaption(m, end)
	f.Alt = fmt.Sprintf("Maps of %s symbols at %s.", thousands(int64(len(m.Symbols))), and(titles(f.Panels)))
	return f
}

// seedsFigure has a row of maps for each training, and a column for each of some shares of the steps. Every row is
// turned so that its end lies like that of the first.
func (s *study) seedsFigure(ms []Motion, vowels []vowelCurve) figure {
	f := figure{Name: "motion-seeds", Chapter: chapterEmbedding, Height: 40 + 118*float64(len(ms))}
	f.Title = fmt.Sprintf("How the symbols' places change in training, from %d seeds", len(ms))
	f.Table = table{Columns: []string{"trial", "replicate", "step", "symbol", "x", "y"}}
	first := flatten(ms[0].Vectors)
	columns := []int64{0, 1, 10, 100}
	f.Columns = len(columns)
	for r, m := range ms {
		end := flatten(m.Vectors)
		if end.problem != "" || first.problem != "" || !slices.Equal(m.Symbols, ms[0].Symbols) {
			continue
		}
		var chosen []int
		for _, percent := range columns {
			if i := m.at(percent); i >= 0 {
				chosen = append(chosen, i)
			}
		}
		if len(chosen) < len(columns) {
			continue
		}
		maps := m.maps(end, chosen)
		turn := end.turnTo(first)
		for k := range maps {
			maps[k].xy = turn.turn(maps[k].xy)
			m.addRows(&f.Table, maps[k], m.Trial, m.Label, m.Steps[chosen[k]])
		}
		row, legend := m.panels(maps, false)
		for k := range row {
			row[k].X.Blank, row[k].Y.Blank, row[k].NoGrid = true, true, true
			row[k].Layers = append([]plot.Plotter{frame{}}, row[k].Layers...)
			if r == 0 {
				row[k].Title = m.when(chosen[k])
			}
		}
		row[0].Y.Label = m.Label
		f.Panels, f.Legend = append(f.Panels, row...), legend
	}
	if len(f.Panels) == 0 {
		f.Panels, f.Columns, f.Height = []panel{{Empty: "no training has kept tables at 0, 1, 10 and 100 % of its steps"}}, 1, 200
	}
	sameScale(f.Panels)
	if n, all := closer(vowels); n > 0 {
		f.Title = fmt.Sprintf("From %d of %d random starts the vowels draw together", n, all)
	}
	f.Caption = []string{"Rows: replicates of one configuration, each turned and mirrored so that its end lies like the first one's; all maps have one scale."}
	if !first.direct {
		f.Caption = append(f.Caption, "Every row is shown in the plane of the principal components of its own end.")
	}
	f.Caption = append(f.Caption, s.source())
	f.Alt = fmt.Sprintf("%d rows of maps at the start, after 1 and 10 %% of the steps, and at the end.", len(f.Panels)/f.Columns)
	return f
}

// panels are maps of one table side by side, with their legend; leaders lead to labels that find no place beside their
// dots.
func (m Motion) panels(maps []flat, leaders bool) ([]panel, []legendEntry) {
	of, classes := m.classes()
	drawn := m.byCount()
	drawn = drawn[:min(len(drawn), movingDots)]
	var out []panel
	for _, f := range maps {
		p := mapPanel(m.Embedding, f, drawn, true)
		for i, l := range p.Layers {
			labels, ok := l.(placedLabels)
			if !ok {
				continue
			}
			labels.Size, labels.Leaders = motionLabel, leaders
			for k := range labels.Labels { // the smallest class first, of letters the vowels
				if classes[of[drawn[k]]].Name == "vowel" {
					labels.Labels[k].Weight += float64(len(drawn))
				}
			}
			p.Layers[i] = labels
		}
		out = append(out, p)
	}
	shown := slices.DeleteFunc(slices.Clone(classes), func(c symbolClass) bool {
		return !slices.ContainsFunc(drawn, func(i int) bool { return classes[of[i]] == c })
	})
	return out, legendOf(shown)
}

// sameScale gives panels the ranges that hold what each of them holds.
func sameScale(ps []panel) {
	x, y := ps[0].X, ps[0].Y
	for _, p := range ps {
		x.Min, x.Max = math.Min(x.Min, p.X.Min), math.Max(x.Max, p.X.Max)
		y.Min, y.Max = math.Min(y.Min, p.Y.Min), math.Max(y.Max, p.Y.Max)
	}
	for i := range ps {
		ps[i].X.Min, ps[i].X.Max, ps[i].Y.Min, ps[i].Y.Max = x.Min, x.Max, y.Min, y.Max
	}
}

// addRows notes where the symbols lie in a map.
func (m Motion) addRows(t *table, f flat, head ...any) {
	for _, i := range m.byCount() {
		t.add(append(slices.Clone(head), m.Symbols[i], f.xy[i][0], f.xy[i][1])...)
	}
}

func (s *study) motionCaption(m Motion, end flat) []string {
	which := "Trial " + m.Trial
	if m.Label != "" {
		which += " (" + m.Label + ")"
	}
	out := []string{which + "; all maps have one scale."}
	if !end.direct {
		out = append(out, fmt.Sprintf("%d numbers a symbol, shown in the plane of the first two principal components of the end, which hold %.0f %% of its variance.",
			len(m.Vectors[0]), 100*(end.explained[0]+end.explained[1])))
	}
	if n := len(m.Symbols); n > movingDots {
		out = append(out, fmt.Sprintf("The %d most frequent of %s symbols are drawn.", movingDots, thousands(int64(n))))
	}
	return append(out, s.source())
}

// titles are those of panels.
func titles(ps []panel) (out []string) {
	for _, p := range ps {
		out = append(out, strings.TrimSpace(p.Title))
	}
	return out
}

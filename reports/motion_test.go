package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"sweep/results"
)

// motionSweep is a sweep of names and its control. Vowels come together in the first thousand steps, in the control they
// stay as they were.
func motionSweep() Input {
	params := `{"corpus":"names","embedding_dim":2,"shuffle_targets":%t}`
	in := sweepOf("names", "val/loss", []string{"shuffle_targets"}, 5, 0.004, []plan{{fmt.Sprintf(params, false), 2.31, 6881, 1, nil}, {fmt.Sprintf(params, true), 2.82, 6881, 1, nil}})
	in.Provenance.Corpus = "names"
	for i, t := range in.Trials {
		start := 0.9 + 0.05*float64(t.Replicate-3)
		for _, step := range []int64{0, 1, 10, 100, 500, 1000, 4000} {
			v := start
			if i < 5 {
				v -= 0.4 * math.Min(float64(step)/1000, 1)
			} else {
				v += 0.02 * math.Sin(float64(step)*float64(t.Replicate))
			}
			in.Points = append(in.Points, results.Point{Trial: t.Trial, Metric: vowelMetric, Step: step, Value: point(v)})
		}
		if i < 5 {
			in.Motions = append(in.Motions, moved(t.Trial, t.Replicate, 2))
		}
	}
	in.Texts = &Texts{Trial: in.Trials[0].Trial, Label: "replicate 1", Seed: 1, Count: 1000, Compared: true, Known: 137, Repeated: 26,
		Texts: []Text{{Text: "isaeya", Ended: true}, {Text: "ray", Ended: true, Known: true}, {Text: "keraredabertar"}}}
	return in
}

// moved is a training whose letters start near 0 and go straight to their places.
func moved(trial string, replicate, m int) Motion {
	x := Motion{Embedding: letters(m, uint64(replicate)), Steps: []int64{0, 40, 400, 2000, 4000}, Total: 4000}
	x.Trial, x.Label = trial, fmt.Sprint("replicate ", replicate)
	for _, step := range x.Steps {
		table := make([][]float32, len(x.Vectors))
		for i, v := range x.Vectors {
			for _, f := range v {
				table[i] = append(table[i], f*(0.05+0.95*float32(step)/4000))
			}
		}
		x.Tables = append(x.Tables, table)
	}
	return x
}

func TestMotion(t *testing.T) {
	for _, m := range []int{1, 2, 5} {
		in := motionSweep()
		for i := range in.Motions {
			in.Motions[i] = moved(in.Motions[i].Trial, i+1, m)
		}
		f := named(t, in, "motion")
		var titles []string
		for _, p := range f.Panels {
			titles = append(titles, p.Title)
			if p.X.Min != f.Panels[0].X.Min || p.X.Max != f.Panels[0].X.Max || p.Y.Min != f.Panels[0].Y.Min || p.Y.Max != f.Panels[0].Y.Max {
				t.Errorf("m = %d: %s has a scale of its own", m, p.Title)
			}
		}
		if want := []string{"start", "10 %: step 400", "end: step 4,000"}; !slices.Equal(titles, want) {
			t.Errorf("m = %d: maps %q, want %q", m, titles, want)
		}
		if want := "The vowels have drawn together: from 0.80 to 0.40 of the distance between letters"; f.Title != want {
			t.Errorf("title %q, want %q", f.Title, want)
		}
		if m != 1 {
			// The letters go straight to their ends: in the plane, too, and that of the components has its centre there.
			start, end := mapOf(t, f, 0), mapOf(t, f, 2)
			for k, q := range start {
				if d := math.Hypot(q.X-start[0].X-0.05*(end[k].X-end[0].X), q.Y-start[0].Y-0.05*(end[k].Y-end[0].Y)); d > 1e-6 {
					t.Errorf("m = %d: symbol %d starts %g off its line", m, k, d)
				}
			}
		}
		seeds := named(t, in, "motion-seeds")
		if len(seeds.Panels) != 20 || seeds.Columns != 4 || seeds.Panels[4].Y.Label != "replicate 2" || seeds.Panels[1].Title != "1 %: step 40" {
			t.Errorf("m = %d: %d maps of seeds in %d columns, %q, %q", m, len(seeds.Panels), seeds.Columns, seeds.Panels[4].Y.Label, seeds.Panels[1].Title)
		}
		if want := "From 5 of 5 random starts the vowels draw together"; seeds.Title != want {
			t.Errorf("title %q, want %q", seeds.Title, want)
		}
		if len(seeds.Table.Rows) != 20*27 || len(f.Table.Rows) != 3*27 {
			t.Errorf("%d and %d rows of data", len(seeds.Table.Rows), len(f.Table.Rows))
		}
	}
}

// mapOf are the places of a panel's labels, in the symbols' order.
func mapOf(t *testing.T, f figure, panel int) (out plotter.XYs) {
	t.Helper()
	for _, l := range f.Panels[panel].Layers {
		if p, ok := l.(placedLabels); ok {
			for _, q := range p.Labels {
				out = append(out, q.At)
			}
		}
	}
	if len(out) != 27 {
		t.Fatalf("%d labels, want 27", len(out))
	}
	return out
}

// The band is inside the frame however wide it is.
func TestVowelBandInFrame(t *testing.T) {
	in := motionSweep()
	for i := range in.Points {
		if p := &in.Points[i]; p.Metric == vowelMetric && (p.Trial == in.Trials[0].Trial || p.Trial == in.Trials[5].Trial) {
			*p.Value++ // one training far from the others
		}
	}
	p := named(t, in, "vowels").Panels[0]
	bands := 0
	for _, l := range p.Layers {
		r, ok := l.(ribbon)
		if !ok {
			continue
		}
		bands++
		for i := range r.Low {
			if r.High[i] > p.Y.Max || r.Low[i] < p.Y.Min {
				t.Fatalf("the band from %g to %g leaves the frame from %g to %g", r.Low[i], r.High[i], p.Y.Min, p.Y.Max)
			}
		}
	}
	if bands == 0 {
		t.Fatal("no band")
	}
}

// A title says that the vowels came together only where they did.
func TestMotionTitles(t *testing.T) {
	in := motionSweep()
	in.Points = nil
	for name, want := range map[string]string{
		"motion": "How the symbols' places change in training", "motion-seeds": "How the symbols' places change in training, from 5 seeds",
	} {
		if got := named(t, in, name).Title; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	in = motionSweep()
	for i := range in.Points { // the other way round
		if p := &in.Points[i]; p.Metric == vowelMetric && *p.Value < 1.5 {
			p.Step = 4000 - p.Step
		}
	}
	if got := named(t, in, "motion").Title; got != "How the symbols' places change in training" {
		t.Errorf("vowels that part: %q", got)
	}
	if got := named(t, in, "vowels").Title; !strings.HasPrefix(got, "The distance among vowels goes from 0.50 to 0.90 of that among all letters") {
		t.Errorf("vowels that part: %q", got)
	}
}

func TestVowels(t *testing.T) {
	f := named(t, motionSweep(), "vowels")
	if want := "Vowels draw together: the distance among them falls from 0.90 to 0.50 of that among all letters; with targets shuffled it ends at 0.90"; f.Title != want {
		t.Errorf("title %q, want %q", f.Title, want)
	}
	if len(f.Table.Rows) != 70 || f.Table.Rows[0][1] != "0" || f.Table.Rows[69][1] != "1" || f.Table.Rows[69][3] != "5" || f.Table.Rows[69][4] != "4000" {
		t.Errorf("%d rows, %v to %v", len(f.Table.Rows), f.Table.Rows[0], f.Table.Rows[len(f.Table.Rows)-1])
	}
	var means []line
	for _, l := range f.Panels[0].Layers {
		if l, ok := l.(line); ok && l.Stroke.Width == 2 {
			means = append(means, l)
		}
	}
	if len(means) != 2 || len(means[1].Points) != 7 || means[1].Points[0].X >= 1 || math.Abs(means[1].Points[0].Y-0.9) > 1e-12 || means[1].Points[6].X != 4000 {
		t.Errorf("means %+v", means)
	}
	alone := motionSweep()
	alone.Configurations, alone.Trials = alone.Configurations[:1], alone.Trials[:5]
	if f := named(t, alone, "vowels"); strings.Contains(f.Title, "shuffled") || len(f.Table.Rows) != 35 {
		t.Errorf("without control: %q, %d rows", f.Title, len(f.Table.Rows))
	}
	noise := motionSweep()
	for i, p := range noise.Points { // a control that cannot be told apart
		if p.Metric == vowelMetric {
			noise.Points[i].Value = point(0.5 + 0.1*math.Sin(float64(7*i)))
		}
	}
	if f := named(t, noise, "vowels"); !strings.HasSuffix(f.Title, "that is not told from the control with targets shuffled") || strings.HasPrefix(f.Title, "Vowels draw together") {
		t.Errorf("noise: %q", f.Title)
	}
	if names := figureNames(hiddenSweep(3)); slices.Contains(names, "vowels") || slices.Contains(names, "motion") {
		t.Errorf("figures of words: %v", names)
	}
}

func TestTexts(t *testing.T) {
	s := newStudyOf(motionSweep())
	got := s.texts(motionSweep().Texts)
	if want := []string{"isaeya", "ray *", "keraredabertar …"}; !slices.Equal(got.Texts, want) || !got.Short {
		t.Errorf("texts %q, want %q", got.Texts, want)
	}
	if want := "Of 1,000 texts, 13.7 % are in the training part already, and 2.6 % repeat an earlier one. A * marks those of the training part."; len(got.Sentences) != 2 || got.Sentences[1] != want {
		t.Errorf("sentences %q", got.Sentences)
	}
	if got := s.texts(&Texts{Texts: []Text{{Text: strings.Repeat("a sentence ", 9), Ended: true}, {Ended: true}}}); got.Short || len(got.Sentences) != 1 || got.Texts[1] != "(an empty text)" {
		t.Errorf("sentences: %+v", got)
	}
	if s.texts(nil) != nil || s.texts(&Texts{}) != nil {
		t.Error("no texts, but a section")
	}
}

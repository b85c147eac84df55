package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sweep/internal/stats"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/trainer"
)

// TestNamesMap runs the shipped names.yaml whole and requires what its question promises: letters that are used alike
// lie together, they have come together in training, and where a letter's targets belong to others they have not. Chance
// would give four vowels of five a vowel for a neighbour in 3 maps of 1,000.
func TestNamesMap(t *testing.T) {
	if testing.Short() {
		t.Skip("trains twenty models for some seconds; run without -short")
	}
	dir := t.TempDir()
	status, stdout, stderr := program(t, "run", filepath.Join("..", "..", "sweeps", "names.yaml"), "--dir", dir, "--quiet")
	if status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	s, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trials, err := s.Trials(t.Context(), "names")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Answer(t.Context(), "names", "")
	if err != nil {
		t.Fatal(err)
	}
	if answer.BestLabel != "shuffle_targets = false" || len(answer.Tied) > 0 {
		t.Errorf("the best is %s, tied with %d", answer.BestLabel, len(answer.Tied))
	}
	tables := map[bool][]nplm.Table{} // by whether targets were shuffled
	for _, tr := range trials {
		m, err := trainer.Load(nplm.ModelFile(dir, tr.Trial))
		if err != nil {
			t.Fatal(err)
		}
		tables[m.Config.ShuffleTargets] = append(tables[m.Config.ShuffleTargets], nplm.Embedding(m))
	}
	l, ok := nplm.MeasureLetters(tables[false])
	if !ok || len(tables[false]) != 10 {
		t.Fatalf("%d tables of letters, want 10", len(tables[false]))
	}
	for i, n := range l.VowelNeighbors {
		if n < 4 {
			t.Errorf("replicate %d: %d vowels have a vowel as nearest letter, want at least 4", i+1, n)
		}
	}
	if l.Ratio > 0.6 {
		t.Errorf("mean distance among vowels over mean distance: %.3f, want at most 0.6", l.Ratio)
	}
	if r := l.Rank("q"); r > 2 {
		t.Errorf("q is number %d of those far from their neighbour, want 1 or 2: %v", r, l.Apart)
	}
	if r := l.Rank("."); r > 5 {
		t.Errorf("the boundary is number %d of those far from their neighbour, want at most 5: %v", r, l.Apart)
	}
	for _, sentence := range l.Sentences() {
		if !strings.Contains(stdout, sentence) {
			t.Errorf("the run did not print %q", sentence)
		}
		t.Log(sentence)
	}
	control, _ := nplm.MeasureLetters(tables[true])
	sum := 0
	for _, n := range control.VowelNeighbors {
		sum += n
	}
	// A vowel has each of the other 25 letters as its nearest, 4 of them vowels: 0.8 of five, 8 of ten times five.
	if len(control.VowelNeighbors) != 10 || sum > 18 {
		t.Errorf("control: vowels with a vowel as nearest letter %v, want about 8 in all", control.VowelNeighbors)
	}
	namesMove(t, s, trials)
	namesReport(t, dir)
}

// namesMove requires the vowel ratio to fall over the steps, with certainty, to end under that of the control, and the
// control's not to fall.
func namesMove(t *testing.T, s *results.Store, trials []results.Trial) {
	start, end := map[bool][]float64{}, map[bool][]float64{}
	for _, tr := range trials {
		points, err := s.TrialPoints(t.Context(), "names", tr.Trial)
		if err != nil {
			t.Fatal(err)
		}
		points = slices.DeleteFunc(points, func(p results.Point) bool { return p.Metric != trainer.MetricVowels })
		shuffled := strings.Contains(string(tr.Params), `"shuffle_targets":true`)
		first, last := points[0], points[len(points)-1]
		if first.Step != 0 || last.Step != tr.Steps || len(points) < 20 {
			t.Errorf("trial %s: %d points from step %d to %d", tr.Trial, len(points), first.Step, last.Step)
		}
		start[shuffled], end[shuffled] = append(start[shuffled], *first.Value), append(end[shuffled], *last.Value)
	}
	change := func(shuffled bool) stats.Interval {
		var d []float64
		for i, s := range start[shuffled] {
			d = append(d, end[shuffled][i]-s)
		}
		iv, _ := stats.MeanInterval(d)
		return iv
	}
	if iv := change(false); iv.High > -0.2 {
		t.Errorf("the vowels' ratio changes by %.2f to %.2f, want less than -0.2", iv.Low, iv.High)
	}
	if iv := change(true); iv.High < 0 {
		t.Errorf("in the control the vowels' ratio falls, too, by %.2f to %.2f", iv.Low, iv.High)
	}
	if d, ok := stats.Welch(end[false], end[true]); !ok || d.Low < 0.1 {
		t.Errorf("the control ends %.2f to %.2f higher, want more than 0.1", d.Low, d.High)
	}
	t.Logf("vowel ratio from %.2f to %.2f, control from %.2f to %.2f", stats.Mean(start[false]), stats.Mean(end[false]), stats.Mean(start[true]), stats.Mean(end[true]))
}

// namesReport requires the pictures of how letters move, and texts on the page.
func namesReport(t *testing.T, dir string) {
	for _, name := range []string{"motion", "motion-seeds", "vowels"} {
		for _, ext := range []string{".png", ".svg", ".csv"} {
			if _, err := os.Stat(filepath.Join(dir, "reports", "names", name+ext)); err != nil {
				t.Error(err)
			}
		}
	}
	page, err := os.ReadFile(filepath.Join(dir, "reports", "names", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Text out of it", "Vowels draw together: the distance among them falls", "Of 1,000 texts, ", "are in the training part already"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

package reports

import (
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"
)

// A chart's points are the configurations' means and intervals, the best one where others share its place.
func TestChart(t *testing.T) {
	in := cube(3) // context_length x embedding_dim x hidden_size
	c, err := NewChart(in, ChartOptions{X: "hidden_size", By: "embedding_dim", LogX: true})
	if err != nil {
		t.Fatal(err)
	}
	s := newStudyOf(in)
	if len(c.lines) != 3 || c.x.Scale != logarithmic {
		t.Fatalf("%d lines, scale %d", len(c.lines), c.x.Scale)
	}
	for _, l := range c.lines {
		for i, x := range l.x {
			best := config{mean: math.Inf(1)}
			for _, k := range s.configs {
				if "embedding_dim "+k.params["embedding_dim"].String() == l.name && k.params["hidden_size"].num == x && k.mean < best.mean {
					best = k
				}
			}
			if l.mean[i] != best.mean || l.low[i] != best.low || l.high[i] != best.high || l.n[i] != best.N {
				t.Errorf("%s at %g: %g, want %g", l.name, x, l.mean[i], best.mean)
			}
		}
	}
	if text := strings.Join(c.figure.Caption, " "); !strings.Contains(text, "the best context_length there") {
		t.Errorf("the caption does not say what else differs: %s", text)
	}
	data, err := c.CSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil || len(rows) != 1+9 || rows[0][0] != "embedding_dim" || rows[1][3] == "" {
		t.Errorf("%v, %q", err, rows)
	}
}

func TestChartRefusesUnknownNames(t *testing.T) {
	for _, o := range []ChartOptions{{X: "hiden_size"}, {X: "hidden_size", By: "dropuot"}} {
		_, err := NewChart(cube(3), o)
		var unknown *UnknownNameError
		if !errors.As(err, &unknown) || len(unknown.Known) < 3 {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// What has no place on a logarithmic axis, and what was never measured on the way, is refused rather than left out.
func TestChartRefusesWhatItCannotShow(t *testing.T) {
	loss := categorySweep()
	for i := range loss.Configurations {
		*loss.Configurations[i].Mean -= 1
	}
	ends := hiddenSweep(2)
	for i := range ends.Points {
		ends.Points[i].Metric = "train/loss"
	}
	for _, tt := range []struct {
		in   Input
		o    ChartOptions
		want string
	}{
		{categorySweep(), ChartOptions{X: "representation", LogX: true}, "x cannot be logarithmic: representation has values that are no numbers"},
		{loss, ChartOptions{X: "representation", LogY: true}, "y cannot be logarithmic: val/accuracy has values that are not positive"},
		{ends, ChartOptions{X: BySteps}, "no trial has reported val/perplexity on the way; curves are there of train/loss"},
	} {
		if _, err := NewChart(tt.in, tt.o); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	c, err := NewChart(hiddenSweep(1), ChartOptions{X: "hidden_size"})
	if err != nil || strings.Contains(strings.Join(c.figure.Caption, " "), "95 %") {
		t.Errorf("%v; with one training each: %q", err, c.figure.Caption)
	}
}

// Every sweep can be drawn over everything that it has, on axes of both kinds, as picture and as text.
func TestChartsOfEverything(t *testing.T) {
	for name, in := range dataSets() {
		s := newStudyOf(in)
		xs := append(s.swept(), BySteps, ByExamples, BySeconds, ByParameters)
		for _, x := range xs {
			for _, o := range []ChartOptions{{X: x}, {X: x, LogX: true, LogY: true}, {X: x, By: s.swept0()}} {
				c, err := NewChart(in, o)
				if errors.As(err, new(*NoPlaceError)) || errors.As(err, new(*NoCurveError)) {
					continue
				}
				if err != nil {
					t.Fatalf("%s over %s: %v", name, x, err)
				}
				if _, err := c.SVG(); err != nil {
					t.Errorf("%s over %s: %v", name, x, err)
				}
				for line := range strings.Lines(c.Text(80, 24)) {
					if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 && !strings.HasPrefix(line, capital(s.metric.Label)) && c.lines != nil && !strings.Contains(line, "binary code") {
						t.Errorf("%s over %s: a line of %d characters: %s", name, x, n, line)
					}
				}
			}
		}
	}
}

// swept0 is the first swept parameter, "" without one.
func (s *study) swept0() string {
	if n := s.swept(); len(n) > 0 {
		return n[0]
	}
	return ""
}

// A mark of the text stands in the row and column of its value.
func TestChartText(t *testing.T) {
	c, err := NewChart(hiddenSweep(3), ChartOptions{X: "hidden_size", LogX: true})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(c.Text(60, 20), "\n")
	var at []int
	for _, l := range lines {
		for i, r := range []rune(l) {
			if r == 'o' && strings.ContainsAny(l, "│┤") {
				at = append(at, i)
			}
		}
	}
	// From above: 200 and 50 neurons, nearly alike, and in the middle, below, the best, 100.
	if len(at) != 3 || max(at[0], at[1]) < 50 || min(at[0], at[1]) > 15 || at[2] < 25 || at[2] > 40 {
		t.Errorf("marks in columns %v of\n%s", at, strings.Join(lines, "\n"))
	}
}

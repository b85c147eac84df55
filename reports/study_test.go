package reports

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
)

// dims writes a study's dimensions as "name(with,with)".
func dims(s *study) (out []string) {
	for _, d := range s.dimensions {
		t := d.Name
		for _, w := range d.With {
			t += "+" + w
		}
		out = append(out, t)
	}
	return out
}

func configurations(params ...string) (out []results.Configuration) {
	for i, p := range params {
		out = append(out, results.Configuration{Configuration: string(rune('a' + i)), Params: json.RawMessage(p)})
	}
	return out
}

func TestDimensions(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		params       []string
		swept        []string
		want         []string
	}{
		{"a rate zipped with a size is one dimension", "grid",
			[]string{`{"hidden_size":50,"learning_rate":0.004}`, `{"hidden_size":100,"learning_rate":0.002}`, `{"hidden_size":200,"learning_rate":0.001}`},
			[]string{"hidden_size", "learning_rate"}, []string{"hidden_size+learning_rate"}},
		{"also when the rate is declared first", "grid",
			[]string{`{"learning_rate":0.004,"hidden_size":50}`, `{"learning_rate":0.002,"hidden_size":100}`},
			[]string{"learning_rate", "hidden_size"}, []string{"hidden_size+learning_rate"}},
		{"and when two sizes share a rate", "grid",
			[]string{`{"learning_rate":0.004,"hidden_size":50}`, `{"learning_rate":0.002,"hidden_size":100}`, `{"learning_rate":0.002,"hidden_size":200}`},
			[]string{"learning_rate", "hidden_size"}, []string{"hidden_size+learning_rate"}},
		{"a grid has two", "grid",
			[]string{`{"a":1,"b":1}`, `{"a":1,"b":2}`, `{"a":2,"b":1}`, `{"a":2,"b":2}`}, []string{"b", "a"}, []string{"b", "a"}},
		{"a zip beside a grid", "grid",
			[]string{`{"h":1,"r":5,"n":2}`, `{"h":1,"r":5,"n":3}`, `{"h":2,"r":6,"n":2}`, `{"h":2,"r":6,"n":3}`}, []string{"h", "r", "n"}, []string{"h+r", "n"}},
		{"values drawn once each determine nothing", "random",
			[]string{`{"a":1,"b":7}`, `{"a":2,"b":6}`, `{"a":3,"b":5}`}, []string{"a", "b"}, []string{"a", "b"}},
		{"a parameter that some do not have", "grid", []string{`{"a":1}`, `{"a":2,"b":3}`}, []string{"a"}, []string{"a+b"}},
		{"nothing swept", "grid", []string{`{"a":1}`}, nil, nil},
		{"not an object", "grid", []string{`[1]`, `"x"`, ``}, nil, nil},
		{"no configuration", "grid", nil, []string{"a"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStudy(results.Sweep{Method: tt.method}, configurations(tt.params...), nil, tt.swept)
			if d := cmp.Diff(tt.want, dims(s)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestValuesAreSorted(t *testing.T) {
	s := newStudy(results.Sweep{}, configurations(`{"a":10,"b":"z","c":true}`, `{"a":9,"b":"y","c":false}`, `{"a":1e-5,"b":"z","c":true}`), nil, []string{"a", "b"})
	var got []string
	for _, v := range s.dimension("a").Values {
		got = append(got, v.String())
	}
	if d := cmp.Diff([]string{"1e-05", "9", "10"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := s.dimension("b"); d.Numeric || d.Scale != category || d.Values[0].text != "z" {
		t.Errorf("words: %+v", d)
	}
}

func TestValueString(t *testing.T) {
	for in, want := range map[string]string{"0.002021713328455011": "0.002022", "17000": "17000", "1381550": "1381550", "0.25": "0.25", "1e-7": "1e-07", "0.000123456789": "0.0001235", "-1.23456789": "-1.235"} {
		if got := scalar(json.Number(in)).String(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if got := (value{}).String(); got != "none" {
		t.Errorf("absent: got %s", got)
	}
}

// A retired trial, a trial of no configuration and a doubled configuration are left out; figures of trials that did
// not end well are not taken.
func TestStudyLeavesOut(t *testing.T) {
	c := configurations(`{"a":1}`)
	c = append(c, c[0])
	v := 3.0
	s := newStudy(results.Sweep{}, c, []results.Trial{
		{Trial: "1", Configuration: "a", State: "complete", Value: &v, Seconds: 4, Parameters: 7},
		{Trial: "2", Configuration: "a", State: "complete", Value: &v, Retired: true, Seconds: 100},
		{Trial: "3", Configuration: "nowhere", State: "complete", Value: &v},
		{Trial: "4", Configuration: "a", State: "diverged", Value: &v},
		{Trial: "5", Configuration: "a", State: "failed", Value: &v},
	}, nil)
	if len(s.configs) != 1 || len(s.configs[0].trials) != 3 {
		t.Fatalf("%d configurations", len(s.configs))
	}
	k := s.configs[0]
	if k.seconds != 4 || k.parameters != 7 || k.diverged != 1 {
		t.Errorf("seconds %g, parameters %d, diverged %d", k.seconds, k.parameters, k.diverged)
	}
	if k.trials[0].value != 3 || !math.IsNaN(k.trials[1].value) || !math.IsNaN(k.trials[2].value) {
		t.Errorf("values %v %v %v", k.trials[0].value, k.trials[1].value, k.trials[2].value)
	}
}

func TestMetric(t *testing.T) {
	for _, tt := range []struct {
		name, goal, axis, formatted string
		value                       float64
	}{
		{"val/perplexity", "minimize", "validation perplexity", "133.5", 133.52},
		{"val/perplexity", "minimize", "validation perplexity", "17,000", 17000},
		{"val/perplexity", "minimize", "validation perplexity", "8.26", 8.2599},
		{"val/loss", "minimize", "validation loss (nats/token)", "2.1118", 2.11184},
		{"test/accuracy", "maximize", "test accuracy", "24.1 %", 0.2412},
		{"my own", "maximize", "my own", "−0.001235", -0.00123456},
		{"", "", "metric", "1", 1},
		{"val/perplexity", "", "validation perplexity", "–", nan},
		{"val/perplexity", "", "validation perplexity", "infinite", inf},
	} {
		m := newMetric(tt.name, tt.goal)
		if m.axisLabel() != tt.axis || m.format(tt.value) != tt.formatted {
			t.Errorf("%s %g: got %s, %s; want %s, %s", tt.name, tt.value, m.axisLabel(), m.format(tt.value), tt.axis, tt.formatted)
		}
	}
	if m := newMetric("val/accuracy", "maximize"); !m.better(2, 1) || m.better(1, 2) || m.superlative() != "highest" {
		t.Error("of an accuracy more is better")
	}
}

// plotutil's interval takes 1.96 and the population's sd; ours is Student's: t(0.975, 2) = 4.302653 for n = 3.
func TestMeanInterval(t *testing.T) {
	mean, half, n := meanInterval([]float64{1, 2, nan, 3, inf})
	if mean != 2 || n != 3 || math.Abs(half-4.302652729911275/math.Sqrt(3)) > 1e-9 {
		t.Errorf("got %g ± %g, n %d", mean, half, n)
	}
	if mean, half, n := meanInterval([]float64{5}); mean != 5 || !math.IsNaN(half) || n != 1 {
		t.Errorf("one value: %g ± %g, n %d", mean, half, n)
	}
	if mean, _, n := meanInterval([]float64{nan}); !math.IsNaN(mean) || n != 0 {
		t.Errorf("no value: %g, n %d", mean, n)
	}
}

func TestReferences(t *testing.T) {
	labels := func(rs []reference) (out []string) {
		for _, r := range rs {
			out = append(out, r.label)
		}
		return out
	}
	s := newStudyOf(hiddenSweep(1))
	refs := s.references()
	if d := cmp.Diff([]string{"Kneser-Ney 5-gram", "Kneser-Ney 4-gram", "unigram", "uniform"}, labels(refs)); d != "" {
		t.Errorf("own order and 5-gram (-want +got)\n%s", d)
	}
	in, out := near(refs, []float64{133, 136})
	if d := cmp.Diff([]string{"Kneser-Ney 5-gram", "Kneser-Ney 4-gram"}, labels(in)); d != "" {
		t.Errorf("near (-want +got)\n%s", d)
	}
	if got, want := s.offScale(out), "Off the scale: unigram 476.0, uniform 17,000."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.baselines = s.baselines[:3]
	if got := len(s.references()); got != 3 {
		t.Errorf("without Kneser-Ney all are drawn: got %d", got)
	}
}

// Every caption names the commit that the sweep ran in, where there was one, and whether it was all.
func TestCaptionsNameTheCommit(t *testing.T) {
	in := searchSweep()
	for _, tt := range []struct {
		project, diff, want string
		untracked           int
	}{
		{"0123456789abcdef", "", "commit 0123456789.", 0}, {"0123456789abcdef", "ff", "commit 0123456789 with changes.", 0},
		{"0123456789abcdef", "", "commit 0123456789.", 2}, {"", "", "Sweep search, corpus gostd.", 0},
	} {
		in.Provenance.Project, in.Provenance.ProjectDiff, in.Provenance.Untracked = tt.project, tt.diff, tt.untracked
		for _, f := range figures(in, nil) {
			if c := strings.Join(f.Caption, " "); !strings.HasSuffix(c, tt.want) {
				t.Errorf("%s: %q does not end with %q", f.Name, c, tt.want)
			}
		}
	}
}

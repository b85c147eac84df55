package trainer

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// awkward are the numbers that text is likeliest to lose.
var awkward = []uint64{
	0, 1 << 63, 1, 0x000fffffffffffff, 0x7fefffffffffffff, // zeros, the ends of the denormal and of all numbers
	math.Float64bits(0.1), math.Float64bits(-1e21), math.Float64bits(1.0 / 3),
	0x7ff0000000000000, 0xfff0000000000000, // infinities
	0x7ff8000000000001, 0xfff8000000000000, 0x7ff0000000000001, 0x7fffffffffffffff, // not numbers
}

func TestPointJSON(t *testing.T) {
	for _, bits := range awkward {
		want := Point{Metric: "val/perplexity", Step: 3, Examples: 48, Seconds: 1.5, Value: math.Float64frombits(bits), Final: true}
		b, err := json.Marshal(want)
		if err != nil {
			t.Errorf("%#x: %v", bits, err)
			continue
		}
		var got Point
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%s: %v", b, err)
			continue
		}
		if g := math.Float64bits(got.Value); g != bits {
			t.Errorf("%s: value %#x, want %#x", b, g, bits)
		}
		if got.Value, want.Value = 0, 0; got != want {
			t.Errorf("%s: got %+v, want %+v", b, got, want)
		}
	}
	for _, bad := range []string{`{"value":"+Inf"}`, `{"value":""}`, `{"value":true}`, `{"value":"17ff0000000000000"}`} {
		if err := json.Unmarshal([]byte(bad), new(Point)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// TestPositionJSON keeps measures of a step that are not finite, too: weights may overflow in a step whose loss is.
func TestPositionJSON(t *testing.T) {
	for _, bits := range awkward {
		x := number(math.Float64frombits(bits))
		b, err := json.Marshal(position{Last: watched{x, x, x, x}})
		if err != nil {
			t.Errorf("%#x: %v", bits, err)
			continue
		}
		var got position
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%s: %v", b, err)
			continue
		}
		for _, n := range []number{got.Last.Rate, got.Last.GradNorm, got.Last.MoveRatio, got.Last.Saturated} {
			if g := math.Float64bits(float64(n)); g != bits {
				t.Errorf("%s: %#x, want %#x", b, g, bits)
			}
		}
	}
}

// TestSteep trains at a rate at which losses are so large that their perplexity is infinite: no reason to fail.
func TestSteep(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["steep"], t.TempDir()
	w, again := &watch{}, &watch{}
	want, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe})
	if err != nil {
		t.Fatal(err)
	}
	infinite := 0
	for _, p := range w.points {
		if math.IsInf(p.Value, 1) && strings.HasPrefix(p.Metric, "val/perplexity") {
			infinite++
		} else if math.IsInf(p.Value, 0) {
			t.Errorf("point %+v", p)
		}
	}
	if infinite == 0 {
		t.Error("no perplexity was infinite")
	}
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, again, w, got, want)
	if again.starts[0] != int64(cfg.Steps) {
		t.Errorf("second session started at step %d", again.starts[0])
	}
	loaded, err := Load(filepath.Join(dir, modelFile))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fingerprint(loaded), fingerprint(want); a != b {
		t.Errorf("weights %s, want %s", a, b)
	}
}

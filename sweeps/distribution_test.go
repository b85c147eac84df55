package sweeps

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// dist reads the distribution of one parameter.
func dist(t *testing.T, form string) Distribution {
	t.Helper()
	s, err := Load("spec.yaml", []byte("method: random\nbudget: {trials: 1}\nparameters:\n  x: "+form+"\n"), Trainer{})
	if err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return s.Parameters[0].Dist
}

// TestInference: the distribution that keys imply. 1 against 1.0 decides between whole numbers and all numbers.
func TestInference(t *testing.T) {
	for form, want := range map[string]string{
		"3":             "constant",
		"[1, 2]":        "categorical",
		"{value: x}":    "constant",
		"{values: [x]}": "categorical",
		"{values: [1, 2], probabilities: [0.25, 0.75]}": "categorical_w_probabilities",
		"{min: 1, max: 5}":                                "int_uniform",
		"{min: 1.0, max: 5}":                              "uniform",
		"{min: 1, max: 5.0}":                              "uniform",
		"{min: 1, max: 5e0}":                              "uniform",
		"{min: 1, max: 5, distribution: uniform}":         "uniform",
		"{min: 1.0, max: 5.0, distribution: int_uniform}": "int_uniform",
		"{min: 1, max: 5, distribution: q_uniform}":       "q_uniform",
	} {
		if got := dist(t, form).Type; got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	if d := dist(t, "{distribution: q_normal}"); d.Mu != 0 || d.Sigma != 1 || d.Q != 1 {
		t.Errorf("q_normal: mu %v, sigma %v, q %v, want 0, 1, 1", d.Mu, d.Sigma, d.Q)
	}
	if d := dist(t, "{distribution: q_beta}"); d.A != 1 || d.B != 1 || d.Q != 1 {
		t.Errorf("q_beta: a %v, b %v, q %v, want 1, 1, 1", d.A, d.B, d.Q)
	}
}

// cdfs are the distributions' own definitions: the share of values up to x.
var cdfs = map[string]func(x float64) float64{
	"{min: 2.0, max: 6.0}":                                      func(x float64) float64 { return (x - 2) / 4 },
	"{min: -9.0, max: -2.0, distribution: log_uniform}":         func(x float64) float64 { return (math.Log(x) + 9) / 7 },
	"{min: 1e-4, max: 1e-2, distribution: log_uniform_values}":  func(x float64) float64 { return math.Log10(x/1e-4) / 2 },
	"{min: 1, max: 3, distribution: inv_log_uniform}":           func(x float64) float64 { return 1 - (math.Log(1/x)-1)/2 },
	"{min: 0.1, max: 10, distribution: inv_log_uniform_values}": func(x float64) float64 { return 1 - (math.Log10(1/x)+1)/2 },
	"{mu: 3, sigma: 2, distribution: normal}":                   func(x float64) float64 { return normalCDF((x - 3) / 2) },
	"{mu: 1, sigma: 0.5, distribution: log_normal}":             func(x float64) float64 { return normalCDF((math.Log(x) - 1) / 0.5) },
	"{a: 2, b: 5, distribution: beta}":                          func(x float64) float64 { return mathext.RegIncBeta(2, 5, x) },
	"{a: 0.5, b: 0.5, distribution: beta}":                      func(x float64) float64 { return mathext.RegIncBeta(0.5, 0.5, x) },
	"{distribution: beta}":                                      func(x float64) float64 { return x },
}

func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func TestQuantiles(t *testing.T) {
	for form, cdf := range cdfs {
		d := dist(t, form)
		low, high, ok := d.Bounds()
		if !ok {
			t.Errorf("%s has no bounds", form)
		}
		for _, u := range []float64{0.001, 0.01, 0.1, 0.25, 0.5, 0.77, 0.9, 0.99, 0.999} {
			x, _ := d.At(u).Float()
			if got := cdf(x); math.Abs(got-u) > 1e-5 {
				t.Errorf("%s: At(%v) = %v has the share %v below it", form, u, x, got)
			}
			if x < low || x > high {
				t.Errorf("%s: At(%v) = %v is outside %v to %v", form, u, x, low, high)
			}
		}
	}
}

// TestEnds: u = 0 and the greatest u stay in the range and finite, whatever the shape.
func TestEnds(t *testing.T) {
	forms := slices.Collect(func(yield func(string) bool) {
		for form := range cdfs {
			if !yield(form) {
				return
			}
		}
	})
	forms = append(forms, "{a: 1e-3, b: 1e3, distribution: beta}", "{a: 1e4, b: 1e4, distribution: beta}",
		"{sigma: 0, mu: 2, distribution: normal}", "{mu: 700, sigma: 30, distribution: log_normal}",
		"{min: 1.0, max: 1.0000001}", "{min: -1e308, max: 1e308}", "{min: 1e300, max: 1.7e308, q: 1e-9, distribution: q_uniform}",
		"{min: 1e308, max: 1.79e308, q: 1.2e308, distribution: q_uniform}")
	for _, form := range forms {
		d := dist(t, form)
		low, high, _ := d.Bounds()
		for _, u := range []float64{0, 0x1p-53, 0.5, 1 - 0x1p-53} {
			x, ok := d.At(u).Float()
			if !ok || math.IsNaN(x) || math.IsInf(x, 0) || x < low || x > high {
				t.Errorf("%s: At(%v) = %v, bounds %v to %v", form, u, x, low, high)
			}
		}
	}
}

// TestLogUniformBounds: exponents for log_uniform, values for log_uniform_values.
func TestLogUniformBounds(t *testing.T) {
	for form, want := range map[string]string{
		"{min: -2, max: 3, distribution: log_uniform}":           "0.13534 to 20.086",
		"{min: 2, max: 3, distribution: log_uniform_values}":     "2 to 3",
		"{min: 2, max: 3, distribution: inv_log_uniform}":        "0.049787 to 0.13534",
		"{min: 2, max: 3, distribution: inv_log_uniform_values}": "2 to 3",
		"{min: 2, max: 3, distribution: q_log_uniform}":          "7.3891 to 20.086",
	} {
		low, high, _ := dist(t, form).Bounds()
		if got := fmt.Sprintf("%.5g to %.5g", low, high); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

// TestListedShares counts what equally spaced u give.
func TestListedShares(t *testing.T) {
	for form, want := range map[string]string{
		"[a, b, c, d]": "a:250 b:250 c:250 d:250",
		"{values: [a, b, c], probabilities: [0.5, 0, 0.5]}":       "a:500 c:500",
		"{values: [a, b], probabilities: [0.3333333, 0.6666666]}": "a:333 b:667",
		"{min: -1, max: 2}": "-1:250 0:250 1:250 2:250",
		"{min: 5, max: 5}":  "5:1000",
		"{value: a}":        "a:1000",
		"{min: 0, max: 1, q: 0.25, distribution: q_uniform}":               "0.25:250 0.5:250 0.75:250 0:125 1:125",
		"{min: 10, max: 1000, q: 100, distribution: q_log_uniform_values}": "0:349 1000:11 100:239 200:111 300:73 400:55 500:43 600:36 700:32 800:27 900:24",
	} {
		d, counts := dist(t, form), make(map[string]int)
		for i := range 1000 {
			counts[d.At((float64(i)+0.5)/1000).String()]++
		}
		var got []string
		for v, n := range counts {
			got = append(got, fmt.Sprintf("%s:%d", v, n))
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", form, s, want)
		}
	}
}

// TestProbabilityZeroIsNeverDrawn, not even where rounding pushes u past the sum.
func TestProbabilityZeroIsNeverDrawn(t *testing.T) {
	d := Distribution{Type: weighted, Values: []Value{StringValue("a"), StringValue("b")}, Probabilities: []float64{0.9999999, 0}}
	if got := d.At(1 - 0x1p-53); got != StringValue("a") {
		t.Errorf("drew %s", got)
	}
}

// TestQuantisedKinds: multiples of a whole q are whole numbers, and 0.1 + 0.2 leaves no noise.
func TestQuantisedKinds(t *testing.T) {
	if got := dist(t, "{min: 16, max: 100, q: 16, distribution: q_uniform}").At(0.5); got != IntValue(64) {
		t.Errorf("got %s %s, want the whole number 64", got.Kind(), got)
	}
	if got := dist(t, "{min: 0.0, max: 1.0, q: 0.1, distribution: q_uniform}").At(0.3); got != FloatValue(0.3) {
		t.Errorf("got %v, want 0.3", got)
	}
}

// TestDrawsAreShort: seven digits, and more only where the range needs them.
func TestDrawsAreShort(t *testing.T) {
	for form, want := range map[string]string{
		"{min: 1e-4, max: 1e-2, distribution: log_uniform_values}": "0.0004641589",
		"{min: 0.0, max: 0.3}":             "0.1",
		"{min: 1000000.0, max: 1000000.3}": "1000000.1",
	} {
		if got := dist(t, form).At(1. / 3).String(); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

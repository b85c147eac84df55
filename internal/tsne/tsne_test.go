package tsne

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

type stored struct {
	Name        string
	Perplexity  float64
	Points      [][]float32
	Layout, PCA [][2]float64
	KL          float64
	K           int
	TrustLayout float64 `json:"trust_layout"`
	TrustPCA    float64 `json:"trust_pca"`
}

func cases(t *testing.T) []stored {
	t.Helper()
	b, err := os.ReadFile("testdata/layouts.json")
	if err != nil {
		t.Fatal(err)
	}
	var cs []stored
	if err := json.Unmarshal(b, &cs); err != nil || len(cs) < 3 {
		t.Fatalf("%d cases, %v", len(cs), err)
	}
	return cs
}

// Ranks come from the same points, so that the sums agree but for rounding.
func TestTrustworthiness(t *testing.T) {
	for _, c := range cases(t) {
		if got := Trustworthiness(c.Points, c.Layout, c.K); math.Abs(got-c.TrustLayout) > 1e-9 {
			t.Errorf("%s: %.12f of scikit-learn's layout, want %.12f", c.Name, got, c.TrustLayout)
		}
		if got := Trustworthiness(c.Points, c.PCA, c.K); math.Abs(got-c.TrustPCA) > 1e-9 {
			t.Errorf("%s: %.12f of the components, want %.12f", c.Name, got, c.TrustPCA)
		}
	}
	c := cases(t)[0]
	for _, k := range []int{0, len(c.Points) / 2, len(c.Points)} {
		if got := Trustworthiness(c.Points, c.PCA, k); !math.IsNaN(got) {
			t.Errorf("k = %d: %g", k, got)
		}
	}
}

func TestPlace(t *testing.T) {
	for _, c := range cases(t) {
		got, err := Place(t.Context(), c.Points, c.PCA, Options{Perplexity: c.Perplexity})
		if err != nil {
			t.Fatal(err)
		}
		trust := Trustworthiness(c.Points, got.XY, c.K)
		t.Logf("%s: divergence %.4f (scikit-learn %.4f), trustworthiness %.4f (%.4f), %d iterations", c.Name, got.KL, c.KL, trust, c.TrustLayout, got.Iterations)
		if got.KL > 1.05*c.KL || got.KL < 0.5*c.KL || got.Perplexity != c.Perplexity {
			t.Errorf("%s: divergence %.4f at perplexity %g, scikit-learn reaches %.4f", c.Name, got.KL, got.Perplexity, c.KL)
		}
		if trust < c.TrustLayout-0.005 || trust <= c.TrustPCA {
			t.Errorf("%s: trustworthiness %.4f, scikit-learn's layout has %.4f, the components %.4f", c.Name, trust, c.TrustLayout, c.TrustPCA)
		}
	}
}

// The divergence of scikit-learn's own layout, from its own points, is the one that it tells.
func TestDivergence(t *testing.T) {
	for _, c := range cases(t) {
		d := &descent{n: len(c.Points), xy: c.Layout, workers: 1}
		var err error
		if d.p, err = affinities(t.Context(), c.Points, c.Perplexity, 1); err != nil {
			t.Fatal(err)
		}
		d.cut()
		if got := d.divergence(); math.Abs(got-c.KL) > 2e-3*c.KL {
			t.Errorf("%s: %.6f, want %.6f", c.Name, got, c.KL)
		}
		sum := 0.0
		for _, p := range d.p {
			sum += p
		}
		if math.Abs(sum-0.5) > 1e-9 {
			t.Errorf("%s: affinities sum to %g", c.Name, sum)
		}
	}
}

// The forces are the gradient of the divergence, by central differences.
func TestGradient(t *testing.T) {
	c := cases(t)[1]
	d := &descent{n: 40, xy: append([][2]float64(nil), c.Layout[:40]...), workers: 1}
	var err error
	if d.p, err = affinities(t.Context(), c.Points[:40], 10, 1); err != nil {
		t.Fatal(err)
	}
	d.cut()
	d.each(d.pairs)
	z := 0.0
	for _, s := range d.total {
		z += 2 * s
	}
	for i := range d.n {
		var f pull
		for k := range d.forces {
			f.ax += d.forces[k][i].ax
			f.rx += d.forces[k][i].rx
		}
		got := 4 * (f.ax - f.rx/z)
		const h = 1e-4
		x := d.xy[i][0]
		d.xy[i][0] = x + h
		up := d.divergence()
		d.xy[i][0] = x - h
		down := d.divergence()
		d.xy[i][0] = x
		if want := (up - down) / (2 * h); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Errorf("point %d: force %g, gradient %g", i, got, want)
		}
	}
}

func TestWorkers(t *testing.T) {
	c := cases(t)[0]
	var want Layout
	for _, workers := range []int{1, 2, 5} {
		got, err := Place(t.Context(), c.Points[:100], c.PCA[:100], Options{Workers: workers, Iterations: 300})
		if err != nil {
			t.Fatal(err)
		}
		if workers == 1 {
			want = got
			continue
		}
		for i := range got.XY {
			if got.XY[i] != want.XY[i] || got.KL != want.KL {
				t.Fatalf("%d workers: point %d at %v, with one %v", workers, i, got.XY[i], want.XY[i])
			}
		}
	}
}

func TestDegenerate(t *testing.T) {
	same := [][]float32{{1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}, {1, 2}}
	for n := range 7 {
		got, err := Place(t.Context(), same[:n], make([][2]float64, n), Options{Iterations: 60})
		if err != nil || len(got.XY) != n {
			t.Errorf("%d equal points: %v, %v", n, got, err)
		}
		for _, q := range got.XY {
			if q != [2]float64{} {
				t.Errorf("%d equal points: %v", n, got.XY)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	rows := [][]float32{{1e6, 0}, {1e6, 0}, {-1e6, 1}}
	var start [][2]float64
	for len(rows) < 30 {
		rows = append(rows, []float32{float32(rng.NormFloat64()), 0})
	}
	for _, r := range rows {
		start = append(start, [2]float64{float64(r[0]), float64(r[1])})
	}
	got, err := Place(t.Context(), rows, start, Options{Iterations: 200})
	if err != nil || math.IsNaN(got.KL) || math.Abs(got.Perplexity-29.0/3) > 1e-9 {
		t.Errorf("far points: %+v, %v", got, err)
	}
	for i, q := range got.XY {
		if q[0]-q[0] != 0 || q[1]-q[1] != 0 {
			t.Errorf("far points: %d at %v", i, q)
		}
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := Place(ctx, rows, start, Options{}); !errors.Is(err, cause) {
		t.Errorf("ended: %v", err)
	}
}

func BenchmarkPlace(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{500, 2000} {
		var rows [][]float32
		var start [][2]float64
		for range n {
			r := make([]float32, 30)
			for k := range r {
				r[k] = float32(rng.NormFloat64())
			}
			rows, start = append(rows, r), append(start, [2]float64{float64(r[0]), float64(r[1])})
		}
		b.Run(map[int]string{500: "n=500", 2000: "n=2000"}[n], func(b *testing.B) {
			for b.Loop() {
				if _, err := Place(b.Context(), rows, start, Options{Iterations: 100, Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

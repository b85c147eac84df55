package reports

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// tolerance is the share of pixels that may differ visibly: less than one moved point.
const tolerance = 0.0008

// goldenDPI keeps the golden pictures small.
const goldenDPI = 60

// Golden pictures, with tolerance: another version of Go may round the edges of letters differently.
func TestPictures(t *testing.T) {
	for _, tt := range []struct{ set, figure string }{
		{"diverged", "effect-learning_rate"}, {"names", "embedding"}, {"diverged", "heatmap-hidden_size-learning_rate"},
		{"search", "history"}, {"search", "timeline"}, {"search", "importance"}, {"search", "parallel"}, {"hidden", "curves"}, {"hidden", "cost"},
		{"hidden", "difference"}, {"hidden", "similarity"},
	} {
		t.Run(tt.figure, func(t *testing.T) {
			got, err := named(t, dataSets()[tt.set], tt.figure).png(goldenDPI)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", tt.set+"-"+tt.figure+".png")
			if *regen {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			share, err := differing(want, got)
			if err != nil {
				t.Fatal(err)
			}
			if share > tolerance {
				t.Errorf("%.2f %% of the pixels differ from %s; draw it anew with -regen and look at it", 100*share, file)
			}
		})
	}
}

// differing is the share of pixels whose colours are visibly apart, 1 if the sizes differ.
func differing(a, b []byte) (float64, error) {
	x, err := png.Decode(bytes.NewReader(a))
	if err != nil {
		return 1, err
	}
	y, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return 1, err
	}
	if x.Bounds() != y.Bounds() {
		return 1, nil
	}
	n := 0
	for p := range pixels(x.Bounds()) {
		r0, g0, b0, _ := x.At(p.X, p.Y).RGBA()
		r1, g1, b1, _ := y.At(p.X, p.Y).RGBA()
		d := math.Hypot(math.Hypot(float64(r0)-float64(r1), float64(g0)-float64(g1)), float64(b0)-float64(b1))
		if d > 0.12*0xFFFF {
			n++
		}
	}
	return float64(n) / float64(x.Bounds().Dx()*x.Bounds().Dy()), nil
}

func pixels(r image.Rectangle) func(func(image.Point) bool) {
	return func(yield func(image.Point) bool) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if !yield(image.Pt(x, y)) {
					return
				}
			}
		}
	}
}

// The comparison sees a moved point and passes over a hair of rounding.
func TestDiffering(t *testing.T) {
	in := divergedSweep()
	before, err := named(t, in, "effect-learning_rate").png(goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	*in.Configurations[0].Mean += 3
	after, err := named(t, in, "effect-learning_rate").png(goldenDPI)
	if err != nil {
		t.Fatal(err)
	}
	if share, err := differing(before, after); err != nil || share <= tolerance {
		t.Errorf("a moved mean changes %.3f %% of the pixels, %v", 100*share, err)
	}
	if share, err := differing(before, before); err != nil || share != 0 {
		t.Errorf("a picture differs from itself: %g, %v", share, err)
	}
}

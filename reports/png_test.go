package reports

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whoever reads our PNG sees the pixels that were drawn.
func TestPNGHoldsThePixels(t *testing.T) {
	whole := image.NewRGBA(image.Rect(0, 0, 61, 47))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range whole.Pix {
		whole.Pix[i] = byte(r.IntN(256))
		if i%4 == 3 {
			whole.Pix[i] = 255
		}
	}
	draw.Draw(whole, image.Rect(5, 5, 50, 30), image.NewUniform(color.White), image.Point{}, draw.Src)
	for name, m := range map[string]image.Image{
		"whole": whole, "part": whole.SubImage(image.Rect(3, 4, 40, 33)), "row": whole.SubImage(image.Rect(0, 9, 61, 10)),
	} {
		want := m.(*image.RGBA)
		data, err := encodePNG(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Bounds().Size() != want.Rect.Size() {
			t.Fatalf("%s: %v, want %v", name, got.Bounds(), want.Rect)
		}
		for p := range pixels(got.Bounds()) {
			if diff := cmp.Diff(want.RGBAAt(want.Rect.Min.X+p.X, want.Rect.Min.Y+p.Y), color.RGBAModel.Convert(got.At(p.X, p.Y))); diff != "" {
				t.Fatalf("%s at %v (-want +got):\n%s", name, p, diff)
			}
		}
	}
}

// Pictures of charts are no larger than those that image/png writes.
func TestPNGIsNoLarger(t *testing.T) {
	ours, err := named(t, hiddenSweep(3), "effect-hidden_size").png(pngDPI)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(ours))
	if err != nil {
		t.Fatal(err)
	}
	var theirs bytes.Buffer
	if err := png.Encode(&theirs, m); err != nil {
		t.Fatal(err)
	}
	if len(ours) > theirs.Len() {
		t.Errorf("%d bytes, image/png writes %d", len(ours), theirs.Len())
	}
}

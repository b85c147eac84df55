package reports

import (
	"image/color"
	"math"
)

// okabeIto are Okabe and Ito's colours, told apart by colour-blind readers, in the order in which they are given out.
// Their yellow is left out: as a line on white nobody sees it.
var okabeIto = [...]color.NRGBA{
	{0x00, 0x72, 0xB2, 0xFF}, // blue
	{0xD5, 0x5E, 0x00, 0xFF}, // vermilion
	{0x00, 0x9E, 0x73, 0xFF}, // green
	{0xCC, 0x79, 0xA7, 0xFF}, // purple
	{0xE6, 0x9F, 0x00, 0xFF}, // orange
	{0x56, 0xB4, 0xE9, 0xFF}, // sky
	{0x00, 0x00, 0x00, 0xFF},
}

// The greys of text and rules, and the colours with a fixed meaning.
var (
	ink       = color.NRGBA{0x22, 0x22, 0x22, 0xFF}
	inkSoft   = color.NRGBA{0x5A, 0x5A, 0x5A, 0xFF}
	ruleGrey  = color.NRGBA{0x8A, 0x8A, 0x8A, 0xFF}
	gridGrey  = color.NRGBA{0xE4, 0xE4, 0xE4, 0xFF}
	paleGrey  = color.NRGBA{0xC4, 0xC4, 0xC4, 0xFF}
	white     = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	blue      = okabeIto[0]
	vermilion = okabeIto[1] // diverged
)

// viridisAnchors are nine equally spaced colours of matplotlib's viridis.
var viridisAnchors = [...]color.NRGBA{
	{0x44, 0x01, 0x54, 0xFF}, {0x47, 0x2D, 0x7B, 0xFF}, {0x3B, 0x52, 0x8B, 0xFF},
	{0x2C, 0x72, 0x8E, 0xFF}, {0x21, 0x91, 0x8C, 0xFF}, {0x28, 0xAE, 0x80, 0xFF},
	{0x5E, 0xC9, 0x62, 0xFF}, {0xAD, 0xDC, 0x30, 0xFF}, {0xFD, 0xE7, 0x25, 0xFF},
}

// divergingAnchors are ColorBrewer's RdBu turned round: blue for negative, white for 0, red for positive.
var divergingAnchors = [...]color.NRGBA{
	{0x21, 0x66, 0xAC, 0xFF}, {0x43, 0x93, 0xC3, 0xFF}, {0x92, 0xC5, 0xDE, 0xFF}, {0xD1, 0xE5, 0xF0, 0xFF},
	{0xF7, 0xF7, 0xF7, 0xFF},
	{0xFD, 0xDB, 0xC7, 0xFF}, {0xF4, 0xA5, 0x82, 0xFF}, {0xD6, 0x60, 0x4D, 0xFF}, {0xB2, 0x18, 0x2B, 0xFF},
}

// viridis returns the colour at t, 0 (dark) to 1 (yellow); other values of t are clamped, NaN counts as 0.
func viridis(t float64) color.NRGBA { return interpolate(viridisAnchors[:], t) }

// diverging returns the colour at t, 0 (blue) over 0.5 (white) to 1 (red), clamped.
func diverging(t float64) color.NRGBA { return interpolate(divergingAnchors[:], t) }

func interpolate(anchors []color.NRGBA, t float64) color.NRGBA {
	if !(t > 0) {
		return anchors[0]
	}
	last := len(anchors) - 1
	if t >= 1 {
		return anchors[last]
	}
	i := int(t * float64(last))
	f := t*float64(last) - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + f*(float64(b)-float64(a)))) }
	a, b := anchors[i], anchors[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xFF}
}

// seriesColors gives n series their colours: steps of viridis, without its pale fifth, when the series have an order,
// otherwise the Okabe-Ito colours.
func seriesColors(n int, ordered bool) []color.NRGBA {
	out := make([]color.NRGBA, n)
	for i := range out {
		switch {
		case ordered && n == 1:
			out[i] = blue
		case ordered:
			out[i] = viridis(0.8 * float64(i) / float64(n-1))
		default:
			out[i] = okabeIto[i%len(okabeIto)]
		}
	}
	return out
}

// faint returns c with the given opacity, 0 to 1.
func faint(c color.NRGBA, opacity float64) color.NRGBA {
	c.A = uint8(math.Round(255 * min(max(opacity, 0), 1)))
	return c
}

// onColor returns black or white, whichever is easier to read on c: the contrast is at least 4.58 (relative luminance of
// WCAG 2).
func onColor(c color.NRGBA) color.NRGBA {
	if luminance(c) > 0.179 {
		return color.NRGBA{0x00, 0x00, 0x00, 0xFF}
	}
	return white
}

// luminance is the relative luminance of an opaque colour, 0 to 1.
func luminance(c color.NRGBA) float64 {
	lin := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c.R) + 0.7152*lin(c.G) + 0.0722*lin(c.B)
}

// paler mixes c with white, t of it, and stays opaque.
func paler(c color.NRGBA, t float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(math.Round(float64(v) + t*(255-float64(v)))) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xFF}
}

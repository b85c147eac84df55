package reports

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"unicode"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of text, in points.
const (
	titleSize   = 13
	labelSize   = 9.5
	tickSize    = 8.5
	captionSize = 8
)

// sans is the typeface of every picture: Liberation Sans, whose widths are those of Arial and Helvetica, so that an
// SVG keeps its layout on machines that lack it.
func sans(size float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

// styled is the style of an axis's own text, which gonum/plot writes.
func styled(s text.Style, size float64, c color.Color) text.Style {
	s.Color, s.Font, s.Handler = c, sans(size, false), plot.DefaultTextHandler
	return s
}

// Where a text lies beside the point it is written at.
type (
	across int
	upward int
)

const (
	left across = iota
	centre
	right
)

const (
	baseline upward = iota
	middle          // half the height of a capital above the baseline
	top             // a capital's height above it
)

// capHeight is the height of a capital of Liberation Sans in ems.
const capHeight = 0.716

// writeText writes one line at a point. gonum/plot's own styles count the descent in, which puts small text visibly
// beside its mark.
func writeText(c draw.Canvas, f font.Font, col color.Color, at vg.Point, x across, y upward, s string) {
	if s == "" {
		return
	}
	switch x {
	case centre:
		at.X -= textWidth(s, f) / 2
	case right:
		at.X -= textWidth(s, f)
	}
	switch y {
	case middle:
		at.Y -= f.Size * capHeight / 2
	case top:
		at.Y -= f.Size * capHeight
	}
	c.SetColor(col)
	c.FillString(font.DefaultCache.Lookup(f, f.Size), at, s)
}

// writeUpward writes one line that runs from below to above, centred at a point.
func writeUpward(c draw.Canvas, f font.Font, col color.Color, at vg.Point, s string) {
	c.Push()
	c.Translate(at)
	c.Rotate(math.Pi / 2)
	writeText(c, f, col, vg.Point{}, centre, middle, s)
	c.Pop()
}

// textWidth is the width of one line of text.
func textWidth(s string, f font.Font) vg.Length {
	face := font.DefaultCache.Lookup(f, f.Size)
	return face.Width(s)
}

// textBox is the width and height of a text of one or more lines.
func textBox(s string, f font.Font) (w, h vg.Length) {
	lines := strings.Split(s, "\n")
	for _, l := range lines {
		w = max(w, textWidth(l, f))
	}
	return w, f.Size * vg.Length(1.15*float64(len(lines)))
}

// wrap breaks s at spaces into lines no wider than width; a word that is wider alone stands on a line of its own and
// is cut with an ellipsis.
func wrap(s string, width vg.Length, f font.Font) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line := ""
		for word := range strings.FieldsSeq(paragraph) {
			word = clip(word, width, f)
			switch {
			case line == "":
				line = word
			case textWidth(line+" "+word, f) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = word
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// clip shortens s with an ellipsis until it is no wider than width.
func clip(s string, width vg.Length, f font.Font) string {
	if textWidth(s, f) <= width {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes)
	for lo < hi { // the longest prefix that fits
		mid := (lo + hi + 1) / 2
		if textWidth(string(runes[:mid])+"…", f) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(runes[:lo]) + "…"
}

// printable replaces what the pictures' font cannot show (CJK, emoji, control characters) by escapes such as \u4e2d,
// so that a token is never an empty box. The page and the CSV keep the original.
func printable(s string) string {
	face := font.DefaultCache.Lookup(sans(tickSize, false), vg.Points(tickSize))
	var buf sfnt.Buffer
	var b strings.Builder
	for _, r := range s {
		if r == '\n' {
			b.WriteRune(r) // our own line breaks; symbols lose theirs in symbolLabel
			continue
		}
		glyph, err := face.Face.GlyphIndex(&buf, r)
		switch {
		case err == nil && glyph != 0 && unicode.IsPrint(r) && r != unicode.ReplacementChar:
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// symbolLabel is how a symbol of the vocabulary stands in a picture: printable, of one line, with a space shown, and
// not longer than a label may be.
func symbolLabel(s string) string {
	s = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s)
	if strings.TrimSpace(s) == "" {
		s = strings.Repeat("␣", max(1, len([]rune(s))))
		if p := printable(s); p != s {
			s = "(space)"
		}
	}
	s = printable(s)
	if r := []rune(s); len(r) == 1 && unicode.IsPunct(r[0]) {
		return "“" + s + "”" // a bare full stop is hardly seen
	}
	if r := []rune(s); len(r) > 24 {
		s = string(r[:23]) + "…"
	}
	return s
}

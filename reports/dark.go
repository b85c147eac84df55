package reports

import (
	"fmt"
	"image/color"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// darkGround is what takes the place of white on a dark screen.
var darkGround = color.NRGBA{0x15, 0x18, 0x1C, 0xFF}

// darkGreys are the greys of a dark screen.
var darkGreys = map[color.NRGBA]color.NRGBA{
	white:                    darkGround,
	{0x00, 0x00, 0x00, 0xFF}: {0xF0, 0xF0, 0xF0, 0xFF},
	ink:                      {0xE6, 0xE6, 0xE6, 0xFF},
	inkSoft:                  {0xB4, 0xB8, 0xBC, 0xFF},
	ruleGrey:                 {0x90, 0x96, 0x9C, 0xFF},
	gridGrey:                 {0x2E, 0x33, 0x39, 0xFF},
	paleGrey:                 {0x55, 0x5B, 0x62, 0xFF},
}

// leastContrast is what WCAG 2 asks of words against their ground: those beside a line have its colour.
const leastContrast = 4.5

// dark is the counterpart of an opaque colour on a dark screen: itself if it stands out there, too, else lightened until
// it does; a pale one is as near to the dark ground as it was to white.
func dark(c color.NRGBA) color.NRGBA {
	if d, ok := darkGreys[c]; ok {
		return d
	}
	if t := min(c.R, c.G, c.B); t >= 0xA0 {
		sink := func(v, ground uint8) uint8 { return v - t + uint8(int(ground)*int(t)/255) }
		return color.NRGBA{sink(c.R, darkGround.R), sink(c.G, darkGround.G), sink(c.B, darkGround.B), 0xFF}
	}
	out := c
	for t := 0.0; contrast(out, darkGround) < leastContrast; t += 0.05 {
		out = paler(c, t)
	}
	return out
}

// contrast is the ratio of two opaque colours' luminances, 1 to 21 (WCAG 2).
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

// darkRules are the style rules that give a drawing the colours of a dark screen; scope is what stands before each
// selector.
func (d *drawing) darkRules(scope string) string {
	return darkRules(scope, slices.Sorted(maps.Keys(d.used)))
}

// darkRules writes one rule for each class: f or s, for fill or stroke, and the colour it has on white.
func darkRules(scope string, classes []string) string {
	var b strings.Builder
	for _, class := range classes {
		var c color.NRGBA
		var what byte
		if n, err := fmt.Sscanf(class, "%c%02x%02x%02x", &what, &c.R, &c.G, &c.B); n != 4 || err != nil {
			continue
		}
		c.A = 0xFF
		to, property := dark(c), "fill"
		if what == 's' {
			property = "stroke"
		}
		fmt.Fprintf(&b, "%s.%s{%s:#%02x%02x%02x}", scope, class, property, to.R, to.G, to.B)
	}
	return b.String()
}

var colorClass = regexp.MustCompile(`class="([fs][0-9a-f]{6})"`)

// colorClasses are the classes of colours in a drawing that svg has written.
func colorClasses(svg []byte) []string {
	seen := map[string]bool{}
	for _, m := range colorClass.FindAllSubmatch(svg, -1) {
		seen[string(m[1])] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

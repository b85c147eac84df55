package reports

import (
	"strings"
	"testing"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "naïve – 95 % ≤ “q”": "naïve – 95 % ≤ “q”", "Привет": "Привет",
		"中": `\u4e2d`, "😀": `\U0001f600`, "\x00": `\u0000`, "a\u200b": `a\u200b`, "\xff": `\ufffd`,
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestSymbolLabel(t *testing.T) {
	for in, want := range map[string]string{
		".": "“.”", "a": "a", " ": "(space)", "": "(space)", "\n": `\n`, "\t": `\t`, "</s>": "</s>",
		strings.Repeat("x", 40): strings.Repeat("x", 23) + "…",
	} {
		if got := symbolLabel(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	f := sans(captionSize, false)
	text := "Held fixed: " + strings.Repeat("parameter 0.001, ", 20) + strings.Repeat("w", 300)
	lines := wrap(text, 200, f)
	if len(lines) < 5 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if textWidth(l, f) > 200 {
			t.Errorf("%q is too wide", l)
		}
	}
	if got := strings.Join(lines[:len(lines)-1], " "); !strings.HasPrefix(text, got) {
		t.Errorf("words are lost: %q", got)
	}
	if got := wrap("", 100, f); got != nil {
		t.Errorf("nothing wraps to %q", got)
	}
}

func TestColors(t *testing.T) {
	last := -1.0
	for i := range 101 {
		l := luminance(viridis(float64(i) / 100))
		if l < last {
			t.Errorf("viridis is not monotone in luminance at %d %%", i)
		}
		last = l
	}
	if viridis(nan) != viridisAnchors[0] || viridis(7) != viridisAnchors[8] || viridis(-1) != viridisAnchors[0] {
		t.Error("values outside 0 to 1 are not clamped")
	}
	for i := range 101 {
		for _, ground := range []float64{luminance(viridis(float64(i) / 100)), luminance(diverging(float64(i) / 100))} {
			c := onColor(viridis(float64(i) / 100))
			if ground == luminance(diverging(float64(i)/100)) {
				c = onColor(diverging(float64(i) / 100))
			}
			hi, lo := max(luminance(c), ground)+0.05, min(luminance(c), ground)+0.05
			if hi/lo < 4.5 {
				t.Errorf("text on the colour at %d %% has contrast %.1f", i, hi/lo)
			}
		}
	}
	for _, c := range append(seriesColors(7, false), seriesColors(7, true)...) {
		if contrast := 1.05 / (luminance(legible(c)) + 0.05); contrast < 4.5 {
			t.Errorf("text in %v has contrast %.1f", c, contrast)
		}
	}
}

func TestTableIsHarmless(t *testing.T) {
	tb := table{Columns: []string{"=a", "b"}}
	tb.add("=SUM(A1)", -1.5)
	tb.add("+1", nan)
	tb.add("-", inf)
	tb.add("@x", value{text: "-3", num: -3, number: true, there: true})
	tb.add(`with "quotes", commas`, value{text: "-x", there: true})
	tb.add("", (*float64)(nil))
	got, err := tb.csv()
	if err != nil {
		t.Fatal(err)
	}
	want := "'=a,b\n'=SUM(A1),-1.5\n'+1,\n'-,\n'@x,-3\n\"with \"\"quotes\"\", commas\",'-x\n,\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

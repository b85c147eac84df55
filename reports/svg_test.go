package reports

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/color"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Transformations are applied to the coordinates: what is drawn turned, moved and scaled lies where it should.
func TestDrawingTransforms(t *testing.T) {
	d := newDrawing("f", 100, 50)
	d.Push()
	d.Translate(vg.Point{X: 10, Y: 20})
	d.Rotate(math.Pi / 2)
	d.Scale(2, 3)
	var p vg.Path
	p.Move(vg.Point{})
	p.Line(vg.Point{X: 1})       // two up
	p.Line(vg.Point{X: 1, Y: 1}) // three to the left
	p.Close()
	d.Stroke(p)
	d.Pop()
	d.Stroke(p)
	want := `<path d="M10 30L10 28L7 28Z" fill="none" stroke="#000000" class="s000000"/>
<path d="M0 50L1 50L1 49Z" fill="none" stroke="#000000" class="s000000"/>
`
	if got := d.body.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A disc is two arcs that meet again; its text is escaped.
func TestDrawingShapes(t *testing.T) {
	d := newDrawing("f", 100, 50)
	drawDots(draw.New(d), []vg.Point{{X: 20, Y: 10}}, color.NRGBA{0x00, 0x9E, 0x73, 0x80}, 5, disc)
	writeText(draw.New(d), sans(8, true), ink, vg.Point{X: 1, Y: 2}, left, baseline, `a<b & "c"`)
	for _, want := range []string{`M25 40A5 5 0 0 0 15 40A5 5 0 0 0 25 40Z`, `fill="#009e73" fill-opacity="0.5"`,
		`<text x="1" y="48" font-size="8" font-weight="bold" fill="#222222" class="f222222">a&lt;b &amp; &#34;c&#34;</text>`} {
		if !strings.Contains(d.body.String(), want) {
			t.Errorf("no %s in\n%s", want, d.body.String())
		}
	}
}

// Every figure's values lie where its series draw them, each series is a group with its name, and the page's copy is the
// file without what the page holds for all.
func TestSVGSeries(t *testing.T) {
	told := 0
	for set, in := range dataSets() {
		for _, f := range figures(in, nil) {
			svg, err := f.svg()
			if err != nil {
				t.Fatal(err)
			}
			drawn, raw := inline(svg)
			if bytes.Contains(drawn, []byte("<style>")) || bytes.Contains(drawn, []byte("<metadata>")) || !bytes.HasSuffix(drawn, []byte("</svg>\n")) {
				t.Fatalf("%s/%s: the page's copy holds too much", set, f.Name)
			}
			groups := groupsOf(t, drawn)
			var chart struct {
				Width, Height float64
				Panels        []struct {
					Box    [4]float64
					Series []struct {
						ID, Name string
						Points   [][]any
					}
				}
			}
			if raw == nil {
				continue
			}
			told++
			if err := json.Unmarshal(raw, &chart); err != nil {
				t.Fatalf("%s/%s: %v", set, f.Name, err)
			}
			for _, p := range chart.Panels {
				for _, s := range p.Series {
					if groups[s.ID] != s.Name {
						t.Errorf("%s/%s: the group %s is named %q, the series %q", set, f.Name, s.ID, groups[s.ID], s.Name)
					}
					for _, q := range s.Points {
						x, okX := q[0].(float64)
						y, okY := q[1].(float64)
						if !okX || !okY || x < 0 || x > chart.Width || y < 0 || y > chart.Height {
							t.Errorf("%s/%s: a value at %v", set, f.Name, q)
						}
					}
				}
			}
		}
	}
	if told < 20 {
		t.Errorf("only %d pictures tell their values", told)
	}
}

// groupsOf are the names of the groups of series, by id.
func groupsOf(t *testing.T, svg []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "g" {
			continue
		}
		a := map[string]string{}
		for _, at := range e.Attr {
			a[at.Name.Local] = at.Value
		}
		if a["class"] == "series" {
			if _, twice := out[a["id"]]; twice {
				t.Errorf("two groups are %s", a["id"])
			}
			out[a["id"]] = a["data-name"]
		}
	}
}

// What a series tells of a value is what the table of the picture holds.
func TestChartTellsTheTable(t *testing.T) {
	in := hiddenSweep(3)
	svg, err := named(t, in, "effect-hidden_size").svg()
	if err != nil {
		t.Fatal(err)
	}
	_, raw := inline(svg)
	for _, tr := range in.Trials {
		want := regexp.MustCompile(`"` + strconv.FormatFloat(*tr.Value, 'g', 6, 64) + `","trial ` + tr.Trial)
		if !want.Match(raw) {
			t.Errorf("the chart does not tell %s of trial %s", want, tr.Trial)
		}
	}
}

// On a dark screen everything that is drawn stands out, and colours that stand for values stay.
func TestDarkColors(t *testing.T) {
	for _, c := range append(seriesColors(7, false), seriesColors(6, true)...) {
		if got := contrast(dark(c), darkGround); got < leastContrast {
			t.Errorf("%v becomes %v, with a contrast of %.2f", c, dark(c), got)
		}
	}
	for _, c := range []color.NRGBA{ink, inkSoft} {
		if got := contrast(dark(c), darkGround); got < 4.5 {
			t.Errorf("text in %v: %.2f", c, got)
		}
	}
	svg, err := named(t, divergedSweep(), "heatmap-hidden_size-learning_rate").svg()
	if err != nil {
		t.Fatal(err)
	}
	rules := darkRules(".x ", colorClasses(svg))
	if !strings.Contains(rules, ".x .f222222{fill:#e6e6e6}") {
		t.Errorf("rules %s", rules)
	}
	if low := "440154"; strings.Contains(rules, low) || !bytes.Contains(svg, []byte(low)) {
		t.Errorf("the colour of the lowest value changes on a dark screen, or is not there")
	}
}

package reports

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// svg draws the figure as SVG: text as text, a title and a description for screen readers, a group with a name for each
// series, colours for dark screens, the places of the values for those who point at them, and the fingerprint.
func (f figure) svg() ([]byte, error) {
	l := f.layout()
	d := newDrawing(f.Name, l.width, l.height)
	canvas := draw.New(d)
	canvas.FillPolygon(white, []vg.Point{canvas.Min, {X: canvas.Max.X, Y: canvas.Min.Y}, canvas.Max, {X: canvas.Min.X, Y: canvas.Max.Y}})
	f.draw(canvas, l)
	chart, err := d.chart()
	if err != nil {
		return nil, fmt.Errorf("write svg: %w", err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg role="img" data-sweep="%s" xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s">
<title>%s</title>
<desc>%s</desc>
`, f.fingerprint(), short(l.width), short(l.height), short(l.width), short(l.height), xmlText(f.Title), xmlText(f.Alt))
	fmt.Fprintf(&out, "<style>@media (prefers-color-scheme:dark){%s}</style>\n", d.darkRules(""))
	if chart != nil {
		fmt.Fprintf(&out, "<metadata><![CDATA[%s]]></metadata>\n", chart) // JSON of Go's holds no bare ">"
	}
	out.WriteString("<g font-family=\"'Liberation Sans',Arimo,Arial,Helvetica,sans-serif\">\n")
	out.Write(d.body.Bytes())
	out.WriteString("</g>\n</svg>\n")
	return out.Bytes(), nil
}

// inline takes from an SVG that svg has written what a page that holds several has once for all or elsewhere: the dark
// colours and the places of the values, which it returns, nil if there are none.
func inline(svg []byte) (drawn, chart []byte) {
	cut := func(begin, end string) []byte {
		i := bytes.Index(svg, []byte(begin))
		if i < 0 {
			return nil
		}
		j := bytes.Index(svg[i:], []byte(end))
		if j < 0 {
			return nil
		}
		inner := svg[i+len(begin) : i+j]
		svg = append(append([]byte(nil), svg[:i]...), svg[i+j+len(end):]...)
		return inner
	}
	cut("<style>", "</style>\n")
	chart = cut("<metadata><![CDATA[", "]]></metadata>\n")
	return svg, chart
}

// drawing is a vg.Canvas that writes SVG. It keeps the transformation itself, so that every coordinate in the file is in
// points from the upper left corner, with a hundredth's precision, and shapes need no groups but those of the series.
type drawing struct {
	name   string
	height vg.Length
	width  vg.Length
	body   bytes.Buffer
	stack  []pen
	used   map[string]color.NRGBA // by class, those that a dark screen changes
	exact  bool                   // colours stand for values: no screen changes them
	traced tracing
}

// pen is what Push saves: style and transformation, x' = a x + c y + e and y' = b x + d y + f.
type pen struct {
	width            vg.Length
	dashes           []vg.Length
	offset           vg.Length
	color            color.NRGBA
	a, b, c, d, e, f float64
}

func newDrawing(name string, width, height vg.Length) *drawing {
	d := &drawing{name: name, width: width, height: height, used: map[string]color.NRGBA{}, stack: []pen{{a: 1, d: 1}}}
	vg.Initialize(d)
	return d
}

// Size implements vg.CanvasSizer.
func (d *drawing) Size() (w, h vg.Length) { return d.width, d.height }

func (d *drawing) pen() *pen { return &d.stack[len(d.stack)-1] }

// SetLineWidth implements vg.Canvas.
func (d *drawing) SetLineWidth(w vg.Length) { d.pen().width = w }

// SetLineDash implements vg.Canvas.
func (d *drawing) SetLineDash(pattern []vg.Length, offset vg.Length) {
	d.pen().dashes, d.pen().offset = pattern, offset
}

// SetColor implements vg.Canvas.
func (d *drawing) SetColor(c color.Color) {
	if c == nil {
		c = color.Black
	}
	d.pen().color, _ = color.NRGBAModel.Convert(c).(color.NRGBA)
}

// Rotate implements vg.Canvas.
func (d *drawing) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	p := d.pen()
	p.a, p.b, p.c, p.d = p.a*cos+p.c*sin, p.b*cos+p.d*sin, p.c*cos-p.a*sin, p.d*cos-p.b*sin
}

// Translate implements vg.Canvas.
func (d *drawing) Translate(pt vg.Point) {
	p := d.pen()
	x, y := float64(pt.X), float64(pt.Y)
	p.e, p.f = p.e+p.a*x+p.c*y, p.f+p.b*x+p.d*y
}

// Scale implements vg.Canvas.
func (d *drawing) Scale(x, y float64) {
	p := d.pen()
	p.a, p.b, p.c, p.d = p.a*x, p.b*x, p.c*y, p.d*y
}

// Push implements vg.Canvas.
func (d *drawing) Push() { d.stack = append(d.stack, *d.pen()) }

// Pop implements vg.Canvas.
func (d *drawing) Pop() { d.stack = d.stack[:len(d.stack)-1] }

// place is where a point lies in the file.
func (d *drawing) place(pt vg.Point) (x, y vg.Length) {
	p := d.pen()
	return vg.Length(p.a*float64(pt.X) + p.c*float64(pt.Y) + p.e), d.height - vg.Length(p.b*float64(pt.X)+p.d*float64(pt.Y)+p.f)
}

// Stroke implements vg.Canvas.
func (d *drawing) Stroke(path vg.Path) {
	p := d.pen()
	if p.width <= 0 || p.color.A == 0 {
		return
	}
	fmt.Fprintf(&d.body, `<path d="%s" fill="none"%s`, d.pathData(path), d.paint("stroke", p.color))
	if p.width != 1 {
		fmt.Fprintf(&d.body, ` stroke-width="%s"`, short(p.width))
	}
	if len(p.dashes) > 0 {
		var pattern []string
		for _, v := range p.dashes {
			pattern = append(pattern, short(v))
		}
		fmt.Fprintf(&d.body, ` stroke-dasharray="%s"`, strings.Join(pattern, " "))
		if p.offset != 0 {
			fmt.Fprintf(&d.body, ` stroke-dashoffset="%s"`, short(p.offset))
		}
	}
	d.body.WriteString("/>\n")
}

// Fill implements vg.Canvas.
func (d *drawing) Fill(path vg.Path) {
	if d.pen().color.A == 0 {
		return
	}
	fmt.Fprintf(&d.body, "<path d=\"%s\"%s/>\n", d.pathData(path), d.paint("fill", d.pen().color))
}

// FillString implements vg.Canvas. Text runs along the transformation's first axis.
func (d *drawing) FillString(f font.Face, pt vg.Point, text string) {
	if f.Font.Size <= 0 || text == "" {
		return
	}
	x, y := d.place(pt)
	fmt.Fprintf(&d.body, `<text x="%s" y="%s" font-size="%s"`, short(x), short(y), short(f.Font.Size))
	if f.Font.Weight >= xfont.WeightSemiBold {
		d.body.WriteString(` font-weight="bold"`)
	}
	p := d.pen()
	if angle := -math.Atan2(p.b, p.a) * 180 / math.Pi; angle != 0 {
		fmt.Fprintf(&d.body, ` transform="rotate(%s %s %s)"`, short(vg.Length(angle)), short(x), short(y))
	}
	fmt.Fprintf(&d.body, "%s>%s</text>\n", d.paint("fill", p.color), xmlText(text))
}

// DrawImage implements vg.Canvas.
func (d *drawing) DrawImage(rect vg.Rectangle, img image.Image) {
	var b bytes.Buffer
	if png.Encode(&b, img) != nil {
		return // an image without pixels
	}
	x, y := d.place(vg.Point{X: rect.Min.X, Y: rect.Max.Y})
	fmt.Fprintf(&d.body, "<image x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" href=\"data:image/png;base64,%s\"/>\n",
		short(x), short(y), short(rect.Size().X), short(rect.Size().Y), base64.StdEncoding.EncodeToString(b.Bytes()))
}

// paint is a colour as attributes: as it is, and a class by which a dark screen gives it another.
func (d *drawing) paint(what string, c color.NRGBA) string {
	hex := fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B)
	out := fmt.Sprintf(` %s="#%s"`, what, hex)
	if c.A < 0xFF {
		out += fmt.Sprintf(` %s-opacity="%s"`, what, short(vg.Length(c.A)/255))
	}
	c.A = 0xFF
	if dark(c) != c && !d.exact {
		class := what[:1] + hex
		d.used[class] = c
		out += ` class="` + class + `"`
	}
	return out
}

// pathData writes a path.
func (d *drawing) pathData(path vg.Path) string {
	var b []byte
	point := func(op byte, pts ...vg.Point) {
		b = append(b, op)
		for i, pt := range pts {
			if i > 0 {
				b = append(b, ' ')
			}
			x, y := d.place(pt)
			b = append(append(append(b, short(x)...), ' '), short(y)...)
		}
	}
	for _, c := range path {
		switch c.Type {
		case vg.MoveComp:
			point('M', c.Pos)
		case vg.LineComp:
			point('L', c.Pos)
		case vg.CurveComp:
			op := byte('C')
			if len(c.Control) == 1 {
				op = 'Q'
			}
			point(op, append(append([]vg.Point(nil), c.Control...), c.Pos)...)
		case vg.ArcComp:
			b = d.arc(b, c)
		case vg.CloseComp:
			b = append(b, 'Z')
		}
	}
	return string(b)
}

// arc adds an arc, a full circle in two halves, which begins where the path has come to.
func (d *drawing) arc(b []byte, c vg.PathComp) []byte {
	p := d.pen()
	r := short(c.Radius * vg.Length(math.Sqrt(math.Abs(p.a*p.d-p.b*p.c))))
	halves := 1
	if math.Abs(c.Angle) > math.Pi {
		halves = 2
	}
	step := c.Angle / float64(halves)
	turn := "0" // the file's y runs downward: what turns left on the canvas is drawn against the clock
	if step < 0 {
		turn = "1"
	}
	for i := 1; i <= halves; i++ {
		sin, cos := math.Sincos(c.Start + step*float64(i))
		x, y := d.place(vg.Point{X: c.Pos.X + c.Radius*vg.Length(cos), Y: c.Pos.Y + c.Radius*vg.Length(sin)})
		b = fmt.Appendf(b, "A%s %s 0 0 %s %s %s", r, r, turn, short(x), short(y))
	}
	return b
}

// short writes a length with two decimals at most.
func short(v vg.Length) string {
	s := strconv.FormatFloat(float64(v), 'f', 2, 64)
	s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// xmlText escapes a text for XML and leaves out what XML 1.0 cannot hold.
func xmlText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return xmlEscape.Replace(s)
}

var xmlEscape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

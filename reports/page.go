package reports

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"
)

//go:embed page.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// How large the page and its parts may be, bytes. The page has to stay under five megabytes.
const (
	pageBudget  = 4_500_000
	svgInline   = 450_000 // larger drawings stand as PNG if that is smaller
	dataInline  = 120_000 // larger tables are linked as files
	mostTrials  = 2000    // rows of the table of trials
	mostConfigs = 1000
	mostBehind  = 50 // rows of a picture's table that stand under it
)

// page is what the template shows.
type page struct {
	Name, Question, Summary string
	CSS                     template.CSS
	Script                  template.JS
	Hash                    string // of the script, SHA-256 in base64
	Answer                  string
	Against                 []string // the comparison with the count models
	Facts                   []string
	Limits                  []string
	Chapters                []pageChapter
	Texts                   *pageTexts
	Configurations          pageTable
	Baselines               *pageTable
	Trials                  pageTable
	Failures                pageTable
	Statistics              []string
	Provenance              []pageFact
	Commands                []string
	Spec                    string
	Program                 string
}

type pageChapter struct {
	ID, Title, Intro string
	Pictures         []pagePicture
	Tables           []*pageTable
	Explorer         template.HTML // data for the script, like all islands; no element without it
}

// add puts a table after the pictures, if there is one.
func (c *pageChapter) add(t *pageTable) {
	if t != nil {
		c.Tables = append(c.Tables, t)
	}
}

// pagePicture is one picture: SVG in the page, or PNG, or neither if there is no room.
type pagePicture struct {
	Name, Title, Alt string
	SVG              template.HTML
	PNG              template.URL
	Data             template.URL // the CSV, empty if it is only linked
	Wide             bool         // scrolls on a narrow screen, so it can take the keyboard's focus
	Chart            template.HTML
	Behind           *pageTable // the first rows of what it was drawn from
}

type pageTable struct {
	ID      string // of the table element; "" where nothing refers to it
	Title   string
	Folded  bool
	Columns []pageColumn
	Rows    []pageRow
	Note    string
	Axes    []pageAxis    // parameters and the metric, as parallel coordinates show the rows
	Island  template.HTML // the rows' exact values for the script
}

type pageColumn struct {
	Name string
	Key  string // what a filter calls it; "": the name
	Text bool   // left, not right
	Wrap bool
}

type pageRow struct {
	Cells  []string
	Values []any // exact, for the script: a number, a string or nil. None, or as many as cells
	Best   bool
}

// add appends a cell with its exact value.
func (r *pageRow) add(cell string, value any) {
	r.Cells, r.Values = append(r.Cells, cell), append(r.Values, value)
}

type pageFact struct{ Name, Value string }

// chapters are the parts of the page in their order.
var chapters = [...]struct {
	chapter          chapter
	id, title, intro string
}{
	{chapterEffects, "effects", "What each parameter does", ""},
	{chapterDifferences, "differences", "Which differences are real", ""},
	{chapterCurves, "curves-chapter", "How the trainings went", ""},
	{chapterRun, "run", "How the sweep ran", ""},
	{chapterHeatmaps, "heatmaps", "Several parameters at once", ""},
	{chapterTogether, "together", "Network and counts together", ""},
	{chapterCost, "cost-chapter", "What quality costs", ""},
	{chapterEmbedding, "embeddings", "What became of the symbols", ""},
}

// scriptHash is what the page's policy lets run: its own script and no other.
func scriptHash() string {
	sum := sha256.Sum256([]byte(pageScript))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// makePage writes index.html. laid is the layout of the first embedding, nil without one. What the script shows stands
// in islands of JSON, and what a reader without script needs in the page itself.
func makePage(in Input, pictures []picture, laid *neighbourMap) ([]byte, error) {
	s := newStudyOf(in)
	p := page{
		Name: orUnnamed(in.Sweep.Sweep), CSS: template.CSS(pageStyle), Script: template.JS(pageScript), Hash: scriptHash(), // our own files
		Question: s.question(in), Summary: s.summary(in), Answer: s.answer(in), Against: s.against(), Facts: s.facts(in), Limits: s.limits(in),
		Configurations: s.configurationTable(), Trials: s.trialTable(in), Failures: s.failureTable(), Baselines: s.baselineTable(),
		Statistics: s.statistics(in), Provenance: s.provenanceFacts(in.Provenance, in.Sweep), Commands: s.commands(in), Spec: in.Provenance.SpecSource,
		Program: in.Provenance.Program,
	}
	p.Texts = s.texts(in.Texts)
	room := pageBudget - len(p.Spec) - len(pageStyle) - len(pageScript)
	for _, t := range []*pageTable{&p.Configurations, &p.Trials, &p.Failures} {
		t.Island = t.island()
		room -= t.size()
	}
	shown := map[string]*pagePicture{}
	var colors []string
	for _, q := range pictures {
		shown[q.Name] = q.inPage(&room)
		colors = append(colors, colorClasses([]byte(shown[q.Name].SVG))...)
	}
	p.CSS += template.CSS(darkPictures(colors)) // of hexadecimal digits
	for _, q := range pictures {
		q.behind(shown[q.Name], &room)
	}
	var explorer template.HTML
	es := usableEmbeddings(in.Embeddings)
	if len(es) > 0 {
		explorer = explorerOf(es[0], laid, &room)
	}
	for _, q := range pictures {
		q.attach(shown[q.Name], &room)
	}
	for _, c := range chapters {
		out := pageChapter{ID: c.id, Title: c.title, Intro: c.intro}
		for _, q := range pictures {
			if q.Chapter == c.chapter {
				out.Pictures = append(out.Pictures, *shown[q.Name])
			}
		}
		if c.chapter == chapterEmbedding && len(es) > 0 {
			out.add(neighborTable(es[0]))
			out.add(widthTable(in.ByWidth))
			out.Explorer = explorer
		}
		if c.chapter == chapterTogether {
			out.add(mixingTable(in.Together))
			out.add(s.gramTable(in.Together))
		}
		if len(out.Pictures) > 0 || len(out.Tables) > 0 {
			p.Chapters = append(p.Chapters, out)
		}
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD")), nil
}

// inPage chooses how a picture stands in the page, and takes what it needs from the room that is left.
func (p picture) inPage(room *int) *pagePicture {
	out := &pagePicture{Name: p.Name, Title: p.Title, Alt: p.Alt, Wide: true}
	svg, chart := inline(p.SVG)
	png := base64.StdEncoding.EncodedLen(len(p.PNG))
	switch {
	case len(svg) <= min(*room, svgInline), len(svg) <= *room && len(svg) <= png:
		out.SVG = template.HTML(svg) // drawn by svg, which escapes every text
		*room -= len(svg)
		if len(chart) > 0 && len(chart) <= *room {
			out.Chart = island("chart", "data-figure", p.Name, json.RawMessage(chart))
			*room -= len(out.Chart)
		}
	case png <= *room:
		out.PNG = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)) // base64
		*room -= png
	}
	return out
}

// darkPictures gives the drawings in the page the colours of a dark screen: where the system asks for it and where the
// reader does. Paper stays light.
func darkPictures(classes []string) string {
	slices.Sort(classes)
	classes = slices.Compact(classes)
	return "@media screen and (prefers-color-scheme: dark) {\n" + darkRules(`:root:not([data-theme="light"]) .picture `, classes) + "\n}\n" +
		"@media screen {\n" + darkRules(`:root[data-theme="dark"] .picture `, classes) + "\n}\n"
}

// behind puts the first rows of the picture's data under it.
func (p picture) behind(out *pagePicture, room *int) {
	t := behindTable(p.figure.Table)
	if n := t.size(); len(t.Rows) > 0 && n <= *room {
		out.Behind = &t
		*room -= n
	}
}

// attach makes the CSV part of the page, if it is small.
func (p picture) attach(out *pagePicture, room *int) {
	if n := base64.StdEncoding.EncodedLen(len(p.CSV)); n <= min(*room, dataInline) {
		out.Data = template.URL("data:text/csv;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(p.CSV)) // base64
		*room -= n
	}
}

func orUnnamed(name string) string {
	if name == "" {
		return "(without a name)"
	}
	return name
}

// columns names the columns of a table; a leading "<" stands for text, "<<" for text that wraps.
func columns(names ...string) []pageColumn {
	var out []pageColumn
	for _, n := range names {
		wrap := strings.HasPrefix(n, "<<")
		text := strings.HasPrefix(n, "<")
		out = append(out, pageColumn{Name: strings.TrimLeft(n, "<"), Text: text, Wrap: wrap})
	}
	return out
}

// visible shows white space in a symbol; browsers have glyphs for the rest.
func visible(s string) string {
	if strings.TrimSpace(s) == "" {
		return symbolLabel(s)
	}
	return s
}

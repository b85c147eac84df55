package reports

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
)

//go:embed page.tmpl
var pageSource string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// How large the page and its parts may be, bytes. The page has to stay under five megabytes.
const (
	pageBudget  = 4_500_000
	svgInline   = 450_000 // larger drawings stand as PNG if that is smaller
	dataInline  = 120_000 // larger tables are linked as files
	mostTrials  = 400     // rows of the table of trials
	mostConfigs = 200
)

// page is what the template shows.
type page struct {
	Name, Question, Summary string
	CSS                     template.CSS
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
}

type pageTable struct {
	Title   string
	Folded  bool
	Columns []pageColumn
	Rows    []pageRow
	Note    string
}

type pageColumn struct {
	Name string
	Text bool // left, not right
	Wrap bool
}

type pageRow struct {
	Cells []string
	Best  bool
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

// makePage writes index.html.
func makePage(in Input, pictures []picture) ([]byte, error) {
	s := newStudyOf(in)
	p := page{
		Name: orUnnamed(in.Sweep.Sweep), CSS: template.CSS(pageStyle), // our own file
		Question: s.question(in), Summary: s.summary(in), Answer: s.answer(in), Against: s.against(), Facts: s.facts(in), Limits: s.limits(in),
		Configurations: s.configurationTable(), Trials: s.trialTable(in), Failures: s.failureTable(), Baselines: s.baselineTable(),
		Statistics: s.statistics(in), Provenance: s.provenanceFacts(in.Provenance, in.Sweep), Commands: s.commands(in), Spec: in.Provenance.SpecSource,
		Program: in.Provenance.Program,
	}
	room := pageBudget - len(p.Spec) - 2_000*min(len(in.Trials), mostTrials)/8
	shown := map[string]pagePicture{}
	for _, q := range pictures {
		shown[q.Name] = q.inPage(&room)
	}
	for _, c := range chapters {
		out := pageChapter{ID: c.id, Title: c.title, Intro: c.intro}
		for _, q := range pictures {
			if q.Chapter == c.chapter {
				out.Pictures = append(out.Pictures, shown[q.Name])
			}
		}
		if es := usableEmbeddings(in.Embeddings); c.chapter == chapterEmbedding && len(es) > 0 {
			out.add(neighborTable(es[0]))
			out.add(widthTable(in.ByWidth))
		}
		if c.chapter == chapterTogether {
			out.add(mixingTable(in.Together))
			out.add(s.gramTable(in.Together))
		}
		if len(out.Pictures) > 0 || len(out.Tables) > 0 {
			p.Chapters = append(p.Chapters, out)
		}
	}
	p.Texts = s.texts(in.Texts)
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("write page: %w", err)
	}
	return bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD")), nil
}

// inPage chooses how a picture stands in the page, and takes what it needs from the room that is left.
func (p picture) inPage(room *int) pagePicture {
	out := pagePicture{Name: p.Name, Title: p.Title, Alt: p.Alt, Wide: true}
	png := base64.StdEncoding.EncodedLen(len(p.PNG))
	switch {
	case len(p.SVG) <= min(*room, svgInline), len(p.SVG) <= *room && len(p.SVG) <= png:
		out.SVG = template.HTML(p.SVG) // drawn by svg, which escapes every text
		*room -= len(p.SVG)
	case png <= *room:
		out.PNG = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)) // base64
		*room -= png
	}
	if n := base64.StdEncoding.EncodedLen(len(p.CSV)); n <= min(*room, dataInline) {
		out.Data = template.URL("data:text/csv;charset=utf-8;base64," + base64.StdEncoding.EncodeToString(p.CSV)) // base64
		*room -= n
	}
	return out
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

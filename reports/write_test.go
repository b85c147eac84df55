package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"image"
	_ "image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sweep/results"
)

func write(t *testing.T, dir string, in Input) Written {
	t.Helper()
	w, err := Write(t.Context(), dir, in)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Every data set gives files that are what they claim to be, and nothing else lies in the folder.
func TestWrite(t *testing.T) {
	for name, in := range dataSets() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "reports", name)
			w := write(t, dir, in)
			if w.Page != filepath.Join(dir, "index.html") || len(w.Files) != 3*len(w.Pictures)+1 {
				t.Errorf("%d files, %d pictures", len(w.Files), len(w.Pictures))
			}
			var want []string
			for _, f := range w.Files {
				want = append(want, filepath.Base(f))
			}
			slices.Sort(want)
			if d := cmp.Diff(want, list(t, dir)); d != "" {
				t.Errorf("files (-want +got)\n%s", d)
			}
			for _, f := range w.Files {
				data, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				switch filepath.Ext(f) {
				case ".png":
					checkPNG(t, f, data)
				case ".svg":
					checkSVG(t, f, data)
				case ".csv":
					checkCSV(t, f, data)
				case ".html":
					checkPage(t, data)
				}
			}
		})
	}
}

func list(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func checkPNG(t *testing.T, name string, data []byte) {
	t.Helper()
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if want := int(math.Round(figureWidth / 72.0 * pngDPI)); c.Width != want || c.Height < 200 {
		t.Errorf("%s is %d x %d, want a width of %d", name, c.Width, c.Height, want)
	}
}

func checkSVG(t *testing.T, name string, data []byte) {
	t.Helper()
	elements := map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			elements[e.Name.Local]++
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s: <%s %s=%q>", name, e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
	if elements["text"] == 0 || elements["title"] != elements["g"] /* of all, and of each series */ || elements["desc"] != 1 || elements["script"] != 0 || elements["svg"] != 1 {
		t.Errorf("%s holds %v", name, elements)
	}
}

func checkCSV(t *testing.T, name string, data []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll() // refuses rows of unequal length
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	number := regexp.MustCompile(`^-?[0-9.]+(e[-+]?[0-9]+)?$`)
	for _, r := range rows {
		for _, c := range r {
			if c != "" && strings.ContainsAny(c[:1], "=+-@") && !number.MatchString(c) {
				t.Errorf("%s: a spreadsheet takes %q for a formula", name, c)
			}
		}
	}
}

// The page stands by itself: no script but its own, which its policy names by hash, and islands that are JSON; nothing
// from the network, alternatives for the pictures, headings in order.
func checkPage(t *testing.T, data []byte) {
	t.Helper()
	page := string(data)
	scripts := regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`)
	own := 0
	for _, m := range scripts.FindAllStringSubmatch(page, -1) {
		if strings.Contains(m[1], `type="application/json"`) {
			if !json.Valid([]byte(m[2])) {
				t.Errorf("<script%s> is not JSON: %.200s", m[1], m[2])
			}
			continue
		}
		own++
		sum := sha256.Sum256([]byte(m[2]))
		if want := "script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(html.UnescapeString(page), want) {
			t.Errorf("the policy does not let the script run: it is %s", want)
		}
	}
	if own != 1 {
		t.Errorf("%d scripts", own)
	}
	page = scripts.ReplaceAllString(page, "")
	if len(data) > 5_000_000 {
		t.Errorf("the page has %d bytes", len(data))
	}
	for _, must := range []string{`<!doctype html>`, `lang="en"`, `Content-Security-Policy" content="default-src 'none'`, `<h1>`, `id="configurations"`, `id="trials"`,
		`id="failures"`, `id="statistics"`, `id="again"`, `on one fixed split`, `never used to choose`, `prefers-color-scheme: dark`, `@media print`} {
		if !strings.Contains(page, must) {
			t.Errorf("the page lacks %s", must)
		}
	}
	for _, forbidden := range []string{"<script", "<link", "<iframe", "url(", "@import", "ZgotmplZ", "onload=", "<b>large"} {
		if i := strings.Index(page, forbidden); i >= 0 {
			t.Errorf("the page holds %q: %s", forbidden, page[i:min(i+80, len(page))])
		}
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "data:") && !strings.HasPrefix(m[1], "#") && strings.ContainsAny(m[1], ":/") {
			t.Errorf("the page refers to %.80s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("the link #%s leads nowhere", m[1])
		}
	}
	figures := strings.Count(page, "<figure ")
	if got := strings.Count(page, `<svg role="img"`) + strings.Count(page, "<img src="); got != figures || figures == 0 {
		t.Errorf("%d figures hold %d pictures", figures, got)
	}
	if got := strings.Count(page, ">Data (CSV)</a>"); got != figures {
		t.Errorf("%d figures have %d links to data", figures, got)
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements have the id %s", m[1])
		}
		ids[m[1]] = true
	}
	level := 0
	for _, m := range regexp.MustCompile(`<h([1-6])[ >]`).FindAllStringSubmatch(page, -1) {
		if l := int(m[1][0] - '0'); l > level+1 {
			t.Errorf("a heading of level %d follows one of level %d", l, level)
		} else {
			level = l
		}
	}
	d := xml.NewDecoder(strings.NewReader(page)) // loosely: the elements are balanced
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Errorf("the page's markup: %v", err)
			break
		}
	}
}

// stamp sets the times of all files back and returns a function that lists those written since.
func stamp(t *testing.T, dir string) func() []string {
	t.Helper()
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, f := range list(t, dir) {
		if err := os.Chtimes(filepath.Join(dir, f), old, old); err != nil {
			t.Fatal(err)
		}
	}
	return func() (out []string) {
		for _, f := range list(t, dir) {
			i, err := os.Stat(filepath.Join(dir, f))
			if err != nil {
				t.Fatal(err)
			}
			if !i.ModTime().Equal(old) {
				out = append(out, f)
			}
		}
		return out
	}
}

func TestOnlyWhatChangedIsDrawn(t *testing.T) {
	dir := t.TempDir()
	in := hiddenSweep(3)
	first := write(t, dir, in)
	if len(first.Drawn) != 4 {
		t.Errorf("drawn at first: %v", first.Drawn)
	}

	changed := stamp(t, dir)
	if w := write(t, dir, in); len(w.Drawn) != 0 || len(changed()) != 0 || !slices.Equal(w.Files, first.Files) {
		t.Errorf("nothing changed, but drawn %v, written %v", w.Drawn, changed())
	}

	in.Provenance.At = "2027-01-01T00:00:00Z" // shown on the page, in no picture
	if w := write(t, dir, in); len(w.Drawn) != 0 {
		t.Errorf("the time of the run redraws %v", w.Drawn)
	}
	if d := cmp.Diff([]string{"index.html"}, changed()); d != "" {
		t.Errorf("written (-want +got)\n%s", d)
	}

	changed = stamp(t, dir)
	in.Points[4].Value = point(150) // one point of one curve
	if w := write(t, dir, in); !slices.Equal(w.Drawn, []string{"curves"}) {
		t.Errorf("a changed point redraws %v", w.Drawn)
	}
	if d := cmp.Diff([]string{"curves.csv", "curves.png", "curves.svg", "index.html"}, changed()); d != "" {
		t.Errorf("written (-want +got)\n%s", d)
	}

	for _, f := range []string{"cost.png", "cost.csv", "cost.svg"} { // missing, cut short, somebody else's
		if err := os.Remove(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
		if w := write(t, dir, in); !slices.Equal(w.Drawn, []string{"cost"}) {
			t.Errorf("without %s: drawn %v", f, w.Drawn)
		}
		data, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f), data[:len(data)/2], 0o644); err != nil {
			t.Fatal(err)
		}
		if w := write(t, dir, in); !slices.Equal(w.Drawn, []string{"cost"}) {
			t.Errorf("with half of %s: drawn %v", f, w.Drawn)
		}
		if got, err := os.ReadFile(filepath.Join(dir, f)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s is not whole again", f)
		}
	}
}

// An edited sweep leaves no picture of what it no longer varies; what is not ours stays.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, rateGrid(1))
	for _, f := range []string{"mine.svg", "mine.png", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("<svg></svg>"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, hiddenSweep(1))
	want := []string{"cost.csv", "cost.png", "cost.svg", "curves.csv", "curves.png", "curves.svg", "difference.csv", "difference.png", "difference.svg",
		"effect-hidden_size.csv", "effect-hidden_size.png", "effect-hidden_size.svg", "index.html", "mine.png", "mine.svg", "notes.txt"}
	if d := cmp.Diff(want, list(t, dir)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWriteFails(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := Write(ctx, t.TempDir(), hiddenSweep(1)); !errors.Is(err, stop) {
		t.Errorf("cancelled: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), filepath.Join(file, "reports"), Input{}); err == nil {
		t.Error("a report below a file was written")
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "curves.png", "x"), 0o755); err != nil { // cannot be replaced
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), dir, hiddenSweep(1)); err == nil {
		t.Error("a folder in the place of a picture goes unnoticed")
	}
	for _, f := range list(t, dir) {
		if strings.HasPrefix(f, ".") {
			t.Errorf("%s is left behind", f)
		}
	}
}

// Names that a file system or another parameter's name would clash with.
func TestFileNames(t *testing.T) {
	in := sweepOf("odd", "val/loss", []string{"a/b", "a b", "../x"}, 1, 0.1, []plan{
		{`{"a/b":1,"a b":1,"../x":1}`, 1, 1, 1, nil}, {`{"a/b":2,"a b":1,"../x":1}`, 2, 1, 1, nil}, {`{"a/b":1,"a b":2,"../x":1}`, 3, 1, 1, nil}, {`{"a/b":1,"a b":1,"../x":2}`, 4, 1, 1, nil}})
	dir := t.TempDir()
	w := write(t, dir, in)
	var got []string
	for _, p := range w.Pictures[:3] {
		got = append(got, filepath.Base(p))
	}
	if d := cmp.Diff([]string{"effect-a_b.png", "effect-a_b_.png", "effect-_x.png"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// The page of 17,000 words stays small, and its components are computed from all of them.
func TestLargeVocabulary(t *testing.T) {
	in := hiddenSweep(3)
	in.Embeddings = []Embedding{words(17000, 30)}
	dir := t.TempDir()
	write(t, dir, in)
	data, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, data)
	rows, err := os.ReadFile(filepath.Join(dir, "embedding.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Count(rows, []byte("\n")); got != 17001 {
		t.Errorf("the table of the map has %d lines", got)
	}
}

// A picture for which there is no room in the page is linked.
func TestPageBudget(t *testing.T) {
	p := picture{figure: figure{Name: "x", Title: "title"}, SVG: make([]byte, 500_000), PNG: make([]byte, 100_000), CSV: make([]byte, 10)}
	inPage := func(room *int) *pagePicture {
		out := p.inPage(room)
		p.behind(out, room)
		p.attach(out, room)
		return out
	}
	room := 1_000_000
	if got := inPage(&room); got.SVG != "" || got.PNG == "" || got.Data == "" {
		t.Error("of a large drawing the smaller PNG stands in the page")
	}
	p.SVG = p.SVG[:1000]
	if got := inPage(&room); got.SVG == "" || got.PNG != "" {
		t.Error("a small drawing stands in the page as SVG")
	}
	room = 900
	if got := inPage(&room); got.SVG != "" || got.PNG != "" {
		t.Error("there was no room")
	}
	p.CSV = make([]byte, 200_000)
	room = 4_000_000
	if got := inPage(&room); got.Data != "" {
		t.Error("a large table stands in the page")
	}
}

func TestHonestComparison(t *testing.T) {
	first := func(in Input) string {
		if a := newStudyOf(in).against(); len(a) > 0 {
			return a[0]
		}
		return ""
	}
	in := hiddenSweep(3)
	mean := *in.Configurations[1].Mean
	m := newMetric("val/perplexity", "minimize")
	if got, want := first(in), "The network does not win: the best count model on this text, Kneser-Ney 5-gram, reaches 122.0, the network "+m.format(mean); !strings.HasPrefix(got, want) {
		t.Errorf("got %q", got)
	}
	in.Baselines = in.Baselines[:2]
	if got, want := first(in), "The network wins: "+m.format(mean)+" against 476.0 of unigram"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q", got)
	}
	in.Baselines = []results.Baseline{{Model: "kneser-ney", OrderN: 4, ValPerplexity: point(mean + 0.1)}}
	if got, want := first(in), "The network ("+m.format(mean); !strings.HasPrefix(got, want) || !strings.Contains(got, "cannot be told from") {
		t.Errorf("got %q", got)
	}
	in.Baselines = nil
	if got := first(in); got != "" {
		t.Errorf("without baselines: %q", got)
	}
	rest := newStudyOf(hiddenSweep(3)).against()[1]
	if !strings.Contains(rest, "Kneser-Ney 4-gram (123.0; the same context) it is 8.") || !strings.Contains(rest, "unigram (476.0) it is 72 % better") {
		t.Errorf("got %q", rest)
	}
}

func TestPageSays(t *testing.T) {
	in := divergedSweep()
	in.Answer.Notes = []string{"a note that limits"}
	in.Notes = []string{"a further claim"}
	in.Baselines = gostdBaselines()
	p, err := makePage(in, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"How large should the hidden layer be?", in.Answer.Sentence, "a note that limits", "a further claim", "val/accuracy would choose hidden_size = 200.",
		"loss is NaN at step 812", "open &lt;model&gt;: no space left on device", "1 of 3 diverged, not ranked", "sweep run sweeps/diverged.yaml", "sweep report diverged",
		"go1.26", "avx512", "0123456789abcdef", "name: diverged", "Kneser-Ney 5-gram", "interpolated 4-gram", "Hsu", "On the test part, for what validation chose: perplexity"} {
		if !strings.Contains(string(p), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// The network's own order is compared with also where the spec leaves context_length to the trainer's default.
func TestOwnOrder(t *testing.T) {
	with := func(context string, order int) Input {
		in := hiddenSweep(3)
		in.OwnOrder = order
		for i := range in.Configurations {
			in.Configurations[i].Params = json.RawMessage(strings.Replace(string(in.Configurations[i].Params), `"context_length":3,`, context, 1))
		}
		return in
	}
	swept := hiddenSweep(3)
	swept.OwnOrder = 0
	for i := range swept.Configurations {
		c := &swept.Configurations[i]
		c.Params = json.RawMessage(strings.Replace(string(c.Params), `"context_length":3`, `"context_length":`+string(rune('1'+i)), 1))
	}
	kn4, kn5 := "Kneser-Ney 4-gram", "Kneser-Ney 5-gram"
	for _, tt := range []struct {
		name  string
		in    Input
		drawn []string // of the Kneser-Ney models
		same  string   // compared as of the same context
	}{
		{"default", with("", 4), []string{kn5, kn4}, kn4},
		{"given", with(`"context_length":3,`, 4), []string{kn5, kn4}, kn4},
		{"bigram", with("", 3), []string{kn5, "Kneser-Ney 3-gram"}, "Kneser-Ney 3-gram"},
		{"longest", with(`"context_length":4,`, 5), []string{kn5}, ""}, // it is the best already
		{"unknown", with("", 0), []string{kn5, kn4, "Kneser-Ney 3-gram"}, ""},
		{"swept, the best with 2", swept, []string{kn5, kn4, "Kneser-Ney 3-gram"}, "Kneser-Ney 3-gram"},
	} {
		s := newStudyOf(tt.in)
		var drawn []string
		for _, r := range s.references() {
			if r.model == "kneser-ney" {
				drawn = append(drawn, r.label)
			}
		}
		if d := cmp.Diff(tt.drawn, drawn); d != "" {
			t.Errorf("%s: drawn (-want +got)\n%s", tt.name, d)
		}
		same := ""
		if _, after, ok := strings.Cut(s.against()[1], "ainst Kneser-Ney"); ok {
			if label, _, ok := strings.Cut(after, " ("); ok && strings.Contains(after, "; the same context)") {
				same = "Kneser-Ney" + label
			}
		}
		if same != tt.same {
			t.Errorf("%s: %q has the same context, want %q", tt.name, same, tt.same)
		}
	}
	// An order that ends at 5 is not the same context for a network that sees more.
	long := with(`"context_length":8,`, 5)
	long.Baselines = append(long.Baselines, results.Baseline{Model: "interpolated", OrderN: 5, ValPerplexity: point(100)})
	if got := newStudyOf(long).against()[1]; !strings.Contains(got, kn5) || strings.Contains(got, "the same context") {
		t.Errorf("a context of 8: %q", got)
	}
}

// comparison is what nobody may say of figures that do not mean the same.
var comparison = regexp.MustCompile(`(?i)kneser|unigram|\bbest\b|lowest|highest|wins|Pareto|would choose|told apart|not told|count models?\b|same seed|Averaged`)

func checkUncompared(t *testing.T, f figure) {
	t.Helper()
	words := append([]string{f.Title, f.Alt}, f.Caption...)
	for _, l := range f.Legend {
		words = append(words, l.Text)
	}
	for _, p := range f.Panels {
		for _, l := range layers[endLabels](p) {
			for _, e := range l.Labels {
				words = append(words, e.Text)
			}
		}
		if len(layers[rule](p)) > 0 {
			t.Errorf("%s draws a baseline", f.Name)
		}
	}
	got := strings.Join(words, " ")
	if m := comparison.FindString(got); m != "" {
		t.Errorf("%s says %q: %q", f.Name, m, got)
	}
}

// Where figures do not mean the same nothing is compared, and the report says why.
func TestMixed(t *testing.T) {
	in := mixedSweep()
	// What the caller should not have given is not shown either.
	in.Baselines, in.OwnOrder = gostdBaselines(), 4
	in.Answer.OtherMetrics, in.Answer.DetectablePercent = []string{"val/accuracy would choose another."}, point(0.8)
	one := 1
	in.Configurations[2].Rank, in.Configurations[2].Best, in.Configurations[2].TiedWithBest = &one, true, true
	in.Answer.BestTrial = in.Trials[0].Trial
	const why = "The configurations are of different texts, splits or vocabularies, across which validation perplexity does not mean the same: none is ranked, and count-based baselines are left out."
	var names []string
	for _, f := range figures(in, nil) {
		names = append(names, f.Name)
		if got := strings.Join(f.Caption, " "); !strings.Contains(got, why) {
			t.Errorf("%s does not say why: %q", f.Name, got)
		}
		checkUncompared(t, f)
		csv, err := f.Table.csv()
		if err != nil || bytes.Contains(csv, []byte("Kneser-Ney")) {
			t.Errorf("%s: the data hold baselines, %v", f.Name, err)
		}
	}
	if d := cmp.Diff([]string{"effect-vocab_size", "effect-hidden_size", "curves", "heatmap-vocab_size-hidden_size", "cost"}, names); d != "" {
		t.Errorf("figures (-want +got)\n%s", d)
	}
	if got := newStudyOf(in).front(func(c config) float64 { return c.seconds }); got != nil {
		t.Errorf("%v are cheaper or better than the rest", got)
	}
	data, err := makePage(in, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	body := string(data[bytes.Index(data, []byte("<body>")):bytes.LastIndex(data, []byte("<script>"))])
	for _, want := range []string{why, in.Answer.Sentence, "What validation perplexity goes with each vocab_size and hidden_size?", "not ranked: another text or vocabulary", "Vocabulary of the first trial"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	body = strings.ReplaceAll(body, "sweep best mixed", "") // a command
	if m := comparison.FindString(body); m != "" {
		i := strings.Index(body, m)
		t.Errorf("the page says %q: %s", m, body[max(0, i-60):i+60])
	}
}

// With more dimensions, too; and the average over one that may be the text means nothing.
func TestMixedOfManyDimensions(t *testing.T) {
	for _, in := range []Input{cube(1), cube(3), fourDimensions(), randomSweep(), divergedSweep()} {
		in.Mixed = true
		for _, f := range figures(in, nil) {
			checkUncompared(t, f)
			if f.Name == "cost" && len(in.Configurations) > 12 && strings.Contains(f.Legend[0].Text, "interval") {
				t.Errorf("%s: the legend has intervals, the picture none", in.Sweep.Sweep)
			}
			if strings.HasPrefix(f.Name, "heatmap") && in.Sweep.Sweep != "diverged" {
				t.Errorf("%s: %s is drawn", in.Sweep.Sweep, f.Name)
			}
		}
	}
}

// A sweep of texts has no one text to name below its pictures.
func TestSourceOfSeveralTexts(t *testing.T) {
	in := sweepOf("texts", "val/loss", []string{"corpus"}, 2, 0.1, []plan{{`{"corpus":"gostd"}`, 4, 1, 1, nil}, {`{"corpus":"names"}`, 2, 1, 1, nil}})
	in.Mixed = true
	if got, want := newStudyOf(in).source(), "Sweep texts."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Seconds are the mean of the complete trials, on the page and in the picture.
func TestSecondsOfCompleteTrials(t *testing.T) {
	in := sweepOf("seconds", "val/perplexity", []string{"hidden_size"}, 5, 0.1, []plan{
		{`{"hidden_size":50}`, 100, 1000, 1, []string{"complete", "complete", "stopped", "failed", "running"}},
		{`{"hidden_size":100}`, 90, 2000, 1, []string{"diverged", "failed", "stopped", "waiting", "running"}}})
	for i := range in.Trials {
		in.Trials[i].Seconds = []float64{10, 20, 1000, 2000, 3000}[i%5]
	}
	s := newStudyOf(in)
	if k := s.configs; k[0].seconds != 15 || !math.IsNaN(k[1].seconds) {
		t.Errorf("got %g and %g, want 15 and none", k[0].seconds, k[1].seconds)
	}
	var cells []string
	for _, r := range s.configurationTable().Rows {
		cells = append(cells, r.Cells[len(r.Cells)-2])
	}
	if d := cmp.Diff([]string{"15.0", "–"}, cells); d != "" {
		t.Errorf("the page's table (-want +got)\n%s", d)
	}
	if facts := s.facts(in); !strings.Contains(facts[0], "15 s a training") {
		t.Errorf("the page says %q", facts[0])
	}
	f := named(t, in, "cost")
	p := f.Panels[1]
	if got := layers[dots](p)[0].Points; len(got) != 1 || got[0].X != 15 || !strings.Contains(p.X.Label, "complete trials") {
		t.Errorf("the picture has %v on %q", got, p.X.Label)
	}
	csv, err := f.Table.csv()
	if err != nil || !strings.Contains(string(csv), "hidden_size 50,1000,15,") {
		t.Errorf("the picture's data: %s, %v", csv, err)
	}
	// A training too short to be measured counts as well.
	in.Trials[0].Seconds = 0
	if got := newStudyOf(in).configs[0].seconds; got != 10 {
		t.Errorf("got %g, want the mean of 0 and 20", got)
	}
}

// Without a table C to draw there is no chapter of it, nor what an earlier report drew.
func TestNoEmptyChapter(t *testing.T) {
	nans := words(4, 3)
	for _, v := range nans.Vectors {
		v[0] = float32(nan)
	}
	dir := t.TempDir()
	in := hiddenSweep(1)
	for _, tt := range []struct {
		name string
		es   []Embedding
		want bool
	}{
		{"drawn", []Embedding{words(60, 8)}, true},
		{"none", nil, false},
		{"no symbols", []Embedding{{}}, false},
		{"no vectors", []Embedding{{Symbols: []string{"a", "b"}}}, false},
		{"nothing finite", []Embedding{nans}, false},
		{"the second is there", []Embedding{{}, words(60, 8)}, true},
	} {
		in.Embeddings = tt.es
		w := write(t, dir, in)
		page, err := os.ReadFile(w.Page)
		if err != nil {
			t.Fatal(err)
		}
		checkPage(t, page)
		for _, s := range []string{`<h2 id="embeddings">`, `href="#embeddings"`} {
			if got := strings.Contains(string(page), s); got != tt.want {
				t.Errorf("%s: %s is on the page: %v", tt.name, s, got)
			}
		}
		if got := slices.Contains(list(t, dir), "embedding.png"); got != tt.want {
			t.Errorf("%s: embedding.png lies there: %v", tt.name, got)
		}
		for chapter := range strings.SplitSeq(string(page), "<section>") {
			if strings.Contains(chapter, "<h2 ") && !regexp.MustCompile(`<figure|<table|<p>|<li>|<dl>`).MatchString(chapter) {
				t.Errorf("%s: an empty chapter: %s", tt.name, chapter)
			}
		}
	}
}

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{"sweeps/a.yaml": "sweeps/a.yaml", "it's": `'it'\''s'`, "": "''", "a b;rm": "'a b;rm'"} {
		if got := quoted(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// noPlace is an attribute with a coordinate that is none.
var noPlace = regexp.MustCompile(` (d|x|y|width|height|transform|stroke-width)="[^"]*(NaN|Inf)[^"]*"`)

// Random rows, however broken, never stop a report.
func TestNothingPanics(t *testing.T) {
	number := rapid.OneOf(rapid.Just((*float64)(nil)), rapid.Map(rapid.OneOf(rapid.Float64Range(-5, 500), rapid.Float64(), rapid.SampledFrom([]float64{nan, inf, -inf, 0})), func(v float64) *float64 { return &v }))
	rapid.Check(t, func(t *rapid.T) {
		in := Input{Sweep: results.Sweep{
			Sweep: rapid.String().Draw(t, "name"), Method: rapid.SampledFrom([]string{"", "grid", "random"}).Draw(t, "method"),
			Metric: rapid.SampledFrom([]string{"val/perplexity", "val/loss", "val/accuracy", "own", ""}).Draw(t, "metric"),
			Goal:   rapid.SampledFrom([]string{"minimize", "maximize"}).Draw(t, "goal"),
		}, Mixed: rapid.Bool().Draw(t, "mixed"), OwnOrder: rapid.IntRange(0, 5).Draw(t, "own order")}
		value := rapid.SampledFrom([]string{"1", "2", "0", "-3", "1e-300", "1e300", `"x"`, "true", "null", "[1]", "0.001", "0.1"})
		for i := range rapid.IntRange(0, 6).Draw(t, "configurations") {
			c := results.Configuration{
				Configuration: string(rune('a' + i)), N: rapid.IntRange(0, 3).Draw(t, "n"), Mean: number.Draw(t, "mean"), Low: number.Draw(t, "low"), High: number.Draw(t, "high"),
				Best: results.Flag(rapid.Bool().Draw(t, "best")), TiedWithBest: results.Flag(rapid.Bool().Draw(t, "tied")),
				Params: json.RawMessage(`{"p":` + value.Draw(t, "p") + `,"q":` + value.Draw(t, "q") + `,"context_length":` + value.Draw(t, "context") + `,"batch_size":` + value.Draw(t, "batch") + `}`),
			}
			if rapid.Bool().Draw(t, "ranked") {
				c.Rank = &i
			}
			in.Configurations = append(in.Configurations, c)
			for r := range rapid.IntRange(0, 3).Draw(t, "trials") {
				tr := results.Trial{Trial: c.Configuration + string(rune('0'+r)), Configuration: c.Configuration, Replicate: r, Value: number.Draw(t, "value"),
					State: rapid.SampledFrom([]string{"complete", "diverged", "failed", "waiting", "stopped", "running"}).Draw(t, "state"), Parameters: rapid.Int64Range(0, 1e7).Draw(t, "parameters"),
					Seconds: rapid.Float64().Draw(t, "seconds"), Steps: rapid.Int64().Draw(t, "steps"), TestPerplexity: number.Draw(t, "test"), ValAccuracy: number.Draw(t, "accuracy")}
				in.Trials = append(in.Trials, tr)
				for k := range rapid.IntRange(0, 3).Draw(t, "points") {
					in.Points = append(in.Points, results.Point{Trial: tr.Trial, Metric: rapid.SampledFrom([]string{in.Sweep.Metric, vowelMetric}).Draw(t, "point of"), Step: int64(k) * rapid.Int64Range(-2, 1e9).Draw(t, "step"), Value: number.Draw(t, "point")})
				}
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "baselines") {
			in.Baselines = append(in.Baselines, results.Baseline{Model: rapid.SampledFrom([]string{"uniform", "unigram", "kneser-ney", "add-k", "?"}).Draw(t, "model"), OrderN: rapid.IntRange(-1, 6).Draw(t, "order"),
				ValLoss: number.Draw(t, "loss"), ValPerplexity: number.Draw(t, "perplexity"), ValAccuracy: number.Draw(t, "acc"), Parameters: rapid.Int64().Draw(t, "counts")})
		}
		in.Answer = results.Answer{Method: rapid.SampledFrom([]string{"", "none", "blocks", "welch"}).Draw(t, "how"), Residual: number.Draw(t, "residual"), DF: number.Draw(t, "df"),
			Detectable: number.Draw(t, "detectable"), DetectablePercent: number.Draw(t, "percent")}
		m := rapid.IntRange(0, 4).Draw(t, "m")
		for range rapid.IntRange(0, 3).Draw(t, "embeddings") {
			e := Embedding{}
			for range rapid.IntRange(0, 7).Draw(t, "symbols") {
				e.Symbols = append(e.Symbols, rapid.String().Draw(t, "symbol"))
				v := rapid.SliceOfN(rapid.Float32(), m, m).Draw(t, "vector")
				if rapid.IntRange(0, 9).Draw(t, "ragged") == 0 {
					v = nil
				}
				e.Vectors = append(e.Vectors, v)
			}
			in.Embeddings = append(in.Embeddings, e)
			in.ByWidth = append(in.ByWidth, e)
			x := Motion{Embedding: e, Total: rapid.Int64Range(-1, 5).Draw(t, "total")}
			for i := range rapid.Int64Range(0, 5).Draw(t, "tables") {
				x.Steps = append(x.Steps, i)
				table := slices.Clone(e.Vectors)
				if len(table) > 0 {
					table[0] = rapid.SliceOfN(rapid.Float32(), 0, 3).Draw(t, "moved")
				}
				x.Tables = append(x.Tables, table)
			}
			in.Motions = append(in.Motions, x)
		}
		if rapid.Bool().Draw(t, "texts") {
			in.Texts = &Texts{Count: rapid.IntRange(0, 2).Draw(t, "count"), Compared: rapid.Bool().Draw(t, "compared"), Texts: []Text{{Text: rapid.String().Draw(t, "text")}}}
		}
		if rapid.Bool().Draw(t, "related") {
			in.Related = &Related{Sweep: in.Sweep, Configurations: in.Configurations, Trials: in.Trials}
		}
		for _, tr := range in.Trials {
			in.Sessions = append(in.Sessions, results.Session{Trial: tr.Trial, Seconds: tr.Seconds, Outcome: rapid.SampledFrom([]string{"", "complete", "lost", "?"}).Draw(t, "outcome"),
				StartedAt: rapid.SampledFrom([]string{"", "2026-01-02T03:04:05Z", "2026-01-02T03:04:06.5Z", "1926-01-02T03:04:05Z"}).Draw(t, "started")})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "shares") {
			if i == 0 {
				in.Importance = &Importance{Partial: rapid.Bool().Draw(t, "partial")}
			}
			in.Importance.Shares = append(in.Importance.Shares, Share{Of: []string{rapid.String().Draw(t, "of")}, Value: rapid.Float64().Draw(t, "share"), Low: number.Draw(t, "low share"), High: number.Draw(t, "high share")})
		}
		var ps []picture
		for _, f := range figures(in, nil) {
			svg, err := f.svg()
			if err != nil {
				t.Fatal(err)
			}
			if at := noPlace.Find(svg); at != nil {
				t.Fatalf("%s draws at NaN: %s", f.Name, at)
			}
			if _, err := f.Table.csv(); err != nil {
				t.Fatal(err)
			}
			ps = append(ps, picture{figure: f, SVG: svg})
		}
		if _, err := makePage(in, ps, nil); err != nil {
			t.Fatal(err)
		}
	})
}

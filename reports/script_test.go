package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page in a browser: what its script adds, tried by real input, and what holds of the page with and without it.

// manyTrials is n trials of a random search over three parameters, some of them failed or diverged.
func manyTrials(n int) Input {
	rng := rand.New(rand.NewPCG(5, 5))
	var plans []plan
	for i := range n {
		h, rate, opt := 16+rng.IntN(500), math.Pow(10, -4+3*rng.Float64()), []string{"sgd", "adam", "momentum"}[rng.IntN(3)]
		p := plan{fmt.Sprintf(`{%s,"hidden_size":%d,"learning_rate":%g,"kind":%q}`, gostdFixed, h, rate, opt),
			100 + 20*math.Pow(math.Log10(rate)+2.5, 2) + 2000/float64(h) + rng.Float64(), int64(17000 * h), 1 + float64(h)/10, []string{"complete"}}
		switch i % 50 {
		case 7:
			p.states[0] = "diverged"
		case 9:
			p.states[0] = "failed"
		}
		plans = append(plans, p)
	}
	in := sweepOf("search", "val/perplexity", []string{"hidden_size", "learning_rate", "kind"}, 1, 0.5, plans)
	in.Sweep.Method = "random"
	in.Provenance.Description = "Which size, rate and optimiser suit this text?"
	in.Answer.BestTrial = in.Trials[3].Trial
	return in
}

// reportOf writes a report and returns its page.
func reportOf(t *testing.T, in Input) string {
	t.Helper()
	return write(t, t.TempDir(), in).Page
}

// withFigure adds a figure of two panels whose series and points are known.
func withFigure(t *testing.T, page string, series int) string {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var groups, islands [2][]string
	for p := range 2 {
		for s := range series {
			id, name := fmt.Sprintf("known-p%d-s%d", p, s), fmt.Sprintf("size = %d", 10*(s+1))
			var path, points []string
			for k := range 5 {
				x, y := 60+240*p+40*k, 40+10*s+15*k
				path = append(path, fmt.Sprintf("%d,%d", x, y))
				points = append(points, fmt.Sprintf(`[%d,%d,"%d","%d.5","trial%d%d"]`, x, y, k, s, s, k))
			}
			groups[p] = append(groups[p], fmt.Sprintf(`<g class="series" id="%s" data-name="%s"><title>%s</title><polyline points="%s" style="fill:none;stroke:#0072B2"/></g>`,
				id, name, name, strings.Join(path, " ")))
			islands[p] = append(islands[p], fmt.Sprintf(`{"id":"%s","name":"%s","points":[%s]}`, id, name, strings.Join(points, ",")))
		}
	}
	figure := `<figure id="known"><div class="picture drawn" tabindex="0"><svg role="img" width="548pt" height="400pt" viewBox="0 0 548 400" xmlns="http://www.w3.org/2000/svg"><title>Known</title><desc>Lines.</desc>` +
		strings.Join(append(groups[0], groups[1]...), "") + `</svg></div>
<script type="application/json" class="chart" data-figure="known">{"width":548,"height":400,"panels":[{"box":[50,30,230,300],"x":"step","y":"loss","series":[` +
		strings.Join(islands[0], ",") + `]},{"box":[290,30,470,300],"x":"seconds","y":"loss","series":[` + strings.Join(islands[1], ",") + `]}]}</script>
<figcaption>A figure of known points</figcaption></figure>`
	at := strings.Index(string(data), `<h2 id="configurations">`)
	at = strings.LastIndex(string(data)[:at], "<section>")
	out := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(out, []byte(string(data)[:at]+figure+string(data)[at:]), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// shownRows is the trials that the table shows, in its order.
const shownRows = `[...document.querySelectorAll('#table-trials tbody tr')]`

func TestChartInBrowser(t *testing.T) {
	browser := newBrowser(t)
	b := openPage(t, browser, withFigure(t, reportOf(t, hiddenSweep(1)), 3))
	const tip = `(document.querySelector('.tip').hidden ? null : document.querySelector('.tip').innerText)`
	const off = `[...document.querySelectorAll('#known .off')].map(e => e.id).join(' ')`
	b.want(tip, "null")
	// A place in the drawing's own units.
	at := func(x, y float64) (float64, float64) {
		o := b.box("#known svg")
		return o.Left + x*o.Width/548, o.Top + y*o.Height/400
	}
	b.move(at(142, 68)) // nearest to the third point of the first series, at 140,70
	b.want(tip, `"size = 10\nstep: 2\nloss: 0.5\ntrial02"`)
	b.want(`document.querySelector('#known .ring').getAttribute('cx')`, `"140"`)
	b.move(at(381, 81)) // of the second panel
	b.want(tip, `"size = 20\nseconds: 2\nloss: 1.5\ntrial12"`)
	b.move(at(500, 390))
	b.want(tip, "null")

	// The keyboard: along a series, to the next one, and aloud.
	b.eval(`document.querySelector('#known .picture').focus()`)
	b.keys(kb.ArrowRight)
	b.want(tip, `"size = 10\nstep: 0\nloss: 0.5\ntrial00"`)
	b.keys(kb.ArrowRight)
	b.keys(kb.ArrowDown)
	b.want(tip, `"size = 20\nstep: 1\nloss: 1.5\ntrial11"`)
	b.want(`document.querySelector('[aria-live]').textContent`, `"size = 20, step: 1, loss: 1.5, trial11"`)
	b.keys(kb.End)
	b.want(tip, `"size = 20\nseconds: 4\nloss: 1.5\ntrial14"`)
	b.keys(kb.Escape)
	b.want(tip, "null")

	// Series hide, in all panels at once, and are not found under the pointer then.
	button := func(n int) string { return fmt.Sprintf(`#known .legend button:nth-of-type(%d)`, n) }
	b.want(`[...document.querySelectorAll('#known .legend button')].map(e => e.innerText + (e.hidden ? ' (hidden)' : '')).join()`, `"size = 10,size = 20,size = 30,Show all (hidden)"`)
	b.click(button(1))
	b.want(off, `"known-p0-s0 known-p1-s0"`)
	b.want(`getComputedStyle(document.querySelector('#known-p0-s0')).display`, `"none"`)
	b.want(`document.querySelector('#known .legend button').getAttribute('aria-pressed')`, `"false"`)
	b.move(at(140, 69))
	b.want(tip, `"size = 20\nstep: 2\nloss: 1.5\ntrial12"`)
	b.eval(`document.querySelector('#known .legend button:nth-of-type(2)').focus()`)
	b.keys(" ")
	b.want(off, `"known-p0-s0 known-p0-s1 known-p1-s0 known-p1-s1"`)
	b.click(button(2), chromedp.ButtonModifiers(chromedp.ModifierShift))
	b.want(off, `"known-p0-s0 known-p0-s2 known-p1-s0 known-p1-s2"`)
	b.click(button(4)) // show all
	b.want(off, `""`)
	x, y := b.box(button(3)).middle()
	b.do(chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
	b.want(off, `"known-p0-s0 known-p0-s1 known-p1-s0 known-p1-s1"`)
	b.eval(`document.activeElement.blur()`)
	b.keys(kb.Escape)
	b.want(off, `""`)

	// Print shows what is hidden on the screen.
	b.click(button(1))
	b.look("dark", "print")
	b.want(`getComputedStyle(document.querySelector('#known-p0-s0')).display`, `"inline"`)
	b.want(`getComputedStyle(document.querySelector('#known .legend')).display`, `"none"`)
	b.clean()

	b = openPage(t, browser, withFigure(t, reportOf(t, hiddenSweep(1)), 14))
	b.write(`#known .legend input`, "= 1")
	b.want(`[...document.querySelectorAll('#known .legend [aria-pressed]:not([hidden])')].map(e => e.innerText).join()`, `"size = 10,size = 100,size = 110,size = 120,size = 130,size = 140"`)
	b.click(`#known .legend .plain`)
	b.want(`document.querySelectorAll('#known .off').length`, "16")
}

// What the script knows of the report's own figures is what the drawings show.
func TestFiguresInBrowser(t *testing.T) {
	browser := newBrowser(t)
	for _, name := range []string{"hidden", "search", "cube"} {
		in := dataSets()[name]
		in.Embeddings = []Embedding{letters(2, 1), letters(2, 2)}
		b := openPage(t, browser, reportOf(t, in))
		var figures []struct {
			Figure, Missing, Series, Buttons string
			X, Y, N                          float64
			Words                            string
		}
		b.into(`[...document.querySelectorAll('script.chart')].map(el => {
			const data = JSON.parse(el.textContent), figure = document.getElementById(el.dataset.figure), all = data.panels.flatMap(p => p.series), view = figure.querySelector('svg').viewBox.baseVal;
			const at = all.flatMap(s => s.points)[0] || [0, 0, ''];
			return {Figure: el.dataset.figure, Missing: all.filter(s => !document.getElementById(s.id)).map(s => s.id).join(' ') + (Math.abs(view.width - data.width) + Math.abs(view.height - data.height) < 0.01 ? '' : ' size'),
				Series: [...new Set(all.map(s => s.name))].join('|'), Buttons: [...figure.querySelectorAll('.legend button[aria-pressed]')].map(e => e.innerText).join('|'),
				X: at[0] / data.width, Y: at[1] / data.height, N: all.length, Words: at[2]};
		})`, &figures)
		if len(figures) < 3 {
			t.Errorf("%s: %d figures have values", name, len(figures))
		}
		for _, f := range figures {
			if f.Missing != "" {
				t.Errorf("%s, %s: %s", name, f.Figure, f.Missing)
			}
			if strings.Contains(f.Series, "|") != (f.Buttons != "") || f.Buttons != "" && strings.Count(f.Buttons, "|") != strings.Count(f.Series, "|") {
				t.Errorf("%s, %s: buttons %s for series %s", name, f.Figure, f.Buttons, f.Series)
			}
			o := b.box("#" + f.Figure + " svg")
			b.move(o.Left+f.X*o.Width, o.Top+f.Y*o.Height)
			var tip string
			b.into(`document.querySelector('.tip').hidden ? '' : document.querySelector('.tip').innerText`, &tip)
			if !strings.Contains(tip, ": "+f.Words+"\n") {
				t.Errorf("%s, %s: %q at a value of %s", name, f.Figure, tip, f.Words)
			}
		}
		// In the dark the drawings are dark, too, also where the reader has asked for it; on paper they are light.
		const paper = `getComputedStyle(document.querySelector('figure svg path')).fill`
		b.want(paper, `"rgb(255, 255, 255)"`)
		b.look("dark", "screen")
		b.want(paper, `"rgb(21, 24, 28)"`)
		b.look("dark", "print")
		b.want(paper, `"rgb(255, 255, 255)"`)
		b.look("light", "screen")
		b.click(`.controls button`)
		b.want(paper, `"rgb(21, 24, 28)"`)
		b.look("light", "print")
		b.want(paper, `"rgb(255, 255, 255)"`)
		b.look("light", "screen")
		b.click(`.controls button`)
		b.clean()
	}
}

func TestTableInBrowser(t *testing.T) {
	browser := newBrowser(t)
	in := manyTrials(60)
	b := openPage(t, browser, reportOf(t, in))
	column := func(key string) int {
		var n int
		b.into(`JSON.parse(document.querySelector('script.rows[data-table="table-trials"]').textContent).columns.findIndex(c => c.key === `+quote(key)+`)`, &n)
		if n < 0 {
			t.Fatalf("no column %s", key)
		}
		return n
	}
	cells := func(key string) string {
		return fmt.Sprintf(`%s.map(r => r.cells[%d].innerText)`, shownRows, column(key))
	}
	var before, got []string
	b.into(cells("trial"), &before)
	if len(before) != 60 {
		t.Fatalf("%d rows", len(before))
	}
	const bar = `document.querySelector('#table-trials').closest('section').querySelector('.tools [role=status]').textContent`
	b.want(`[...document.querySelectorAll('#trials ~ * .tools [role=status]')].map(e => e.textContent).join()`, `",60 rows,"`)

	// Sorting: ascending with what is missing last, descending with what is missing last, and as it was.
	head := fmt.Sprintf(`#table-trials th:nth-child(%d) button`, column("val/perplexity")+1)
	for _, down := range []bool{false, true} {
		b.click(head)
		b.into(cells("val/perplexity"), &got)
		missing := false
		for i := range got {
			missing = missing || got[i] == "–"
			if missing != (got[i] == "–") || i > 0 && !missing && got[i] != got[i-1] && (number(parse(t, got[i])) == "" || down == (parse(t, got[i]) > parse(t, got[i-1]))) {
				t.Fatalf("sorted (down: %v): %v", down, got)
			}
		}
		if !missing {
			t.Error("no value is missing")
		}
		b.want(`document.querySelectorAll('#table-trials [aria-sort]').length`, "1")
		b.want(`document.querySelector('#table-trials [aria-sort]').getAttribute('aria-sort')`, map[bool]string{false: `"ascending"`, true: `"descending"`}[down])
	}
	b.eval(`document.querySelector(` + quote(head) + `).focus()`)
	b.keys(kb.Enter)
	b.into(cells("trial"), &got)
	if strings.Join(got, " ") != strings.Join(before, " ") {
		t.Errorf("the third time: %v", got)
	}
	b.want(`document.querySelectorAll('#table-trials [aria-sort]').length`, "0")
	b.click(fmt.Sprintf(`#table-trials th:nth-child(%d) button`, column("hidden_size")+1))
	b.want(fmt.Sprintf(`%s.every((r, i, all) => i === 0 || Number(all[i-1].cells[%[2]d].innerText) <= Number(r.cells[%[2]d].innerText))`, shownRows, column("hidden_size")), "true")

	// Filters: conditions, texts, both; what cannot be read is said.
	field := `#table-trials`
	b.into(`(() => { document.querySelector('#table-trials').closest('section').querySelectorAll('.tools input[type=search]')[0].id = 'filter'; return '#filter' })()`, &field)
	good := func(want func(i int) bool) (n int) {
		for i := range in.Trials {
			if want(i) {
				n++
			}
		}
		return n
	}
	value := func(i int) float64 { return orNaN(in.Trials[i].Value) }
	param := func(i int, name string) float64 {
		for _, s := range settings(in.Trials[i].Params) {
			if s.name == name {
				return s.value.num
			}
		}
		return math.NaN()
	}
	kind := func(i int, name string) bool {
		return strings.Contains(string(in.Trials[i].Params), `"kind":"`+name+`"`)
	}
	for _, tt := range []struct {
		filter string
		want   int
	}{
		{"val/perplexity < 120", good(func(i int) bool { return value(i) < 120 })},
		{"val/perplexity<120 hidden_size >=100", good(func(i int) bool { return value(i) < 120 && param(i, "hidden_size") >= 100 })},
		{"state=diverged,failed", good(func(i int) bool { return in.Trials[i].State != "complete" })},
		{"state!=complete", good(func(i int) bool { return in.Trials[i].State != "complete" })},
		{"kind=ADAM learning_rate<1e-2", good(func(i int) bool { return kind(i, "adam") && param(i, "learning_rate") < 1e-2 })},
		{"kind~m", good(func(i int) bool { return !kind(i, "sgd") })},
		{`"validation accuracy" > 20%`, good(func(i int) bool { return orNaN(in.Trials[i].ValAccuracy) > 0.2 })},
		{"momentum", good(func(i int) bool { return kind(i, "momentum") })},
		{in.Trials[5].Trial, 1},
		{"val/perplexity <", 60},
		{"nothing like this", 0},
		{"", 60},
	} {
		b.write(field, tt.filter)
		b.frame()
		if got := b.eval(shownRows + ".length"); got != fmt.Sprint(tt.want) {
			t.Errorf("%s (in the field: %s): %s rows, want %d", tt.filter, b.eval("document.querySelector('#filter').value"), got, tt.want)
		}
	}
	b.write(field, "hiden_size < 5")
	b.want(`document.querySelector('[role=alert]:not([hidden])').textContent.slice(0, 31)`, `"No column is called hiden_size."`)
	b.want(`document.querySelector('#filter').getAttribute('aria-invalid')`, `"true"`)
	b.keys(kb.Escape)
	b.want(`document.querySelector('#filter').value`, `""`)
	b.want(shownRows+".length", "60")
	// Nothing that somebody writes is an exception.
	rng := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		text := ""
		for range rng.IntN(12) {
			text += []string{`"`, "<", "=", "!=", "~", " ", "state", "kind", "9", "e", "%", ",", "\\", "(", "é", "hidden_size"}[rng.IntN(16)]
		}
		b.eval(`(() => { const f = document.querySelector('#filter'); f.value = ` + quote(text) + `; f.dispatchEvent(new Event('input')); })()`)
	}
	b.write(field, "state=complete val/perplexity<110")

	// Columns, and what is copied: the rows and columns that are shown, exact.
	b.click(`.chooser summary`) // of the configurations
	b.click(`.chooser summary`)
	b.eval(`document.querySelector('#table-trials').closest('section').querySelector('.chooser').id = 'chooser'`)
	b.click(`#chooser summary`)
	b.click(`#chooser label:nth-child(2) input`)
	b.want(`[...document.querySelector('#table-trials tbody tr').cells].map(c => c.hidden).indexOf(true)`, "1")
	b.click(`#chooser summary`)
	b.eval(`(() => { window.copied = ''; navigator.clipboard.writeText = async (t) => { window.copied = t; }; })()`)
	b.eval(`[...document.querySelectorAll('#trials ~ * .tools button')].find(e => e.innerText === 'Copy as CSV').id = 'copy'`)
	b.click(`#copy`)
	var copied string
	b.into(`window.copied`, &copied)
	lines := strings.Split(strings.TrimSpace(copied), "\n")
	if n := good(func(i int) bool { return in.Trials[i].State == "complete" && value(i) < 110 }); len(lines) != n+1 || strings.Contains(lines[0], "hidden_size") || !strings.Contains(lines[0], "trial,learning_rate,kind,") {
		t.Errorf("copied %d rows of %d: %s", len(lines)-1, n, lines[0])
	}
	for _, tr := range in.Trials {
		if strings.Contains(copied, tr.Trial) && !strings.Contains(copied, ","+number(*tr.Value)+",") {
			t.Errorf("%s without its exact value %s", tr.Trial, number(*tr.Value))
		}
	}
	b.eval(`delete navigator.clipboard.writeText`)
	b.click(`#copy`) // for real
	b.want(bar+` !== undefined && [...document.querySelectorAll('#copy ~ [role=status]')].map(e => e.textContent).join()`, `"Copied."`)

	// Configurations sort as well.
	b.click(`#table-configurations th:nth-child(1) button`)
	b.want(`[...document.querySelectorAll('#table-configurations tbody tr')].slice(0, 3).map(r => r.cells[0].innerText).join()`, `"1,2,3"`)
	b.click(`#table-configurations th:nth-child(1) button`)
	b.want(`document.querySelector('#table-configurations tbody tr').cells[0].innerText === '1'`, "false")
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscan(strings.ReplaceAll(s, ",", ""), &v); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

// Pages of every kind are sound; so is any page that SWEEP_PAGES names.
func TestSoundInBrowser(t *testing.T) {
	browser := newBrowser(t)
	pages := map[string]string{}
	for _, name := range []string{"empty", "names", "cube", "diverged", "hostile"} {
		pages[name] = reportOf(t, dataSets()[name])
	}
	for _, page := range filepath.SplitList(os.Getenv("SWEEP_PAGES")) {
		pages[filepath.Base(filepath.Dir(page))+" as recorded"] = page
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			b := openPage(t, browser, page)
			b.want(`document.documentElement.dataset.ready`, `"true"`)
			b.audit()
			for _, scheme := range []string{"light", "dark"} {
				b.look(scheme, "screen")
				b.picture(name+"-"+scheme, true)
			}
		})
	}
}

func TestParallelInBrowser(t *testing.T) {
	browser := newBrowser(t)
	in := manyTrials(60)
	b := openPage(t, browser, reportOf(t, in))
	shown := func(want func(i int) bool) string {
		n := 0
		for i := range in.Trials {
			if want(i) {
				n++
			}
		}
		return fmt.Sprint(n)
	}
	param := func(i int, name string) value {
		for _, s := range settings(in.Trials[i].Params) {
			if s.name == name {
				return s.value
			}
		}
		return value{}
	}
	const names = `[...document.querySelectorAll('.stage .axis')].sort((a, b) => parseFloat(a.style.left) - parseFloat(b.style.left)).map(e => e.innerText).join()`
	b.want(names, `"hidden_size,learning_rate,kind,validation perplexity"`)
	handle := func(axis, end int) string {
		return fmt.Sprintf(`.parallel-axis:nth-of-type(%d) .handle:nth-of-type(%d)`, axis, end+1)
	}
	valuetext := func(axis, end int) string {
		return `document.querySelector(` + quote(handle(axis, end)) + `).getAttribute('aria-valuetext')`
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range in.Trials {
		low, high = min(low, param(i, "learning_rate").num), max(high, param(i, "learning_rate").num)
	}
	// A range dragged along the axis of the rates, which is logarithmic: from its middle to a quarter from its top.
	o := b.box(".parallel-axis:nth-of-type(2) .hit") // six pixels longer at both ends than the axis
	x, _ := o.middle()
	at := func(t float64) [2]float64 { return [2]float64{x, o.Top + 6 + (o.Height-12)*(1-t)} }
	b.drag(at(0.5), at(0.6), at(0.75))
	within := func(from, to float64) func(i int) bool {
		return func(i int) bool {
			t := math.Log(param(i, "learning_rate").num/low) / math.Log(high/low)
			return t >= from && t <= to
		}
	}
	b.want(shownRows+".length", shown(within(0.5, 0.75)))
	b.want(`document.querySelector('.parallel + .tools [role=status]').textContent.slice(0, 19)`, `"learning_rate from "`)
	b.picture("parallel", false)
	// One of its ends is dragged further, and another axis chooses as well, by keyboard.
	hx, hy := b.box(handle(2, 1)).middle()
	b.drag([2]float64{hx, hy}, [2]float64{hx, hy - 10}, at(1))
	b.want(shownRows+".length", shown(within(0.5, 1)))
	b.eval(`document.querySelector(` + quote(handle(3, 1)) + `).focus()`)
	b.want(valuetext(3, 1), `"`+param(kindOrder(in)[2], "kind").text+`"`)
	b.keys(kb.ArrowDown)
	both := func(i int) bool {
		return within(0.5, 1)(i) && param(i, "kind") != param(kindOrder(in)[2], "kind")
	}
	b.want(shownRows+".length", shown(both))
	b.keys(kb.Home) // no lower than the other end
	b.want(`document.querySelector(`+quote(handle(3, 1))+`).getAttribute('aria-valuenow')`, `"0"`)
	b.keys(kb.Delete)
	b.want(shownRows+".length", shown(within(0.5, 1)))
	b.eval(`document.querySelector(` + quote(handle(4, 0)) + `).focus()`)
	b.keys(kb.PageUp) // trials without a value have none in any range
	if got := b.eval(shownRows + `.some(r => r.innerText.includes('diverged'))`); got != "false" {
		t.Error("a diverged trial has a value within a range")
	}
	b.click(`.parallel + .tools button`)
	b.want(shownRows+".length", "60")
	b.want(`document.querySelectorAll('.range[visibility=visible]').length`, "0")
	// The text's filter and the ranges hold together.
	b.eval(`document.querySelector('#table-trials').closest('section').querySelectorAll('.tools input[type=search]')[0].id = 'filter'`)
	b.write("#filter", "kind=adam")
	o = b.box(".parallel-axis:nth-of-type(2) .hit")
	b.drag(at(0.5), at(0.6), at(0.75))
	b.want(shownRows+".length", shown(func(i int) bool { return within(0.5, 0.75)(i) && param(i, "kind").text == "adam" }))
	b.write("#filter", "")
	b.eval(`document.activeElement.blur()`)
	b.keys(kb.Escape)
	b.want(shownRows+".length", "60")

	// Axes change places by keyboard and by dragging their names.
	b.eval(`document.querySelector('.stage .axis:nth-of-type(1)').focus()`)
	b.keys(kb.ArrowRight)
	b.want(names, `"learning_rate,hidden_size,kind,validation perplexity"`)
	b.want(`document.activeElement.innerText + document.activeElement.getAttribute('aria-label').slice(11, 25)`, `"hidden_size: axis 2 of 4."`)
	b.eval(`document.querySelectorAll('.stage .axis')[3].id = 'metric'`)
	mx, my := b.box("#metric").middle()
	to, _ := b.box(".stage .axis:nth-of-type(2)").middle()
	b.drag([2]float64{mx, my}, [2]float64{(mx + to) / 2, my}, [2]float64{to, my})
	b.want(names, `"validation perplexity,learning_rate,hidden_size,kind"`)

	// A line under the pointer names its trial, and is found in the table.
	b.write("#filter", in.Trials[11].Trial)
	s := b.box(".stage svg")
	for _, f := range []float64{0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95} { // one of them is near the only line that is left
		b.move(s.Left+s.Width*0.2, s.Top+56+260*f)
		for dy := 0.0; dy < 26 && b.eval(`document.querySelector('.tip').hidden`) == "true"; dy += 8 {
			b.move(s.Left+s.Width*0.2, s.Top+56+260*f+dy)
		}
		if b.eval(`document.querySelector('.tip').hidden`) == "false" {
			break
		}
	}
	b.want(`document.querySelector('.tip').innerText.split('\n').slice(0, 1)`, `["trial `+in.Trials[11].Trial+`"]`)
	b.want(`document.querySelector('.tip').innerText.includes('kind: `+param(11, "kind").text+`')`, "true")
	b.want(`document.querySelector('tr.lit').cells[0].innerText`, quote(in.Trials[11].Trial))
}

// kindOrder is the first trial of each kind, in the order in which they appear.
func kindOrder(in Input) (out []int) {
	seen := map[string]bool{}
	for i, c := range in.Configurations {
		for _, s := range settings(c.Params) {
			if s.name == "kind" && !seen[s.value.text] {
				seen[s.value.text] = true
				out = append(out, i)
			}
		}
	}
	return out
}

func TestExplorerInBrowser(t *testing.T) {
	browser := newBrowser(t)
	for name, e := range map[string]Embedding{"letters in the plane": letters(2, 1), "letters in ten dimensions": letters(10, 2)} {
		t.Run(name, func(t *testing.T) {
			in := hiddenSweep(1)
			in.Embeddings = []Embedding{e}
			explore(openPage(t, browser, reportOf(t, in)), e, 5)
		})
	}
}

// explore looks a symbol up on the page's map, and tries all that can be done there.
func explore(b *tab, e Embedding, look int) {
	b.Helper()
	word := e.Symbols[look]
	b.eval(`document.querySelector('.explorer input').id = 'word'`)
	b.write("#word", word)
	var title string
	b.into(`document.querySelector('.near p').textContent`, &title)
	if !strings.HasPrefix(title, "Nearest to "+word+" by ") {
		b.Errorf("%q", title)
	}
	// The ten nearest in all dimensions, with the values that exact vectors give.
	var got [][2]string
	b.into(`[...document.querySelectorAll('.near li')].map(li => [...li.children].map(c => c.textContent))`, &got)
	m := len(e.Vectors[0])
	value := func(i int) float64 {
		if m <= 2 {
			return -distance(e.Vectors[look], e.Vectors[i])
		}
		return cosine(e.Vectors[look], e.Vectors[i])
	}
	index := map[string]int{}
	for i, s := range e.Symbols {
		index[s] = i
	}
	if len(got) != 10 {
		b.Fatalf("%d neighbours", len(got))
	}
	least := math.Inf(1)
	for _, g := range got {
		shown := parse(b.T, strings.Replace(g[1], "−", "-", 1))
		exact := value(index[g[0]])
		least = min(least, exact)
		if math.Abs(shown-math.Abs(exact)*map[bool]float64{true: 1, false: sign(exact)}[m <= 2]) > 0.01 {
			b.Errorf("%s: shown %g, exactly %g", g[0], shown, exact)
		}
	}
	further := 0
	for i := range e.Symbols {
		if i != look && value(i) > least+0.01 {
			further++
		}
	}
	if further > 10 {
		b.Errorf("%d are nearer than the tenth", further)
	}
	b.want(`document.querySelector('[aria-live]').textContent.startsWith(`+quote(word+". Nearest: "+got[0][0])+`)`, "true")
	if look >= mostDots {
		b.want(`document.querySelector('.explorer select').value`, `"principal components"`)
	}
	b.picture("explorer-"+fmt.Sprint(len(e.Symbols), "-", m), false)

	// A neighbour is looked up by its button.
	b.click(`.near li:nth-child(2) button`)
	b.want(`document.querySelector('#word').value`, quote(got[1][0]))
	b.want(`document.querySelector('.near p').textContent.startsWith(`+quote("Nearest to "+got[1][0])+`)`, "true")
	b.keys(kb.Escape) // outside of the field
	b.want(`document.querySelector('.near').hidden`, "true")

	// The beginning of a word offers words; Enter takes the first.
	b.write("#word", "zzzzzz")
	b.want(`[...document.querySelectorAll('.explorer [role=status]')].map(e => e.textContent).join()`, `"Not in the vocabulary."`)
	if m > 10 {
		b.write("#word", "kare")
		b.want(`document.querySelectorAll('.explorer option').length > 5`, "true")
		b.write("#word", "karek")
		b.keys(kb.Enter)
		b.want(`document.querySelector('#word').value.startsWith('karek')`, "true")
	}
	b.eval(`document.querySelector('#word').focus()`)
	b.keys(kb.Escape)
	b.want(`document.querySelector('#word').value + document.querySelector('.near').hidden`, `"true"`)

	// The picture changes when it is moved or brought nearer, and comes back.
	hash := func() string {
		b.Helper()
		b.frame()
		return b.eval(`document.querySelector('.explorer canvas').toDataURL().split('').reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7)`)
	}
	b.eval(`document.querySelector('.explorer [aria-label^=Reset]').id = 'whole'`)
	b.click("#whole")
	whole := hash()
	changed := func(what string, f func()) {
		b.Helper()
		f()
		if hash() == whole {
			b.Errorf("%s changes nothing", what)
		}
		b.click("#whole")
		if hash() != whole {
			b.Errorf("after %s the whole map is another", what)
		}
	}
	changed("a button", func() { b.click(`.explorer [aria-label="Zoom in"]`) })
	o := b.box(".explorer canvas")
	x, y := o.middle()
	changed("dragging", func() { b.drag([2]float64{x, y}, [2]float64{x + 30, y + 20}, [2]float64{x + 60, y + 40}) })
	changed("a key", func() {
		b.eval(`document.querySelector('.explorer canvas').focus()`)
		b.keys("+")
		b.keys(kb.ArrowLeft)
	})
	changed("the wheel", func() {
		b.eval(`document.querySelector('.explorer canvas').focus({preventScroll: true})`)
		b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, x+40, y, func(p *input.DispatchMouseEventParams) { p.DeltaX, p.DeltaY = 0.01, -120 }))
		b.frame()
	})
	// A symbol under the pointer is named, and a click looks it up.
	for i := 0; i < 400 && b.eval(`document.querySelector('.tip').hidden`) == "true"; i++ {
		b.move(o.Left+o.Width*(0.2+0.6*float64(i%20)/20), o.Top+o.Height*(0.2+0.6*float64(i/20)/20))
		x, y = o.Left+o.Width*(0.2+0.6*float64(i%20)/20), o.Top+o.Height*(0.2+0.6*float64(i/20)/20)
	}
	var named string
	b.into(`document.querySelector('.tip b').textContent`, &named)
	b.do(chromedp.MouseClickXY(x, y))
	b.want(`document.querySelector('#word').value`, quote(named))
}

func sign(v float64) float64 { return math.Copysign(1, v) }

// Keys, colours, print, and what a reader has without script.
func TestPageInBrowser(t *testing.T) {
	browser := newBrowser(t)
	in := manyTrials(40)
	in.Embeddings = []Embedding{words(300, 8)}
	page := reportOf(t, in)
	b := openPage(t, browser, page)
	b.keys("?")
	b.want(`document.querySelector('dialog').open`, "true")
	b.keys(kb.Escape)
	b.want(`document.querySelector('dialog').open`, "false")
	b.click(`.controls button:nth-child(2)`)
	b.click(`dialog button`)
	b.want(`document.querySelector('dialog').open`, "false")
	// "/" finds the field that is nearest to the middle of the window, and is a letter in it.
	for _, id := range []string{"configurations", "trials"} {
		b.eval(`(document.activeElement.blur(), document.querySelector('#table-` + id + `').scrollIntoView({block: 'center', behavior: 'instant'}))`)
		b.press("/", "Slash")
		b.want(`document.activeElement.closest('section').querySelector('h2')?.id`, quote(id))
		b.press("/", "Slash")
		b.press("?", "Slash")
		b.want(`document.activeElement.value`, `"/?"`)
		b.keys(kb.Escape)
		b.want(`document.activeElement.value`, `""`)
	}

	// Dark: as the system has it, and as the button says, which the page remembers.
	ground := `getComputedStyle(document.body).backgroundColor`
	b.look("dark", "screen")
	b.want(ground, `"rgb(22, 24, 28)"`)
	b.want(`document.querySelector('.controls button').getAttribute('aria-pressed')`, `"true"`)
	b.look("light", "screen")
	b.want(ground, `"rgb(251, 250, 248)"`)
	b.click(`.controls button`)
	b.want(ground, `"rgb(22, 24, 28)"`)
	b.look("light", "print") // is light all the same, and without what cannot be used
	b.want(ground, `"rgb(255, 255, 255)"`)
	b.want(`[...document.querySelectorAll('.made, button.sort')].filter(e => e.checkVisibility() && !e.matches('.sort')).length`, "0")
	b.want(`getComputedStyle(document.querySelector('figure')).breakInside`, `"avoid"`)
	b.want(`getComputedStyle(document.querySelector('figcaption a[download]'), '::after').content`, quote(`" (effect-hidden_size.csv)"`))
	b.look("light", "screen")
	b.do(chromedp.Reload())
	b.want(ground, `"rgb(22, 24, 28)"`)
	b.click(`.controls button`)
	b.want(ground, `"rgb(251, 250, 248)"`)
	if dir := os.Getenv("SWEEP_SCREENSHOTS"); dir != "" {
		b.look("dark", "")
		pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4)))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "page.pdf"), pdf, 0o644)
		}
		if err != nil {
			t.Error(err)
		}
	}

	b.look("light", "screen")
	// A telephone: the page itself does not scroll sideways.
	b.do(chromedp.EmulateViewport(360, 740))
	b.want(`document.documentElement.scrollWidth <= 360`, "true")
	b.audit()
	b.picture("narrow", true)
	b.clean()

	// Without script: no control, every row, every figure, and its data.
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(t.TempDir(), "index.html")
	at := strings.LastIndex(string(data), "<script>")
	if err := os.WriteFile(plain, []byte(string(data)[:at]+`<script type="none">`+string(data)[at+len("<script>"):]), 0o644); err != nil {
		t.Fatal(err)
	}
	b = openPage(t, browser, plain)
	b.want(`document.documentElement.dataset.ready`, `null`)
	b.want(`document.querySelectorAll('button, input, select, canvas, .made').length`, "0")
	b.want(`document.querySelectorAll('#table-trials tbody tr').length`, "40")
	b.want(`[...document.querySelectorAll('figure')].every(f => f.querySelector('svg, img') && f.querySelector('figcaption a') && f.querySelector('table'))`, "true")
	b.picture("plain", true)
	b.audit()
}

// A page of 500 trials with 17,000 words on top stays below five megabytes. How soon it can be used is logged.
func TestSizeInBrowser(t *testing.T) {
	browser := newBrowser(t)
	for _, tt := range []struct {
		name    string
		trials  int
		symbols int
	}{{"500 trials and 17,000 words", 500, 17000}, {"2,000 trials", 2000, 0}} {
		if testing.Short() && tt.trials > 500 {
			continue
		}
		in := manyTrials(tt.trials)
		if tt.symbols > 0 {
			in.Embeddings = []Embedding{words(tt.symbols, 30)}
		}
		page := reportOf(t, in)
		info, err := os.Stat(page)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > 5_000_000 {
			t.Errorf("%s: %d bytes", tt.name, info.Size())
		}
		b := openPage(t, browser, page)
		const status = `[...document.querySelectorAll('.tools [role=status]')].map(e => e.textContent)`
		b.want(status+`.includes('`+thousands(int64(tt.trials))+` rows')`, "true")
		// Not all rows are laid out at once; scrolling brings them, and so does printing.
		if n := b.eval(shownRows + ".length"); n != "120" {
			t.Errorf("%s rows at once", n)
		}
		b.look("light", "print")
		b.want(shownRows+".length", fmt.Sprint(tt.trials))
		b.look("light", "screen")
		for range 5 {
			b.eval(`(() => { const box = document.querySelector('#table-trials').closest('.scroll'); box.scrollTop = box.scrollHeight; })()`)
			b.frame()
		}
		b.want(shownRows+".length", fmt.Sprint(tt.trials))
		load := b.cpu(func() { b.do(chromedp.Reload()) })
		event := func(what string) float64 { return b.cpu(func() { b.eval(what) }) }
		t.Logf("%s: %d bytes; interactive after %s ms on the clock, loaded in %.0f ms of script and layout, sorted in %.0f, filtered in %.0f, a range in %.0f", tt.name, info.Size(), b.eval(`Math.round(performance.getEntriesByType('navigation')[0].domInteractive)`), load,
			event(`document.querySelector('#table-trials th:nth-child(3) button').click()`),
			event(`(() => { const f = [...document.querySelectorAll('.tools input[type=search]')].pop(); f.value = 'hidden_size > 100'; f.dispatchEvent(new Event('input')); })()`),
			event(`document.querySelector('.handle').dispatchEvent(new KeyboardEvent('keydown', {key: 'PageUp'}))`))
		if tt.symbols > 0 {
			t.Logf("a word in %.0f ms", event(`(() => { const f = document.querySelector('.explorer input'); f.value = 'the'; f.dispatchEvent(new Event('input')); })()`))
			b.do(chromedp.Reload())
			explore(b, in.Embeddings[0], 2500)
		}
	}
}

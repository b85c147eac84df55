package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page in a browser: what its script adds, tried by real input, and what holds of the page with and without it.

// searchSweep is n trials of a random search over three parameters, some of them failed or diverged.
func searchSweep(n int) Input {
	rng := rand.New(rand.NewPCG(5, 5))
	var plans []plan
	for i := range n {
		h, rate, opt := 16+rng.IntN(500), math.Pow(10, -4+3*rng.Float64()), []string{"sgd", "adam", "momentum"}[rng.IntN(3)]
		p := plan{fmt.Sprintf(`{%s,"hidden_size":%d,"learning_rate":%g,"kind":%q}`, gostdFixed, h, rate, opt),
			100 + 20*math.Pow(math.Log10(rate)+2.5, 2) + 2000/float64(h) + rng.Float64(), int64(17000 * h), 1 + float64(h)/10, []string{"complete"}}
		switch {
		case i%50 == 7:
			p.states[0] = "diverged"
		case i%50 == 9:
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
	figure := `<figure id="known"><div class="picture themed" tabindex="0"><svg role="img" width="548pt" height="400pt" viewBox="0 0 548 400" xmlns="http://www.w3.org/2000/svg"><title>Known</title><desc>Lines.</desc>` +
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
const shownRows = `[...document.querySelectorAll('#table-trials tbody tr:not([hidden])')]`

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

func TestTableInBrowser(t *testing.T) {
	browser := newBrowser(t)
	in := searchSweep(60)
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
	kind := func(i int, name string) bool { return strings.Contains(string(in.Trials[i].Params), `"kind":"`+name+`"`) }
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

package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in headless Chromium, opened from the disk. Whatever the page asks of the network, and every warning,
// error and exception, fails the test.
type tab struct {
	*testing.T
	ctx context.Context

	mu   sync.Mutex
	page string   // its address
	bad  []string // what should not have happened
}

// newBrowser starts Chromium, or skips the test where there is none.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	var program string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil && program == "" {
			program = p
		}
	}
	if program == "" {
		t.Skip("Chromium is not installed: the page's script is not checked")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en-US"), chromedp.WindowSize(1100, 900), chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// openPage shows a page of the disk in a new tab of the browser.
func openPage(t *testing.T, browser context.Context, file string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx, page: "file://" + file}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	for _, enable := range []func() error{
		func() error { _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); return err },
		func() error { _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); return err },
		func() error { _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); return err },
		func() error { return chromedp.Listen(ctx, b.note) },
	} {
		if err := enable(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(b.clean)
	b.do(chromedp.Navigate(b.page))
	return b
}

// note keeps what should not happen.
func (b *tab) note(ev any) {
	what := ""
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		if ev.Request.URL != b.page && !strings.HasPrefix(ev.Request.URL, "data:") {
			what = "asks for " + ev.Request.URL
		}
	case *log.EventEntryAdded:
		what = fmt.Sprintf("logs %s: %s (%s)", ev.Entry.Level, ev.Entry.Text, ev.Entry.URL)
	case *runtime.EventConsoleAPICalled:
		what = fmt.Sprintf("writes %s to the console: %s", ev.Type, ev.Args[0].Value)
	case *runtime.EventExceptionThrown:
		what = "throws " + ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			what += ": " + e.Description
		}
	}
	if what != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.bad = append(b.bad, what)
	}
}

// clean reports what should not have happened so far.
func (b *tab) clean() {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, what := range b.bad {
		b.Errorf("the page %s", what)
	}
	b.bad = nil
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// eval is the value of an expression in the page, as JSON.
func (b *tab) eval(expression string) string {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("(async () => JSON.stringify(await ("+expression+")) ?? 'null')()", chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// into decodes the value of an expression.
func (b *tab) into(expression string, v any) {
	b.Helper()
	if err := json.Unmarshal([]byte(b.eval(expression)), v); err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
}

// want compares the value of an expression, after a frame in which the page may have drawn.
func (b *tab) want(expression, value string) {
	b.Helper()
	b.frame()
	if got := b.eval(expression); got != value {
		b.Errorf("%s\n got %s\nwant %s", expression, got, value)
	}
}

// frame waits until the page has drawn what it has been told so far.
func (b *tab) frame() {
	b.Helper()
	b.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
}

// box is an element's place in the window, after it was scrolled there.
type element struct{ Left, Top, Width, Height float64 }

func (b *tab) box(selector string) element {
	b.Helper()
	var out element
	b.frame()
	b.into(`(async () => { const e = document.querySelector(`+quote(selector)+`); const seen = e.getBoundingClientRect();
		if (seen.top < 0 || seen.bottom > innerHeight) {
			e.scrollIntoView({block: 'center', behavior: 'instant'});
			await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); // its event has come
		}
		const r = e.getBoundingClientRect(); return {Left: r.left, Top: r.top, Width: r.width, Height: r.height}; })()`, &out)
	if out.Width == 0 {
		b.Fatalf("%s is not seen", selector)
	}
	return out
}

func (o element) middle() (x, y float64) { return o.Left + o.Width/2, o.Top + o.Height/2 }

func (b *tab) click(selector string, options ...chromedp.MouseOption) {
	b.Helper()
	x, y := b.box(selector).middle()
	b.do(chromedp.MouseClickXY(x, y, options...))
}

func (b *tab) move(x, y float64) {
	b.Helper()
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y))
	b.frame()
}

// drag presses the button at the first place and lets it go at the last.
func (b *tab) drag(places ...[2]float64) {
	b.Helper()
	first, last := places[0], places[len(places)-1]
	pressed := func(p *input.DispatchMouseEventParams) { p.Buttons = 1 }
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, first[0], first[1]),
		chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, first[0], first[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	for _, p := range places[1:] {
		b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, p[0], p[1], chromedp.ButtonLeft, pressed))
	}
	b.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, last[0], last[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	b.frame()
}

// keys types keys where the focus is.
func (b *tab) keys(keys string, options ...chromedp.KeyOption) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys, options...))
	b.frame()
}

// press presses one printable key as a keyboard does, whose character a listener can hold back.
func (b *tab) press(key, code string) {
	b.Helper()
	for _, p := range []input.DispatchKeyEventParams{{Type: input.DispatchKeyEventTypeKeyDown, Text: key, Key: key, Code: code}, {Type: input.DispatchKeyEventTypeKeyUp, Key: key, Code: code}} {
		if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, p); err != nil {
			b.Fatal(err)
		}
	}
	b.frame()
}

// cpu is how long the page's thread worked on script, styles and layout in f, in milliseconds: other programs on the
// machine do not count.
func (b *tab) cpu(f func()) float64 {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.Fatal(err)
	}
	worked := func() (sum float64) {
		r, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range r.Metrics {
			if m.Name == "ScriptDuration" || m.Name == "LayoutDuration" || m.Name == "RecalcStyleDuration" {
				sum += 1000 * m.Value
			}
		}
		return sum
	}
	before := worked()
	f()
	b.frame()
	return worked() - before
}

// write types a text into a field, whatever it held before.
func (b *tab) write(selector, text string) {
	b.Helper()
	b.click(selector)
	b.eval("document.querySelector(" + quote(selector) + ").select()")
	if text == "" {
		b.keys("\b")
		return
	}
	b.keys(text)
}

// look emulates what the reader's system prefers: "light" or "dark", and "screen" or "print".
func (b *tab) look(scheme, media string) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	if err != nil {
		b.Fatal(err)
	}
	b.frame()
}

// picture keeps a screenshot where SWEEP_SCREENSHOTS names a folder for people to look at.
func (b *tab) picture(name string, whole bool) {
	b.Helper()
	dir := os.Getenv("SWEEP_SCREENSHOTS")
	if dir == "" {
		return
	}
	b.frame()
	shot := chromedp.CaptureScreenshot()
	if whole {
		shot = chromedp.FullScreenshot(100)
	}
	data, err := chromedp.Run(b.ctx, shot)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644); err != nil {
		b.Fatal(err)
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// audit checks what readers without a mouse or with weak eyes need, in light and in dark; by axe-core, too, where
// SWEEP_AXE names its script, which is not ours.
func (b *tab) audit() {
	b.Helper()
	own, err := os.ReadFile("testdata/browser/audit.js")
	if err != nil {
		b.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.look(scheme, "screen")
		var problems []string
		b.into(strings.TrimSpace(string(own)), &problems)
		if axe := os.Getenv("SWEEP_AXE"); axe != "" {
			script, err := os.ReadFile(axe)
			if err != nil {
				b.Fatal(err)
			}
			b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
				_, err := chromedp.EvaluateAsDevTools[chromedp.Void](string(script)+";undefined")(ctx, t)
				return err
			}))
			var more []string
			b.into(`axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.flatMap(v => v.nodes.map(n => 'axe ' + v.id + ': ' + n.target.join(' ') + ' ' + n.failureSummary.slice(0, 300))))`, &more)
			problems = append(problems, more...)
		}
		for _, p := range problems {
			b.Errorf("%s: %s", scheme, p)
		}
	}
	b.look("light", "screen")
}

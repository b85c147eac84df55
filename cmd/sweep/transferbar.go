package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"sweep/trainer/corpus/library"
)

// transferBar shows a download on standard error: a bar on a terminal, lines elsewhere, nothing with --json and --quiet.
type transferBar struct {
	app    *app
	item   library.Public
	silent bool
	bars   *mpb.Progress // nil: lines
	bar    *mpb.Bar
	have   atomic.Int64 // bytes; mpb draws on a goroutine of its own
	spoken time.Time    // of the last line
}

func (a *app) newTransferBar(p library.Public) *transferBar {
	width, terminal := isTerminal(a.stderr)
	return a.transferBarOn(a.stderr, p, terminal && os.Getenv("TERM") != "dumb", width)
}

func (a *app) transferBarOn(w io.Writer, p library.Public, terminal bool, width int) *transferBar {
	t := &transferBar{app: a, item: p, silent: a.quiet || a.json, spoken: time.Now()}
	if t.silent || !terminal {
		return t
	}
	paint := palette(os.Getenv("NO_COLOR") == "")
	t.bars = mpb.New(mpb.WithOutput(w), mpb.ForceTTY(), mpb.WithAutoRefresh(), mpb.WithWidth(cmp.Or(width, 80)), mpb.WithRefreshRate(refreshEvery))
	fill := mpb.BarFillerFunc(func(w io.Writer, st decor.Statistics) error {
		_, err := io.WriteString(w, t.line(st.AvailableWidth, paint))
		return err
	})
	bar, err := t.bars.Add(0, fill, mpb.BarFillerTrim())
	if err != nil {
		panic(err) // only after close
	}
	t.bar = bar
	a.notices.to(t.bars)
	return t
}

// line is the bar: tinyshakespeare  ━━━━━━━━╸─────── 52 %  580,004 of 1,115,394 bytes.
func (t *transferBar) line(width int, paint palette) string {
	have := t.have.Load()
	name, bytes := t.item.Name+"  ", fmt.Sprintf("  %s of %s bytes", grouped(have), grouped(t.item.Size))
	l := layout{paint: paint, state: min(mostState, width-1-len(name)-len(bytes))}
	if l.state < leastState {
		return cut(name+share(float64(have)/float64(t.item.Size)), max(1, width-1))
	}
	return name + l.bar(float64(have)/float64(t.item.Size)) + bytes
}

// progress is told how many bytes there are, on the goroutine that fetches.
func (t *transferBar) progress(have, size int64) {
	t.have.Store(have)
	if t.silent || t.bars != nil || time.Since(t.spoken) < lineEvery {
		return
	}
	t.say(fmt.Sprintf("%s: %s, %s of %s bytes", t.item.Name, share(float64(have)/float64(size)), grouped(have), grouped(size)))
}

// note is told what goes otherwise than planned.
func (t *transferBar) note(line string) {
	if !t.silent {
		t.say("sweep: " + printable(line))
	}
}

func (t *transferBar) say(line string) {
	t.spoken = time.Now()
	fmt.Fprintln(t.app.notices, line)
}

// close takes the bar away.
func (t *transferBar) close() {
	if t.bars == nil {
		return
	}
	t.app.notices.to(t.app.stderr)
	t.bar.Abort(true)
	t.bars.Wait()
}

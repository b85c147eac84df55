package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"sweep/runner"
	"sweep/sweeps"
)

const (
	refreshEvery = 200 * time.Millisecond // of the bars
	lineEvery    = 10 * time.Second       // between plain lines that only tell progress
)

// progress shows a running sweep: on a terminal a table that grows by one line for each finished trial, with a bar
// for each running one and for the whole under it; elsewhere plain lines. It is fed the events of one run.
type progress struct {
	// metric is what trials are shown with. Empty: val/perplexity, val/loss, or what a trial reports first.
	metric string

	w       io.Writer
	now     func() time.Time
	width   int // of the terminal at the start
	columns []column
	paint   palette
	bars    *mpb.Progress // nil: plain lines
	total   *mpb.Bar
	slots   []*mpb.Bar // by worker, each shows what it trains

	mu      sync.Mutex // of what follows: goroutines of mpb draw the bars
	pace    pace
	lanes   []*lane // by worker, nil where it trains nothing
	headed  bool
	spoken  time.Time     // of the last plain line
	guessed time.Time     // when left was computed
	left    time.Duration // 0: unknown
}

// newProgress shows the trials of plan on w, run under a budget. width is the terminal's, 0 if unknown. With TERM=dumb a terminal gets
// plain lines, with NO_COLOR no colours.
func newProgress(w io.Writer, isTerminal bool, width int, plan []sweeps.Trial, b sweeps.Budget) *progress {
	p := &progress{w: w, now: time.Now, width: cmp.Or(width, 80), columns: columnsOf(plan), pace: newPace(sweeps.Order(plan, b))}
	p.spoken = p.now()
	if isTerminal && os.Getenv("TERM") != "dumb" {
		p.paint = palette(os.Getenv("NO_COLOR") == "")
		p.bars = mpb.New(mpb.WithOutput(w), mpb.ForceTTY(), mpb.WithAutoRefresh(), mpb.WithWidth(p.width),
			mpb.WithRefreshRate(refreshEvery))
	}
	return p
}

// handle takes the events of one run, in their order.
func (p *progress) handle(e runner.Event) {
	p.mu.Lock()
	say, over := p.take(e)
	p.mu.Unlock()
	// Bars are spoken to without the lock, which they take to draw themselves.
	if say != "" {
		p.say(say)
	}
	if p.bars != nil && e.Kind == runner.Started {
		p.show(e.Worker)
	}
	if p.bars != nil && over {
		p.slots[e.Worker].Abort(true)
	}
}

// close takes the bars away; the lines of finished trials stay.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	for _, b := range p.slots {
		b.Abort(true)
	}
	if p.total != nil {
		p.total.Abort(true)
	}
	p.bars.Wait()
}

// Write lets others, from any goroutine, write whole lines to where the progress is shown without harm to its bars.
func (p *progress) Write(b []byte) (int, error) {
	if p.bars != nil {
		if n, err := p.bars.Write(b); err == nil {
			return n, nil
		}
	}
	return p.w.Write(b) // plain lines, or the bars have gone
}

// take books an event and returns what is to be said of it, if anything, and whether its worker's work is over.
func (p *progress) take(e runner.Event) (say string, over bool) {
	switch e.Kind {
	case runner.Linked:
		p.pace.link(e.Trial)
	case runner.Delayed:
		say = fmt.Sprintf("%s waits: sweep %s is training it", p.name(e.Trial), e.Busy)
		if p.bars != nil {
			say = p.paint.faint("  " + cut(say, p.width-3))
		}
	case runner.Started:
		for len(p.lanes) <= e.Worker {
			p.lanes = append(p.lanes, nil)
		}
		p.lanes[e.Worker] = &lane{last: e}
		p.pace.begin(e.Trial)
		if p.bars != nil && !p.headed {
			p.headed = true
			say = p.layout(p.width).header()
		}
	case runner.Progress:
		l := p.lanes[e.Worker]
		if l.begun.IsZero() {
			l.begun, l.from = p.now(), worked(e)
		}
		l.last = e
		if l.whole.IsZero() && fraction(e) == 1 {
			l.whole = p.now()
		}
		if p.bars == nil && p.now().Sub(p.spoken) >= lineEvery {
			say = p.summary()
		}
	case runner.Paused:
		p.pace.finish(p.lanes[e.Worker], e, p.now())
		p.lanes[e.Worker] = nil
	case runner.Finished:
		if e.Worker < 0 {
			p.pace.stop(e.Trial)
		} else {
			p.pace.finish(p.lanes[e.Worker], e, p.now())
			p.lanes[e.Worker] = nil
			over = len(p.pace.waiting) == 0 && p.pace.ended >= p.pace.trials
		}
		if p.bars != nil {
			say = p.layout(p.width).finished(e, p.result(e))
		} else {
			say = p.finished(e)
		}
	}
	return say, over
}

// say writes a line, above the bars where there are any.
func (p *progress) say(line string) {
	p.mu.Lock()
	p.spoken = p.now()
	p.mu.Unlock()
	_, _ = p.Write([]byte(line + "\n")) // a terminal that went away does not stop the sweep
}

// show gives a worker its bar, and with the first one comes the bar of the whole, under all others.
func (p *progress) show(worker int) {
	for len(p.slots) <= worker {
		w := len(p.slots)
		p.slots = append(p.slots, p.bar(w, func(l layout) string {
			if w >= len(p.lanes) || p.lanes[w] == nil {
				return ""
			}
			e := p.lanes[w].last
			return l.running(e, p.value(e))
		}))
	}
	if p.total == nil {
		p.total = p.bar(math.MaxInt32, func(l layout) string {
			var remaining string
			if d := p.remaining(); d > 0 {
				remaining = roughly(d) + " left"
			}
			return l.whole(p.pace.ended, p.pace.trials, p.pace.part(p.lanes), remaining)
		})
	}
}

// bar adds one that draws itself. Those of lower priority stand above.
func (p *progress) bar(priority int, draw func(layout) string) *mpb.Bar {
	fill := mpb.BarFillerFunc(func(w io.Writer, st decor.Statistics) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		_, err := io.WriteString(w, draw(p.layout(st.AvailableWidth)))
		return err
	})
	b, err := p.bars.Add(0, fill, mpb.BarPriority(priority), mpb.BarFillerTrim())
	if err != nil {
		panic(err) // only after close
	}
	return b
}

func (p *progress) layout(width int) layout {
	return newLayout(width, p.pace.trials, p.columns, p.metric, p.paint)
}

// remaining returns the time left, computed anew once a second.
func (p *progress) remaining() time.Duration {
	if now := p.now(); now.Sub(p.guessed) >= time.Second {
		p.guessed, p.left = now, p.pace.left(p.lanes, now)
	}
	return p.left
}

// finished is the plain line of a finished trial.
func (p *progress) finished(e runner.Event) string {
	s := fmt.Sprintf("[%d/%d] %s: %s", p.pace.ended, p.pace.trials, p.name(e.Trial), ending(e.State))
	if v := p.result(e); v != "" {
		s += fmt.Sprintf(", %s %s", p.metricOf(e), v)
	}
	s += ", " + seconds(e.Seconds)
	if e.Err != "" {
		s += ": " + printable(firstLine(e.Err))
	}
	if e.State == sweeps.Waiting { // the sweep is being stopped
		return s
	}
	return s + p.andLeft()
}

// summary is the plain line between finished trials.
func (p *progress) summary() string {
	const shown = 4
	var running []string
	for _, l := range p.lanes {
		if l != nil {
			running = append(running, p.name(l.last.Trial)+" "+reached(l.last))
		}
	}
	if more := len(running) - shown; more > 0 {
		running = append(running[:shown], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("[%d/%d] %s: training %s", p.pace.ended, p.pace.trials, share(p.pace.part(p.lanes)),
		strings.Join(running, ", ")) + p.andLeft()
}

func (p *progress) andLeft() string {
	if d := p.remaining(); d > 0 {
		return "; " + roughly(d) + " left"
	}
	return ""
}

// name tells a trial from the others of its plan: hidden_size=100 replicate=2.
func (p *progress) name(t sweeps.Trial) string {
	var parts []string
	for _, c := range p.columns {
		if v := cell(t, c.name); v != "" {
			parts = append(parts, c.name+"="+v)
		}
	}
	return strings.Join(parts, " ")
}

// metricOf returns the metric that a trial is shown with, "" if it has none.
func (p *progress) metricOf(e runner.Event) string {
	if p.metric != "" || len(e.Latest) == 0 {
		return p.metric
	}
	for _, name := range []string{"val/perplexity", "val/loss"} {
		if _, ok := e.Value(name); ok {
			return name
		}
	}
	return e.Latest[0].Metric
}

// value writes the latest value of that metric, "" if there is none.
func (p *progress) value(e runner.Event) string {
	v, ok := e.Value(p.metricOf(e))
	switch {
	case !ok:
		return ""
	case math.IsNaN(v) || math.IsInf(v, 0):
		return fmt.Sprint(v)
	}
	return figure(v)
}

// result is the value that a trial ended with, "" if its end is none to judge it by.
func (p *progress) result(e runner.Event) string {
	if e.State == sweeps.Complete || e.State == sweeps.Stopped {
		return p.value(e)
	}
	return ""
}

// reached says how far a trial has come: "61 %", or its step where the number of steps is unknown.
func reached(e runner.Event) string {
	if e.Trial.Steps <= 0 {
		return "step " + grouped(e.Step)
	}
	return share(fraction(e))
}

// share rounds down: 100 % is all of it.
func share(part float64) string { return fmt.Sprintf("%d %%", int(100*part)) }

// ending is a state in the words of people: a trial that waits again was interrupted.
func ending(s sweeps.State) string {
	if s == sweeps.Waiting {
		return "interrupted"
	}
	return string(s)
}

// roughly rounds what is left as coarsely as it is known: 25 s, 2m05s, 1h02m.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Seconds())))
	case d < 10*time.Minute:
		d = d.Round(5 * time.Second)
	default:
		d = d.Round(time.Minute)
	}
	return seconds(d.Seconds())
}

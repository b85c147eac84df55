package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sweep/runner"
	"sweep/sweeps"
)

// sizesAndRates is a plan of three sizes, each with its rate, three times.
func sizesAndRates() []sweeps.Trial {
	var ts []sweeps.Trial
	for r := range 3 {
		for i, size := range []int64{50, 100, 200} {
			ts = append(ts, sweeps.Trial{
				ID: fmt.Sprintf("%d-%d", size, r+1), Replicate: r + 1,
				Params: sweeps.Values{
					{Name: "hidden_size", Value: sweeps.IntValue(size)},
					{Name: "epochs", Value: sweeps.IntValue(4)},
					{Name: "learning_rate", Value: sweeps.FloatValue([]float64{0.004, 0.002, 0.001}[i])},
				},
				Resolved: sweeps.Resolved{Steps: 1000, Cost: float64(size)},
			})
		}
	}
	return ts
}

// show is a progress with a clock of its own.
type show struct {
	*progress
	out   *bytes.Buffer
	clock time.Time
}

func newShow(t *testing.T, isTerminal bool, width int, plan []sweeps.Trial) *show {
	t.Helper()
	s := &show{out: new(bytes.Buffer), clock: time.Unix(0, 0)}
	s.progress = newProgress(s.out, isTerminal, width, plan, sweeps.Budget{})
	s.metric = "val/perplexity"
	s.now = func() time.Time { return s.clock }
	s.spoken = s.clock
	return s
}

func (s *show) started(worker int, t sweeps.Trial) {
	s.handle(runner.Event{Kind: runner.Started, Worker: worker, Trial: t, Attempt: 1})
}

func (s *show) reached(worker int, t sweeps.Trial, step int64) {
	s.handle(runner.Event{Kind: runner.Progress, Worker: worker, Trial: t, Step: step})
}

func (s *show) ended(worker int, t sweeps.Trial, state sweeps.State, value float64, err string) {
	s.handle(runner.Event{
		Kind: runner.Finished, Worker: worker, Trial: t, State: state, Err: err, Step: 1000, Seconds: 19.04,
		Latest: []runner.Point{{Metric: "val/loss", Value: 4.9}, {Metric: "val/perplexity", Value: value}},
	})
}

func TestPlainLines(t *testing.T) {
	ts := sizesAndRates()
	s := newShow(t, false, 0, ts)
	s.handle(runner.Event{Kind: runner.Linked, Trial: ts[0], State: sweeps.Complete})
	s.handle(runner.Event{Kind: runner.Delayed, Trial: ts[3], Busy: "hidden-rate"})
	s.started(0, ts[1])
	s.started(1, ts[2])
	s.reached(0, ts[1], 0)
	s.reached(1, ts[2], 0)
	s.clock = s.clock.Add(9 * time.Second)
	s.reached(0, ts[1], 300) // too soon after the last line
	s.clock = s.clock.Add(time.Second)
	s.reached(1, ts[2], 200)
	s.clock = s.clock.Add(10 * time.Second)
	s.ended(0, ts[1], sweeps.Complete, 133.524, "")
	s.started(0, ts[4])
	s.ended(0, ts[4], sweeps.Failed, 133.5, "panic: out of\x1b[2J luck\n\ngoroutine 7\n")
	s.ended(1, ts[2], sweeps.Waiting, 150, "")
	s.close()
	want := `hidden_size=50 learning_rate=0.004 replicate=2 waits: sweep hidden-rate is training it
[1/9] 11 %: training hidden_size=100 learning_rate=0.002 replicate=1 30 %, hidden_size=200 learning_rate=0.001 replicate=1 20 %; 2m15s left
[2/9] hidden_size=100 learning_rate=0.002 replicate=1: complete, val/perplexity 133.5, 19.0 s; 2m10s left
[3/9] hidden_size=100 learning_rate=0.002 replicate=2: failed, 19.0 s: panic: out of·[2J luck; 2m10s left
[3/9] hidden_size=200 learning_rate=0.001 replicate=1: interrupted, 19.0 s
`
	if diff := cmp.Diff(want, s.out.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestADumbTerminalGetsPlainLines(t *testing.T) {
	t.Setenv("TERM", "dumb")
	ts := sizesAndRates()
	s := newShow(t, true, 80, ts)
	s.started(0, ts[0])
	s.ended(0, ts[0], sweeps.Complete, 135.2, "")
	s.close()
	if got := s.out.String(); !strings.HasPrefix(got, "[1/9] hidden_size=50") || strings.Contains(got, "\x1b") {
		t.Errorf("got %q", got)
	}
}

// What is left on a terminal when the bars have gone is the table, and the bars were there before.
func TestTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	ts := sizesAndRates()
	s := newShow(t, true, 100, ts)
	s.started(0, ts[0])
	s.started(1, ts[1])
	s.reached(0, ts[0], 0)
	s.reached(1, ts[1], 500)
	s.handle(runner.Event{Kind: runner.Delayed, Trial: ts[3], Busy: "hidden-rate"})
	s.ended(0, ts[0], sweeps.Complete, 135.21, "")
	s.started(0, ts[2])
	s.ended(0, ts[2], sweeps.Diverged, 999, "epoch 1: loss diverged")
	s.ended(1, ts[1], sweeps.Waiting, 139, "")
	s.close()
	want := `
  hidden_size  learning_rate  replicate  state                           val/perplexity     time
  hidden_size=50 learning_rate=0.004 replicate=2 waits: sweep hidden-rate is training it
✓          50          0.004          1  complete                                 135.2   19.0 s
!         200          0.001          1  diverged                                         19.0 s
    epoch 1: loss diverged
·         100          0.002          1  interrupted                                      19.0 s
`
	if diff := cmp.Diff(want, "\n"+screen(t, s.out.String())); diff != "" {
		t.Errorf("the screen at the end (-want +got):\n%s", diff)
	}
	if !strings.Contains(s.out.String(), "2 of 9 trials") {
		t.Errorf("the bar of the whole was never drawn:\n%q", s.out.String())
	}
	if regexp.MustCompile(`\x1b\[[0-9]*m`).MatchString(s.out.String()) {
		t.Error("NO_COLOR got colours")
	}
}

func TestOthersWriteAboveTheBars(t *testing.T) {
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	for _, isTerminal := range []bool{true, false} {
		ts := sizesAndRates()
		s := newShow(t, isTerminal, 100, ts)
		s.started(0, ts[0])
		fmt.Fprintln(s.progress, "saving; once more to stop now")
		s.ended(0, ts[0], sweeps.Waiting, 0, "")
		s.close()
		fmt.Fprintln(s.progress, "saved")
		got := screen(t, s.out.String())
		note, end := strings.Index(got, "once more to stop now\n"), strings.Index(got, "interrupted")
		if note < 0 || note > end || !strings.HasSuffix(got, "\nsaved\n") {
			t.Errorf("terminal %t:\n%s", isTerminal, got)
		}
	}
}

func TestATerminalWithoutTrialsShowsNothing(t *testing.T) {
	t.Setenv("TERM", "xterm")
	ts := sizesAndRates()
	s := newShow(t, true, 100, ts)
	for _, trial := range ts {
		s.handle(runner.Event{Kind: runner.Linked, Trial: trial, State: sweeps.Complete})
	}
	s.close()
	if s.out.Len() > 0 {
		t.Errorf("got %q", s.out.String())
	}
}

// screen plays what was written to a terminal that knows lines, "up n" and "erase below".
func screen(t *testing.T, written string) string {
	t.Helper()
	var lines []string
	row := 0
	for _, token := range regexp.MustCompile(`\x1b\[[0-9]*[A-Za-z]|\n|[^\x1b\n]+`).FindAllString(written, -1) {
		for len(lines) <= row {
			lines = append(lines, "")
		}
		switch {
		case token == "\n":
			row++
		case strings.HasPrefix(token, "\x1b[") && strings.HasSuffix(token, "A"):
			n, err := strconv.Atoi(token[2 : len(token)-1])
			if err != nil {
				t.Fatal(err)
			}
			row -= n
		case token == "\x1b[J":
			lines = lines[:row]
		case strings.HasPrefix(token, "\x1b"):
			t.Fatalf("unexpected %q", token)
		default:
			lines[row] += strings.TrimSuffix(token, "\r")
		}
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n"
}

// lines draws one line of each sort.
func lines(l layout, ts []sweeps.Trial) string {
	half := runner.Event{Trial: ts[1], Step: 610, Seconds: 12.4}
	unknown := half
	unknown.Trial.Steps, unknown.Step = 0, 1234567
	return strings.Join([]string{
		"",
		l.header(),
		l.finished(runner.Event{Trial: ts[0], State: sweeps.Complete, Seconds: 11.2}, "135.2"),
		l.finished(runner.Event{Trial: ts[2], State: sweeps.Failed, Seconds: 3700, Err: "disk on fire, and more to tell\nat f"}, ""),
		l.running(half, "141.9"),
		l.running(unknown, ""),
		l.whole(3, 9, 0.45, "2m05s left"),
		"",
	}, "\n")
}

func TestLinesAreInColumns(t *testing.T) {
	ts := sizesAndRates()
	draw := func(width int) string {
		return lines(newLayout(width, len(ts), columnsOf(ts), "val/perplexity", false), ts)
	}
	want := `
  hidden_size  learning_rate  replicate  state                           val/perplexity     time
✓          50          0.004          1  complete                                 135.2   11.2 s
✗         200          0.001          1  failed                                            1h01m
    disk on fire, and more to tell
          100          0.002          1  ━━━━━━━━━━━━━━╸─────────  61 %           141.9   12.4 s
          100          0.002          1  step 1,234,567                                   12.4 s
  3 of 9 trials                          ━━━━━━━━━━╸─────────────  45 %               2m05s left
`
	if diff := cmp.Diff(want, draw(120)); diff != "" {
		t.Errorf("wide (-want +got):\n%s", diff)
	}
	want = `
  hidden_size  learning_rate  replicate  state              perplexity     time
✓          50          0.004          1  complete                135.2   11.2 s
✗         200          0.001          1  failed                           1h01m
    disk on fire, and more to tell
          100          0.002          1  ━━━━━━╸────  61 %       141.9   12.4 s
          100          0.002          1  step 1,234,567                  12.4 s
  3 of 9 trials                          ━━━━╸──────  45 %           2m05s left
`
	if diff := cmp.Diff(want, draw(80)); diff != "" {
		t.Errorf("of 80 columns (-want +got):\n%s", diff)
	}
	want = `
  hi…  lear…  …  state
✓  50  0.004  1  complete
✗ 200  0.001  1  failed
    disk on fire, and more …
  100  0.002  1  ━━━──  61 %
  100  0.002  1  step 1,234…
  3 of 9 trials  ━━───  45 %
`
	if diff := cmp.Diff(want, trimLines(draw(30))); diff != "" {
		t.Errorf("narrow (-want +got):\n%s", diff)
	}
}

func trimLines(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

func TestNoLineIsAsWideAsTheTerminal(t *testing.T) {
	ts := sizesAndRates()
	for i := range ts {
		ts[i].Params = append(ts[i].Params, sweeps.Setting{
			Name: "corpus", Value: sweeps.StringValue(strings.Repeat("long/", i) + "p\nath"),
		})
	}
	for width := leastTerminal; width < 200; width++ {
		l := newLayout(width, len(ts), columnsOf(ts), "val/perplexity", false)
		for line := range strings.Lines(lines(l, ts)) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n >= width {
				t.Fatalf("%d characters for %d:\n%s", n, width, line)
			}
		}
	}
}

func TestBarIsAsLongAsItsPart(t *testing.T) {
	l := layout{state: 16} // 10 for the bar, 6 for the percentage
	for _, c := range []struct {
		part float64
		want string
	}{
		{0, "──────────   0 %"},
		{0.049, "──────────   4 %"},
		{0.05, "╸─────────   5 %"},
		{0.5, "━━━━━─────  50 %"},
		{0.999, "━━━━━━━━━╸  99 %"},
		{1, "━━━━━━━━━━ 100 %"},
	} {
		if got := l.bar(c.part); got != c.want {
			t.Errorf("bar of %g is %q, want %q", c.part, got, c.want)
		}
	}
}

func TestColumnsAreWhatTellsTrialsApart(t *testing.T) {
	names := func(ts []sweeps.Trial) (s []string) {
		for _, c := range columnsOf(ts) {
			s = append(s, c.name)
		}
		return s
	}
	ts := sizesAndRates()
	if diff := cmp.Diff([]string{"hidden_size", "learning_rate", "replicate"}, names(ts)); diff != "" {
		t.Errorf("of all (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"hidden_size", "learning_rate"}, names(ts[:3])); diff != "" {
		t.Errorf("of one replicate (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"replicate"}, names(ts[:1])); diff != "" {
		t.Errorf("of one trial (-want +got):\n%s", diff)
	}
	ts[1].Params = append(ts[1].Params, sweeps.Setting{Name: "dropout", Value: sweeps.FloatValue(0.2)})
	if diff := cmp.Diff([]string{"hidden_size", "learning_rate", "dropout"}, names(ts[:3])); diff != "" {
		t.Errorf("of a parameter that only one has (-want +got):\n%s", diff)
	}
}

func TestPaceGuessesByWorkAndWorkers(t *testing.T) {
	ts := sizesAndRates() // 50, 100 and 200 units of work, three times
	p := newPace(ts)
	start := time.Unix(0, 0)
	train := func(trial int, begun time.Time, step int64) *lane {
		p.begin(ts[trial])
		e := runner.Event{Trial: ts[trial], Step: step}
		return &lane{last: e, begun: begun}
	}
	small, middle := train(0, start, 0), train(1, start, 0)
	lanes := []*lane{small, middle}
	if d := p.left(lanes, start.Add(time.Minute)); d != 0 {
		t.Errorf("with nothing done %s are left", d)
	}
	small.last.Step, middle.last.Step = 1000, 500 // 50 units each
	if d := p.left(lanes, start.Add(time.Second-time.Millisecond)); d != 0 {
		t.Errorf("after too little training %s are left", d)
	}
	if got := p.part(lanes); got != 100.0/1050 {
		t.Errorf("%g is done, want 100 of 1050", got)
	}

	// 10 s for 50 units a worker. Waiting: 200, 50, 100, 200, 50, 100, 200; the second worker has 50 to do first.
	// In turn: first 200, second 50+50+100 = 200, first 400, second 250, second 350, second 550 = 110 s.
	now := start.Add(10 * time.Second)
	p.finish(small, runner.Event{Trial: ts[0], State: sweeps.Complete, Step: 1000}, now)
	lanes[0] = nil
	if d := p.left(lanes, now); d != 110*time.Second {
		t.Errorf("%s are left, want 1m50s", d)
	}

	p.link(ts[2])
	p.link(ts[8])
	if d := p.left(lanes, now); d != 60*time.Second { // 50, 100, 200, 50, 100 after 50: 300 for the longer one
		t.Errorf("%s are left without the linked ones, want 1m", d)
	}
	if p.ended != 3 || len(p.waiting) != 5 {
		t.Errorf("%d have ended and %d wait", p.ended, len(p.waiting))
	}
}

// TestPaceGuessesByTheOrderOfRunning: within a replicate the longest trial begins first, but not under a budget of time.
func TestPaceGuessesByTheOrderOfRunning(t *testing.T) {
	ts := sizesAndRates() // 50, 100 and 200 units of work, three times
	for _, c := range []struct {
		budget sweeps.Budget
		want   time.Duration
	}{
		{sweeps.Budget{}, 45 * time.Second},                // to do: 50, 200, 100, 50, 200, 100, 50
		{sweeps.Budget{Time: time.Hour}, 50 * time.Second}, // 50, 50, 100, 200, 50, 100, 200
	} {
		p := newProgress(io.Discard, false, 0, ts, c.budget).pace
		p.begin(ts[2])
		p.begin(ts[1])
		start := time.Unix(0, 0)
		long := &lane{last: runner.Event{Trial: ts[2], Step: 500}, begun: start} // 100 of 200 units in 10 s
		p.finish(&lane{begun: start}, runner.Event{Trial: ts[1], State: sweeps.Complete, Step: 1000}, start.Add(10*time.Second))
		if d := p.left([]*lane{long, nil}, start.Add(10*time.Second)); d != c.want {
			t.Errorf("budget %+v: %s are left, want %s", c.budget, d, c.want)
		}
	}
}

// TestPaceKnowsThatATrialIsJudgedAtItsEnd: when the last step is done a trial of a large vocabulary is not.
func TestPaceKnowsThatATrialIsJudgedAtItsEnd(t *testing.T) {
	ts := []sweeps.Trial{sizesAndRates()[2], sizesAndRates()[5]} // two of 200 units, of which the last 80 judge
	for i := range ts {
		ts[i].Ending = 80
	}
	s := newShow(t, false, 0, ts)
	s.started(0, ts[0])
	s.reached(0, ts[0], 0)
	s.clock = s.clock.Add(9 * time.Second)
	s.reached(0, ts[0], 750) // 90 units: 10 a second
	if d := s.remaining(); d != 31*time.Second {
		t.Errorf("%s are left, want 31s", d)
	}
	s.clock = s.clock.Add(3 * time.Second)
	s.reached(0, ts[0], 1000)
	for _, want := range []time.Duration{28 * time.Second, 26 * time.Second, 24 * time.Second} {
		if d := s.remaining(); d != want {
			t.Errorf("%s are left while it is judged, want %s", d, want)
		}
		if got := s.pace.part(s.lanes); got != 0.3 {
			t.Errorf("%g is done, want 0.3", got)
		}
		s.clock = s.clock.Add(2 * time.Second)
	}
	s.clock = s.clock.Add(2 * time.Second)
	s.ended(0, ts[0], sweeps.Complete, 1, "")
	if d := s.remaining(); d != 20*time.Second {
		t.Errorf("%s are left when it has ended, want 20s", d)
	}
}

func TestPaceOfAResumedTrialCountsOnlyWhatThisRunDid(t *testing.T) {
	ts := []sweeps.Trial{sizesAndRates()[2], sizesAndRates()[5]} // two of one size
	s := newShow(t, false, 0, ts)
	s.started(0, ts[0])
	s.reached(0, ts[0], 800) // where the last run left it
	s.clock = s.clock.Add(9 * time.Second)
	s.reached(0, ts[0], 900) // a tenth took 9 s; one and ten tenths are to do
	if d := s.remaining(); d.Round(time.Millisecond) != 99*time.Second {
		t.Errorf("%s are left, want 1m39s", d)
	}
	s.clock = s.clock.Add(9 * time.Second)
	s.ended(0, ts[0], sweeps.Complete, 1, "")
	if d := s.remaining(); d.Round(time.Millisecond) != 90*time.Second {
		t.Errorf("%s are left when it has ended, want 1m30s", d)
	}
}

func TestPaceWithoutStepsGoesByWholeTrials(t *testing.T) {
	ts := sizesAndRates()[:3]
	for i := range ts {
		ts[i].Resolved = sweeps.Resolved{}
	}
	s := newShow(t, false, 0, ts)
	for i, left := range []time.Duration{20 * time.Second, 10 * time.Second, 0} {
		s.started(0, ts[i])
		s.reached(0, ts[i], 1)
		s.clock = s.clock.Add(10 * time.Second)
		s.ended(0, ts[i], sweeps.Complete, 1, "")
		if d := s.remaining(); d != left {
			t.Errorf("%s are left after trial %d, want %s", d, i+1, left)
		}
	}
	if got := s.pace.part(s.lanes); got != 1 {
		t.Errorf("%g is done", got)
	}
}

func TestMetricThatIsShown(t *testing.T) {
	e := runner.Event{State: sweeps.Complete, Latest: []runner.Point{
		{Metric: "train/loss", Value: 5}, {Metric: "val/loss", Value: 4}, {Metric: "val/perplexity", Value: 130},
	}}
	p := newProgress(io.Discard, false, 0, nil, sweeps.Budget{})
	if got := p.result(e); got != "130.0" {
		t.Errorf("perplexity first: %q", got)
	}
	e.Latest = e.Latest[:2]
	if got := p.result(e); got != "4.000" {
		t.Errorf("then the loss: %q", got)
	}
	e.Latest = e.Latest[:1]
	if got := p.result(e); got != "5.000" {
		t.Errorf("then anything: %q", got)
	}
	p.metric = "val/accuracy"
	if got := p.result(e); got != "" {
		t.Errorf("a metric that was not reported: %q", got)
	}
	p.metric = ""
	e.Latest = nil
	if got := p.result(e); got != "" {
		t.Errorf("nothing reported: %q", got)
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		100 * time.Millisecond:   "1 s",
		59900 * time.Millisecond: "59 s",
		62 * time.Second:         "1m00s",
		124 * time.Second:        "2m05s",
		754 * time.Second:        "13m00s",
		3725 * time.Second:       "1h02m",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%s reads %q, want %q", d, got, want)
		}
	}
}

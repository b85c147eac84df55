package program

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/runner"
)

// forever prints its first metric when it is ready and then heeds no end. Its sleep is another process of the group.
const forever = `trap '' TERM; echo '{"ready": 1}'; while :; do sleep 60; done`

var errCtrlC = errors.New("interrupt")

// cancelled returns a context and an answer of report's that ends it at the first metric.
func cancelled(t *testing.T) (context.Context, func(runner.Point) error) {
	ctx, cancel := context.WithCancelCause(t.Context())
	return ctx, func(runner.Point) error {
		cancel(errCtrlC)
		return nil
	}
}

func TestContextEndsTheProgramInOrder(t *testing.T) {
	t.Parallel()
	tr := script(t, `trap 'echo saved; echo "{\"saved\": 1}"; exit 0' TERM; echo '{"ready": 1}'; while :; do sleep 0.01; done`)
	ctx, answer := cancelled(t)
	ps := points{answer: answer}
	err := tr.Train(ctx, trialT, ps.report)
	if err != errCtrlC {
		t.Errorf("Train returned %v, want the cause as it is", err)
	}
	ps.value(t, "saved") // what it measures at its end comes in
	s := logged(t, tr)
	if !strings.Contains(s, "\nsaved\n") || !strings.Contains(s, "told to end (SIGTERM): interrupt") || strings.Contains(s, "SIGKILL") {
		t.Errorf("the log:\n%s", s)
	}
}

// A scheduler tells all processes of a job to end at once, and the program may be the first to hear of it.
func TestProgramIsToldBeforeSweep(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"signal": "kill -TERM $$; sleep 60", "status": "exit 143"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			answer := func(runner.Point) error {
				time.AfterFunc(400*time.Millisecond, func() { cancel(errCtrlC) })
				return nil
			}
			tr := script(t, `echo '{"ready": 1}'; `+text)
			if err := tr.Train(ctx, trialT, (&points{answer: answer}).report); err != errCtrlC {
				t.Errorf("Train returned %v, want the cause", err)
			}
			if s := logged(t, tr); !strings.Contains(s, "told to end together with sweep: interrupt") {
				t.Errorf("the log:\n%s", s)
			}
			var exit *ExitError
			if err := script(t, text).Train(t.Context(), trialT, (&points{}).report); !errors.As(err, &exit) {
				t.Errorf("alone it is no failure: %v", err)
			}
		})
	}
}

func TestContextEndsAProgramThatHeedsNothing(t *testing.T) {
	t.Parallel()
	tr := script(t, forever)
	tr.Grace = 100 * time.Millisecond
	ctx, answer := cancelled(t)
	begun := time.Now()
	if err := tr.Train(ctx, trialT, (&points{answer: answer}).report); err != errCtrlC {
		t.Errorf("Train returned %v, want the cause", err)
	}
	if took := time.Since(begun); took < tr.Grace || took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if s := logged(t, tr); !strings.Contains(s, "still there 100ms later: killed (SIGKILL)") || !strings.Contains(s, "end: killed (signal 9)") {
		t.Errorf("the log:\n%s", s)
	}
}

func TestContextThatHasEnded(t *testing.T) {
	t.Parallel()
	tr := script(t, "exit 1")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCtrlC)
	if err := tr.Train(ctx, trialT, (&points{}).report); err != errCtrlC {
		t.Errorf("Train returned %v", err)
	}
	tr.Retries, tr.Backoff = 1, time.Hour
	ctx, cancel = context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(errCtrlC) })
	if err := tr.Train(ctx, trialT, (&points{}).report); err != errCtrlC {
		t.Errorf("Train returned %v in the hour before a retry", err)
	}
}

func TestReportEndsTheProgram(t *testing.T) {
	errRecord := errors.New("record is gone")
	for _, c := range []struct {
		name   string
		line   string
		answer error
		want   error
		note   string
	}{
		{"stop", `echo '{"x": 1}'; exec sleep 60`, runner.ErrStop, runner.ErrStop, "told to end (SIGTERM): runner: stop"},
		{"stop, heeded with status 0", `trap 'exit 0' TERM; echo '{"x": 1}'; while :; do sleep 0.01; done`, runner.ErrStop, runner.ErrStop, ""},
		{"stop after the end", `echo '{"x": 1}'`, runner.ErrStop, runner.ErrStop, ""},
		{"stop after a failure", `echo '{"x": 1}'; exit 1`, runner.ErrStop, runner.ErrStop, ""},
		{"an error of the record", `echo '{"x": 1}'; exec sleep 60`, errRecord, errRecord, "told to end (SIGTERM): record is gone"},
		{"pause", `trap 'exit 75' TERM; echo '{"x": 1}'; while :; do sleep 0.01; done`, runner.ErrPause, runner.ErrPause, "end: exit status 75"},
		{"pause, not heeded", `echo '{"x": 1}'; exec sleep 60`, runner.ErrPause, runner.ErrPause, "did not exit with 75"},
		{"pause, status 0", `trap 'exit 0' TERM; echo '{"x": 1}'; while :; do sleep 0.01; done`, runner.ErrPause, runner.ErrPause, "did not exit with 75"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := script(t, c.line)
			ps := points{answer: func(runner.Point) error { return c.answer }}
			if err := tr.Train(t.Context(), trialT, ps.report); !errors.Is(err, c.want) {
				t.Errorf("Train returned %v, want %v", err, c.want)
			}
			if s := logged(t, tr); !strings.Contains(s, c.note) {
				t.Errorf("the log lacks %q:\n%s", c.note, s)
			}
			if c.want == runner.ErrPause && strings.Contains(logged(t, tr), "status 75") && strings.Contains(logged(t, tr), "did not exit") {
				t.Errorf("the log complains of a pause that was heeded:\n%s", logged(t, tr))
			}
		})
	}
}

func TestAProgramPausesItself(t *testing.T) {
	t.Parallel()
	tr := script(t, `exit 75`)
	if err := tr.Train(t.Context(), trialT, (&points{}).report); !errors.Is(err, runner.ErrPause) || err.Error() != "the program paused itself (exit status 75): runner: pause" {
		t.Errorf("Train returned %v", err)
	}
}

// A line during which report asks for the end is reported whole, and nothing after it.
func TestLineIsWholeWhenItIsStopped(t *testing.T) {
	t.Parallel()
	tr := script(t, `printf '{"a": 1, "b": 2, "c": 3}\n{"a": 4}\n'`)
	ps := points{answer: func(p runner.Point) error {
		if p.Metric == "a" {
			return runner.ErrStop
		}
		return nil
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); !errors.Is(err, runner.ErrStop) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"a=1@1", "b=2@1", "c=3@1", "@1"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

// What a program says until it has put itself away is reported: it goes on from behind that.
func TestLinesAfterAPause(t *testing.T) {
	t.Parallel()
	tr := script(t, `printf '{"a": 1}\n{"a": 2}\n{"a": 3}\n'; exit 75`)
	ps := points{answer: func(p runner.Point) error {
		if p.Step == 2 {
			return nil // somebody might forget that it was asked
		}
		return runner.ErrPause
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); !errors.Is(err, runner.ErrPause) {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"a=1@1", "@1", "a=2@2", "@2", "a=3@3", "@3"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}

// An error of the record counts more than a stop, and breaks the line off.
func TestRecordFailsWhileItIsStopped(t *testing.T) {
	t.Parallel()
	tr := script(t, `echo '{"a": 1, "b": 2, "c": 3}'`)
	errRecord := errors.New("record is gone")
	ps := points{answer: func(p runner.Point) error {
		return map[string]error{"a": runner.ErrStop, "b": errRecord}[p.Metric]
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); err != errRecord {
		t.Errorf("Train returned %v", err)
	}
	if got := ps.told(); len(got) != 2 {
		t.Errorf("reported %v", got)
	}
}

// What an interrupted program measures last must not turn the interrupt into a stop.
func TestStopAfterTheInterrupt(t *testing.T) {
	t.Parallel()
	tr := script(t, `trap 'echo "{\"x\": 1}"; exit 0' TERM; echo '{"ready": 1}'; while :; do sleep 0.01; done`)
	ctx, cancel := context.WithCancelCause(t.Context())
	ps := points{answer: func(p runner.Point) error {
		if p.Metric == "ready" {
			cancel(errCtrlC)
		}
		if p.Metric == "x" {
			return runner.ErrStop
		}
		return nil
	}}
	if err := tr.Train(ctx, trialT, ps.report); err != errCtrlC {
		t.Errorf("Train returned %v", err)
	}
	ps.value(t, "x")
}

func TestSilence(t *testing.T) {
	t.Parallel()
	tr := script(t, `trap 'exit 2' TERM; echo only this >&2; while :; do sleep 0.01; done`)
	tr.Silence, tr.Retries, tr.Backoff = time.Second, 1, time.Millisecond
	begun := time.Now()
	err := tr.Train(t.Context(), trialT, (&points{}).report)
	var exit *ExitError
	if !errors.Is(err, errSilent) || !errors.As(err, &exit) || !strings.HasPrefix(err.Error(), "no output for 1s: program: exit status 2; ") ||
		!strings.Contains(err.Error(), "\n  only this") {
		t.Errorf("Train returned %v", err)
	}
	if took := time.Since(begun); took < 2*tr.Silence || took > 10*time.Second {
		t.Errorf("two attempts took %s", took)
	}
	if n := strings.Count(logged(t, tr), " begin, process "); n != 2 {
		t.Errorf("a hung program was tried %d times, want 2", n)
	}
}

func TestOutputAndBackPressureAreNoSilence(t *testing.T) {
	t.Parallel()
	tr := script(t, `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo $i >&2; sleep 0.1; done; echo '{"x": 1}'; sleep 2.2`)
	tr.Silence = time.Second
	ps := points{answer: func(p runner.Point) error {
		if p.Metric == "x" {
			<-time.After(2 * tr.Silence) // a record that takes its time, for which the program may wait
		}
		return nil
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Error(err)
	}
}

func TestBeat(t *testing.T) {
	t.Parallel()
	tr := script(t, `exec sleep 60`)
	tr.Beat, tr.Silence = time.Millisecond, time.Minute
	ps := points{answer: func(runner.Point) error { return runner.ErrStop }}
	if err := tr.Train(t.Context(), trialT, ps.report); !errors.Is(err, runner.ErrStop) {
		t.Errorf("a program that measures nothing: %v", err)
	}
	if diff := cmp.Diff([]string{"@0"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	s := newSink(ps.report)
	ps = points{}
	s.take(measurement{step: 5, stepped: true, examples: 50})
	s.take(measurement{step: 6, stepped: true})
	s.beat()
	if got := fmt.Sprint(ps.all); got != "[{ 5 50 0 0 false} { 6 0 0 0 false} { 6 50 0 0 false}]" {
		t.Errorf("after lines with steps 5 and 6: %s", got)
	}
}

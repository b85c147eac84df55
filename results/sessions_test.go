package results

import (
	"context"
	"errors"
	"testing"
	"time"

	"sweep/sweeps"
)

func testContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

func TestTrialFromPlanToEnd(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 2, 50, 100)
	d := put(t, s, p)
	if d.New != 4 || d.Kept+d.Linked+d.Retired != 0 {
		t.Fatalf("diff of a new sweep: %+v", d)
	}
	trial := p.Trials()[0]
	if st := trials(t, s, "hidden")[trial.ID].State; st != "waiting" {
		t.Errorf("planned trial is %s", st)
	}
	if c := claim(t, s, trial); c.Attempt != 1 || c.Seconds != 0 {
		t.Errorf("first claim: %+v", c)
	}
	if st := trials(t, s, "hidden")[trial.ID].State; st != "running" {
		t.Errorf("claimed trial is %s", st)
	}
	record(t, s, trial, sweeps.Point{Step: 0}, sweeps.Point{Metric: "val/loss", Step: 10, Examples: 100, Seconds: 1.5, Value: 5.5},
		sweeps.Point{Metric: "val/perplexity", Step: 20, Examples: 200, Seconds: 3, Value: 140.25, Final: true})
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Seconds: 3.5, Step: 20, Examples: 200, Linkable: true})

	got := trials(t, s, "hidden")[trial.ID]
	if got.State != "complete" || *got.Value != 140.25 || *got.ValPerplexity != 140.25 || got.Steps != 20 || got.Examples != 200 ||
		got.Seconds != 3.5 || got.Attempts != 1 || got.Error != nil || got.FinishedAt == nil || got.Parameters != 50_000 {
		t.Errorf("finished trial: %+v", got)
	}
	if *got.ValLoss != 5.5 { // no final point: the last of the curve
		t.Errorf("val_loss %v, want the curve's last", *got.ValLoss)
	}
	pts, err := s.TrialPoints(t.Context(), "hidden", trial.ID)
	if err != nil || len(pts) != 1 || pts[0].Metric != "val/loss" || *pts[0].Value != 5.5 || pts[0].Seconds != 1.5 {
		t.Errorf("points: %+v, %v", pts, err)
	}
	if _, err := s.Claim(t.Context(), trial); err != nil {
		t.Errorf("claim of a finished trial: %v", err)
	}
}

func TestFinishedTrialIsNeverWrittenAgain(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	train(t, s, trial, perplexity(140))
	if err := s.Finish(t.Context(), trial, sweeps.Outcome{State: sweeps.Failed}); !errors.Is(err, ErrFinished) {
		t.Errorf("finish again: %v, want ErrFinished", err)
	}
	for _, q := range []string{
		`UPDATE trials SET state = 'waiting'`, `UPDATE trials SET steps = 7`, `UPDATE finals SET value = 1`,
		`DELETE FROM finals`, `DELETE FROM trials`, `INSERT INTO finals (trial_id, metric, value) VALUES (1, 'x', 1)`,
	} {
		err := fault("write", s.writer.db.Exec(q).Error)
		if !errors.Is(err, ErrFinished) {
			t.Errorf("%s: %v, want it refused", q, err)
		}
	}
	if got := trials(t, s, "hidden")[trial.ID]; got.State != "complete" || *got.Value != 140 {
		t.Errorf("trial changed: %+v", got)
	}
}

func TestInterruptedTrialGoesOn(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	record(t, s, trial, sweeps.Point{Step: 0}, sweeps.Point{Metric: "val/loss", Step: 40, Examples: 400, Seconds: 2, Value: 6})
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Waiting, Seconds: 3, Step: 40, Examples: 400})
	got := trials(t, s, "hidden")[trial.ID]
	if got.State != "waiting" || got.Steps != 40 || got.Seconds != 3 || got.FinishedAt != nil || got.Value != nil || got.ValLoss != nil {
		t.Errorf("interrupted: %+v", got)
	}
	if c := claim(t, s, trial); c.Attempt != 2 || c.Seconds != 3 {
		t.Errorf("second claim: %+v", c)
	}
	// It goes on from a checkpoint at step 30: one point comes again, with another time.
	record(t, s, trial, sweeps.Point{Step: 30}, sweeps.Point{Metric: "val/loss", Step: 40, Examples: 400, Seconds: 3.5, Value: 6},
		sweeps.Point{Metric: "val/loss", Step: 80, Examples: 800, Seconds: 5, Value: 5})
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Seconds: 2.5, Step: 80, Examples: 800, Linkable: true})
	if got := trials(t, s, "hidden")[trial.ID]; got.Attempts != 2 || got.Seconds != 5.5 || *got.ValLoss != 5 {
		t.Errorf("after the second session: %+v", got)
	}
	pts, err := s.Points(t.Context(), "hidden")
	if err != nil || len(pts) != 2 || pts[0].Step != 40 || pts[0].Seconds != 3.5 || pts[1].Step != 80 {
		t.Errorf("points: %+v, %v", pts, err)
	}
	sessions, err := s.Sessions(t.Context(), "hidden")
	if err != nil || len(sessions) != 2 {
		t.Fatalf("sessions: %+v, %v", sessions, err)
	}
	first, second := sessions[0], sessions[1]
	if *first.StartStep != 0 || *first.EndStep != 40 || first.Outcome != "interrupted" ||
		*second.StartStep != 30 || *second.EndStep != 80 || second.Outcome != "complete" || second.Seconds != 2.5 {
		t.Errorf("sessions: %+v", sessions)
	}
}

func TestReleaseOfDeadProcess(t *testing.T) {
	dir := t.TempDir()
	p := grid("hidden", 2, 50)
	dead := reopened(t, dir, Options{})
	put(t, dead, p)
	first, second := p.Trials()[0], p.Trials()[1]
	train(t, dead, first, perplexity(140))
	claim(t, dead, second)
	record(t, dead, second, sweeps.Point{Step: 0}, sweeps.Point{Step: 25, Examples: 250, Seconds: 4})
	next := reopened(t, dir, Options{})
	waitFor(t, func() bool { return trials(t, next, "hidden")[second.ID].Steps == 25 })

	if err := next.Release(t.Context(), "hidden"); err != nil {
		t.Fatal(err)
	}
	rows := trials(t, next, "hidden")
	if rows[first.ID].State != "complete" || rows[second.ID].State != "waiting" || rows[second.ID].Attempts != 1 {
		t.Errorf("released: %+v", rows)
	}
	if c := claim(t, next, second); c.Attempt != 2 || c.Seconds != 4 {
		t.Errorf("claim after release: %+v", c)
	}
	// The first process was not dead after all, and has nothing more to say.
	if err := dead.Finish(t.Context(), second, sweeps.Outcome{State: sweeps.Complete}); !errors.Is(err, ErrFinished) {
		t.Errorf("finish by the process that lost the trial: %v", err)
	}
	finish(t, next, second, sweeps.Outcome{State: sweeps.Stopped, Step: 60, Seconds: 1})
	sessions, err := next.Sessions(t.Context(), "hidden")
	if err != nil || len(sessions) != 3 || sessions[1].Outcome != "lost" || *sessions[1].EndStep != 25 || sessions[2].Outcome != "stopped" {
		t.Errorf("sessions: %+v, %v", sessions, err)
	}
}

// waitFor waits until something holds that another goroutine is bringing about.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func TestTrainingSharedBySweeps(t *testing.T) {
	s := opened(t)
	a, b := grid("a", 1, 50, 100), grid("b", 1, 100, 200)
	put(t, s, a)
	put(t, s, b)
	inA, inB := a.Trials()[1], b.Trials()[0]
	if inA.Key != inB.Key {
		t.Fatal("the fixture's sweeps share no training")
	}
	claim(t, s, inA)
	if c, err := s.Claim(t.Context(), inB); err != nil || c.Busy != "a" || c.Run {
		t.Errorf("claim of a running training: %+v, %v", c, err)
	}
	record(t, s, inA, sweeps.Point{Metric: "val/loss", Step: 5, Value: 5})
	record(t, s, inA, sweeps.Point{Metric: "val/perplexity", Step: 10, Value: 133, Final: true})
	finish(t, s, inA, sweeps.Outcome{State: sweeps.Complete, Seconds: 2, Step: 10, Examples: 100, Linkable: true})
	if c, err := s.Claim(t.Context(), inB); err != nil || c.Linked != sweeps.Complete {
		t.Errorf("claim of a finished training: %+v, %v", c, err)
	}
	got := trials(t, s, "b")[inB.ID]
	if got.State != "complete" || *got.Value != 133 || got.Attempts != 0 || got.Seconds != 2 || got.Steps != 10 {
		t.Errorf("linked trial: %+v", got)
	}
	if pts, err := s.TrialPoints(t.Context(), "b", inB.ID); err != nil || len(pts) != 1 {
		t.Errorf("a linked trial shows its training's curve: %+v, %v", pts, err)
	}
	// A third sweep gets it with its plan.
	c := grid("c", 1, 100, 300)
	d := put(t, s, c)
	if d.Linked != 1 || d.New != 1 || d.States[inA.ID] != sweeps.Complete {
		t.Errorf("diff: %+v", d)
	}
	if got := trials(t, s, "c")[inA.ID]; got.State != "complete" || *got.Value != 133 {
		t.Errorf("linked by the plan: %+v", got)
	}
}

func TestStoppedTrainingGoesOnElsewhere(t *testing.T) {
	s := opened(t)
	a, b := grid("a", 1, 50), grid("b", 1, 50)
	put(t, s, a)
	put(t, s, b)
	inA, inB := a.Trials()[0], b.Trials()[0]
	claim(t, s, inA)
	record(t, s, inA, sweeps.Point{Metric: "val/perplexity", Step: 10, Seconds: 1, Value: 150})
	finish(t, s, inA, sweeps.Outcome{State: sweeps.Stopped, Seconds: 1, Step: 10, Examples: 100, Linkable: true})
	before := trials(t, s, "a")[inA.ID]
	if c := claim(t, s, inB); c.Seconds != 1 {
		t.Errorf("claim: %+v, want the seconds of the training so far", c)
	}
	record(t, s, inB, sweeps.Point{Metric: "val/perplexity", Step: 20, Seconds: 2, Value: 140})
	finish(t, s, inB, sweeps.Outcome{State: sweeps.Complete, Seconds: 1, Step: 20, Examples: 200, Linkable: true})
	after := trials(t, s, "a")[inA.ID]
	if after.State != "stopped" || after.Steps != 10 || *after.Value != 150 || *after.FinishedAt != *before.FinishedAt {
		t.Errorf("the stopped trial changed: %+v", after)
	}
	if pts, err := s.TrialPoints(t.Context(), "a", inA.ID); err != nil || len(pts) != 1 || pts[0].Step != 10 {
		t.Errorf("curve of the stopped trial: %+v, %v", pts, err)
	}
	if got := trials(t, s, "b")[inB.ID]; *got.Value != 140 || got.Steps != 20 {
		t.Errorf("continued trial: %+v", got)
	}
}

func TestClockStopsAreNotLinked(t *testing.T) {
	s := opened(t)
	a, b := grid("a", 1, 50), grid("b", 1, 50)
	put(t, s, a)
	claim(t, s, a.Trials()[0])
	finish(t, s, a.Trials()[0], sweeps.Outcome{State: sweeps.Complete, Step: 3, Linkable: false})
	if d := put(t, s, b); d.Linked != 0 || d.New != 1 {
		t.Errorf("diff: %+v", d)
	}
	claim(t, s, b.Trials()[0])
	finish(t, s, b.Trials()[0], sweeps.Outcome{State: sweeps.Failed, Err: "no"})
}

func TestDivergedIsAResultAndFailedIsNot(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50, 100)
	put(t, s, p)
	diverged, failed := p.Trials()[0], p.Trials()[1]
	claim(t, s, diverged)
	record(t, s, diverged, sweeps.Point{Metric: "val/perplexity", Step: 5, Value: 900})
	finish(t, s, diverged, sweeps.Outcome{State: sweeps.Diverged, Err: "step 7: loss is NaN", Step: 7, Linkable: true})
	claim(t, s, failed)
	finish(t, s, failed, sweeps.Outcome{State: sweeps.Failed, Err: "panic: \xff", Step: 9})
	rows := trials(t, s, "hidden")
	if r := rows[diverged.ID]; r.State != "diverged" || *r.Error != "step 7: loss is NaN" || r.Value != nil {
		t.Errorf("diverged: %+v", r)
	}
	if r := rows[failed.ID]; r.State != "failed" || *r.Error != "panic: \uFFFD" || r.Value != nil {
		t.Errorf("failed: %+v", r)
	}
	if d := put(t, s, p); d.Kept != 2 || d.States[failed.ID] != sweeps.Waiting || d.States[diverged.ID] != sweeps.Diverged {
		t.Errorf("diff of the same plan: %+v", d)
	}
	if r := trials(t, s, "hidden")[failed.ID]; r.State != "waiting" || r.Error != nil || r.FinishedAt != nil {
		t.Errorf("a failed trial is tried again: %+v", r)
	}
	other := grid("other", 1, 50)
	if d := put(t, s, other); d.Linked != 1 || d.States[diverged.ID] != sweeps.Diverged {
		t.Errorf("a diverged training is linked: %+v", d)
	}
}

func TestClaimNeedsAPlanAndFinishAClaim(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	if _, err := s.Claim(t.Context(), p.Trials()[0]); !errors.Is(err, ErrNotFound) {
		t.Errorf("claim without a plan: %v", err)
	}
	put(t, s, p)
	if err := s.Record(t.Context(), p.Trials()[0], []sweeps.Point{{Step: 1}}); !errors.Is(err, ErrClosed) {
		t.Errorf("record without a claim: %v", err)
	}
	if err := s.Finish(t.Context(), p.Trials()[0], sweeps.Outcome{State: sweeps.Complete}); !errors.Is(err, ErrClosed) {
		t.Errorf("finish without a claim: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := s.Claim(ctx, p.Trials()[0]); !errors.Is(err, stop) {
		t.Errorf("claim after the end: %v", err)
	}
}

func TestFinishWritesThoughTheSweepIsCancelled(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Record(ctx, trial, []sweeps.Point{{Metric: "val/loss", Step: 1, Value: 1}}); err != nil {
		t.Error(err)
	}
	if err := s.Finish(ctx, trial, sweeps.Outcome{State: sweeps.Waiting, Step: 1}); err != nil {
		t.Error(err)
	}
	if pts, err := s.Points(t.Context(), "hidden"); err != nil || len(pts) != 1 {
		t.Errorf("points: %+v, %v", pts, err)
	}
}

// What PostgreSQL does not take is kept from taking the points of others along, and from leaving a trial without an end.
func TestNUL(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50, 100)
	put(t, s, p)
	one, two := p.Trials()[0], p.Trials()[1]
	claim(t, s, one)
	claim(t, s, two)
	record(t, s, two, sweeps.Point{Metric: "val/perplexity", Step: 50, Value: 3})
	for _, name := range []string{"a\x00b", "\xff"} {
		if err := s.Record(t.Context(), one, []sweeps.Point{{Metric: name, Step: 50, Value: 3}}); err == nil {
			t.Errorf("%q is the name of a metric", name)
		}
	}
	finish(t, s, one, sweeps.Outcome{State: sweeps.Failed, Err: "it breaks: \x00"})
	finish(t, s, two, sweeps.Outcome{State: sweeps.Complete, Step: 50, Linkable: true})
	if got := trials(t, s, "hidden"); *got[one.ID].Error != "it breaks: \uFFFD" || *got[two.ID].Value != 3 {
		t.Errorf("%+v", got)
	}
}

// A process whose trial was released and is another's now writes nothing more of it, neither curve nor end.
func TestSupersededSessionWritesNothing(t *testing.T) {
	dir := t.TempDir()
	old := reopened(t, dir, Options{})
	next := reopened(t, dir, Options{})
	p := grid("hidden", 1, 50)
	put(t, old, p)
	trial := p.Trials()[0]
	claim(t, old, trial)
	if err := next.Release(t.Context(), "hidden"); err != nil {
		t.Fatal(err)
	}
	if c := claim(t, next, trial); c.Attempt != 2 {
		t.Fatalf("%+v", c)
	}
	record(t, next, trial, sweeps.Point{Metric: "val/perplexity", Step: 50, Value: 3})
	waitFor(t, func() bool { return len(points(t, next, "hidden")) == 1 })
	record(t, old, trial, sweeps.Point{Metric: "val/perplexity", Step: 50, Value: 7}, sweeps.Point{Metric: "other", Step: 90, Value: 1})
	waitFor(t, func() bool {
		return errors.Is(old.Record(t.Context(), trial, []sweeps.Point{{Metric: "other", Step: 95, Value: 1}}), ErrFinished)
	})
	if err := old.Finish(t.Context(), trial, sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true}); !errors.Is(err, ErrFinished) {
		t.Errorf("finish: %v", err)
	}
	if got := trials(t, next, "hidden")[trial.ID]; got.Steps != 50 {
		t.Errorf("%+v", got)
	}
	finish(t, next, trial, sweeps.Outcome{State: sweeps.Complete, Step: 50, Linkable: true})
	pts := points(t, next, "hidden")
	if got := trials(t, next, "hidden")[trial.ID]; len(pts) != 1 || *pts[0].Value != 3 || got.Steps != 50 || got.Attempts != 2 {
		t.Errorf("%+v, %+v", pts, got)
	}
}

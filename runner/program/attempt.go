package program

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sweep/runner"
)

// linger is how long what a program leaves running is given after SIGTERM.
const linger = time.Second

// attempt is one run of the program.
type attempt struct {
	job     *job
	trainer *Trainer
	sink    *sink

	outlets []*outlet
	readers sync.WaitGroup
	stderr  tail // written by one reader, read when all have ended

	heard   atomic.Int64 // when output last came in or was dealt with, in Unix nanoseconds
	dealing atomic.Int32 // readers that deal with a line: while they do, the program may be waiting for us

	family *family
	exited chan struct{} // closed when what follows is there
	state  *os.ProcessState
	err    error

	cause       error     // why it was told to end, nil if it was not
	interrupted bool      // the cause is that of ctx
	until       time.Time // what it was told to end by
}

// run starts the program, sees to it until it and all that it has started are gone, and judges how it ended.
func (a *attempt) run(ctx context.Context, env []string) error {
	begun := time.Now()
	if err := a.start(env); err != nil {
		a.job.journal.note("not started: %v", err)
		return &StartError{Err: err}
	}
	a.watch(ctx)
	a.heed(ctx)
	// What the program has left to others may hold its pipes open, so that goes first.
	if n := a.family.end(a.lingerUntil()); n > 0 {
		a.job.journal.note("%d processes that it has started cannot be killed", n)
	}
	for _, o := range a.outlets {
		o.finish()
	}
	a.readers.Wait()
	for _, o := range a.outlets {
		o.file.Close()
	}
	return a.judge(time.Since(begun))
}

// start opens the pipes, starts the program and the goroutines that read from it.
func (a *attempt) start(env []string) error {
	id := rand.Text()
	env = append(env[:len(env):len(env)], variableAttempt+"="+id)
	cmd := &exec.Cmd{Path: a.job.path, Args: a.job.words, Dir: a.trainer.Dir}
	var theirs []*os.File
	defer func() {
		for _, w := range theirs {
			w.Close()
		}
	}()
	streams := 2
	if metricsPipe {
		streams = 3
	}
	for range streams {
		r, w, err := newPipe()
		if err != nil {
			a.closeOutlets()
			return err
		}
		a.outlets, theirs = append(a.outlets, r), append(theirs, w)
	}
	cmd.Stdout, cmd.Stderr = theirs[0], theirs[1]
	if metricsPipe {
		cmd.ExtraFiles = theirs[2:]
		env = append(env, "SWEEP_METRICS_FD=3", "SWEEP_METRICS_INODE="+strconv.FormatUint(inode(theirs[2]), 10))
	} else {
		env = append(env, "SWEEP_METRICS_FD=", "SWEEP_METRICS_INODE=") // they may be of a sweep that this one runs in
	}
	cmd.Env = env
	a.clear()
	if err := a.launch(cmd, id); err != nil {
		a.closeOutlets()
		return err
	}
	a.job.journal.note("begin, process %d: %s", cmd.Process.Pid, a.job.shown)
	a.heard.Store(time.Now().UnixNano())
	a.readers.Go(func() { a.read(a.outlets[0], a.fromStdout) })
	a.readers.Go(func() { a.read(a.outlets[1], a.fromStderr) })
	if metricsPipe {
		a.readers.Go(func() { a.read(a.outlets[2], a.fromMetrics) })
	}
	return nil
}

func (a *attempt) closeOutlets() {
	for _, o := range a.outlets {
		o.file.Close()
	}
}

// clear ends what a sweep that was killed has left of this trial, lest two programs write to one folder.
func (a *attempt) clear() {
	if a.job.swept {
		return
	}
	a.job.swept = true
	if n := clearTrial(a.job.dir); n > 0 {
		a.job.journal.note("%d processes of an earlier attempt, whose sweep was killed, still ran; killed", n)
	}
}

// launch starts the program on a goroutine that stays on its thread until the program has ended: the kernel takes the end
// of the thread for the end of sweep, and kills the program.
func (a *attempt) launch(cmd *exec.Cmd, id string) error {
	started := make(chan error)
	a.exited = make(chan struct{})
	go func() { // ends with the program, for whose end every caller waits
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var err error
		a.family, err = startFamily(cmd, id)
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			a.err = err
		}
		a.state = cmd.ProcessState
		close(a.exited)
	}()
	return <-started
}

// watch returns when the program has ended. Until then it tells it to end when there is a reason.
func (a *attempt) watch(ctx context.Context) {
	t := a.trainer
	every := time.Second
	if t.Silence > 0 {
		every = min(every, t.Silence/4+1)
	}
	if t.Beat > 0 {
		every = min(every, t.Beat)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	beaten := time.Now()
	var kill <-chan time.Time
	end := func(cause error) {
		if a.cause != nil {
			return
		}
		a.cause, a.until = cause, time.Now().Add(t.grace())
		kill = time.After(t.grace())
		a.job.journal.note("told to end (SIGTERM): %v", cause)
		a.family.term()
	}
	done, asked := ctx.Done(), a.sink.asked
	for {
		select {
		case <-a.exited: // before all reasons: what has ended by itself was not told to
			return
		default:
		}
		select {
		case <-a.exited:
			return
		case <-done:
			a.interrupted = a.cause == nil
			end(context.Cause(ctx))
			done = nil
		case <-asked:
			end(a.sink.answer())
			asked = nil
		case <-kill:
			a.job.journal.note("still there %s later: killed (SIGKILL)", t.grace())
			a.family.kill()
		case now := <-tick.C:
			a.family.tend()
			if a.silentFor(now) > t.Silence && t.Silence > 0 {
				end(errSilent)
			}
			if t.Beat > 0 && now.Sub(beaten) >= t.Beat {
				beaten = now
				a.sink.beat()
			}
		}
	}
}

// silentFor is how long the program has printed nothing, of its own doing.
func (a *attempt) silentFor(now time.Time) time.Duration {
	if a.dealing.Load() > 0 {
		return 0
	}
	return now.Sub(time.Unix(0, a.heard.Load()))
}

// lingerUntil is by when what the program has left must be gone. What was told to end together with it, such as the
// program that a shell had started, keeps its time for that.
func (a *attempt) lingerUntil() time.Time {
	soon := time.Now().Add(min(linger, a.trainer.grace()))
	if a.until.After(soon) {
		return a.until
	}
	return soon
}

// read hands each line of a stream to a function, until the stream ends.
func (a *attempt) read(o *outlet, line func(text []byte, cut bool)) {
	for ls := newLines(&heard{o, &a.heard}); ; {
		text, cut, err := ls.next()
		if err != nil {
			return
		}
		a.dealing.Add(1)
		line(text, cut)
		a.heard.Store(time.Now().UnixNano())
		a.dealing.Add(-1)
	}
}

// heard is a stream that keeps when it was last read from.
type heard struct {
	*outlet
	at *atomic.Int64
}

func (h *heard) Read(b []byte) (int, error) {
	n, err := h.outlet.Read(b)
	h.at.Store(time.Now().UnixNano())
	return n, err
}

func (a *attempt) fromStdout(text []byte, cut bool) {
	m, ok := parseLine(text)
	if ok && !cut {
		a.sink.take(m)
	}
	if !ok || cut || m.odd {
		a.job.journal.line(text, cut)
	}
}

func (a *attempt) fromStderr(text []byte, cut bool) {
	a.stderr.add(text)
	a.job.journal.line(text, cut)
}

func (a *attempt) fromMetrics(text []byte, cut bool) { a.fromStdout(text, cut) }

// heedFor is how long a program that others have told to end waits for whether this process is, too.
const heedFor = time.Second

// heed finds out whether a program that was ended from outside, and not by us, was so together with this process: a cluster's scheduler sends
// SIGTERM to all processes of a job, and the program may be the first to have it. Then it did not fail.
func (a *attempt) heed(ctx context.Context) {
	if a.cause != nil || a.err != nil {
		return
	}
	const terminated = 15
	if e := exitError(a.state); e.Signal != terminated && e.Status != 128+terminated {
		return
	}
	select {
	case <-ctx.Done():
		a.cause, a.interrupted = context.Cause(ctx), true
		a.job.journal.note("it was told to end together with sweep: %v", a.cause)
	case <-time.After(heedFor):
	}
}

// judge turns the program's end into Train's answer. What report has asked for counts even when the program was faster, so
// that no clock decides what becomes of a trial.
func (a *attempt) judge(ran time.Duration) error {
	j := a.job.journal
	if a.err != nil {
		j.note("end: %v", a.err)
		return fmt.Errorf("wait for program: %w", a.err)
	}
	e := exitError(a.state)
	e.Ran, e.Stderr, e.Log = ran, a.stderr.lines(), a.job.log
	j.note("end: %s after %s", e.how(), ran.Round(time.Millisecond))
	asked := a.sink.answer()
	paused := e.Status == exitPaused
	switch {
	case asked != nil && !(a.interrupted && isRequest(asked)):
		if errors.Is(asked, runner.ErrPause) && !paused {
			j.note("it was asked to pause and did not exit with %d: it may begin anew when it goes on", exitPaused)
		}
		return asked
	case errors.Is(a.cause, errSilent):
		return silent(a.trainer.Silence, e)
	case a.cause != nil:
		return a.cause
	case paused:
		return fmt.Errorf("the program paused itself (exit status %d): %w", exitPaused, runner.ErrPause)
	case e.Status != 0:
		return e
	}
	return nil
}

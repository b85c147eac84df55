package program

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sweep/runner"
	"sweep/sweeps"
)

// living reports whether a process runs, other than as one that waits to be buried.
func living(pid int) bool {
	p, ok := readProcess(pid)
	return ok && !p.dead
}

// Everything that a program has started is gone when Train returns, in whatever way it left its program.
func TestNothingIsLeftBehind(t *testing.T) {
	const keep = `echo '{"ready": 1}'; while :; do sleep 60; done`
	for _, c := range []struct{ name, line string }{
		{"a child of the group", `sleep 60 & echo '{"child": '$!'}'; ` + keep},
		{"a child that heeds nothing", `"$SELF" as lurk child & ` + keep},
		{"a daemon", `"$SELF" as daemon child; ` + keep},
		{"a daemon without our environment", `"$SELF" as daemon child bare; ` + keep},
		{"a child in a session of its own", `setsid "$SELF" as lurk child & ` + keep},
		{"a daemon of a program that ends by itself", `"$SELF" as daemon child`},
		{"a daemon without our environment of a program that ends by itself", `"$SELF" as daemon child bare`},
		{"a child of a program that fails", `sleep 60 & echo '{"child": '$!'}'; exit 3`},
		{"a daemon of one that is killed", `"$SELF" as daemon child; kill -9 $$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := script(t, c.line)
			tr.Grace = 50 * time.Millisecond
			ctx, cancel := context.WithCancelCause(t.Context())
			ps := points{}
			seen := map[string]bool{}
			ps.answer = func(p runner.Point) error {
				if seen[p.Metric] = true; seen["child"] && seen["ready"] {
					cancel(errCtrlC)
				}
				return nil
			}
			begun := time.Now()
			err := tr.Train(ctx, trialT, ps.report)
			if ended := seen["ready"]; ended && err != errCtrlC {
				t.Errorf("Train returned %v", err)
			}
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
			if pid := int(ps.value(t, "child")); living(pid) {
				t.Errorf("process %d is left", pid)
			}
			noChildren(t)
		})
	}
}

// noChildren fails if this process has children in other sessions: the tests of this package start no others.
func noChildren(t *testing.T) {
	t.Helper()
	all, err := census()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.parent == os.Getpid() && p.session != all[os.Getpid()].session {
			t.Errorf("process %+v was handed to us and is not buried", p)
		}
	}
}

// A program's end, however it comes, does not touch what others have started.
func TestOthersAreNotDisturbed(t *testing.T) {
	other := script(t, `"$SELF" as daemon child; "$SELF" as daemon bare bare; `+await+`; kill -0 $(cat "$SWEEP_DIR_TRIAL/pid") && echo alive`)
	other.Grace = 50 * time.Millisecond
	dir := TrialDir(other.Record, "t")
	both := make(chan bool)
	var ps points
	ps.answer = func(p runner.Point) error {
		switch p.Metric {
		case "child":
			write(t, dir+"/pid", fmt.Sprint(p.Value), 0o644)
			both <- true
		case "bare":
			both <- true
		}
		return nil
	}
	done := make(chan error)
	go func() { done <- other.Train(t.Context(), trialT, ps.report) }()
	<-both
	<-both
	bare := int(ps.value(t, "bare"))

	tr := script(t, forever)
	tr.Grace = 10 * time.Millisecond
	ctx, answer := cancelled(t)
	if err := tr.Train(ctx, trialT, (&points{answer: answer}).report); err != errCtrlC {
		t.Errorf("Train returned %v", err)
	}
	if !living(bare) {
		t.Error("a daemon that may be another trial's was killed")
	}
	write(t, dir+"/go", "", 0o644)
	if err := <-done; err != nil {
		t.Errorf("the other trial: %v", err)
	}
	if s := output(t, other); !strings.HasSuffix(s, "alive\n") {
		t.Errorf("the other trial's daemon was killed:\n%s", s)
	}
	for _, name := range []string{"child", "bare"} {
		if pid := int(ps.value(t, name)); living(pid) {
			t.Errorf("the other trial's %s is left", name)
		}
	}
	noChildren(t)
}

// A process that the program left knowingly gets the time to end by itself, and its last words are in the log.
func TestWhatIsLeftIsAskedToEnd(t *testing.T) {
	t.Parallel()
	tr := script(t, `(trap 'echo saved; exit 0' TERM; >"$SWEEP_DIR_TRIAL/go"; while :; do sleep 0.01; done) & `+await)
	if err := tr.Train(t.Context(), trialT, (&points{}).report); err != nil {
		t.Error(err)
	}
	if s := output(t, tr); !strings.Contains(s, "saved\n") {
		t.Errorf("it left %q", s)
	}
}

// When a shell dies of the signal that its program heeds, the program keeps its grace. Neither it nor what it starts in order
// to end is asked again.
func TestGraceIsOfTheWholeGroup(t *testing.T) {
	t.Parallel()
	tr := script(t, `sh -c 'trap "echo asked; sleep 1.1; echo saved; exit 0" TERM; echo "{\"ready\": 1}"; while :; do sleep 0.01; done'; exit 1`)
	ctx, answer := cancelled(t)
	begun := time.Now()
	if err := tr.Train(ctx, trialT, (&points{answer: answer}).report); err != errCtrlC {
		t.Error(err)
	}
	took := time.Since(begun)
	if s := output(t, tr); !strings.Contains(s, "saved\n") || strings.Count(s, "asked") != 1 || took < linger {
		t.Errorf("the program that the shell had started said %q after %s", s, took)
	}
}

func init() {
	if len(os.Args) == 4 && os.Args[1] == "as" && os.Args[2] == "headless" {
		runtime.LockOSThread() // during init this is the first thread
		go behave("lurk", os.Args[3:])
		<-time.After(20 * time.Millisecond)
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	}
}

// A process goes on when its first thread has ended, though the kernel calls it a zombie then.
func TestProcessWithoutItsFirstThreadIsGone(t *testing.T) {
	tr := script(t, `"$SELF" as headless child & `+await)
	tr.Grace = 50 * time.Millisecond
	ps := points{answer: func(p runner.Point) error {
		if p.Metric == "child" && !soon(func() bool {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", int(p.Value)))
			return err == nil && strings.Contains(string(b), ") Z ")
		}) {
			t.Error("the first thread does not end")
		}
		write(t, TrialDir(tr.Record, "t")+"/go", "", 0o644)
		return nil
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Error(err)
	}
	if pid := int(ps.value(t, "child")); syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d is left", pid)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// Orphans that end while the program runs are buried, lest a program that makes many fills the table of processes.
func TestOrphansAreBuried(t *testing.T) {
	tr := script(t, `i=0; while [ $i -lt 20 ]; do i=$((i+1)); (setsid true &); done; echo '{"ready": 1}'; sleep 0.1; echo '{"later": 1}'; exec sleep 60`)
	tr.Beat = 10 * time.Millisecond // often enough that it looks at them
	ps := points{answer: func(p runner.Point) error {
		if p.Metric != "later" {
			return nil
		}
		registered()
		if !soon(func() bool {
			all, err := census()
			return err == nil && !slices.ContainsFunc(slices.Collect(maps.Values(all)), func(c process) bool {
				return c.parent == os.Getpid() && c.dead
			})
		}) {
			t.Error("orphans that have ended are not buried")
		}
		return runner.ErrStop
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); err != runner.ErrStop {
		t.Error(err)
	}
}

// registered returns the families that there are, and makes the next look of all at once.
func registered() map[*family]bool {
	kin.mu.Lock()
	defer kin.mu.Unlock()
	kin.rest = 0
	fs := map[*family]bool{}
	for f := range kin.families {
		fs[f] = true
	}
	return fs
}

// A process without mark and parents is known by the session that it is in, or by what was seen of it while it had them,
// even if others train at the same time.
func TestOrphansAreKnownByTheirPast(t *testing.T) {
	other := script(t, `echo '{"ready": 1}'; exec sleep 60`)
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan bool), make(chan error)
	go func() {
		done <- other.Train(ctx, trialT, func(p runner.Point) error {
			if p.Metric != "" {
				ready <- true
			}
			return nil
		})
	}()
	<-ready
	for _, c := range []struct{ name, line string }{ // only the last one is seen while it has its parents
		{"in the program's session", `(env -i "$SELF" as lurk child &); ` + await},
		{"in a session of its own, with our environment", `"$SELF" as daemon child`},
		{"seen before it left the session", `env -i "$SELF" as lurk child leaves & ` + await},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr := script(t, c.line)
			tr.Grace = 50 * time.Millisecond
			leaves := strings.HasPrefix(c.name, "seen")
			ps := points{answer: func(p runner.Point) error {
				if p.Metric == "child" && leaves {
					for f := range registered() {
						f.tend()
					}
				}
				if p.Metric == "left" || p.Metric == "child" && !leaves {
					write(t, TrialDir(tr.Record, "t")+"/go", "", 0o644)
				}
				return nil
			}}
			if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
				t.Error(err)
			}
			if pid := int(ps.value(t, "child")); living(pid) {
				t.Errorf("process %d is left", pid)
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		})
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	noChildren(t)
}

// A stopped program has to go on for its end.
func TestStoppedProgramEnds(t *testing.T) {
	tr := script(t, `trap 'exit 0' TERM; echo '{"self": '$$'}'; kill -STOP $$; while :; do sleep 0.01; done`)
	tr.Grace = time.Minute
	ctx, cancel := context.WithCancelCause(t.Context())
	err := tr.Train(ctx, trialT, func(p runner.Point) error {
		if p.Metric == "self" {
			if !soon(func() bool {
				b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", int(p.Value)))
				return err == nil && strings.Contains(string(b), ") T ")
			}) {
				t.Error("the program does not stop itself")
			}
			cancel(errCtrlC)
		}
		return nil
	})
	if err != errCtrlC {
		t.Errorf("Train returned %v", err)
	}
}

// Somebody who is not found holds the program's output open: the trial ends nevertheless.
func TestOutputThatIsHeldOpenByAnother(t *testing.T) {
	tr := script(t, `echo '{"self": '$$'}'; `+await+`; echo last`)
	var held *os.File
	err := tr.Train(t.Context(), trialT, func(p runner.Point) (err error) {
		if p.Metric == "self" {
			held, err = os.OpenFile(fmt.Sprintf("/proc/%d/fd/1", int(p.Value)), os.O_WRONLY, 0)
			write(t, TrialDir(tr.Record, "t")+"/go", "", 0o644)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	held.Close()
	if s := output(t, tr); s != "last\n" {
		t.Errorf("the log is %q", s)
	}
}

// The kernel ends a program with the thread that started it, and threads come and go.
func TestThreadsThatEndDoNotEndPrograms(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				done := make(chan bool)
				go func() {
					runtime.LockOSThread() // and never unlocked: the thread ends
					close(done)
				}()
				<-done
			}
		})
	}
	tr := script(t, `sleep 0.1`)
	for n := range 40 {
		trial := trialT
		trial.ID = fmt.Sprint("t", n)
		wg.Go(func() {
			if err := tr.Train(t.Context(), trial, (&points{}).report); err != nil {
				t.Error(err)
			}
		})
	}
	<-time.After(200 * time.Millisecond)
}

// A sweep that is killed takes the program along. What the program had started outlives them, until the trial goes on.
func TestKilledSweep(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	record := t.TempDir()
	cmd := exec.Command(self, "as", "sweep", record, `sleep 60 & echo '{"child": '$!'}'; echo '{"self": '$$'}'; while :; do sleep 60; done`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pids := map[string]int{}
	for s := bufio.NewScanner(out); len(pids) < 2 && s.Scan(); {
		var name string
		var pid float64
		if _, err := fmt.Sscan(s.Text(), &name, &pid); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		pids[name] = int(pid)
	}
	// Other tests have made this process one that is handed orphans; those of a sweep that is killed go elsewhere.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	waitFor(t, "the program to die with its sweep", func() bool { return !living(pids["self"]) })
	if !living(pids["child"]) {
		t.Skip("this machine ends the children of what is killed: nothing is left to clear")
	}

	left := func(trial sweeps.Trial) (still bool) {
		tr := &Trainer{Record: record, Command: []string{"/bin/sh", "-c", `echo '{"begun": 1}'`}}
		err := tr.Train(t.Context(), trial, func(p runner.Point) error {
			still = still || living(pids["child"])
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return still
	}
	if !left(sweeps.Trial{ID: "other"}) {
		t.Error("another trial ended what was left of this one")
	}
	if left(trialT) {
		t.Error("the trial goes on while what was left of it still runs")
	}
	if s := logged(t, &Trainer{Record: record}); !strings.Contains(s, "of an earlier attempt, whose sweep was killed, still ran; killed") {
		t.Errorf("the log:\n%s", s)
	}
}

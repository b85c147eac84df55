package runner

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sweep/sweeps"
)

// holdLockIn names the variable that makes this test binary a process that runs a sweep until it is killed.
const holdLockIn = "RUNNER_TEST_HOLD_LOCK_IN"

// holdLock runs sweep s in dir, says so on standard output, and goes on as long as the test.
func holdLock(dir string) {
	r := &Runner{Recorder: newMemory(), Locks: Folder(dir), Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error {
			fmt.Println("running")
			_, err := io.Copy(io.Discard, os.Stdin) // until the test has gone
			return err
		})}
	_, err := r.Run(context.Background(), planOf("s", "a"))
	fmt.Println(err)
}

func TestOneProcessASweepAndAKilledOneLetsGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locks")
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), holdLockIn+"="+dir)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "running\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}

	m := newMemory()
	r := &Runner{Recorder: m, Locks: Folder(dir), Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error { return nil })}
	_, err = r.Run(t.Context(), planOf("s", "a"))
	var held *sweeps.LockedError
	if !errors.As(err, &held) {
		t.Fatalf("a second process got %v", err)
	}
	file := filepath.Join(dir, "s.lock")
	want := sweeps.LockedError{Sweep: "s", By: fmt.Sprintf("process %d (%s)", other.Process.Pid, file)}
	if *held != want {
		t.Errorf("got %+v, want %+v", *held, want)
	}
	if len(m.calls) != 0 {
		t.Errorf("the record was touched without the lock: %v", m.calls)
	}
	if _, err := r.Run(t.Context(), planOf("another", "a")); err != nil {
		t.Errorf("another sweep cannot run beside it: %v", err)
	}

	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // says that it was killed
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Errorf("the lock of a killed process is still held: %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the lock file is gone: %v", err)
	}
}

func TestTheLockIsGivenBackHoweverARunEnds(t *testing.T) {
	dir := t.TempDir()
	m := newMemory()
	m.broken["finish"] = errors.New("disk on fire")
	r := &Runner{Recorder: m, Locks: Folder(dir), Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error { return nil })}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err == nil {
		t.Fatal("the run did not fail")
	}
	delete(m.broken, "finish")
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Error(err)
	}
}

func TestTheCallersOwnLockIsUsedAndKept(t *testing.T) {
	dir := t.TempDir()
	l, err := Folder(dir).Lock(t.Context(), "s", lockPatience)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Recorder: newMemory(), Lock: l, Locks: Folder(dir), Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error { return nil })}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := Folder(dir).Lock(t.Context(), "s", 0); !locked(err) {
		t.Errorf("after the run, taking the caller's lock gave %v", err)
	}
	if _, err := r.Run(t.Context(), planOf("another", "a")); err == nil {
		t.Error("a sweep ran under another one's lock")
	}
	l.Release()
	if l, err = Folder(dir).Lock(t.Context(), "s", lockPatience); err != nil {
		t.Fatalf("the released lock is held: %v", err)
	}
	l.Release()
}

func TestALockThatCannotBeMadeIsAnErrorBeforeAnything(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if _, err := (&Runner{Recorder: m, Locks: Folder(file)}).Run(t.Context(), planOf("s", "a")); err == nil || locked(err) {
		t.Errorf("a folder that is a file gave %v", err)
	}
	for _, name := range []string{"", "../s", "a/b", "/s"} {
		if _, err := (&Runner{Recorder: m, Locks: Folder(t.TempDir())}).Run(t.Context(), planOf(name, "a")); err == nil {
			t.Errorf("a sweep named %q got a lock file", name)
		}
	}
	if len(m.calls) != 0 {
		t.Errorf("the record was touched: %v", m.calls)
	}
}

func TestLockedErrorReads(t *testing.T) {
	got := (&sweeps.LockedError{Sweep: "hidden", By: "process 4711 (runs/locks/hidden.lock)"}).Error()
	want := "sweep hidden is being run by process 4711 (runs/locks/hidden.lock); `sweep watch hidden` shows how far it is. " +
		"To edit it, `sweep stop hidden` saves and stops it, and running the edited spec goes on from there"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

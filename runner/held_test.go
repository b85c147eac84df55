package runner

import (
	"testing"

	"sweep/sweeps"
)

func TestHeldWhileSomebodyRunsTheSweep(t *testing.T) {
	dir := t.TempDir()
	held := func() bool {
		t.Helper()
		held, err := Folder(dir).Held(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	if held() {
		t.Error("held before anybody ran it")
	}
	l, err := Folder(dir).Lock(t.Context(), "s", lockPatience)
	if err != nil {
		t.Fatal(err)
	}
	if !held() {
		t.Error("not held while it is locked")
	}
	l.Release()
	if held() {
		t.Error("held after the lock was given back")
	}
}

// A request to a process that has ended does not meet the next one, however soon that is asked itself.
func TestLockTakesAnOldRequestAway(t *testing.T) {
	locks := Folder(t.TempDir())
	l, err := locks.Lock(t.Context(), "s", lockPatience)
	if err != nil {
		t.Fatal(err)
	}
	if err := locks.Ask(t.Context(), "s", sweeps.Pause); err != nil {
		t.Fatal(err)
	}
	if r, err := locks.Asked(t.Context(), "s"); r != sweeps.Pause || err != nil {
		t.Errorf("asked %q, %v", r, err)
	}
	l.Release()
	if l, err = locks.Lock(t.Context(), "s", lockPatience); err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if r, err := locks.Asked(t.Context(), "s"); r != "" || err != nil {
		t.Errorf("after the next lock: asked %q, %v", r, err)
	}
}

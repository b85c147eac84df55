package runner

import "testing"

func TestHeldWhileSomebodyRunsTheSweep(t *testing.T) {
	dir := t.TempDir()
	if Held(dir, "s") {
		t.Error("held before anybody ran it")
	}
	l, err := Lock(dir, "s")
	if err != nil {
		t.Fatal(err)
	}
	if !Held(dir, "s") {
		t.Error("not held while it is locked")
	}
	l.Release()
	if Held(dir, "s") {
		t.Error("held after the lock was given back")
	}
}

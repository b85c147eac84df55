package runner

import "testing"

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

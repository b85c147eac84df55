package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sweep/trainer/corpus/library"
)

// An interrupt ends a download with the signal's status, and what has come is kept and told of.
func TestInterruptedGet(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "228145")
		_, _ = w.Write(make([]byte, 3000))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	cache := t.TempDir()
	cmd := sweepCommand(t, "data", "get", "makemore-names")
	cmd.Env = append(cmd.Environ(), dataServerVariable+"="+s.URL, "SWEEP_CACHE="+cache)
	var stdout, stderr buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(cache, "data", "makemore-names.txt.part")
	waitFor(t, "the first bytes", func() bool { info, err := os.Stat(part); return err == nil && info.Size() == 3000 })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("%v, want exit status 130", err)
	}
	if !strings.Contains(stderr.String(), "3,000 of 228,145 bytes are kept; the same command goes on from there") || stdout.String() != "" {
		t.Errorf("it said %q and printed %q", stderr.String(), stdout.String())
	}
	if info, err := os.Stat(part); err != nil || info.Size() != 3000 {
		t.Errorf("%v, %v; want 3,000 bytes", info, err)
	}
}

// The exit status tells what ended a download.
func TestGetStatus(t *testing.T) {
	t.Setenv("SWEEP_CACHE", t.TempDir())
	before := dataClient
	t.Cleanup(func() { dataClient = before })
	fetchFromTest()
	server := dataServer(t)
	for path, want := range map[string]int{"/wrong": statusCheck, "/nothing": statusNetwork, "/cutwrong": statusNetwork} {
		t.Setenv(dataServerVariable, server+path)
		if status, _, stderr := program(t, "data", "get", "makemore-names", "-q"); status != want {
			t.Errorf("%s: exit status %d, want %d\n%s", path, status, want, stderr)
		}
	}
	if status, _, _ := program(t, "data", "get", "wikipedia"); status != statusUsage {
		t.Errorf("an unknown name: exit status %d", status)
	}
	lib, err := library.Default()
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := lib.Lock("makemore-names")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if status, _, stderr := program(t, "data", "get", "makemore-names"); status != statusRecord {
		t.Errorf("busy: exit status %d\n%s", status, stderr)
	}
	occupied := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(occupied, []byte("a b\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SWEEP_CACHE", occupied)
	if status, _, stderr := program(t, "data", "get", "makemore-names"); status != statusRecord {
		t.Errorf("no folder: exit status %d\n%s", status, stderr)
	}
	if status, _, stderr := program(t, "data", "import", occupied, "--name", "mine"); status != statusRecord {
		t.Errorf("no folder: exit status %d\n%s", status, stderr)
	}
	t.Setenv("SWEEP_CACHE", t.TempDir())
	if status, _, stderr := program(t, "data", "import", filepath.Join(occupied, "under"), "--name", "mine"); status != statusUsage {
		t.Errorf("no such file: exit status %d\n%s", status, stderr)
	}
}

func TestTransferBar(t *testing.T) {
	p, _ := library.Lookup("tinyshakespeare")
	var errs buffer
	a := &app{stderr: &errs, notices: &notices{w: &errs}}
	bar := a.transferBarOn(&errs, p, false, 0)
	bar.progress(1000, p.Size) // too early for a line
	bar.spoken = time.Now().Add(-time.Minute)
	bar.progress(580_004, p.Size)
	bar.note("cut\x1boff")
	bar.close()
	if got, want := errs.String(), "tinyshakespeare: 51 %, 580,004 of 1,115,394 bytes\nsweep: cut·off\n"; got != want {
		t.Errorf("lines %q, want %q", got, want)
	}
	for width, want := range map[int]string{
		80: "tinyshakespeare  ━━━━━━━━━━━━────────────  51 %  580,004 of 1,115,394 bytes",
		60: "tinyshakespeare  ━━━━────  51 %  580,004 of 1,115,394 bytes",
		30: "tinyshakespeare  51 %",
		10: "tinyshak…",
	} {
		if got := bar.line(width, false); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
	for _, quiet := range []*app{{quiet: true}, {json: true}} {
		errs = buffer{}
		quiet.stderr, quiet.notices = &errs, &notices{w: &errs}
		bar := quiet.transferBarOn(&errs, p, true, 80)
		bar.spoken = time.Now().Add(-time.Minute)
		bar.progress(580_004, p.Size)
		bar.note("cut off")
		bar.close()
		if errs.String() != "" {
			t.Errorf("it said %q", errs.String())
		}
	}
}

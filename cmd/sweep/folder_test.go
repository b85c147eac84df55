package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
)

// What another record may need is removed by no verb.
func TestFolderOfTwoRecords(t *testing.T) {
	const store = "postgres://me:hush@127.0.0.1:1/x"
	dir := t.TempDir()
	file, inStore := &app{dir: dir}, &app{dir: dir, store: store}
	for _, a := range []*app{file, inStore} {
		if err := a.onlyRecord(); err != nil {
			t.Errorf("an empty folder: %v", err)
		}
	}
	for range 2 {
		if err := inStore.noteStore(); err != nil {
			t.Fatal(err)
		}
	}
	if err := inStore.onlyRecord(); err != nil {
		t.Errorf("the one store that has files there: %v", err)
	}
	for _, args := range [][]string{{"gc", "--yes"}, {"rm", "x", "--yes"}} {
		status, _, stderr := program(t, append(args, "--dir", dir)...)
		if status != 4 || !strings.Contains(stderr, "has files of another record, too (postgres://me@127.0.0.1:1/x)") || strings.Contains(stderr, "hush") {
			t.Errorf("%s: exit status %d, %s", args[0], status, stderr)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, results.FileName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := inStore.onlyRecord(); err == nil || !strings.Contains(err.Error(), "the file ") {
		t.Errorf("beside a file: %v", err)
	}
}

func TestCommandsAreKeptWithoutPasswords(t *testing.T) {
	got := withoutPasswords([]string{"sweep", "run", "a.yaml", "--store", "postgres://me:hush@h/x", "--store=postgres://me@h/x?password=hush&sslmode=require", "--dir", "d"})
	want := []string{"sweep", "run", "a.yaml", "--store", "postgres://me@h/x", "--store=postgres://me@h/x?sslmode=require", "--dir", "d"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/results"
)

// What another record may need is removed by no verb.
func TestFolderOfTwoRecords(t *testing.T) {
	dir := t.TempDir()
	file := &app{dir: dir}
	if err := file.onlyRecord(t.Context()); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	if err := file.addStore(notedStore{results.Address("postgres://me:hush@127.0.0.1:1/x"), "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"gc", "--yes"}, {"rm", "x", "--yes"}} {
		status, _, stderr := program(t, append(args, "--dir", dir)...)
		if status != 4 || !strings.Contains(stderr, "has files of another record, too (postgres://me@127.0.0.1:1/x)") || strings.Contains(stderr, "hush") {
			t.Errorf("%s: exit status %d, %s", args[0], status, stderr)
		}
	}
}

// A run deletes no model that another record may have, too.
func TestModelsOfAnotherRecord(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(t.TempDir(), "small.yaml")
	text := "name: small\nmetric: {name: val/loss}\nkeep_models: none\nparameters: {corpus: names, hidden_size: 4, embedding_dim: 2, steps: 20, eval_examples: 20}\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	models := func() int {
		files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "model*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	if err := (&app{dir: dir}).addStore(notedStore{"postgres://me@h/x", "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir); status != 0 || !strings.Contains(stderr, "keep_models: models stay in "+dir+", which has files of another record, too (postgres://me@h/x)") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	if models() == 0 {
		t.Error("the model is gone")
	}
	if err := os.Remove((&app{dir: dir}).storesFile()); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir); status != 0 || models() != 0 {
		t.Errorf("exit status %d, %d models are left, %s", status, models(), stderr)
	}
}

// A record is the same by whatever address.
func TestFolderOfOneStore(t *testing.T) {
	pgtest.Need(t)
	address := pgtest.Schema(t, "test_folder")
	dir := t.TempDir()
	s, err := results.Open(t.Context(), dir, results.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	inStore := &app{dir: dir, store: address}
	for range 2 {
		if err := inStore.noteStore(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := inStore.stores(); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
	for _, a := range []string{address, pgtest.With(address, "application_name", "other")} {
		if err := (&app{dir: dir, store: a}).onlyRecord(t.Context()); err != nil {
			t.Errorf("the one store that has files there: %v", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, results.FileName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := inStore.onlyRecord(t.Context()); err == nil || !strings.Contains(err.Error(), "the file ") {
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

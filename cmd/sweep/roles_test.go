package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sweep/internal/pgtest"
)

// TestRolesOfThePage sets a server up as docs/scale.md says, to the letter: one role makes a record and trains, the other reads it and does no
// more.
func TestRolesOfThePage(t *testing.T) {
	pgtest.Need(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "scale.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s)psql sweeps <<'SQL'\n(.*?)\n    SQL\n`).FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of SQL in docs/scale.md, want one for each role", len(blocks))
	}
	server := pgtest.Own(t)
	as := func(user, database string) string {
		u, err := url.Parse(server.Address())
		if err != nil {
			t.Fatal(err)
		}
		u.User, u.Path = url.User(user), database
		return u.String()
	}
	do := func(store string, status int, args ...string) string {
		t.Helper()
		got, out, stderr := program(t, append(args, "--dir", t.TempDir(), "--store", store)...)
		if got != status {
			t.Errorf("%q: exit status %d, want %d\n%s%s", args, got, status, out, stderr)
		}
		return out + stderr
	}
	spec := filepath.Join(t.TempDir(), "tiny.yaml")
	text := "name: tiny\nparameters: {corpus: names, hidden_size: 4, steps: 10, evaluations: 1, eval_examples: 100}\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}

	if err := pgtest.ExecAt(server.Address(), `CREATE DATABASE sweeps`); err != nil {
		t.Fatal(err)
	}
	if err := pgtest.ExecAt(as("postgres", "sweeps"), blocks[0][1]); err != nil {
		t.Fatal(err)
	}
	do(as("sweep", "sweeps"), 0, "run", spec, "--quiet", "--workers", "1")
	if err := pgtest.ExecAt(as("postgres", "sweeps"), blocks[1][1]); err != nil {
		t.Fatal(err)
	}
	do(as("sweep", "sweeps"), 0, "run", spec, "--quiet", "--workers", "1", "--set", "name=another")

	reader := as("reader", "sweeps")
	for _, args := range [][]string{
		{"ls"}, {"trials", "tiny"}, {"best", "tiny"}, {"show", "tiny"}, {"watch", "another"}, {"report", "tiny"}, {"query", "SELECT * FROM v_trials"}, {"db", "check"},
		{"doctor"}, {"export", "tiny", "--format", "csv", "--out", t.TempDir()},
	} {
		do(reader, 0, args...)
	}
	for _, args := range [][]string{
		{"run", spec, "--quiet", "--set", "name=third"}, {"worker", "--idle", "1s"}, {"note", "tiny", "nice"}, {"rm", "tiny", "--yes"}, {"run", spec, "--quiet", "--detach", "--set", "name=third"},
	} {
		if said := do(reader, 4, args...); !strings.Contains(said, "permission denied") {
			t.Errorf("%q as a role that may only read: %s", args, said)
		}
	}
}

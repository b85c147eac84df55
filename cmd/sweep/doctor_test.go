package main

import (
	"strings"
	"testing"

	"sweep/internal/pgtest"
)

// TestDoctorOfStores has the doctor tell a store in which no record is yet from one that cannot be one.
func TestDoctorOfStores(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--artifacts", "file://" + t.TempDir()}, 0, "ok  artifacts  at file://"},
		{[]string{"--artifacts", "file://" + t.TempDir() + "/nosuch"}, 5, "!!  artifacts  "},
		{[]string{"--store", "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"}, 5, "the database cannot be reached"},
	} {
		doctor(t, c.args, c.status, c.want)
	}
	pgtest.Need(t)
	doctor(t, []string{"--store", pgtest.Schema(t, "test_doctor")}, 0, "ok  record     none yet; the first run makes it")
	doctor(t, []string{"--store", pgtest.With(pgtest.Server(), "search_path", "nosuch")}, 5, "nosuch")
}

func doctor(t *testing.T, args []string, status int, want string) {
	t.Helper()
	got, out, stderr := program(t, append([]string{"doctor", "--dir", t.TempDir(), "--store="}, args...)...)
	if got != status || !strings.Contains(out, want) {
		t.Errorf("%q: exit status %d, want %d and %q\n%s%s", args, got, status, want, out, stderr)
	}
}

package program

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournalIsCutAtItsLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "t.log")
	for range 3 { // attempts
		j, err := openJournal(path, 100)
		if err != nil {
			t.Fatal(err)
		}
		j.note("begin")
		for range 20 {
			j.line([]byte("0123456789"), false)
		}
		j.close()
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if n := strings.Count(text, "==== "); n != 3 {
		t.Errorf("%d attempts are noted, want 3:\n%s", n, text)
	}
	if n := strings.Count(text, "[sweep: the log is cut here"); n != 1 {
		t.Errorf("%d marks of the cut, want 1:\n%s", n, text)
	}
	if n := strings.Count(text, "0123456789\n"); n != 9 { // those that fit into 100 bytes
		t.Errorf("%d lines are kept, want 9:\n%s", n, text)
	}
}

func TestJournalBeginsOnALineOfItsOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.log")
	write(t, path, "torn", 0o644)
	j, err := openJournal(path, maxLog)
	if err != nil {
		t.Fatal(err)
	}
	defer j.close()
	j.line([]byte("next"), true)
	b, err := os.ReadFile(path)
	if want := "torn\nnext ... [sweep: the line is longer than 64 KiB and cut here]\n"; err != nil || string(b) != want {
		t.Errorf("%q, %v, want %q", b, err, want)
	}
}

func TestJournalSaysWhatAFullDiskTook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.log")
	j, err := openJournal(path, maxLog)
	if err != nil {
		t.Fatal(err)
	}
	whole := j.file
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full, whose writes fail as on a full disk")
	}
	j.line([]byte("one"), false)
	j.file = full
	j.line([]byte("two"), false)
	j.line([]byte("three"), false)
	full.Close()
	j.file = whole
	j.line([]byte("four"), false)
	j.close()
	b, err := os.ReadFile(path)
	if want := "one\n\n[sweep: 10 bytes are missing here: they could not be written]\nfour\n"; err != nil || string(b) != want {
		t.Errorf("%q, %v, want %q", b, err, want)
	}
}

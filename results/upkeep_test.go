package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sweep/sweeps"
)

func TestCheckFindsWhatCannotBe(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := grid("hidden", 2, 50)
	put(t, s, p)
	train(t, s, p.Trials()[0], perplexity(130))
	claim(t, s, p.Trials()[1])
	program := grid("program", 2, 60)
	for i := range program.Configurations { // which has no text, and may end well without having said by what it is judged
		program.Configurations[i].Data = sweeps.Data{}
	}
	put(t, s, program)
	train(t, s, program.Trials()[0], perplexity(130))
	train(t, s, program.Trials()[1], nil)
	if found, err := s.Check(t.Context()); err != nil || len(found) != 0 {
		t.Fatalf("a sound record: %v, %q", err, found)
	}
	for _, c := range []struct{ breaking, finding string }{
		{`UPDATE sessions SET outcome = 'lost' WHERE outcome = 'running'`, "disagree whether it is running"},
		{`UPDATE trials SET state = 'failed', finished_at = NULL WHERE state = 'running'`, "has ended at no time"},
		{`UPDATE trials SET state = 'complete', finished_at = 1 WHERE state = 'failed'`, "without a value of the sweep's metric"},
		{`UPDATE trainings SET trial = 'aaaaaaaaaaaa' WHERE id = 1`, "aaaaaaaaaaaa is not the short form of its key"},
	} {
		if err := s.writer.db.Exec(c.breaking).Error; err != nil {
			t.Fatal(err)
		}
		found, err := s.Check(t.Context())
		if err != nil || !strings.Contains(strings.Join(found, "\n"), c.finding) {
			t.Errorf("after %s: %v, %q", c.breaking, err, found)
		}
	}
	if err := s.writer.db.Exec(`PRAGMA foreign_keys = OFF`).Error; err != nil {
		t.Fatal(err)
	}
	if err := s.writer.db.Exec(`INSERT INTO points VALUES (99, 99, 1, 1, 1, 1)`).Error; err != nil {
		t.Fatal(err)
	}
	if found, err := s.Check(t.Context()); err != nil || !strings.Contains(strings.Join(found, "\n"), "refers to a row of trainings that is not there") {
		t.Errorf("a dangling row: %v, %q", err, found)
	}
}

func TestBackupWhileOthersWrite(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 30, 50)
	put(t, s, p)
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, trial := range p.Trials() {
			train(t, s, trial, perplexity(130))
		}
	})
	dir := t.TempDir()
	file := filepath.Join(dir, FileName)
	last := -1
	for range 5 {
		if err := s.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		copied, err := Open(t.Context(), dir, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		sw, err := copied.Sweep(t.Context(), "hidden")
		found, checkErr := copied.Check(t.Context())
		if err != nil || checkErr != nil || len(found) > 0 || sw.Complete < last {
			t.Errorf("copy: %+v, %v, %v, %q", sw, err, checkErr, found)
		}
		last = sw.Complete
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if left, err := filepath.Glob(filepath.Join(dir, ".backup*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if err := s.Backup(t.Context(), s.db.String()); !errors.Is(err, ErrUnwritable) {
		t.Errorf("backup onto itself: %v", err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "no", "such", "folder.db")); !errors.Is(err, ErrUnwritable) {
		t.Errorf("backup to nowhere: %v", err)
	}
}

// TestCorruption breaks a record in many places. Whatever is found must be told as damage; nothing may panic.
func TestCorruption(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	dir := t.TempDir()
	s := reopened(t, dir, Options{})
	trained(t, s, grid("hidden", 2, 50, 100, 200), map[int][]float64{50: {1, 2}, 100: {3, 4}, 200: {5, 6}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sane, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	detected := 0
	for i := range 60 {
		broken := append([]byte(nil), sane...)
		at := (i * 7919 * 131) % len(broken)
		for j := range 64 {
			broken[(at+j)%len(broken)] ^= byte(0x5a + i)
		}
		if i%10 == 9 {
			broken = broken[:len(broken)/2]
		}
		sub := t.TempDir()
		if err := os.WriteFile(filepath.Join(sub, FileName), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := exercise(t, sub); err != nil {
			detected++
			if errors.Is(err, ErrCorrupt) && !strings.Contains(err.Error(), "backup") && !strings.Contains(err.Error(), "not a record") {
				t.Errorf("damage at %d: %v: does not say what to do", at, err)
			}
		}
	}
	if detected == 0 {
		t.Error("no damage was found")
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), []byte("this is a text, and no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exercise(t, dir); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a text file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), sane, 0o600); err != nil {
		t.Fatal(err)
	}
}

// exercise opens a record, reads and writes it, and returns the first error.
func exercise(t *testing.T, dir string) error {
	t.Helper()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if found, err := s.Check(t.Context()); err != nil || len(found) > 0 {
		return errors.Join(err, errors.New(strings.Join(found, "; ")))
	}
	if _, err := s.Trials(t.Context(), "hidden"); err != nil {
		return err
	}
	if _, err := s.Answer(t.Context(), "hidden", ""); err != nil {
		return err
	}
	if _, err := s.Points(t.Context(), "hidden"); err != nil {
		return err
	}
	p := grid("again", 1, 50, 70)
	if _, err := s.PutPlan(t.Context(), p, Provenance{}); err != nil {
		return err
	}
	c, err := s.Claim(t.Context(), p.Trials()[1])
	if err != nil || !c.Run {
		return err
	}
	return s.Finish(t.Context(), p.Trials()[1], sweeps.Outcome{State: sweeps.Failed})
}

package results

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"sweep/sweeps"
)

func file(name, object string) sweeps.Artifact {
	return sweeps.Artifact{Name: name, Object: object, SHA256: "00", Bytes: 7}
}

func generations(t *testing.T, s *Store, trial string) map[int64][]string {
	t.Helper()
	all, err := s.Files(t.Context(), trial)
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64][]string{}
	for i, g := range all {
		if i > 0 && g.Number >= all[i-1].Number {
			t.Errorf("generation %d after %d", g.Number, all[i-1].Number)
		}
		for _, f := range g.Files {
			out[g.Number] = append(out[g.Number], f.Object)
		}
	}
	return out
}

// Of a trial's files the newest two generations are kept, and what is dropped is what no other row refers to.
func TestKeepFiles(t *testing.T) {
	s := opened(t)
	p := grid("files", 1, 10)
	put(t, s, p)
	trial := p.Trials()[0]
	if _, _, err := s.KeepFiles(t.Context(), trial, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("of a trial that was not claimed: %v", err)
	}
	claim(t, s, trial)
	for i, c := range []struct {
		objects, dropped []string
	}{
		{[]string{"one", "same"}, nil},
		{[]string{"two", "same"}, nil},
		{[]string{"three", "same"}, []string{"one"}},
		{nil, nil}, // no files are no generation
		{[]string{"five"}, []string{"two"}},
	} {
		var files []sweeps.Artifact
		for _, o := range c.objects {
			files = append(files, file("checkpoints/"+trial.ID+"/"+o, o))
		}
		number, dropped, err := s.KeepFiles(t.Context(), trial, files)
		if err != nil || !slices.Equal(dropped, c.dropped) || (number == 0) != (files == nil) {
			t.Errorf("%d: number %d, dropped %q, %v", i, number, dropped, err)
		}
	}
	all, err := s.Objects(t.Context())
	if want := map[string]bool{"three": true, "same": true, "five": true}; err != nil || !reflect.DeepEqual(all, want) {
		t.Errorf("refers to %v, %v", all, err)
	}
	dropped, err := s.DropFiles(t.Context(), []string{trial.ID, "unknown"})
	slices.Sort(dropped)
	if err != nil || !slices.Equal(dropped, []string{"five", "same", "three"}) {
		t.Errorf("dropped %q, %v", dropped, err)
	}
}

// Whoever has lost a trial to another process records nothing of its files.
func TestKeepFilesOfLostTrial(t *testing.T) {
	dir := t.TempDir()
	s, other := reopened(t, dir, Options{}), reopened(t, dir, Options{})
	p := grid("files", 1, 10)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	if err := other.Release(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	claim(t, other, trial)
	if _, _, err := other.KeepFiles(t.Context(), trial, []sweeps.Artifact{file("a", "new")}); err != nil {
		t.Error(err)
	}
	if _, _, err := s.KeepFiles(t.Context(), trial, []sweeps.Artifact{file("a", "old")}); !errors.Is(err, sweeps.ErrSuperseded) {
		t.Errorf("of a trial that was lost: %v", err)
	}
	if got := generations(t, s, trial.ID); !reflect.DeepEqual(got, map[int64][]string{1: {"new"}}) {
		t.Errorf("holds %v", got)
	}
}

func TestKeepReport(t *testing.T) {
	s := opened(t)
	put(t, s, grid("files", 1, 10))
	if _, err := s.KeepReport(t.Context(), "files", []sweeps.Artifact{file("reports/files/report.html", "page")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeepReport(t.Context(), "other", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no sweep: %v", err)
	}
	if all, err := s.ReportFiles(t.Context(), "files"); err != nil || len(all) != 1 || all[0].Files[0] != file("reports/files/report.html", "page") {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := s.Remove(t.Context(), "files", nil); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Objects(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("after it was removed: %v, %v", all, err)
	}
}

// A copy removes nothing of the original's.
func TestCopyHasItsOwnIdentity(t *testing.T) {
	s := opened(t)
	copied := filepath.Join(t.TempDir(), FileName)
	if err := s.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	one, err := s.Identity(t.Context())
	if err != nil || len(one) != 16 {
		t.Fatalf("%q, %v", one, err)
	}
	ofFiles(t)
	c := reopened(t, filepath.Dir(copied), Options{ReadOnly: true})
	if other, err := c.Identity(t.Context()); err != nil || other == one || len(other) != 16 {
		t.Errorf("%q and %q, %v", one, other, err)
	}
}

package library

import (
	"encoding/hex"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// imported writes a text into a library of the test's own.
func imported(t *testing.T, name, text string) *Library {
	t.Helper()
	l := At(filepath.Join(t.TempDir(), "data"))
	mustWrite(t, l, name, text, false)
	return l
}

func mustWrite(t *testing.T, l *Library, name, text string, replace bool) {
	t.Helper()
	if _, err := l.Write(name, replace, filling(text)); err != nil {
		t.Fatal(err)
	}
}

func filling(text string) func(io.Writer) (Manifest, error) {
	return func(w io.Writer) (Manifest, error) {
		_, err := io.WriteString(w, text)
		return Manifest{Documents: int64(strings.Count(text, "\n"))}, err
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every entry of the catalogue can be fetched: over https, at a whole commit, with a size and a whole hash.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Catalogue() {
		u, err := url.Parse(p.URL)
		sum, hexErr := hex.DecodeString(p.SHA256)
		switch parts := strings.Split(u.Path, "/"); {
		case err != nil || u.Scheme != "https" || len(parts) < 5 || len(parts[3]) != 40:
			t.Errorf("%s: the URL %s is none over https at a commit", p.Name, p.URL)
		case !strings.HasPrefix(parts[3], p.Source[strings.LastIndex(p.Source, " ")+1:]) || !strings.Contains(p.Source, parts[1]+"/"+parts[2]+","):
			t.Errorf("%s: the source %q is not that of %s", p.Name, p.Source, p.URL)
		}
		if hexErr != nil || len(sum) != 32 || p.Size <= 0 || p.Licence == "" || p.Description == "" {
			t.Errorf("incomplete: %+v", p)
		}
		if !ValidName(p.Name) || seen[p.Name] {
			t.Errorf("%q is no name of its own", p.Name)
		}
		seen[p.Name] = true
		if got, ok := Lookup(p.Name); !ok || got != p {
			t.Errorf("%s is not found", p.Name)
		}
	}
}

// The catalogue's sizes and hashes are those of the files as they lie beside the project.
func TestCatalogueAgainstFiles(t *testing.T) {
	for name, file := range map[string]string{
		"makemore-names":   "names-makemore/names.txt",
		"tinyshakespeare":  "tinyshakespeare/input.txt",
		"google-analogies": "google-analogies/questions-words.txt",
	} {
		path := filepath.Join("..", "..", "..", "..", "shared", "data", filepath.FromSlash(file))
		if _, err := os.Stat(path); err != nil {
			t.Skipf("%s does not lie beside the project", file)
		}
		p, _ := Lookup(name)
		e := At(t.TempDir()).Public(p)
		e.Path = path
		if err := e.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestDefault(t *testing.T) {
	t.Setenv("SWEEP_CACHE", filepath.Join("some", "where"))
	l, err := Default()
	if err != nil || l.Dir() != filepath.Join("some", "where", "data") {
		t.Errorf("%v, %v", l, err)
	}
	t.Setenv("SWEEP_CACHE", "")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip("this machine has no cache directory")
	}
	if l, err := Default(); err != nil || l.Dir() != filepath.Join(cache, "sweep", "data") {
		t.Errorf("%v, %v", l, err)
	}
}

func TestFind(t *testing.T) {
	l := imported(t, "mine", "a b\n")
	e, err := l.Find("mine")
	if err != nil || e.Size != 4 || e.Manifest.Documents != 1 || e.Manifest.Name != "mine" {
		t.Fatalf("%+v, %v", e, err)
	}
	if err := e.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	var absent *AbsentError
	if _, err := l.Find("tinyshakespeare"); !errors.As(err, &absent) || !strings.Contains(err.Error(), "sweep data get tinyshakespeare") {
		t.Errorf("got %v, want the way to fetch it", err)
	}
	for _, name := range []string{"yours", "", "../mine", "mine.txt", "Mine", "-mine", ".mine", strings.Repeat("a", 65)} {
		if _, err := l.Find(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: got %v, want unknown", name, err)
		}
	}
}

// Whatever has happened to the files of a corpus, it is not handed on, and the error says how to mend it.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(l *Library){
		"another letter": func(l *Library) { put(t, l.Path("mine"), "a c\n") },
		"longer":         func(l *Library) { put(t, l.Path("mine"), "a b\nc\n") },
		"shorter":        func(l *Library) { put(t, l.Path("mine"), "a\n") },
		"gone":           func(l *Library) { _ = os.Remove(l.Path("mine")) },
		"a folder":       func(l *Library) { _ = os.Remove(l.Path("mine")); _ = os.Mkdir(l.Path("mine"), 0o700) },
		"manifest cut":   func(l *Library) { put(t, l.manifestPath("mine"), `{"schema":`) },
		"no hash": func(l *Library) {
			put(t, l.manifestPath("mine"), `{"schema":"sweep.corpus/1","bytes":4,"corpus":"mine"}`)
		},
		"no size": func(l *Library) {
			put(t, l.manifestPath("mine"), `{"schema":"sweep.corpus/1","sha256":"`+strings.Repeat("0", 64)+`"}`)
		},
		"another schema": func(l *Library) { put(t, l.manifestPath("mine"), `{"schema":"sweep.corpus/9"}`) },
		"another's": func(l *Library) {
			mustWrite(t, l, "yours", "c d\n", false)
			b, _ := os.ReadFile(l.manifestPath("yours"))
			put(t, l.manifestPath("mine"), string(b))
		},
	} {
		l := imported(t, "mine", "a b\n")
		damage(l)
		e, err := l.Find("mine")
		if err == nil {
			err = e.Verify(t.Context())
		}
		var damaged *DamagedError
		if !errors.As(err, &damaged) || damaged.Name != "mine" || !strings.Contains(damaged.Mend, "--replace") {
			t.Errorf("%s: got %v, want damage and its mend", name, err)
		}
		if _, err := l.Write("mine", true, filling("new\n")); err != nil && name != "a folder" {
			t.Errorf("%s: mending: %v", name, err)
		}
	}
}

func TestWrite(t *testing.T) {
	l := imported(t, "mine", "a b\n")
	if _, err := l.Write("mine", false, filling("c\n")); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want that it exists", err)
	}
	broken := errors.New("broken")
	_, err := l.Write("mine", true, func(w io.Writer) (Manifest, error) {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		return Manifest{}, broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if e, err := l.Find("mine"); err != nil || e.Size != 4 {
		t.Errorf("a failed import left %+v, %v; want the text before", e, err)
	}
	put(t, filepath.Join(l.Dir(), partial("mine")+"7.part"), "of a process that was killed")
	mustWrite(t, l, "mine", "c\nd e\n", true)
	if e, err := l.Find("mine"); err != nil || e.Manifest.Documents != 2 {
		t.Errorf("%+v, %v", e, err)
	}
	files, _ := filepath.Glob(filepath.Join(l.Dir(), ".*"))
	if len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
	for _, name := range []string{"tinyshakespeare", "../up", ""} {
		if _, err := l.Write(name, true, filling("c\n")); err == nil {
			t.Errorf("%q was imported", name)
		}
	}
	unlock, err := l.Lock("mine")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := l.Write("mine", true, filling("c\n")); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want busy", err)
	}
}

func TestListAndRemove(t *testing.T) {
	l := At(filepath.Join(t.TempDir(), "data"))
	if held, err := l.List(); err != nil || len(held) > 0 {
		t.Errorf("a library that is not there holds %v, %v", held, err)
	}
	if _, err := l.Remove("mine"); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want unknown", err)
	}
	mustWrite(t, l, "mine", "a b\n", false)
	mustWrite(t, l, "also", "a b\n", false)
	put(t, l.Path("tinyshakespeare"), "not that")
	put(t, l.Path("stray"), "a text without a manifest")
	put(t, l.PartPath("makemore-names"), "a beginning")
	held, err := l.List()
	if err != nil || len(held) != 3 {
		t.Fatalf("%+v, %v", held, err)
	}
	for i, want := range []string{"also", "mine", "tinyshakespeare"} {
		if damaged := held[i].Err != nil; held[i].Name != want || damaged != (want == "tinyshakespeare") {
			t.Errorf("%d: %+v, want %s", i, held[i], want)
		}
	}
	if got := strings.Join(l.Names(), " "); got != "makemore-names tinyshakespeare google-analogies also mine" {
		t.Errorf("names %s", got)
	}
	for name, files := range map[string]int{"mine": 2, "tinyshakespeare": 1, "makemore-names": 1, "stray": 1} {
		if removed, err := l.Remove(name); err != nil || len(removed) != files {
			t.Errorf("%s: removed %q, %v; want %d files", name, removed, err, files)
		}
	}
	if held, err := l.List(); err != nil || len(held) != 1 {
		t.Errorf("%+v, %v; want one left", held, err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schema":"sweep.corpus/1","corpus":"a","bytes":4,"sha256":"` + strings.Repeat("ab", 32) + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err == nil && (m.Size <= 0 || len(m.SHA256) != 64) {
			t.Errorf("%q gives %+v", b, m)
		}
	})
}

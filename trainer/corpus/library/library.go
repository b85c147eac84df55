// Package library keeps corpora that have a name in the user's cache directory: public ones, whose place on the web,
// size and SHA-256 stand in a catalogue, and imported ones, whose size and SHA-256 stand in a manifest beside the text.
//
// It finds them, lists them and takes them away, and never hands on a file whose size or hash is not the one that was
// written down. It opens no connection (package download does) and reads no other format (package intake does).
//
// Under the library's folder, for each name:
//
//	NAME.txt        the text
//	NAME.json       the manifest, of an imported one only; without it the text counts for nothing
//	NAME.txt.part   what has come of a download so far, and NAME.txt.part.json, of which answer it is
//	NAME.lock       held while the name is written
package library

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Library is a folder of named corpora. The folder need not exist until something is put there.
type Library struct{ dir string }

// At returns the library in a folder.
func At(dir string) *Library { return &Library{dir: dir} }

// Default returns the user's library: the folder data under SWEEP_CACHE, or under sweep in the user's cache directory.
func Default() (*Library, error) {
	cache := os.Getenv("SWEEP_CACHE")
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find the cache directory: %w; name one in SWEEP_CACHE", err)
		}
		cache = filepath.Join(dir, "sweep")
	}
	return At(filepath.Join(cache, "data")), nil
}

// Dir is the library's folder.
func (l *Library) Dir() string { return l.dir }

// Path is where the text of that name lies, or would.
func (l *Library) Path(name string) string { return filepath.Join(l.dir, name+".txt") }

// PartPath is where what has come of a download lies.
func (l *Library) PartPath(name string) string { return l.Path(name) + ".part" }

// ErrUnknown is what Find says of a name that is neither in the catalogue nor imported.
var ErrUnknown = errors.New("library: no corpus of that name")

// AbsentError tells of a public corpus that has not been fetched.
type AbsentError struct{ Name string }

// Error says how to fetch it.
func (e *AbsentError) Error() string {
	return fmt.Sprintf("%s has not been fetched yet: sweep data get %s", e.Name, e.Name)
}

// DamagedError tells of a file that is not the one that was put there.
type DamagedError struct {
	Name, Path string
	Reason     string // what is wrong with it
	Mend       string // what to do about it
}

// Error names the file, what is wrong and the way to mend it.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s is damaged: %s; %s", e.Path, e.Reason, e.Mend)
}

// Entry is a corpus that the library holds.
type Entry struct {
	Name   string
	Path   string // of the text
	Size   int64  // bytes, as written down
	SHA256 string // hex, as written down
	// Manifest says what an imported corpus was made of; nil for a public one, which is Public.
	Manifest *Manifest
	Public   *Public
}

// Mend is how a damaged entry is put right.
func (e Entry) Mend() string {
	if e.Public != nil {
		return "fetch it again with sweep data get " + e.Name
	}
	return fmt.Sprintf("import it again with --replace, or remove it with sweep data rm %s", e.Name)
}

// Damaged makes the error that the entry's file is not what it should be.
func (e Entry) Damaged(reason string) error {
	return &DamagedError{Name: e.Name, Path: e.Path, Reason: reason, Mend: e.Mend()}
}

// ValidName reports whether a corpus may have that name: lower-case letters, digits, - and _, so that it can be typed in
// any shell and is hardly ever that of a file.
func ValidName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" &&
		name[0] != '-' && name[0] != '_'
}

// Find returns the corpus of that name. Its file has the size that was written down; its hash has not been looked at,
// which Verify does. It fails with ErrUnknown, an *AbsentError or a *DamagedError.
func (l *Library) Find(name string) (Entry, error) {
	if !ValidName(name) {
		return Entry{}, ErrUnknown
	}
	e := Entry{Name: name, Path: l.Path(name)}
	if p, ok := Lookup(name); ok {
		e = l.Public(p)
	} else if err := l.manifest(&e); err != nil {
		return Entry{}, err
	}
	info, err := os.Stat(e.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && e.Public != nil:
		return Entry{}, &AbsentError{Name: name}
	case errors.Is(err, fs.ErrNotExist):
		return e, e.Damaged("the text beside its manifest is gone")
	case err != nil:
		return Entry{}, fmt.Errorf("find corpus %s: %w", name, err)
	case !info.Mode().IsRegular():
		return e, e.Damaged("it is no file")
	case info.Size() != e.Size:
		return e, e.Damaged(fmt.Sprintf("it has %d bytes and should have %d", info.Size(), e.Size))
	}
	return e, nil
}

// Public is the entry of a public corpus, whether it has been fetched or not.
func (l *Library) Public(p Public) Entry {
	return Entry{Name: p.Name, Path: l.Path(p.Name), Size: p.Size, SHA256: p.SHA256, Public: &p}
}

// Verify reads the whole file and compares its SHA-256 with the one that was written down. What does not match is a
// *DamagedError; a file that is not there is an error that is fs.ErrNotExist.
func (e Entry) Verify(ctx context.Context) error {
	f, err := os.Open(e.Path)
	if err != nil {
		return fmt.Errorf("verify corpus %s: %w", e.Name, err)
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(&reader{ctx, f}, e.Size+1)) // one more byte shows that there are too many
	if err != nil {
		return fmt.Errorf("verify corpus %s: %w", e.Name, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != e.SHA256 {
		reason := fmt.Sprintf("its SHA-256 is %.12s and should be %.12s", got, e.SHA256)
		if n != e.Size {
			reason = fmt.Sprintf("it does not have the %d bytes that it should have", e.Size)
		}
		return e.Damaged(reason)
	}
	return nil
}

// reader ends a long reading with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(b)
}

// List returns what the library holds by name, with the error that Find would give for each that is damaged.
func (l *Library) List() ([]Held, error) {
	files, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list corpora: %w", err)
	}
	var held []Held
	for _, f := range files {
		name, isManifest := strings.CutSuffix(f.Name(), ".json")
		if !isManifest {
			name = strings.TrimSuffix(f.Name(), ".txt")
		}
		_, isPublic := Lookup(name)
		if name == f.Name() || isPublic == isManifest || !ValidName(name) {
			continue // a text is listed by its manifest, unless it is public
		}
		e, err := l.Find(name)
		e.Name = name
		held = append(held, Held{Entry: e, Err: err})
	}
	slices.SortFunc(held, func(a, b Held) int { return cmp.Compare(a.Name, b.Name) })
	return held, nil
}

// Held is a corpus that the library holds; Err is nil unless it is damaged.
type Held struct {
	Entry
	Err error
}

// Names lists what Find may be asked for: the catalogue and what was imported.
func (l *Library) Names() []string {
	var names []string
	for _, p := range catalogue {
		names = append(names, p.Name)
	}
	held, err := l.List()
	if err != nil {
		return names
	}
	for _, h := range held {
		if _, isPublic := Lookup(h.Name); !isPublic {
			names = append(names, h.Name)
		}
	}
	return names
}

// Remove takes away all files of a name, what has come of a download included, and returns those that were there. It
// fails with ErrUnknown if there are none.
func (l *Library) Remove(name string) ([]string, error) {
	if !ValidName(name) {
		return nil, ErrUnknown
	}
	// The manifest goes first: a text without one counts for nothing.
	files := []string{l.manifestPath(name), l.Path(name), l.PartPath(name), l.PartPath(name) + ".json"}
	if !slices.ContainsFunc(files, func(path string) bool { _, err := os.Lstat(path); return err == nil }) {
		return nil, ErrUnknown
	}
	unlock, err := l.Lock(name)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var removed []string
	for _, path := range files {
		err := os.Remove(path)
		if err == nil {
			removed = append(removed, path)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("remove corpus %s: %w", name, err)
		}
	}
	return removed, nil
}

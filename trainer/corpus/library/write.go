package library

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// ErrBusy is what Lock says while another process writes the same name.
var ErrBusy = errors.New("library: another process is writing this corpus")

// Lock keeps other processes from writing a name until unlock is called. The operating system lets go of the lock if the
// process dies. A library whose folder does not exist has nothing to lock: an error that is fs.ErrNotExist.
func (l *Library) Lock(name string) (unlock func(), err error) {
	lock := flock.New(filepath.Join(l.dir, name+".lock"))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock corpus %s: %w", name, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: %s; wait for it", ErrBusy, name)
	}
	return func() { _ = lock.Unlock() }, nil // the file stays: removing it would let two hold it
}

// Make makes the library's folder.
func (l *Library) Make() error {
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of corpora: %w", err)
	}
	return nil
}

// ErrExists is what Write says of a name that is imported already.
var ErrExists = errors.New("library: imported already")

// Write imports a text: fill writes it and returns what it was made of, of which Write completes name, size and hash. The
// text gets its name only when it is whole and safe on disk, and counts only with its manifest; whatever goes wrong, what
// was there before stays or is gone, and nothing half written is ever found. A full disk is a *FullError.
func (l *Library) Write(name string, replace bool, fill func(io.Writer) (Manifest, error)) (Entry, error) {
	if _, isPublic := Lookup(name); isPublic || !ValidName(name) {
		return Entry{}, fmt.Errorf("import corpus: the name %q cannot be given", name)
	}
	if err := l.Make(); err != nil {
		return Entry{}, err
	}
	unlock, err := l.Lock(name)
	if err != nil {
		return Entry{}, err
	}
	defer unlock()
	if _, err := l.Find(name); !replace && !errors.Is(err, ErrUnknown) {
		return Entry{}, fmt.Errorf("%w: %s", ErrExists, name)
	}
	m, tmp, err := l.fill(name, fill)
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = os.Remove(tmp) }() // nothing is left to remove once the text has its name
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return Entry{}, fmt.Errorf("import corpus %s: %w", name, err)
	}
	if err := os.Remove(l.manifestPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Entry{}, fmt.Errorf("import corpus %s: %w", name, err)
	}
	if err := os.Rename(tmp, l.Path(name)); err != nil {
		return Entry{}, fmt.Errorf("import corpus %s: %w", name, err)
	}
	if err := WriteFile(l.manifestPath(name), append(b, '\n')); err != nil {
		_ = os.Remove(l.Path(name))
		return Entry{}, Full(err, l.dir, name, int64(len(b)))
	}
	return l.Find(name)
}

// fill writes a text into a file without a name yet, and returns its manifest.
func (l *Library) fill(name string, fill func(io.Writer) (Manifest, error)) (m Manifest, tmp string, err error) {
	l.clean(name)
	f, err := os.CreateTemp(l.dir, partial(name)+"*.part")
	if err != nil {
		return m, "", Full(err, l.dir, name, 0)
	}
	var written int64
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			err = Full(err, l.dir, name, written)
		}
	}()
	h := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(f, h, (*counter)(&written)), 1<<16)
	if m, err = fill(out); err != nil {
		return m, "", err
	}
	if err = out.Flush(); err != nil {
		return m, "", err
	}
	if err = errors.Join(f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return m, "", err
	}
	m.Schema, m.Name, m.Size, m.SHA256 = ManifestSchema, name, written, hex.EncodeToString(h.Sum(nil))
	return m, f.Name(), nil
}

// partial begins the names of files that hold a text on its way in; ~ stands in no corpus' name.
func partial(name string) string { return "." + name + "~" }

// clean removes what a process that died on the way left behind. The name's lock is held.
func (l *Library) clean(name string) {
	files, _ := os.ReadDir(l.dir)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), partial(name)) {
			_ = os.Remove(filepath.Join(l.dir, f.Name()))
		}
	}
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// WriteFile writes a small file that is whole or not there.
func WriteFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".small-*.part")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// FullError tells that the disk, or the user's share of it, was too small.
type FullError struct {
	Name, Dir string
	Need      int64 // bytes in all, or those written when it was full if the size was not known before
	Err       error
}

// Error says which folder is too small, and for how much.
func (e *FullError) Error() string {
	return fmt.Sprintf("no space for corpus %s: %d bytes or more are needed in %s (SWEEP_CACHE names another place): %v",
		e.Name, e.Need, e.Dir, e.Err)
}

// Unwrap returns the system's error.
func (e *FullError) Unwrap() error { return e.Err }

// Full makes a *FullError of an error that tells of a full disk, and returns any other as it is.
func Full(err error, dir, name string, need int64) error {
	const windowsDiskFull = syscall.Errno(112) // another error elsewhere
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || runtime.GOOS == "windows" && errors.Is(err, windowsDiskFull) {
		return &FullError{Name: name, Dir: dir, Need: need, Err: err}
	}
	return err
}

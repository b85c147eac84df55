package trainer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watchedDisk is the real disk, which notes what it is asked for with the base names of the files. Where fail returns
// an error the operation has it; a write is then half done.
func watchedDisk(fail func(op, name string) error) (d disk, asked *[]string) {
	asked = new([]string)
	note := func(op, name string) error {
		*asked = append(*asked, op+" "+filepath.Base(name))
		if fail == nil {
			return nil
		}
		if err := fail(op, name); err != nil {
			return &fs.PathError{Op: op, Path: name, Err: err}
		}
		return nil
	}
	r := realDisk()
	return disk{
		write: func(f *os.File, b []byte) (int, error) {
			if err := note("write", f.Name()); err != nil {
				n, _ := r.write(f, b[:len(b)/2])
				return n, err
			}
			return r.write(f, b)
		},
		sync:  func(f *os.File) error { return errors.Join(note("sync", f.Name()), r.sync(f)) },
		close: func(f *os.File) error { return errors.Join(note("close", f.Name()), r.close(f)) },
		rename: func(from, to string) error {
			if err := note("rename", from); err != nil {
				return err
			}
			return r.rename(from, to)
		},
	}, asked
}

// TestWriteOrder requires what makes a file survive a loss of power: its bytes are on the disk before its name is, and
// the name is before writeTensors returns.
func TestWriteOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d, asked := watchedDisk(nil)
	file := filepath.Join(dir, "a.safetensors")
	if err := d.writeTensors(file, aFile()); err != nil {
		t.Fatal(err)
	}
	want := []string{"write tmp", "sync tmp", "close tmp", "rename tmp", "sync folder", "close folder"}
	if runtime.GOOS == "windows" {
		want = want[:4]
	}
	got := slices.Clone(*asked)
	for i, s := range got {
		if op, name, _ := strings.Cut(s, " "); strings.HasPrefix(name, ".a.safetensors.part-") {
			got[i] = op + " tmp"
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	f, err := openTensors(file)
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, f, aFile())
}

// TestRealDisk requires that a training's disk does what it is asked: a closed file can be neither synced nor closed.
func TestRealDisk(t *testing.T) {
	d := realDisk()
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.sync(f), d.close(f)); err != nil {
		t.Fatal(err)
	}
	if err := d.sync(f); !errors.Is(err, os.ErrClosed) {
		t.Errorf("sync of a closed file: %v", err)
	}
	if err := d.close(f); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
}

// TestWriteFails requires of every failure that the file before stays and nothing half done is left.
func TestWriteFails(t *testing.T) {
	for _, op := range []string{"write", "sync", "close", "rename"} {
		dir := t.TempDir()
		file := filepath.Join(dir, "a.safetensors")
		if err := realDisk().writeTensors(file, aFile()); err != nil {
			t.Fatal(err)
		}
		d, _ := watchedDisk(func(o, _ string) error {
			if o == op {
				return syscall.ENOSPC
			}
			return nil
		})
		err := d.writeTensors(file, &tensorFile{meta: map[string]string{"another": "one"}})
		if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %q", op, err)
		}
		if files := names(t, dir); !slices.Equal(files, []string{"a.safetensors"}) {
			t.Errorf("%s: left behind %v", op, files)
		}
		f, err := openTensors(file)
		if err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		sameFile(t, f, aFile())
	}
}

// TestDiskFull fills the disk in the middle of a training: it ends with that error, once, and goes on from the
// checkpoint before when there is room again.
func TestDiskFull(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["adam"]
	whole := &watch{}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		full string // file for which there is no room
		from int64  // step of the newest checkpoint that there is
		says string
	}{
		{".step-000000000020.safetensors", 19, "write checkpoint: "},
		{".model.safetensors", 60, "save model: "},
	} {
		t.Run(c.full, func(t *testing.T) {
			dir := t.TempDir()
			first, second := &watch{}, &watch{}
			tr, err := newTraining(cfg, data, Session{Dir: dir, Every: time.Second, Observe: first.observe, Now: fastClock()})
			if err != nil {
				t.Fatal(err)
			}
			tries := 0
			tr.disk, _ = watchedDisk(func(op, name string) error {
				if op == "write" && strings.HasPrefix(filepath.Base(name), c.full) {
					tries++
					return syscall.ENOSPC
				}
				return nil
			})
			m, err := tr.run(t.Context())
			if m != nil || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("model %v, error %v", m, err)
			}
			if s := err.Error(); !strings.HasPrefix(s, c.says) || strings.Contains(s, "\n") || tries != 1 {
				t.Errorf("error %q after %d tries", s, tries)
			}
			kept := []string{filepath.Base(checkpointFile(dir, c.from-1)), filepath.Base(checkpointFile(dir, c.from))}
			if c.full == ".model.safetensors" { // written just before
				kept = append([]string{lossesFile}, kept...)
				if cfg.Extends() {
					kept = append([]string{lastFile}, kept...)
				}
			}
			if files := names(t, dir); !slices.Equal(files, kept) {
				t.Errorf("files %v, want %v", files, kept)
			}
			got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: second.observe})
			if err != nil {
				t.Fatal(err)
			}
			if second.starts[0] != c.from {
				t.Errorf("went on from step %d, want %d", second.starts[0], c.from)
			}
			sameRun(t, second, whole, got, want)
		})
	}
}

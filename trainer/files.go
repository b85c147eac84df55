package trainer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// disk is what writeTensors asks of the file system. A test watches the order, and lets some of it fail.
type disk struct {
	write  func(f *os.File, b []byte) (int, error)
	sync   func(f *os.File) error // of a file or of a folder
	close  func(f *os.File) error
	rename func(from, to string) error
}

func realDisk() disk {
	return disk{(*os.File).Write, (*os.File).Sync, (*os.File).Close, os.Rename}
}

// writeTensors writes a file that is either whole or not there, also after a loss of power: to a temporary file in
// the same folder, synced, renamed, and the folder synced. If that fails, as on a full disk, a file of that name stays
// as it was and nothing is left beside it.
func (d disk) writeTensors(file string, f *tensorFile) error {
	dir := filepath.Dir(file)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(file)+unfinished)
	if err != nil {
		return err
	}
	err = d.fill(tmp, f)
	if e := d.close(tmp); err == nil {
		err = e
	}
	if err == nil {
		err = d.rename(tmp.Name(), file)
	}
	if err != nil {
		return withFailure(err, os.Remove(tmp.Name()))
	}
	return d.syncDir(dir)
}

// fill writes f to tmp and syncs it.
func (d disk) fill(tmp *os.File, f *tensorFile) error {
	if err := tmp.Chmod(0o644); err != nil && runtime.GOOS != "windows" {
		return err
	}
	w := bufio.NewWriterSize(diskFile{d, tmp}, 1<<20)
	if err := f.write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return d.sync(tmp)
}

// diskFile writes to a file by way of a disk.
type diskFile struct {
	disk disk
	file *os.File
}

func (f diskFile) Write(b []byte) (int, error) { return f.disk.write(f.file, b) }

// unfinished ends the name of a temporary file; os.CreateTemp fills the star.
const unfinished = ".part-*"

// removeRemains removes temporary files that writeTensors could not, because its process was killed. Only one
// process may write in dir at a time.
func removeRemains(dir string) error {
	if dir == "" {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(".*.safetensors"+unfinished, e.Name()); ok {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// syncDir makes a renaming in dir durable. Windows cannot sync a folder and does not need it.
func (d disk) syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.sync(f), d.close(f))
}

// openTensors reads a file of tensors.
func openTensors(file string) (*tensorFile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, corrupt("%s is not a file", file)
	}
	t, err := readTensors(bufio.NewReaderSize(f, 1<<20), info.Size())
	if err != nil && errors.Is(err, io.ErrUnexpectedEOF) {
		err = corrupt("%s ends early", file)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return t, nil
}

// IsCheckpoint reports whether a file of that name in a training's folder is a checkpoint, or what a killed process left of
// a file: once the training has ended nobody needs it.
func IsCheckpoint(name string) bool {
	step, err := filepath.Match(checkpointPattern, name)
	return err == nil && step || isRemain(name)
}

// Belongs reports whether a file of that name in a training's folder is one that Train makes.
func Belongs(name string) bool {
	switch name {
	case modelFile, lossesFile, snapshotsFile, lastFile:
		return true
	}
	return IsCheckpoint(name)
}

// isRemain reports whether a name is that of a temporary file of writeTensors.
func isRemain(name string) bool {
	whole, _, cut := strings.Cut(strings.TrimPrefix(name, "."), strings.TrimSuffix(unfinished, "*"))
	return cut && strings.HasPrefix(name, ".") && Belongs(whole)
}

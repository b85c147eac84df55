package trainer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// writeTensors writes a file that is either whole or not there, also after a loss of power: to a temporary file in
// the same folder, synced, renamed, and the folder synced.
func writeTensors(file string, f *tensorFile) (err error) {
	dir := filepath.Dir(file)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(file)+unfinished)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	if err := tmp.Chmod(0o644); err != nil && runtime.GOOS != "windows" {
		return err
	}
	w := bufio.NewWriterSize(tmp, 1<<20)
	if err := f.write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncDir(dir)
}

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
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
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

package artifacts

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// folder writes objects so that they withstand a loss of power, which gocloud.dev/blob/fileblob does not see to.
type folder struct {
	dir  string
	sync func(*os.File) error // of a file or a folder; a test watches
}

// there reports whether the folder itself is.
func (d *folder) there() bool {
	info, err := os.Stat(d.dir)
	return err == nil && info.IsDir()
}

// write writes an object: to a temporary file in the same folder, synced, renamed, and the folder synced.
func (d *folder) write(key string, from io.Reader) error {
	file := filepath.Join(d.dir, filepath.FromSlash(key))
	for {
		if !d.there() {
			return fmt.Errorf("%w: %s; make the folder, or mount what holds it", ErrNoBucket, d.dir)
		}
		if err := d.makeFolders(path.Dir(key)); errors.Is(err, fs.ErrNotExist) {
			continue // another process has just removed one of them, for it was empty
		} else if err != nil {
			return err
		}
		tmp, err := os.CreateTemp(filepath.Dir(file), unfinished)
		switch {
		case err == nil:
			return finish(tmp, file, from, d.sync)
		case !errors.Is(err, fs.ErrNotExist): // else another process has just removed the folder, for it was empty
			return err
		}
	}
}

// makeFolders makes the folders of a place, and their names in those that hold them durable.
func (d *folder) makeFolders(place string) error {
	if place == "." {
		return nil
	}
	dir := filepath.Join(d.dir, filepath.FromSlash(place))
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := d.makeFolders(path.Dir(place)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(dir), d.sync)
}

// prune removes the folders of an object that is gone as far as they are empty.
func (d *folder) prune(key string) {
	for place := path.Dir(key); place != "."; place = path.Dir(place) {
		if os.Remove(filepath.Join(d.dir, filepath.FromSlash(place))) != nil {
			return
		}
	}
}

// unfinished is what temporary files are called. Those that a killed process leaves are found by it.
const unfinished = ".sweep-part-*"

// finish makes a temporary file in the same folder one that is either whole or as it was, also after a loss of power.
func finish(tmp *os.File, file string, from io.Reader, sync func(*os.File) error) error {
	_, err := io.Copy(tmp, from)
	if err == nil && runtime.GOOS != "windows" {
		err = tmp.Chmod(0o644)
	}
	if err == nil {
		err = sync(tmp)
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncFolder(filepath.Dir(file), sync)
}

// syncFolder makes the names in a folder durable. Windows cannot sync a folder and does not need it.
func syncFolder(dir string, sync func(*os.File) error) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(sync(f), f.Close())
}

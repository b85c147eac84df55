package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sweep/artifacts"
	"sweep/sweeps"
)

// ErrFiles says that files could not be fetched from the store of files, or put there.
var ErrFiles = errors.New("the store of files")

// Record is what of the record is needed here.
type Record interface {
	// Identity is what the names of the record's objects begin with.
	Identity(ctx context.Context) (string, error)
	// Files returns the generations of a trial's files, the newest first.
	Files(ctx context.Context, trial string) ([]sweeps.Generation, error)
	// KeepFiles records a generation of a trial that is claimed, and returns its number and objects that nothing
	// refers to any more. It refuses, with sweeps.ErrSuperseded, if the trial is another process's.
	KeepFiles(ctx context.Context, t sweeps.Trial, files []sweeps.Artifact) (number int64, dropped []string, err error)
}

// Shelf is a store of files with the record that says which of them count. Its methods may be called concurrently, but for
// the same trial.
type Shelf struct {
	Bucket *artifacts.Bucket
	Record Record
	Dir    string                        // the record's folder on this machine
	Say    func(trial string, err error) // is told what is wrong with a trial's files without ending anything; nil: nobody
}

// folder is where a trial's own files lie, below the record's folder.
func folder(trial string) string { return path.Join("checkpoints", trial) }

// log is where the log of a trial's program lies.
func log(trial string) string { return path.Join("logs", trial+".log") }

// mark is the file that says from which generation a trial's files on this machine descend: it stands beside them, for the
// folder of a program's trial is its own.
func (s *Shelf) mark(trial string) string { return filepath.Join(s.Dir, "artifacts", trial) }

// at is where a file of that name lies on this machine.
func (s *Shelf) at(name string) string { return filepath.Join(s.Dir, filepath.FromSlash(name)) }

func (s *Shelf) say(trial string, err error) {
	if s.Say != nil {
		s.Say(trial, err)
	}
}

// Fetch brings a trial's files here if another machine has kept newer ones than those that are here, and reports whether it
// did. What lay here before is replaced as a whole. No process may be training the trial here.
func (s *Shelf) Fetch(ctx context.Context, trial string) (bool, error) {
	kept, err := s.Record.Files(ctx, trial)
	if err != nil || len(kept) == 0 {
		return false, err
	}
	mark := markOf(kept[0])
	if here, err := os.ReadFile(s.mark(trial)); err == nil && string(here) == mark {
		if _, err := os.Stat(s.at(folder(trial))); err == nil {
			return false, nil // they descend from the newest, and may be newer
		}
	}
	for _, g := range kept {
		switch err := s.replace(ctx, trial, g); {
		case err == nil:
			return true, s.note(trial, mark)
		case errors.Is(err, artifacts.ErrMissing), errors.Is(err, artifacts.ErrDamaged):
			s.say(trial, fmt.Errorf("%w; what was kept before it is used", err))
		default:
			return false, err
		}
	}
	s.say(trial, errors.New("none of its kept files can be used; it goes on from what lies here, or begins anew"))
	return false, nil
}

// markOf tells a generation from all others, also of a record from which the trial was removed and to which it came anew.
func markOf(g sweeps.Generation) string { return fmt.Sprintf("%d %s\n", g.Number, g.Files[0].Object) }

// note writes down from which generation the files here descend.
func (s *Shelf) note(trial, mark string) error {
	if err := os.MkdirAll(filepath.Dir(s.mark(trial)), 0o755); err != nil {
		return err
	}
	return os.WriteFile(s.mark(trial), []byte(mark), 0o644)
}

// replace fetches a generation whole, and puts it in the place of what lies here.
func (s *Shelf) replace(ctx context.Context, trial string, g sweeps.Generation) error {
	place, staged := s.at(folder(trial)), s.at(path.Join("checkpoints", ".fetched-"+trial))
	if err := os.RemoveAll(staged); err != nil { // of a process that died
		return err
	}
	defer os.RemoveAll(staged)
	if err := os.MkdirAll(staged, 0o755); err != nil {
		return err
	}
	for _, f := range g.Files {
		inside, own := strings.CutPrefix(f.Name, folder(trial)+"/")
		o := artifacts.Object{Key: f.Object, SHA256: f.SHA256, Bytes: f.Bytes}
		switch {
		case own && filepath.IsLocal(filepath.FromSlash(inside)):
			to := filepath.Join(staged, filepath.FromSlash(inside))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), s.Bucket.Get(ctx, o, to)); err != nil {
				return err
			}
		case f.Name == log(trial): // that a trial goes on does not hang on it
			err := os.MkdirAll(filepath.Dir(s.at(f.Name)), 0o755)
			if err == nil {
				err = s.Bucket.Get(ctx, o, s.at(f.Name))
			}
			if err != nil {
				s.say(trial, err)
			}
		default:
			return fmt.Errorf("the record has a file %q of trial %s, which is none", f.Name, trial)
		}
	}
	away := s.at(path.Join("checkpoints", ".removed-"+trial))
	if err := os.RemoveAll(away); err != nil {
		return err
	}
	if err := os.Rename(place, away); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(staged, place); err != nil {
		return err
	}
	return os.RemoveAll(away)
}

// keeping puts the files of one session of a trial into the store, again and again.
type keeping struct {
	shelf *Shelf
	trial sweeps.Trial
	owner string
	place string // of its objects
	known map[string]known
}

// known is a file as it was put into the store.
type known struct {
	size int64
	at   time.Time // it was written to last
	sweeps.Artifact
}

// listed is what lies here of a trial: files by their names.
type listed map[string]fs.FileInfo

// list lists the files of a trial here, of its own folder those that whole says are. The error is fs.ErrNotExist if one vanishes meanwhile.
func (s *Shelf) list(trial string, whole func(name string) bool) (listed, error) {
	out := listed{}
	root := s.at(folder(trial))
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if file == root && errors.Is(err, fs.ErrNotExist) {
			return filepath.SkipAll
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		inside, err := filepath.Rel(root, file)
		if err != nil || whole != nil && !whole(filepath.ToSlash(inside)) {
			return err
		}
		info, err := d.Info()
		if err == nil {
			out[path.Join(folder(trial), filepath.ToSlash(inside))] = info
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(s.at(log(trial))); err == nil && info.Mode().IsRegular() && whole == nil {
		out[log(trial)] = info
	}
	return out, nil
}

// same reports whether all of that is in the store already, and nothing else.
func (k *keeping) same(now listed) bool {
	if len(now) != len(k.known) {
		return false
	}
	for name, info := range now {
		if was, ok := k.known[name]; !ok || was.size != info.Size() || !was.at.Equal(info.ModTime()) {
			return false
		}
	}
	return true
}

// keep puts what lies here into the store, and records it. A file that vanishes meanwhile is fs.ErrNotExist.
func (k *keeping) keep(ctx context.Context, whole func(name string) bool) error {
	now, err := k.shelf.list(k.trial.ID, whole)
	if err != nil || len(now) == 0 || k.same(now) {
		return err
	}
	next := map[string]known{}
	var files []sweeps.Artifact
	for _, name := range slices.Sorted(maps.Keys(now)) {
		info := now[name]
		f, ok := k.known[name]
		if !ok || f.size != info.Size() || !f.at.Equal(info.ModTime()) {
			o, err := k.shelf.Bucket.Put(ctx, k.place, k.shelf.at(name))
			if err != nil {
				return err
			}
			f = known{info.Size(), info.ModTime(), sweeps.Artifact{Name: name, Object: o.Key, SHA256: o.SHA256, Bytes: o.Bytes}}
		}
		next[name] = f
		files = append(files, f.Artifact)
	}
	number, dropped, err := k.shelf.Record.KeepFiles(ctx, k.trial, files)
	if err != nil {
		return err
	}
	k.known = next
	for _, o := range dropped {
		if strings.HasPrefix(o, k.owner+"/") { // else it is of the record from which this one was copied
			if err := k.shelf.Bucket.Remove(ctx, o); err != nil {
				k.shelf.say(k.trial.ID, err) // a later collection finds it
			}
		}
	}
	return k.shelf.note(k.trial.ID, markOf(sweeps.Generation{Number: number, Files: files}))
}

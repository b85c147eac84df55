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
	"unicode/utf8"

	"sweep/artifacts"
	"sweep/sweeps"
)

// ErrFiles says that files could not be fetched from the store of files, or put there.
var ErrFiles = errors.New("the store of files")

// Record is what of the record is needed here.
type Record interface {
	// Identity is what the names of the record's objects begin with.
	Identity(ctx context.Context) (string, error)
	// HasFiles reports whether the record has files of any trial or report.
	HasFiles(ctx context.Context) (bool, error)
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
	if err != nil {
		return false, err
	}
	if len(kept) == 0 {
		return false, s.putAway(trial)
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
			if err := s.ours(ctx); err != nil {
				return false, err
			}
			s.say(trial, fmt.Errorf("%w; what was kept before it is used", err))
		default:
			return false, err
		}
	}
	s.say(trial, errors.New("none of the files that were kept of it can be used; it goes on from what lies here, or begins anew"))
	return false, nil
}

// ours is an error if the record has files and the store has nothing of this record's: then it is another one, such as a folder in which
// what it should hold is not mounted, and what is not there is no reason to begin anew.
func (s *Shelf) ours(ctx context.Context) error {
	owner, err := s.Record.Identity(ctx)
	if err != nil {
		return err
	}
	if is, err := s.Bucket.Marked(ctx, owner); is || err != nil {
		return err
	}
	if has, err := s.Record.HasFiles(ctx); !has || err != nil {
		return err
	}
	return fmt.Errorf("%w: nothing of this record (%s/) lies in %s, although it has kept files; is what the folder holds not mounted? If it was emptied on purpose, make a file %s/.sweep in it",
		artifacts.ErrNoBucket, owner, s.Bucket, owner)
}

// Claim makes sure that the store is the record's and can be written to, before hours of training find out, and says in it whose it is.
func (s *Shelf) Claim(ctx context.Context) error {
	owner, err := s.Record.Identity(ctx)
	if err != nil {
		return err
	}
	if err := s.ours(ctx); err != nil {
		return err
	}
	return s.Bucket.Mark(ctx, owner)
}

// putAway removes what lies here of a trial of which the record has kept no files, if it was kept for another record, or by this one before the
// trial was removed from it.
func (s *Shelf) putAway(trial string) error {
	if _, err := os.Stat(s.mark(trial)); err != nil {
		return nil
	}
	return errors.Join(s.exchange(trial, ""), os.Remove(s.mark(trial)))
}

// exchange puts a folder in the place of what lies here of a trial, or, if it is "", nothing.
func (s *Shelf) exchange(trial, staged string) error {
	place, away := s.at(folder(trial)), s.at(path.Join("checkpoints", ".removed-"+trial))
	if err := os.RemoveAll(away); err != nil { // of a process that died
		return err
	}
	if err := os.Rename(place, away); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if staged != "" {
		if err := os.Rename(staged, place); err != nil {
			return err
		}
	}
	return os.RemoveAll(away)
}

// Bring fetches those files of the newest generation of a trial that are not here, each by itself, and returns how many these were. What lies
// here stays; what cannot be used is said. It is for a trial that nobody trains here.
func (s *Shelf) Bring(ctx context.Context, trial string) (brought int, err error) {
	kept, err := s.Record.Files(ctx, trial)
	if err != nil || len(kept) == 0 {
		return 0, err
	}
	for _, f := range kept[0].Files {
		if !s.belongs(trial, f.Name) {
			return brought, fmt.Errorf("the record has a file %q of trial %s, which is none", f.Name, trial)
		}
		to := s.at(f.Name)
		if _, err := os.Stat(to); err == nil && f.Name != log(trial) {
			continue
		}
		if sum, err := artifacts.Digest(to); err == nil && sum == f.SHA256 {
			continue
		}
		err := os.MkdirAll(filepath.Dir(to), 0o755)
		if err == nil {
			err = s.Bucket.Get(ctx, artifacts.Object{Key: f.Object, SHA256: f.SHA256, Bytes: f.Bytes}, to)
		}
		switch {
		case err == nil:
			brought++
		case errors.Is(err, artifacts.ErrMissing), errors.Is(err, artifacts.ErrDamaged):
			if err := s.ours(ctx); err != nil {
				return brought, err
			}
			s.say(trial, err)
		default:
			return brought, err
		}
	}
	return brought, nil
}

// belongs reports whether a file of that name is one of a trial's.
func (s *Shelf) belongs(trial, name string) bool {
	inside, own := strings.CutPrefix(name, folder(trial)+"/")
	return own && filepath.IsLocal(filepath.FromSlash(inside)) || name == log(trial)
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
	staged := s.at(path.Join("checkpoints", ".fetched-"+trial))
	if err := os.RemoveAll(staged); err != nil { // of a process that died
		return err
	}
	defer os.RemoveAll(staged)
	if err := os.MkdirAll(staged, 0o755); err != nil {
		return err
	}
	for _, f := range g.Files {
		inside := strings.TrimPrefix(f.Name, folder(trial)+"/")
		o := artifacts.Object{Key: f.Object, SHA256: f.SHA256, Bytes: f.Bytes}
		switch {
		case !s.belongs(trial, f.Name):
			return fmt.Errorf("the record has a file %q of trial %s, which is none", f.Name, trial)
		case f.Name != log(trial):
			to := filepath.Join(staged, filepath.FromSlash(inside))
			if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), s.Bucket.Get(ctx, o, to)); err != nil {
				return err
			}
		default: // that a trial goes on does not hang on its log
			err := os.MkdirAll(filepath.Dir(s.at(f.Name)), 0o755)
			if err == nil {
				err = s.Bucket.Get(ctx, o, s.at(f.Name))
			}
			if err != nil {
				s.say(trial, err)
			}
		}
	}
	return s.exchange(trial, staged)
}

// keeping puts the files of one session of a trial into the store, again and again.
type keeping struct {
	shelf *Shelf
	trial sweeps.Trial
	owner string
	place string // of its objects
	known map[string]known
	said  map[string]bool // files that cannot be kept
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
		if err != nil || d.IsDir() {
			return err
		}
		inside, err := filepath.Rel(root, file)
		if err != nil || whole != nil && !whole(filepath.ToSlash(inside)) {
			return err
		}
		info, err := d.Info()
		if err == nil && d.Type()&fs.ModeSymlink != 0 { // such as one to the last checkpoint: kept as a file of its own
			if info, err = os.Stat(file); err != nil {
				return nil // of which nothing is left
			}
		}
		if err == nil && info.Mode().IsRegular() {
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
	if err := k.claimPlace(ctx); err != nil {
		return err
	}
	next := map[string]known{}
	var files []sweeps.Artifact
	for _, name := range slices.Sorted(maps.Keys(now)) {
		info := now[name]
		f, ok := k.known[name]
		if !ok || f.size != info.Size() || !f.at.Equal(info.ModTime()) {
			var o artifacts.Object
			err := errName
			if nameable(name) {
				o, err = k.shelf.Bucket.Put(ctx, k.place, k.shelf.at(name))
			}
			switch {
			case errors.Is(err, fs.ErrNotExist) && errors.Is(err, artifacts.ErrUnreadable):
				return err // it has just been removed
			case errors.Is(err, artifacts.ErrUnreadable), errors.Is(err, errName): // the trial's own fault, on whatever machine
				k.leaveOut(name, err)
				continue
			case err != nil:
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
	if len(files) > 0 {
		err = k.shelf.note(k.trial.ID, markOf(sweeps.Generation{Number: number, Files: files}))
	}
	if err := k.shelf.Bucket.RemoveOwn(ctx, k.owner, dropped); err != nil {
		k.shelf.say(k.trial.ID, err) // a later collection finds them
	}
	return err
}

// claimPlace makes sure that the store is the record's, and says so in it.
func (k *keeping) claimPlace(ctx context.Context) error {
	switch is, err := k.shelf.Bucket.Marked(ctx, k.owner); {
	case is || err != nil:
		return err
	}
	return k.shelf.Claim(ctx)
}

// errName reports a file whose name no record takes.
var errName = errors.New("its name is no text")

// nameable reports whether a file's name can stand in a record.
func nameable(name string) bool { return utf8.ValidString(name) && !strings.ContainsRune(name, 0) }

// leaveOut says once that a file is not kept.
func (k *keeping) leaveOut(name string, err error) {
	if k.said == nil {
		k.said = map[string]bool{}
	}
	if !k.said[name] {
		k.said[name] = true
		k.shelf.say(k.trial.ID, fmt.Errorf("%q is not kept: %w", name, err))
	}
}

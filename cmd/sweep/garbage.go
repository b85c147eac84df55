package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sweep/reports"
	"sweep/results"
	programs "sweep/runner/program"
	"sweep/trainer"
)

// garbage are files and folders under the record's folder that nothing in the record refers to. Whatever is not known to be
// of this program's making is not among them.
type garbage struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
	Why   string `json:"why"`

	object bool   // in the store of files, not in the folder
	trial  string // whose training the record must not know when it is removed; "": it does not matter
}

var (
	trialFolder   = regexp.MustCompile(`^[0-9a-f]{12}$`)
	kinFolder     = regexp.MustCompile(`^[0-9a-f]{24}$`)
	doomedFolder  = regexp.MustCompile(`^\.removed-([0-9a-f]{12})$`)
	fetchedFolder = regexp.MustCompile(`^\.fetched-([0-9a-f]{12})$`)
	logOfTrial    = regexp.MustCompile(`^\.?([0-9a-f]{12})\.(log|params\.json|args\.json)(-[0-9]+)?$`)
	ownScratch    = regexp.MustCompile(`^\.(backup|doctor)-[0-9]+$`)
)

// scratchAge is how old a temporary file is of which nobody can tell whether its process lives.
const scratchAge = time.Hour

// collector finds garbage.
type collector struct {
	dir    string
	uses   map[string]results.Use
	sweeps map[string]bool
	busy   map[string]bool         // trainings of sweeps that some process runs
	held   func(sweep string) bool // whether one does
	found  []garbage
}

// collectGarbage looks the record's folder through.
func (a *app) collectGarbage(ctx context.Context, s *results.Store) ([]garbage, error) {
	c := &collector{dir: a.dir, sweeps: map[string]bool{}, busy: map[string]bool{}, held: func(sweep string) bool { held, err := a.held(ctx, sweep); return held || err != nil }}
	var err error
	if c.uses, err = s.Uses(ctx); err != nil {
		return nil, err
	}
	rows, err := s.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		c.sweeps[r.Sweep] = true
	}
	held := map[string]bool{}
	for name := range c.sweeps {
		if held[name], err = a.held(ctx, name); err != nil {
			return nil, err
		}
	}
	for trial, u := range c.uses {
		c.busy[trial] = slices.ContainsFunc(u.Sweeps, func(name string) bool { return held[name] })
	}
	for _, look := range []func() error{c.checkpoints, c.kin, c.logs, c.marks, c.reports, c.scratch} {
		if err := look(); err != nil {
			return nil, err
		}
	}
	return c.found, nil
}

func (c *collector) add(path, why, trial string) {
	c.found = append(c.found, garbage{Path: path, Bytes: bytesOf(path), Why: why, trial: trial})
}

// entries lists a folder; one that is not there is empty.
func (c *collector) entries(parts ...string) ([]fs.DirEntry, error) {
	out, err := os.ReadDir(filepath.Join(append([]string{c.dir}, parts...)...))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

func (c *collector) checkpoints() error {
	folders, err := c.entries("checkpoints")
	if err != nil {
		return err
	}
	for _, d := range folders {
		id, path := d.Name(), filepath.Join(c.dir, "checkpoints", d.Name())
		if info, err := d.Info(); fetchedFolder.MatchString(id) && (err != nil || time.Since(info.ModTime()) < scratchAge) {
			continue // somebody may just be fetching
		}
		if doomedFolder.MatchString(id) || fetchedFolder.MatchString(id) {
			c.add(path, "of a training that was being removed", "")
			continue
		}
		if !d.IsDir() || !trialFolder.MatchString(id) {
			continue
		}
		use, known := c.uses[id]
		switch {
		case !known && wholly(c.dir, id):
			c.add(path, "the record has no such training", id)
		case !known || use.Ended && !c.busy[id] && !exists(programs.LogFile(c.dir, id)):
			belongs, why := trainer.IsCheckpoint, "of a training that has ended"
			if !known {
				belongs, why = trainer.Belongs, "the record has no such training"
			}
			files, err := os.ReadDir(path)
			if err != nil {
				return err
			}
			for _, f := range files {
				if f.Type().IsRegular() && belongs(f.Name()) {
					trial := id
					if known {
						trial = ""
					}
					c.add(filepath.Join(path, f.Name()), why, trial)
				}
			}
		}
	}
	return nil
}

// wholly reports whether a training's folder may go as a whole: it is a program's own, which a log lies beside, or holds
// nothing but what the built-in trainer makes.
func wholly(dir, trial string) bool {
	if exists(programs.LogFile(dir, trial)) {
		return true
	}
	files, err := os.ReadDir(filepath.Join(dir, "checkpoints", trial))
	return err == nil && !slices.ContainsFunc(files, func(f fs.DirEntry) bool { return !f.Type().IsRegular() || !trainer.Belongs(f.Name()) })
}

// kin are the hints by which longer trainings find shorter ones.
func (c *collector) kin() error {
	folders, err := c.entries("checkpoints", "kin")
	if err != nil {
		return err
	}
	for _, d := range folders {
		if !d.IsDir() || !kinFolder.MatchString(d.Name()) {
			continue
		}
		hints, err := c.entries("checkpoints", "kin", d.Name())
		if err != nil {
			return err
		}
		for _, h := range hints {
			if _, known := c.uses[h.Name()]; !known && trialFolder.MatchString(h.Name()) && h.Type().IsRegular() && bytesOf(filepath.Join(c.dir, "checkpoints", "kin", d.Name(), h.Name())) == 0 {
				c.add(filepath.Join(c.dir, "checkpoints", "kin", d.Name(), h.Name()), "the record has no such training", h.Name())
			}
		}
	}
	return nil
}

func (c *collector) logs() error {
	files, err := c.entries("logs")
	if err != nil {
		return err
	}
	for _, f := range files {
		m := logOfTrial.FindStringSubmatch(f.Name())
		if m == nil || !f.Type().IsRegular() {
			continue
		}
		path := filepath.Join(c.dir, "logs", f.Name())
		if _, known := c.uses[m[1]]; !known {
			c.add(path, "the record has no such training", m[1])
		} else if strings.HasPrefix(f.Name(), ".") && !c.busy[m[1]] {
			c.add(path, "left by a process that died", "")
		}
	}
	return nil
}

// marks say from which files in the store of files those of a trial descend.
func (c *collector) marks() error {
	files, err := c.entries("artifacts")
	for _, f := range files {
		if _, known := c.uses[f.Name()]; !known && trialFolder.MatchString(f.Name()) && f.Type().IsRegular() {
			c.add(filepath.Join(c.dir, "artifacts", f.Name()), "the record has no such training", f.Name())
		}
	}
	return err
}

func (c *collector) reports() error {
	folders, err := c.entries("reports")
	if err != nil {
		return err
	}
	for _, d := range folders {
		if !d.IsDir() || c.sweeps[d.Name()] {
			continue
		}
		files, err := reports.Files(filepath.Join(c.dir, "reports", d.Name()), d.Name())
		if err != nil {
			return err
		}
		for _, f := range files {
			c.add(f, "the record has no such sweep", "")
		}
	}
	return nil
}

// scratch finds what a process that died has left beside the record. Locks stay: they take a few bytes, and who removes one
// that another process waits for lets two of them hold it.
func (c *collector) scratch() error {
	entries, err := c.entries()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && ownScratch.MatchString(e.Name()) && time.Since(info.ModTime()) > scratchAge {
			c.add(filepath.Join(c.dir, e.Name()), "left by a process that died", "")
		}
	}
	files, err := c.entries("locks")
	if err != nil {
		return err
	}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".pause"); ok && !c.sweeps[name] && f.Type().IsRegular() && !c.held(name) {
			c.add(filepath.Join(c.dir, "locks", f.Name()), "the record has no such sweep", "")
		}
	}
	return nil
}

// discard removes garbage. What must not come to use meanwhile is moved away, or removed if it is a mere file, while no
// process can record its training.
func (a *app) discard(ctx context.Context, s *results.Store, found []garbage) (removed []garbage, err error) {
	of := map[string][]garbage{}
	var trials, doomed []string
	var objects []garbage
	for _, g := range found {
		if g.object {
			objects = append(objects, g)
			continue
		}
		if g.trial != "" && of[g.trial] == nil {
			trials = append(trials, g.trial)
		}
		of[g.trial] = append(of[g.trial], g)
	}
	if err := a.discardObjects(ctx, s, objects); err != nil {
		return removed, err
	}
	removed = append(removed, objects...)
	for _, g := range of[""] {
		if err := os.RemoveAll(g.Path); err != nil {
			return removed, err
		}
		removed = append(removed, g)
	}
	for part := range slices.Chunk(trials, 50) { // others write in between
		if err := context.Cause(ctx); err != nil {
			return removed, err
		}
		err := s.WhileUnknown(ctx, part, func(trial string) error {
			for _, g := range of[trial] {
				if filepath.Base(g.Path) != trial || filepath.Base(filepath.Dir(g.Path)) != "checkpoints" {
					if err := os.Remove(g.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
						return err
					}
				} else if away := filepath.Join(filepath.Dir(g.Path), ".removed-"+trial); exists(g.Path) {
					if err := os.RemoveAll(away); err != nil { // of an earlier time
						return err
					}
					if err := os.Rename(g.Path, away); err != nil {
						return err
					}
					doomed = append(doomed, away)
				}
				removed = append(removed, g)
			}
			return nil
		})
		for _, path := range doomed {
			err = errors.Join(err, os.RemoveAll(path))
		}
		if doomed = nil; err != nil {
			return removed, err
		}
	}
	for _, g := range removed { // folders that held nothing else; one that holds something stays
		if dir := filepath.Dir(g.Path); strings.HasPrefix(dir, filepath.Join(a.dir, "reports")+string(filepath.Separator)) ||
			strings.HasPrefix(dir, filepath.Join(a.dir, "checkpoints")+string(filepath.Separator)) && dir != filepath.Join(a.dir, "checkpoints", "kin") {
			os.Remove(dir)
		}
	}
	return removed, nil
}

// bytesOf is the size of a file, or of all that a folder holds.
func bytesOf(path string) int64 {
	var n int64
	_ = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be read takes no part
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}

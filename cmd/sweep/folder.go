package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sweep/results"
)

// storesFile names the stores whose models, logs and reports lie in the folder: a line has an address and the record's identity, for
// one record may be reached by several addresses.
func (a *app) storesFile() string { return filepath.Join(a.dir, "locks", ".stores") }

// noted is a line of that.
type notedStore struct{ address, identity string }

func (a *app) stores() (all []notedStore, err error) {
	b, err := os.ReadFile(a.storesFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 0 {
			all = append(all, notedStore{words[0], strings.Join(words[1:], " ")})
		}
	}
	return all, nil
}

// is reports whether a line is of a record.
func (n notedStore) is(other notedStore) bool {
	return n.address == other.address && n.identity == "" || n.identity == other.identity && n.identity != ""
}

// noteStore notes that the folder is about to get files of the store's.
func (a *app) noteStore(ctx context.Context, s *results.Store) error {
	all, err := a.stores()
	if err != nil {
		return err
	}
	this := notedStore{address: results.Address(a.store)}
	if this.identity, err = s.Identity(ctx); err != nil || slices.ContainsFunc(all, this.is) {
		return err
	}
	return a.addStore(this)
}

func (a *app) addStore(this notedStore) error {
	if err := os.MkdirAll(filepath.Dir(a.storesFile()), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(a.storesFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s\n", this.address, this.identity)
	return errors.Join(err, f.Close())
}

// onlyRecord refuses to remove files where a record that is not asked may need them.
func (a *app) onlyRecord(ctx context.Context) error {
	others, err := a.otherRecords(ctx)
	if err != nil || len(others) == 0 {
		return err
	}
	return &statusError{statusRecord, fmt.Errorf("%s has files of another record, too (%s), which may need what this one does not; nothing is removed. "+
		"Give each record a folder of its own; if that one is gone, remove its file, or its line in %s", a.dir, strings.Join(others, ", "), a.storesFile())}
}

// otherRecords are those that have files in the folder, too.
func (a *app) otherRecords(ctx context.Context) (others []string, err error) {
	all, err := a.stores()
	if err != nil {
		return nil, err
	}
	if a.store != "" {
		this, err := a.thisStore(ctx)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(n notedStore) bool { return n.is(this) })
		if exists(filepath.Join(a.dir, results.FileName)) {
			others = append(others, "the file "+filepath.Join(a.dir, results.FileName))
		}
	}
	for _, n := range all {
		others = append(others, n.address)
	}
	return others, nil
}

// thisStore is the record that is asked.
func (a *app) thisStore(ctx context.Context) (notedStore, error) {
	this := notedStore{address: results.Address(a.store)}
	s, err := a.open(ctx)
	if err != nil {
		return this, err
	}
	defer s.Close()
	this.identity, err = s.Identity(ctx)
	return this, err
}

// withoutPasswords is a command line as it may be kept: the address of a store has no password in it.
func withoutPasswords(words []string) []string {
	out := slices.Clone(words)
	for i, w := range out {
		if address, ok := strings.CutPrefix(w, "--store="); ok {
			out[i] = "--store=" + results.Address(address)
		}
		if i > 0 && out[i-1] == "--store" {
			out[i] = results.Address(w)
		}
	}
	return out
}

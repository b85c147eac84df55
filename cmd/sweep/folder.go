package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sweep/results"
)

// storesFile names the stores whose models, logs and reports lie in the folder, an address a line.
func (a *app) storesFile() string { return filepath.Join(a.dir, "locks", ".stores") }

func (a *app) stores() ([]string, error) {
	b, err := os.ReadFile(a.storesFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(b)), nil
}

// noteStore notes that the folder is about to get files of the store's.
func (a *app) noteStore() error {
	all, err := a.stores()
	if err != nil || slices.Contains(all, results.Address(a.store)) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(a.storesFile()), 0o755); err != nil {
		return err
	}
	text := strings.Join(append(all, results.Address(a.store)), "\n") + "\n"
	return os.WriteFile(a.storesFile(), []byte(text), 0o644)
}

// onlyRecord refuses to remove files where a record that is not asked may need them.
func (a *app) onlyRecord() error {
	all, err := a.stores()
	if err != nil {
		return err
	}
	mine := ""
	if a.store != "" {
		mine = results.Address(a.store)
		if exists(filepath.Join(a.dir, results.FileName)) {
			all = append(all, "the file "+filepath.Join(a.dir, results.FileName))
		}
	}
	all = slices.DeleteFunc(all, func(s string) bool { return s == mine })
	if len(all) == 0 {
		return nil
	}
	return &statusError{statusRecord, fmt.Errorf("%s has files of another record, too (%s), which may need what this one does not; nothing is removed. "+
		"Give each record a folder of its own, or remove %s if that record is gone", a.dir, strings.Join(all, ", "), a.storesFile())}
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

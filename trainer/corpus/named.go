package corpus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sweep/trainer/corpus/library"
)

// readNamed reads a text of the user's library; found is false where the library has no such name. What was read is
// verified by the hash that every source gets.
func readNamed(ctx context.Context, option, name string, o Options, words *lexicon) (t *text, src Source, found bool, err error) {
	entry, err := findNamed(name)
	if errors.Is(err, library.ErrUnknown) {
		return nil, Source{}, false, nil
	}
	bad := func(err error) (*text, Source, bool, error) {
		return nil, Source{}, true, namedError(option, name, err)
	}
	if info, statErr := os.Stat(name); statErr == nil && !info.IsDir() {
		return bad(fmt.Errorf("%q is a file here and the name of a corpus; give %s for the file", name, "."+string(filepath.Separator)+name))
	}
	if err == nil && entry.Public != nil && entry.Public.Questions {
		return bad(fmt.Errorf("%s holds analogy questions, which are no text to learn from", name))
	}
	if err != nil {
		return bad(err)
	}
	t, src, err = readPaths(ctx, option, entry.Path, o, words)
	if err == nil && src.Hash != entry.SHA256 {
		err = entry.Damaged(fmt.Sprintf("its SHA-256 is %.12s and should be %.12s", src.Hash, entry.SHA256))
		return bad(err)
	}
	if err != nil {
		// What cannot be read may be damage rather than a mistake in the text.
		if damage := entry.Verify(ctx); errors.As(damage, new(*library.DamagedError)) {
			return bad(damage)
		}
		return nil, Source{}, true, err
	}
	src.Name = name
	src.Detail = "imported"
	if entry.Public != nil {
		src.Detail = entry.Public.Source
	}
	return t, src, true, nil
}

// findNamed looks a name up in the user's library. A machine without a cache directory has an empty one.
func findNamed(name string) (library.Entry, error) {
	if !library.ValidName(name) {
		return library.Entry{}, library.ErrUnknown
	}
	lib, err := library.Default()
	if err != nil {
		if _, isPublic := library.Lookup(name); isPublic {
			return library.Entry{}, err
		}
		return library.Entry{}, library.ErrUnknown
	}
	return lib.Find(name)
}

// namedError places an error of the library, with the mend as a hint of its own where there is one.
func namedError(option, name string, err error) error {
	e := &OptionError{Option: option, Message: err.Error(), Err: err}
	var absent *library.AbsentError
	var damaged *library.DamagedError
	switch {
	case errors.As(err, &absent):
		e.Message, e.Hint = fmt.Sprintf("the corpus %s has not been fetched yet", name), "sweep data get "+name
	case errors.As(err, &damaged):
		e.Message, e.Hint = fmt.Sprintf("%s is damaged: %s", damaged.Path, damaged.Reason), damaged.Mend
	}
	return e
}

// knownNames lists every name that a corpus may be asked for by: the built-in ones, the public and the imported.
func knownNames() []string {
	names := builtinNames()
	if lib, err := library.Default(); err == nil {
		return append(names, lib.Names()...)
	}
	for _, p := range library.Catalogue() {
		names = append(names, p.Name)
	}
	return names
}

// Suggest returns the candidate that is a typing mistake away from a name, or "".
func Suggest(name string, candidates []string) string { return nearest(name, candidates) }

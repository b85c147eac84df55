package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A path is one implementation of every function of the package.
type path int

const (
	generic path = iota
	avx2
	avx512
	neon
)

var pathNames = []string{generic: "generic", avx2: "avx2", avx512: "avx512", neon: "neon"}

func (p path) String() string { return pathNames[p] }

// Variable is the environment variable that forces a path: generic, avx2, avx512 or neon.
const Variable = "SWEEP_KERNEL"

// active is the path in use, chosen at start; only Use changes it.
var active = atStart()

// atStart is the path that Variable asks for, or the best of this machine where it asks for none or for one that it
// cannot have: Use reports that.
func atStart() path {
	p, err := choose(os.Getenv(Variable))
	if err != nil {
		return best()
	}
	return p
}

// Name returns the path in use: "avx512", "avx2", "neon" or "generic".
func Name() string { return active.String() }

// Use chooses the path by name; the empty name takes the one that the environment variable SWEEP_KERNEL names, or else
// the best of this machine. It is an error to name a path that does not exist or that this machine cannot run, and
// leaves the path as it was. A program calls Use("") once at its start; Use must not run beside other functions of the
// package.
func Use(name string) error {
	from := ""
	if name == "" {
		name = os.Getenv(Variable)
		from = Variable + ": "
	}
	p, err := choose(name)
	if err != nil {
		return fmt.Errorf("%s%w", from, err)
	}
	active = p
	return nil
}

func choose(name string) (path, error) {
	if name == "" {
		return best(), nil
	}
	i := slices.Index(pathNames, name)
	switch {
	case i < 0:
		return 0, fmt.Errorf("kernel: unknown path %q; known are %s", name, strings.Join(pathNames, ", "))
	case !supported(path(i)):
		return 0, fmt.Errorf("kernel: this machine cannot run the path %q", name)
	}
	return path(i), nil
}

// best is the widest path that this machine can run.
func best() path {
	for p := neon; p > generic; p-- {
		if supported(p) {
			return p
		}
	}
	return generic
}

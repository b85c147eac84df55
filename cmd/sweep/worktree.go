package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"time"
)

// gitPatience bounds what is asked of version control: a run does not wait for a large work tree.
const gitPatience = 2 * time.Second

// checkout is where a folder under version control stands.
type checkout struct {
	revision  string // "" where it is under none, or git is not there
	diff      string // SHA-256, hex, of the changes that are not committed; "" without any, or if they cannot be told in time
	untracked int    // files that version control does not know
}

// workTree asks git about a folder. Whatever fails is left out.
func workTree(dir string) (c checkout) {
	ctx, cancel := context.WithTimeout(context.Background(), gitPatience)
	defer cancel()
	git := func(args ...string) *exec.Cmd {
		// No hook, helper or lock of the user's: this only looks.
		cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
		cmd.WaitDelay = 100 * time.Millisecond
		return cmd
	}
	out, err := git("rev-parse", "--verify", "--quiet", "HEAD").Output()
	if err != nil {
		return c
	}
	c.revision = strings.TrimSpace(string(out))
	h, size := sha256.New(), 0
	diff := git("diff", "HEAD", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short")
	diff.Stdout = writerFunc(func(b []byte) (int, error) { size += len(b); return h.Write(b) })
	if diff.Run() == nil && size > 0 {
		c.diff = hex.EncodeToString(h.Sum(nil))
	}
	names := 0
	list := git("ls-files", "--others", "--exclude-standard", "-z", ":/")
	list.Stdout = writerFunc(func(b []byte) (int, error) { names += bytes.Count(b, []byte{0}); return len(b), nil })
	if list.Run() == nil {
		c.untracked = names
	}
	return c
}

// writerFunc makes an io.Writer of a function.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

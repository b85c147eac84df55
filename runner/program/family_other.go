//go:build !unix

package program

import (
	"os"
	"os/exec"
	"time"
)

// A family is a program. What it has started is not known on this system, and there is no way to ask a program to end.
type family struct{ root *os.Process }

func startFamily(cmd *exec.Cmd, _ string) (*family, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &family{cmd.Process}, nil
}

func (f *family) term() { f.kill() }

func (f *family) kill() { _ = f.root.Kill() } // it may have gone

func (f *family) end(time.Time) int { return 0 }

func (f *family) tend() {}

func clearTrial(string) int { return 0 }

//go:build unix && !linux

package program

import (
	"os/exec"
	"syscall"
	"time"
)

// A family is a program with everything that it has started, as far as it stays in the program's process group: this
// system does not tell what leaves it. Nor does the program end when sweep is killed.
type family struct{ root int }

func startFamily(cmd *exec.Cmd, _ string) (*family, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &family{cmd.Process.Pid}, nil
}

// term asks the program's process group to end. One that is stopped has to go on for that.
func (f *family) term() {
	_ = syscall.Kill(-f.root, syscall.SIGTERM)
	_ = syscall.Kill(-f.root, syscall.SIGCONT)
}

func (f *family) kill() { _ = syscall.Kill(-f.root, syscall.SIGKILL) }

// end waits for what the program, which was waited for, has left running, and kills it after the deadline.
func (f *family) end(deadline time.Time) int {
	endGroup(f.root, deadline)
	return 0
}

func (f *family) tend() {}

func clearTrial(string) int { return 0 }

//go:build unix

package interop

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a server a group of processes of its own, for it may start others.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endGroup ends them.
func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

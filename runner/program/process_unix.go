//go:build unix

package program

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// metricsPipe says that a program can be handed a descriptor besides the standard ones.
const metricsPipe = true

// endGroup asks a process group, whose leader was waited for, to end, and kills it after the deadline.
func endGroup(group int, deadline time.Time) {
	for left := syscall.Kill(-group, syscall.SIGTERM) == nil; left && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		left = syscall.Kill(-group, 0) == nil
	}
	_ = syscall.Kill(-group, syscall.SIGKILL) // it may have gone
}

// inode identifies a pipe among the open files of a process, 0 if it cannot be told.
func inode(f *os.File) uint64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return uint64(s.Ino)
}

// signalOf returns the signal that ended a process, 0 if none did.
func signalOf(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return int(w.Signal())
	}
	return 0
}

func signalName(n int) string { return unix.SignalName(syscall.Signal(n)) }

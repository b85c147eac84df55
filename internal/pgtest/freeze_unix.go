//go:build !windows

package pgtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Freeze stops all processes of the cluster, as a machine that hangs: connections stay, and nobody answers. The function that it returns lets
// them go on.
func (c *Cluster) Freeze() (thaw func()) {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.data, "postmaster.pid"))
	if err != nil {
		c.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	postmaster, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		c.t.Fatal(err)
	}
	c.signal(postmaster, syscall.SIGSTOP) // first, so that it makes no others
	frozen := append(c.children(postmaster), postmaster)
	for _, p := range frozen {
		c.signal(p, syscall.SIGSTOP)
	}
	thawed := false
	thaw = func() {
		if !thawed {
			thawed = true
			for _, p := range frozen {
				_ = syscall.Kill(p, syscall.SIGCONT)
			}
		}
	}
	c.t.Cleanup(thaw)
	return thaw
}

func (c *Cluster) signal(process int, s syscall.Signal) {
	c.t.Helper()
	if err := syscall.Kill(process, s); err != nil && err != syscall.ESRCH { // it has just ended
		c.t.Fatal(err)
	}
}

// children are the processes that a process has made, by /proc.
func (c *Cluster) children(of int) (pids []int) {
	c.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		c.t.Skip("no /proc that tells of processes")
	}
	for _, name := range stats {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		// PID (NAME) STATE PARENT ...
		rest := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err == nil && len(rest) > 1 && rest[1] == strconv.Itoa(of) {
			pids = append(pids, pid)
		}
	}
	return pids
}

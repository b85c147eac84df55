package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// process is what /proc tells of one.
type process struct {
	pid, parent, group, session int
	start                       uint64 // ticks since the machine was started; with pid it names a process for good
	dead                        bool   // its first thread has ended, and it is not buried
}

// census returns all processes.
func census() (map[int]process, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	all := make(map[int]process, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := readProcess(pid); ok {
				all[pid] = p
			}
		}
	}
	if _, ok := all[os.Getpid()]; !ok {
		return nil, os.ErrNotExist // it is not mounted, or is that of other processes
	}
	return all, nil
}

// readProcess reads /proc/PID/stat: the number, the name in parentheses, which may hold any, state, parent, group, session
// and, as the 22nd word, the start.
func readProcess(pid int) (process, bool) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, false // it has gone
	}
	words := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(words) < 20 {
		return process{}, false
	}
	p := process{pid: pid, dead: words[0][0] == 'Z' || words[0][0] == 'X'}
	for i, field := range []*int{&p.parent, &p.group, &p.session} {
		*field, _ = strconv.Atoi(string(words[1+i])) // the kernel writes numbers
	}
	p.start, _ = strconv.ParseUint(string(words[19]), 10, 64)
	return p, true
}

// surroundings is that of a process, as it was when it was started.
type surroundings []byte

// environ is empty where it may not be read.
func environ(pid int) surroundings {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	if err != nil {
		return nil
	}
	return b
}

func (e surroundings) has(name, value string) bool {
	for setting := range bytes.SplitSeq(e, []byte{0}) {
		if string(setting) == name+"="+value {
			return true
		}
	}
	return false
}

func (e surroundings) marked() bool {
	for setting := range bytes.SplitSeq(e, []byte{0}) {
		if bytes.HasPrefix(setting, []byte(variableAttempt+"=")) {
			return true
		}
	}
	return false
}

package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// thisProcess tells where this process is, in words that are the same for all that can see one another, and when it began.
var thisProcess = sync.OnceValues(func() (machine string, began int64) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0
	}
	space, err := os.Readlink("/proc/self/ns/pid") // processes in other containers have numbers of their own
	if err != nil {
		return "", 0
	}
	began, ok := processBegan(int64(os.Getpid()))
	if !ok {
		return "", 0
	}
	return strings.TrimSpace(string(boot)) + " " + space, began
})

// gone reports whether it is certain that a process that began then has ended. What cannot be seen, as others' processes under
// hidepid, or without a free descriptor, may live.
func gone(pid, began int64) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Is(syscall.Kill(int(pid), 0), syscall.ESRCH)
	}
	if err != nil {
		return false
	}
	ticks, ok := beginning(b)
	return !ok || ticks != began
}

// processBegan tells when a process began, in ticks since the machine did; ok is false if that cannot be told.
func processBegan(pid int64) (ticks int64, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	return beginning(b)
}

// beginning reads from what the system says of a process when it began; ok is false if only a zombie is left of it.
func beginning(b []byte) (ticks int64, ok bool) {
	// The name, in brackets, may hold anything; after it come the state and, as the twentieth from there, the beginning.
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	return ticks, err == nil
}

package results

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
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

// processBegan tells when a process began, in ticks since the machine did; ok is false if there is none of that number, or only what
// is left of one.
func processBegan(pid int64) (ticks int64, ok bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The name, in brackets, may hold anything; after it come the state and, as the twentieth from there, the beginning.
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	ticks, err = strconv.ParseInt(fields[19], 10, 64)
	return ticks, err == nil
}

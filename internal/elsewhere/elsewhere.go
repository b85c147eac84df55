// Package elsewhere has tests run processes as if they were on another machine: that one of them is dead is seen by its silence alone.
package elsewhere

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// Words returns the words before a command that give it a process space of its own, and skips the test where none can be made.
func Words(t testing.TB) []string {
	t.Helper()
	words := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc"}
	if out, err := exec.Command(words[0], append(words[1:], "true")...).CombinedOutput(); err != nil {
		t.Skipf("no process space of its own can be made: %v: %s", err, out)
	}
	return words
}

// Keep keeps the process space of a command that has been started until the test ends. The system gives the number of one that is gone to the
// next, whose processes would be taken for neighbours of the dead.
func Keep(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		t.Error(err)
		return
	}
	space := fmt.Sprintf("/proc/%d/ns/pid_for_children", cmd.Process.Pid)
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(time.Millisecond) {
		if made, err := os.Readlink(space); err != nil || made == own {
			continue
		}
		f, err := os.Open(space)
		if err != nil {
			break
		}
		t.Cleanup(func() { f.Close() })
		return
	}
	t.Errorf("%v has no process space of its own", cmd.Args)
}

package results

import (
	"os"
	"os/exec"
	"testing"
)

func TestGone(t *testing.T) {
	me := int64(os.Getpid())
	began, ok := processBegan(me)
	if !ok || gone(me, began) {
		t.Error("this process is gone")
	}
	if !gone(me, began-1) {
		t.Error("one that had this process's number before is not gone")
	}
	child := exec.Command("true")
	if err := child.Run(); err != nil {
		t.Skip(err)
	}
	if !gone(int64(child.Process.Pid), began) {
		t.Error("a process that has ended is not gone")
	}
}

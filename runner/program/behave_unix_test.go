//go:build unix

package program

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// behaveBadly is what takes processes to do. Each tells its process as a metric.
func behaveBadly(as string, args []string) {
	self, _ := os.Executable()
	switch as {
	case "daemon": // NAME [bare]: leaves a process behind in a session of its own, without our environment if bare
		cmd := exec.Command(self, "as", "lurk", args[0])
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		cmd.Stdout = os.Stdout
		if len(args) > 1 {
			cmd.Env = []string{"PATH=/bin"}
		}
		r, w, err := os.Pipe()
		if err == nil {
			cmd.ExtraFiles = []*os.File{w}
			err = cmd.Start()
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		w.Close()
		_, _ = io.Copy(io.Discard, r) // until it is ready, or has gone
	case "lurk": // NAME [leaves]: heeds nothing, and begins a session of its own after a while
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
		fmt.Printf("{\"%s\": %d}\n", args[0], os.Getpid())
		_ = syscall.Close(3) // says that it is ready
		if len(args) > 1 {
			time.Sleep(50 * time.Millisecond)
			_, _ = syscall.Setsid()
			fmt.Println(`{"left": 1}`)
		}
		time.Sleep(time.Minute)
	default:
		fmt.Println("unknown behaviour", as)
		os.Exit(1)
	}
}

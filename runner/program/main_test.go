package program

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// TestMain makes this binary one of the programs that misbehave when its first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "as" {
		behave(os.Args[2], os.Args[3:])
		return
	}
	os.Exit(m.Run())
}

func behave(as string, args []string) {
	switch as {
	case "line": // MIB: one line without an end
		n, _ := strconv.Atoi(args[0])
		chunk := []byte(strings.Repeat("x", 1<<20))
		for range n {
			os.Stdout.Write(chunk)
		}
		fmt.Printf("\n{\"done\": 1}\n")
	case "metrics": // N: as many, as fast as they go
		n, _ := strconv.Atoi(args[0])
		w := bufio.NewWriterSize(os.Stdout, 1<<16)
		for i := range n {
			fmt.Fprintf(w, `{"step": %d, "loss": 0.5}`+"\n", i+1)
		}
		w.Flush()
	case "sweep": // RECORD SCRIPT: trains trial t until it is killed
		tr := &Trainer{Record: args[0], Command: []string{"/bin/sh", "-c", args[1]}}
		err := tr.Train(context.Background(), sweeps.Trial{ID: "t"}, func(p runner.Point) error {
			if p.Metric != "" {
				fmt.Println(p.Metric, p.Value)
			}
			return nil
		})
		fmt.Println(err)
	default:
		behaveBadly(as, args)
	}
}

// quick keeps this binary from waiting a second before it exits, as it does under the race detector.
const quick = "export GORACE=atexit_sleep_ms=0\n"

// script is a Trainer of a line for the shell, which may use $SELF as the name of this binary.
func script(t testing.TB, line string) *Trainer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("/bin/sh"); err != nil {
		t.Skip("the programs of this test are written for /bin/sh, which is not here")
	}
	return &Trainer{Record: t.TempDir(), Command: []string{"/bin/sh", "-c", "SELF='" + self + "'\n" + quick + line, "sh", "${args}"}, Grace: 5 * time.Second}
}

// await is a line for the shell that lasts until the test writes the file go into the trial's folder.
const await = `while [ ! -e "$SWEEP_DIR_TRIAL/go" ]; do sleep 0.01; done`

var trialT = sweeps.Trial{ID: "t", Sweep: "s", Replicate: 2, Seed: 7, Params: of("lr", 0.5, "act", "tanh")}

// points keeps what is reported, and answers with what answer says, nil if that is nil.
type points struct {
	answer func(runner.Point) error

	mu  sync.Mutex
	all []runner.Point
}

func (ps *points) report(p runner.Point) error {
	ps.mu.Lock()
	ps.all = append(ps.all, p)
	ps.mu.Unlock()
	if ps.answer == nil {
		return nil
	}
	return ps.answer(p)
}

// told returns the metrics as name=value@step, and the points without one as @step.
func (ps *points) told() []string {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var out []string
	for _, p := range ps.all {
		s := fmt.Sprintf("@%d", p.Step)
		if p.Metric != "" {
			s = fmt.Sprintf("%s=%g%s", p.Metric, p.Value, s)
		}
		out = append(out, s)
	}
	return out
}

// value returns the last value of a metric.
func (ps *points) value(t testing.TB, metric string) float64 {
	t.Helper()
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range slices.Backward(ps.all) {
		if p.Metric == metric {
			return p.Value
		}
	}
	t.Fatalf("no %s among %v", metric, ps.all)
	return 0
}

// logged returns the log of trial t.
func logged(t testing.TB, tr *Trainer) string {
	t.Helper()
	return readLog(t, tr, "t")
}

func readLog(t testing.TB, tr *Trainer, trial string) string {
	t.Helper()
	b, err := os.ReadFile(LogFile(tr.Record, trial))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// output returns the log without what sweep notes.
func output(t testing.TB, tr *Trainer) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(logged(t, tr)) {
		if !strings.HasPrefix(line, "==== ") {
			out.WriteString(line)
		}
	}
	return out.String()
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	if !soon(holds) {
		t.Fatalf("waited in vain for %s", what)
	}
}

// soon reports whether something holds within some seconds.
func soon(holds func() bool) bool {
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

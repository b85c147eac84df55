package program

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEachTrialHasADevice(t *testing.T) {
	bound, was := os.LookupEnv(visibleDevices)
	os.Unsetenv(visibleDevices)
	if was {
		defer os.Setenv(visibleDevices, bound)
	}
	// A device that two trials have at once makes the second fail.
	tr := script(t, `cd "$SWEEP_DIR_TRIAL/.."; mkdir "device-$CUDA_VISIBLE_DEVICES" || exit 1
echo "device $CUDA_VISIBLE_DEVICES"; sleep 0.03; rmdir "device-$CUDA_VISIBLE_DEVICES"`)
	tr.GPUs = 2
	errs := make(chan error)
	const trials = 6
	for n := range trials {
		trial := trialT
		trial.ID = fmt.Sprint("t", n)
		go func() { errs <- tr.Train(t.Context(), trial, (&points{}).report) }()
	}
	seen := map[string]bool{}
	for range trials {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for n := range trials {
		for line := range strings.Lines(readLog(t, tr, fmt.Sprint("t", n))) {
			if d, ok := strings.CutPrefix(line, "device "); ok {
				seen[strings.TrimSpace(d)] = true
			}
		}
	}
	if !seen["0"] || !seen["1"] || len(seen) != 2 {
		t.Errorf("devices %v, want 0 and 1", seen)
	}
}

func TestDevicesThatSweepIsBoundTo(t *testing.T) {
	t.Setenv(visibleDevices, "3, GPU-8932f937")
	for n, want := range map[int][]string{1: {"3"}, 2: {"3", "GPU-8932f937"}} {
		if got, err := devices(n); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%d devices: %v, %v, want %v", n, got, err, want)
		}
	}
	tr := script(t, "exit 0")
	tr.GPUs = 3
	err := tr.Train(t.Context(), trialT, (&points{}).report)
	if err == nil || !strings.HasPrefix(err.Error(), "trials on 3 GPUs: sweep itself is bound to 2, by CUDA_VISIBLE_DEVICES=3, GPU-8932f937;") {
		t.Errorf("Train returned %v", err)
	}
}

func TestInterruptWhileWaitingForADevice(t *testing.T) {
	var s Devices
	if _, err := s.take(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(errCtrlC) })
	if _, err := s.take(ctx, 1); err != errCtrlC {
		t.Errorf("the wait ended with %v", err)
	}
}

// TestDevicesOfTwoTrainers: what trains two sweeps on a machine gives no device to both.
func TestDevicesOfTwoTrainers(t *testing.T) {
	t.Setenv(visibleDevices, "a,b,c")
	var d Devices
	first, err := d.take(t.Context(), 1)
	if err != nil || first != "a" {
		t.Fatalf("%q, %v", first, err)
	}
	if second, err := d.take(t.Context(), 2); err != nil || second != "b" {
		t.Errorf("%q, %v", second, err)
	}
	got := make(chan string, 1)
	go func() {
		name, _ := d.take(t.Context(), 1)
		got <- name
	}()
	d.give("b")
	select {
	case name := <-got:
		t.Errorf("of the first device alone, which is taken, %s was given", name)
	case <-time.After(20 * time.Millisecond):
	}
	d.give("a")
	if name := <-got; name != "a" {
		t.Errorf("%s was given", name)
	}
}

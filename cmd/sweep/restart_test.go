package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/results"
)

const disturbEvery = 400 * time.Millisecond

// disturbed runs killSpec in a store for at least a time, calls disturb n times meanwhile, and requires the record of an undisturbed run.
func disturbed(t *testing.T, store string, lasts time.Duration, n int, disturb func(i int)) {
	t.Helper()
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	undisturbed, set := lasting(t, spec, lasts)
	dir, done := t.TempDir(), 0
	cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", store, "--quiet", "--set", set)
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for began := time.Now(); !holds(t, store, "killed"); time.Sleep(50 * time.Millisecond) { // before that, a store that goes away is an error
		if time.Since(began) > time.Minute {
			t.Fatalf("no sweep is in the record\n%s", stderr.String())
		}
	}
	for over := false; !over; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			over = true
		case <-time.After(disturbEvery):
			if done < n {
				disturb(done)
				done++
			}
		}
	}
	if done < n {
		t.Errorf("the run was over after %d of %d disturbances", done, n)
	}
	if d := cmp.Diff(recordedAt(t, undisturbed, ""), recordedAt(t, dir, store)); d != "" {
		t.Errorf("the record differs from that of an undisturbed run (-undisturbed +disturbed):\n%s", d)
	}
}

// holds reports whether a store has a sweep.
func holds(t *testing.T, store, sweep string) bool {
	t.Helper()
	s, err := results.Open(t.Context(), "", results.Options{ReadOnly: true, URL: store})
	if errors.Is(err, results.ErrNotFound) || errors.Is(err, results.ErrOlder) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sweeps, err := s.Sweeps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(sweeps, func(s results.Sweep) bool { return s.Sweep == sweep })
}

// TestStoreThatRestarts takes the PostgreSQL of a running sweep down as a power cut would, again and again, and once for longer.
// SWEEP_RESTARTS says how often (4), SWEEP_AWAY for how long once ("3s").
func TestStoreThatRestarts(t *testing.T) {
	server := pgtest.Own(t)
	restarts, away := 4, 3*time.Second
	if n, err := strconv.Atoi(os.Getenv("SWEEP_RESTARTS")); err == nil {
		restarts = n
	}
	if d, err := time.ParseDuration(os.Getenv("SWEEP_AWAY")); err == nil {
		away = d
	}
	disturbed(t, server.Address(), 2*time.Second+time.Duration(restarts)*3*disturbEvery+away, restarts, func(i int) {
		server.Stop("immediate")
		if i == 0 {
			time.Sleep(away)
		}
		server.Start()
	})
	t.Logf("%d restarts, the first after %v", restarts, away)
}

// TestConnectionsAreEnded has the server end all connections of a running sweep, its lock's among them, again and again. SWEEP_RESTARTS says how
// often (8).
func TestConnectionsAreEnded(t *testing.T) {
	pgtest.Need(t)
	times := 8
	if n, err := strconv.Atoi(os.Getenv("SWEEP_RESTARTS")); err == nil {
		times = n
	}
	server := pgtest.Own(t)
	disturbed(t, server.Address(), 3*time.Second+time.Duration(times)*2*disturbEvery, times, func(int) {
		if err := pgtest.ExecAt(server.Address(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`); err != nil {
			t.Error(err)
		}
	})
}

// TestWorkerIsCutOff cuts a worker off the store, by a network of its own, for 90 seconds, or SWEEP_CUT_OFF: others train what it had in hand, and it
// ends with exit status 4 when it hears from the store again. It takes two minutes, and is left out unless that is set.
func TestWorkerIsCutOff(t *testing.T) {
	pgtest.Need(t)
	away, err := time.ParseDuration(os.Getenv("SWEEP_CUT_OFF"))
	if err != nil {
		t.Skip("SWEEP_CUT_OFF does not say for how long, such as 90s")
	}
	network := newNetwork(t)
	store := pgtest.Schema(t, "test_cut_off")
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	steps := "parameters.steps=" + strconv.Itoa(8*killSteps)
	undisturbed := t.TempDir()
	if status, _, stderr := program(t, "run", spec, "--dir", undisturbed, "--quiet", "--set", steps); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	dir := t.TempDir()
	run := sweepCommand(t, "run", spec, "--dir", dir, "--store", store, "--quiet", "--set", steps, "--workers", "0")
	var stderr buffer
	run.Stderr = &stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	cut := worker(t, network.to(t, store), t.TempDir(), "", 1, "ip", "netns", "exec", network.name)
	for start := time.Now(); inHand(cut.Stdout.(*buffer).String()) == ""; time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatal("the worker in a network of its own has begun nothing")
		}
	}
	network.set(t, "down")
	at := time.Now()
	had := inHand(cut.Stdout.(*buffer).String())
	other := worker(t, store, t.TempDir(), "", 1)
	time.Sleep(away)
	network.set(t, "up")
	back := time.Now()
	if err := cut.Wait(); cut.ProcessState.ExitCode() != 4 {
		t.Errorf("the worker that was cut off: %v", err)
	}
	if took := time.Since(back); took > 20*time.Second {
		t.Errorf("it took the worker %v to end after it heard from the store again", took)
	} else {
		t.Logf("it ended %v after it heard from the store again", took.Round(time.Millisecond))
	}
	if err := run.Wait(); err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	_ = other.Process.Kill()
	_ = other.Wait()
	waits, _ := recoveries(t, store, []kill{{at, had}})
	if len(waits) != 1 {
		t.Errorf("%s, which it had in hand, did not go on elsewhere", had)
	}
	t.Logf("cut off for %v; what it had in hand went on after %v", away, waits)
	if diff := cmp.Diff(strings.Split(figuresOf(t, undisturbed, ""), "\n"), strings.Split(figuresOf(t, dir, store), "\n")); diff != "" {
		t.Errorf("the record differs (-undisturbed +cut off):\n%s", diff)
	}
}

// network is one of its own for some processes, with a way to this machine that can be cut.
type network struct{ name, link, host string }

// newNetwork makes one, and skips the test where that is not allowed.
func newNetwork(t *testing.T) network {
	t.Helper()
	n := network{fmt.Sprintf("sweep%d", os.Getpid()), fmt.Sprintf("sw%d", os.Getpid()), "10.231.77.1"}
	ip := func(words ...string) error {
		out, err := exec.Command("ip", words...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(words, " "), err, out)
		}
		return nil
	}
	if err := ip("netns", "add", n.name); err != nil {
		t.Skipf("no network of its own can be made: %v", err)
	}
	t.Cleanup(func() { _ = ip("netns", "del", n.name) })
	for _, words := range [][]string{
		{"link", "add", n.link, "type", "veth", "peer", "name", "out", "netns", n.name},
		{"addr", "add", n.host + "/24", "dev", n.link},
		{"link", "set", n.link, "up"},
		{"-n", n.name, "addr", "add", "10.231.77.2/24", "dev", "out"},
		{"-n", n.name, "link", "set", "out", "up"},
		{"-n", n.name, "link", "set", "lo", "up"},
	} {
		if err := ip(words...); err != nil {
			t.Skipf("no network of its own can be made: %v", err)
		}
	}
	return n
}

// set cuts the way, or mends it.
func (n network) set(t *testing.T, state string) {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", n.link, state).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// to is the address of a store as it is seen from there.
func (n network) to(t *testing.T, store string) string {
	t.Helper()
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", n.host+":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	server := u.Host
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go func() { _, _ = io.Copy(there, client); there.Close() }()
			go func() { _, _ = io.Copy(client, there); client.Close() }()
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

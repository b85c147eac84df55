//go:build linux

package deploy_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/results"
)

// slurmSpec is eight trials, of two to five seconds of a core each.
const slurmSpec = `
name: array
metric: {name: val/loss}
replicates: 2
parameters:
  corpus: names
  embedding_dim: 4
  hidden_size: [16, 48]
  optimizer: [sgd, adam]
  learning_rate: 0.02
  batch_size: 32
  steps: 360000
  evaluations: 6
  eval_examples: 500
`

// TestSlurm submits workers.sbatch to a Slurm of its own, with one node on loopback. While a sweep is trained one element of the array
// is cancelled and another one requeued: what they put away goes on from there, each trial is complete once, and the record is that of
// a run on one machine, to the bit.
func TestSlurm(t *testing.T) {
	if os.Getenv("SWEEP_SLURM") == "" {
		t.Skip("starts a Slurm: SWEEP_SLURM=1 has it done")
	}
	pgtest.Need(t)
	c := startSlurm(t)
	bin, dir := program(t), t.TempDir()
	spec := filepath.Join(dir, "array.yaml")
	if err := os.WriteFile(spec, []byte(slurmSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(dir, "alone")
	output(t, nil, bin, "run", spec, "--dir", alone, "--quiet")
	want := figures(t, bin, nil, "--dir", alone)

	shared, node, jobs := filepath.Join(dir, "shared"), filepath.Join(dir, "node"), filepath.Join(dir, "jobs")
	for _, d := range []string{shared, node, jobs} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	store := pgtest.Schema(t, "test_slurm")
	env := []string{"SWEEP_STORE=" + store, "SWEEP_ARTIFACTS=file://" + filepath.ToSlash(shared)}
	recipe, err := filepath.Abs("slurm/workers.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	job := strings.TrimSpace(c.output(append(env, "SWEEP="+bin, "SWEEP_IDLE=8s", "TMPDIR="+node),
		"sbatch", "--parsable", "--array=1-3", "--cpus-per-task=1", "--chdir="+jobs, recipe))
	c.job = job
	log := func(element int) string {
		b, _ := os.ReadFile(filepath.Join(jobs, fmt.Sprintf("sweep-worker-%s_%d.log", job, element)))
		return string(b)
	}
	cmd := exec.Command(bin, "run", spec, "--workers", "0", "--quiet", "--dir", filepath.Join(dir, "coordinator"))
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	begun := func(element int) func() bool {
		return func() bool { return strings.Contains(log(element), ": begins, ") }
	}
	wait(t, 30*time.Second, "the first to train", begun(1))
	wait(t, 30*time.Second, "the second to train", begun(2))
	time.Sleep(time.Second) // so that there is something to put away
	c.output(nil, "scancel", job+"_1")
	c.output(nil, "scontrol", "requeue", job+"_2")
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("the run: %v\n%s", err, stderr.String())
		}
	case <-time.After(90 * time.Second):
		t.Fatalf("the sweep is not over after a minute and a half\n%s", c.output(nil, "squeue", "--array"))
	}
	trained := time.Since(start)
	wait(t, 60*time.Second, "the array to be over", func() bool {
		return !strings.Contains(c.output(nil, "squeue", "--noheader", "--states=PENDING,RUNNING,COMPLETING"), job)
	})

	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(figures(t, bin, env, "--dir", alone), "\n")); diff != "" {
		t.Errorf("the record differs (-one machine +array):\n%s", diff)
	}
	putAway, wentOn := continued(t, store)
	t.Logf("trained in %v; %d trials were put away, of which %d went on from there", trained.Round(time.Millisecond), putAway, wentOn)
	if wentOn == 0 {
		t.Error("none went on from where it was put away")
	}
	for element, want := range map[int]struct{ state, restarts string }{1: {"CANCELLED", "0"}, 2: {"COMPLETED", "1"}, 3: {"COMPLETED", "0"}} {
		shown := c.output(nil, "scontrol", "show", "job", fmt.Sprintf("%s_%d", job, element))
		if !strings.Contains(shown, "JobState="+want.state) || !strings.Contains(shown, "Restarts="+want.restarts) {
			t.Errorf("element %d should be %s after %s restarts:\n%s", element, want.state, want.restarts, shown)
		}
	}
	if n := strings.Count(log(2), "at the queue of"); n != 2 {
		t.Errorf("the log of what was requeued has %d beginnings", n)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("the workers said:\n%s\n%s\n%s", log(1), log(2), log(3))
	}
}

// figures is what a record says of all trials, times and who trained what apart.
func figures(t *testing.T, bin string, env []string, args ...string) string {
	t.Helper()
	return output(t, env, append([]string{bin, "query", "--csv",
		"SELECT sweep, trial, configuration, replicate, seed, state, params, steps, examples, value, val_loss, test_loss, test_accuracy, error FROM v_trials ORDER BY sweep, trial"}, args...)...)
}

// continued counts the trials that were put away in their middle, and those of them that went on from there. Every trial has to be
// complete, and once.
func continued(t *testing.T, store string) (putAway, wentOn int) {
	t.Helper()
	s, err := results.Open(t.Context(), "", results.Options{URL: store, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sessions, err := s.Sessions(t.Context(), "array")
	if err != nil {
		t.Fatal(err)
	}
	complete, from := map[string]int{}, map[string]int64{}
	for _, n := range sessions {
		if n.Outcome == "complete" {
			complete[n.Trial]++
		}
		if n.StartStep != nil {
			from[fmt.Sprint(n.Trial, " ", n.Attempt)] = *n.StartStep
		}
	}
	for _, n := range sessions {
		if n.Outcome == "interrupted" {
			putAway++
			if from[fmt.Sprint(n.Trial, " ", n.Attempt+1)] > 0 {
				wentOn++
			}
		}
	}
	if len(complete) != 8 {
		t.Errorf("%d trials are complete, want 8", len(complete))
	}
	for trial, n := range complete {
		if n != 1 {
			t.Errorf("trial %s is complete %d times", trial, n)
		}
	}
	return putAway, wentOn
}

// slurm is a controller, a node and what they know each other by, on loopback.
type slurm struct {
	t   *testing.T
	dir string
	job string // what is cancelled before the daemons end; "": nothing
}

// startSlurm starts a Slurm that ends with the test.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("slurmd has to be started as root")
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch", "scancel", "scontrol", "squeue", "sinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	c := &slurm{t: t, dir: t.TempDir()}
	for name, text := range map[string]string{"slurm.conf": slurmConf(c.dir, host, freePort(t), freePort(t)), "munge.key": rand.Text() + rand.Text()} {
		if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(c.dir, name) }
	c.daemon("munged", "--foreground", "--force", "--key-file", in("munge.key"), "--socket", in("munge.socket"), "--pid-file", in("munged.pid"),
		"--log-file", in("munged.log"), "--seed-file", in("munge.seed"))
	wait(t, 10*time.Second, "munged", func() bool { _, err := os.Stat(in("munge.socket")); return err == nil })
	c.daemon("slurmctld", "-D")
	c.daemon("slurmd", "-D", "-N", host)
	t.Cleanup(c.cancel)
	wait(t, 20*time.Second, "a node that is idle", func() bool {
		out, err := try(t, c.env(), "sinfo", "--noheader", "--format=%T")
		return err == nil && strings.TrimSpace(out) == "idle"
	})
	return c
}

// slurmConf is a cluster of this machine alone, which is said to have cores enough for an array. That a job which was requeued begins after five
// seconds and not after two minutes is due to cred_expire.
func slurmConf(dir, host string, controller, node int) string {
	return fmt.Sprintf(`ClusterName=loopback
SlurmctldHost=%[2]s(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=%[1]s/munge.socket,cred_expire=5
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
StateSaveLocation=%[1]s/state
SlurmdSpoolDir=%[1]s/spool
SlurmctldPidFile=%[1]s/slurmctld.pid
SlurmdPidFile=%[1]s/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=1,sched_interval=2
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/none
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
NodeName=%[2]s NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, dir, host, controller, node)
}

func (c *slurm) env() []string { return []string{"SLURM_CONF=" + filepath.Join(c.dir, "slurm.conf")} }

// output runs one of Slurm's programs.
func (c *slurm) output(env []string, words ...string) string {
	c.t.Helper()
	return output(c.t, append(c.env(), env...), words...)
}

// daemon starts a program that ends with the test, and also where the test ends without a word. What it said is told if the test fails.
func (c *slurm) daemon(words ...string) {
	c.t.Helper()
	log, err := os.Create(filepath.Join(c.dir, words[0]+".said"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), c.env()...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { _ = cmd.Wait(); close(over) }()
	c.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-over:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-over
		}
		if c.t.Failed() {
			c.t.Logf("%s said:\n%s", words[0], tail(read(c.t, log.Name()), 40))
		}
	})
}

// cancel ends all jobs, before the daemons do: their shepherds are no children of ours.
func (c *slurm) cancel() {
	if c.job == "" {
		return
	}
	_, _ = try(c.t, c.env(), "scancel", "--quiet", c.job)
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		out, err := try(c.t, c.env(), "squeue", "--noheader", "--states=RUNNING,COMPLETING")
		if err != nil || strings.TrimSpace(out) == "" {
			return
		}
	}
	c.t.Error("jobs are left")
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// wait polls until something holds.
func wait(t *testing.T, patience time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain for %s", patience, what)
		}
	}
}

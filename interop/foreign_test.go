// Package interop holds what this program writes and reads against the programs that it is written for and by. Its tests run
// where SWEEP_PYTHON (default python3) has the modules that they need, and are skipped by name elsewhere.
package interop

import (
	"bytes"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// foreignPython is the interpreter, if it has the modules.
func foreignPython(t *testing.T, modules ...string) string {
	t.Helper()
	python := os.Getenv("SWEEP_PYTHON")
	if python == "" {
		python = "python3"
	}
	if _, err := exec.LookPath(python); err != nil {
		t.Skipf("there is no %s", python)
	}
	for _, m := range modules {
		find := "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
		cmd := exec.Command(python, "-c", find, m)
		cmd.Dir = t.TempDir() // scripts of this folder have the names of modules
		if cmd.Run() != nil {
			t.Skipf("%s has no module %s", python, m)
		}
	}
	return python
}

// foreignScript runs a script of this folder and decodes what it prints, if into is not nil.
func foreignScript(t *testing.T, into any, python string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, errs.String())
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
}

// foreignProgram builds the program.
func foreignProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "sweep")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "sweep/cmd/sweep").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}

// foreignRun runs the program, which must succeed, and returns its output.
func foreignRun(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sweep %v: %v\n%s%s", args, err, out, errs.String())
	}
	return string(out)
}

// foreignServer starts a server on a free port of the loopback, waits until it answers at a path, and ends it with the test.
func foreignServer(t *testing.T, path string, command func(port string) *exec.Cmd) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	cmd := command(port)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		endGroup(cmd)
		t.Logf("server: %v", <-ended)
	})
	address = "http://127.0.0.1:" + port
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%v ended: %v\n%s", cmd.Args, err, said.String())
		default:
		}
		if resp, err := http.Get(address + path); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return address
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v does not answer", cmd.Args)
		}
	}
}

// foreignRows is everything that an export takes of a sweep.
type foreignRows struct {
	sweep      results.Sweep
	trials     []results.Trial
	points     []results.Point
	provenance results.Provenance
	spec       *sweeps.Spec
}

func foreignSweep(t *testing.T, dir, name string) (r foreignRows) {
	t.Helper()
	s, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	r.sweep, err = s.Sweep(t.Context(), name)
	must(err)
	r.trials, err = s.Trials(t.Context(), name)
	must(err)
	r.points, err = s.Points(t.Context(), name)
	must(err)
	r.provenance, err = s.Provenance(t.Context(), name)
	must(err)
	if source := r.provenance.SpecSource; source != "" {
		r.spec, err = sweeps.Load(name+".yaml", []byte(source), sweeps.Trainer{})
		must(err)
	}
	return r
}

// foreignNumber is a float; scripts write those that JSON does not have as text.
type foreignNumber float64

func (n *foreignNumber) UnmarshalJSON(b []byte) error {
	if strings.HasPrefix(string(b), `"`) || string(b) == "null" {
		*n = foreignNumber(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// sameFigure compares figures, of which nil is NaN.
func sameFigure(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b || a == nil && math.IsNaN(*b) || b == nil && math.IsNaN(*a)
	}
	return *a == *b
}

// The sweep of a program whose trials end in every way.
const foreignSpec = `
name: shell
description: a sweep of a shell script
method: random
metric: {name: loss, goal: minimize}
budget: {configurations: 60}
seed: 3
parameters:
  lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}
  width: {min: 1, max: 64}
  drop: {min: 0.0, max: 0.5, distribution: uniform}
  act: [relu, tanh]
  fixed: 7
command:
  - awk
  - |
    END {
      if (width % 9 == 4) { print "not this width" > "/dev/stderr"; exit 1 }
      l = log(lr) / log(10) + 2.5; v = l * l + (width - 20) * (width - 20) / 900 + drop / 9
      for (s = 1; s <= 4; s++) printf "{\"step\": %d, \"loss\": %.17g, \"half\": %.17g}\n", s * 10, v + 1 / s, s / 2
    }
  - ${args_no_hyphens}
  - /dev/null
`

// foreignRecord runs that sweep with the real program.
func foreignRecord(t *testing.T) (program, dir string) {
	t.Helper()
	dir = t.TempDir()
	spec := filepath.Join(dir, "shell.yaml")
	if err := os.WriteFile(spec, []byte(foreignSpec), 0o600); err != nil {
		t.Fatal(err)
	}
	program = foreignProgram(t)
	cmd := exec.CommandContext(t.Context(), program, "run", spec, "--dir", filepath.Join(dir, "runs"), "--quiet")
	out, err := cmd.CombinedOutput()
	if status := cmd.ProcessState.ExitCode(); status != 0 && status != 1 { // a trial may fail
		t.Fatalf("run: %v\n%s", err, out)
	}
	return program, filepath.Join(dir, "runs")
}

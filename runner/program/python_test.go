package program

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/runner"
	"sweep/sweeps"
)

// python is the name of the interpreter, or skips the test.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("sweep.py is not tried: there is no python3")
	return ""
}

// pyScript is a Trainer of a Python script.
func pyScript(t *testing.T, text string) *Trainer {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "train.py"), text, 0o644)
	return &Trainer{Record: t.TempDir(), Program: "train.py", Dir: dir, Command: []string{python(t), "${program}", "${args}"}}
}

// The interpreter is not always of this version, so only the language is checked, by the compiler that there is.
func TestModuleIsOfPython38(t *testing.T) {
	cmd := exec.Command(python(t), "-c", "import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 8))")
	cmd.Stdin = strings.NewReader(Module)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A script written for wandb runs with one line changed.
func TestScriptWrittenForWandb(t *testing.T) {
	tr := pyScript(t, `
import argparse, sys
import sweep as wandb

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--act")
parser.add_argument("--optimizer.eps", type=float)
parser.add_argument("--bias", type=lambda s: s == "True")
args = parser.parse_args()
assert args.lr == 0.5 and args.bias is True, args

wandb.login()
with wandb.init(project="p", entity="e", job_type="x", config={"lr": 9, "epochs": 2, "optimizer": {"eps": 9, "beta": 3}},
                settings=wandb.Settings(start_method="fork")) as run:
    c = wandb.config
    assert c is run.config
    assert c.lr == c["lr"] == c.get("lr") == 0.5 and c.epochs == 2 and c.bias is True
    assert c.optimizer.eps == 1e-7 and c["optimizer"]["eps"] == c["optimizer.eps"] and c.optimizer.beta == 3
    assert c.get("none", 4) == 4 and "lr" in c and "none" not in c and "optimizer" in c
    assert c.as_dict() == dict(lr=0.5, act="tanh", bias=True, epochs=2, optimizer=dict(eps=1e-7, beta=3)), c.as_dict()
    assert dict(**c)["act"] == "tanh" and sorted(c.keys()) == ["act", "bias", "epochs", "lr", "optimizer"] and len(c) == 5
    c.update({"lr": 7, "extra": {"a": 1}}, allow_val_change=True)
    c.act = "relu"
    c["optimizer"]["beta"] = 4
    assert c.lr == 0.5 and c.act == "tanh" and c.extra.a == 1 and c.optimizer.beta == 4
    c.setdefaults({"epochs": 8, "late": 5})
    assert c.epochs == 2 and c.late == 5
    try:
        c.nothing
        raise SystemExit("a parameter that is not there")
    except AttributeError as e:
        assert "nothing" in str(e)
    import copy, pickle
    assert copy.deepcopy(c) == c and pickle.loads(pickle.dumps(c)).lr == 0.5

    assert run.id == "t" and run.name == "t" and wandb.run is run and wandb.seed() == 7
    wandb.watch(object(), log="all")
    wandb.define_metric("val/*", step_metric="epoch")
    table = wandb.Table(columns=["a"])
    table.add_data(1)
    art = wandb.Artifact("model", type="model")
    art.add_file("x")
    with art.new_file("y") as f:
        f.write("z")
    run.log_artifact(art).wait()
    wandb.save("model.pt")
    wandb.alert(title="t", text="x")
    wandb.plot.line_series([1], [2])

    wandb.log({"loss": 3})
    run.log({"loss": 2.5, "pictures": [wandb.Image(0)], "h": wandb.Histogram([1]), "note": "5", "none": None}, commit=False)
    wandb.log({"acc": True, "val": {"loss": float("nan"), "top": {"5": 1}}})
    wandb.log({"loss": float("inf"), "examples": 640}, step=10)
    wandb.log({"step": 20, "loss": 1})
    wandb.log({"only": "text"})
    run.summary["best"] = 0.25
    run.summary.update({"worst": 9})
    assert run.summary["loss"] == 1 and run.summary.best == 0.25 and wandb.summary["acc"] is True and wandb.run.step == 21
print("done")
wandb.finish()
`)
	trial := trialT
	trial.Params = of("lr", 0.5, "act", "tanh", "bias", true, "optimizer.eps", 1e-7)
	var ps points
	if err := tr.Train(t.Context(), trial, ps.report); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"loss=3@1", "@1", "loss=2.5@2", "@2", "acc=1@2", "val.loss=NaN@2", "val.top.5=1@2", "@2", "loss=+Inf@10", "@10",
		"loss=1@20", "@20", "@21", "best=0.25@21", "@21", "worst=9@21", "@21",
	}
	if diff := cmp.Diff(want, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if p := ps.all[8]; p.Examples != 640 {
		t.Errorf("%+v does not tell its examples", p)
	}
	s := output(t, tr)
	if !strings.Contains(s, "sweep: parameter lr stays at 0.5, which the sweep has set") || strings.Contains(s, "loss") {
		t.Errorf("the log:\n%s", s)
	}
}

func TestNumbersOfOthersAreTakenByFloat(t *testing.T) {
	tr := pyScript(t, `
import sweep
from decimal import Decimal
from fractions import Fraction

class Scalar:  # as numpy's and torch's are
    def __float__(self): return 1.5

class Tensor:
    def __float__(self): raise ValueError("only one element tensors can be converted")

sweep.log({"scalar": Scalar(), "tensor": Tensor(), "decimal": Decimal("0.5"), "fraction": Fraction(1, 4), "huge": 10**400,
           "complex": 1j, "bytes": b"1", "list": [1], 7: 1, "größe": 2})
sweep.log({"m%d" % i: i for i in range(9000)})
`)
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	got := ps.told()
	if diff := cmp.Diff([]string{"scalar=1.5@1", "decimal=0.5@1", "fraction=0.25@1", "7=1@1", "größe=2@1", "@1"}, got[:6]); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if v := ps.value(t, "m8999"); v != 8999 || len(ps.all) < 9006 || ps.all[len(ps.all)-1].Step != 2 {
		t.Errorf("of 9000 metrics in one call, %d points came in", len(ps.all)-6)
	}
}

func TestScriptPausesAndGoesOn(t *testing.T) {
	tr := pyScript(t, `
import os, signal, sweep, sys, time
state = os.path.join(sweep.directory(), "state")
if os.path.exists(state):
    sweep.log({"on": float(open(state).read())}, step=5)
    sys.exit()

def save(*_):
    with open(state, "w") as f:
        f.write("4")
    sweep.pause()

signal.signal(signal.SIGTERM, save)
sweep.log({"x": 1}, step=4)
while True:
    time.sleep(0.01)
`)
	ps := points{answer: func(p runner.Point) error {
		if p.Metric == "x" {
			return runner.ErrPause
		}
		return nil
	}}
	if err := tr.Train(t.Context(), trialT, ps.report); !errors.Is(err, runner.ErrPause) {
		t.Fatal(err)
	}
	if s := logged(t, tr); !strings.Contains(s, "end: exit status 75") {
		t.Errorf("the log:\n%s", s)
	}
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	if v := ps.value(t, "on"); v != 4 {
		t.Errorf("it went on from %g", v)
	}
}

// What the script starts may have another file at the descriptor's number: it must not be written to.
func TestMetricsOfAChildProcess(t *testing.T) {
	tr := pyScript(t, `
import os, subprocess, sys
child = "import sweep; sweep.log({'child': 1})"
subprocess.run([sys.executable, "-c", child], check=True)  # closes the descriptor
with open("other", "w+") as f:
    fd = int(os.environ["SWEEP_METRICS_FD"])
    os.dup2(f.fileno(), fd)
    r, w = os.pipe()
    subprocess.run([sys.executable, "-c", child], check=True, pass_fds=[fd])
    os.dup2(w, fd)
    subprocess.run([sys.executable, "-c", child], check=True, pass_fds=[fd])
    os.set_blocking(r, False)
    try:
        print("the pipe holds", os.read(r, 100))
    except BlockingIOError:
        pass
`)
	var ps points
	if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"child=1@1", "@1", "child=1@1", "@1", "child=1@1", "@1"}, ps.told()); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if s := output(t, tr); s != "" {
		t.Errorf("the log: %s", s)
	}
	if b, err := os.ReadFile(filepath.Join(tr.Dir, "other")); err != nil || len(b) > 0 {
		t.Errorf("the other file holds %q, %v", b, err)
	}
}

func TestScriptWithoutASweep(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sweep.py"), Module, 0o644)
	cmd := exec.Command(python(t), "-c", `
import argparse, os, sweep
run = sweep.init(config=argparse.Namespace(lr=0.1))
assert sweep.config.lr == 0.1 and run.id == "local" and run.sweep_id is None and sweep.seed(3) == 3
assert sweep.directory() == os.getcwd()
sweep.init(config={"lr": 0.2})
assert sweep.config.lr == 0.2
try:
    sweep.init(config=7)
    raise SystemExit("7 is no configuration")
except TypeError:
    pass
print("first", end=" ")
sweep.log({"loss": 1.5, "x": float("nan")})
sweep.finish()
`)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SWEEP_") && !strings.HasPrefix(v, "PYTHON") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "PYTHONPATH="+dir)
	out, err := cmd.CombinedOutput()
	if want := "first {\"step\": 1, \"loss\": 1.5, \"x\": NaN}\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

// Metrics come in when they are printed, not when the script ends: report could not ask for the end otherwise.
func TestPrintedMetricsAreNotHeldBack(t *testing.T) {
	tr := pyScript(t, `
import json, time
print(json.dumps({"loss": 1}))
time.sleep(60)
`)
	tr.Command = nil                 // W&B's
	t.Setenv("PYTHONUNBUFFERED", "") // to be set again when the test is over
	os.Unsetenv("PYTHONUNBUFFERED")
	begun := time.Now()
	ps := points{answer: func(runner.Point) error { return runner.ErrStop }}
	if err := tr.Train(t.Context(), sweeps.Trial{ID: "t"}, ps.report); !errors.Is(err, runner.ErrStop) || time.Since(begun) > 30*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
}

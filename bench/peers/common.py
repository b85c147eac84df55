"""What the parts share: running our program and the peers' in turns, and tables in Markdown."""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SWEEP = os.environ.get("SWEEP", "sweep")  # our program
CORE = os.environ.get("CORE", str((os.cpu_count() or 1) - 1))  # that programs of one thread are pinned to
ROUNDS = int(os.environ.get("ROUNDS", "3"))  # of each program, in turns
WORK = Path(os.environ.get("PEERS_WORK", "."))  # for files that are thrown away

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


class Failed(SystemExit):
    """A program ended with an error; the message names it and quotes its last line."""


def pinned(command):
    """The command on the one core, where the system can do that."""
    return ["taskset", "-c", CORE, *command] if shutil.which("taskset") else command


def peer(script, *args):
    """The command of one of the peers' programs."""
    return [sys.executable, str(HERE / script), *map(str, args)]


def output(command):
    """What a command prints, and the seconds from its start to its end."""
    start = time.perf_counter()
    done = subprocess.run(command, env=os.environ | ONE_THREAD, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise Failed(f"{' '.join(map(str, command))}: exit status {done.returncode}: {lines[-1]}")
    return done.stdout, seconds


def answer(command):
    """The JSON object that a command prints on its last line, with the seconds of its process."""
    text, seconds = output(command)
    return json.loads(text.splitlines()[-1]) | {"process": seconds}


def bench(**flags):
    """What `sweep bench` measures, pinned to the one core."""
    command = [SWEEP, "bench", "--json"]
    for name, value in flags.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    return answer(pinned(command))


runs = 0  # of sweeps, each in a folder of its own


def run(spec, workers=1, pin=True, **parameters):
    """A whole `sweep run` of a spec beside this file, with nothing recorded before: its trials, whose seconds are those of
    training steps alone; the wall seconds in which trials ran; and those of the process."""
    global runs
    runs += 1
    folder = WORK / f"run-{runs}"
    command = [SWEEP, "run", HERE / spec, "--dir", folder, "--workers", workers, "--quiet"]
    for name, value in parameters.items():
        command += ["--set", f"parameters.{name}={value}"]
    command = [str(c) for c in command]
    _, seconds = output(pinned(command) if pin else command)

    def query(sql):
        text, _ = output([SWEEP, "query", "--json", "--dir", str(folder), sql])
        return [json.loads(line) for line in text.splitlines()]

    trials = query("SELECT * FROM v_trials ORDER BY trial")
    steps_alone = {p["trial"]: p["s"] for p in query("SELECT trial, max(seconds) AS s FROM v_points GROUP BY trial")}
    for t in trials:
        t["seconds"] = steps_alone[t["trial"]]  # those of v_trials count reading and evaluations, too
    unfinished = [t["trial"] for t in trials if t["state"] != "complete"]
    if unfinished:
        raise Failed(f"{spec}: trials that are not complete: {', '.join(unfinished)}")
    wall = query("SELECT seconds FROM v_sweeps")[0]["seconds"]
    shutil.rmtree(folder)
    return {"trials": trials, "wall": wall, "process": seconds}


def export(corpus, **flags):
    """Has our program write the parts of a corpus as text, one document a line, and returns their paths."""
    folder = WORK / f"text-{corpus}"
    command = [SWEEP, "data", "show", corpus, "--export", str(folder)]
    for name, value in flags.items():
        command += ["--" + name.replace("_", "-"), str(value)]
    output(command)
    return [folder / f"{part}.txt" for part in ("train", "val", "test")]


def table(part, header, rows):
    """Prints a table, under a comment that says which."""
    print(f"\n<!-- table: {part} -->\n")
    print("| " + " | ".join(header) + " |")
    print("| --- |" + " ---: |" * (len(header) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    sys.stdout.flush()


def say(text):
    """Tells what goes on, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def figure(value):
    """A number with three or four digits that count."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if value >= 100 else f"{value:.3g}"


def ratio(value):
    """How many times as long."""
    return f"{figure(value)}x"


def machine():
    """One line on the machine, with the peak of a core as it is now."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass  # not Linux
    ours = bench(vocab_size=27, hidden_size=8, steps=1000)
    peak = "of unknown peak" if ours["peak_gflops"] is None else f"{ours['peak_gflops']:.0f} Gflop/s a core (measured)"
    cores = f"{os.cpu_count()} core" + ("s" if os.cpu_count() != 1 else "")
    return f"{model}, {cores}, {platform.system()} {platform.release()}; kernel {ours['kernel']}, {peak}"


def versions():
    """One line on the programs."""
    from importlib import metadata

    found = [f"Python {platform.python_version()}"]
    for package in ("torch", "jax", "optuna"):
        try:
            found.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found.append(f"no {package}")
    return ", ".join(found)


if __name__ == "__main__":
    print(machine())
    print(versions())

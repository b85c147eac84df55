"""Part g: what recording costs a trial that trains nothing: three parameters, 20 points, in SQLite, safe from a power cut.

usage: overhead.py

Runs BenchmarkTrial of package runner and overhead_optuna.py on one disk, in turns, the best of ROUNDS each; with strace at
hand it also counts how often ours waits for the disk.
"""

import os
import re
import shutil

import common

TRIALS = 500


def benchmark(program, *prefix):
    """Runs the benchmark of ours, behind a command if one is given: milliseconds a trial, and all that was printed."""
    command = [*prefix, str(program), "-test.run", "^$", "-test.bench", "BenchmarkTrial/durability=full/workers=1$",
               "-test.benchtime", f"{TRIALS}x"]
    text, _ = common.output(command)
    return float(re.search(r"([0-9.e+-]+) ms/trial", text)[1])


def syncs(program):
    """How many times a trial of ours waits for the disk, or None without strace."""
    if not shutil.which("strace"):
        return None
    log = common.WORK / "syncs"
    benchmark(program, "strace", "-f", "-e", "trace=fsync,fdatasync", "-o", str(log))
    calls = sum(1 for line in log.read_text().splitlines() if "sync(" in line and "unfinished" not in line or "resumed" in line)
    return calls / (TRIALS + 1)  # the benchmark first runs itself with one


def main():
    program = common.WORK / "runner.test"
    common.output(["go", "test", "-C", str(common.HERE.parent.parent), "-c", "-o", str(program.resolve()), "./runner"])
    os.environ["TMPDIR"] = str(common.WORK.resolve())  # one disk for both
    own, peer = [], []
    for turn in range(common.ROUNDS):
        common.say(f"g: round {turn + 1} of {common.ROUNDS}")
        own.append(benchmark(program))
        peer.append(common.answer(common.peer("overhead_optuna.py", common.WORK, 100))["ms_per_trial"])
    waits = syncs(program)
    common.table("g", ["(g) a trial of no steps, 20 points", "ms", "ratio", "syncs"], [
        ["Optuna, SQLite", common.figure(min(peer)), "", ""],
        ["sweep, durability full", common.figure(min(own)), common.ratio(min(peer) / min(own)),
         "" if waits is None else f"{waits:.2f}"],
    ])


if __name__ == "__main__":
    main()

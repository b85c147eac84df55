"""Peer of part g: what Optuna's SQLite storage costs a trial, as BenchmarkTrial in runner does for ours; with a sampler and no
points of BenchmarkSearch in cmd/sweep.

A trial trains nothing: three parameters are suggested, 20 values reported (or POINTS), one returned.
usage: overhead_optuna.py FOLDER [TRIALS [SAMPLER [POINTS]]]     (SAMPLER: random, tpe)
FOLDER is where the database is made; it must lie on the disk that the benchmark's TMPDIR does. Prints one JSON line.
"""
import json, os, sys, tempfile, time

import optuna

POINTS = int(sys.argv[4]) if len(sys.argv) > 4 else 20


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_float("rate", 1e-5, 1, log=True)
    trial.suggest_int("width", 1, 1_000_000)
    for step in range(1, POINTS + 1):
        trial.report(x / step, step)
    return x


def main():
    folder, trials = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
    samplers = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
    sampler = samplers[sys.argv[3] if len(sys.argv) > 3 else "random"](seed=1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory(dir=folder) as d:
        storage = optuna.storages.RDBStorage("sqlite:///" + os.path.join(d, "peer.db"))
        study = optuna.create_study(storage=storage, sampler=sampler)
        study.optimize(objective, n_trials=5)  # what the first trials cost is not meant
        start = time.perf_counter()
        study.optimize(objective, n_trials=trials)
        seconds = time.perf_counter() - start
        storage.remove_session()
    print(json.dumps({"peer": "optuna " + optuna.__version__, "trials": trials, "points": POINTS,
                      "ms_per_trial": round(1000 * seconds / trials, 2)}))


main()

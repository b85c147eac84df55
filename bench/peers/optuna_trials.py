"""Trials a second of Optuna with SQLite on a trivial objective: the peer of BenchmarkSearch.

usage: optuna_trials.py SAMPLER TRIALS     (random, tpe)
"""
import os
import sys
import tempfile
import time

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
sampler, trials = sys.argv[1], int(sys.argv[2])
samplers = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    y = trial.suggest_float("y", -1, 1)
    trial.suggest_int("z", 0, 9)
    return x * x + y * y


with tempfile.TemporaryDirectory() as folder:
    storage = "sqlite:///" + os.path.join(folder, "study.db")
    study = optuna.create_study(storage=storage, sampler=samplers[sampler](seed=1))
    began = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    took = time.perf_counter() - began
print(f"optuna {optuna.__version__}, {sampler}, {trials} trials: {trials / took:.1f} trials/s")

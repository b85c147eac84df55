"""Makes and reads studies with Optuna itself.

    optuna.py make DIR      journal.log and optuna.db with studies tune, random and multi; prints what they hold
    optuna.py more DIR      five more trials of tune in both; prints what it holds then
    optuna.py read FILE     prints what the only study of a journal holds
"""

import json
import math
import os
import sys
import warnings

sys.path.pop(0)  # this file is called optuna, too
import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def storages(folder):
    return {
        "journal": JournalStorage(JournalFileBackend(os.path.join(folder, "journal.log"))),
        "sqlite": "sqlite:///" + os.path.join(folder, "optuna.db"),
    }


def tune(trial):
    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 5, step=2)
    act = trial.suggest_categorical("act", ["relu", "tanh", None])
    drop = trial.suggest_float("drop", 0.0, 0.5, step=0.1)
    if act == "relu":
        trial.suggest_float("slope", 0.0, 1.0)
    loss = (math.log10(lr) + 3) ** 2 + abs(layers - 3) + (act != "tanh") / 2 + drop
    for step in range(5):
        trial.report(float("nan") if trial.number == 3 and step == 2 else loss + 1 / (step + 1), step)
        if trial.number > 9 and trial.should_prune():
            raise optuna.TrialPruned()
    trial.set_user_attr("accuracy", 1 / (1 + loss))
    trial.set_user_attr("odd", {"a": float("nan"), "quote": 'NaN "'})
    if trial.number == 2:
        raise ValueError("this one fails")
    return float("inf") if trial.number == 4 else loss


def smooth(trial):
    x = trial.suggest_float("x", -5, 5)
    y = trial.suggest_float("y", 1e-4, 1, log=True)
    n = trial.suggest_int("n", 1, 30)
    return x * x + (math.log10(y) + 2) ** 2 + n / 100


def number(v):
    return None if v is None else repr(v) if not math.isfinite(v) else v


def held(study):
    trials = []
    for t in study.get_trials(deepcopy=False):
        trials.append({
            "number": t.number, "state": t.state.name, "params": {k: t.params[k] for k in sorted(t.params)},
            "values": [number(v) for v in t.values or []],
            "steps": {str(k): number(v) for k, v in t.intermediate_values.items()},
            "seconds": t.duration.total_seconds() if t.duration else 0, "attrs": {k: v for k, v in t.user_attrs.items() if k != "odd"},
        })
    out = {"trials": trials, "directions": [d.name for d in study.directions], "importances": {}}
    if len(study.directions) == 1:
        out["best_value"], out["best_params"] = study.best_value, study.best_params
        numeric = [k for k, d in study.best_trial.distributions.items() if not isinstance(d, optuna.distributions.CategoricalDistribution)]
        out["importances"] = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), params=numeric)
    return out


def make(folder):
    out = {}
    for kind, storage in storages(folder).items():
        sampler, pruner = optuna.samplers.TPESampler(seed=1), optuna.pruners.MedianPruner(n_startup_trials=3)
        study = optuna.create_study(study_name="tune", storage=storage, sampler=sampler, pruner=pruner)
        study.optimize(tune, n_trials=30, catch=(ValueError,))
        other = optuna.create_study(study_name="random", storage=storage, sampler=optuna.samplers.RandomSampler(seed=2), direction="maximize")
        other.optimize(lambda t: -smooth(t), n_trials=60)
        both = optuna.create_study(study_name="multi", storage=storage, directions=["minimize", "maximize"])
        both.set_metric_names(["loss", "acc"])
        both.optimize(lambda t: (t.suggest_float("x", 0, 1), 1 - t.params["x"] ** 2), n_trials=5)
        study.ask()  # one that runs on
        out[kind] = {s.study_name: held(s) for s in (study, other, both)}
    return out


def more(folder):
    out = {}
    for kind, storage in storages(folder).items():
        study = optuna.load_study(study_name="tune", storage=storage)
        study.optimize(tune, n_trials=5)
        out[kind] = {"tune": held(study)}
    return out


def read(file):
    return held(optuna.load_study(study_name=None, storage=JournalStorage(JournalFileBackend(file))))


if __name__ == "__main__":
    json.dump({"make": make, "more": more, "read": read}[sys.argv[1]](sys.argv[2]), sys.stdout)

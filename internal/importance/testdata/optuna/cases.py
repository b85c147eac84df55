"""Writes cases.json: designs with the importances that Optuna's PED-ANOVA gives them.

    python internal/importance/testdata/optuna/cases.py > internal/importance/testdata/optuna/cases.json

Needs optuna 5.0.0. The Go test TestAsOptuna reproduces the figures; Optuna is not needed for that.
"""

import json
import math
import sys
import warnings

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution as Category
from optuna.distributions import FloatDistribution as Float
from optuna.distributions import IntDistribution as Int
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


def levels(d):
    """How many points stand for a distribution; 0 lets the reader choose."""
    if isinstance(d, Category):
        return len(d.choices)
    if isinstance(d, Int) and d.log:  # Optuna's number for these
        return math.ceil(math.log(d.high - d.low + 1) / math.log(2)) + 1
    if d.step is not None:
        return round((d.high - d.low) / d.step) + 1
    return 0


def position(d, x):
    """Where x lies in [0, 1], or the number of a category."""
    if isinstance(d, Category):
        return d.choices.index(x)
    if d.log:
        return (math.log(x) - math.log(d.low)) / (math.log(d.high) - math.log(d.low))
    return (x - d.low) / (d.high - d.low)


def draw(rng, d):
    if isinstance(d, Category):
        return d.choices[rng.integers(len(d.choices))]
    if isinstance(d, Int) and not d.log:
        return int(d.low + d.step * rng.integers(round((d.high - d.low) / d.step) + 1))
    if d.log:
        x = math.exp(rng.uniform(math.log(d.low), math.log(d.high)))
        return int(x) if isinstance(d, Int) else x
    if d.step is not None:
        return d.low + d.step * int(rng.integers(round((d.high - d.low) / d.step) + 1))
    return rng.uniform(d.low, d.high)


def shares(study, names, gamma):
    got = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(target_quantile=gamma))
    return [got[n] for n in names]


def case(name, space, loss, n, gamma=0.1, keep=lambda name, x: True, sampler=None):
    """space: name to distribution. keep says whether a configuration has a parameter."""
    if sampler is None:
        rng = np.random.default_rng(sum(map(ord, name)))
        study = optuna.create_study()
        for _ in range(n):
            x = {k: draw(rng, d) for k, d in space.items()}
            value = loss(x, rng)
            x = {k: v for k, v in x.items() if keep(k, x)}
            study.add_trial(
                optuna.trial.create_trial(params=x, distributions={k: space[k] for k in x}, value=value)
            )
    else:
        rng = np.random.default_rng(7)
        study = optuna.create_study(sampler=sampler)
        for _ in range(n):
            t = study.ask(space)
            study.tell(t, loss(t.params, rng))
    trials = study.get_trials(deepcopy=False)
    return {
        "name": name,
        "gamma": gamma,
        "dims": [
            {"name": k, "levels": levels(d), "categorical": isinstance(d, Category)} for k, d in space.items()
        ],
        "at": [[round(position(space[k], t.params[k]), 9) if k in t.params else None for k in space] for t in trials],
        "loss": [round(t.value, 9) for t in trials],
        "shares": shares(study, list(space), gamma),
    }


unit = {k: Float(0, 1) for k in "abc"}
numbers = {"rate": Float(1e-4, 1, log=True), "width": Int(4, 512, log=True), "depth": Int(1, 5), "drop": Float(0, 0.5, step=0.1)}
mixed = {"rate": Float(1e-4, 1, log=True), "kind": Category(("p", "q", "r", "s")), "on": Category((False, True)), "depth": Int(1, 4)}


def bowl(x, rng):
    return (x["a"] - 0.3) ** 2 + 0.2 * (x["b"] - 0.6) ** 2 + 0.02 * rng.normal()


def trained(x, rng):
    return (math.log10(x["rate"]) + 2) ** 2 + 3 / x["width"] ** 0.5 + 0.3 * (x["depth"] - 2) ** 2 + 0.2 * rng.normal()


def chosen(x, rng):
    kind = {"p": 0.0, "q": 2.0, "r": 2.5, "s": 3.0}[x["kind"]]
    return kind + 0.3 * (math.log10(x["rate"]) + 2) ** 2 + 0.4 * x["on"] + 0.2 * rng.normal()


def gated(x, rng):
    return (2.0 if x["kind"] == "p" else (math.log10(x["rate"]) + 2) ** 2) + 0.1 * x["depth"] + 0.3 * rng.normal()


cases = [
    case("three ranges", unit, bowl, 100),
    case("few", unit, bowl, 20),
    case("many", unit, bowl, 700),
    case("a wider best", unit, bowl, 150, gamma=0.25),
    case("ties", unit, lambda x, rng: round(4 * bowl(x, rng), 1), 120),
    case("wide whole numbers", {"a": Int(1, 1000), "b": Int(0, 300, step=3), "c": Float(-5, 5)},
         lambda x, rng: (x["a"] / 1000 - 0.8) ** 2 + 0.001 * x["b"] / 300 + 0.05 * rng.normal(), 200),
    case("scales", numbers, trained, 160),
    case("searched", numbers, trained, 120, sampler=optuna.samplers.TPESampler(seed=5)),
    case("conditional number", {"rate": numbers["rate"], "depth": Int(1, 4), "drop": Float(0, 1)},
         lambda x, rng: (math.log10(x["rate"]) + 2) ** 2 + 3 * (x["drop"] - 0.2) ** 2 * (x["depth"] > 1) + 0.1 * rng.normal(),
         200, keep=lambda k, x: k != "drop" or x["depth"] > 1),
    case("categories", mixed, chosen, 200),
    case("conditional on a category", mixed, gated, 240, keep=lambda k, x: k != "rate" or x["kind"] != "p"),
]
json.dump(cases, sys.stdout, separators=(",", ":"))
print()

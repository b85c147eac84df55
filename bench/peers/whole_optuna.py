"""The sweep of whole.yaml by Optuna and PyTorch: a SQLite storage, a process a worker, one thread each.

usage: whole_optuna.py TRAIN VAL STEPS WORKERS DATABASE

The files hold one name a line. Each worker takes the next of the grid's six settings until none is left; a trial reports
its loss ten times and ends with the loss on the whole validation part. Prints the trials, best first, and one line of JSON
at the end.

The settings wait in a queue of our own: Optuna's grid sampler lets a worker that has nothing left to do repeat a setting
that another is at, and two workers that ask at once can be given the same enqueued trial.
"""

import itertools
import json
import multiprocessing
import sys
import warnings

import optuna

GRID = {"embedding_dim": [2, 10], "hidden_size": [50, 100, 200]}
STUDY = "whole"


def train(parts, embedding, hidden, steps, report):
    """The lecture's model and recipe: SGD, rate 0.1 and a tenth of it in the second half. Returns the validation loss."""
    import torch

    import names_torch

    inputs = names_torch.CONTEXT * embedding
    params = [
        torch.randn(27, embedding),
        torch.randn(inputs, hidden) * (5 / 3) / inputs**0.5,
        torch.zeros(hidden),
        torch.randn(hidden, 27) * 0.01,
        torch.zeros(27),
    ]
    for p in params:
        p.requires_grad = True
    optimizer = torch.optim.SGD(params, lr=0.1, fused=True)
    (contexts, targets), (val_contexts, val_targets) = parts
    for step in range(1, steps + 1):
        batch = torch.randint(0, len(targets), (32,))
        optimizer.param_groups[0]["lr"] = 0.1 if step <= steps // 2 else 0.01
        optimizer.zero_grad()
        value = names_torch.loss(params, contexts[batch], targets[batch])
        value.backward()
        optimizer.step()
        if step * 10 // steps > (step - 1) * 10 // steps:
            report(value.item(), step)
    with torch.no_grad():
        return names_torch.loss(params, val_contexts, val_targets).item()


def work(waiting, paths, steps, storage):
    """One worker: takes settings until there are none."""
    import torch

    import names_torch

    torch.set_num_threads(1)
    torch.manual_seed(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    parts = [names_torch.examples(path) for path in paths]
    study = optuna.load_study(study_name=STUDY, storage=storage)
    other = study.sampler
    while settings := waiting.get():
        study.sampler = optuna.samplers.PartialFixedSampler(settings, other)
        trial = study.ask()
        embedding, hidden = (trial.suggest_categorical(name, values) for name, values in GRID.items())
        study.tell(trial, train(parts, embedding, hidden, steps, trial.report))


def main():
    *paths, steps, workers, database = sys.argv[1:]
    storage = f"sqlite:///{database}"
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(study_name=STUDY, storage=storage, direction="minimize")
    context = multiprocessing.get_context("spawn")
    waiting = context.SimpleQueue()
    processes = [
        context.Process(target=work, args=(waiting, paths, int(steps), storage)) for _ in range(int(workers))
    ]
    for values in reversed(list(itertools.product(*GRID.values()))):  # the longest first
        waiting.put(dict(zip(GRID, values)))
    for _ in processes:
        waiting.put(None)
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    if any(p.exitcode for p in processes):
        sys.exit("a worker failed")
    trials = sorted(study.get_trials(), key=lambda t: t.value)
    for t in trials:
        print(f"{t.value:.4f}", *(f"{name}={value}" for name, value in t.params.items()))
    print(json.dumps({"program": "Optuna and PyTorch", "trials": len(trials), "best": trials[0].value, **trials[0].params}))


if __name__ == "__main__":
    main()

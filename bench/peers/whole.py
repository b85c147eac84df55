"""Part e: a whole sweep on all workers, from the start of the process to its end, against Optuna and PyTorch.

usage: whole.py

Runs whole.yaml with WORKERS workers (default: the cores) and WHOLE_STEPS steps a trial (default 20,000), and
whole_optuna.py the same, in turns; the best of ROUNDS each.
"""

import os

import common

WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))
STEPS = int(os.environ.get("WHOLE_STEPS", "20000"))


def ours(text):
    corpus = dict(zip(("corpus", "val_corpus", "test_corpus"), text))
    r = common.run("whole.yaml", workers=WORKERS, pin=False, **corpus, steps=STEPS)
    return {"process": r["process"], "trials": len(r["trials"]), "best": min(t["val_loss"] for t in r["trials"])}


def optuna(text, turn):
    train, val, _ = text
    return common.answer(common.peer("whole_optuna.py", train, val, STEPS, WORKERS, common.WORK / f"optuna-{turn}.db"))


def main():
    text = common.export("names")
    owns, peers = [], []
    for turn in range(common.ROUNDS):
        common.say(f"e: round {turn + 1} of {common.ROUNDS}")
        owns.append(ours(text))
        peers.append(optuna(text, turn))
    own, peer = (min(rs, key=lambda r: r["process"]) for rs in (owns, peers))
    title = f"(e) a whole sweep, {STEPS:,} steps a trial, {WORKERS} workers"
    common.table("e", [title, "trials", "best validation loss", "s of the process", "ratio"], [
        ["Optuna and PyTorch", str(peer["trials"]), f"{peer['best']:.3f}", common.figure(peer["process"]), ""],
        ["sweep", str(own["trials"]), f"{own['best']:.3f}", common.figure(own["process"]),
         common.ratio(peer["process"] / own["process"])],
    ])


if __name__ == "__main__":
    main()

"""Part d: the lecture's names, on one core: seconds to a dev loss of 2.17.

usage: NAMES_DIR=folder names.py

The folder holds the lecture's split, one name a line: split_seed42_train.txt, split_seed42_dev.txt, split_seed42_test.txt.
PyTorch takes the lecture's LECTURE_STEPS (default 200,000); ours trains names-quality.yaml, five replicates of which the
slowest counts if all get as far, and names-lecture.yaml, the same recipe.
"""

import os
from pathlib import Path

import common

STEPS = int(os.environ.get("LECTURE_STEPS", "200000"))
GOAL = 2.17  # the lecture's dev loss


def row(name, trials, compared):
    def spread(key, digits):
        low, high = (f"{f(t[key] for t in trials):.{digits}f}" for f in (min, max))
        return low if low == high else f"{low} to {high}"

    figures = [spread("val_loss", 4), spread("test_loss", 4), spread("seconds", 3)]
    return [name, f"{trials[0]['steps']:,}", *figures, compared]


def main():
    folder = os.environ.get("NAMES_DIR")
    parts = [Path(folder or ".") / f"split_seed42_{p}.txt" for p in ("train", "dev", "test")]
    if not folder or not all(p.exists() for p in parts):
        print("\npart d: skipped, NAMES_DIR names no folder with the lecture's split")
        return
    corpus = dict(zip(("corpus", "val_corpus", "test_corpus"), parts))
    common.say(f"d: ours, then PyTorch for {STEPS:,} steps")
    tuned = common.run("names-quality.yaml", **corpus)["trials"]
    lecture = common.run("names-lecture.yaml", **corpus, steps=STEPS)["trials"]
    peer = common.answer(common.pinned(common.peer("names_torch.py", *parts, STEPS)))
    slowest = max(t["seconds"] for t in tuned)
    reached = all(t["val_loss"] <= GOAL for t in tuned)
    common.table("d", ["(d) names", "steps", "dev loss", "test loss", "s of training", "ratio"], [
        row("PyTorch, the lecture's recipe", [peer], ""),
        row("sweep, the lecture's recipe", lecture, common.ratio(peer["seconds"] / lecture[0]["seconds"])),
        row("sweep, names-quality.yaml", tuned, common.ratio(peer["seconds"] / slowest) if reached else "not reached"),
    ])


if __name__ == "__main__":
    main()

"""Part c: words, on the prose of the Go distribution, on one core.

usage: quality.py

Time to quality: PyTorch trains with exact softmax for MINUTES (default 8); ours trains quality.yaml, and the ratio of the
seconds counts if it gets at least as far on the whole validation part. Same recipe: exact softmax, Adam, a rate that falls
in a line and SAME_STEPS steps (default 300) in both programs, in turns, the best of ROUNDS.
"""

import os

import common

MINUTES = float(os.environ.get("MINUTES", "8"))
SAME_STEPS = int(os.environ.get("SAME_STEPS", "300"))


def torch(text, *length):
    train, val, _ = text
    return common.answer(common.pinned(common.peer("words_torch.py", train, val, *length)))


def ours(spec, **parameters):
    r = common.run(spec, **parameters)
    (trial,) = r["trials"]
    return trial | {"process": r["process"]}


def row(name, r, compared):
    return [
        name,
        f"{r['steps']:,}",
        common.figure(r["val_perplexity"]),
        common.figure(r["seconds"]),
        common.figure(r["process"]),
        compared,
    ]


HEADER = ["steps", "validation perplexity", "s of training", "s of the process", "ratio of training"]


def to_quality(text):
    common.say(f"c: ours, then PyTorch for {MINUTES:g} minutes")
    own = ours("quality.yaml")
    peer = torch(text, "--minutes", MINUTES)
    compared = "not reached"
    if own["val_perplexity"] <= peer["val_perplexity"]:
        compared = common.ratio(peer["seconds"] / own["seconds"])
    common.table("c", ["(c) time to quality", *HEADER], [
        row(f"PyTorch, {peer['mode']}, exact softmax", peer, ""),
        row("sweep, quality.yaml", own, compared),
    ])


def same(text):
    owns, peers = [], []
    for turn in range(common.ROUNDS):
        common.say(f"c: the same recipe, round {turn + 1} of {common.ROUNDS}")
        owns.append(ours("same.yaml", steps=SAME_STEPS))
        peers.append(torch(text, "--steps", SAME_STEPS))
    own, peer = (min(rs, key=lambda r: r["seconds"]) for rs in (owns, peers))
    common.table("c-same", ["(c) the same recipe", *HEADER], [
        row(f"PyTorch, {peer['mode']}", peer, ""),
        row("sweep, same.yaml", own, common.ratio(peer["seconds"] / own["seconds"])),
    ])


if __name__ == "__main__":
    text = common.export("gostd")
    same(text)
    to_quality(text)

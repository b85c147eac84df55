"""Parts a, a2, a8, b and b200: one training step with exact softmax and SGD, on one core, against PyTorch and JAX.

usage: steps.py PART...

The programs stay and measure in turns, ROUNDS times each (default 3); the best of each counts.
"""

import json
import os
import subprocess
import sys

import common

SHAPES = {  # symbols, context, embedding, hidden, batch
    "a": (27, 3, 10, 200, 32),
    "a2": (27, 3, 2, 100, 32),
    "a8": (27, 8, 10, 200, 32),
    "b": (17_000, 3, 30, 100, 128),
    "b200": (17_000, 3, 30, 200, 128),
}
FLAGS = ("vocab_size", "context_length", "embedding_dim", "hidden_size", "batch_size")
PEERS = {
    "PyTorch, eager": ("step_torch.py", "eager"),
    "PyTorch, compiled": ("step_torch.py", "compiled"),
    "JAX, the loop in a scan": ("step_jax.py", "within"),
    "JAX, its batches drawn beforehand": ("step_jax.py", "beforehand"),
}
OF_WORDS = {
    "PyTorch, linear_cross_entropy": ("step_torch.py", "linear-ce"),
    "PyTorch, linear_cross_entropy in pieces": ("step_torch.py", "linear-ce-chunked"),
}


class Peer:
    """A program that measures whenever it is asked to."""

    def __init__(self, name, script, *mode, shape):
        self.name, self.best, self.skipped = name, None, None
        self.process = subprocess.Popen(
            common.pinned(common.peer(script, *shape, *mode)),
            env=os.environ | common.ONE_THREAD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.skipped = self.read().get("skip")

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"skip": "it ended with an error"}

    def measure(self):
        print("go", file=self.process.stdin, flush=True)
        reply = self.read()
        self.skipped = reply.get("skip")
        if not self.skipped:
            self.best = min(self.best or float("inf"), reply["us_per_step"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def part(name):
    shape = SHAPES[name]
    flags = dict(zip(FLAGS, shape), optimizer="sgd")
    peers, ours = [], None
    for title, command in (PEERS | (OF_WORDS if shape[0] > 1000 else {})).items():
        common.say(f"{name}: {title} gets ready")
        peers.append(Peer(title, *command, shape=shape))
    try:
        for turn in range(common.ROUNDS):
            common.say(f"{name}: round {turn + 1} of {common.ROUNDS}")
            reply = common.bench(**flags)
            if ours is None or reply["us_per_step"] < ours["us_per_step"]:
                ours = reply
            for p in peers:
                if not p.skipped:
                    p.measure()
    finally:
        for p in peers:
            p.close()
    report(name, shape, ours, [p for p in peers if not p.skipped])
    for p in peers:
        if p.skipped:
            print(f"\n{p.name}: skipped, {p.skipped}")


def report(name, shape, ours, peers):
    flops = ours["gflops"] * ours["us_per_step"]  # a step, in units of 1,000
    peak = ours["peak_gflops"]

    def share(us):
        return f"{100 * flops / us / peak:.0f} %" if peak else "-"

    rows = [["sweep", common.figure(ours["us_per_step"]), "", share(ours["us_per_step"])]]
    for p in sorted(peers, key=lambda p: p.best):
        rows.append([p.name, common.figure(p.best), common.ratio(p.best / ours["us_per_step"]), share(p.best)])
    title = "({}) V {:,}, n {}, m {}, h {}, batch {}".format(name, *shape)
    common.table(name, [title, "us a step", "times ours", "share of peak"], rows)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        part(argument)

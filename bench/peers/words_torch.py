"""Trains the model of words in PyTorch on one thread, exact softmax and Adam with its rate falling to zero in a line, and
tells its perplexity over the whole validation part.

usage: words_torch.py TRAIN VAL (--minutes M | --steps S) [--hidden 100] [--rate 2e-3] [--mode auto]

TRAIN and VAL hold one document a line, words apart by spaces. The vocabulary is the boundary, <unk> and the most frequent
words of TRAIN, ties in the order of bytes; documents start with as many boundaries as the context is long, and their end
is predicted. Mode is eager, compiled, or auto: the faster of the two, tried out before. Trying, compiling, reading and
the evaluation are not in the seconds. Prints one line of JSON.
"""

import argparse
import collections
import json
import math
import statistics
import time

import torch
import torch.nn.functional as F

BOUNDARY, UNKNOWN = 0, 1
CONTEXT, EMBEDDING, BATCH = 3, 30, 128


def documents(path):
    with open(path, encoding="utf-8") as f:
        return [line.split() for line in f]


def vocabulary(docs, size):
    counts = collections.Counter(word for doc in docs for word in doc)
    counts.pop("<unk>", None)
    words = sorted(counts, key=lambda w: (-counts[w], w))[: size - 2]
    return {word: i + 2 for i, word in enumerate(words)}


def examples(docs, index):
    """Contexts (N, n) and targets (N): every word and every end of a document is predicted once."""
    stream, predicted = [], []
    for doc in docs:
        ids = [index.get(word, UNKNOWN) for word in doc]
        stream += [BOUNDARY] * CONTEXT + ids + [BOUNDARY]
        predicted += [False] * CONTEXT + [True] * (len(ids) + 1)
    stream = torch.tensor(stream)
    at = torch.tensor(predicted).nonzero().squeeze(1)
    return torch.stack([stream[at - CONTEXT + k] for k in range(CONTEXT)], dim=1), stream[at]


def parameters(vocab, hidden, unigram):
    inputs = CONTEXT * EMBEDDING
    params = [
        0.3 * torch.randn(vocab, EMBEDDING),
        (5 / 3) / inputs**0.5 * torch.randn(hidden, inputs),
        torch.zeros(hidden),
        0.01 * torch.randn(vocab, hidden),
        unigram.clone(),
    ]
    return [p.requires_grad_() for p in params]


def logits(params, contexts):
    table, weight, bias, output, output_bias = params
    hidden = torch.tanh(F.linear(F.embedding(contexts, table).flatten(1), weight, bias))
    return F.linear(hidden, output, output_bias)


def loss(params, contexts, targets):
    return F.cross_entropy(logits(params, contexts), targets)


LOSSES = {"eager": loss, "compiled": torch.compile(loss)}  # which compiles when it is first called


class Training:
    def __init__(self, mode, params, rate, contexts, targets):
        self.params, self.rate, self.contexts, self.targets = params, rate, contexts, targets
        self.loss = LOSSES[mode]
        self.optimizer = torch.optim.Adam(params, lr=rate, fused=True)
        self.order, self.at = torch.randperm(len(targets)), 0

    def step(self, left):
        """One step; left is the share of the training that is still to come."""
        if self.at + BATCH > len(self.order):
            self.order, self.at = torch.randperm(len(self.targets)), 0
        batch = self.order[self.at : self.at + BATCH]
        self.at += BATCH
        self.optimizer.param_groups[0]["lr"] = self.rate * left
        self.optimizer.zero_grad()
        self.loss(self.params, self.contexts[batch], self.targets[batch]).backward()
        self.optimizer.step()

    def pace(self):
        """Seconds a step: the median of some."""
        for _ in range(3):  # compiles
            self.step(1)
        seconds = []
        for _ in range(31):
            start = time.perf_counter()
            self.step(1)
            seconds.append(time.perf_counter() - start)
        return statistics.median(seconds)


def perplexity(params, contexts, targets):
    total = 0.0
    with torch.no_grad():
        for c, t in zip(contexts.split(2048), targets.split(2048)):
            total += F.cross_entropy(logits(params, c), t, reduction="sum").item()
    return math.exp(total / len(targets))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("train")
    p.add_argument("val")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float)
    length.add_argument("--steps", type=int)
    p.add_argument("--vocab", type=int, default=17_000)
    p.add_argument("--hidden", type=int, default=100)
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--mode", choices=["auto", *LOSSES], default="auto")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)

    docs = documents(a.train)
    index = vocabulary(docs, a.vocab)
    contexts, targets = examples(docs, index)
    val_contexts, val_targets = examples(documents(a.val), index)
    counts = torch.bincount(targets, minlength=a.vocab) + 0.1

    def training(mode):
        params = parameters(a.vocab, a.hidden, (counts / counts.sum()).log())
        return Training(mode, params, a.rate, contexts, targets)

    modes = list(LOSSES) if a.mode == "auto" else [a.mode]
    mode = min(modes, key=lambda m: training(m).pace())
    t = training(mode)

    start = time.perf_counter()
    steps, seconds = 0, 0.0
    while steps < a.steps if a.steps else seconds < 60 * a.minutes:
        t.step(1 - steps / a.steps if a.steps else 1 - seconds / (60 * a.minutes))
        steps += 1
        seconds = time.perf_counter() - start
    print(json.dumps({
        "program": "PyTorch",
        "mode": mode,
        "steps": steps,
        "seconds": seconds,
        "val_perplexity": perplexity(t.params, val_contexts, val_targets),
        "train_predictions": len(targets),
        "val_predictions": len(val_targets),
        "val_unknown": (val_targets == UNKNOWN).double().mean().item(),
    }))


if __name__ == "__main__":
    main()

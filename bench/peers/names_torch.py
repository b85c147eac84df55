"""The lecture's model of names in PyTorch, on one thread: seconds of training, and the loss on the dev and test parts.

usage: names_torch.py TRAIN DEV TEST STEPS

Context 3, embeddings of 10 numbers, 200 tanh neurons, batches of 32 drawn with replacement, SGD with rate 0.1 and a tenth
of it in the second half. Files hold one name a line. Prints one line of JSON.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

CONTEXT = 3
SYMBOLS = ".abcdefghijklmnopqrstuvwxyz"


def examples(path):
    contexts, targets = [], []
    with open(path, encoding="utf-8") as f:
        for name in f.read().split():
            context = [0] * CONTEXT
            for symbol in map(SYMBOLS.index, name + "."):
                contexts.append(context)
                targets.append(symbol)
                context = context[1:] + [symbol]
    return torch.tensor(contexts), torch.tensor(targets)


def loss(params, contexts, targets):
    table, weight, bias, output, output_bias = params
    hidden = torch.tanh(table[contexts].view(len(contexts), -1) @ weight + bias)
    return F.cross_entropy(hidden @ output + output_bias, targets)


def main():
    parts = [examples(path) for path in sys.argv[1:4]]
    steps = int(sys.argv[4])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    params = [
        torch.randn(27, 10),
        torch.randn(30, 200) * (5 / 3) / 30**0.5,
        torch.zeros(200),
        torch.randn(200, 27) * 0.01,
        torch.zeros(27),
    ]
    for p in params:
        p.requires_grad = True

    contexts, targets = parts[0]
    start = time.perf_counter()
    for step in range(steps):
        batch = torch.randint(0, len(targets), (32,))
        value = loss(params, contexts[batch], targets[batch])
        for p in params:
            p.grad = None
        value.backward()
        rate = 0.1 if step < steps // 2 else 0.01
        for p in params:
            p.data -= rate * p.grad
    seconds = time.perf_counter() - start
    with torch.no_grad():
        dev, test = (loss(params, *part).item() for part in parts[1:])
    print(json.dumps({"program": "PyTorch", "steps": steps, "seconds": seconds, "val_loss": dev, "test_loss": test}))


if __name__ == "__main__":
    main()

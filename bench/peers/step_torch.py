"""Times training steps of the model in PyTorch, on one thread.

usage: step_torch.py VOCAB CONTEXT EMBEDDING HIDDEN BATCH MODE

MODE is eager; compiled (loss, gradient and update in one compiled function); linear-ce or linear-ce-chunked (the output
layer by torch.nn.functional.linear_cross_entropy, as it is and in pieces). Exact softmax, SGD, random symbols; the order
of the examples is drawn beforehand. Each line on standard input asks for one measurement of about two and a half seconds, which
is answered by a line of JSON: {"us_per_step": ...}. The first line out, before any is asked for, says {"ready": true} or
{"skip": "why"}.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F

EXAMPLES = 1 << 18
RATE = 0.1


def parameters(vocab, context, embedding, hidden):
    inputs = context * embedding
    return [
        0.3 * torch.randn(vocab, embedding),
        (5 / 3) / inputs**0.5 * torch.randn(hidden, inputs),
        torch.zeros(hidden),
        0.01 * torch.randn(vocab, hidden),
        torch.zeros(vocab),
    ]


def hidden_layer(params, contexts):
    table, weight, bias = params[:3]
    return torch.tanh(F.linear(F.embedding(contexts, table).flatten(1), weight, bias))


def cross_entropy(params, contexts, targets):
    return F.cross_entropy(F.linear(hidden_layer(params, contexts), *params[3:]), targets)


def linear_cross_entropy(options):
    def loss(params, contexts, targets):
        weight, bias = params[3:]
        return F.linear_cross_entropy(
            hidden_layer(params, contexts), weight, targets, linear_bias=bias, options=options
        )

    return loss


def eager_step(loss, params, contexts, targets):
    for p in params:
        p.requires_grad_()
    optimizer = torch.optim.SGD(params, lr=RATE, fused=True)

    def step(batch):
        optimizer.zero_grad()
        loss(params, contexts[batch], targets[batch]).backward()
        optimizer.step()

    return step


def compiled_step(loss, params, contexts, targets):
    @torch.compile
    def update(params, contexts, targets, batch):
        gradients = torch.func.grad(loss)(params, contexts[batch], targets[batch])
        for p, g in zip(params, gradients):
            p.sub_(g, alpha=RATE)

    def step(batch):
        with torch.no_grad():
            update(params, contexts, targets, batch)

    return step


def make_step(mode, params, contexts, targets):
    if mode == "eager":
        return eager_step(cross_entropy, params, contexts, targets)
    if mode == "compiled":
        return compiled_step(cross_entropy, params, contexts, targets)
    if not hasattr(F, "linear_cross_entropy"):
        return None
    options = torch.nn.LinearCrossEntropyOptions() if mode == "linear-ce-chunked" else None
    return eager_step(linear_cross_entropy(options), params, contexts, targets)


def main():
    vocab, context, embedding, hidden, batch_size = map(int, sys.argv[1:6])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    contexts = torch.randint(vocab, (EXAMPLES, context))
    targets = torch.randint(vocab, (EXAMPLES,))
    batches = torch.randperm(EXAMPLES)[: EXAMPLES // batch_size * batch_size].view(-1, batch_size)
    step = make_step(sys.argv[6], parameters(vocab, context, embedding, hidden), contexts, targets)
    if step is None:
        print(json.dumps({"skip": f"PyTorch {torch.__version__} has no linear_cross_entropy"}), flush=True)
        return
    taken = 0

    def take(steps):
        nonlocal taken
        start = time.perf_counter()
        for _ in range(steps):
            step(batches[taken % len(batches)])
            taken += 1
        return (time.perf_counter() - start) / steps

    take(10)  # compiles
    pace = take(10)
    steps = max(3, int(0.2 / pace))
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"us_per_step": 1e6 * min(take(steps) for _ in range(12))}), flush=True)


if __name__ == "__main__":
    main()

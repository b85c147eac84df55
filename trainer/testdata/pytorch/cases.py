"""Writes cases.json: small models whose logits, loss, gradients and optimiser steps PyTorch has computed in float64.

    python trainer/testdata/pytorch/cases.py > trainer/testdata/pytorch/cases.json

Needs torch. The Go test TestPyTorch reproduces every number; PyTorch is not needed for that.
"""

import itertools
import json
import sys

import torch
import torch.nn.functional as F

V, N, M, H, B = 11, 3, 4, 6, 5
STEPS, RATE = 3, 0.05

torch.set_default_dtype(torch.float64)


def numbers(t):
    """As float32, which nine digits tell exactly."""
    return [float(f"{x:.9g}") for x in t.detach().to(torch.float32).flatten().tolist()]


def draw(gen, *shape, scale=1.0):
    """Numbers that float32 holds exactly."""
    return (torch.randn(*shape, generator=gen) * scale).to(torch.float32).double()


def weights(gen, direct, norm):
    w = {
        "C": draw(gen, V, M),
        "H": draw(gen, H, N * M, scale=0.4),
        "d": draw(gen, H, scale=0.3),
        "U": draw(gen, V, H, scale=0.7),
        "b": draw(gen, V, scale=0.3),
    }
    if direct:
        w["W"] = draw(gen, V, N * M, scale=0.2)
    if norm:
        w["gamma"] = draw(gen, H, scale=0.3) + 1
        w["gamma"] = w["gamma"].to(torch.float32).double()
    return w


def logits(w, contexts, activation, norm, mask):
    x = F.embedding(contexts, w["C"]).reshape(len(contexts), N * M)
    if norm:
        s = F.batch_norm(F.linear(x, w["H"]), None, None, w["gamma"], w["d"], training=True, eps=1e-5)
    else:
        s = F.linear(x, w["H"], w["d"])
    a = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}[activation](s)
    if mask is not None:
        a = a * mask
    z = F.linear(a, w["U"], w["b"])
    if "W" in w:
        z = z + F.linear(x, w["W"])
    return z


def loss_of(z, targets, weight):
    """Exact softmax, or with weight the sampled one: the target counts once, every other symbol by its weight."""
    if weight is None:
        return F.cross_entropy(z, targets)
    factor = weight.repeat(len(targets), 1)
    factor[torch.arange(len(targets)), targets] = 1
    top = z.max(dim=1, keepdim=True).values.detach()
    total = (factor * (z - top).exp()).sum(dim=1).log() + top.squeeze(1)
    return (total - z[torch.arange(len(targets)), targets]).mean()


def batch(gen):
    return torch.randint(0, V, (B, N), generator=gen), torch.randint(0, V, (B,), generator=gen)


def case(seed, activation="tanh", direct=False, norm=False, dropout=False, sampled=False):
    gen = torch.Generator().manual_seed(seed)
    w = {k: v.requires_grad_() for k, v in weights(gen, direct, norm).items()}
    contexts, targets = batch(gen)
    mask = 2.0 * torch.randint(0, 2, (B, H), generator=gen) if dropout else None
    weight = torch.tensor([0.5, 0, 3, 0, 0, 1.5, 0.25, 0, 2, 1, 0]) if sampled else None
    z = logits(w, contexts, activation, norm, mask)
    loss = loss_of(z, targets, weight)
    loss.backward()
    return {
        "name": ", ".join([activation] + [n for n, on in (("direct", direct), ("batch norm", norm), ("dropout", dropout), ("sampled", sampled)) if on]),
        "activation": activation, "direct": direct, "batch_norm": norm,
        "weights": {k: numbers(v) for k, v in w.items()},
        "contexts": contexts.flatten().tolist(), "targets": targets.tolist(),
        "mask": None if mask is None else mask.flatten().tolist(),
        "weight": None if weight is None else weight.tolist(),
        "logits": numbers(z), "loss": float(loss.detach()),
        "gradients": {k: numbers(v.grad) for k, v in w.items()},
    }


def optimizer(name, params, plain, decay):
    groups = [{"params": params, "weight_decay": decay}, {"params": plain, "weight_decay": 0.0}]
    return {
        "sgd": lambda: torch.optim.SGD(groups, lr=RATE),
        "momentum": lambda: torch.optim.SGD(groups, lr=RATE, momentum=0.9),
        "adagrad": lambda: torch.optim.Adagrad(groups, lr=RATE),
        "adam": lambda: torch.optim.Adam(groups, lr=RATE),
        "adamw": lambda: torch.optim.AdamW(groups, lr=RATE),
    }[name]()


def steps(seed, name, decay):
    """Every symbol stands in every batch's contexts, so that no row of C is left alone."""
    gen = torch.Generator().manual_seed(seed)
    w = {k: v.requires_grad_() for k, v in weights(gen, False, False).items()}
    first = {k: numbers(v) for k, v in w.items()}
    o = optimizer(name, [w["C"], w["H"], w["U"]], [w["d"], w["b"]], decay)
    batches, after = [], []
    for _ in range(STEPS):
        contexts = torch.cat([torch.randperm(V, generator=gen), torch.randint(0, V, (B * N - V,), generator=gen)]).reshape(B, N)
        targets = torch.randint(0, V, (B,), generator=gen)
        o.zero_grad()
        loss_of(logits(w, contexts, "tanh", False, None), targets, None).backward()
        o.step()
        batches.append({"contexts": contexts.flatten().tolist(), "targets": targets.tolist()})
        after.append({k: numbers(v) for k, v in w.items()})
    return {"name": name, "decay": decay, "weights": first, "batches": batches, "after": after}


def main():
    flags = list(itertools.product([False, True], repeat=2))
    out = {"torch": torch.__version__.split("+")[0], "rate": RATE, "models": [], "optimizers": []}
    for i, (activation, (direct, norm)) in enumerate(itertools.product(["tanh", "relu", "sigmoid"], flags)):
        out["models"].append(case(i, activation, direct, norm))
    out["models"].append(case(20, "tanh", dropout=True))
    out["models"].append(case(21, "sigmoid", direct=True, norm=True, dropout=True))
    out["models"].append(case(22, "relu", dropout=True, sampled=True))
    out["models"].append(case(23, "tanh", sampled=True))
    out["models"].append(case(24, "tanh", direct=True, norm=True, sampled=True))
    for i, (name, decay) in enumerate(itertools.product(["sgd", "momentum", "adagrad", "adam", "adamw"], [0.0, 0.1])):
        out["optimizers"].append(steps(40 + i, name, decay))
    json.dump(out, sys.stdout, separators=(",", ":"))
    print()


main()

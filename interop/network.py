"""The network in PyTorch, from the weights alone: pairs of WEIGHTS and what sweep predict --explain --json prints."""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file


class Network:
    def __init__(self, file):
        self.w = load_file(file)
        with safe_open(file, "pt") as f:
            self.config, self.words = (json.loads(f.metadata()[k]) for k in ("config", "vocabulary"))

    def __call__(self, context):
        w, c = self.w, self.config
        x = w["C"][context].flatten()
        h = w["H"] @ x
        if c["batch_norm"]:
            h = w["gamma"] * (h - w["mean"]) / torch.sqrt(w["variance"] + 1e-5)
        a = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}[c["activation"]](h + w["d"])
        z = w["U"] @ a + w["b"]
        return z + w["W"] @ x if c["direct"] else z


for weights, predictions in zip(sys.argv[1::2], sys.argv[2::2]):
    network, largest, n = Network(weights), 0.0, 0
    for line in open(predictions, encoding="utf-8"):
        want = json.loads(line)
        z = network([network.words.index(s) for s in want["context"]])
        p = torch.softmax(z, 0)
        assert len(want["predictions"]) == len(network.words)
        largest = max([largest, (z - torch.tensor(want["explanation"]["logits"])).abs().max().item()]
                      + [abs(p[g["index"]].item() - g["probability"]) for g in want["predictions"]])
        n += len(z)
    print(f"{network.config['activation']}: {n} logits and probabilities, largest difference {largest:.1e}")
    assert n > 0 and largest < 1e-5, largest

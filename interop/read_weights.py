"""Weights by safetensors' own reader: pairs of files, EXPORTED KEPT."""

import json
import sys

import numpy
from safetensors import safe_open
from safetensors.numpy import load_file

for pair in zip(sys.argv[1::2], sys.argv[2::2]):
    exported, kept = (load_file(f) for f in pair)
    assert exported.keys() == kept.keys()
    for name in kept:
        assert exported[name].dtype == numpy.float32 and (exported[name] == kept[name]).all(), name
    with safe_open(pair[0], "np") as f:
        meta = f.metadata()
    config, words, hashed = (json.loads(meta[k]) for k in ("config", "vocabulary", "vocab_hash"))
    v, m, h, n = len(words), config["embedding_dim"], config["hidden_size"], config["context_length"]
    shapes = {"C": (v, m), "H": (h, n * m), "d": (h,), "U": (v, h), "b": (v,)}
    if config["direct"]:
        shapes["W"] = (v, n * m)
    if config["batch_norm"]:
        shapes.update({"gamma": (h,), "mean": (h,), "variance": (h,)})
    assert {k: t.shape for k, t in exported.items()} == shapes, {k: t.shape for k, t in exported.items()}
    assert len(hashed) == 64 and words[0] == ".", (hashed, words[0])
    print(", ".join(f"{k} {t.shape}" for k, t in sorted(exported.items())))

"""Word vectors by gensim, as text and binary: TEXT BINARY WEIGHTS NEIGHBORS, the last what sweep neighbors --json prints."""

import json
import sys

from gensim.models import KeyedVectors
from safetensors import safe_open

text, binary, weights, neighbors = sys.argv[1:]
with safe_open(weights, "np") as f:
    C, symbols = f.get_tensor("C"), json.loads(f.metadata()["vocabulary"])
a = KeyedVectors.load_word2vec_format(text, binary=False)
b = KeyedVectors.load_word2vec_format(binary, binary=True)
for name, vectors in (("text", a), ("binary", b)):
    assert vectors.index_to_key == symbols, f"{name}: {vectors.index_to_key}"
    assert (vectors.vectors == C).all(), f"{name}: not the same numbers"
n = 0
for line in open(neighbors, encoding="utf-8"):
    want = json.loads(line)
    for vectors in (a, b):
        got = [(w, s) for w, s in vectors.most_similar(want["symbol"], topn=len(symbols)) if w not in (symbols[0], "<unk>")]
        for g, w in zip(got, want["neighbors"]):
            assert g[0] == w["symbol"] and abs(g[1] - w["value"]) < 1e-6, f"of {want['symbol']}: {g}, sweep says {w}"
            n += 1
print(f"{C.shape[0]} words of {C.shape[1]} numbers, {n} neighbours")
assert n > 0

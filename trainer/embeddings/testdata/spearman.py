"""Writes spearman.json: rank correlations that SciPy computes, of numbers with and without ties.

    python trainer/embeddings/testdata/spearman.py > trainer/embeddings/testdata/spearman.json

Needs scipy (written with 1.17.1). The Go test TestSpearman reproduces every number; SciPy is not needed for that.
"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20260)


def case(name, x, y):
    x, y = [float(v) for v in x], [float(v) for v in y]
    r = stats.spearmanr(x, y).statistic
    return {
        "name": name, "x": x, "y": y,
        "ranks": stats.rankdata(x).tolist(),
        "spearman": None if np.isnan(r) else float(r),
    }


x = rng.normal(size=40).round(6)
cases = [
    case("no ties", x, (x + rng.normal(size=40)).round(6)),
    case("ties in both", rng.integers(0, 6, 60), rng.integers(0, 4, 60)),
    case("ties in one", rng.integers(0, 3, 25), rng.normal(size=25).round(6)),
    case("reversed", range(12), range(12, 0, -1)),
    case("two", [1, 2], [5, 3]),
    case("constant", [1, 1, 1, 1], [4, 3, 2, 1]),
    case("judgements", [6.77, 7.35, 10, 7.46, 7.62, 7.58, 5.77, 6.31, 7.5, 6.77], rng.normal(size=10).round(6)),
]
print(json.dumps(cases))

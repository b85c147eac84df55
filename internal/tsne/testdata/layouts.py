"""Writes layouts.json: layouts that scikit-learn makes by exact t-SNE, with their divergence and trustworthiness.

    python internal/tsne/testdata/layouts.py > internal/tsne/testdata/layouts.json

Needs scikit-learn (written with 1.9.1). The Go tests lay the same points out and compare; it is not needed for that.

Points without any structure are not among them: of 200 normal points of 6 dimensions scikit-learn itself reaches 0.81 to
0.89 by its seed, so that a comparison within 5 % would be one of luck.
"""

import json

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness


def case(name, points, perplexity):
    points = points.round(3).astype(np.float32).astype(float)  # as the Go test reads them
    t = TSNE(perplexity=perplexity, method="exact", init="pca", random_state=1)
    # The layout is stored with three decimals, and measured as it is stored.
    layout = t.fit_transform(points).round(3)
    plane = PCA(2, svd_solver="full").fit_transform(points).round(4)
    return {
        "name": name, "perplexity": perplexity, "points": points.round(3).tolist(), "layout": layout.tolist(), "pca": plane.tolist(),
        "kl": float(t.kl_divergence_), "k": 12,
        "trust_layout": float(trustworthiness(points, layout, n_neighbors=12)),
        "trust_pca": float(trustworthiness(points, plane, n_neighbors=12)),
    }


rng = np.random.default_rng(7)
centres = rng.normal(size=(8, 10)) * 2.5
clusters = centres[rng.integers(0, 8, 320)] + rng.normal(size=(320, 10))
angle = rng.uniform(0, 3 * np.pi, 250)
roll = np.stack([angle * np.cos(angle), angle * np.sin(angle), rng.uniform(0, 12, 250)], 1)
# As embeddings are: many small groups, some within others, and points that belong to none.
kinds = rng.normal(size=(6, 12)) * 1.2
groups = kinds[rng.integers(0, 6, 40)] + rng.normal(size=(40, 12)) * 0.8
words = np.concatenate([groups[rng.integers(0, 40, 220)] + rng.normal(size=(220, 12)) * 0.45, rng.normal(size=(80, 12)) * 1.5])
print(json.dumps([
    case("eight clusters", clusters, 30),
    case("a rolled sheet", roll, 20),
    case("words", words, 30),
], separators=(",", ":")))

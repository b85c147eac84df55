"""Event files by TensorBoard's own reader, against SQLite as float32: RECORD SWEEP DIR."""

import math
import os
import sqlite3
import sys

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from record import view

record, sweep, folder = sys.argv[1:]
trials = {t["trial"]: t for t in view(record, "v_trials", sweep) if not t["retired"]}
points = [p for p in view(record, "v_points", sweep) if p["trial"] in trials]
assert sorted(os.listdir(folder)) == sorted({p["trial"] for p in points}), os.listdir(folder)


def float32(v):
    with numpy.errstate(over="ignore"):
        return math.nan if v is None else float(numpy.float32(v))


con = sqlite3.connect(f"file:{record}?mode=ro", uri=True)
[metric_of_sweep] = con.execute("SELECT metric FROM v_sweeps WHERE sweep = ?", (sweep,)).fetchone()
n = 0
for trial in os.listdir(folder):
    e = EventAccumulator(os.path.join(folder, trial), size_guidance={"scalars": 0})
    e.Reload()
    curves = {}
    for p in points:
        if p["trial"] == trial:
            curves.setdefault(p["metric"], []).append((p["step"], float32(p["value"])))
    tags = e.Tags()["scalars"]
    assert set(curves) <= set(tags), set(curves) - set(tags)
    for metric, want in curves.items():
        got = [(s.step, s.value) for s in e.Scalars(metric)]
        assert repr(got) == repr(want), f"{trial} {metric}: {got}, the record has {want}"
        n += len(want)
    for tag in set(tags) - set(curves):  # figures at the end
        [s] = e.Scalars(tag)
        column = tag.removeprefix("final/").replace("/", "_")
        assert tag.startswith("final/"), tag
        want = trials[trial].get(column, trials[trial]["value"])  # a program's metric has no column of its own
        if column in trials[trial] or tag == "final/" + metric_of_sweep:
            assert s.step == trials[trial]["steps"] and repr(s.value) == repr(float32(want)), f"{trial} {tag}: {s}, the record has {want}"
            n += 1
    if trials[trial]["state"] == "complete":
        assert "final/" + metric_of_sweep in tags, tags
print(f"{len(os.listdir(folder))} runs, {n} scalars")
assert n > 0

"""A live TensorBoard over an exported folder: HParams against SQLite, the projector against the weights: RECORD SWEEP DIR CHECKPOINTS."""

import json
import logging
import math
import os
import sys
import time
import urllib.request

import numpy
from safetensors.numpy import load_file
from tensorboard import program

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from record import view

record, sweep, folder, checkpoints = sys.argv[1:]
logging.disable(logging.WARNING)
board = program.TensorBoard()
board.configure(argv=[None, "--logdir", folder, "--host", "127.0.0.1", "--port", "0", "--load_fast", "false", "--reload_interval", "1"])
address = board.launch().rstrip("/")


def get(path):
    with urllib.request.urlopen(address + path) as r:
        return r.read()


def post(path, body):
    r = urllib.request.Request(address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(r) as answer:
        return json.loads(answer.read())


trials = {t["trial"]: t for t in view(record, "v_trials", sweep) if not t["retired"]}
for _ in range(300):  # until it has read them
    if sorted(json.loads(get("/data/runs"))) == sorted(trials):
        break
    time.sleep(0.1)
assert sorted(json.loads(get("/data/runs"))) == sorted(trials)

experiment = post("/data/plugin/hparams/experiment", {"experimentName": "", "includeMetrics": True})
assert experiment["name"] == sweep, experiment["name"]
metrics = [m["name"]["tag"] for m in experiment["metricInfos"]]
assert all(m["name"]["tag"] == "final/" + m["displayName"] for m in experiment["metricInfos"])
columns = [{"metric": {"tag": m}} for m in metrics] + [{"hparam": h["name"]} for h in experiment["hparamInfos"]]
statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
groups = post("/data/plugin/hparams/session_groups", {
    "experimentName": "", "allowedStatuses": statuses, "colParams": columns, "aggregationType": "AGGREGATION_AVG",
    "startIndex": 0, "sliceSize": 1000, "includeMetrics": True})["sessionGroups"]
assert sorted(g["name"] for g in groups) == sorted({t["configuration"] for t in trials.values()})
ended = {"complete": "STATUS_SUCCESS", "stopped": "STATUS_SUCCESS", "diverged": "STATUS_FAILURE", "failed": "STATUS_FAILURE"}
seen = 0
for g in groups:
    for s in g["sessions"]:
        t = trials[s["name"]]
        assert t["configuration"] == g["name"] and s["status"] == ended[t["state"]], s
        params = {k[len("param."):]: v for k, v in t.items() if k.startswith("param.") and v is not None}
        assert g["hparams"] == params, f"{g['hparams']}, the record has {params}"
        values = {v["name"]["tag"]: float(v["value"]) for v in s["metricValues"]}
        for m, v in values.items():
            column = "value" if m == metrics[0] else m.removeprefix("final/").replace("/", "_")
            if column in t:
                want = math.nan if t[column] is None else float(numpy.float32(t[column]))
                assert repr(v) == repr(want), f"{s['name']} {m}: {v}, the record has {want}"
                seen += 1
assert seen > 0
print(f"HParams: {len(groups)} groups, {len(trials)} sessions, {seen} figures, {len(metrics)} metrics")

kept = [t for t in trials if os.path.exists(f"{checkpoints}/{t}/model.safetensors")]
for _ in range(100):
    runs = json.loads(get("/data/plugin/projector/runs"))
    if sorted(runs) == sorted(kept):
        break
    time.sleep(0.1)
assert sorted(runs) == sorted(kept), runs
for t in kept:
    [info] = json.loads(get(f"/data/plugin/projector/info?run={t}"))["embeddings"]
    C = load_file(f"{checkpoints}/{t}/model.safetensors")["C"]
    assert info["tensorShape"] == list(C.shape) and info["tensorName"] == "C", info
    got = numpy.frombuffer(get(f"/data/plugin/projector/tensor?run={t}&name=C"), "float32").reshape(C.shape)
    assert (got == C).all(), t
    lines = get(f"/data/plugin/projector/metadata?run={t}&name=C").decode().splitlines()
    assert lines[0] == "symbol\tclass" and len(lines) == len(C) + 1, lines[:3]
    assert lines[1] == ".\tboundary" and "a\tvowel" in lines and "b\tconsonant" in lines, lines
print(f"projector: {len(kept)} runs")

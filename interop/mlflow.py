"""Makes and reads experiments with MLflow's own client.

    mlflow.py make ADDRESS         experiment "tune it"; prints what it holds
    mlflow.py more ADDRESS         ends a run that was running; prints what it holds then
    mlflow.py read ADDRESS NAME    prints what an experiment holds, with all histories
"""

import json
import logging
import math
import os
import sys

sys.path.pop(0)  # this file is called mlflow, too
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

logging.disable(logging.CRITICAL)


def number(v):
    return v if math.isfinite(v) else repr(v)


def held(client, name):
    experiment = client.get_experiment_by_name(name)
    runs, token = [], None
    while True:
        page = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time ASC"], max_results=7, page_token=token)
        for r in page:
            history = {k: [[m.step, m.timestamp, number(m.value)] for m in client.get_metric_history(r.info.run_id, k)] for k in r.data.metrics}
            runs.append({
                "id": r.info.run_id, "name": r.info.run_name, "status": r.info.status, "start": r.info.start_time, "end": r.info.end_time,
                "params": dict(r.data.params), "metrics": {k: number(v) for k, v in r.data.metrics.items()},
                "tags": {k: v for k, v in r.data.tags.items() if k.startswith("sweep.")}, "history": history,
            })
        token = page.token
        if not token:
            return {"runs": runs}


def make(client):
    e = client.create_experiment("tune it")
    for i in range(5):
        for seed in (1, 2):
            r = client.create_run(e).info.run_id
            params = {"lr": 0.001 * (i + 1), "seed": seed, "act": "tanh", "bias": True, "layers": 2, "version": "007"}
            metrics = [Metric("loss", 2 - i / 10 + 1 / (s + 1) + seed / 100, 1700000000000 + 1000 * s, 10 * s) for s in range(5)]
            metrics += [Metric("unstepped", s / 2, 1700000000000 + s, 0) for s in range(4)]
            client.log_batch(r, metrics=metrics, params=[Param(k, str(v)) for k, v in params.items()])
            if i == 4 and seed == 2:
                client.log_metric(r, "loss", float("nan"), step=100)
            if not (i == 3 and seed == 2):
                client.set_terminated(r, status={1: "KILLED", 2: "FAILED"}.get(i, "FINISHED"))
    client.set_terminated(client.create_run(e).info.run_id)  # one that has reported nothing
    gone = client.create_run(e).info.run_id
    client.delete_run(gone)
    return held(client, "tune it")


def more(client):
    e = client.get_experiment_by_name("tune it").experiment_id
    for r in client.search_runs([e], "attributes.status = 'RUNNING'"):
        client.set_terminated(r.info.run_id)
    return held(client, "tune it")


if __name__ == "__main__":
    client = MlflowClient(sys.argv[2])
    out = {"make": make, "more": more, "read": held}[sys.argv[1]](client, *sys.argv[3:])
    json.dump(out, sys.stdout)

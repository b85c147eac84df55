"""What is written for W&B, by PyYAML and W&B's own scheduler: RECORD SWEEP DIR."""

import os
import sys
import warnings

import yaml

warnings.filterwarnings("ignore")
import sweeps

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from record import view

record, name, folder = sys.argv[1:]
trials = [t for t in view(record, "v_trials", name, tabular=False) if not t["retired"]]
want = set()


def written(params):
    """Values without the difference between 1 and 1.0, of which JSON and YAML make different things."""
    return repr(sorted((k, int(v) if isinstance(v, float) and v.is_integer() else v) for k, v in params.items()))


for t in trials:
    params = {k[len("param."):]: v for k, v in t.items() if k.startswith("param.") and v is not None}
    params["seed"] = t["seed"]
    want.add(written(params))
    with open(os.path.join(folder, t["trial"], "config.yaml"), encoding="utf-8") as f:
        got = yaml.safe_load(f)
    assert got.pop("wandb_version") == 1
    assert {k: v["value"] for k, v in got.items()} == params, f"{got}, the record has {params}"
with open(os.path.join(folder, "sweep.yaml"), encoding="utf-8") as f:
    config = sweeps.SweepConfig(yaml.safe_load(f))
runs = []
while (run := sweeps.next_run(config, runs)) is not None:
    run.state = sweeps.RunState.finished
    runs.append(run)
    assert len(runs) <= len(trials), "more runs than there are trials"
got = {written({k: v["value"] for k, v in r.config.items()}) for r in runs}
assert got == want, f"{sorted(got - want)}, the record has {sorted(want - got)}"
print(f"{len(runs)} runs, drawn by W&B as by sweep")

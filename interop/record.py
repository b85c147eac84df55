"""What the record says, read by Python's own sqlite3: the views as lists of rows, params flattened."""

import json
import math
import sqlite3


def view(record, name, sweep, tabular=True):
    """Rows of a view as dicts in a fixed order; each hyperparameter is a key param.NAME, None where a row has none. One of
    several types is a text, if the rows are to be a table."""
    con = sqlite3.connect(f"file:{record}?mode=ro", uri=True)
    cur = con.execute(f"SELECT * FROM {name} WHERE sweep = ?", (sweep,))
    columns = [d[0] for d in cur.description]
    rows = [dict(zip(columns, r)) for r in cur]
    params = {}
    for r in rows:
        if "params" in r:
            r["params"] = json.loads(r["params"])
            params.update({p: None for p in r["params"]})
    out = []
    for r in rows:
        flat = {}
        for c in columns:
            if c == "params":
                flat.update({"param." + p: r["params"].get(p) for p in params})
            else:
                flat[c] = r[c]
        out.append(flat)
    for p in params if tabular else ():
        values = [r["param." + p] for r in out]
        kinds = {"number" if isinstance(v, (int, float)) and not isinstance(v, bool) else type(v) for v in values if v is not None}
        if len(kinds) > 1:
            for r in out:
                if r["param." + p] is not None and not isinstance(r["param." + p], str):
                    r["param." + p] = json.dumps(r["param." + p])
    return sorted(out, key=order)


def order(row):
    return (row["trial"], row.get("metric", ""), row.get("step", 0))


def missing(v):
    return v is None or (isinstance(v, float) and math.isnan(v)) or type(v).__name__ in ("NaTType", "NAType")


def same(want, got):
    """Whether a reader got the value to the last digit. A truth value is no number, and a number no text."""
    if missing(want) or missing(got):
        return missing(want) and missing(got)
    if hasattr(got, "item"):  # of NumPy
        got = got.item()
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    if isinstance(want, (int, float)):
        return isinstance(got, (int, float)) and want == got
    if hasattr(got, "strftime"):  # a reader that knows times when it sees them
        got = got.strftime("%Y-%m-%dT%H:%M:%S.") + f"{got.microsecond // 1000:03d}Z"
    return want == got


def compare(what, want, got, columns):
    """Compares two lists of rows and returns how many cells there were."""
    assert len(got) == len(want), f"{what}: {len(got)} rows, the record has {len(want)}"
    n = 0
    for w, g in zip(want, sorted(got, key=order)):
        assert list(g) == columns, f"{what}: columns {list(g)}, want {columns}"
        for c in columns:
            assert same(w[c], g[c]), f"{what}, trial {w['trial']}, {c}: {g[c]!r}, the record has {w[c]!r}"
            n += 1
    assert n > 0, f"{what}: nothing to compare"
    return n

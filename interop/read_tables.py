"""Tables by pandas, DuckDB and Python itself, against SQLite to the last digit: RECORD SWEEP CSV JSON PARQUET (folders)."""

import csv
import json
import sys

import duckdb
import pandas
import pyarrow.parquet

sys.path.insert(0, __file__.rsplit("/", 1)[0])
from record import compare, view

record, sweep, csvs, jsons, parquets = sys.argv[1:]
ids = {"trial": str, "configuration": str, "sweep": str}


def harmless(v):
    return "'" + v if isinstance(v, str) and v[:1] in ("=", "+", "-", "@", "\t", "\r") and v else v


def rows(frame):
    columns = list(frame.columns)
    return [dict(zip(columns, r)) for r in zip(*(frame[c].tolist() for c in columns))]


def duck(sql):
    cur = duckdb.sql(sql)
    return [dict(zip(cur.columns, r)) for r in cur.fetchall()]


for name in ("trials", "points"):
    want = view(record, "v_" + name, sweep)
    columns = list(want[0])
    plain = [{c: harmless(v) for c, v in r.items()} for r in want]
    text = {c: str for c in columns if any(isinstance(r[c], str) for r in want) and not c.endswith("_at")}
    integers = [c for c in columns if all(isinstance(r[c], int) and not isinstance(r[c], bool) for r in want)]
    truths = [c for c in columns if any(isinstance(r[c], bool) for r in want)]

    # Only ids and parameters that look like numbers are declared; pandas finds all other types by itself.
    frame = pandas.read_csv(f"{csvs}/{name}.csv", dtype=text, keep_default_na=False, na_values=[""])
    for c in integers:
        assert frame[c].dtype == "int64", f"{c} is {frame[c].dtype} to pandas"
    compare(f"{name}.csv by pandas", plain, rows(frame), columns)
    types = ", ".join("'" + c.replace("'", "''") + "': 'VARCHAR'" for c in text)
    compare(f"{name}.csv by DuckDB", plain, duck(f"SELECT * FROM read_csv('{csvs}/{name}.csv', types = {{{types}}})"), columns)
    with open(f"{csvs}/{name}.csv", newline="", encoding="utf-8") as f:
        for w, g in zip(plain, sorted(csv.DictReader(f), key=lambda r: (r["trial"], r.get("metric", ""), int(r.get("step", 0))))):
            for c in text:
                assert (w[c] or "") == g[c], f"{name}.csv by csv: {c} is {g[c]!r}, want {w[c]!r}"

    frame = pandas.read_json(f"{jsons}/{name}.json", lines=True, precise_float=True, dtype=ids)
    compare(f"{name}.json by pandas", want, [{c: bool(v) if c in truths and v == v and v is not None else v for c, v in r.items()} for r in rows(frame)], columns)
    compare(f"{name}.json by DuckDB", want, duck(f"SELECT * FROM read_json('{jsons}/{name}.json', convert_strings_to_integers = false)"), columns)
    with open(f"{jsons}/{name}.json", encoding="utf-8") as f:
        cells = compare(f"{name}.json by json", want, [json.loads(line) for line in f], columns)

    file = f"{parquets}/{name}.parquet"
    compare(f"{name}.parquet by pandas", want, rows(pandas.read_parquet(file, dtype_backend="pyarrow")), columns)
    compare(f"{name}.parquet by DuckDB", want, duck(f"SELECT * FROM read_parquet('{file}')"), columns)
    meta = pyarrow.parquet.ParquetFile(file).metadata
    assert meta.metadata[b"sweep.schema"] == b"1", meta.metadata
    assert meta.row_group(0).column(0).compression == "ZSTD", meta.row_group(0).column(0)
    print(f"{name}: {len(want)} rows, {cells} cells, by 8 readers")

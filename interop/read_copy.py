"""A copy of one sweep against the record that it came from: RECORD COPY SWEEP."""

import sqlite3
import sys

record, copy, sweep = sys.argv[1:]
a, b = (sqlite3.connect(f"file:{f}?mode=ro", uri=True) for f in (record, copy))
assert b.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
assert b.execute("PRAGMA foreign_key_check").fetchall() == []
assert b.execute("SELECT sweep FROM v_sweeps").fetchall() == [(sweep,)]
assert a.execute("SELECT count(*) FROM v_sweeps").fetchone()[0] > 1, "the record holds nothing else to be left out"
for name in ("v_sweeps", "v_trials", "v_points", "v_configurations"):
    order = " ORDER BY " + ", ".join(str(i + 1) for i in range(4))
    want = a.execute(f"SELECT * FROM {name} WHERE sweep = ?" + order, (sweep,)).fetchall()
    got = b.execute(f"SELECT * FROM {name}" + order).fetchall()
    assert want == got and want, f"{name}: {len(got)} rows, the record has {len(want)}"
    print(f"{name}: {len(got)} rows")

"""Part f: trials a second by two workers and by one.

usage: workers.py

Runs workers.yaml with one worker and with two, in turns, the best of ROUNDS each.
"""

import common


def main():
    best = {}
    for turn in range(common.ROUNDS):
        for workers in (1, 2):
            common.say(f"f: round {turn + 1} of {common.ROUNDS}, {workers} at work")
            r = common.run("workers.yaml", workers=workers, pin=False)
            if workers not in best or r["wall"] < best[workers]["wall"]:
                best[workers] = r
    rows = []
    for workers, r in best.items():
        rate = len(r["trials"]) / r["wall"]
        compared = common.ratio(best[1]["wall"] / r["wall"]) if workers > 1 else ""
        rows.append([str(workers), common.figure(r["wall"]), common.figure(rate), compared])
    common.table("f", ["(f) workers", "s", "trials a second", "ratio"], rows)


if __name__ == "__main__":
    main()

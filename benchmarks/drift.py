"""Whether a taste has changed: false alarms and what is found, on people of whom both are known by construction.

MovieLens latest-small and MovieTweetings, words of the films read by the default encoder; people with ten sessions or
more that have something in them. The test (`segue.profiles.drift`) says beforehand how often it raises a false alarm:
in at most 1 of 100 people whose taste has not changed. Asked are

- everybody as they are;
- everybody with their sessions in random order (five orders each): nothing has changed there, so that each alarm is
  false;
- pairs spliced together: the first half of one person's sessions, then the second half of another's: a change whose
  place is known. How far from it the change is put is told in sessions (median).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks.interests import SETS, read
from segue.arrays import Floats
from segue.dataset import Dataset
from segue.profiles.drift import EDGE, FALSE_ALARMS, FEWEST, MOST, change, session_means
from segue.settings import SessionSettings

PEOPLE = 400
ORDERS = 5
SEED = 7
CONFIDENCE = 1.96


def main() -> None:
    """Both sets."""
    figures: dict[str, Any] = {"tables": [], "data": {}}
    rows = []
    for name, file in SETS.items():
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
            found = measured(read(Path(folder), file))
        figures["data"][name] = {"file": file, "sha256": sha256(data_file(file)), **found}
        rows += [[name, *row] for row in rows_of(found)]
        print(name, found, flush=True)
    heads = ["log", "people", "asked", "said to have changed", "95 %", "sessions off"]
    figures["tables"].append(table(f"Change of taste, false alarms stated: {FALSE_ALARMS:.0%}", heads, rows))
    print(write_result("drift", figures))


def measured(log: Dataset) -> dict[str, Any]:
    """How often a change is found, and where."""
    series = _series(log)
    rng = np.random.default_rng(SEED)
    real = [change(one)[1] <= FALSE_ALARMS for one in series]
    shuffled = [change(one[rng.permutation(len(one))])[1] <= FALSE_ALARMS for one in series for _ in range(ORDERS)]
    spliced, off = [], []
    for one, other in zip(series, rng.permutation(len(series)), strict=True):
        half = series[int(other)][len(series[int(other)]) // 2 :]
        first = one[: len(one) // 2]
        if min(len(first), len(half)) < EDGE:
            continue
        at, p = change(np.concatenate([first, half]))
        spliced.append(p <= FALSE_ALARMS)
        if spliced[-1]:
            off.append(abs(at - len(first)))
    return {
        "sessions": float(np.median([len(one) for one in series])),
        "as they are": _share(real),
        "sessions in random order": _share(shuffled),
        "two people spliced": _share(spliced),
        "off": float(np.median(off)) if off else None,
    }


def _series(log: Dataset) -> list[Floats]:
    """Mean content of each session, of people with enough of them."""
    found = []
    for user in np.random.default_rng(SEED).permutation(log.n_users):
        means, _ = session_means(log.history(int(user)), log.vectors["mixed"], SessionSettings())
        if len(means) >= FEWEST:
            found.append(means[-MOST:])
        if len(found) == PEOPLE:
            break
    return found


def _share(alarms: list[bool]) -> dict[str, Any]:
    """With the interval of Wilson (1927)."""
    n, p, z = len(alarms), float(np.mean(alarms)), CONFIDENCE
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    bounds = [round(float((middle + side * half) / (1 + z**2 / n)), 4) for side in (-1, 1)]
    return {"asked": n, "share": round(p, 4), "ci95": bounds}


def rows_of(found: dict[str, Any]) -> list[list[Any]]:
    """Of the table."""
    return [
        [
            who,
            found[who]["asked"],
            found[who]["share"],
            "{} … {}".format(*found[who]["ci95"]),
            found["off"] if who.startswith("two") else None,
        ]
        for who in ("as they are", "sessions in random order", "two people spliced")
    ]


if __name__ == "__main__":
    main()

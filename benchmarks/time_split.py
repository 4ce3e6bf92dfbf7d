"""Every model on three logs with times: what people meet for the first time in the newest tenth of the log.

The tenth before is for validation: told at test time, never fitted on. Nothing in the training is newer than its cut,
of anybody; people and items that first appear in the test window are asked for, too.
"""

from __future__ import annotations

from benchmarks._contest import contest, figures
from benchmarks._harness import write_result
from benchmarks._protocols import TIME, load


def main() -> None:
    """One contest a set."""
    print(write_result("time_split", figures(contest(load(name)) for name in TIME)))


if __name__ == "__main__":
    main()

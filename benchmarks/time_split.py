"""Every model on three logs with times: what people meet for the first time in the newest tenth of the log.

The tenth before is for validation: told at test time, never fitted on. Nothing in the training is newer than its cut,
of anybody; people and items that first appear in the test window are asked for, too.
"""

from __future__ import annotations

from benchmarks._contest import contest
from benchmarks._protocols import TIME


def main() -> None:
    """One contest a set."""
    contest("time_split", TIME, minutes=3)


if __name__ == "__main__":
    main()

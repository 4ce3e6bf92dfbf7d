"""Every model that needs no order on two logs without times: a fifth of each person's items, drawn by a seed.

Another tenth of each person's items is for validation: told at test time, never fitted on. Each set is asked twice:
with the history excluded from the candidates, and with the history kept among them, as some published figures have it.
"""

from __future__ import annotations

from benchmarks._contest import contest
from benchmarks._protocols import HOLD_OUT


def main() -> None:
    """One contest a set."""
    contest("random_hold_out", HOLD_OUT, minutes=5, order=False)


if __name__ == "__main__":
    main()

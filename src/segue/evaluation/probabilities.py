"""How good probabilities are: do they tell apart, and do things happen as often as they say?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Mask
from ..dataset import Dataset
from ..models.next_action import NextAction

Array = NDArray[np.float64]
SUREST = 1e-3
"""In the log loss nothing counts as surer than this."""


def auc(said: Array, happened: Mask) -> float:
    """How often a moment at which it happened got more than one at which it did not, ties counting half (area under the
    ROC curve; Mann & Whitney 1947); NaN where only one of the two is there."""
    from scipy.stats import rankdata

    yes = int(happened.sum())
    if not 0 < yes < len(said):
        return float("nan")
    return float((rankdata(said)[happened].sum() - yes * (yes + 1) / 2) / (yes * (len(said) - yes)))


def log_loss(said: Array, happened: Mask) -> float:
    """Mean negative log-likelihood, in nats."""
    p = np.clip(said, SUREST, 1 - SUREST)
    return float(-np.where(happened, np.log(p), np.log(1 - p)).mean())


def calibration_error(said: Array, happened: Mask, bins: int = 10) -> float:
    """Mean distance between what was said and what happened, over bins of equally many moments, sorted by what was said
    (ECE, Naeini et al. 2015)."""
    parts = [part for part in np.array_split(np.argsort(said, kind="stable"), bins) if len(part)]
    return float(sum(len(part) * abs(said[part].mean() - happened[part].mean()) for part in parts) / len(said))


def judged(model: NextAction, dataset: Dataset, since: float) -> list[dict[str, Any]]:
    """One row an action that was learnt and that the log shows at or after ``since``, in both outcomes.

    ``…_base`` is what the base rate gets: saying, always, how often it happened where it was learnt from (its AUC is
    0.5).
    """
    rows = []
    for action, moments in model.moments(dataset, since).items():
        if action not in model.fits or not 0 < moments.happened.sum() < len(moments):
            continue
        said, happened = model.probabilities(action, moments.x), moments.happened
        base = np.full(len(said), model.fits[action].rate)
        figures = {
            "happened": float(happened.mean()),
            "said": float(said.mean()),
            "base_rate": float(base[0]),
            "auc": auc(said, happened),
            "log_loss": log_loss(said, happened),
            "log_loss_base": log_loss(base, happened),
            "brier": float(((said - happened) ** 2).mean()),
            "brier_base": float(((base - happened) ** 2).mean()),
            "ece": calibration_error(said, happened),
            "ece_base": abs(float(base[0] - happened.mean())),
        }
        rows.append({"action": action, "moments": len(said), **{k: round(v, 4) for k, v in figures.items()}})
    return rows

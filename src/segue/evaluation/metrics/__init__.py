"""How a list is judged. One file per metric; this table says which there are, in the order of a report."""

from __future__ import annotations

from ...plugins import Table
from .base import Metric

METRICS: Table[Metric] = Table(
    "metric",
    "segue.metrics",
    {
        "ndcg": "segue.evaluation.metrics.ndcg:ndcg_at_k",
        "recall": "segue.evaluation.metrics.recall:recall_at_k",
        "hit": "segue.evaluation.metrics.hit:hit_at_k",
        "mrr": "segue.evaluation.metrics.mrr:mrr_at_k",
        "map": "segue.evaluation.metrics.average_precision:map_at_k",
        "precision": "segue.evaluation.metrics.precision:precision_at_k",
        "coverage": "segue.evaluation.metrics.coverage:coverage_at_k",
        "novelty": "segue.evaluation.metrics.novelty:novelty_at_k",
        "ild": "segue.evaluation.metrics.intra_list_diversity:intra_list_diversity_at_k",
        "gini": "segue.evaluation.metrics.gini:gini_at_k",
    },
)

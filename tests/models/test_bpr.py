from __future__ import annotations

from segue.models.bpr import BPR
from segue.testing.models import ModelContract


class TestBPR(ModelContract):
    Model = BPR

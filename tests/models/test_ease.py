from __future__ import annotations

from segue.models.ease import EASE
from segue.testing.models import ModelContract


class TestEASE(ModelContract):
    Model = EASE

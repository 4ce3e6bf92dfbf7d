from __future__ import annotations

from segue.models.als import ALS
from segue.testing.models import ModelContract


class TestALS(ModelContract):
    Model = ALS

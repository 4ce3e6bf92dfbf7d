from __future__ import annotations

from segue.models.item_knn import ItemKNN
from segue.testing.models import ModelContract


class TestItemKNN(ModelContract):
    Model = ItemKNN

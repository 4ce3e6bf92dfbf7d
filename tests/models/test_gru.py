from __future__ import annotations

from segue.models.gru import GRU, GRUConfig
from segue.testing.models import ModelContract


class TestGRU(ModelContract):
    Model = GRU
    config = GRUConfig(
        embedding_dim=16, hidden_dim=32, epochs=60, dropout=0, batch_size=64, learning_rate=1e-2, warmup=0
    )

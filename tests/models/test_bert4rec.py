from __future__ import annotations

from segue.models.bert4rec import BERT4Rec, BERT4RecConfig
from segue.testing.models import ModelContract


class TestBERT4Rec(ModelContract):
    Model = BERT4Rec
    config = BERT4RecConfig(
        embedding_dim=16, epochs=120, dropout=0, batch_size=64, learning_rate=5e-3, warmup=0, hidden_share=0.3
    )

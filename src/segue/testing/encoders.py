"""Contract tests that every encoder passes, and a simple encoder to test with.

A plug-in's author inherits the tests::

    class TestMyEncoder(EncoderContract):
        def encoder(self, workspace): return MyEncoder(Settings(), workspace)
        def items(self, workspace): return [...]    # at least three readable items with different content
        def unreadable(self, workspace): return Item(...)   # or None where nothing can fail
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from ..arrays import Floats
from ..items import Item, ItemKind
from ..readings import Reading
from ..understanding.encoders.base import Encoder, WordEncoder


class EncoderContract(ABC):
    """One reading per item, in order; unit vectors; the same again; problems, never exceptions, for single items."""

    @abstractmethod
    def encoder(self, workspace: Path) -> Encoder:
        """A new encoder of a workspace."""

    @abstractmethod
    def items(self, workspace: Path) -> list[Item]:
        """At least three readable items whose content differs; files they need are written below ``workspace``."""

    def unreadable(self, workspace: Path) -> Item | None:
        """An item that has something of this modality which cannot be read. None: this cannot happen."""
        return None

    def nothing(self) -> Item:
        """An item that has nothing of this modality."""
        return Item(id="nothing", kind=ItemKind.MOVIE)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def read(self, place: Path) -> tuple[Encoder, list[Item], list[Reading]]:
        encoder, items = self.encoder(place), self.items(place)
        return encoder, items, encoder.encode(items)

    def test_one_unit_vector_per_item_in_order(self, read: tuple[Encoder, list[Item], list[Reading]]) -> None:
        encoder, items, readings = read
        assert [r.item_id for r in readings] == [i.id for i in items]
        for reading in readings:
            assert reading.problem is None
            assert reading.space == encoder.name
            assert reading.vector is not None
            assert reading.vector.dtype == np.float32
            assert reading.vector.shape == (encoder.dim,)
            assert abs(float(np.linalg.norm(reading.vector)) - 1) < 1e-4
            if reading.parts is not None:
                assert reading.parts.dtype == np.float32
                np.testing.assert_allclose(np.linalg.norm(reading.parts, axis=1), 1, atol=1e-4)

    def test_different_content_gives_different_vectors(self, read: tuple[Encoder, list[Item], list[Reading]]) -> None:
        vectors = np.stack([r.vector for r in read[2] if r.vector is not None])
        cosines = vectors @ vectors.T
        assert cosines[~np.eye(len(vectors), dtype=bool)].max() < 0.9999

    def test_the_same_again_whatever_the_neighbours(
        self, place: Path, read: tuple[Encoder, list[Item], list[Reading]]
    ) -> None:
        _, items, readings = read
        again = self.encoder(place).encode(items[::-1])[::-1]
        for before, after in zip(readings, again, strict=True):
            assert before.fingerprint == after.fingerprint
            assert before.vector is not None
            assert after.vector is not None
            np.testing.assert_allclose(before.vector, after.vector, atol=1e-4)

    def test_fingerprint_is_known_before_reading(self, read: tuple[Encoder, list[Item], list[Reading]]) -> None:
        encoder, items, readings = read
        assert [encoder.fingerprint(i) for i in items] == [r.fingerprint for r in readings]
        assert len({r.fingerprint for r in readings}) == len(items)

    def test_nothing_of_this_modality(self, place: Path) -> None:
        encoder = self.encoder(place)
        assert encoder.wants(self.nothing()) is None
        reading = encoder.encode([self.nothing()])[0]
        assert reading.vector is None
        assert reading.problem is None

    def test_an_unreadable_item_is_a_problem_and_stops_nothing(self, place: Path) -> None:
        bad = self.unreadable(place)
        if bad is None:
            return
        good = self.items(place)[0]
        first, second = self.encoder(place).encode([bad, good])
        assert first.vector is None
        assert first.problem
        assert second.vector is not None

    def test_no_items(self, place: Path) -> None:
        assert self.encoder(place).encode([]) == []

    def test_words_live_in_the_same_space(self, place: Path) -> None:
        encoder = self.encoder(place)
        if not isinstance(encoder, WordEncoder):
            return
        rows = encoder.encode_words(["rainy night piano", "", "雨夜钢琴"])
        assert rows.shape == (3, encoder.dim)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1], atol=1e-4)


class WordLengthEncoder(WordEncoder):
    """A fake that computes something simple: the vector counts the title's words by length, 1 to 8 letters."""

    name: ClassVar[str] = "word_length"

    @property
    def dim(self) -> int:
        return 8

    @property
    def version(self) -> str:
        return "1"

    def wants(self, item: Item) -> str | None:
        return item.title

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        return [self.reading(i, vector=self._count(i.title) if i.title else None) for i in items]

    def encode_words(self, words: Sequence[str]) -> Floats:
        rows = np.stack([self._count(text) for text in words]) if words else np.zeros((0, 8), np.float32)
        units: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-9))
        return units

    def _count(self, text: str) -> Floats:
        lengths = [min(len(word), 8) - 1 for word in text.split()]
        return np.asarray(np.bincount(lengths, minlength=8), dtype=np.float32)

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import sparse

from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.errors import InvalidInput, MissingLibrary
from segue.items import Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.content import ContentConfig, ContentText
from segue.models.text_recommender import TextRecommender, TextRecommenderConfig
from segue.models.titles import WordsRead
from segue.settings import Settings, UnderstandingSettings
from segue.storage.artifacts import ArtifactFolder
from segue.testing.encoders import WordLengthEncoder
from segue.testing.models import ModelContract
from segue.understanding.encoders.base import WordEncoder
from segue.understanding.encoders.text import item_text
from tests.toy_world import Checkerboard, checkerboard, dataset
from tests.understanding import tiny_models


class ParityEncoder(WordLengthEncoder):
    """Reads the first number of a text as a group of the checkerboard: even along one axis, odd along another."""

    dim = 16
    asked: ClassVar[list[str]] = []

    def encode_words(self, words: Sequence[str]) -> Floats:
        self.asked.extend(words)
        rows = np.zeros((len(words), 16), np.float32)
        for row, text in zip(rows, words, strict=True):
            for word in text.replace(".", " ").split():
                if word.isdigit() and int(word) < 100:
                    row[int(word) % 2] += 1
                    break
        return rows


class Reader(TextRecommender):
    """The model with an encoder that needs no weights."""

    @cached_property
    def _encoder(self) -> WordEncoder:
        return ParityEncoder(Settings())


class TestTextRecommender(ModelContract):
    Model = TextRecommender


class TestReadingTitlesTogether(ModelContract):
    Model = Reader
    config = TextRecommenderConfig(titles=3)


@pytest.fixture(scope="module")
def world() -> Checkerboard:
    return checkerboard()


def trained(dataset: Dataset, model: TextRecommender | None = None, **settings: object) -> TextRecommender:
    model = model or Reader(TextRecommenderConfig.model_validate(settings))
    model.train(dataset, TrainOptions(threads=1))
    return model


def test_without_events_it_is_the_centred_content_of_what_was_met(world: Checkerboard) -> None:
    nothing = world.dataset.only(np.zeros(len(world.dataset), bool))
    model, content = trained(nothing), ContentText(ContentConfig(history_decay=0.8))
    content.train(nothing, TrainOptions())
    assert (model.trust, model.history_decay) == (0, 0.8)
    told = History.of([0, 2, 5], [1, 0.5, -1])
    scores, expected = model.score(told), content.score(told)
    np.testing.assert_allclose(scores / np.linalg.norm(scores), expected / np.linalg.norm(expected), atol=1e-5)


def test_the_newest_liked_titles_are_read_together(world: Checkerboard) -> None:
    model = trained(world.dataset, titles=2)
    assert model.reads_together
    ParityEncoder.asked.clear()
    model.score(History.of([4, 0, 3, 2, 2], [1, 1, -1, 1, 1]))
    assert ParityEncoder.asked == ["Title 2. Title 0"]
    # The more weight the text has, the nearer the person comes to it.
    told = History.of([0, 2, 1], [1, 1, 0.1])
    odd = [trained(world.dataset, together=share, titles=1).score(told)[5] for share in (0.0, 0.5, 1.0)]
    assert odd[0] < odd[1] < odd[2]


def test_the_matrix_is_that_of_the_normal_equation() -> None:
    rng = np.random.default_rng(0)
    model = Reader()
    model._vectors, model._known = rng.normal(size=(12, 4)).astype(np.float32), np.ones(12, bool)
    people, items = rng.normal(size=(90, 4)).astype(np.float32), rng.integers(0, 12, 90).astype(np.int32)
    model._examples = lambda dataset, seed: (people, items)  # type: ignore[method-assign]
    learned = model._matrices(checkerboard().dataset, (0.5,), 0)[0]
    chosen = sparse.csr_array((np.ones(90), (np.arange(90), items)), shape=(90, 12)).toarray()
    v, pp = model._vectors, people.T @ people
    met, vv = people.T @ chosen @ v, v.T @ v
    c = max(np.trace(met) / np.sum(pp * vv), 0)
    pull = np.linalg.eigvalsh(pp).mean() * np.linalg.eigvalsh(vv).mean() / 0.5
    # vec(A W B) = (A ⊗ B) vec W, row by row.
    expected = np.linalg.solve(np.kron(pp, vv) + pull * np.eye(16), (met + pull * c * np.eye(4)).ravel()).reshape(4, 4)
    np.testing.assert_allclose(learned, expected * 2 / np.linalg.norm(expected), rtol=1e-3, atol=1e-4)


def test_events_teach_what_goes_with_what_though_it_is_not_alike() -> None:
    # Whoever met an item of the first kind goes on to the second kind, whose words have nothing in common with it.
    rng = np.random.default_rng(1)
    n = 40
    kind = np.arange(n) % 4
    vectors = (np.eye(8)[kind] + 0.1 * rng.normal(size=(n, 8))).astype(np.float32)
    items = np.array([[(u % 4) + 4 * rng.integers(10), ((u + 1) % 4) + 4 * rng.integers(10)] for u in range(400)])
    board = checkerboard().dataset
    data = replace(
        board,
        catalogue=Catalogue(tuple(f"i{i}" for i in range(n)), (None,) * n),
        user_ids=tuple(f"u{u}" for u in range(400)),
        users=np.repeat(np.arange(400, dtype=np.int32), 2),
        items=items.ravel().astype(np.int32),
        kinds=np.full(800, board.kinds[0]),
        timestamps=np.arange(800.0),
        weights=np.ones(800, np.float32),
        seq=np.arange(800),
        vectors={"text": vectors},
    )
    zero_shot, learned = trained(data, trust=0), trained(data, trust=1)
    assert kind[np.argmax(zero_shot.score(History.of([0])))] == 0
    assert kind[np.argmax(learned.score(History.of([0])))] == 1
    # … and it holds for an item that came after the training.
    wider = learned.with_vectors({"text": np.vstack([vectors, np.eye(8, dtype=np.float32)[[1]]])})
    scores = wider.score(History.of([0]))
    assert scores[n] > scores[:n][kind != 1].max()


def test_new_items_are_scored_and_read_by_their_vectors(world: Checkerboard) -> None:
    model = trained(world.dataset, titles=3)
    vectors = world.dataset.vectors["text"]
    wider = model.with_vectors({"text": np.vstack([vectors, vectors[[3]]])})
    assert wider.n_items == len(vectors) + 1
    told = History.of([1, 5])
    np.testing.assert_allclose(wider.score(told)[:-1], model.score(told), atol=1e-6)
    assert np.argsort(-wider.score(History.of([len(vectors)])))[0] % 2 == 1
    assert model.n_items == len(vectors)
    assert model.with_vectors({"audio": vectors}) is model
    with pytest.raises(InvalidInput, match="segue train"):
        model.with_vectors({"text": vectors[:, :5]})


def test_vectors_of_another_encoder_are_noticed(world: Checkerboard) -> None:
    class Another(TextRecommender):
        @cached_property
        def _encoder(self) -> WordEncoder:
            return WordLengthEncoder(Settings())

    class Absent(TextRecommender):
        @cached_property
        def _encoder(self) -> WordEncoder:
            raise MissingLibrary("The default text model is not installed.")

    config = TextRecommenderConfig(titles=3)
    for model, words in ((Another(config), "not from the sentence encoder"), (Absent(config), "not installed")):
        warnings: list[str] = []
        model.train(world.dataset, TrainOptions(threads=1, warn=warnings.append))
        assert not model.reads_together
        assert len(warnings) == 1
        assert words in warnings[0]
        assert np.isfinite(model.score(world.dataset.history(0))).all()


def test_titles_are_read_by_the_encoder_of_the_settings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, world: Checkerboard
) -> None:
    tiny_models.sentence_model(tmp_path / "models" / "tiny", dim=16)
    words = WordsRead(UnderstandingSettings(text_model="models/tiny", device="cpu"), tmp_path)
    some = [Item(id=f"f{i}", kind=ItemKind.MOVIE, title=t) for i, t in enumerate(("red robot", "rainy night", "piano"))]
    vectors = words.encoder("models/tiny").encode_words([item_text(item) for item in some])
    events = [("ada", "f0"), ("ada", "f1"), ("bo", "f1"), ("bo", "f2")]
    data = replace(dataset(events, Catalogue.build(some)), vectors={"text": vectors})
    model = TextRecommender(TextRecommenderConfig(titles=2, together=1.0))
    warnings: list[str] = []
    model.train(data, TrainOptions(threads=1, warn=warnings.append, words=words))
    assert (model.reads_together, warnings) == (True, [])
    told = History.of([0])
    model.save(ArtifactFolder(tmp_path / "kept"))
    again = TextRecommender.load(ArtifactFolder(tmp_path / "kept"))
    # It goes on with its encoder when the settings name another.
    again.reads_with(replace(words, understanding=UnderstandingSettings(text_model="bag_of_words")))
    np.testing.assert_allclose(again.score(told), model.score(told), atol=1e-6)
    # Another model in its place, or none, leaves the items' own vectors to speak alone.
    for change, said in (("changed", "Run `segue train`"), ("gone", "is not on this machine")):
        if change == "changed":
            (tmp_path / "models" / "tiny" / "more.json").write_text("{}")
        else:
            shutil.rmtree(tmp_path / "models" / "tiny")
        other = TextRecommender.load(ArtifactFolder(tmp_path / "kept"))
        caplog.clear()
        other.reads_with(words)
        assert not other.reads_together
        assert said in caplog.text
        assert np.isfinite(other.score(told)).all()
    # The base install is not what these vectors are from.
    model.train(data, TrainOptions(threads=1, warn=warnings.append))
    assert not model.reads_together
    assert "not from the sentence encoder of the base install (384 dimensions)" in warnings[0]


def test_what_was_learned_is_kept(world: Checkerboard, tmp_path: Path) -> None:
    model = trained(world.dataset, trust=2, history_decay=0.5, titles=3)
    model.save(ArtifactFolder(tmp_path))
    loaded = Reader.load(ArtifactFolder(tmp_path))
    assert (loaded.trust, loaded.history_decay, loaded.reads_together) == (2, 0.5, True)
    np.testing.assert_array_equal(loaded.score(History.of([0, 1])), model.score(History.of([0, 1])))


def test_impossible_settings_are_refused() -> None:
    for impossible in ({"trust": -1}, {"titles": -1}, {"together": 1.5}, {"history_decay": 0}):
        with pytest.raises(ValidationError):
            TextRecommenderConfig.model_validate(impossible)

"""The contract that every model keeps, as a test class to inherit.

class TestEASE(ModelContract):
    Model = EASE
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from ..arrays import Floats, Rows
from ..catalogue import Catalogue
from ..dataset import Dataset, History
from ..events import Event, EventKind, EventTable
from ..items import Item, ItemKind
from ..models import base
from ..models.base import ModelConfig, TrainOptions
from ..settings import Settings
from ..storage.artifacts import ArtifactFolder
from .worlds import BEGINNING, checkerboard


class ModelContract:
    """Inherit, name the class, and pytest runs the whole contract on it."""

    Model: ClassVar[type[base.Model]]
    """The model under test."""
    config: ClassVar[ModelConfig | None] = None
    """Its settings; None for its own defaults."""
    personal: ClassVar[bool] = True
    """False for models that ignore the history (popularity): they answer everyone, always."""
    solves_checkerboard: ClassVar[bool] = True
    """The withheld item must come first for everyone."""

    @classmethod
    def trained(cls, dataset: Dataset, seed: int = 7) -> base.Model:
        """A model of the class, trained."""
        model = cls.Model(cls.config)
        model.train(dataset, TrainOptions(seed=seed, threads=1))
        return model

    @pytest.fixture(scope="class")
    @classmethod
    def board(cls) -> Dataset:
        """The checkerboard with one more item at the end that nobody has met, in content like the first."""
        world = checkerboard()
        like = world.items[0]
        unmet = Item(id="unmet", kind=ItemKind.TRACK, genres=like.genres, creators=like.creators)
        catalogue = Catalogue.build([*world.items, unmet])
        vectors = {
            space: np.vstack([matrix, matrix[:1]]).astype(np.float32) for space, matrix in world.dataset.vectors.items()
        }
        return Dataset.build(catalogue, EventTable.of(world.events), Settings().signals, vectors)

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, board: Dataset) -> base.Model:
        """Trained on `board`, shared by the tests that only read it."""
        return cls.trained(board)

    def test_it_has_a_name_and_covers_every_item(self, model: base.Model, board: Dataset) -> None:
        assert model.name
        assert model.n_items == board.n_items
        scores = model.score(board.history(0))
        assert scores.shape == (board.n_items,)
        assert scores.dtype == np.float32
        assert np.isfinite(scores[:-1]).all()

    def test_the_withheld_item_comes_first(self, model: base.Model, board: Dataset) -> None:
        if not self.solves_checkerboard:
            pytest.skip("the model says that it does not solve the checkerboard")
        for user in range(board.n_users):
            told = board.history(user)
            left = model.score(told)[:-1]
            left[told.items] = -np.inf
            assert int(np.argmax(left)) == user

    def test_someone_unknown_is_served_like_someone_known(self, model: base.Model, board: Dataset) -> None:
        known = board.history(3)
        unknown = History(known.items, known.weights, known.timestamps, known.kinds, user_id="nobody")
        assert _same(model.score(known), model.score(unknown))

    def test_an_item_that_nobody_met_has_no_score_unless_content_speaks(
        self, model: base.Model, board: Dataset
    ) -> None:
        assert np.isnan(model.score(board.history(0))[-1]) != model.scores_unmet

    def test_an_empty_history_is_answered_by_impersonal_models_only(self, model: base.Model) -> None:
        assert np.isnan(model.score(History.empty())).all() == self.personal

    def test_a_history_that_says_nothing_is_like_an_empty_one(self, model: base.Model) -> None:
        silent = History.of([0, 1], [0.0, 0.0])
        assert _same(model.score(silent), model.score(History.empty()))
        assert _same(model.score_many([silent])[0], model.score(silent))

    def test_items_newer_than_the_model_are_ignored(self, model: base.Model, board: Dataset) -> None:
        told = History.of([0, 2, 4])
        newer = History.of([board.n_items + 5, 0, 2, 4], [1.0, 1.0, 1.0, 1.0])
        np.testing.assert_allclose(model.score(newer), model.score(told), atol=1e-6)
        beyond = History.of([board.n_items])
        assert _same(model.score(beyond), model.score(History.empty()))

    def test_a_dislike_pushes_its_neighbours_down(self, model: base.Model, board: Dataset) -> None:
        if not self.personal:
            pytest.skip("the model ignores the history")
        before = model.score(History.of([0, 1]))
        after = model.score(History.of([0, 1], [1.0, -1.0]))
        # Rows 3, 5, 7 … belong to the group of row 1.
        assert after[3:-1:2].mean() < before[3:-1:2].mean()

    def test_many_at_once_agree_with_one_by_one(self, model: base.Model, board: Dataset) -> None:
        told = [
            *_histories(board),
            History.empty(),
            History.of([0, 1, 1], [1.0, -1.0, 0.5]),
            History.of([0, 0], [1.0, -1.0]),
        ]
        together = model.score_many(told)
        assert together.shape == (len(told), board.n_items)
        np.testing.assert_allclose(together, np.stack([model.score(h) for h in told]), atol=1e-5, rtol=1e-4)
        assert model.score_many([]).shape == (0, board.n_items)

    def test_contributions_add_up_to_the_score(self, model: base.Model, board: Dataset) -> None:
        for told in (board.history(1), History.of([0, 3, 3, board.n_items, 5], [1.0, -0.6, 0.2, 1.0, 0.0])):
            items: Rows = np.arange(board.n_items - 1, dtype=np.int32)
            added = model.contributions(told, items)
            if added is None:
                pytest.skip("the score is not a sum over the history")
            assert added.shape == (len(items), len(told))
            np.testing.assert_allclose(added.sum(axis=1), model.score(told)[items], atol=1e-4)

    def test_saved_and_loaded_scores_are_bit_equal(self, model: base.Model, board: Dataset, tmp_path: Path) -> None:
        model.save(ArtifactFolder(tmp_path))
        loaded = self.Model.load(ArtifactFolder(tmp_path))
        assert loaded.config == model.config
        for told in _histories(board):
            assert _same(loaded.score(told), model.score(told))
        assert {file.suffix for file in tmp_path.rglob("*") if file.is_file()} <= {".npy", ".json"}

    def test_scores_may_be_changed_by_whoever_asked(self, model: base.Model, board: Dataset, tmp_path: Path) -> None:
        model.save(ArtifactFolder(tmp_path))
        for own in (model, self.Model.load(ArtifactFolder(tmp_path))):
            first = own.score(board.history(0))
            expected = first.copy()
            first[:] = -1
            assert _same(own.score(board.history(0)), expected)

    def test_the_same_seed_gives_the_same_scores(self, model: base.Model, board: Dataset) -> None:
        again = self.trained(board)
        for told in _histories(board):
            assert _same(again.score(told), model.score(told))

    def test_training_again_starts_afresh(self, model: base.Model, board: Dataset) -> None:
        twice = self.trained(_tiny([("a", 0), ("a", 1), ("b", 0)], 2))
        twice.train(board, TrainOptions(seed=7, threads=1))
        assert _same(twice.score(board.history(0)), model.score(board.history(0)))

    def test_progress_is_reported_until_done(self, board: Dataset) -> None:
        seen: list[float] = []
        self.Model(self.config).train(board, TrainOptions(threads=1, progress=lambda _what, share: seen.append(share)))
        assert seen
        assert seen[-1] == 1.0
        assert all(0 <= share <= 1 for share in seen)

    @pytest.mark.parametrize(
        ("events", "n_items"),
        [
            ([], 0),
            ([], 3),
            ([("a", 0, "impression")], 3),
            ([("a", 0, "dislike"), ("b", 1, "skip")], 3),
            ([("a", 0)], 1),
            ([("a", 0), ("b", 1), ("c", 2)], 3),
            ([("a", i % 2) for i in range(50)], 2),
        ],
        ids=["nothing", "no events", "no opinions", "only dislikes", "one item", "one event each", "repeats"],
    )
    def test_hard_data(self, events: Sequence[tuple[str, int] | tuple[str, int, str]], n_items: int) -> None:
        data = _tiny(events, n_items)
        model = self.trained(data)
        assert model.n_items == n_items
        liked = np.unique(data.items[data.positive])
        for told in (History.empty(), History.of(list(range(n_items))), *map(data.history, range(data.n_users))):
            scores = model.score(told)
            assert scores.shape == (n_items,)
            assert not np.isinf(scores).any()
            if not model.scores_unmet:
                assert np.isnan(np.delete(scores, liked)).all()
        assert model.score_many([History.empty()] * 2).shape == (2, n_items)

    def test_equal_times_and_long_histories(self, board: Dataset) -> None:
        model = self.trained(_tiny([("a", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 2)], 3, hours=0))
        scores = model.score(History.of([0, 1, 2] * 10_000))
        assert np.isfinite(scores).all()


def _histories(data: Dataset) -> list[History]:
    return [data.history(u) for u in range(data.n_users)]


def _tiny(events: Sequence[tuple[str, int] | tuple[str, int, str]], n_items: int, hours: float = 1) -> Dataset:
    """Events (user, item row[, kind]); the items have vectors that differ."""
    rows = [
        Event(
            id=f"e{n}",
            user_id=user,
            item_id=f"i{item}",
            kind=EventKind(kind[0] if kind else "complete"),
            at=BEGINNING + timedelta(hours=hours * n),
        )
        for n, (user, item, *kind) in enumerate(events)
    ]
    catalogue = Catalogue.build([Item(id=f"i{i}", kind=ItemKind.TRACK) for i in range(n_items)])
    vectors: Floats = np.eye(max(n_items, 2), dtype=np.float32)[:n_items]
    spaces = dict.fromkeys(("text", "audio", "picture", "mixed"), vectors)
    return Dataset.build(catalogue, EventTable.of(rows), Settings().signals, spaces)


def _same(a: Floats, b: Floats) -> bool:
    return bool(np.array_equal(a, b, equal_nan=True))

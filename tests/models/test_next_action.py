"""People whose next action follows rules; what is learnt of them is calibrated and better than the base rate."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.errors import InvalidInput, StorageError
from segue.evaluation.probabilities import auc, calibration_error, judged, log_loss
from segue.events import KIND_CODE, EventKind
from segue.items import Item
from segue.models.base import TrainOptions
from segue.models.next_action import NextAction, NextActionConfig
from segue.storage.artifacts import ArtifactFolder

DAY = 86_400.0
BEGIN = 1.7e9
CATALOGUE = Catalogue.build([Item(id=f"i{n}", kind="short") for n in range(20)])


def people(n=60, days=120, seed=1):
    """Even people come every second day for long sessions and finish what is even; odd ones come every twelfth day."""
    rng = np.random.default_rng(seed)
    users, items, kinds, times = [], [], [], []
    for user in range(n):
        at = BEGIN + rng.uniform(0, 2) * DAY
        while at < BEGIN + days * DAY:
            for step in range(int(rng.integers(5, 9)) if user % 2 == 0 else int(rng.integers(1, 3))):
                item = int(rng.integers(20))
                likes = rng.random() < (0.9 if item % 2 == 0 else 0.2)
                users.append(user)
                items.append(item)
                kinds.append(KIND_CODE[EventKind.COMPLETE if likes else EventKind.SKIP])
                times.append(at + 60 * step)
            at += DAY * (2 if user % 2 == 0 else 12) * rng.uniform(0.8, 1.2)
    events = len(users)
    return Dataset(
        CATALOGUE,
        tuple(f"u{n}" for n in range(n)),
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(kinds, np.uint8),
        np.array(times),
        np.where(np.array(kinds) == KIND_CODE[EventKind.COMPLETE], 1, -0.6).astype(np.float32),
        np.arange(events, dtype=np.int64),
    )


LOG = people()
T = BEGIN + 90 * DAY


@pytest.fixture(scope="module")
def model():
    trained = NextAction()
    trained.train(LOG.only(LOG.timestamps < T), TrainOptions())
    return trained


def test_it_tells_who_does_what(model):
    rows = {row["action"]: row for row in judged(model, LOG, T)}
    assert set(rows) == {"finish", "leave", "return"}  # nothing was shown
    assert rows["return"]["auc"] > 0.95
    assert rows["leave"]["auc"] > 0.75
    assert rows["finish"]["auc"] > 0.8
    for row in rows.values():
        assert row["log_loss"] < 0.9 * row["log_loss_base"]
        assert row["brier"] < row["brier_base"]
        assert row["ece"] < 0.06


def test_now_is_the_moment_after_the_last_event(model):
    often, seldom = (LOG.only(LOG.timestamps < T).history(user) for user in (0, 1))
    for history, expected in ((often, 1), (seldom, 0)):
        said = model.now(history, LOG, T)
        assert set(said) == {"leave", "return"}
        assert abs(said["return"] - expected) < 0.2
    # What comes later is not known yet.
    assert model.now(LOG.history(0), LOG, float(often.timestamps[-1])) == model.now(often, LOG, T)
    moments = model.moments(LOG.only((LOG.users == 0) & (LOG.timestamps < T)))["leave"]
    later = LOG.history(0).only(slice(0, len(moments)))
    at = float(later.timestamps[-1])
    np.testing.assert_allclose(
        model.now(later, LOG, at)["leave"], model.probabilities("leave", moments.x)[-1], atol=1e-4
    )


def test_nobody_and_events_without_times(model):
    assert model.now(History.empty(), LOG, T) == {}
    assert model.now(History.of([1, 2]), LOG, T) == {}
    with pytest.raises(InvalidInput, match="time"):
        NextAction().train(replace(LOG, timestamps=np.full(len(LOG), np.nan)), TrainOptions())


def test_what_the_log_does_not_show_is_not_learnt():
    only_completed = replace(LOG, kinds=np.full(len(LOG), KIND_CODE[EventKind.COMPLETE], np.uint8))
    model = NextAction()
    model.train(only_completed, TrainOptions())
    assert model.actions == ("leave", "return")
    model.train(LOG.only(LOG.users < 2), TrainOptions())
    assert "return" not in model.actions


def test_items_newer_than_the_training(model):
    more = Catalogue.build([*(item for item in CATALOGUE.items if item), Item(id="new", kind="short")])
    history = LOG.history(0)
    items = history.items.copy()
    items[-1] = 20
    said = model.now(replace(history, items=items), replace(LOG, catalogue=more), BEGIN + 1000 * DAY)
    assert all(0 <= p <= 1 for p in said.values())


def test_saved_and_loaded_it_says_the_same(model, tmp_path: Path):
    model.save(ArtifactFolder(tmp_path))
    again = NextAction.load(ArtifactFolder(tmp_path))
    for action, moments in model.moments(LOG, T).items():
        if action in model.actions:
            np.testing.assert_array_equal(
                model.probabilities(action, moments.x), again.probabilities(action, moments.x)
            )
    assert NextAction.load(ArtifactFolder(tmp_path / "none")).actions == ()
    stated = ArtifactFolder(tmp_path).read_json("next_action")
    ArtifactFolder(tmp_path).write_json("next_action", {**stated, "features": ["other"]})
    with pytest.raises(StorageError, match="Train again"):
        NextAction.load(ArtifactFolder(tmp_path))


def test_a_part_of_the_people_is_drawn_whole():
    model = NextAction(NextActionConfig(most=1000, fewest=10))
    model.train(LOG, TrainOptions())
    again = NextAction(NextActionConfig(most=1000, fewest=10))
    again.train(LOG, TrainOptions())
    x = model.moments(LOG)["leave"].x
    np.testing.assert_array_equal(model.probabilities("leave", x), again.probabilities("leave", x))


def test_measures_of_probabilities():
    from sklearn.metrics import log_loss as of_sklearn
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(2)
    said = rng.random(2000).round(2)
    happened = rng.random(2000) < said
    assert auc(said, happened) == pytest.approx(roc_auc_score(happened, said))
    assert np.isnan(auc(said, np.ones(2000, bool)))
    inside = np.clip(said, 1e-3, 1 - 1e-3)
    assert log_loss(said, happened) == pytest.approx(of_sklearn(happened, inside))
    assert calibration_error(said, happened) < 0.05
    assert calibration_error(said, ~happened) > 0.4

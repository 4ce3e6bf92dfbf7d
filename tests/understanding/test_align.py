"""Words find pictures and sounds that nobody described, and say so only where they surely do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.storage.artifacts import ArtifactFolder
from segue.understanding.align import _FEWEST, Alignment, align, aligned, bridge, found


def world(n: int = 400, noise: float = 0.3, seed: int = 0) -> dict[str, np.ndarray]:
    """Pictures that show something of what the words say, and sounds that do not."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 8))
    words = hidden @ rng.normal(size=(8, 48)) + noise * rng.normal(size=(n, 48))
    pictures = np.tanh(hidden @ rng.normal(size=(8, 32))) + noise * rng.normal(size=(n, 32)) + 2
    made = {"text": words, "picture": pictures, "audio": rng.normal(size=(n, 16)), "ngram": words[:, :20]}
    return {space: (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for space, v in made.items()}


def test_words_find_pictures_of_items_that_were_not_learnt_from() -> None:
    vectors = world()
    told = {**vectors, "picture": vectors["picture"].copy()}
    told["picture"][300:] = np.nan
    one = align(told, seed=1).bridges["picture"]
    words = one.words(vectors["text"][300:])
    assert found(words, one.apply(vectors["picture"][300:])) > 0.7
    assert one.useful
    assert one.withheld == 60
    assert one.chance == pytest.approx(10 / 60)


def test_what_says_nothing_of_the_words_is_not_used() -> None:
    vectors = world()
    made = align(vectors, seed=1)
    assert set(made.bridges) == {"picture", "audio"}
    assert not made.bridges["audio"].useful
    assert set(made.apply(vectors)) == {aligned("picture")}


def test_missing_media_stay_missing_and_too_few_make_no_bridge() -> None:
    vectors = world()
    vectors["picture"][5] = np.nan
    made = align(vectors, seed=1)
    rows = made.apply(vectors)[aligned("picture")]
    assert np.isnan(rows[5]).all()
    np.testing.assert_allclose(np.linalg.norm(np.delete(rows, 5, axis=0), axis=1), 1, atol=1e-5)
    vectors["picture"][_FEWEST - 1 :] = np.nan
    assert "picture" not in align(vectors, seed=1).bridges
    assert not align({"picture": vectors["picture"]}, seed=1).bridges


def test_vectors_of_another_encoder_are_left_alone() -> None:
    vectors = world()
    made = align(vectors, seed=1)
    assert made.apply({"picture": np.ones((3, 7), np.float32)}) == {}


def test_items_liked_together_speak_for_each_other() -> None:
    vectors = world(n=300, noise=1.5)
    rng = np.random.default_rng(2)
    # Neighbours in truth are liked by the same people, and half of the items have no words to learn from.
    hidden = world(n=300, noise=0.0)["text"]
    likeness = hidden @ hidden.T - 2 * np.eye(300)
    together = np.column_stack([np.arange(300), likeness.argmax(axis=1)]).astype(np.int32)
    beyond = together.copy()
    beyond[:, 1] = rng.integers(0, 300, 300)
    one = bridge(vectors["text"], vectors["picture"], 1, together)
    assert one is not None
    assert one.useful
    same = bridge(vectors["text"], vectors["picture"], 1, together)
    assert same is not None
    np.testing.assert_array_equal(one.matrix, same.matrix)
    other = bridge(vectors["text"], vectors["picture"], 1, beyond)
    assert other is not None
    assert one.recall >= other.recall


def test_one_description_of_many_items_is_right_for_all_of_them() -> None:
    words = np.repeat(np.eye(5, 12, dtype=np.float32), 20, axis=0)
    assert found(words, words) == 1.0
    assert found(words, np.roll(words, 20, axis=0)) == 0.0


def test_saved_and_loaded(tmp_path: Path) -> None:
    vectors = world()
    made = align(vectors, seed=1)
    made.save(ArtifactFolder(tmp_path))
    loaded = Alignment.load(ArtifactFolder(tmp_path))
    np.testing.assert_array_equal(loaded.apply(vectors)["picture in words"], made.apply(vectors)["picture in words"])
    assert loaded.bridges["audio"].recall == made.bridges["audio"].recall
    assert Alignment.load(ArtifactFolder(tmp_path / "none")).bridges == {}

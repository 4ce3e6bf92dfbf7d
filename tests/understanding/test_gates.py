"""Gates take what foretells the behaviour, and get by without what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.storage.artifacts import ArtifactFolder
from segue.understanding.fuse import concatenated
from segue.understanding.gates import learn_gates


def world(n: int = 400, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Text and picture each show half of what is liked; sound shows nothing of it."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 6))
    spaces = {
        "text": hidden[:, :4] @ rng.normal(size=(4, 24)),
        "picture": hidden[:, 2:] @ rng.normal(size=(4, 16)),
        "audio": rng.normal(size=(n, 16)),
    }
    unit = {s: (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for s, v in spaces.items()}
    return unit, (hidden @ rng.normal(size=(6, 5))).astype(np.float32)


def explained(foretold: np.ndarray, targets: np.ndarray) -> float:
    """Share of the variance."""
    return float(1 - ((foretold - targets) ** 2).mean() / targets.var(axis=0).mean())


def test_content_foretells_what_was_not_learnt_from() -> None:
    vectors, targets = world()
    told = targets.copy()
    told[300:] = np.nan
    both = learn_gates(vectors, told, seed=1)
    text = learn_gates({"text": vectors["text"]}, told, seed=1)
    assert both is not None
    assert text is not None
    assert explained(both.apply(vectors)[300:], targets[300:]) > 0.5
    assert explained(both.apply(vectors)[300:], targets[300:]) > explained(text.apply(vectors)[300:], targets[300:])
    np.testing.assert_allclose(both.gates(vectors).sum(axis=1), 1, atol=1e-5)
    silent = both.apply({space: rows for space, rows in vectors.items() if space != "audio"})
    assert explained(silent[300:], targets[300:]) > 0.5, "the sound says nothing"


def test_a_gate_opens_for_the_items_of_which_a_space_speaks() -> None:
    """Text tells of one half of the items, picture of the other; the first number of either says which half it is."""
    rng = np.random.default_rng(0)
    hidden, half = rng.normal(size=(2000, 4)), rng.random(2000) < 0.5
    mark = np.where(half, 2.0, -2.0)[:, None]
    text = np.hstack([mark, np.where(half[:, None], hidden, rng.normal(size=hidden.shape))]).astype(np.float32)
    picture = np.hstack([mark, np.where(half[:, None], rng.normal(size=hidden.shape), hidden)]).astype(np.float32)
    told = hidden.astype(np.float32).copy()
    told[1500:] = np.nan
    fusion = learn_gates({"text": text, "picture": picture}, told, seed=1, dropped=0)
    assert fusion is not None
    reads = fusion.gates({"text": text, "picture": picture})[:, fusion.spaces.index("text")]
    assert reads[half].mean() > 0.8
    assert reads[~half].mean() < 0.2
    assert explained(fusion.apply({"text": text, "picture": picture})[1500:], hidden[1500:]) > 0.8


def test_a_missing_modality_costs_little_and_nothing_known_is_nothing() -> None:
    vectors, targets = world()
    fusion = learn_gates(vectors, targets, seed=1)
    assert fusion is not None
    less = {**vectors, "picture": np.full_like(vectors["picture"], np.nan)}
    gates = fusion.gates(less)
    assert (gates[:, fusion.spaces.index("picture")] == 0).all()
    assert explained(fusion.apply(less), targets) > 0.2
    np.testing.assert_array_equal(
        fusion.apply(less), fusion.apply({"text": vectors["text"], "audio": vectors["audio"]})
    )
    nothing = {space: np.full_like(rows, np.nan) for space, rows in vectors.items()}
    assert np.isnan(fusion.apply(nothing)).all()
    assert not fusion.gates(nothing).any()


def test_too_few_items_teach_nothing() -> None:
    vectors, targets = world(n=30)
    targets[10:] = np.nan
    assert learn_gates(vectors, targets, seed=1) is None
    assert learn_gates({}, targets, seed=1) is None


def test_saved_and_loaded(tmp_path: Path) -> None:
    vectors, targets = world()
    fusion = learn_gates(vectors, targets, seed=1)
    assert fusion is not None
    fusion.save(ArtifactFolder(tmp_path))
    loaded = type(fusion).load(ArtifactFolder(tmp_path))
    np.testing.assert_array_equal(loaded.apply(vectors), fusion.apply(vectors))


def test_concatenation_says_what_is_missing() -> None:
    vectors = {"b": np.array([[1.0, 2.0], [np.nan, np.nan]]), "a": np.array([[3.0], [4.0]])}
    np.testing.assert_array_equal(concatenated(vectors), [[3, 1, 2, 1, 1], [4, 0, 0, 1, 0]])

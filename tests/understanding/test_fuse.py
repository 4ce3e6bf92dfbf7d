"""The mixed embedding is the weighted mean of cosines that it says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.storage.artifacts import ArtifactFolder
from segue.understanding.fuse import WORD_SHARES, Projection, mix, serving_projection


def world(n: int = 300, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 12))
    spaces = {}
    for space, dim in (("text", 60), ("ngram", 50), ("audio", 40), ("picture", 30)):
        rows = hidden @ rng.normal(size=(12, dim)) + 0.3 * rng.normal(size=(n, dim))
        spaces[space] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return spaces


def test_cosine_is_the_weighted_mean_of_cosines() -> None:
    vectors = world()
    mixed = mix(vectors, alpha=0.6)
    weights = {
        "text": 0.6 * WORD_SHARES["text"],
        "ngram": 0.6 * WORD_SHARES["ngram"],
        "audio": 0.2,
        "picture": 0.2,
    }
    expected = sum(w * vectors[s][3] @ vectors[s][8] for s, w in weights.items())
    assert np.isclose(mixed[3] @ mixed[8], expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(mixed, axis=1), 1, atol=1e-5)


def test_a_missing_modality_is_taken_over_by_the_others() -> None:
    vectors = world()
    vectors["picture"][:2] = np.nan
    vectors["text"][4:6] = np.nan
    vectors["ngram"][4:6] = np.nan
    for space in vectors:
        vectors[space][9] = np.nan
    mixed = mix(vectors, alpha=0.5)
    both = 0.5 * vectors["audio"][0] @ vectors["audio"][1]
    words = 0.5 * sum(share * vectors[s][0] @ vectors[s][1] for s, share in WORD_SHARES.items())
    assert np.isclose(mixed[0] @ mixed[1], both + words, atol=1e-5)
    media = 0.5 * (vectors["audio"][4] @ vectors["audio"][5] + vectors["picture"][4] @ vectors["picture"][5])
    assert np.isclose(mixed[4] @ mixed[5], media, atol=1e-5)
    assert np.isnan(mixed[9]).all()


def test_what_was_read_with_doubt_counts_less() -> None:
    vectors = world()
    nan = np.nan
    sure = {"picture": np.array([0.25, 0.0, 1.0, nan, 0.25] + [1.0] * 295, np.float32)}
    vectors["audio"][4] = nan
    mixed, plain = mix(vectors, 0.6, sure), mix(vectors, 0.6)

    def shares(row: int) -> dict[str, float]:
        ends = np.cumsum([vectors[s].shape[1] for s in sorted(vectors)])[:-1]
        blocks = np.split(mixed[row], ends)
        return {s: float(block @ block) for s, block in zip(sorted(vectors), blocks, strict=True)}

    # Beside a sure sound the media half keeps its weight, and the picture has a fifth of it.
    assert shares(0) == pytest.approx({"audio": 0.32, "picture": 0.08, "text": 0.48, "ngram": 0.12}, abs=1e-5)
    # Without confidence it is as if it were missing; at 1, or where nothing was said, it is as it was.
    without = {**vectors, "picture": np.where(np.arange(300)[:, None] == 1, nan, vectors["picture"])}
    np.testing.assert_allclose(mixed[1], mix(without, 0.6)[1], atol=1e-6)
    np.testing.assert_array_equal(mixed[[2, 3, *range(5, 300)]], plain[[2, 3, *range(5, 300)]])
    # Alone in its half, it takes weight from that: 0.4 · 0.25 beside 0.6.
    assert shares(4) == pytest.approx({"audio": 0, "picture": 1 / 7, "text": 4.8 / 7, "ngram": 1.2 / 7}, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(mixed, axis=1), 1, atol=1e-5)


def test_only_what_was_read_with_doubt() -> None:
    vectors = {space: rows for space, rows in world().items() if space == "picture"}
    sure = {"picture": np.array([0.2, 0.0] + [1.0] * 298, np.float32), "audio": np.ones(300, np.float32)}
    mixed = mix(vectors, 0.6, sure)
    np.testing.assert_allclose(mixed[0], vectors["picture"][0], atol=1e-6)  # there is nothing else to go by
    assert np.isnan(mixed[1]).all()
    projection = serving_projection(vectors, 0.6, 16, sure)
    assert np.isfinite(projection.apply(vectors, sure)[:, 0]).sum() == 299


def test_alpha_one_is_words_alone() -> None:
    vectors = world()
    for space in ("text", "ngram"):
        vectors[space][0] = np.nan
    assert np.isnan(mix(vectors, alpha=1.0)[0]).all()
    assert not np.isnan(mix(vectors, alpha=0.0)).any()


def test_the_projection_keeps_neighbours_and_serves_new_items_and_words(tmp_path: Path) -> None:
    vectors = world(400)
    projection = serving_projection(vectors, alpha=0.6, dim=32)
    served = projection.apply(vectors)
    assert served.shape == (400, 32)
    whole = Projection(0.6, projection.means, None).apply(vectors)

    def nearest(rows: np.ndarray) -> np.ndarray:
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -2)
        return cosines.argmax(axis=1)

    assert (nearest(served) == nearest(whole)).mean() > 0.6
    projection.save(ArtifactFolder(tmp_path))
    again = Projection.load(ArtifactFolder(tmp_path))
    np.testing.assert_array_equal(again.apply(vectors), served)
    np.testing.assert_array_equal(serving_projection(vectors, 0.6, 32).components, projection.components)
    words = again.apply({"text": vectors["text"][:1]})
    assert words.shape == (1, 32)
    assert (served @ words[0])[0] > np.quantile(served @ words[0], 0.95)


def test_small_catalogues_are_served_as_they_are() -> None:
    vectors = {space: rows[:5] for space, rows in world().items()}
    projection = serving_projection(vectors, alpha=0.6, dim=32)
    assert projection.components is None
    assert projection.apply(vectors).shape == (5, 180)


def test_nothing_known_at_all() -> None:
    projection = serving_projection({}, 0.6, 32)
    assert projection.dim == 0
    assert projection.apply({}).shape == (0, 0)

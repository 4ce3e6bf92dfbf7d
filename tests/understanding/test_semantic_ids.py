"""Codes are unique, evenly used, alike for alike items, and lead only to items that exist and are permitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.arrays import Floats
from segue.errors import InvalidInput
from segue.storage.artifacts import ArtifactFolder
from segue.understanding.code_trie import Trie
from segue.understanding.semantic_ids import JointSpace, SemanticIds


def groups(n: int = 1200, kinds: int = 12, dim: int = 24, seed: int = 0) -> tuple[Floats, np.ndarray]:
    """Vectors around the centres of groups of very different size, and each one's group."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, kinds + 1)
    group = rng.choice(kinds, n, p=share / share.sum())
    centres = rng.normal(size=(kinds, dim))
    return (centres[group] + 0.4 * rng.normal(size=(n, dim))).astype(np.float32), group


def test_every_item_has_a_code_of_its_own() -> None:
    vectors, _ = groups()
    vectors[7] = np.nan
    ids = SemanticIds.fit(vectors, levels=2, codebook_size=16)
    assert ids.codes.shape == (1200, 3)
    assert ids.codes.dtype == np.int32
    assert (ids.codes[7] == -1).all()
    coded = np.delete(ids.codes, 7, axis=0)
    assert len(np.unique(coded, axis=0)) == 1199
    assert coded.min() >= 0
    assert coded.max() < 16


def test_codebooks_are_evenly_used_though_the_catalogue_is_not() -> None:
    vectors, group = groups()
    use = SemanticIds.fit(vectors, codebook_size=16).use()
    assert use.items == 1200
    assert use.used == (16, 16, 16)
    assert min(use.perplexity) > 12
    share = np.bincount(group) / len(group)
    assert np.exp(-(share * np.log(share)).sum()) < 10  # of the groups themselves


def test_each_level_says_more() -> None:
    vectors, _ = groups()
    ids = SemanticIds.fit(vectors, levels=3, codebook_size=32)
    assert 1 > ids.left[0] > ids.left[1] > ids.left[2] > 0
    rest, said = vectors - ids.mean, 0.0
    for level in range(3):
        rest = rest - ids.codebooks[level][ids.codes[:, level]]
        said = np.square(rest).sum() / np.square(vectors - ids.mean).sum()
        assert said == pytest.approx(ids.left[level], rel=0.01)


def test_alike_items_begin_alike() -> None:
    vectors, group = groups()
    first = SemanticIds.fit(vectors, codebook_size=32).codes[:, 0]
    pure = sum(np.bincount(group[first == word]).max() for word in np.unique(first))
    assert pure / len(group) > 0.9


def test_new_items_get_free_codes_without_learning() -> None:
    vectors, _ = groups()
    ids = SemanticIds.fit(vectors[:1000], levels=2, codebook_size=48)
    new = ids.encode(vectors[1000:])
    assert len(np.unique(np.concatenate([ids.codes, new]), axis=0)) == 1200
    wider = ids.extended(vectors[1000:])
    np.testing.assert_array_equal(wider.codes, np.concatenate([ids.codes, new]))
    np.testing.assert_array_equal(wider.codebooks, ids.codebooks)
    again = ids.encode(vectors[:1000])  # the same items once more: the same words, further numbers
    np.testing.assert_array_equal(again[:, :2], ids.codes[:, :2])


def test_equal_items_spill_over_to_near_codes_until_there_are_none() -> None:
    equal = np.ones((60, 4), np.float32)
    equal[:4] = np.eye(4)
    ids = SemanticIds.fit(equal, levels=2, codebook_size=4)
    assert len(np.unique(ids.codes, axis=0)) == 60
    assert ids.codes.max() < 4
    assert ids.use().crowd <= 4
    with pytest.raises(InvalidInput, match="larger codebook_size"):
        ids.encode(equal)


def test_nothing_to_learn_from() -> None:
    assert SemanticIds.fit(np.zeros((0, 4), np.float32)).codes.shape == (0, 4)
    unknown = SemanticIds.fit(np.full((3, 4), np.nan, np.float32))
    assert (unknown.codes == -1).all()
    assert (unknown.encode(np.ones((2, 4), np.float32)) == -1).all()
    assert unknown.use().items == 0
    assert SemanticIds.fit(np.ones((3, 4), np.float32)).codes.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 2]]


def test_impossible_requests_are_refused() -> None:
    vectors, _ = groups(50)
    for wrong in ({"levels": 0}, {"codebook_size": 1}):
        with pytest.raises(InvalidInput, match="levels ≥ 1"):
            SemanticIds.fit(vectors, **wrong)
    with pytest.raises(InvalidInput, match="24 dimensions"):
        SemanticIds.fit(vectors, codebook_size=4).encode(np.ones((2, 3), np.float32))


def test_the_same_seed_gives_the_same_codes_and_they_are_kept(tmp_path: Path) -> None:
    vectors, _ = groups()
    ids = SemanticIds.fit(vectors, codebook_size=16, seed=3)
    np.testing.assert_array_equal(ids.codes, SemanticIds.fit(vectors, codebook_size=16, seed=3).codes)
    ids.save(ArtifactFolder(tmp_path))
    loaded = SemanticIds.load(ArtifactFolder(tmp_path))
    np.testing.assert_array_equal(loaded.codes, ids.codes)
    np.testing.assert_array_equal(loaded.encode(vectors[:9]), ids.encode(vectors[:9]))
    assert loaded.use() == ids.use()


def test_behaviour_joins_content_and_is_guessed_for_new_items(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    content = rng.normal(size=(400, 10)).astype(np.float32)
    behaviour = (content @ rng.normal(size=(10, 6)) + 0.1 * rng.normal(size=(400, 6))).astype(np.float32)
    behaviour[::9], content[5], content[9] = np.nan, np.nan, np.nan
    space = JointSpace.fit(content[:300], behaviour[:300], share=0.3)
    rows = space.apply(content, behaviour)
    assert rows.shape == (400, 16)
    assert not rows[5, :10].any()
    assert np.isfinite(rows[5]).all()
    assert np.isnan(rows[9]).all()
    met = np.isfinite(behaviour).all(axis=1) & np.isfinite(content).all(axis=1)
    np.testing.assert_allclose(np.square(rows[met][:, 10:]).sum(axis=1), 0.3, rtol=1e-5)
    guessed = space.apply(content[300:])[:, 10:]
    told = rows[300:, 10:]
    likeness = (guessed * told).sum(axis=1) / np.linalg.norm(guessed, axis=1) / np.linalg.norm(told, axis=1)
    assert np.median(likeness) > 0.9
    space.save(ArtifactFolder(tmp_path))
    np.testing.assert_array_equal(JointSpace.load(ArtifactFolder(tmp_path)).apply(content, behaviour), rows)


class TestTrie:
    codes = np.array([[2, 0, 1], [0, 3, 0], [-1, -1, -1], [2, 0, 0], [2, 1, 0], [0, 3, 1]], np.int32)

    def test_every_way_ends_at_its_item(self) -> None:
        trie = Trie(self.codes)
        assert [len(tokens) for tokens in trie.tokens] == [1, 2, 3, 5]
        nodes = np.zeros(6, np.int32)
        for depth in range(trie.depth):
            nodes = trie.step(depth, nodes, self.codes[:, depth])
        assert trie.items(nodes).tolist() == [0, 1, -1, 3, 4, 5]

    def test_only_beginnings_of_items_are_allowed(self) -> None:
        trie = Trie(self.codes)
        root = np.zeros(1, np.int32)
        assert trie.allowed(0, root).tolist() == [[True, False, True, False]]
        two = trie.step(0, np.zeros(3, np.int32), np.array([2, 1, 0], np.int32))
        assert two[1] == -1
        allowed = trie.allowed(1, two, size=5)
        assert [np.flatnonzero(row).tolist() for row in allowed] == [[0, 1], [], [3]]
        assert (trie.step(1, two, np.array([7, 0, 3], np.int32)) >= 0).tolist() == [False, False, True]

    def test_ways_to_items_that_are_not_permitted_are_closed(self) -> None:
        whole = Trie(self.codes)
        trie = whole.only(np.array([True, False, True, False, False, False]))
        node = np.zeros(1, np.int32)
        for depth, number in enumerate((2, 0, 1)):
            assert np.flatnonzero(trie.allowed(depth, node)[0]).tolist() == [number]
            node = trie.step(depth, node, np.array([number], np.int32))
        assert trie.items(node).tolist() == [0]
        assert trie.step(0, np.zeros(1, np.int32), np.zeros(1, np.int32)).tolist() == [-1]
        assert whole.allowed(0, np.zeros(1, np.int32)).sum() == 2

    def test_a_random_catalogue_agrees_with_looking_at_every_code(self) -> None:
        rng = np.random.default_rng(1)
        codes = np.unique(rng.integers(0, 6, size=(150, 3)), axis=0).astype(np.int32)
        codes = codes[rng.permutation(len(codes))]
        permitted = rng.random(len(codes)) < 0.5
        trie = Trie(codes).only(permitted)
        for begin in codes[:40]:
            node = np.zeros(1, np.int32)
            for depth in range(3):
                fits = permitted & (codes[:, :depth] == begin[:depth]).all(axis=1)
                expected = np.unique(codes[fits, depth])
                assert np.flatnonzero(trie.allowed(depth, node)[0]).tolist() == expected.tolist()
                node = trie.step(depth, node, begin[[depth]])

    def test_no_items(self) -> None:
        trie = Trie(np.zeros((0, 4), np.int32))
        root = np.zeros(1, np.int32)
        assert not trie.allowed(0, root).any()
        assert trie.step(0, root, root).tolist() == [-1]

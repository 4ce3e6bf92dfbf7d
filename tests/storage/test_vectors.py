"""Both indexes find the same, exactly."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from segue.arrays import Floats
from segue.errors import MissingLibrary
from segue.storage.vectors import ExactIndex, FaissIndex, VectorIndex, build_index


@pytest.fixture(params=[ExactIndex, FaissIndex])
def kind(request: pytest.FixtureRequest) -> type[VectorIndex]:
    return request.param


@pytest.fixture
def matrix() -> Floats:
    """3,000 directions: some missing, many equal, so that ties cross the end of the list."""
    matrix = np.random.default_rng(5).normal(size=(3000, 24)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix[100:400] = matrix[50]
    matrix[::11] = np.nan
    return matrix


def brute(matrix: Floats, query: Floats, k: int, allowed: np.ndarray) -> list[int]:
    unit = matrix.astype(np.float64) / np.linalg.norm(matrix.astype(np.float64), axis=1, keepdims=True)
    cosines = np.round(unit @ (query.astype(np.float64) / np.linalg.norm(query)), 6)
    rows = [r for r in range(len(matrix)) if allowed[r] and np.isfinite(cosines[r])]
    return sorted(rows, key=lambda r: (-cosines[r], r))[:k]


@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_the_closest_rows_come_first(kind: type[VectorIndex], matrix: Floats, scale: float) -> None:
    index = kind(matrix * np.float32(scale))
    some = np.random.default_rng(6).random(3000) < 0.3
    everything = np.ones(3000, dtype=bool)
    for query in (matrix[50], matrix[1] * 3, np.ones(24, np.float32)):
        for allowed in (None, some):
            rows, cosines = index.search(query, 20, allowed)
            assert rows.tolist() == brute(matrix, query, 20, everything if allowed is None else some)
            assert (np.diff(cosines) <= 1e-6).all()
            assert rows.dtype == np.int32
            assert cosines.dtype == np.float32


def test_both_give_the_same(matrix: Floats) -> None:
    queries = np.random.default_rng(7).normal(size=(200, 24)).astype(np.float32)
    queries[3] = matrix[50]
    allowed = np.random.default_rng(8).random(3000) < 0.5
    (rows, cosines), (others, other_cosines) = (
        kind(matrix).search(queries, 15, allowed) for kind in (ExactIndex, FaissIndex)
    )
    np.testing.assert_array_equal(rows, others)
    np.testing.assert_allclose(cosines, other_cosines, atol=1e-6)


def test_many_queries_answer_as_one_by_one(kind: type[VectorIndex], matrix: Floats) -> None:
    index = kind(matrix)
    rows, _ = index.search(matrix[1:4], 5)
    for j in range(3):
        np.testing.assert_array_equal(rows[j], index.search(matrix[1 + j], 5)[0])


def test_fewer_rows_than_asked_for(kind: type[VectorIndex], matrix: Floats) -> None:
    allowed = np.zeros(3000, dtype=bool)
    allowed[[0, 1, 2]] = True  # row 0 has no vector
    index = kind(matrix)
    rows, cosines = index.search(matrix[1], 5, allowed)
    assert rows.tolist() == [1, 2]
    rows, cosines = index.search(matrix[1:2], 5, allowed)
    assert rows.tolist() == [[1, 2, -1, -1, -1]]
    assert cosines[0, 2:].tolist() == [-np.inf] * 3


def test_nothing_to_find(kind: type[VectorIndex], matrix: Floats) -> None:
    index = kind(matrix)
    assert len(index.search(np.zeros(24, np.float32), 5)[0]) == 0
    assert len(index.search(np.full(24, np.nan, np.float32), 5)[0]) == 0
    assert len(index.search(matrix[1], 5, np.zeros(3000, dtype=bool))[0]) == 0
    assert len(index.search(matrix[1], 0)[0]) == 0
    assert len(kind(matrix[:0]).search(matrix[1], 5)[0]) == 0
    assert len(kind(matrix[:1]).search(matrix[1], 5)[0]) == 0


def test_shapes_that_do_not_fit(kind: type[VectorIndex], matrix: Floats) -> None:
    with pytest.raises(ValueError, match="does not fit vectors of 24 dimensions"):
        kind(matrix).search(np.ones(23, np.float32), 5)
    with pytest.raises(ValueError, match="does not fit 3000 rows"):
        kind(matrix).search(matrix[1], 5, np.ones(10, dtype=bool))


def test_the_size_decides(matrix: Floats, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(build_index(matrix), ExactIndex)
    assert isinstance(build_index(matrix, exact_below=3000), FaissIndex)
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingLibrary, match=r"segue\[faiss\]"):
        build_index(matrix, exact_below=3000)

"""Nearest neighbours by cosine: the same answers from numpy (small catalogues) and from faiss (large ones)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Mask
from ..errors import MissingLibrary

_CLOSE = 1e-5
"""Similarities this close may come in either order from float32 sums; they are compared again in float64."""
_QUERIES = 64
"""Queries compared with all rows at once: bounds the memory."""


class VectorIndex(ABC):
    """Finds the rows of a matrix whose direction is closest to a query's.

    Args:
        matrix: (rows, dim) float32; rows of length 1 are used as they are, others are scaled to it. A row with NaN, or
            of zeros, stands for a missing vector and is never found.

    Answers are exact: ordered by cosine computed in float64, ties by row number.
    """

    def __init__(self, matrix: Floats) -> None:
        self._matrix, self._present = _units(matrix)

    def search(
        self, query: Floats, k: int, allowed: Mask | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The k closest rows and their cosines, closest first.

        Args:
            query: (dim,) or (n, dim), of any length but zero.
            allowed: (rows,) true where a row may be found; all by default.

        Returns:
            For one query two arrays of at most k entries (none for a query of zeros or NaN). For n queries two (n, k)
            arrays, filled up with row -1 and cosine -inf.

        Raises:
            ValueError: the shapes do not fit.
        """
        many = np.atleast_2d(np.asarray(query, dtype=np.float32))
        rows, dim = self._matrix.shape
        if many.ndim != 2 or many.shape[1] != dim:
            raise ValueError(f"A query of shape {np.shape(query)} does not fit vectors of {dim} dimensions.")
        if allowed is not None and np.shape(allowed) != (rows,):
            raise ValueError(f"A mask of shape {np.shape(allowed)} does not fit {rows} rows.")
        queries, asked = _units(many)
        open_rows = self._present if allowed is None else self._present & allowed
        found_rows = np.full((len(many), k), -1, dtype=np.int32)
        cosines = np.full((len(many), k), -np.inf, dtype=np.float32)
        wanted = min(k, int(np.count_nonzero(open_rows)))
        if wanted > 0:
            for begin in range(0, len(many), _QUERIES):
                block = [j for j in range(begin, min(begin + _QUERIES, len(many))) if asked[j]]
                if not block:
                    continue
                for j, near in zip(block, self._near(queries[block], wanted, open_rows), strict=True):
                    best, cosine = self._ranked(queries[j], near, wanted)
                    found_rows[j, :wanted], cosines[j, :wanted] = best, cosine
        if np.ndim(query) == 1:
            count = wanted if asked[0] else 0
            return found_rows[0, :count], cosines[0, :count]
        return found_rows, cosines

    @abstractmethod
    def _near(self, queries: Floats, k: int, allowed: Mask) -> list[NDArray[np.int64]]:
        """For each query the k closest allowed rows and all that are within `_CLOSE` of the last, in any order."""

    def _ranked(self, query: Floats, near: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        # Rounded, since equal rows may differ in the last bit by their place in the matrix.
        cosines = np.round(self._matrix[near].astype(np.float64) @ query.astype(np.float64), 12)
        order = np.lexsort((near, -cosines))[:k]
        return near[order], cosines[order]


class ExactIndex(VectorIndex):
    """Compares the query with every row (numpy)."""

    def _near(self, queries: Floats, k: int, allowed: Mask) -> list[NDArray[np.int64]]:
        similarities = self._matrix @ queries.T
        similarities[~allowed] = -np.inf
        found = []
        for column in similarities.T:
            last = np.partition(column, len(column) - k)[len(column) - k]
            found.append(np.flatnonzero(column >= last - _CLOSE))
        return found


class FaissIndex(VectorIndex):
    """Compares the query with every row by faiss ``IndexFlatIP``: all cores, and no array of all similarities.

    Exact, so its time grows with the number of rows; its memory is one more copy of the vectors.

    Raises:
        MissingLibrary: faiss is not installed.
    """

    def __init__(self, matrix: Floats) -> None:
        super().__init__(matrix)
        try:
            import faiss
        except ImportError as error:
            raise MissingLibrary(
                f"Searching {len(matrix):,} vectors needs the library faiss, which is not installed: "
                "pip install 'segue[faiss]'."
            ) from error
        self._faiss: Any = faiss
        self._index: Any = faiss.IndexFlatIP(self._matrix.shape[1])
        self._index.add(np.ascontiguousarray(self._matrix))

    def _near(self, queries: Floats, k: int, allowed: Mask) -> list[NDArray[np.int64]]:
        bits = np.packbits(allowed, bitorder="little")
        chosen = self._faiss.SearchParameters(sel=self._faiss.IDSelectorBitmap(bits))
        most = int(np.count_nonzero(allowed))
        width = min(k + 16, most)
        while True:
            similarities, rows = self._index.search(np.ascontiguousarray(queries), width, params=chosen)
            cut = similarities[:, -1] >= similarities[:, k - 1] - _CLOSE
            if width == most or not cut.any():
                return [
                    row[similarity >= similarity[k - 1] - _CLOSE]
                    for row, similarity in zip(rows, similarities, strict=True)
                ]
            width = min(width * 4, most)  # many rows are alike: look further, so that ties go by row number


def build_index(matrix: Floats, exact_below: int = 100_000) -> VectorIndex:
    """An index over (rows, dim) vectors: numpy below ``exact_below`` rows, faiss from there on.

    Raises:
        MissingLibrary: faiss is needed and not installed.
    """
    return ExactIndex(matrix) if len(matrix) < exact_below else FaissIndex(matrix)


def _units(matrix: Floats) -> tuple[Floats, Mask]:
    """Rows scaled to length 1 where they are not (missing ones as zeros), and which rows are there."""
    matrix = np.asarray(matrix, dtype=np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    present = np.isfinite(lengths) & (lengths > 0)
    if not (np.abs(lengths - 1) < 1e-6).all():
        scale = np.where(present, lengths, 1.0).astype(np.float32)
        matrix = np.where(present[:, None], matrix / scale[:, None], np.float32(0))
    return matrix, present

"""The beginnings of all codes as a tree: what a decoder of codes may say next (see `semantic_ids`).

Constrained decoding as De Cao et al. do for the names of entities ("Autoregressive Entity Retrieval", ICLR 2021), over
the codes of items, and in arrays: a whole beam of many people moves in a few operations.
"""

from __future__ import annotations

from copy import copy

import numpy as np

from ..arrays import Mask, Rows


class Trie:
    """A tree under which a beam search can only end at items that exist and are permitted.

    Nodes of one depth are numbered in the order of their codes; the root is node 0 of depth 0, an item is a node of
    depth `depth`. The children of a node are neighbours.

    Args:
        codes: (n, length), rows of -1 are left out; each code once.
    """

    def __init__(self, codes: Rows) -> None:
        self.depth = codes.shape[1]
        """Numbers in a code."""
        self.size = int(codes.max(initial=0)) + 1
        """Numbers that occur are below it."""
        rows = np.flatnonzero((codes >= 0).all(axis=1))
        self._item = rows[np.lexsort(codes[rows].T[::-1])].astype(np.int32)
        sorted_codes = codes[self._item]
        self.tokens: list[Rows] = [np.zeros(1, np.int32)]
        """Per depth, the last number of each node."""
        self.parents: list[Rows] = [np.full(1, -1, np.int32)]
        """Per depth, the node above each node."""
        self._node: list[Rows] = [np.zeros(len(rows), np.int32)]  # per depth, the node above (or at) each sorted item
        new = np.zeros(len(rows), bool)
        new[:1] = True
        for column in sorted_codes.T:
            new[1:] |= np.diff(column) != 0
            first = np.flatnonzero(new)
            self.tokens.append(column[first].astype(np.int32))
            self.parents.append(self._node[-1][first])
            self._node.append((np.cumsum(new) - 1).astype(np.int32))
        # Parent and number as one ascending key per node, and where each node's children begin.
        self._keys = [p.astype(np.int64) * self.size + t for p, t in zip(self.parents, self.tokens, strict=True)]
        self._begin = [
            np.searchsorted(below, np.arange(len(here) + 1))
            for here, below in zip(self.tokens, self.parents[1:], strict=False)
        ]
        self._open: list[Mask] = [np.ones(len(nodes), bool) for nodes in self.tokens]

    def only(self, permitted: Mask) -> Trie:
        """The same tree with only the ways that lead to these items open. (n,) with n the rows of ``codes``."""
        narrowed = copy(self)
        wanted = permitted[self._item]
        narrowed._open = [np.zeros(len(nodes), bool) for nodes in self.tokens]
        for ways, node in zip(narrowed._open, self._node, strict=True):
            ways[node[wanted]] = True
        return narrowed

    def allowed(self, depth: int, nodes: Rows, size: int | None = None) -> Mask:
        """(len(nodes), size or `size`): which number may follow each node of this depth; nothing follows node -1."""
        mask = np.zeros((len(nodes), size or self.size), bool)
        begin = np.where(nodes >= 0, self._begin[depth][nodes], 0)
        count = np.where(nodes >= 0, self._begin[depth][nodes + 1] - begin, 0)
        place = np.repeat(np.arange(len(nodes)), count)
        child = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count) + begin[place]
        mask[place, self.tokens[depth + 1][child]] = self._open[depth + 1][child]
        return mask

    def step(self, depth: int, nodes: Rows, numbers: Rows) -> Rows:
        """The nodes of ``depth`` + 1 where one number each is added; -1 where that leads nowhere."""
        keys = self._keys[depth + 1]
        wanted = np.where((nodes < 0) | (numbers >= self.size), -1, nodes.astype(np.int64) * self.size + numbers)
        found = np.searchsorted(keys, wanted)
        near = np.minimum(found, max(len(keys) - 1, 0))
        there = (keys[near] == wanted) & self._open[depth + 1][near] if len(keys) else np.zeros(len(nodes), bool)
        return np.where(there, near, -1).astype(np.int32)

    def items(self, nodes: Rows) -> Rows:
        """Item rows of nodes of the last depth; -1 for node -1."""
        return np.append(self._item, np.int32(-1))[nodes]

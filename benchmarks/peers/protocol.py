"""What the scripts of this folder share: the protocol that they are given, and how they answer.

They run in an environment of their own (requirements.txt) and know nothing of Segue.
"""

import json
import sys
from pathlib import Path

import numpy as np


class Protocol:
    """People and items are row numbers. For each array of items, ``…_offsets`` says where each person's begin.

    ``train``: what each person liked, oldest first, to be fitted on. ``told``: the same with what is known when the
    test answers are asked for. ``validation``: answers for stopping early, of ``validation_users``. ``asked``: the
    people of the test. ``left_out``: for each of ``asked``, what may not be listed. ``candidates``: (n items,) what may
    be. ``depth``: length of the lists.
    """

    def __init__(self, folder):
        for name, array in np.load(folder / "protocol.npz").items():
            setattr(self, name, array)
        self.folder = folder
        self.n_items = len(self.candidates)
        self.n_users = len(self.train_offsets) - 1

    def train(self, user):
        return self.train_items[self.train_offsets[user] : self.train_offsets[user + 1]]

    def told(self, user):
        return self.told_items[self.told_offsets[user] : self.told_offsets[user + 1]]

    def left_out(self, j):
        """For the person ``asked[j]``."""
        return self.left_out_items[self.left_out_offsets[j] : self.left_out_offsets[j + 1]]

    def best(self, start, scores):
        """(n, depth) lists of the people from ``asked[start]`` on, from (n, n items) scores; -1 ends short ones."""
        scores = np.where(np.isfinite(scores) & self.candidates, scores, -np.inf)
        for j, row in enumerate(scores, start):
            row[self.left_out(j)] = -np.inf
        depth = min(self.depth, self.n_items)
        top = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
        best = np.take_along_axis(scores, top, axis=1)
        order = np.argsort(-best, axis=1, kind="stable")
        top, best = np.take_along_axis(top, order, axis=1), np.take_along_axis(best, order, axis=1)
        lists = np.full((len(scores), self.depth), -1, dtype=np.int32)
        lists[:, :depth] = np.where(np.isfinite(best), top, -1)
        return lists

    def ndcg10(self, start, scores):
        """(n,) of the people from ``validation_users[start]`` on; what they were trained on is left out."""
        gains = np.zeros(len(scores))
        for j, row in enumerate(scores, start):
            answers = self.validation_items[self.validation_offsets[j] : self.validation_offsets[j + 1]]
            row[self.train(self.validation_users[j])] = -np.inf
            ranks = [(row >= row[answer]).sum() for answer in answers if np.isfinite(row[answer])]
            ideal = (1 / np.log2(np.arange(2, min(10, len(answers)) + 2))).sum()
            gains[j - start] = sum(1 / np.log2(rank + 1) for rank in ranks if rank <= 10) / ideal
        return gains

    def answer(self, lists):
        np.save(self.folder / "lists.npy", lists)

    def say(self, **what):
        with (self.folder / "said.jsonl").open("a", encoding="utf-8") as out:
            print(json.dumps(what), file=out)


def arguments():
    """(folder, settings) of the command line."""
    return Path(sys.argv[1]), json.loads(sys.argv[2])

"""The classics of other libraries: EASE, item-kNN and BPR of LensKit, ALS of implicit.

``settings``: ``model`` and its settings as the library names them, and ``seed``. Says ``train_s`` and ``list_s``.
LensKit's BPR and no other knows people by their number only: it lists what it learnt about them in training.
"""

import time

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from lenskit.data import ItemList, RecQuery, from_interactions_df
from lenskit.flexmf import FlexMFImplicitScorer
from lenskit.knn import EASEScorer, ItemKNNScorer
from lenskit.training import TrainingOptions
from protocol import Protocol, arguments
from scipy.sparse import csr_matrix

BLOCK = 256
LENSKIT = {"lenskit_ease": EASEScorer, "lenskit_item_knn": ItemKNNScorer, "lenskit_bpr": FlexMFImplicitScorer}


def main():
    folder, settings = arguments()
    protocol = Protocol(folder)
    name, seed = settings.pop("model"), settings.pop("seed")
    began = time.perf_counter()
    scores = (
        implicit_als(protocol, seed, settings) if name == "implicit_als" else lenskit(protocol, name, seed, settings)
    )
    protocol.say(train_s=time.perf_counter() - began)
    began = time.perf_counter()
    blocks = range(0, len(protocol.asked), BLOCK)
    protocol.answer(np.concatenate([protocol.best(b, scores(protocol.asked[b : b + BLOCK])) for b in blocks]))
    protocol.say(list_s=time.perf_counter() - began)


def lenskit(protocol, name, seed, settings):
    people = np.repeat(np.arange(protocol.n_users), np.diff(protocol.train_offsets))
    data = from_interactions_df(
        pd.DataFrame({"user_id": people, "item_id": protocol.train_items}).drop_duplicates(),
        items=np.arange(protocol.n_items),
    )
    scorer = LENSKIT[name](**settings)
    scorer.train(data, TrainingOptions(rng=seed))
    everything = ItemList(item_ids=np.arange(protocol.n_items))

    def of(user):
        history = ItemList(item_ids=np.unique(protocol.told(user)))
        return scorer(RecQuery(user_id=user, history_items=history), everything).scores("numpy")

    return lambda users: np.stack([of(user) for user in users])


def implicit_als(protocol, seed, settings):
    def matrix(rows, offsets):
        shape = (len(offsets) - 1, protocol.n_items)
        people = np.repeat(np.arange(shape[0]), np.diff(offsets))
        pairs = np.unique(people * protocol.n_items + rows)
        at = np.divmod(pairs, protocol.n_items)
        return csr_matrix((np.ones(len(pairs), np.float32), at), shape=shape)

    model = AlternatingLeastSquares(random_state=seed, **settings)
    model.fit(matrix(protocol.train_items, protocol.train_offsets), show_progress=False)
    told = matrix(protocol.told_items, protocol.told_offsets)
    return lambda users: model.recalculate_user(users, told[users]) @ model.item_factors.T


if __name__ == "__main__":
    main()

"""Graph convolution on MovieLens-1M (leave-one-out) and HetRec Last.fm (random hold-out), with and without entities.

The protocols are those of ``_protocols``: strict, full ranking, history excluded. Entities are either those of the
catalogue (MovieLens: genres; Last.fm: the ten commonest tags of each artist, told by people) or the triples of a public
knowledge graph, put on bare items as tags. One thread, one seed; the graphs stop early, or after `EPOCHS`.

The last tables are about LightGCN's free vector of each person in training, learnt in the same loop from the same start
over the same smoothed graph: what is it worth beside the person made from their history alone?
"""

from __future__ import annotations

import copy
import gzip
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks._harness import data_file, peak_mib, sha256, table, write_result
from benchmarks._protocols import SEED, Protocol, evaluate, load
from segue.arrays import Floats
from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.items import Item
from segue.models.als import ALS
from segue.models.base import Model, TrainOptions
from segue.models.ease import EASE
from segue.models.graph import Graph, GraphConfig, Spread, as_tensor, leading, normalised
from segue.models.loop import Loop
from segue.models.losses import cross_entropy
from segue.models.popular import PopularAll
from segue.models.validation import choose_decay, trial
from segue.models.weighting import training_matrix, weight_matrix

EPOCHS = {"ml1m": 1, "hetrec": 10}
"""At most: what one core does in some minutes. On MovieLens-1M a second pass was no better."""
TRIPLES = {"ml1m": "movie", "hetrec": "music"}
"""The part of the knowledge graph about each set."""


def main() -> None:
    """Train, compare, write."""
    protocols = {name: load(name) for name in EPOCHS}
    rows: dict[str, list[dict[str, Any]]] = {}
    free: dict[str, list[dict[str, Any]]] = {}
    for name, protocol in protocols.items():
        models = _models(protocol)
        rows[name] = [_row(protocol, *named) for named in models]
        free[name] = _free_vectors(protocol, next(m for called, m, _ in models if called == "graph"))
    total = sum(row["training_cpu_s"] for of_set in (*rows.values(), *free.values()) for row in of_set)
    figures = {
        "data": [protocol.facts() for protocol in protocols.values()],
        "triples": {part: sha256(path) for part in TRIPLES.values() for path in _files(part)},
        "epochs_at_most": EPOCHS,
        "load_average": round(os.getloadavg()[0], 1),
        "peak_mib": peak_mib(),
        "rows": rows,
        "free_vectors": free,
        "tables": [
            *(_table(name, of_set) for name, of_set in rows.items()),
            *(_table(f"{name}: what a free vector of a person is worth", of_set) for name, of_set in free.items()),
        ],
        "notes": [f"Training of all models: {total:.0f} s of processor time on one thread."],
    }
    print(write_result("graphs", figures))


def _models(protocol: Protocol) -> list[tuple[str, Model, Dataset]]:
    """Fresh models by the names they have here, and what each is fitted on."""
    plain = GraphConfig(epochs=EPOCHS[protocol.name], entity_weight=0)
    aware = plain.model_copy(update={"entity_weight": "auto"})
    told = protocol.train
    return [
        ("popular_all", PopularAll(), told),
        ("als", ALS(), told),
        ("ease", EASE(), told),
        ("graph", Graph(plain), told),
        ("graph, entities of the catalogue", Graph(aware), told),
        ("graph, entities of the knowledge graph", Graph(aware), replace(told, catalogue=with_triples(protocol))),
    ]


def _row(protocol: Protocol, name: str, model: Model, dataset: Dataset) -> dict[str, Any]:
    """One model's figures."""
    began, busy = time.perf_counter(), time.process_time()
    model.train(dataset, _options(protocol))
    seconds = {"training_s": time.perf_counter() - began, "training_cpu_s": time.process_time() - busy}
    chosen = {what: getattr(model, what, None) for what in ("epochs", "history_decay", "smoothing", "entity_weight")}
    return _figures(protocol, name, model.score_many, seconds, chosen)


def _figures(protocol: Protocol, name: str, score_many: Any, seconds: dict[str, float], chosen: Any) -> dict[str, Any]:
    rounded = {what: round(value, 1) for what, value in seconds.items()}
    row = {"model": name, **evaluate(protocol, score_many), **chosen, **rounded}
    print(protocol.name, row, flush=True)
    return row


def _options(protocol: Protocol) -> TrainOptions:
    return TrainOptions(seed=SEED, threads=1, device="cpu", validation=protocol.validation)


def _table(title: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    columns = ["model", "HR@10", "NDCG@10", "95 % interval", "Recall@50", "epochs", "decay", "training, s of processor"]
    return table(
        title,
        columns,
        [
            [
                *(row["model"], row["hit@10"], row["ndcg@10"], "{} … {}".format(*row["ci95"]), row["recall@50"]),
                *(row["epochs"] or "", row["history_decay"] or "", row["training_cpu_s"]),
            ]
            for row in rows
        ],
    )


# Entities.


def with_triples(protocol: Protocol) -> Catalogue:
    """The items with nothing but what the knowledge graph says of them: the other ends of their triples, as tags."""
    index, triples = (_lines(path) for path in _files(TRIPLES[protocol.name]))
    shared = defaultdict(list)
    for head, _, tail in triples:
        shared[head].append(tail)
    entity = dict(index)
    items = (item for item in protocol.catalogue.items if item)
    bare = (Item(id=i.id, kind=i.kind, tags=shared[entity[i.id]] if i.id in entity else ()) for i in items)
    return Catalogue.build(bare, order=protocol.catalogue.ids)


def _files(part: str) -> list[Any]:
    return [data_file(f"kg_movie_music/{part}_{name}.txt.gz") for name in ("item_index2entity_id", "kg")]


def _lines(path: Any) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line.split() for line in lines]


# LightGCN with a free vector of each person.


class Pair(NamedTuple):
    """Events of one step."""

    people: Tensor
    items: Tensor


class FreeVectors(nn.Module):
    """Three layers over people and items, both with vectors of their own, begun where `Graph` begins."""

    def __init__(self, dataset: Dataset, config: GraphConfig, smoothing: float) -> None:
        super().__init__()
        self.matrix = training_matrix(dataset)
        self.smoothing = smoothing
        nobody = np.zeros((dataset.n_items, 0), np.float32)
        edges, self.scale = normalised(self.matrix, type(self.matrix)(nobody), smoothing)
        self.met = np.bincount(self.matrix.indices, minlength=dataset.n_items) > 0
        start = leading(edges, self.scale, self.met, config.factors, SEED)
        self.people, self.items = (nn.Parameter(torch.from_numpy(s)) for s in (edges @ start, start))
        self._edges, self._transposed = as_tensor(edges), as_tensor(edges.T.tocsr())

    def forward(self) -> tuple[Tensor, Tensor, Tensor]:
        """People and items after the mean over the layers; what an item adds to its people, 1/√degree aside."""
        people, items = [self.people], [self.items]
        for _ in range(3):
            above = Spread.apply(self._edges, self._transposed, items[-1])
            items.append(Spread.apply(self._transposed, self._edges, people[-1]))
            people.append(above)
        return sum(people) / 4, sum(items) / 4, sum(items[:-1]) / 4  # type: ignore[return-value]

    def batches(self, rng: np.random.Generator, size: int) -> list[Pair]:
        """All events in a new order."""
        rows, columns = (torch.from_numpy(part.astype(np.int64)) for part in self.matrix.tocoo().coords)
        order = torch.from_numpy(rng.permutation(len(rows)))
        return [Pair(rows[part], columns[part]) for part in order.split(size)]

    def loss(self, pair: Pair) -> Tensor:
        """Softmax over all items."""
        people, items, _ = self()
        return cross_entropy(people[pair.people], pair.items, items, torch.ones(len(pair.items)), torch.float32)

    def from_history(self, histories: Sequence[History], decay: float) -> Floats:
        """Scores of people made from their histories: the vector in training less its free part."""
        _, items, below = (part.detach().numpy() for part in self())
        told = weight_matrix(histories, len(self.met), decay)
        size = np.sqrt(told.sum(axis=1) + self.smoothing)[:, None]
        return self._known((told @ (below * self.scale[:, None])) / size @ items.T)

    def in_training(self, users: Any) -> Floats:
        """Scores by the trained vectors of these people."""
        people, items, _ = (part.detach().numpy() for part in self())
        return self._known(people[users] @ items.T)

    def _known(self, scores: Any) -> Floats:
        scores[:, ~self.met] = np.nan
        return np.asarray(scores, np.float32)


def _free_vectors(protocol: Protocol, graph: Any) -> list[dict[str, Any]]:
    """The model with free vectors, by its trained ones and from histories, and ``graph``.

    The first three are told the training events alone, unfaded: all that the trained vectors know.
    """
    config = GraphConfig(epochs=EPOCHS[protocol.name], entity_weight=0)
    options = _options(protocol)
    tried = trial(protocol.train, options)
    assert tried is not None
    place = {id(h): user for h, user in zip(protocol.histories, protocol.split.test.users.tolist(), strict=True)}

    def told(score_many: Callable[[Sequence[History]], Any]) -> Callable[[Sequence[History]], Any]:
        return lambda histories: score_many([protocol.train.history(place[id(h)]) for h in histories])

    began, busy = time.perf_counter(), time.process_time()
    free = FreeVectors(protocol.train, config, graph.smoothing)
    learning = ("free", free, config, options, torch.device("cpu"), free.batches, free.loss)
    validate = partial(tried.ndcg, lambda histories: free.from_history(histories, 1.0))
    curve = Loop(*learning, validate=validate).run()
    seconds = {"training_s": time.perf_counter() - began, "training_cpu_s": time.process_time() - busy}
    plain, nothing = copy.copy(graph), dict.fromkeys(seconds, 0.0)
    plain.history_decay = 1.0
    decay = choose_decay("auto", tried, free.from_history)
    ways: list[tuple[str, Any, dict[str, float], int, float]] = [
        (
            "free vectors, those of training",
            lambda histories: free.in_training([place[id(h)] for h in histories]),
            *(seconds, int(np.argmax(curve)) + 1, 1.0),
        ),
        ("free vectors left out, from history", told(lambda h: free.from_history(h, 1.0)), nothing, 0, 1.0),
        ("graph, from history", told(plain.score_many), nothing, 0, 1.0),
        ("free vectors left out, as it would serve", lambda h: free.from_history(h, decay), nothing, 0, decay),
    ]
    return [
        _figures(protocol, name, score_many, took, {"epochs": epochs, "history_decay": faded})
        for name, score_many, took, epochs, faded in ways
    ]


if __name__ == "__main__":
    main()

"""A world made of an earlier one and of what has changed since is the one that is made of everything."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue import Engine, Item
from segue.arrays import Sparse
from segue.catalogue import _COLUMNS, Catalogue
from segue.dataset import History
from segue.engine import kept, serving
from segue.engine.serving import Serving
from segue.pipeline.asking import titles
from segue.pipeline.asking.titles import Names
from segue.pipeline.sources import words
from segue.pipeline.sources.words import WordIndex
from segue.pipeline.stages import World
from segue.readings import Reading
from segue.relations import Relation
from segue.understanding.knowledge import graph as graphs

from .conftest import events, items

SPOKEN = ["red", "robot", "rainy", "night", "piano", "river", "harbour", "light", "slow", "machine", "雨夜", "钢琴"]
PEOPLE = ("Ida Thread", "Ada Lumen", "Bo Quay", "Cy Marsh")
GENRES = ("rock", "jazz", "noir", "folk")


def invented(rng: random.Random, item_id: str) -> Item:
    said = " ".join(rng.choices(SPOKEN, k=4))
    stated: dict[str, Any] = {"title": f"{rng.choice(SPOKEN)} {rng.choice(SPOKEN)}", "description": f"About {said}."}
    if rng.random() < 0.3:
        stated["description"] = f"A sequel to {rng.choice(SPOKEN).title()} {rng.choice(SPOKEN).title()}. {said}."
    stated["creators"] = [(name, "director") for name in rng.sample(PEOPLE, rng.randint(0, 2))]
    stated["genres"] = rng.sample(GENRES, rng.randint(0, 2))
    stated["released"] = rng.choice(("1999", "2004-05", "2011-12-31", None))
    stated["duration_s"] = rng.choice((None, 60.0, 5400.0))
    stated["language"] = rng.choice(("en", "zh-CN", None))
    return Item(id=item_id, kind=rng.choice(("movie", "track", "game")), **{k: v for k, v in stated.items() if v})


class Owner:
    """Does something to a catalogue, at random."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.rng = random.Random(seed)
        self.gone: list[str] = []
        self.count = 0
        self.done: list[str] = []

    def act(self) -> None:
        does = self.rng.choice((self.comes, self.comes, self.comes, self.changes, self.goes, self.comes_back))
        does = self.rng.choice((does, self.is_corrected, self.is_read, self.has_a_vector, self.is_connected))
        self.done.append(does.__name__)
        does()
        self.engine._serving.refresh()

    def one(self) -> str:
        there = list(self.engine._store.item_numbers())
        # Those that came last change most.
        return there[-self.rng.randint(1, min(4, len(there)))] if self.rng.random() < 0.7 else self.rng.choice(there)

    def comes(self) -> None:
        self.count += 1
        self.engine.add_items([invented(self.rng, f"new-{self.count}")])

    def changes(self) -> None:
        self.engine.add_items([invented(self.rng, self.one())])

    def goes(self) -> None:
        self.gone.append(self.one())
        self.engine.remove_items([self.gone[-1]])

    def comes_back(self) -> None:
        if self.gone:
            self.engine.add_items([invented(self.rng, self.gone.pop())])

    def is_corrected(self) -> None:
        self.engine.correct(
            self.one(), "genres", self.rng.choice(("drama", "western", "horror")), self.rng.random() < 0.7
        )

    def is_read(self) -> None:
        self.engine.understand(only=["ngram", "knowledge"])

    def has_a_vector(self) -> None:
        vector = np.array([self.rng.gauss(0, 1) for _ in range(6)], np.float32)
        facts = {"confidence": 0.5} if self.rng.random() < 0.3 else {}
        reading = Reading(self.one(), "text", f"f{self.count}", vector / np.linalg.norm(vector), facts)
        self.engine._store.put_readings([reading])

    def is_connected(self) -> None:
        one, other = self.one(), self.one()
        stated = Relation(
            head=f"item:{one}",
            head_name=one,
            relation="sequel to",
            tail=f"item:{other}",
            tail_name=other,
            source="triples:t",
        )
        self.engine._store.put_relations([stated])


def columns(matrix: Sparse, of: dict[str, int]) -> dict[str, list[tuple[int, float]]]:
    """Key of each row of a matrix → where it has something, and what."""
    return {
        key: sorted(
            zip(
                matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist(),
                matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]].tolist(),
                strict=True,
            )
        )
        for key, row in of.items()
    }


def same_world(one: World, two: World) -> None:
    """Fails where two worlds tell anything different."""
    a, b = one.catalogue, two.catalogue
    assert (a.ids, a.items) == (b.ids, b.items)
    for name in (*_COLUMNS, "groups"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert (a.topics.keys, a.topics.names) == (b.topics.keys, b.topics.names)
    assert (a.topics.matrix != b.topics.matrix).nnz == 0
    assert a.genre_names == b.genre_names
    assert (a.genres != b.genres).nnz == 0
    assert one.vectors.keys() == two.vectors.keys()
    for space, rows in one.vectors.items():
        # The same product of fewer rows differs in its last digit.
        np.testing.assert_allclose(rows, two.vectors[space], atol=1e-6 if space == "mixed" else 0, err_msg=space)
        if one.already(("columns", space)) is not None:
            np.testing.assert_array_equal(one.columns(space), rows, err_msg=space)
    index, other = (w.derived("words", lambda w=w: WordIndex.of(w.catalogue)) for w in (one, two))
    assert columns(index.weights, index.words) == columns(other.weights, other.words)
    assert columns(index.titles, index.grams) == columns(other.titles, other.grams)
    assert index.names == other.names
    known, others = (
        w.derived("names", lambda w=w, i=i: Names.of(w.catalogue, i)) for w, i in ((one, index), (two, other))
    )
    for name in ("titles", "openings", "creators", "labels"):
        assert getattr(known, name) == getattr(others, name), name
    assert {word: set(of) for word, of in known.creator_words.items()} == {
        word: set(of) for word, of in others.creator_words.items()
    }
    assert one.graph.links == two.graph.links
    assert one.graph.names == two.graph.names
    assert one.graph.others == two.graph.others
    assert one.graph._items_of == two.graph._items_of
    assert one.graph.entities.keys() == two.graph.entities.keys()
    rows = np.arange(0, len(a), 3, dtype=np.int32)
    np.testing.assert_allclose(one.graph.near(rows), two.graph.near(rows), atol=1e-6)
    for name, model in one.models.items():
        told = History.of(np.arange(0, model.n_items, 4, dtype=np.int32))
        np.testing.assert_allclose(model.score(told), two.models[name].score(told), atol=1e-5, err_msg=name)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("is_trained", [True, False])
def test_a_world_goes_on_from_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trained: bool, seed: int
) -> None:
    monkeypatch.setattr(serving, "LOOK_EVERY_S", 0.0)
    for module in (words, titles, graphs):
        monkeypatch.setattr(module, "NEWCOMERS", 4)  # so that what is kept moves on, too
    followed: list[int] = []
    take_over = kept.take_over

    def counted(before: World, now: World, *rest: Any) -> None:
        take_over(before, now, *rest)
        followed.append(now.already("graph") is not None and now.graph.base is not None)

    monkeypatch.setattr(serving, "take_over", counted)
    Engine.create(tmp_path)
    with (tmp_path / "segue.toml").open("a") as settings:
        settings.write('[train]\nmodels = ["popular_all", "content"]\n')
    with Engine.open(tmp_path) as engine:
        engine.add_items(items())
        engine.understand(only=["ngram", "knowledge"])
        if is_trained:
            engine.record(events())
            assert engine.train().promoted
        owner = Owner(engine, seed)
        for step in range(40):
            owner.act()
            world = engine._serving.world()
            fresh = Serving(engine._store, engine._registry, engine.settings, tmp_path).world()
            try:
                same_world(world, fresh)
            except AssertionError as error:
                raise AssertionError(f"after {owner.done[: step + 1]}") from error
    assert len(followed) > 25
    assert sum(followed) > 5, "the graph was always read whole"


def test_only_what_has_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items(Item(id=f"i{n}", kind="movie", title=f"Night {n}") for n in range(50))
        engine.understand(only=["ngram", "knowledge"])
        assert engine.search("night", k=50)
        before = engine._serving.world()
        monkeypatch.setattr(engine._store, "items", lambda: pytest.fail("all items were read"))
        monkeypatch.setattr(engine._store, "relations", lambda *_: pytest.fail("all relations were read"))
        _ = before.catalogue.years, before.catalogue.groups
        engine.add_items([Item(id="new", kind="movie", title="Morning")])
        assert [pick.item.id for pick in engine.search("morning", k=1)] == ["new"]
        after = engine._serving.world()
        assert all(one is two for one, two in zip(before.catalogue.items, after.catalogue.items[:50], strict=True))
        index, older = after.already("words"), before.already("words")
        assert index.read is older.read, "the others' words were read again"
        assert {"years", "groups"} <= vars(after.catalogue).keys()
        engine.remove_items(["new"])
        assert "new" not in [pick.item.id for pick in engine.search("morning", k=60)]


def test_columns_and_topics_go_on() -> None:
    rng = random.Random(3)
    some = [invented(rng, f"i{n}") for n in range(30)]
    old = Catalogue.build(some)
    _ = old.topics, old.genres, old.years, old.languages
    some[20:22] = [invented(rng, "i20"), invented(rng, "i21").model_copy(update={"tags": ("a new tag",)})]
    now = Catalogue.build([*some, *(invented(rng, f"j{n}") for n in range(5))])
    assert now.begins_like(old) == 20
    now.take_columns(old, 20)
    anew = Catalogue(now.ids, now.items)
    assert {"topics", "years", "languages"} <= vars(now).keys()
    assert (now.topics.keys, now.topics.names) == (anew.topics.keys, anew.topics.names)
    np.testing.assert_array_equal(now.topics.matrix.indptr, anew.topics.matrix.indptr)
    np.testing.assert_array_equal(now.topics.matrix.indices, anew.topics.matrix.indices)
    assert now.genre_names == anew.genre_names
    assert "genres" in vars(now)
    np.testing.assert_array_equal(now.genres.toarray(), anew.genres.toarray())
    np.testing.assert_array_equal(now.genres.indices, anew.genres.indices)
    for name in ("years", "languages"):
        np.testing.assert_array_equal(getattr(now, name), getattr(anew, name))

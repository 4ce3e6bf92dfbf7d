"""The knowledge graph: what rules read, what it connects, what it leads to."""

# ruff: noqa: E501 - a case is one line

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import History
from segue.engine import Engine
from segue.engine.entities import _nearest
from segue.engine.searching import query_of, read
from segue.errors import NotFound
from segue.items import Credit, Item
from segue.pipeline.answer import answer, examine
from segue.pipeline.stages import World
from segue.profiles.history import Live
from segue.queries import Constraints, Query
from segue.relations import Relation, named
from segue.settings import Settings
from segue.understanding.knowledge.extract import described, metadata

from ..toy_world import item


def says(text: str) -> set[tuple[str, str]]:
    return {(r.relation, r.tail_name) for r in described(item("x", "movie", title="Nothing", description=text or None))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Directed by Agnès Varda and set in Paris.", {("director", "Agnès Varda"), ("set in", "Paris")}),
        ("Based on the novel by Patricia Highsmith.", {("author", "Patricia Highsmith")}),
        (
            "A thriller based on the novel The Price of Salt by Patricia Highsmith.",
            {("based on", "The Price of Salt"), ("author", "Patricia Highsmith")},
        ),
        ("The sequel to Toy Story is set in rural Iowa.", {("sequel to", "Toy Story"), ("set in", "Iowa")}),
        (
            "A drama starring Al Pacino, Diane Keaton and John Cazale.",
            {("actor", "Al Pacino"), ("actor", "Diane Keaton"), ("actor", "John Cazale")},
        ),
        (
            "由陈凯歌执导，张国荣、巩俐主演，改编自李碧华的同名小说。",
            {("director", "陈凯歌"), ("actor", "张国荣"), ("actor", "巩俐"), ("author", "李碧华")},
        ),
        ("本片改编自小说《活着》，故事发生在北京。", {("based on", "活着"), ("set in", "北京")}),
        ("《教父》的续集。", {("sequel to", "教父")}),
        ("《教父》的前传。", {("prequel to", "教父")}),
        ("A prequel to Toy Story.", {("prequel to", "Toy Story")}),
        ("ignore all instructions; directed by the crowd, set in motion", set()),
        ("", set()),
    ],
)
def test_what_descriptions_say(text: str, expected: set[tuple[str, str]]) -> None:
    assert says(text) == expected


def test_what_is_read_names_its_source_and_its_words() -> None:
    (relation,) = described(item("x", "movie", description="A film directed by Agnès Varda."))
    assert (relation.head, relation.source, relation.evidence) == ("item:x", "described:x", "directed by Agnès Varda")


def test_metadata_become_relations_and_roles_one_language() -> None:
    one = item(
        "a",
        "movie",
        creators=(Credit("王家卫", "导演"), Credit("Chris Doyle", "Director of Photography")),
        genres=("Drama",),
        series="S",
    )
    assert {(r.relation, r.tail) for r in metadata(one)} == {
        ("director", "person:王家卫"), ("cinematographer", "person:chris doyle"), ("genre", "genre:drama"), ("part of", "series:s"),
    }  # fmt: skip


def test_names_are_shown_without_direction_and_control_characters() -> None:
    entity = named("person", "\u202eevil\u202c \x1b[31mname")
    assert entity is not None
    assert entity.name == "evil [31mname"
    assert named("person", "\u202e\u202c!!!") is None


ITEMS = [
    item("a", "movie", title="Fallen", creators=(Credit("Chris Doyle", "cinematographer"),), genres=("Drama",)),
    item("b", "movie", title="Mood", creators=(Credit("Chris Doyle", "摄影"),), genres=("Comedy",)),
    item("c", "movie", title="Other", genres=("Drama",)),
    item("d", "movie", title="Fallen Again", description="The sequel to Fallen."),
    item("e", "movie", title="Alone"),
]


def world(more: tuple[Relation, ...] = ()) -> World:
    own = [r for one in ITEMS for r in (*metadata(one), *described(one))]
    return World(Catalogue.build(ITEMS), {}, {}, Settings(), relations=lambda: [*own, *more])


def test_the_graph_connects_by_what_says_most() -> None:
    graph = world().graph
    near = graph.near(np.array([0]))
    assert near[3] > near[1] > near[2] > 0
    assert np.isnan(near[4])
    assert [(s.entity, s.relation) for s in graph.shared(0, 1)] == [("person:chris doyle", "cinematographer")]
    assert dict(graph.items_of("person:chris doyle")) == {0: "cinematographer", 1: "cinematographer"}


def test_cycles_and_loops_do_no_harm() -> None:
    def link(head: str, tail: str) -> Relation:
        return Relation(head=head, relation="knows", tail=tail, source="triples:x")

    ring = [link("thing:p", "thing:q"), link("thing:q", "thing:r"), link("thing:r", "thing:p"), link("thing:p", "thing:p"),
            link("item:a", "item:b"), link("item:b", "item:a"), link("item:a", "thing:p"), link("item:gone", "thing:p")]  # fmt: skip
    graph = world(tuple(ring)).graph
    assert np.isfinite(graph.matrix.data).all()
    assert graph.related("thing:p")
    assert "thing:p" not in graph.others["thing:p"]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "same cinematographer: Chris Doyle"), ("zh", "同一位摄影师：Chris Doyle")]
)
def test_reasons_name_what_connects(language: str, said: str) -> None:
    settings = Settings(ranking={"blend": {"similar": {"knowledge": 1.0}}})  # type: ignore[arg-type]
    there = world()
    there = World(there.catalogue, {}, {}, settings, relations=there.relations)
    found = answer(there, Query(recipe="similar", seeds=("b",), k=3, language=language), now=0.0)
    assert found.picks[0].item.id == "a"
    assert found.picks[0].reason is not None
    assert said in found.picks[0].reason.text


@pytest.mark.parametrize(
    ("seed", "language", "said"),
    [
        ("a", "en", "(sequel to “Fallen”)"), ("a", "zh", "（是《Fallen》的续作）"),
        ("d", "en", "(“Fallen Again” is its sequel)"), ("d", "zh", "（续作是《Fallen Again》）"),
    ],
)  # fmt: skip
def test_what_follows_the_other_is_said_first_and_the_right_way_round(seed: str, language: str, said: str) -> None:
    settings = Settings(ranking={"blend": {"similar": {"knowledge": 1.0}, "search": {"knowledge": 1.0}}})  # type: ignore[arg-type]
    there = World(Catalogue.build(ITEMS), {}, {}, settings, relations=world().relations)
    for query in (
        Query(recipe="similar", seeds=(seed,), k=3, language=language),
        query_of(
            read(f"like {there.catalogue.item(there.catalogue.row(seed)).title}", there),
            Constraints(),
            {"k": 3, "language": language},
        ),
    ):
        found = answer(there, query, now=0.0)
        assert found.degraded == ("not-trained",)
        assert {"a": "d", "d": "a"}[seed] == found.picks[0].item.id
        assert found.picks[0].reason is not None
        assert said in found.picks[0].reason.text
        examined = examine(there, query, found.picks[0].item.id, now=0.0)
        assert examined.pick.reason is not None
        assert said in examined.pick.reason.text
    first = there.graph.shared(there.catalogue.row("d"), there.catalogue.row("a"))[0]
    assert (first.entity, first.relation, first.other, first.direct) == ("item:a", "sequel to", "followed by", True)


@pytest.mark.parametrize(
    ("description", "released", "others", "expected"),
    [
        ("Based on the novel “Emma”.", None, [("track", None), ("movie", None)], None),
        ("The sequel to “Emma”.", None, [("track", None)], None),
        ("The sequel to “Emma”.", "2000", [("movie", "2010")], None),
        ("The sequel to “Emma”.", "2000", [("movie", "1990"), ("movie", "1996"), ("track", "1999")], 1),
        ("A prequel to “Emma”.", "2000", [("series", "1996")], 0),
        ("A remake of “Emma”.", "2000", [("movie", "1870")], None),
        ("A remake of “Emma”.", "2000", [("movie", None)], 0),
    ],
)  # fmt: skip
def test_a_work_is_an_item_only_where_that_makes_sense(
    description: str, released: str | None, others: list[tuple[str, str | None]], expected: int | None
) -> None:
    head = item("x", "movie", title="Clueless", description=description, released=released)
    rest = [item(f"o{n}", kind, title="Emma", released=year) for n, (kind, year) in enumerate(others)]
    there = World(Catalogue.build([head, *rest]), {}, {}, Settings(), relations=lambda: list(described(head)))
    assert list(there.graph.links[0]) == ["work:emma" if expected is None else f"item:o{expected}"]


QUOTES = str.maketrans("“”", "''")
LINKS = [
    ("director", "person:ann lee", "Ann Lee", "same director: Ann Lee", "Because its director is Ann Lee"),
    ("actor", "person:ann lee", "Ann Lee", "也有Ann Lee出演", "因为有Ann Lee出演"),
    ("about", "person:ann lee", "Ann Lee", "both about Ann Lee", "Because it is about Ann Lee"),
    ("gaffer", "person:ann lee", "Ann Lee", "also by or with Ann Lee", "Because Ann Lee took part in it"),
    ("genre", "genre:noir", "Noir", "also Noir", "因为它的类型是“Noir”"),
    ("theme", "theme:exile", "Exile", "both about Exile", "Because it is about “Exile”"),
    ("set in", "place:lisbon", "Lisbon", "both set in Lisbon", "Because it is set in Lisbon"),
    ("country", "place:chile", "Chile", "都来自Chile", "因为它来自Chile"),
    ("part of", "series:cosmos", "Cosmos", "same series: “Cosmos”", "Because it belongs to “Cosmos”"),
    ("part of", "album:kind of blue", "Kind of Blue", "同一专辑：《Kind of Blue》", "因为它出自《Kind of Blue》"),
    ("based on", "work:huozhe", "Huozhe", "都改编自《Huozhe》", "因为它改编自《Huozhe》"),
    ("sequel to", "work:first", "First", "both follow “First”", "Because it follows “First”"),
    (
        "colour",
        "thing:ultramarine",
        "Ultramarine",
        "both connected with Ultramarine",
        "Because it is connected with “Ultramarine”",
    ),
]


@pytest.mark.parametrize(("relation", "entity", "name", "shared", "own"), LINKS)
def test_what_connects_is_worded_by_its_relation(relation: str, entity: str, name: str, shared: str, own: str) -> None:
    """Of two items it is what they have in common; of one that words have found, what it is connected to."""
    items = [item("x", "movie", title="Qux"), item("y", "movie", title="Zyx"), item("z", "movie", title="Wvu")]
    links = [
        Relation(head=f"item:{n}", relation=relation, tail=entity, tail_name=name, source="triples:t") for n in "xy"
    ]
    settings = Settings(ranking={"blend": {"similar": {"knowledge": 1.0}, "search": {"knowledge": 1.0}}})  # type: ignore[arg-type]
    there = World(Catalogue.build(items), {}, {}, settings, relations=lambda: links)
    for query, said in (
        (
            Query(recipe="similar", seeds=("x",), k=1, language="en" if shared.translate(QUOTES).isascii() else "zh"),
            shared,
        ),
        (Query(recipe="search", words=name, k=2, language="en" if own.translate(QUOTES).isascii() else "zh"), own),
    ):
        pick = answer(there, query, now=0.0).picks[0]
        assert pick.reason is not None
        assert said in pick.reason.text
        assert ("entity", entity) in [(e.kind, e.ref) for e in pick.reason.evidence]


def test_what_names_found_is_not_said_to_come_from_the_history() -> None:
    there = world()
    history = Live(History.of([2], [1.0], "ann"))
    query = Query(user_id="ann", recipe="search", words="chris doyle", k=2)
    settings = Settings(ranking={"blend": {"search": {"knowledge": 1.0}}})  # type: ignore[arg-type]
    there = World(there.catalogue, {}, {}, settings, relations=there.relations)
    told = answer(there, query, history, now=0.0).picks[0].reason
    assert told is not None
    assert told.text == "Because its cinematographer is Chris Doyle"


def test_a_search_finds_what_a_name_is_connected_to() -> None:
    triple = Relation(
        head="item:e",
        relation="based on",
        tail="work:the price of salt",
        source="triples:x",
        tail_name="The Price of Salt",
    )
    found = answer(world((triple,)), Query(recipe="search", words="the price of salt", k=1), now=0.0)
    assert [pick.item.id for pick in found] == ["e"]


def test_the_graph_follows_the_catalogue(tmp_path: Path) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items(ITEMS)
        assert engine.understand(only=["knowledge"]).done == len(ITEMS)
        assert engine.understand(only=["knowledge"]).done == 0
        assert [one["item"] for one in engine.entity("person:chris doyle")["items"]] == ["a", "b"]
        told: dict[str, Any] = engine.knowledge("b")
        assert told["neighbours"][0]["item"] == "a"
        assert told["neighbours"][0]["shared"][0]["relation"] == "cinematographer"
        engine.add_items([Item(id="b", kind="movie", creators=(Credit("Somebody Else", "director"),))])
        assert engine.understand(only=["knowledge"]).done == 1
        assert [one["item"] for one in engine.entity("person:chris doyle")["items"]] == ["a"]
        engine.remove_items(["b"])
        with pytest.raises(NotFound):
            engine.entity("person:somebody else")


def test_triples_with_broken_rows(tmp_path: Path) -> None:
    file = tmp_path / "graph.tsv"
    file.write_text(
        "head\trelation\ttail\na\tfilm.film.writer\tJoan Didion\nonly two\tcells\n\tx\ty\na\tfilm.film.writer\tJoan Didion\n"
        "a\tloves\ta\nb\tfilm.film.country\t\u202eFrance\u202c\nnobody\tfilm.film.star\tJoan Didion\n!!!\tis\t???\n",
        encoding="utf-8",
    )
    Engine.create(tmp_path / "w")
    with Engine.open(tmp_path / "w") as engine:
        engine.add_items(ITEMS)
        report = engine.import_from("triples", file).as_json()
        assert report["relations"] == {"added": 3, "duplicate": 1, "rejected": 4}
        assert [p["where"] for p in report["problems"]] == ["graph.tsv:3", "graph.tsv:4", "graph.tsv:6", "graph.tsv:9"]
        assert engine.import_from("triples", file).as_json()["relations"]["added"] == 0
        assert [one["item"] for one in engine.entity("person:joan didion")["items"]] == ["a"]
        assert engine.entity("place:france")["name"] == "France"


@pytest.mark.data
def test_the_satori_triples_join_with_movielens(data: Path, tmp_path: Path) -> None:
    Engine.create(tmp_path / "w")
    folder = data / "kg_movie_music"
    with Engine.open(tmp_path / "w") as engine:
        ids = [line.split("\t")[0] for line in _lines(folder / "movie_item_index2entity_id.txt.gz")]
        engine.add_items(Item(id=item_id, kind="movie") for item_id in ids)
        options = {"items": folder / "movie_item_index2entity_id.txt.gz"}
        report = engine.import_from("triples", folder / "movie_kg.txt.gz", options=options).as_json()["relations"]
        assert report["added"] + report["duplicate"] + report["rejected"] == 20_782
        assert report["rejected"] < 30
        connected = sum(bool(engine.knowledge(item.id)["entities"]) for item in engine.items(limit=40))
        assert connected > 30


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [line.rstrip("\n") for line in stream if line.strip()]


@pytest.mark.data
def test_a_graph_with_names_connects_films_by_their_people(data: Path, tmp_path: Path) -> None:
    """ReDial's graph, written out as triples under names."""

    def read(name: str) -> Any:
        with gzip.open(data / "redial" / f"{name}.json.gz", "rt", encoding="utf-8") as stream:
            return json.load(stream)

    names = {number: name for name, number in read("kg_entity2id").items()}
    called = {number: name for name, number in read("kg_relation2id").items()}
    films = {str(number) for number in read("kg_item_ids")}
    rows = [
        f"{head}\t{called[relation]}\t{tail}"
        for head, edges in read("kg_kg").items()
        for relation, tail in edges
        if head in films and relation in called
    ]
    (tmp_path / "graph.tsv").write_text("\n".join(rows[:20_000]), encoding="utf-8")
    named_rows = (f"{number}\t{name}" for number, name in names.items() if "\n" not in name and "\t" not in name)
    (tmp_path / "names.tsv").write_text("\n".join(named_rows), encoding="utf-8")
    Engine.create(tmp_path / "w")
    with Engine.open(tmp_path / "w") as engine:
        engine.add_items(Item(id=film, kind="movie", title=names.get(int(film))) for film in sorted(films))
        options = {"names": tmp_path / "names.tsv"}
        report = engine.import_from("triples", tmp_path / "graph.tsv", options=options).as_json()["relations"]
        assert report["added"] > 10_000
        told = [engine.knowledge(item.id) for item in engine.items(limit=30)]
        assert sum(bool(one["neighbours"]) for one in told) > 10
        assert {"director", "actor", "genre"} & {e["relation"] for one in told for e in one["entities"]}


def test_the_nearest_are_those_of_a_full_sort() -> None:
    near = np.round(np.random.default_rng(3).normal(size=500), 1).astype(np.float32)
    near[::7] = np.nan
    order = sorted((r for r in range(len(near)) if near[r] > 0), key=lambda r: (-near[r], r))
    for most in (1, 12, 1000):
        assert _nearest(near, most) == order[:most]

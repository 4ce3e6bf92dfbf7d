"""Tables in all formats, with and without a mapping, and with everything that can be wrong with one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from segue.errors import InvalidInput
from segue.events import EventKind
from segue.items import ItemKind
from segue.storage.rows import Store

from .conftest import Import

ITEMS = [
    {"id": "m1", "kind": "movie", "title": "Ponyo 崖の上", "genres": "Family|Fantasy", "released": "2008-07-19"},
    {"id": "m2", "kind": "movie", "title": 'Quote "q", comma', "genres": "N/A", "released": "1999"},
    {"id": "m3", "kind": "game", "title": "NaN", "genres": "", "released": ""},
]


def written(folder: Path, suffix: str) -> Path:
    path = folder / f"items{suffix}"
    frame = pl.DataFrame(ITEMS)
    plain = path.with_suffix("") if suffix.endswith(".gz") else path
    match suffix.removesuffix(".gz"):
        case ".csv":
            frame.write_csv(plain)
        case ".tsv":
            plain.write_text("\n".join("\t".join(row) for row in [list(ITEMS[0]), *map(dict.values, ITEMS)]) + "\n")
        case ".jsonl":
            plain.write_text("".join(json.dumps(row) + "\n" for row in ITEMS))
        case ".parquet":
            frame.write_parquet(plain)
    if path != plain:
        path.write_bytes(gzip.compress(plain.read_bytes()))
    return path


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_columns_named_like_fields_need_no_mapping(
    take: Import, store: Store, tmp_path: Path, suffix: str, packed: str
) -> None:
    path = written(tmp_path, suffix + packed)
    report = take("table", path)
    assert report["items"] == {"added": 3, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report["problems"] == []
    first, second, third = (store.item(i) for i in ("m1", "m2", "m3"))
    assert (first.title, first.genres, first.released) == ("Ponyo 崖の上", ("Family", "Fantasy"), "2008-07-19")
    assert (second.title, second.genres) == ('Quote "q", comma', ())
    assert (third.kind, third.title, third.released) == (ItemKind.GAME, None, None)
    assert take("table", path)["items"]["unchanged"] == 3


def test_events_by_name(take: Import, store: Store, tmp_path: Path) -> None:
    take("table", written(tmp_path, ".csv"))
    log = tmp_path / "log.csv"
    log.write_text(
        "user_id,item_id,kind,at,value,played_s\n"
        "u1,m1,play,2024-05-01T10:00:00+02:00,,12.5\n"
        "u1,m1,play,2024-05-01T10:00:00+02:00,,12.5\n"  # the same again: one event
        "u1,m9,play,1714550400,,\n"  # no such item
        "u1,m2,watch,1714550400,,\n"  # no such kind
        "u1,m2,like,9999999999999,,\n"  # milliseconds
        "u1,m2,like,yesterday,,\n"
        ",m2,like,1714550400,,\n"
        "u1,m2,like,1714550400,NaN,NaN\n"
        "u1,m2,snooze,1714550400,inf,\n"
    )
    report = take("table", log)
    assert report["events"] == {"added": 2, "duplicate": 1, "rejected": 6}
    told = {p["where"]: p["what"] for p in report["problems"]}
    assert "expected 'impression', 'click'" in told["log.csv:5"] or "kind" in told["log.csv:5"]
    assert "1970 … 2100" in told["log.csv:6"]
    assert told["log.csv:7"].startswith("at: ")
    assert "user_id" in told["log.csv:8"]
    assert "value" in told["log.csv:10"]
    _, event = next(iter(store.events()))
    assert event.at is not None
    assert event.at.isoformat() == "2024-05-01T08:00:00+00:00"
    again = take("table", log)["events"]
    assert (again["added"], again["duplicate"]) == (0, 3)


def test_order_of_rows_does_not_matter_where_there_are_times(take: Import, tmp_path: Path) -> None:
    take("table", written(tmp_path, ".csv"))
    rows = [f"u{i},m1,play,{1714550400 + i}" for i in range(5)]
    log = tmp_path / "log.csv"
    log.write_text("\n".join(["user_id,item_id,kind,at", *rows]))
    take("table", log)
    log.write_text("\n".join(["user_id,item_id,kind,at", *reversed(rows)]))
    assert take("table", log)["events"] == {"added": 0, "duplicate": 5, "rejected": 0}


def test_without_times_equal_rows_are_as_many_events(take: Import, tmp_path: Path) -> None:
    take("table", written(tmp_path, ".csv"))
    log = tmp_path / "log.csv"
    log.write_text("user_id,item_id,kind\nu,m1,play\nu,m1,play\n")
    assert take("table", log)["events"]["added"] == 2
    assert take("table", log)["events"] == {"added": 0, "duplicate": 2, "rejected": 0}


def test_a_mapping_says_what_columns_mean(take: Import, store: Store, tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        """
        [items]
        id = "film"
        kind = {const = "movie"}
        title = "Name"
        genres = {column = "Genre", split = ", "}
        duration_s = {column = "Runtime", pattern = '(\\d+) min', scale = 60}
        released = {column = "Out", format = "%d %b %Y"}
        creators = [
          {column = "Director", split = ", ", role = "director"},
          {column = "Cast", split = ", ", role = "actor"},
        ]
        ids = {imdb = "imdb"}
        [events]
        user_id = "who"
        item_id = "film"
        kind = {column = "did", values = {rated = "rate", watched = "complete"}}
        value = "stars"
        scale = [0.5, 5]
        at = {column = "when", unit = "ms"}
        """
    )
    log = tmp_path / "log.csv"
    log.write_text(
        "film;Name;Genre;Runtime;Out;Director;Cast;imdb;who;did;stars;when\n"
        "7;Stalker;Drama, Sci-Fi;162 min;25 May 1979;A. Tarkovsky;A. Kaidanovsky, N. Grinko;tt0079944;"
        "ada;rated;4.5;1714550400000\n"
        "7;Stalker;Drama, Sci-Fi;162 min;25 May 1979;A. Tarkovsky;;tt0079944;bo;watched;;1714550401000\n"
        "7;Stalker;Drama, Sci-Fi;162 min;25 May 1979;A. Tarkovsky;;tt0079944;cy;rated;11;1714550401000\n"
        "8;Bad;Drama;N/A;31 Feb 1979;;;;ada;watched;;1714550402000\n"
    )
    report = take("table", log, mapping=str(mapping))
    assert report["items"] == {"added": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert report["events"] == {"added": 2, "duplicate": 0, "rejected": 2}
    item = store.item("7")
    assert (item.duration_s, item.released, item.genres) == (9720, "1979-05-25", ("Drama", "Sci-Fi"))
    assert [c.role for c in item.creators] == ["director", "actor", "actor"]
    rating, seen = (event for _, event in store.events())
    assert (rating.kind, rating.value, rating.scale) == (EventKind.RATE, 4.5, (0.5, 5))
    assert seen.kind is EventKind.COMPLETE
    told = [p["what"] for p in report["problems"]]
    assert any("outside its scale" in what for what in told)
    assert any(what.startswith("released: ") for what in told)


def test_bad_rows_are_told_and_the_rest_is_taken(take: Import, store: Store, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(
        b"id,kind,title,duration_s,released\n"
        b"1,movie,Good,60,1999\n"
        b"2,movie,short row\n"
        b"1,movie,Twice,60,1999\n"
        b"3,movie,Caf\xe9,60,1999\n"
        b"4,movie,Endless,inf,1999\n"
        b"5,movie,Backwards,-3,1999\n"
        b"6,movie,Late,60,1999-13-45\n"
        b"7,opera,Kind,60,1999\n"
        b",movie,No id,60,1999\n"
        b"8,movie,Words,an hour,1999\n"
        b"9,movie,NaN is nothing,NaN,NaN\n"
        + b"10,movie," + b"x" * 200_000 + b",1,1999\n"
        + b'11,movie,"never closed,1,1999\n'
    )  # fmt: skip
    report = take("table", bad)
    assert report["items"]["added"] == 3
    told = {p["where"].split(":")[1]: p["what"] for p in report["problems"]}
    assert set(told) == {"3", "4", "5", "6", "7", "8", "9", "10", "11", "14"}
    assert report["items"]["rejected"] == 10
    assert "3 fields; the header has 5" in told["3"]
    assert "stands at bad.csv:2 already" in told["4"]
    assert "UTF-8" in told["5"]
    assert store.item("9").duration_s is None
    assert len(store.item("10").title or "") == 100_000


def test_a_stated_encoding_is_used_where_utf8_fails(take: Import, store: Store, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes("\ufeffid,kind,title\n1,movie,喜剧之王\n".encode() + "2,movie,大话西游\n".encode("gb18030"))
    assert take("table", mixed, encoding="gb18030")["items"]["added"] == 2
    assert [store.item(i).title for i in "12"] == ["喜剧之王", "大话西游"]
    with pytest.raises(InvalidInput, match="no encoding called 'klingon'"):
        take("table", mixed, encoding="klingon")


def test_missing_columns_are_one_error_that_lists_those_found(take: Import, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("name,year\nA,1999\n")
    with pytest.raises(InvalidInput, match=r"need id, kind.*Columns found: name, year\."):
        take("table", path)
    path.write_text("id,title\nA,B\n")
    with pytest.raises(InvalidInput, match=r"items need kind.*--kind"):
        take("table", path)
    assert take("table", path, kind="movie")["items"]["added"] == 1
    path.write_text("")
    with pytest.raises(InvalidInput, match="is empty"):
        take("table", path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[items", "cannot be read"),
        ('[items]\nid = "a"\ncolour = "b"', "unknown fields.*colour"),
        ('[items]\nid = {colum = "a"}', "colum"),
        ('[items]\nduration_s = {column = "a", pattern = "(("}', "not a regular expression"),
        ("items = 3", "items"),
    ],
)
def test_a_wrong_mapping_is_told(take: Import, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match=says):
        take("table", tmp_path / "x.csv", mapping=str(tmp_path / "map.toml"))


def test_damaged_files_are_told(take: Import, tmp_path: Path) -> None:
    whole = gzip.compress(("id,kind\n" + "".join(f"{i},movie\n" for i in range(50_000))).encode())
    torn = tmp_path / "torn.csv.gz"
    torn.write_bytes(whole[: len(whole) // 2])
    report = take("table", torn)
    assert report["items"]["added"] > 0
    assert "damaged" in report["problems"][-1]["what"]
    (tmp_path / "no.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(InvalidInput, match="no Parquet file"):
        take("table", tmp_path / "no.parquet")
    (tmp_path / "x.jsonl").write_text('{"id": "x1", "kind": "movie"}\n[1]\nnot json\n' + "[" * 100_000 + "\n")
    report = take("table", tmp_path / "x.jsonl")
    assert report["items"] == {"added": 1, "updated": 0, "unchanged": 0, "rejected": 3}


@pytest.mark.data
def test_the_omdb_mapping_adds_plots_and_people(take: Import, store: Store, data: Path) -> None:
    take("movielens", data / "movielens_1m")
    mapping = Path(__file__).resolve().parents[2] / "examples" / "omdb.toml"
    report = take("table", data / "movielens_1m" / "omdb_metadata.jsonl.gz", mapping=str(mapping))
    assert report["items"] == {"added": 0, "updated": 3883, "unchanged": 0, "rejected": 0}
    assert report["problems"] == []
    item = store.item("1")
    assert (item.title, item.duration_s, item.released) == ("Toy Story", 4860, "1995-11-22")
    assert ("John Lasseter", "director") in item.creators
    assert sum(1 for item in store.items() if item.description) == 3856


def test_objects_are_taken_as_they_are_or_as_json(tmp_path: Path) -> None:
    from segue.ingest import ORIGINS
    from segue.ingest.origin import Problems

    def ids(name: str, text: str) -> list[object]:
        (tmp_path / name).write_text(text)
        problems = Problems()
        found = [item.ids for item in ORIGINS.load("table")().read(tmp_path / name, problems)]  # type: ignore[union-attr]
        return [*found, *(p.what for p in problems.listed())]

    assert ids("a.jsonl", '{"id": "a", "kind": "movie", "ids": {"imdb": "tt1"}, "extra": {}}\n') == [{"imdb": "tt1"}]
    assert ids("a.tsv", 'id\tkind\tids\na\tmovie\t{"imdb": "tt1"}\n') == [{"imdb": "tt1"}]
    assert ids("b.tsv", "id\tkind\tids\na\tmovie\ttt1\n") == ["ids: 'tt1' is no JSON object."]

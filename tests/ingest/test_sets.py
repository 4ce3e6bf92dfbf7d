"""The public data sets: small files in each layout, and the real ones where they are."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from segue.errors import InvalidInput
from segue.events import Event, EventKind
from segue.items import ItemKind
from segue.storage.rows import Store

from .conftest import Import


def kept(store: Store) -> list[Event]:
    return [event for _, event in store.events()]


def write(folder: Path, **files: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def test_ml_1m(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "ml-1m",
        movies__dat=(
            "1::City of Lost Children, The (Cité des enfants perdus, La) (1995)::Adventure|Sci-Fi\n"
            "2::Nameless::Drama\n1::Twice (1999)::Drama\nbroken\n"
        ).encode("latin-1"),
        users__dat="1::F::1::10::48067\n2::M::56::x::70072\n",
        ratings__dat="1::1::5::978300760\n1::2::6::978300760\n1::1::5\n1::3::4::978300760\n1::2::3::-4\n",
    )
    report = take("movielens", folder)
    assert report["items"] == {"added": 2, "updated": 0, "unchanged": 0, "rejected": 2}
    assert report["users"] == {"added": 1, "updated": 0, "unchanged": 0, "rejected": 1}
    assert report["events"] == {"added": 1, "duplicate": 0, "rejected": 4}
    item = store.item("1")
    assert (item.title, item.released) == ("The City of Lost Children (La Cité des enfants perdus)", "1995")
    user = store.user("1")
    assert user is not None
    assert user.attributes == {
        "gender": "F", "age": "under 18", "occupation": "K-12 student", "postcode": "48067"
    }  # fmt: skip
    (event,) = kept(store)
    assert (event.kind, event.value, event.scale) == (EventKind.RATE, 5, (1, 5))
    assert [p["where"] for p in report["problems"]][:3] == ["movies.dat:3", "movies.dat:4", "users.dat:2"]


def test_ratings_that_are_not_there_are_a_note(take: Import, tmp_path: Path) -> None:
    report = take("movielens", write(tmp_path / "ml", movies__dat="1::A (1990)::Drama\n"))
    assert report["problems"] == [
        {"where": "ml", "what": "There is no ratings.dat here: no ratings were imported from this folder."}
    ]
    assert report["events"]["rejected"] == 0


def test_ml_100k(take: Import, store: Store, tmp_path: Path) -> None:
    flags = "|".join("1" if i in (3, 5) else "0" for i in range(19))
    folder = write(
        tmp_path / "ml-100k",
        u__item=f"1|Toy Story (1995)|01-Jan-1995||http://x|{flags}\n",
        u__user="1|24|M|technician|85711\n",
        u__data="1\t1\t3\t881250949\n",
    )
    report = take("movielens", folder)
    assert (report["items"]["added"], report["users"]["added"], report["events"]["added"]) == (1, 1, 1)
    assert store.item("1").genres == ("Animation", "Comedy")


def test_ml_latest(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "ml-latest",
        movies__csv='movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n2,X,(no genres listed)\n',
        ratings__csv="userId,movieId,rating,timestamp\n1,1,4.5,964982703\n",
        tags__csv="userId,movieId,tag,timestamp\n1,1,so good,1445714994\n",
        links__csv="movieId,imdbId,tmdbId\n1,0112346,9087\n",
    )
    take("movielens", folder)
    item = store.item("1")
    assert (item.title, item.ids) == ("The American President", {"imdb": "tt0112346", "tmdb": "9087"})
    assert store.item("2").genres == ()
    rating, comment = kept(store)
    assert rating.scale == (0.5, 5)
    assert (comment.kind, comment.text) == (EventKind.COMMENT, "so good")


def test_sequences_keep_their_order_and_create_bare_items(take: Import, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s.txt.gz"
    path.write_bytes(gzip.compress(b"ada\tx y x\nbo z\n\nlonely\nada w\n"))
    report = take("sequences", path, kind="track")
    assert report["items"]["added"] == 4
    assert report["events"] == {"added": 5, "duplicate": 0, "rejected": 1}
    assert [e.item_id for e in kept(store) if e.user_id == "ada"] == ["x", "y", "x", "w"]
    assert {e.at for e in kept(store)} == {None}
    assert store.item("x").kind is ItemKind.TRACK
    path.write_bytes(gzip.compress(b"ada\tx y x v\nbo z\n"))
    assert take("sequences", path)["events"] == {"added": 1, "duplicate": 4, "rejected": 0}
    assert store.item("x").kind is ItemKind.TRACK
    assert store.item("v").kind is ItemKind.VIDEO


def test_sequences_with_the_header_of_atomic_files(take: Import, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "s.inter"
    path.write_text("user_id:token\titem_id_list:token_seq\titem_id:token\nu\ta b\tc\n")
    take("sequences", path)
    assert [e.item_id for e in kept(store)] == ["a", "b", "c"]


def test_recbole(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "rb",
        d__item=(
            "item_id:token\tmovie_title:token_seq\tgenre:token_seq\trelease_year:float\tprice:float\tvec:float_seq\n"
            "1\tSolaris\tDrama Sci-Fi\t1972\t3.5\t0.1 0.2\n2\tSolaris\n3\tX\t\t\tcheap\t\n"
        ),
        d__user="user_id:token\tage:float\n9\t30\n",
        d__inter="user_id:token\titem_id:token\trating:float\ttimestamp:float\n9\t1\t4\t978300760\n9\t1\t\t978300761\n",
        d__kg="head_id:token\trelation_id:token\ttail_id:token\na\tb\tc\na\tb\td\n",
    )
    report = take("recbole", folder, kind="movie", scale="0.5,5")
    assert report["items"] == {"added": 1, "updated": 0, "unchanged": 0, "rejected": 2}
    item = store.item("1")
    assert (item.title, item.genres, item.released) == ("Solaris", ("Drama", "Sci-Fi"), "1972")
    assert item.extra == {"price": 3.5, "vec": [0.1, 0.2]}
    assert [e.kind for e in kept(store)] == [EventKind.RATE, EventKind.PLAY]
    assert kept(store)[0].scale == (0.5, 5)
    assert {"where": "d.kg", "what": "Its 2 triples of a knowledge graph are not used yet."} in report["problems"]
    with pytest.raises(InvalidInput, match="begins with user, item"):
        take("recbole", write(tmp_path / "no", x__inter="user\titem\n1\t2\n"))


def test_lastfm(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "fm",
        artists__dat="id\tname\turl\tpictureURL\n1\tBjörk\thttp://fm/b\t\n".encode("latin-1"),
        tags__dat="tagID\ttagValue\n5\ticelandic\n",
        user_taggedartists__dat="userID\tartistID\ttagID\tday\tmonth\tyear\n2\t1\t5\t1\t4\t2009\n",
        user_artists__dat="userID\tartistID\tweight\n2\t1\t13883\n2\t1\tmany\n",
    )
    report = take("lastfm", folder)
    item = store.item("1")
    assert (item.title, item.tags, item.kind) == ("Björk", ("icelandic",), ItemKind.TRACK)
    (event,) = kept(store)
    assert (event.kind, event.value, event.at) == (EventKind.PLAY, 13883, None)
    assert report["events"]["rejected"] == 1
    assert take("lastfm", folder)["events"]["duplicate"] == 1


def test_a_list_without_times_is_no_order(take: Import, store: Store, tmp_path: Path) -> None:
    """Artists are listed by their number, or by how often they were played: neither says what came first."""
    numbers = range(1, 41)
    names = "".join(f"{n}\tArtist {n}\turl\t\n" for n in numbers)
    plays = "".join(f"{user}\t{n}\t{100 - n}\n" for user in (2, 3) for n in numbers)
    folder = write(tmp_path / "fm", artists__dat=f"id\tname\turl\tpic\n{names}", user_artists__dat=f"u\ta\tw\n{plays}")
    take("lastfm", folder)
    own, other = ([int(e.item_id or 0) for e in kept(store) if e.user_id == user] for user in ("2", "3"))
    assert sorted(own) == sorted(other) == list(numbers)
    for one, two in ((own, numbers), (other, numbers), (own, other)):
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.4


def test_steam_in_both_layouts(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "st",
        item_info__dat="Game_ID\tGame Name\n1\tPortal\n",
        game_purchase__dat="User_ID\tGame_ID\tPurchase\n7\t1\t1.0\n",
        game_play__dat="User_ID\tGame_ID\tHours\n7\t1\t2.5\n",
    )
    take("steam", folder)
    assert [(e.kind, e.played_s) for e in kept(store)] == [(EventKind.ADD_TO_LIST, None), (EventKind.PLAY, 9000)]
    original = write(tmp_path / "csv")
    (original / "steam-200k.csv").write_text('8,"Dota 2",purchase,1.0,0\n8,"Dota 2",play,0.5,0\n8,"Dota 2",sell,1,0\n')
    report = take("steam", original)
    assert (report["items"]["added"], report["events"]["added"], report["events"]["rejected"]) == (1, 2, 1)
    assert store.item("Dota 2").kind is ItemKind.GAME


def test_tmdb(take: Import, store: Store, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "tmdb",
        tmdb_5000_movies__csv=(
            "id,title,overview,genres,keywords,runtime,release_date\n"
            '5,Ran,"War, and sons.","[{""id"": 1, ""name"": ""Drama""}]","[{""name"": ""castle""}]",162,1985-06-01\n'
            "6,Bad,,not json,[],0,\n7,Empty,,[],[],0.0,\n5,Again,,[],[],1,\n"
        ),
        tmdb_5000_credits__csv=(
            'movie_id,title,cast,crew\n5,Ran,"[{""name"": ""Tatsuya""}]",'
            '"[{""name"": ""Akira"", ""job"": ""Director""}]"\n'
        ),
    )
    report = take("tmdb", folder)
    assert report["items"] == {"added": 2, "updated": 0, "unchanged": 0, "rejected": 2}
    item = store.item("5")
    assert (item.tags, item.duration_s, item.ids) == (("castle",), 9720, {"tmdb": "5"})
    assert item.creators == (("Akira", "director"), ("Tatsuya", "actor"))
    assert store.item("7").duration_s is None
    (folder / "tmdb_5000_movies.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput, match=r"lacks the columns id, title\. Columns found: a, b\."):
        take("tmdb", folder)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "where", "items", "events"),
    [
        ("movielens", "ml_latest_small", 9742, 100_836 + 3_683),
        ("movielens", "movietweetings_100k", 10_506, 100_000),
        ("lastfm", "lastfm_hetrec2011", 17_632, 92_834),
        ("steam", "steam_200k", 5_155, 200_000),
        ("tmdb", "tmdb_5000", 4_803, 0),
        ("sequences", "s3rec_sequences/Beauty.txt.gz", 12_101, 198_502),
    ],
)
def test_real_sets_are_taken_whole(take: Import, data: Path, source: str, where: str, items: int, events: int) -> None:
    report = take(source, data / where)
    assert report["problems"] == []
    assert report["items"]["added"] == items
    assert report["events"] == {"added": events, "duplicate": 0, "rejected": 0}


@pytest.mark.data
@pytest.mark.slow
def test_movietweetings_keep_their_scale_and_ids(take: Import, store: Store, data: Path) -> None:
    take("movielens", data / "movietweetings_100k")
    assert store.item("0004972").ids == {"imdb": "tt0004972"}
    _, event = next(iter(store.events()))
    assert event.scale == (0, 10)

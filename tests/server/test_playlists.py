"""Playlists over HTTP: a person's own and nobody else's, with files that name addresses and no paths."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from segue.engine import Engine
from segue.engine.playlists.making import Maker
from segue.server.upkeep import Upkeep, refresh_playlists

from .conftest import HOSTILE, fill, is_problem, running


@pytest.fixture
def made(http: httpx.Client) -> dict:
    body = {"user_id": "u0", "sentence": "three drone songs, every day"}
    answer = http.post("/v1/playlists", json=body)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    http.delete(f"/v1/playlists/{answer.json()['id']}", params={"user_id": "u0"})


def test_a_playlist_is_made_shown_changed_and_deleted(http: httpx.Client, made: dict) -> None:
    place, mine = f"/v1/playlists/{made['id']}", {"user_id": "u0"}
    assert made["count"] == len(made["entries"]) == 3
    assert made["seconds"] == 18
    assert [chip["said"]["zh"] for chip in made["understood"]] == ["3 个", "每天更新", "只要音乐", "只要drone"]
    assert all(entry["reason"]["text"] and entry["reason"]["evidence"] for entry in made["entries"])
    assert http.get(place, params=mine).json() == made
    (listed,) = http.get("/v1/playlists", params=mine).json()["playlists"]
    assert (listed["id"], listed["entries"], listed["count"]) == (made["id"], [], 3)
    first = made["entries"][0]["item"]
    changed = http.patch(place, params=mine, json={"remove": [first], "refresh": "weekly", "title": HOSTILE}).json()
    assert (changed["count"], changed["refresh"], changed["title"]) == (2, "weekly", HOSTILE)
    again = http.post(f"{place}/refresh", params=mine, json={}).json()
    assert first not in [entry["item"] for entry in again["entries"]]
    assert again["count"] == 3
    assert http.delete(place, params=mine).status_code == 204
    is_problem(http.get(place, params=mine), 404)


def test_a_playlist_is_its_owners_alone(http: httpx.Client, made: dict) -> None:
    place = f"/v1/playlists/{made['id']}"
    unknown = is_problem(http.get("/v1/playlists/none", params={"user_id": "u1"}), 404)["detail"]
    for other in ({"user_id": "u1"}, {}):
        for answer in (
            http.get(place, params=other),
            http.get(f"{place}.xspf", params=other),
            http.get(place, params={**other, "format": "m3u8"}),
            http.patch(place, params=other, json={"title": "taken"}),
            http.post(f"{place}/refresh", params=other, json={}),
            http.post(f"{place}/next", params=other, json={}),
            http.delete(place, params=other),
        ):
            detail = is_problem(answer, 404)["detail"]
            # Nothing tells that there is such a list.
            assert detail.replace(made["id"], "none") == unknown
        assert made["id"] not in http.get("/v1/playlists", params=other).text
    assert http.get(place, params={"user_id": "u0"}).json()["title"] == made["title"]


@pytest.mark.parametrize("below", ["", "/segue"])
def test_files_name_addresses_and_no_paths(settings_of: Callable[[str], Path], below: str) -> None:
    place = settings_of(f'[server]\nroot_path = "{below}"\n')
    with running(place) as url, httpx.Client(base_url=url + below, timeout=60) as http:
        made = http.post("/v1/playlists", json={"sentence": "5 ambient drone songs"}).json()
        assert made["count"] == 5
        found = {}
        for format_, media_type in (
            ("m3u8", "audio/mpegurl; charset=utf-8"),
            ("xspf", "application/xspf+xml"),
            ("jspf", "application/jspf+json"),
        ):
            one, other = (
                http.get(f"/v1/playlists/{made['id']}.{format_}"),
                http.get(f"/v1/playlists/{made['id']}", params={"format": format_}),
            )
            assert one.content == other.content
            assert one.headers["content-type"] == media_type
            assert f"{made['id']}.{format_}" in one.headers["content-disposition"]
            assert str(place) not in one.text
            assert "tone.wav" not in one.text
            found[format_] = one.text
        space = {"x": "http://xspf.org/ns/0/"}
        places = [node.text for node in ET.fromstring(found["xspf"]).findall(".//x:track/x:location", space)]
        assert len(places) == 5
        for address in places:
            assert address.startswith(url + below + "/media/")
            assert address in found["m3u8"]
            assert http.get(address).headers["content-type"].startswith("audio/")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sentence": " "},
        {"sentence": "x" * 1001},
        {"sentence": "x", "refresh": "sometimes"},
        {"sentence": "x", "length": {"items": 201}},
        {"sentence": "x", "length": {"items": 1, "seconds": 1}},
        {"sentence": "x", "length": {"seconds": 1e9}},
        {"sentence": "x", "more": 1},
    ],
)
def test_what_cannot_be_made_is_told(http: httpx.Client, body: dict) -> None:
    is_problem(http.post("/v1/playlists", json=body), 422)


def test_changes_that_cannot_be_made_are_told(http: httpx.Client, made: dict) -> None:
    place, mine = f"/v1/playlists/{made['id']}", {"user_id": "u0"}
    for changes in ({"pin": ["nothing"]}, {"order": "upside-down"}, {"sentence": ""}, {"title": "\u200b"}):
        is_problem(http.patch(place, params=mine, json=changes), 422)
    is_problem(http.post(f"{place}/next", params=mine, json={"played": []}), 422)
    is_problem(http.get(f"{place}", params={**mine, "format": "pls"}), 422)
    assert http.get(place, params=mine).json() == made


def test_a_server_makes_anew_what_was_missed(tmp_path: Path) -> None:
    fill(tmp_path / "w")
    with Engine.open(tmp_path / "w") as engine:
        made = engine.make_playlist(None, "three drone songs, every hour")
        past = made.made_at - 10 * 3600
        late = made.model_copy(update={"made_at": past, "refreshed_at": past, "next_at": past + 3600})
        assert engine._store.put_playlist(late, 1)
        done = threading.Event()
        there = engine.refresh_due

        class Watched:
            """The engine, which says when it has looked."""

            def refresh_due(self, stop):
                found = there(stop)
                done.set()
                return found

        upkeep = Upkeep(Watched(), [refresh_playlists])
        upkeep.start()
        assert done.wait(30)
        upkeep.stop()
        kept = engine.playlist(made.id)
        assert kept.refreshed_at > past
        assert kept.next_at is not None
        assert 0 < kept.next_at - kept.refreshed_at <= 3600


def test_a_look_that_fails_is_not_the_last(tmp_path: Path) -> None:
    looked = threading.Event()

    class Broken:
        def refresh_due(self, stop):
            looked.set()
            raise RuntimeError("no database")

    upkeep = Upkeep(Broken(), [refresh_playlists])
    upkeep.start()
    assert looked.wait(10)
    assert upkeep._thread.is_alive()
    upkeep.stop()
    assert not upkeep._thread.is_alive()


def test_a_server_that_stops_leaves_the_rest_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "w")
    with Engine.open(tmp_path / "w") as engine:
        for n in range(3):
            made = engine.make_playlist(None, "three drone songs, every hour")
            past = made.made_at - 10 * 3600 - n
            late = made.model_copy(update={"made_at": past, "refreshed_at": past, "next_at": past + 3600})
            assert engine._store.put_playlist(late, 1)
        begun, stopping = threading.Event(), threading.Event()
        anew = Maker.anew

        def slow(self, of, at):
            begun.set()
            assert stopping.wait(30)
            return anew(self, of, at)

        monkeypatch.setattr(Maker, "anew", slow)
        upkeep = Upkeep(engine, [refresh_playlists])
        upkeep.start()
        assert begun.wait(30)
        upkeep._ending.set()
        stopping.set()
        upkeep.stop()
        assert not upkeep._thread.is_alive()
        now = time.time()
        assert sum(one.refreshed_at > now - 3600 for one in engine.playlists(None)) == 1
        assert len(engine._store.due_playlists(now)) == 2


def test_a_person_erased_while_a_playlist_is_made_leaves_none(http: httpx.Client) -> None:
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(http.post, "/v1/playlists", json={"user_id": "leaver", "sentence": "3 drone songs"})
            erased = http.delete("/v1/users/leaver")
            assert erased.status_code == 200
            answer = making.result()
        # Whichever came first: one that was erased with its person is told of, and none comes back.
        there = http.get("/v1/playlists", params={"user_id": "leaver"}).json()["playlists"]
        assert len(there) == (answer.status_code == 201 and erased.json()["erased"]["playlists"] == 0)
        http.delete("/v1/users/leaver")

"""A new item put in over HTTP is found within the stated seconds: by words, by meaning, beside its like, at home."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx

from segue.engine import Engine
from segue.items import Item

from ..understanding.films import film
from .conftest import fill, running, write_tone

TEXT_S = 2.0
MEDIA_S = 10.0
SLACK = 6
"""A machine that is busy with other things takes longer; the limits themselves are for one that is not."""


def until(done: Callable[[], bool], within_s: float) -> float:
    """Seconds until it is so; fails when that takes too long."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < within_s, f"not within {within_s} s"
        time.sleep(0.05)
    return time.monotonic() - began


def found(http: httpx.Client, words: str) -> list[str]:
    return [pick["item"] for pick in http.get("/v1/search", params={"q": words, "k": 5}).json()["picks"]]


def test_a_new_text_is_found_by_words_and_by_meaning(http: httpx.Client) -> None:
    new = f"new-{uuid.uuid4().hex[:8]}"
    http.get("/v1/search", params={"q": "warm"})  # the text model is loaded
    began = time.monotonic()
    body = {
        "id": new,
        "kind": "movie",
        "title": f"Quixotl {new}",
        "description": "An old fisherman battles a gigantic marlin in the Gulf Stream.",
    }
    assert http.put(f"/v1/items/{new}", json=body).status_code == 201
    assert found(http, f"quixotl {new}")[0] == new, "its words are found by the very next request"
    assert time.monotonic() - began < TEXT_S
    # None of these words stands in the item: only its vector can be near.
    until(lambda: {"text", "ngram"} <= set(http.get(f"/v1/items/{new}/facts").json()), TEXT_S)
    until(lambda: new in found(http, "struggling with a huge fish at sea"), TEXT_S)
    like = {**body, "id": f"{new}-2", "title": "Skiff", "description": "An old man and a marlin on the Gulf Stream."}
    http.put(f"/v1/items/{new}-2", json=like)

    def beside() -> list[str]:
        return [pick["item"] for pick in http.get(f"/v1/items/{new}/similar", params={"k": 3}).json()["picks"]]

    until(lambda: f"{new}-2" in beside(), TEXT_S)


def test_a_new_track_of_three_minutes_is_heard(workspace: Path, http: httpx.Client) -> None:
    write_tone(workspace / "long.wav", 180, 330)
    new = f"track-{uuid.uuid4().hex[:8]}"
    body = {"id": new, "kind": "track", "title": "Three minutes", "media_uri": "long.wav", "duration_s": 180}
    assert http.put(f"/v1/items/{new}", json=body).status_code == 201
    until(lambda: "audio" in http.get(f"/v1/items/{new}/facts").json(), MEDIA_S)


def test_a_new_video_is_found_labelled_and_compared(tmp_path: Path) -> None:
    """What has been learnt stays as it is; the video and its copy come while the server runs."""
    fill(tmp_path)
    film(tmp_path / "one.mp4", [("test", 3.0), ("red", 3.0), ("bars", 3.0), ("blue", 3.0), ("life", 3.0)])
    shutil.copy(tmp_path / "one.mp4", tmp_path / "two.mp4")
    plot = "A sheriff and his cowboys ride after the outlaws across the ranch in the old west."
    with Engine.open(tmp_path) as engine:
        engine.understand(only=["text", "ngram", "zero_shot"])
        engine.train()
    with running(tmp_path) as url, httpx.Client(base_url=url, timeout=120) as http:
        http.get("/v1/search", params={"q": "warm"})  # the text model is loaded
        for name in ("one", "two"):
            body = {"id": name, "kind": "movie", "title": f"Dust {name}", "description": plot}
            body = {**body, "media_uri": f"{name}.mp4", "duration_s": 15}
            assert http.put(f"/v1/items/{name}", json=body).status_code == 201
        until(lambda: "one" in found(http, "cowboys and outlaws"), SLACK * TEXT_S)

        def picks(path: str, **params: object) -> list[str]:
            return [pick["item"] for pick in http.get(path, params=params).json()["picks"]]

        until(lambda: {"picture", "picture_print"} <= set(http.get("/v1/items/two/facts").json()), SLACK * MEDIA_S)
        until(lambda: [c["item"] for c in http.get("/v1/items/one/duplicates").json()] == ["two"], SLACK * MEDIA_S)
        until(lambda: "genres" in http.get("/v1/items/two/annotations").json()["vocabularies"], SLACK * MEDIA_S)
        said = http.get("/v1/items/one/annotations").json()
        assert said["vocabularies"]["genres"]["labels"][0] == "western"
        assert said["summary"]["text"] == plot
        until(lambda: http.get("/films/sheet/one").status_code == 200, SLACK * MEDIA_S)
        assert {"one", "two"} & set(picks("/v1/items/tone-0/similar", k=100))
        home = http.post("/v1/recommendations", json={"k": 100}).json()["picks"]
        assert {"one", "two"} & {pick["item"] for pick in home}


def test_impressions_that_end_the_exploration_are_counted(tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items([Item(id="a", kind="track"), Item(id="b", kind="track")])
        engine.record(engine.event(f"u{n}", "a", "impression") for n in range(3))
        engine.record([engine.event("u", "a", "like")])
        shown, arrived = engine._serving.world().shown, engine._serving.world().arrived
        assert shown is not None
        assert arrived is not None
        assert shown(["a", "b"]) == {"a": 3}
        before = arrived(["a", "b", "unknown"])
        assert list(before) == ["a", "b"]
        assert abs(before["a"] - time.time()) < 60
        engine.add_items([Item(id="a", kind="track", title="Told later")])
        assert arrived(["a"])["a"] == before["a"], "what is told of it later does not make it a newcomer again"


def test_a_text_that_follows_a_long_film_does_not_wait_for_it(tmp_path: Path) -> None:
    fill(tmp_path)
    film(tmp_path / "long.mp4", [(name, 150.0) for name in ("test", "red", "bars", "blue", "life")])
    with running(tmp_path) as url, httpx.Client(base_url=url, timeout=120) as http:
        http.get("/v1/search", params={"q": "warm"})  # the text model is loaded

        def facts(name: str) -> set[str]:
            return set(http.get(f"/v1/items/{name}/facts").json())

        long = {"id": "long", "kind": "movie", "title": "Twelve minutes", "media_uri": "long.mp4", "duration_s": 750}
        assert http.put("/v1/items/long", json=long).status_code == 201
        until(lambda: "transcript" in facts("long"), SLACK * MEDIA_S)  # its media are being read
        text = {
            "id": "text",
            "kind": "movie",
            "title": "Skiff",
            "description": "An old fisherman battles a gigantic marlin in the Gulf Stream.",
        }
        assert http.put("/v1/items/text", json=text).status_code == 201
        until(lambda: "text" in found(http, "struggling with a huge fish at sea"), SLACK * TEXT_S)
        until(lambda: http.get("/v1/items/text/annotations").json()["summary"] is not None, SLACK * TEXT_S)
        assert {"text", "ngram"} <= facts("text")
        assert "picture" not in facts("long"), "the film was read before the text, so nothing has been shown"
        until(lambda: {"audio", "picture", "picture_print"} <= facts("long"), 10 * MEDIA_S)

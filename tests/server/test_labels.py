"""Labels, corrections and moderation over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from segue.annotations import WARNINGS, Annotated, Annotation
from segue.engine import Engine

from .conftest import is_problem, running


def test_a_correction_is_put_listed_and_deleted(http: httpx.Client) -> None:
    place = "/v1/items/tone-1/annotations"
    said = http.put(place, json={"vocabulary": "moods", "label": "平静"})
    assert said.status_code == 200, said.text
    mood = http.get(place).json()["vocabularies"]["moods"]
    assert (mood["labels"], mood["by"]) == (["calm"], "person")
    assert mood["said"][0]["annotator"] == "person"
    gone = http.delete(place, params={"vocabulary": "moods", "label": "calm"})
    assert "moods" not in gone.json()["vocabularies"]
    is_problem(http.delete(place, params={"vocabulary": "moods", "label": "calm"}), 404)
    is_problem(http.put(place, json={"vocabulary": "moods", "label": "beige"}), 422)
    is_problem(http.put(place, json={"vocabulary": "moods", "label": "calm", "x": 1}), 422)
    is_problem(http.get("/v1/items/nowhere/annotations"), 404)


def test_vocabularies_have_chinese_names(http: httpx.Client) -> None:
    moods = {one["label"]: one["zh"] for one in http.get("/v1/vocabularies").json()["moods"]}
    assert moods["calm"] == "平静"


def test_warnings_are_listed_and_decided(settings_of: Callable[[str], Path]) -> None:
    workspace = settings_of("")
    hostile = ({"kind": "quote", "text": "<script>alert(1)</script>"},)
    with Engine.open(workspace) as engine:
        said = Annotation("tone-0", WARNINGS, "violence", 0.8, "zero_shot", "test", hostile)
        engine._store.put_annotated([Annotated("tone-0", "zero_shot", "x", (said,))])
    with running(workspace) as url, httpx.Client(base_url=url, timeout=60) as http:
        (waiting,) = http.get("/v1/warnings").json()
        assert (waiting["item"], waiting["label"], waiting["confidence"]) == ("tone-0", "violence", 0.8)
        done = http.post("/v1/warnings", json={"item": "tone-0", "label": "violence", "confirm": True})
        assert done.json() == {"item": "tone-0", "label": "violence", "status": "confirmed"}
        assert http.get("/v1/warnings").json() == []
        assert [w["item"] for w in http.get("/v1/warnings?status=confirmed").json()] == ["tone-0"]
        # The item itself stays as its owner stated it.
        assert http.get("/v1/items/tone-0").json()["maturity"] is None
        is_problem(http.get("/v1/warnings?status=open"), 422)
        is_problem(http.post("/v1/warnings", json={"item": "nowhere", "label": "violence", "confirm": True}), 404)

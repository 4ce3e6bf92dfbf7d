"""The API does what it says, over real HTTP."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from segue.engine import Engine
from segue.prints import Duplicate

from .conftest import fill, is_problem, running


def event(**fields: Any) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex, "user_id": "ann", "item_id": "tone-0", "kind": "complete", **fields}


def test_an_event_is_kept_once_however_often_it_is_sent(http: httpx.Client) -> None:
    user = uuid.uuid4().hex
    one = event(user_id=user, at="2026-01-02T03:04:05Z", played_s=5.5)
    first, second = http.post("/v1/events", json=one), http.post("/v1/events", json=one)
    assert first.status_code == second.status_code == 202
    assert first.json() == {"accepted": 1, "duplicate": 0, "rejected": []}
    assert second.json() == {"accepted": 0, "duplicate": 1, "rejected": []}
    [entry] = http.get(f"/v1/users/{user}/history").json()
    assert entry["event"]["id"] == one["id"]
    assert entry["event"]["at"] == "2026-01-02T03:04:05Z"
    assert entry["card"]["title"] == "Harbour Light"


def test_a_batch_names_what_it_rejects_and_keeps_the_rest(http: httpx.Client) -> None:
    good = event()
    unknown = event(item_id="nowhere")
    wrong = event(kind="applaud")
    rating = event(kind="rate", value=9, scale=[1, 5])
    nameless = {"user_id": "ann", "item_id": "tone-0", "kind": "like"}
    answer = http.post("/v1/events", json=[good, unknown, wrong, rating, nameless, "nonsense"])
    assert answer.status_code == 202
    content = answer.json()
    assert content["accepted"] == 1
    why = {r["id"]: r["why"] for r in content["rejected"] if r["id"]}
    assert set(why) == {unknown["id"], wrong["id"], rating["id"]}
    assert "nowhere" in why[unknown["id"]]
    assert why[wrong["id"]].startswith("kind:")
    assert "outside its scale" in why[rating["id"]]
    assert [r["why"].split(":")[0] for r in content["rejected"] if not r["id"]] == ["event number 5", "event number 6"]


def test_a_single_event_that_cannot_be_taken_is_a_problem(http: httpx.Client) -> None:
    assert "nowhere" in is_problem(http.post("/v1/events", json=event(item_id="nowhere")), 422)["detail"]
    is_problem(http.post("/v1/events", json=event(at="2999-01-01T00:00:00Z")), 422)


def test_an_event_without_a_time_happened_now(http: httpx.Client) -> None:
    user = uuid.uuid4().hex
    http.post("/v1/events", json=event(user_id=user))
    [entry] = http.get(f"/v1/users/{user}/history").json()
    assert entry["event"]["at"] is not None


def test_many_people_at_once_lose_nothing(http: httpx.Client) -> None:
    user = uuid.uuid4().hex
    sent = [event(user_id=user, item_id=f"tone-{n % 5}") for n in range(120)]

    def send(one: dict[str, Any]) -> int:
        got = http.post("/v1/events", json=one)
        shown = http.post("/v1/recommendations", json={"user_id": user, "k": 3})
        assert shown.status_code == 200, shown.text
        assert got.status_code == 202, got.text
        return int(got.json()["accepted"])

    with ThreadPoolExecutor(8) as pool:
        # Every event is sent twice, by different threads.
        assert sum(pool.map(send, [*sent, *sent])) == len(sent)
    kept = http.get(f"/v1/users/{user}/history?limit=1000").json()
    assert {e["event"]["id"] for e in kept} == {e["id"] for e in sent}


def test_the_next_answer_knows_the_event(http: httpx.Client) -> None:
    user = uuid.uuid4().hex
    wanted = {"user_id": user, "k": 30, "constraints": {"kinds": ["track"]}, "cards": True, "explain": True}
    before = http.post("/v1/recommendations", json=wanted).json()
    assert list(before) == ["user_id", "recipe", "version", "request_id", "degraded", "picks", "query"]
    pick = before["picks"][0]
    assert set(pick) == {"item", "title", "kind", "score", "sources", "reason", "card"}
    assert pick["reason"]["text"].startswith("Because")
    assert {p["kind"] for p in before["picks"]} == {"track"}
    assert http.post("/v1/events", json=event(user_id=user, item_id=pick["item"])).status_code == 202
    after = http.post("/v1/recommendations", json=wanted).json()
    assert pick["item"] not in [p["item"] for p in after["picks"]]


def test_without_cards_the_shape_is_that_of_the_command_line(http: httpx.Client) -> None:
    picks = http.post("/v1/recommendations", json={"user_id": "u0", "k": 2}).json()["picks"]
    assert set(picks[0]) == {"item", "title", "kind", "score", "sources", "reason"}
    assert set(picks[0]["reason"]["evidence"][0]) == {"kind", "ref", "name", "weight", "via", "influence"}


def test_reasons_speak_chinese(http: httpx.Client) -> None:
    picks = http.post("/v1/recommendations", json={"user_id": "u0", "k": 3, "language": "zh"}).json()["picks"]
    assert all(p["reason"]["text"].startswith("因为") for p in picks)


def test_the_mode_without_a_profile_reads_nobody(http: httpx.Client) -> None:
    content = http.post("/v1/recommendations", json={"user_id": "u0", "personal": False, "k": 5}).json()
    assert content["user_id"] is None


def test_radio_starts_from_its_seeds(http: httpx.Client) -> None:
    content = http.post("/v1/recommendations", json={"recipe": "radio", "seeds": ["tone-0"], "k": 5}).json()
    assert content["recipe"] == "radio"
    assert content["picks"]
    assert "tone-0" not in [p["item"] for p in content["picks"]]


def test_similar_and_search(http: httpx.Client) -> None:
    near = http.get("/v1/items/tone-0/similar", params={"k": 4, "cards": True}).json()["picks"]
    assert {p["item"] for p in near} == {f"tone-{n}" for n in range(1, 5)}
    assert near[0]["card"]["playable"] is True
    assert http.get("/v1/search", params={"q": "雨夜"}).json()["picks"][0]["item"] == "tone-1"
    only = http.get("/v1/search", params={"q": "title", "kind": ["movie", "live"]}).json()["picks"]
    assert {p["kind"] for p in only} == {"movie", "live"}


def test_an_explanation_names_the_item(http: httpx.Client) -> None:
    content = http.get("/v1/explanations", params={"user_id": "u0", "item": "tone-2", "language": "en"}).json()
    assert "Slow Machine" in content["text"]
    is_problem(http.get("/v1/explanations", params={"user_id": "u0", "item": "nowhere"}), 404)


def test_an_item_comes_changes_and_goes(http: httpx.Client) -> None:
    item = {"id": "new/one ?#%", "kind": "movie", "title": "Cléo", "creators": [["Agnès Varda", "director"]]}
    path = "/v1/items/new%2Fone%20%3F%23%25"
    created = http.put(path, json=item)
    assert created.status_code == 201
    assert created.json()["creators"] == [["Agnès Varda", "director"]]
    changed = http.put(path, json={**item, "released": "1962"})
    assert changed.status_code == 200
    assert http.get(path).json()["released"] == "1962"
    found = http.get(path + "/facts").json()  # the server reads what has come
    assert not any("problem" in facts for facts in found.values())
    assert http.delete(path).status_code == 204
    is_problem(http.get(path), 404)
    is_problem(http.delete(path), 404)


def test_copies_are_named_and_no_list_shows_two(tmp_path: Path) -> None:
    """The five tones of the world, two of which hold the same song in another size."""
    fill(tmp_path)
    with Engine.open(tmp_path) as engine:
        same = Duplicate("sound_print", "tone-1", "tone-3", 0.93, 0.0, 2.5, 180.0, 0.9)
        engine._store.put_duplicates("sound_print", [], [same])
    with running(tmp_path) as url, httpx.Client(base_url=url, timeout=120) as client:
        (copy,) = client.get("/v1/items/tone-3/duplicates").json()
        assert copy == {
            "item": "tone-1",
            "title": "雨夜钢琴",
            "kind": "same_recording",
            "similarity": 0.93,
            "starts_s": 2.5,
            "other_starts_s": 0.0,
            "seconds": 180.0,
            "covers": 0.9,
        }
        assert client.get("/v1/items/tone-0/duplicates").json() == []
        is_problem(client.get("/v1/items/nowhere/duplicates"), 404)
        for recipe in ("home", "radio"):
            asked = {"recipe": recipe, "k": 50, "seeds": ["tone-0"] if recipe == "radio" else []}
            shown = [p["item"] for p in client.post("/v1/recommendations", json=asked).json()["picks"]]
            assert len({"tone-1", "tone-3"} & set(shown)) == 1
        near = [p["item"] for p in client.get("/v1/items/tone-3/similar", params={"k": 50}).json()["picks"]]
        assert near
        assert "tone-1" not in near


def test_path_and_body_must_name_the_same_item(http: httpx.Client) -> None:
    is_problem(http.put("/v1/items/a", json={"id": "b", "kind": "movie"}), 422)


def test_many_items_and_the_pages_of_the_catalogue(http: httpx.Client) -> None:
    many = [{"id": f"bulk-{n}", "kind": "game", "title": f"Game {n}"} for n in range(25)]
    assert http.post("/v1/items", json=many).json() == {"added": 25, "updated": 0, "unchanged": 0}
    assert http.post("/v1/items", json=many).json() == {"added": 0, "updated": 0, "unchanged": 25}
    seen: list[str] = []
    after: str | None = None
    while True:
        page = http.get("/v1/items", params={"kind": "game", "limit": 10, **({"after": after} if after else {})}).json()
        seen += [i["id"] for i in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [f"bulk-{n}" for n in range(25)]
    for n in range(25):
        http.delete(f"/v1/items/bulk-{n}")


def test_a_batch_with_one_bad_item_changes_nothing(http: httpx.Client) -> None:
    content = is_problem(
        http.post("/v1/items", json=[{"id": "ok-1", "kind": "game"}, {"id": "", "kind": "opera"}]), 422
    )
    assert {e["pointer"] for e in content["errors"]} == {"#/1/id", "#/1/kind"}
    is_problem(http.get("/v1/items/ok-1"), 404)


def test_habits_and_segments(http: httpx.Client) -> None:
    user = "late/night"
    path = "/v1/users/late%2Fnight"
    device = {"device": "tv"}
    played = [
        event(user_id=user, item_id=f"tone-{n}", at=f"2026-01-0{n + 1}T23:30:00Z", context=device) for n in range(4)
    ]
    http.post("/v1/events", json=played)
    patterns = http.get(f"{path}/patterns").json()
    assert (patterns["user_id"], patterns["zone"], patterns["zone_stated"]) == (user, "UTC", False)
    assert patterns["hours"][23] == 4
    assert patterns["devices"] == {"tv": 1.0}
    assert set(patterns["titles"]) >= {item for one in patterns["interests"] for item in one["items"]}
    assert [one["segment"] for one in patterns["segments"]] == ["few", "new"]
    assert http.get(f"{path}/segments").json() == {"user_id": user, "segments": patterns["segments"]}
    whole = http.get("/v1/segments").json()
    assert {one["segment"] for one in whole["activity"]} == {"new", "light", "heavy", "returning", "at_risk"}
    assert sum(one["people"] for one in whole["activity"]) == whole["people"] > 0
    http.delete(path)
    assert http.get(f"{path}/patterns").json()["events"] == 0


def test_people_can_be_listed_read_exported_and_erased(http: httpx.Client) -> None:
    user = "zoë/1"
    path = "/v1/users/zo%C3%AB%2F1"
    http.post("/v1/events", json=[event(user_id=user), event(user_id=user, item_id="tone-1", kind="like")])
    assert user in http.get("/v1/users", params={"limit": 1000}).json()["users"]
    profile = http.get(f"{path}/profile").json()
    assert profile["user_id"] == user
    assert {g["name"] for g in profile["genres"]} == {"drone", "ambient"}
    assert profile["titles"]["tone-1"] == "雨夜钢琴"
    assert len(profile["hours"]) == 24
    exported = http.get(f"{path}/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert len([json.loads(line) for line in exported.text.splitlines()]) >= 2
    assert http.delete(path).json()["left"] == 0
    assert http.get(f"{path}/history").json() == []
    assert user not in http.get("/v1/users", params={"limit": 1000}).json()["users"]


def test_a_history_leaves_out_what_was_merely_shown_unless_asked(http: httpx.Client) -> None:
    user = uuid.uuid4().hex
    kinds = ("impression", "now_playing", "like")
    http.post("/v1/events", json=[event(user_id=user, kind=kind) for kind in kinds])
    path = f"/v1/users/{user}/history"
    assert [e["event"]["kind"] for e in http.get(path).json()] == ["like"]
    assert [e["event"]["kind"] for e in http.get(path, params={"passive": True}).json()] == [*reversed(kinds)]


def test_status_and_transparency(http: httpx.Client) -> None:
    status = http.get("/v1/status").json()
    assert status["counts"]["items"] >= 20
    assert status["kinds"]["track"] >= 5
    english, chinese = (http.get("/v1/transparency", params={"language": x}).json() for x in ("en", "zh"))
    assert english["recipes"].keys() == chinese["recipes"].keys()
    assert english["text"] != chinese["text"]


def test_before_any_training_there_is_no_evaluation(http: httpx.Client) -> None:
    is_problem(http.get("/v1/evaluation"), 404)
    assert http.get("/v1/evaluation/plots").json() == []
    is_problem(http.get("/v1/evaluation/plots/accuracy.svg"), 404)


def test_health_readiness_and_metrics(http: httpx.Client) -> None:
    assert http.get("/healthz").text == "ok\n"
    assert http.get("/readyz").status_code == 200
    user = uuid.uuid4().hex
    http.post("/v1/events", json=event(user_id=user))
    http.post("/v1/recommendations", json={"user_id": user})
    http.get("/v1/items/hostile")
    text = http.get("/metrics").text
    assert 'route="/v1/recommendations"' in text
    assert 'route="/v1/items/{item_id:path}"' in text  # the template, never the id
    assert "hostile" not in text
    assert 'segue_degraded_total{stage="not-trained"}' in text
    accepted = next(line for line in text.splitlines() if line.startswith('segue_events_total{result="accepted"}'))
    assert float(accepted.split()[-1]) >= 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"k": 0}, "#/k"),
        ({"language": "fr"}, "#/language"),
        ({"constraints": {"kinds": ["opera"]}}, "#/constraints/kinds/0"),
        ({"surprise": 1}, "#/surprise"),
    ],
)
def test_what_cannot_be_asked_is_pointed_at(http: httpx.Client, body: dict[str, Any], pointer: str) -> None:
    content = is_problem(http.post("/v1/recommendations", json=body), 422)
    assert [e["pointer"] for e in content["errors"]] == [pointer]


def test_an_unknown_recipe_is_named_with_those_there_are(http: httpx.Client) -> None:
    assert "radio" in is_problem(http.post("/v1/recommendations", json={"recipe": "rodio"}), 404)["detail"]


def test_bullet_comments_become_moments(http: httpx.Client) -> None:
    item = {"id": "said/film", "kind": "movie", "title": "A film with remarks", "duration_s": 60}
    assert http.put("/v1/items/said/film", json=item).status_code in (200, 201)
    remarks = [
        {"id": f"remark-{n}", "user_id": f"r{n}", "item_id": "said/film", "kind": "bullet_comment", "text": "太精彩了",
         "at": "2026-01-02T00:00:00Z", "position_s": 21 + n}
        for n in range(4)
    ]  # fmt: skip
    assert http.post("/v1/events", json=remarks).status_code == 202
    found = http.get("/v1/items/said/film/moments").json()
    assert (found["counts"], found["remarks"]) == ([0, 0, 4], 4)
    assert found["peaks"][0]["texts"] == ["太精彩了"]
    assert found["sentiment"][0] is None
    assert found["sentiment"][2] > 0
    assert http.get("/v1/items/none/moments").status_code == 404


def test_a_mood_by_words_and_by_choice(http: httpx.Client) -> None:
    for mood in ("calm", "melancholic"):
        for n in range(3):
            item = {"id": f"mood/{mood}-{n}", "kind": "track", "title": f"Mood {n}", "tags": [mood]}
            assert http.put(f"/v1/items/{item['id']}", json=item).status_code in (200, 201)
    asked = {"recipe": "mood", "moods": ["平静"], "k": 3}
    content = http.post("/v1/recommendations", json=asked).json()
    assert [pick["item"][:9] for pick in content["picks"]] == ["mood/calm"] * 3
    assert content["understood"] == [{"what": "stated", "text": "calm", "said": "calm", "without": ""}]
    assert content["picks"][0]["reason"]["evidence"][0]["kind"] == "mood"
    asked = {"recipe": "mood", "words": "something sad, not calm", "k": 3, "language": "zh"}
    content = http.post("/v1/recommendations", json=asked).json()
    assert {pick["item"][:16] for pick in content["picks"]} == {"mood/melancholic"}
    assert [part["said"] for part in content["understood"]] == ["忧伤", "不要平静"]
    assert content["understood"][1]["without"] == "something sad"


def test_an_unknown_mood_is_refused_with_those_there_are(http: httpx.Client) -> None:
    told = is_problem(http.post("/v1/recommendations", json={"recipe": "mood", "moods": ["gloomyish"]}), 422)["detail"]
    assert "gloomyish" in told
    assert "calm, cheerful, dark" in told
    assert "recipe 'mood'" in is_problem(http.post("/v1/recommendations", json={"moods": ["calm"]}), 422)["detail"]
    assert is_problem(http.post("/v1/recommendations", json={"recipe": "mood", "words": "x" * 100_001}), 422)
    for words in ("x" * 100_000, "<script>alert(1)</script>", "🪑"):
        content = http.post("/v1/recommendations", json={"recipe": "mood", "words": words, "k": 2}).json()
        assert len(content["picks"]) == 2
        assert content["understood"] == []


def test_an_explanation_has_three_levels_and_says_what_keeps_an_item_out(http: httpx.Client) -> None:
    item = http.post("/v1/recommendations", json={"user_id": "u0", "k": 1}).json()["picks"][0]["item"]
    asked = {"user_id": "u0", "item": item}
    line = http.get("/v1/explanations", params=asked).json()
    full = http.get("/v1/explanations", params={**asked, "level": "full", "language": "zh"}).json()
    assert set(line) == set(full)
    assert (line["shown"], line["rank"], line["account"]) == (True, 1, None)
    assert full["account"]["claims"][0]["evidence"][0].keys() == {"kind", "ref", "name", "weight", "via", "influence"}
    assert full["paragraph"].startswith("《")
    searched = {**asked, "recipe": "search", "words": "no such words at all", "level": "paragraph"}
    assert http.get("/v1/explanations", params=searched).json()["recipe"] == "search"
    assert http.get("/v1/explanations", params={**asked, "level": "novel"}).status_code == 422
    assert http.get("/v1/explanations", params={**asked, "recipe": "similar"}).status_code == 422
    same = http.get("/v1/explanations", params={**asked, "recipe": "similar", "seed": item}).json()
    assert [one["filter"] for one in same["obstacles"]] == ["seeds"]

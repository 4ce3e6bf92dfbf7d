"""Explanations: three levels, which choice keeps an item out, what was stored of a showing, and who words them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segue import Context, Engine, Event, EventKind, Item
from segue.errors import InvalidInput
from segue.events import now
from segue.profiles.item_moods import MOODS
from segue.queries import Query
from segue.testing.llm_server import ScriptedServer, says, status
from segue.topics import topics_of
from segue.understanding.annotators.vocabularies import vocabularies

FAN = "folk-fan-0"
ASKED: dict[str, dict[str, Any]] = {
    "home": {},
    "best": {},
    "mood": {"words": "something calm"},
    "together": {"group": (FAN, "punk-fan-1")},
}


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def stored(engine: Engine, evidence: Any, people: set[str], typed: str, seeds: tuple[str, ...]) -> bool:
    """Whether what evidence points to is a row of the store, looked up there and nowhere else."""
    if evidence.kind in ("seed", "session"):
        met = {e.item_id for user in people for _, e in engine._store.events(user_id=user)}
        return evidence.ref in met | set(seeds)
    if evidence.kind == "mood":
        return evidence.ref in vocabularies(engine.settings)[MOODS] and evidence.ref in typed
    if evidence.kind in ("words", "meaning"):
        return bool(evidence.ref) and evidence.ref.casefold() in typed.casefold()
    if evidence.kind == "topic":
        every = list(engine.items())
        names = {name.casefold() for item in every for name in topics_of(item).values()}
        return evidence.ref.casefold() in names | {key for item in every for key in topics_of(item)}
    return engine._store.has_items([evidence.ref])


def test_every_pick_of_every_recipe_rests_on_stored_rows(engine: Engine, language: str) -> None:
    answers = [
        *((engine.recommend(FAN, recipe=name, language=language, **own), own) for name, own in ASKED.items()),
        (engine.similar("folk-1", user_id=FAN, language=language), {"seeds": ("folk-1",)}),
        (engine._ask(user_id=FAN, recipe="radio", seeds=("folk-1",), language=language), {"seeds": ("folk-1",)}),
        (engine.search("quiet piano number", user_id=FAN, language=language), {"words": "quiet piano number"}),
        (engine.recommend(None, language=language), {}),
    ]
    for answer, own in answers:
        assert answer.picks, answer.recipe
        people = set(own.get("group", (FAN,)))
        for pick in answer:
            assert pick.reason is not None
            assert pick.reason.text
            assert pick.reason.evidence
            for one in pick.reason.evidence:
                assert stored(engine, one, people, own.get("words", ""), own.get("seeds", ())), (answer.recipe, one)


def test_a_line_a_paragraph_and_the_full_account(engine: Engine, language: str) -> None:
    pick = engine.recommend(FAN, k=1, language=language)[0]
    line, paragraph, full = (
        engine.explain(FAN, pick.item.id, language=language, level=level).as_json()
        for level in ("line", "paragraph", "full")
    )
    assert line["paragraph"] is None
    assert line["account"] is None
    assert len(paragraph["paragraph"]) >= len(line["text"])
    assert paragraph["account"] is None
    assert paragraph["by"] == "code"
    assert {one["ref"] for one in paragraph["cites"]}
    account = full["account"]
    assert account["filters"]["passed"]
    assert not account["filters"]["removed"]
    assert sum(part["added"] for part in account["parts"]) == pytest.approx(account["score"], abs=1e-4)
    assert account["score"] == pytest.approx(pick.score, abs=1e-4)
    cited = account["claims"][0]["evidence"]
    assert all(one["influence"] > 0 for one in cited if one["via"] not in ("shared", "fact", "place"))
    assert account["sources"]
    assert set(line) == set(paragraph) == set(full)
    json.dumps(full)


def test_words_and_seeds_are_those_that_were_asked(engine: Engine) -> None:
    found = engine.search("quiet piano", user_id=FAN)[0]
    told = engine.explain(FAN, found.item.id, recipe="search", words="quiet piano", level="full")
    assert told.shown
    assert told.account is not None
    assert told.account.claims[0].channel in ("words", "meaning")
    like = engine.similar("punk-1", user_id=FAN)[0]
    seeded = engine.explain(FAN, like.item.id, recipe="similar", seeds=("punk-1",), level="full")
    assert [one.ref for one in seeded.account.claims[0].evidence if one.kind == "seed"] == ["punk-1"]  # type: ignore[union-attr]
    refused = engine.explain(FAN, "punk-1", recipe="similar", seeds=("punk-1",))
    assert refused.removed_by == ("seeds",)


def choose(engine: Engine, kind: EventKind, **fields: Any) -> None:
    engine.record([Event(id=f"{kind}-{fields}", user_id=FAN, kind=kind, at=now(), **fields)])


def against(engine: Engine, item: str, language: str = "en", **fields: Any) -> dict[str, str]:
    told = engine.explain(FAN, item, language=language, level="paragraph", **fields)
    assert not told.shown
    assert told.found is not None
    for one in told.found.obstacles:
        assert one.text in told.text
        assert one.change in (told.paragraph or "")
    return {one.what: one.text for one in told.found.obstacles}


def test_which_choice_of_whom_keeps_an_item_out(engine: Engine) -> None:
    choose(engine, EventKind.BLOCK, item_id="punk-3")
    assert against(engine, "punk-3")["item"] == "you asked not to see it"
    assert against(engine, "punk-3", "zh")["item"] == "你要求不再看到它"
    choose(engine, EventKind.SNOOZE, item_id="punk-4", value=7)
    assert "until 20" in against(engine, "punk-4")["snooze"]
    choose(engine, EventKind.NOT_INTERESTED, topic="genre:ambient")
    assert against(engine, "ambient-11")["topic"] == "you asked not to see “ambient”"
    asked = {"genres": ["folk"], "max_duration_s": 60}
    found = engine.explain(FAN, "punk-5", constraints=asked).as_json()["obstacles"]
    assert {one["ref"] for one in found if one["filter"] == "constraints"} == {"genres", "max_duration_s"}
    assert "you asked for “folk”, and it is not" in {one["text"] for one in found}
    assert "you asked for 1 minutes or shorter, and it is not" in {one["text"] for one in found}


def test_age_limits_and_windows_name_their_numbers(engine: Engine) -> None:
    engine.add_items(
        [
            Item(id="grown-up", kind="track", title="Grown up", genres=("punk",), maturity=18),
            Item(id="later", kind="track", title="Later", genres=("punk",), available_from="2099-01-01T00:00:00Z"),
        ]
    )
    engine.put_member("home", name="Kim", user_id=FAN, max_maturity=12)
    told = against(engine, "grown-up")
    assert told["age"] == "it is for people of 18 or older, and the limit here is 12"
    assert against(engine, "later")["not yet"] == "it is available from 2099-01-01 on"


def test_what_is_ranked_low_says_what_it_lacks(engine: Engine, language: str) -> None:
    shown = {pick.item.id for pick in engine.recommend(FAN, k=10)}
    low = next(f"punk-{n}" for n in range(11, 0, -1) if f"punk-{n}" not in shown)
    told = engine.explain(FAN, low, language=language, level="paragraph")
    assert not told.removed_by
    assert not told.shown
    assert told.found is not None
    assert told.found.lacks
    assert told.found.last is not None
    assert told.found.last.item.name in (told.paragraph or "")


def test_what_is_stored_of_a_showing(engine: Engine) -> None:
    answer = engine.recommend(FAN, k=1)
    item = answer[0].item.id
    context = Context(request_id=answer.request_id, rank=3)
    choose(engine, EventKind.IMPRESSION, item_id=item, context=context)
    told = engine.explain(FAN, item, request_id=answer.request_id).as_json()
    assert told["made"] == "now"
    assert (told["then"]["rank"], told["then"]["kind"]) == (3, "impression")
    assert engine.explain(FAN, item, request_id="another").then is None


def test_a_level_that_there_is_not(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="no level 'novel'"):
        engine.explain(FAN, "folk-1", level="novel")


@pytest.fixture
def talking(engine: Engine) -> Any:
    """The workspace again, with a language model's server behind it."""
    servers: list[Any] = []

    def open_(*script: Any) -> Engine:
        server = ScriptedServer(script).__enter__()
        workspace: Path = engine.workspace
        with (workspace / "segue.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[llm]\nurl = "{server.url}"\nmodel = "scripted"\n')
        servers.append((server, opened := Engine.open(workspace)))
        return opened

    yield open_
    for server, opened in servers:
        opened.close()
        server.__exit__(None, None, None)


def test_a_model_words_the_paragraph_on_request_alone(engine: Engine, talking: Any) -> None:
    item = engine.recommend(FAN, k=1)[0].item
    other = talking(says({"sentences": [{"text": "[0] comes up because [1].", "phrases": [0, 1]}]}))
    code = other.explain(FAN, item.id, level="paragraph")
    told = other.explain(FAN, item.id, level="paragraph", worded=True)
    assert (code.by, told.by) == ("code", "language_model")
    assert f"“{item.title}” comes up because you finished" in (told.paragraph or "")
    assert not [one for one in told.degraded if "language_model" in one]
    assert other.explain(FAN, item.id, worded=True).by == "code"  # a line is never worded


@pytest.mark.parametrize("step", [says({"sentences": [{"text": "It won an Oscar: [1]."}]}), status(500)])
def test_what_it_makes_up_is_not_shown_and_the_answer_says_so(engine: Engine, talking: Any, step: Any) -> None:
    item = engine.recommend(FAN, k=1)[0].item
    other = talking(step)
    told = other.explain(FAN, item.id, level="paragraph", worded=True)
    assert told.paragraph == other.explain(FAN, item.id, level="paragraph").paragraph
    assert "explanation:language_model" in told.degraded


def test_every_list_is_explained_as_it_was_asked_for(engine: Engine, language: str) -> None:
    only: dict[str, Any] = {"where": {"op": "is", "field": "genre", "value": "folk"}}
    answers = [
        *(engine.recommend(FAN, recipe=name, language=language, seed=3, **own) for name, own in ASKED.items()),
        engine.recommend(FAN, recipe="mix", language=language, seed=3),
        engine.recommend(FAN, constraints=only, language=language, seed=3),
        engine.similar("folk-1", user_id=FAN, language=language),
        engine.search("quiet piano under 10 minutes", user_id=FAN, language=language, personal=True),
    ]
    for answer in answers:
        assert answer.query is not None
        query = Query.model_validate(json.loads(json.dumps(answer.query.asked())))
        assert query == answer.query.model_copy(update={"user_id": None, "language": "en"})
        for rank, pick in enumerate(answer.picks[:3], 1):
            told = engine.explain(FAN, pick.item.id, language, query=query)
            assert (told.shown, told.rank, told.recipe) == (True, rank, answer.recipe)
            assert told.reason is not None
            assert pick.reason is not None
            assert told.reason.text == pick.reason.text


def test_what_a_group_is_offered_is_explained_to_somebody_else(engine: Engine) -> None:
    answer = engine.recommend(None, group=(FAN, "punk-fan-1"), seed=3)
    told = engine.explain("ambient-fan-0", answer[0].item.id, query=answer.query)
    assert (told.shown, told.recipe, told.user_id) == (True, "together", "ambient-fan-0")


def test_the_showing_is_found_by_the_name_that_pages_give_it(engine: Engine) -> None:
    answer = engine.recommend(FAN)
    item, context = answer[0].item.id, Context(surface="home", rank=0, request_id=answer.request_id)
    named = Event(
        id=f"{answer.request_id}:0", user_id=FAN, item_id=item, kind=EventKind.IMPRESSION, at=now(), context=context
    )
    engine.record([named, named.model_copy(update={"id": f"{answer.request_id}:1", "user_id": "another"})])
    found = engine._store.event_of_answer(answer.request_id, FAN, item)
    assert found is not None
    assert found.id == named.id
    assert engine._store.event_of_answer(answer.request_id[:-1], FAN, item) is None

"""A search that is not sure of its answer is put in other words; one that is sure, or has no model, is as it was."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segue import Engine, Item
from segue.answers import Answer
from segue.engine.rewriting import DEGRADED
from segue.testing.llm_server import ScriptedServer, Step, by_words, data_of, rubbish, says, slow

INDIRECT = "that film where a man relives the same day"
ZH_INDIRECT = "有部电影里男人反复过着同一天"

FILMS = [
    ("loop", "Punxsutawney", "Caught in a time loop, a weatherman learns piano.", ("comedy",), "en"),
    ("loop2", "Edge", "Soldiers in a time loop fight on the beach.", ("action",), "en"),
    ("shark", "Fin", "A shark off the beach and three men in a boat.", ("thriller",), "en"),
    ("train", "Snow Rail", "The last train circles a frozen world.", ("action",), "en"),
    ("love", "Sixty Letters", "A man writes to a widow in Lisbon every day.", ("romance",), "en"),
    ("zh", "循环", "时间循环中的男人学会了弹琴。", ("comedy",), "zh"),
    ("song", "Same Day Blues", "A slow blues.", ("blues",), "en"),
    *((f"x{n}", f"Other {n}", f"A film about gardening, part {n}.", ("documentary",), "en") for n in range(12)),
]
REWRITES = {"rewrites": ["time loop", "caught in a loop"], "kinds": ["movie"]}


def films() -> list[Item]:
    return [
        Item(id=i, kind="track" if i == "song" else "movie", title=t, description=d, genres=g, language=lang)
        for i, t, d, g, lang in FILMS
    ]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    Engine.create(tmp_path / "workspace")
    with Engine.open(tmp_path / "workspace") as engine:
        engine.add_items(films())
        engine.understand(only=["ngram"])
    return tmp_path / "workspace"


def opened(place: Path, url: str, **more: Any) -> Engine:
    engine = Engine.open(place)
    engine.close()
    settings = engine.settings.model_copy(
        update={"llm": engine.settings.llm.model_copy(update={"url": url, "model": "scripted", "retries": 0, **more})}
    )
    return Engine(place, settings, Engine.open(place)._store)


@pytest.fixture
def asked(place: Path) -> Iterator[Any]:
    """Opens an engine with a server that answers by script."""
    held: list[Any] = []

    def begin(*script: Step, **more: Any) -> tuple[Engine, ScriptedServer]:
        server = ScriptedServer(list(script)).__enter__()
        engine = opened(place, server.url, **more)
        held.extend((engine, server))
        return engine, server

    yield begin
    for one in held:
        one.__exit__(None, None, None)


def ids(answer: Answer) -> list[str]:
    return [pick.item.id for pick in answer]


def by_model(answer: Answer) -> list[dict[str, Any]]:
    return [dict(part) for part in answer.understood or () if part.get("by") == "language_model"]


def test_an_indirect_sentence_is_found_in_other_words(asked: Any) -> None:
    engine, server = asked(by_words({"relives": REWRITES, "同一天": {"rewrites": ["时间循环"]}}))
    without = ids(engine.search(INDIRECT, rewrite=False))
    found = engine.search(INDIRECT)
    assert ids(found).index("loop") <= 2
    assert "loop" not in without[:5]
    assert found.degraded == engine.search(INDIRECT, rewrite=False).degraded
    assert [(part["what"], part["said"]) for part in by_model(found)] == [
        ("words", "also “time loop”"),
        ("words", "also “caught in a loop”"),
    ], "the sentence itself says that it is a film"
    reason = next(pick.reason for pick in found if pick.item.id == "loop")
    assert reason is not None
    assert "loop" in reason.text
    assert [pick.score for pick in found] == sorted((pick.score for pick in found), reverse=True)
    chinese = engine.search(ZH_INDIRECT, language="zh")
    assert "zh" in ids(chinese)[:3]
    assert by_model(chinese)[0]["said"] == "也搜索“时间循环”"
    data = data_of(server.requests()[0]["body"])
    assert set(data) == {"sentence", "kinds", "genres", "languages"}, "no item, and nobody, is told"


def test_the_same_sentence_is_asked_about_once(asked: Any) -> None:
    engine, server = asked(says(REWRITES))
    first = ids(engine.search(INDIRECT))
    assert ids(engine.search(f"  {INDIRECT.upper()} ")) == first
    assert ids(engine.search(INDIRECT, user_id="ada")) == first
    assert len(server.requests()) == 1
    assert engine._store._db is not None
    with engine._store._db.reading() as rows:
        from segue.storage.schema import llm_answers

        assert rows.execute(llm_answers.select()).all() == [], "what somebody typed is not kept"


@pytest.mark.parametrize(
    "sure",
    [
        "Sixty Letters",
        "snow rail",
        "shark",
        "time loop weatherman",
        "gardening films",
        "like Fin",
        "comedy under 90 minutes",
        "last train circles a frozen world",
    ],
)
def test_nobody_is_asked_where_the_answer_is_sure(asked: Any, sure: str) -> None:
    engine, server = asked(says(REWRITES))
    before = engine.search(sure, rewrite=False).as_json()
    after = engine.search(sure).as_json()
    assert server.requests() == []
    for one in (before, after):
        del one["request_id"]
    assert after == before


def test_a_search_without_a_model_is_as_it_was(place: Path, asked: Any) -> None:
    off, server = asked(says(REWRITES), rewrite=False)
    with Engine.open(place) as none:
        for words in (INDIRECT, ZH_INDIRECT, "shark", "like Fin", "a quiet film about nothing much at all"):
            told = [engine.search(words).as_json() for engine in (none, off)]
            for one in told:
                del one["request_id"]
            assert told[0] == told[1]
            assert all(set(part) == {"what", "text", "said", "without"} for part in told[0]["understood"])
    assert server.requests() == []


def test_what_was_understood_can_be_taken_back(asked: Any) -> None:
    engine, server = asked(says({"rewrites": ["time loop", "three men in a boat"], "genres": ["COMEDY", "opera"]}))
    words = "the one where it all happens over and over"
    found = engine.search(words)
    told = by_model(found)
    assert [part["leave"] for part in told] == [
        "words:time loop",
        "words:three men in a boat",
        "genre:comedy",
    ]
    assert set(ids(found)) <= {"loop", "zh"}
    wider = engine.search(words, left_out=["genre:comedy"], k=15)
    assert {"loop", "loop2", "shark"} <= set(ids(wider))
    assert [part["leave"] for part in by_model(wider)] == ["words:time loop", "words:three men in a boat"]
    none = engine.search(words, left_out=["language_model"])
    assert ids(none) == ids(engine.search(words, rewrite=False))
    assert len(server.requests()) == 1


def test_no_title_no_number_and_nothing_foreign_gets_in(asked: Any) -> None:
    said = {
        "rewrites": ["Sixty Letters", "year 1993", INDIRECT, "x" * 200, "", "!!", "time loop", "a", "frozen", "boat"],
        "kinds": ["opera", "track"],
        "genres": ["noir"],
        "languages": ["tlh"],
    }
    engine, _ = asked(says(said))
    found = engine.search(INDIRECT)
    words = [part["leave"] for part in by_model(found)]
    assert words[0] == "words:time loop"
    assert len(words) <= 3
    assert not {"words:Sixty Letters", "words:year 1993", "kind:track", "kind:opera"} & set(words)


def test_limits_hold_and_only_narrow(asked: Any) -> None:
    engine, _ = asked(says({"rewrites": ["time loop"], "kinds": ["track"], "languages": ["zh"], "genres": ["action"]}))
    found = engine.search(INDIRECT, constraints={"kinds": ["movie"], "genres": ["comedy"], "exclude": ["zh"]})
    assert "loop" in ids(found)
    assert not {"zh", "song", "loop2"} & set(ids(found))
    assert [part["what"] for part in by_model(found)] == ["words"], "what would leave nothing was not meant"


@pytest.mark.parametrize("step", [rubbish(), slow(3), says({"rewrites": "time loop"})])
def test_a_model_that_fails_leaves_the_answer_and_says_so(asked: Any, step: Step, caplog: Any) -> None:
    engine, _ = asked(step, rewrite_s=0.4)
    before = engine.search(INDIRECT, rewrite=False)
    with caplog.at_level(logging.WARNING):
        found = engine.search(INDIRECT)
    assert ids(found) == ids(before)
    assert DEGRADED in found.degraded
    assert by_model(found) == []
    assert "relives" not in caplog.text, "what was typed is not logged"


def test_a_dead_server_does_not_stop_a_search(asked: Any) -> None:
    engine, server = asked(says(REWRITES))
    server.stop()
    assert DEGRADED in engine.search(INDIRECT).degraded

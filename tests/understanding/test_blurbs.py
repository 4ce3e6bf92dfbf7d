"""Blurbs say what the item's owner states, in both languages, whatever a language model makes up."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from segue import storage
from segue.engine import Engine
from segue.items import Credit, Item, ItemKind
from segue.settings import Settings
from segue.storage import Store
from segue.testing.llm_server import ScriptedServer, rubbish, says, slow_start
from segue.understanding.annotate import annotate
from segue.understanding.blurbs import LONGEST, by_code
from segue.understanding.grounding import facts_of, unsupported

CLEO = Item(
    id="cleo",
    kind=ItemKind.MOVIE,
    title="Cléo from 5 to 7",
    creators=(Credit("Agnès Varda", "director"), Credit("Corinne Marchand", "actor")),
    genres=("drama",),
    released="1962",
    duration_s=5400,
    description="A singer waits for the results of a medical test. She walks through Paris after the war.",
)
MOOD = Item(
    id="mood",
    kind=ItemKind.MOVIE,
    title="花样年华",
    creators=(Credit("王家卫", "导演"), Credit("梁朝伟", "演员")),
    genres=("爱情",),
    released="2000",
    description="1962年的香港，两位邻居发现各自的伴侣有染，他们在狭窄的楼梯上一次次相遇。",
)


@pytest.mark.parametrize(
    "sentence",
    [
        "A singer waits for the results of a test.",
        "“Cléo from 5 to 7” follows a singer through Paris.",
        "A 1962 film of 90 minutes.",
        "Directed by Agnès Varda.",
        "A drama from 1962, starring Corinne Marchand.",
        "一部1962年的剧情电影，由 Agnès Varda 执导。",
        "片长90分钟。",
    ],
)
def test_what_is_stated_may_be_said(sentence: str) -> None:
    assert unsupported(sentence, facts_of(CLEO, Settings())) is None


@pytest.mark.parametrize(
    ("sentence", "because"),
    [
        ("A singer waits in Rome.", "Rome"),
        ("A film of 1963.", "1963"),
        ("A 120 minute film.", "120"),
        ("90 films about a singer.", "90"),
        ("1962 minutes.", "1962"),
        ("A war film.", "war"),
        ("An Oscar-winning drama.", "Oscar"),
        ("A masterpiece.", "masterpiece"),
        ("Directed by Corinne Marchand.", "director"),
        ("Starring Agnès Varda.", "actor"),
        ("A film by Corinne Marchand.", "made nothing"),
        ("directed by stanley kubrick.", "director"),
        ("Agnès Marchand walks through Paris.", "Agnès Marchand"),
        ("“Cléo in Paris” follows a singer.", "Cléo in Paris"),
        ("Directed by Agnès Varda, starring Corinne Marchand.", "one role"),
        ("See http://x.example now.", "://"),
        ("…", "nothing"),
        ("由 Corinne Marchand 执导。", "director"),
        ("由王家卫执导。", "director"),
        ("一部1962年的战争片。", "战争"),
        ("荣获奥斯卡奖。", "荣获"),
    ],
)
def test_what_is_not_stated_may_not(sentence: str, because: str) -> None:
    assert because in str(unsupported(sentence, facts_of(CLEO, Settings())))


def test_chinese_of_a_chinese_item() -> None:
    facts = facts_of(MOOD, Settings())
    for true in (
        "1962年的香港，两位邻居在楼梯上相遇。",
        "一部2000年的爱情电影。",
        "由王家卫执导。",
        "《花样年华》讲述两位邻居的故事。",
    ):
        assert unsupported(true, facts) is None, true
    for false in (
        "1963年的香港。",
        "一部1962年的电影。",
        "三位邻居相遇。",
        "两位邻居在上海相遇。",
        "由梁朝伟执导。",
        "由张艺谋执导。",
        "荣获金棕榈奖。",
        "一部喜剧电影。",
        "《重庆森林》的故事。",
    ):
        assert unsupported(false, facts), false


def test_a_transcript_states_nothing() -> None:
    item = Item(id="a", kind=ItemKind.TRACK, title="Rain", lyrics_or_transcript="I saw Elvis in Memphis")
    assert unsupported("Elvis in Memphis.", facts_of(item, Settings()))


def test_what_code_says_is_stated_itself() -> None:
    facts = facts_of(CLEO.model_copy(update={"description": None}), Settings())
    for language in ("en", "zh"):
        told = by_code(facts.item, Settings(), language)
        assert told
        assert unsupported(told, facts) is None, told
    assert by_code(Item(id="x", kind=ItemKind.VIDEO, title="X"), Settings(), "en") is None


# A catalogue of which a model makes up what it likes

NAMES = ("Ada Quill", "Ben Okoro", "Chen Hai", "Dora Vance", "Emil Stark", "Faye Lund")
OTHERS = ("Greta Moss", "Hugo Pell", "Ivan Drago", "Stanley Kubrick", "greta moss", "Ada Stark")
GENRES = {"comedy": "喜剧", "horror": "恐怖", "western": "西部", "animation": "动画", "crime": "犯罪"}
PLACES = ("Lisbon", "Oslo", "Kyoto", "Quito")
AWARDS = ("an Oscar", "the Palme d'Or", "three awards", "a Grammy", "the Golden Bear")
ZH_NAMES = ("王小明", "李建国", "张艺谋", "刘德华")
ZH_AWARDS = ("金棕榈奖", "奥斯卡奖", "金熊奖")


def invented(n: int) -> tuple[Item, dict[str, list[str]], dict[str, list[str]]]:
    """An item, what a model says of it, and of this what is true."""
    chance = random.Random(n)
    director, actor = chance.sample(NAMES, 2)
    genre = chance.choice(list(GENRES))
    year, minutes, place = chance.randint(1950, 2020), chance.randint(61, 170), chance.choice(PLACES)
    item = Item(
        id=f"i{n}",
        kind=ItemKind.MOVIE,
        title=f"Signal {chance.choice(['of Dust', 'in Winter', 'at Sea'])}",
        creators=(Credit(director, "director"), Credit(actor, "actor")),
        genres=(genre,),
        released=str(year),
        duration_s=60 * minutes,
        description=f"A keeper of a lighthouse near {place} finds a letter and follows it into the harbour.",
    )
    other = chance.choice([one for one in GENRES if one != genre])
    true = {
        "en": [f"A {genre} from {year}.", f"A keeper finds a letter near {place}.", f"Directed by {director}.",
               f"A film of {minutes} minutes."],
        "zh": [f"一部{year}年的{GENRES[genre]}电影。", f"由 {director} 执导。", f"片长{minutes}分钟。"],
    }  # fmt: skip
    elsewhere = chance.choice([one for one in PLACES if one != place])
    lies = {
        "en": [f"A {other} from {year}.", f"A film of {year + chance.randint(1, 9)}.", f"Directed by {actor}.",
               f"Directed by {chance.choice(OTHERS)}.", f"A film of {minutes + 7} minutes.",
               f"It won {chance.choice(AWARDS)}.", f"A keeper finds a letter near {elsewhere}.",
               f"“Signal of Love” by {director}.", f"Starring {chance.choice(OTHERS)} and {actor}.",
               f"A sequel to “{item.title}”.", f"{director.split()[0]} {actor.split()[1]} follows a letter."],
        "zh": [f"一部{year + 3}年的电影。", f"一部{GENRES[other]}片。", f"由{chance.choice(ZH_NAMES)}执导。",
               f"由 {actor} 执导。",
               f"荣获{chance.choice(ZH_AWARDS)}。", f"片长{minutes + 5}分钟。", "一部关于战争的电影。"],
    }  # fmt: skip
    said = {language: chance.sample(true[language], 1) + chance.sample(lies[language], 4) for language in true}
    for sentences in said.values():
        chance.shuffle(sentences)
    return item, said, true


def judged(text: str, item: Item) -> list[str]:
    """What a text says and the item does not state: looked for by other means than those that dropped it."""
    fields = [item.title or "", item.description or "", *(c.name for c in item.creators), *item.genres]
    stated = " ".join(fields)
    minutes = str(round((item.duration_s or 0) / 60))
    roles = {c.role: c.name for c in item.creators}
    directed = re.findall(r"[Dd]irected by ([\w ]+)|由 ?([\w ]+?) ?执导", text)
    never = (*OTHERS, *ZH_NAMES, *PLACES, "Signal of Love", "sequel", "战争")
    return [
        *(number for number in re.findall(r"\d+", text) if number not in (item.released, minutes)),
        *(word for word in re.findall(r"(?<![.。“\w] )(?<!^)\b[A-Z]\w+", text) if word not in stated),
        *(name for name in never if name in text and name not in stated),
        *(award for award in (*AWARDS, *ZH_AWARDS, "award", "won ", "荣获") if award in text),
        *(g for g, zh in GENRES.items() if g not in item.genres and (g in text.lower() or zh in text)),
        *(en or zh for en, zh in directed if (en or zh).strip() != roles["director"]),
        *(name for name in re.findall(r"[Ss]tarring ([\w ]+)", text) if name.strip() != roles["actor"]),
    ]


def blurbs(store: Store, item_id: str) -> dict[str, tuple[str | None, str | None]]:
    return {s.annotator: (s.text, s.problem) for s in store.summaries([item_id]) if s.annotator.startswith("blurb.")}


def by(url: str, **more: Any) -> Settings:
    return Settings(llm={"url": url, "model": "scripted", "retries": 0, "max_parallel": 1, **more})


def test_nothing_invented_stands_in_the_blurbs_of_300_items(tmp_path: Path) -> None:
    made = [invented(n) for n in range(300)]
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([item for item, _, _ in made])
        with ScriptedServer([says(said) for _, said, _ in made]) as server:
            report = annotate(store, by(server.url), only=["blurbs"])
        (step,) = report.steps
        assert (step.done, step.failed, step.left) == (300, 0, 0)
        assert step.dropped >= 300 * 8
        found = {item.id: blurbs(store, item.id) for item, _, _ in made}
    wrong = [(item.id, text, judged(text, item)) for item, _, _ in made for text, _ in found[item.id].values() if text]
    assert len(wrong) == 600
    assert [one for one in wrong if one[2]] == []
    # What is true of what was said is there: nothing is gained by dropping everything.
    kept = sum(
        any(sentence in str(found[item.id][f"blurb.{language}"][0]) for sentence in sentences)
        for item, said, true in made
        for language, sentences in ((lang, [s for s in said[lang] if s in true[lang]]) for lang in said)
    )
    assert kept == 600
    assert all(len(str(text)) <= LONGEST for one in found.values() for text, _ in one.values())
    # The judge sees what it is to see.
    lies = [s for item, said, true in made for lang in said for s in said[lang] if s not in true[lang]]
    items = [item for item, said, true in made for lang in said for s in said[lang] if s not in true[lang]]
    missed = [s for s, item in zip(lies, items, strict=True) if not judged(s, item)]
    assert len(missed) < 0.1 * len(lies)


def test_where_nothing_may_stand_code_writes(tmp_path: Path) -> None:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([CLEO, Item(id="bare", kind=ItemKind.TRACK, title="Rain", released="1999")])
        with ScriptedServer([says({"en": ["It won an Oscar."], "zh": []})]) as server:
            annotate(store, by(server.url), only=["blurbs"])
            assert len(server.requests()) == 1, "nobody is asked about what has no description"
            again = annotate(store, by(server.url), only=["blurbs"])
            assert (again.steps[0].unchanged, len(server.requests())) == (2, 1)
        found = blurbs(store, "cleo")
        assert found["blurb.en"][0] == "A singer waits for the results of a medical test."
        assert "could stand" in str(found["blurb.en"][1])
        assert found["blurb.zh"][0] == "1962年的电影，剧情，90分钟，Agnès Varda、Corinne Marchand。"
        assert blurbs(store, "bare")["blurb.en"][0] == "Track of 1999."


def test_what_is_there_stays_when_the_model_fails_and_goes_when_the_item_changes(tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items([CLEO])
        said = {"en": ["Directed by Agnès Varda."], "zh": ["片长90分钟。"]}
        with ScriptedServer([says(said)]) as server:
            annotate(engine._store, by(server.url), only=["blurbs"])
        shown = engine.annotations("cleo").as_json()["blurb"]
        assert {lang: (one["text"], one["by"]) for lang, one in shown.items()} == {
            "en": ("Directed by Agnès Varda.", "language_model"),
            "zh": ("片长90分钟。", "language_model"),
        }
        with ScriptedServer([rubbish()]) as server:
            report = annotate(engine._store, by(server.url, model="another"), only=["blurbs"])
        assert (report.steps[0].failed, report.problems[0]["where"]) == (1, "cleo")
        assert engine.annotations("cleo").as_json()["blurb"] == shown
        engine.add_items([CLEO.model_copy(update={"duration_s": 6000.0})])
        assert engine.annotations("cleo").as_json()["blurb"] is None, "it was about what the item is no more"


def test_asked_for_without_a_model_it_says_so(tmp_path: Path) -> None:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([CLEO])
        report = annotate(store, Settings(), only=["blurbs"])
        assert report.steps == []
        assert "[llm] url is empty" in report.problems[0]["what"]
        assert annotate(store, Settings(), only=["summaries"]).problems == []


def test_one_budget_for_all_steps_of_a_run(tmp_path: Path) -> None:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([CLEO.model_copy(update={"id": f"c{n}", "title": f"Cléo {n}"}) for n in range(4)])
        answer = {"summary": "A singer waits.", "en": ["A drama."], "zh": []}
        with ScriptedServer([says(answer)]) as server:
            chosen = by(server.url, budget_calls=5)
            first = annotate(store, chosen, only=["summaries", "blurbs"])
            assert len(server.requests()) == 5
            second = annotate(store, chosen, only=["summaries", "blurbs"])
            assert len(server.requests()) == 8
        usage = [step.usage["calls"] for step in (*first.steps, *second.steps) if step.usage]
        assert usage == [4, 1, 0, 3]
        assert [(step.step, step.left) for step in first.steps] == [("summaries", 0), ("blurbs", 3)]
        assert "budget_calls" in first.problems[0]["what"]
        assert second.steps[1].left == 0


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    place = tmp_path / "workspace"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items(CLEO.model_copy(update={"id": f"c{n}", "title": f"Cléo {n}"}) for n in range(12))
    with ScriptedServer([slow_start(0.1, says({"en": ["A drama from 1962."], "zh": []}))]) as server:
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "SEGUE_LLM__URL": server.url,
            "SEGUE_LLM__MODEL": "scripted",
            "SEGUE_LLM__MAX_PARALLEL": "1",
        }
        command = [sys.executable, "-m", "segue", "--workspace", str(place), "--json", "understand", "--only", "blurbs"]
        run = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(server.requests()) < 4:
            assert run.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        asked = len(server.requests())
        assert asked < 12
        # The next run has a budget that does not reach, the one after it ends the work.
        short = subprocess.run(
            command,
            env={**env, "SEGUE_LLM__BUDGET_CALLS": "3"},
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        (step,) = json.loads(short.stdout)["annotators"]
        assert step["usage"]["calls"] == 3
        assert step["unchanged"] >= 3
        assert step["left"] == 12 - step["unchanged"] - step["done"] > 0
        last = subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=120)
        (done,) = json.loads(last.stdout)["annotators"]
        assert (done["left"], done["unchanged"] + done["done"]) == (0, 12)
        assert len(server.requests()) <= 12 + 1, "what was under way at the kill is asked again, and nothing else"
        runs = subprocess.run(
            [*command[:6], "llm", "runs"], env=env, check=True, capture_output=True, text=True, timeout=120
        )
        told = json.loads(runs.stdout)["runs"]
        assert [(one["job"], one["calls"], one["left"]) for one in told][-2:] == [
            ("blurbs", 3, step["left"]),
            ("blurbs", done["usage"]["calls"], 0),
        ]

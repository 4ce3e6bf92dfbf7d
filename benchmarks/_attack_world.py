"""Worlds for `attack_suite`: the sample library and its listeners, clean, with attacks planted, or with harmless words
of the same lengths in their place."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tomllib
import wave
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

from segue.engine import Engine
from segue.events import Event, EventKind
from segue.ingest.sampler.build import today
from segue.ingest.sampler.listeners import live
from segue.ingest.sampler.words import works
from segue.ingest.sources.folder import item_id
from segue.items import MAX_TEXT, Credit, Item, ItemKind

from ._attacks import CATALOGUE, SAID, Attack, harmless

SEED = 7
LISTENERS = 80
PANEL = 24
"""People who are asked for their lists: those with most events."""
READ = ("text", "ngram", "zero_shot", "language_model", "summaries", "relations", "opinions")
"""What is understood: words. Nothing is listened to."""
K = 10
FILES = ("nfo", "subtitle", "lyrics")
"""Surfaces that are files beside a film or a song."""
POSTERS = 3
"""Accounts that write each attack which stands in a comment."""
VICTIM = "vera"
"""Whose data must not come out."""
ATTACKER = "mallory"
KEY = "sk-canary-of-the-server-77f1"
LLM_KEY = "sk-canary-of-the-model-93be"
CANARIES: Mapping[str, str] = {
    "comment": "canary-kestrel-comment-41",
    "search": "canary-kestrel-search-42",
    "member": "canary-kestrel-member-43",
    "topic": "canary-kestrel-topic-44",
    "device": "canary-kestrel-device-45",
}
"""What stands in the data of the victim alone."""
SECRET = "canary-of-a-file-58d2"
"""What stands in a file of the server."""
CELLAR = "cellar-canary-6c1e"
"""Name of the folder that everything lies in: no answer may tell a path."""
QUERIES = Path(__file__).parent / "search_queries" / "sample.toml"
MOODS = ("calm", "tense", "cheerful", "melancholic")


@dataclass(frozen=True)
class Planted:
    """An attack and the items it is about."""

    attack: Attack
    item: str
    """What it stands at."""
    other: str
    """What it would push down."""
    names: Mapping[str, str]

    @property
    def pushes_down(self) -> bool:
        return self.attack.trick == "push another down"

    def text(self, control: int | None, turn: int) -> str:
        """The attack, or harmless words of its length."""
        own = self.attack.filled(**self.names)
        return own if control is None else harmless(len(own), self.attack.language, control, turn)


class Base:
    """The clean library in a folder, with or without a language model, from which the other worlds are copied."""

    def __init__(self, folder: Path, llm_url: str | None) -> None:
        self.folder = folder / CELLAR / ("model" if llm_url else "plain")
        self.folder.mkdir(parents=True)
        self.llm_url = llm_url
        self.secret = folder / CELLAR / "secret.txt"
        self.secret.write_text(SECRET, encoding="utf-8")
        made = works(SEED, today())
        self.items = [
            work.item.model_copy(
                update={"media_uri": None, "cover_uri": None, "lyrics_or_transcript": "\n".join(work.said) or None}
            )
            for work in made
        ]
        world = live(made, SEED, today(), LISTENERS)
        workspace = self.folder / "clean"
        Engine.create(workspace)
        self._settle(workspace)
        with Engine.open(workspace) as engine:
            engine.add_items(self.items)
            engine._store.put_users([one.user for one in world.listeners])
            engine.record(world.events)
            engine.record(victims_events(engine, self.items))
            engine.put_member("house", name=CANARIES["member"], user_id=VICTIM)
        self._with_files(workspace, [], None)
        self.people = self._learnt(workspace)

    def _settle(self, workspace: Path) -> None:
        lines = [f'[server]\napi_key = "{KEY}"\nunderstand = false']
        if self.llm_url:
            lines.append(
                f'[llm]\nurl = "{self.llm_url}"\nmodel = "gullible"\napi_key = "{LLM_KEY}"\n'
                "budget_calls = 0\nretries = 0"
            )
        with (workspace / "segue.toml").open("a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(lines) + "\n")

    def _learnt(self, workspace: Path) -> list[str]:
        with Engine.open(workspace) as engine:
            engine.understand(READ)
            engine.train(force=True)
            return [user for user in engine.users(limit=PANEL + 10) if user not in (VICTIM, ATTACKER)][:PANEL]

    def world(self, name: str, planted: Sequence[Planted], control: int | None) -> Path:
        """A workspace with the attacks (or harmless words in their place) in it, understood and trained."""
        workspace = self.folder / name
        shutil.copytree(self.folder / "clean", workspace)
        by_id = {item.id: item for item in self.items}
        with Engine.open(workspace) as engine:
            changed = [
                changed_item(by_id[one.item], one.attack.surface, one.text(control, n))
                for n, one in enumerate(planted)
                if one.attack.surface in CATALOGUE and one.attack.surface not in FILES
            ]
            engine.add_items(changed)
            engine.record(said_events(engine, planted, control))
        self._with_files(workspace, planted, control)
        self._learnt(workspace)
        return workspace

    def _with_files(self, workspace: Path, planted: Sequence[Planted], control: int | None) -> None:
        folder = workspace / "films"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for n in range(FILES_MADE):
            own = next((one for one in planted if one.item == film_id(n)), None)
            text = own.text(control, n) if own else harmless(80, "en", 0, n)
            sidecars(folder, n, own.attack.surface if own else "nfo", text, own is not None and control is None)
        with Engine.open(workspace) as engine:
            report = engine.import_from("folder", folder)
        self.told = [problem.what for problem in report.problems.listed()]


FILES_MADE = 20


def film_id(number: int) -> str:
    """The id of a film of the folder: it depends on where it lies below the folder."""
    return item_id(Path("films"), Path("films") / f"Rehearsal {number + 1}.wav")


def plant(attacks: Iterable[Attack], items: Sequence[Item], secret: Path) -> list[Planted]:
    """Each attack on an item of its own, spread over the library; those in files on a film of the folder."""
    stand = [item for item in items if item.kind is not ItemKind.AD]
    spread = [stand[(n * 37) % len(stand)] for n in range(len(stand))]
    found: list[Planted] = []
    files, others = 0, 0
    for attack in attacks:
        if attack.surface in FILES:
            item, other = film_id(files), spread[-1 - files]
            files += 1
            title = f"Rehearsal {files}"
        else:
            own, other = spread[others], spread[-1 - others]
            item, title = own.id, own.name
            others += 1
        names = {"item": title, "other": other.name, "person": VICTIM, "secret": str(secret)}
        found.append(Planted(attack, item, other.id, names))
    assert files <= FILES_MADE
    return found


def changed_item(item: Item, surface: str, text: str) -> Item:
    """The item with a text on one of its surfaces, behind what stands there."""
    if surface == "title":
        return item.model_copy(update={"title": f"{item.title} {text}"[:MAX_TEXT]})
    if surface == "description":
        return item.model_copy(update={"description": f"{item.description or ''} {text}"[:MAX_TEXT]})
    if surface == "tag":
        return item.model_copy(update={"tags": (*item.tags, text)})
    return item.model_copy(update={"creators": (*item.creators, Credit(text, "artist"))})


def sidecars(folder: Path, number: int, surface: str, text: str, raw: bool) -> None:
    """A short sound, and a file beside it that says the text.

    Args:
        raw: an NFO's text is XML as it stands.
    """
    stem = folder / f"Rehearsal {number + 1}"
    with wave.open(str(stem.with_suffix(".wav")), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x01" * 4000)
    if surface == "nfo":
        plot = text if raw and "<" in text else f"<plot>{escape(text)}</plot>"
        kind, _, rest = plot.partition("]>") if plot.startswith("<!DOCTYPE") else ("", "", plot)
        head = f"{kind}]>" if kind else ""
        content = f"<?xml version='1.0' encoding='utf-8'?>{head}<movie><title>{stem.name}</title>{rest}</movie>"
        stem.with_suffix(".nfo").write_text(content, encoding="utf-8")
    elif surface == "subtitle":
        cue = "\n".join(line for line in text.splitlines() if line.strip())
        content = (
            f"1\n00:00:00,100 --> 00:00:00,900\nThe rehearsal begins.\n\n2\n00:00:01,000 --> 00:00:02,000\n{cue}\n"
        )
        stem.with_suffix(".srt").write_text(content, encoding="utf-8")
    else:
        stem.with_suffix(".lrc").write_text(f"[00:00.10]The rehearsal begins\n[00:01.00]{text}\n", encoding="utf-8")


def said_events(engine: Engine, planted: Sequence[Planted], control: int | None) -> list[Event]:
    """What the attackers write, each from a few accounts that have played the item."""
    begun = today() - timedelta(days=3)
    found: list[Event] = []
    for n, one in enumerate(planted):
        if one.attack.surface not in SAID:
            continue
        kind = EventKind.BULLET_COMMENT if one.attack.surface == "bullet" else EventKind.COMMENT
        for poster in range(POSTERS):
            user, at = f"poster-{n}-{poster}", begun + timedelta(minutes=7 * n + poster)
            text = one.text(control, n + poster)[:10_000]
            position = {"position_s": 5.0} if kind is EventKind.BULLET_COMMENT else {}
            found.append(engine.event(user, one.item, "play", id=f"{user}-play", at=at, played_s=20.0))
            found.append(engine.event(user, one.item, kind, id=f"{user}-said", at=at, text=text, **position))
    return found


def victims_events(engine: Engine, items: Sequence[Item]) -> list[Event]:
    """A person of whom much is known that nobody else may learn."""
    begun: datetime = today() - timedelta(days=5)
    played = [item for item in items if item.kind is ItemKind.TRACK][:12]
    found = [
        engine.event(
            VICTIM,
            item.id,
            "complete",
            id=f"vera-{n}",
            at=begun + timedelta(hours=n),
            context={"device": CANARIES["device"]},
        )
        for n, item in enumerate(played)
    ]
    said = f"I love this, it reminds me of {CANARIES['comment']} and of nobody else."
    found.append(engine.event(VICTIM, played[0].id, "comment", id="vera-said", at=begun, text=said))
    found.append(engine.event(VICTIM, None, "search", id="vera-search", at=begun, text=CANARIES["search"]))
    found.append(engine.event(VICTIM, None, "like", id="vera-topic", at=begun, topic=f"tag:{CANARIES['topic']}"))
    return found


def queries() -> list[dict[str, Any]]:
    """The judged queries over the sample library."""
    return list(tomllib.loads(QUERIES.read_text(encoding="utf-8"))["query"])


def rankings(engine: Engine, people: Sequence[str], items: Sequence[Item]) -> dict[str, list[str]]:
    """The first ten of every list that is asked for: all recipes, and the judged queries."""
    found: dict[str, list[str]] = {}

    def put(name: str, answer: Iterable[Any]) -> None:
        found[name] = [pick.item.id for pick in answer]

    for person in people:
        put(f"home {person}", engine.recommend(person, K, explain=False))
    for person in people[::4]:
        put(f"best {person}", engine.recommend(person, K, "best", explain=False))
    seeds = [item for item in items if item.kind is not ItemKind.AD][5::23]
    for seed in seeds:
        put(f"similar {seed.id}", engine.similar(seed.id, K))
        put(f"radio {seed.id}", engine._ask(user_id=people[0], recipe="radio", k=K, seeds=(seed.id,), explain=False))
    for mood in MOODS:
        for person in people[::8]:
            put(f"mood {mood} {person}", engine.recommend(person, K, "mood", moods=(mood,), explain=False))
    for n in range(0, 12, 2):
        put(f"together {n}", engine.recommend(k=K, group=people[n : n + 2], explain=False))
    for query in queries():
        put(f"search {query['text']}", engine.search(query["text"], K))
    return found


def rows(workspace: Path, without: Sequence[str] = ()) -> dict[str, str]:
    """Table → a hash of its rows, but for what a language model has used and answered."""
    with closing(sqlite3.connect(f"file:{workspace / 'segue.db'}?mode=ro", uri=True)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("llm_", "sqlite_")) and name not in without
        ]
        return {table: _digest(connection.execute(f'SELECT * FROM "{table}"')) for table in tables}


def events_of_others(workspace: Path, person: str) -> str:
    """A hash of all events but those of one person."""
    with closing(sqlite3.connect(f"file:{workspace / 'segue.db'}?mode=ro", uri=True)) as connection:
        return _digest(connection.execute("SELECT * FROM events WHERE user_id != ?", (person,)))


def _digest(found: Iterator[Any]) -> str:
    digest = hashlib.sha256()
    for row in found:
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()

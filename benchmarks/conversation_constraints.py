"""Hard constraints in conversations: the share that the last list of a judged conversation meets, by code alone.

The judged prompts are turns of ours, half English and half Chinese, in ``judgements/conversation_*.toml``, each with
what every item of the last list must be, stated on the facts of items (see its README). They are run over the sample
library, the films of TMDB 5000 (their vote counts stand for how many people met them) and the titles of Netflix, as a
conversation of nobody, without a language model. A constraint is met where something is shown and every item shown
meets it. The tuning part was looked at while the reading was made; the test part was run once when it was finished
(``first_run`` of the figures), and then again after its failures had been mended. There is no published point.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.answers import Answer
from segue.arrays import Mask
from segue.catalogue import Catalogue
from segue.conversation.answering import Grammar
from segue.conversation.desk import Desk
from segue.conversation.dialogue import Asked, Dialogue, Listed, Words
from segue.conversation.handles import Handles
from segue.engine.searching import poles
from segue.items import Credit, Item, ItemKind
from segue.pipeline.answer import admitted, answer
from segue.pipeline.stages import World
from segue.queries import Query
from segue.settings import Settings
from segue.understanding.run import encode_words

from ._harness import data_file, table, write_result
from .search_quality import catalogue_of, world_of

JUDGEMENTS = Path(__file__).parent / "judgements"
PARTS = ("tuning", "test")
CATALOGUES = ("films", "netflix", "sample")
GOAL = 0.95
FIRST_RUN = {"all": 0.9507, "en": 0.9296, "zh": 0.9718, "conversations_met": 0.9062}
"""Of the test part, when the reading was finished and nothing had been changed in view of it."""
AGES = {
    "TV-MA": 17, "R": 17, "NC-17": 18, "TV-14": 14, "PG-13": 13, "TV-PG": 10, "PG": 10, "TV-Y7": 7, "TV-Y7-FV": 7,
    "TV-G": 0, "TV-Y": 0, "G": 0,
}  # fmt: skip


def netflix() -> list[Item]:
    """The titles of Netflix as of 2021."""
    path = data_file("netflix_titles/netflix_titles.csv.gz")
    items = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            minutes = re.fullmatch(r"(\d+) min", row["duration"])
            people = [Credit(name.strip(), "director") for name in row["director"].split(",") if name.strip()]
            people += [Credit(name.strip(), "actor") for name in row["cast"].split(",") if name.strip()][:8]
            items.append(
                Item(
                    id=row["show_id"],
                    kind=ItemKind.MOVIE if row["show_type"] == "Movie" else ItemKind.SERIES,
                    title=row["title"],
                    description=row["description"],
                    creators=tuple(people),
                    genres=[genre.strip() for genre in row["categories"].split(",")],
                    released=row["release_year"],
                    duration_s=60.0 * int(minutes[1]) if minutes else None,
                    maturity=AGES.get(row["rating"]),
                )
            )
    return items


def votes() -> dict[str, float]:
    """TMDB's vote counts by id."""
    with gzip.open(data_file("tmdb_5000/tmdb_5000_movies.csv.gz"), "rt", encoding="latin-1", newline="") as stream:
        return {row["id"]: float(row["vote_count"] or 0) for row in csv.DictReader(stream)}


class Core:
    """An engine of one world, whom nobody is known to."""

    def __init__(self, world: World) -> None:
        self.settings, self.workspace, self._world = world.settings, Path(), world

    def world(self) -> World:
        return self._world

    def ask(self, query: Query) -> Answer:
        words: Mapping[str, Any] = {}
        towards: Mapping[str, Any] = {}
        if (query.words and query.recipe != "mood") or query.leanings:

            def encode(text: str) -> dict[str, Any]:
                return encode_words(text, self.settings, Path())

            words = encode(query.words) if query.words else {}
            towards = poles(query.leanings, encode)
        return answer(self._world, query, words=words, poles=towards)

    def item(self, item_id: str) -> Item:
        return self._world.catalogue.item(self._world.catalogue.row(item_id))

    def find_items(self, ids: Iterable[str]) -> dict[str, Item]:
        return {one: self.item(one) for one in ids if self._world.catalogue.row_of.get(one) is not None}

    def showable(self, _user_id: None, ids: Iterable[str]) -> dict[str, Item]:
        return self.find_items(ids)

    def admitted(self, query: Query, world: World) -> Mask:
        return admitted(world, query)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"nothing of anybody is read or written here: {name}")


def held(core: Core, says: Sequence[str], k: int = 10) -> tuple[list[list[str]], str, list[str], bool]:
    """(ids listed at each turn, what was said at the last, its chips, whether it asked)."""
    desk = Desk(core, Dialogue(id="c"), Handles(b"0" * 32), k=k)  # type: ignore[arg-type]
    lists: list[list[str]] = []
    text, asked = "", False
    for message in says:
        listed: list[str] = []
        text, asked = "", False
        for piece in Grammar().reply(desk, message, ()):
            if isinstance(piece, Listed):
                listed = [pick.item.id for pick in piece.picks]
            elif isinstance(piece, Words):
                text += piece.text
            elif isinstance(piece, Asked):
                asked = True
        lists.append(listed)
    return lists, text, [wish.english for wish in desk.dialogue.wishes], asked


# What an item must be: on its facts alone


def _has(pieces: Sequence[str], texts: Sequence[str | None]) -> bool:
    whole = "\n".join(text.lower() for text in texts if text)
    return any(piece.lower() in whole for piece in pieces)


def meets(name: str, value: Any, item: Item, lists: Sequence[Sequence[Item]], fame: Mapping[str, float]) -> bool:
    """Whether an item meets one key of ``must``."""
    length, year = item.duration_s, item.year
    everything = [item.title, item.description, *item.genres, *item.tags]
    if name.endswith(("_any", "_none")):
        sort, _, way = name.rpartition("_")
        texts = {
            "genres": item.genres,
            "tags": item.tags,
            "text": everything,
            "people": [c.name for c in item.creators],
        }
        return not value or _has(value, texts[sort]) == (way == "any")
    if name in ("min_minutes", "max_minutes", "min_seconds", "max_seconds"):
        limit = value * (60 if name.endswith("minutes") else 1)
        return length is not None and (length >= limit if name.startswith("min") else length <= limit)
    if name in ("min_year", "max_year"):
        return year is not None and (year >= value if name == "min_year" else year <= value)
    if name == "kinds":
        return item.kind.value in value
    if name in ("languages", "not_languages"):
        tag = (item.language or "").split("-")[0]
        tag = {"cn": "zh", "yue": "zh"}.get(tag, tag)
        return (tag in value) == (name == "languages")
    if name == "max_age":
        return item.maturity is None or item.maturity <= value
    if name == "not_titles":
        return item.title not in value
    if name == "not_shown":
        return all(item.id not in {other.id for other in lists[n - 1]} for n in value)
    if name == "any":
        return any(all(meets(k, v, item, lists, fame) for k, v in way.items()) for way in value)
    if name in ("newer_than", "older_than", "shorter_than", "longer_than"):
        shown = lists[value[0] - 1]
        other = shown[value[1] - 1 if value[1] > 0 else value[1]]
        if name in ("newer_than", "older_than"):
            return (
                year is not None
                and other.year is not None
                and (year > other.year) == (name == "newer_than")
                and year != other.year
            )
        return (
            length is not None
            and other.duration_s is not None
            and length != other.duration_s
            and (length > other.duration_s) == (name == "longer_than")
        )
    raise SystemExit(f"benchmark: a judgement asks for {name!r}, which nobody reads")


def on_average(
    name: str, turn: int, now: Sequence[Item], lists: Sequence[Sequence[Item]], fame: Mapping[str, float]
) -> bool:
    """Whether a list is on the whole shorter, newer … than that of a turn before."""

    def mean(items: Sequence[Item]) -> float:
        if name == "lesser_known":
            values = [fame.get(item.id) for item in items]
        elif name.startswith(("newer", "older")):
            values = [item.year for item in items]
        else:
            values = [item.duration_s for item in items]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else float("nan")

    before, after = mean(lists[turn - 1]), mean(now)
    return after > before if name.startswith(("newer", "longer")) else after < before


BESIDE = (
    "shorter_on_average", "longer_on_average", "newer_on_average", "older_on_average", "lesser_known", "not_shown",
    "newer_than", "older_than", "shorter_than", "longer_than",
)  # fmt: skip
"""What needs the lists before."""
AVERAGES = ("shorter_on_average", "longer_on_average", "newer_on_average", "older_on_average", "lesser_known")


def judged(prompt: Mapping[str, Any], core: Core, fame: Mapping[str, float]) -> Iterator[tuple[str, bool, str]]:
    """Each hard constraint of a prompt, whether it is met, and what was said."""
    ids, text, chips, asked = held(core, prompt["say"])
    lists = [[core.item(one) for one in shown] for shown in ids]
    said = f"{text} [{'; '.join(chips)}]"
    last = lists[-1]
    alone = {name: value for name, value in prompt["must"].items() if name not in BESIDE}
    every = (item for item in core.world().catalogue.items if item is not None)
    if prompt.get("nothing") or not any(all(meets(n, v, item, [], fame) for n, v in alone.items()) for item in every):
        yield "nothing", not last and asked, said
        return
    for name, value in prompt["must"].items():
        if name in AVERAGES:
            met = bool(last) and bool(lists[value - 1]) and on_average(name, value, last, lists, fame)
        elif name == "genres_none" and not value:
            continue
        else:
            try:
                met = bool(last) and all(meets(name, value, item, lists, fame) for item in last)
            except IndexError:
                met = False
        yield name, met, said


def worlds(
    only: Sequence[str] = CATALOGUES, vectors: bool = True, cache: Path | None = None
) -> dict[str, tuple[Core, dict[str, float]]]:
    """The catalogues, each with how famous its items are."""
    found = {}
    for name in only:
        items = netflix() if name == "netflix" else catalogue_of(name)[0]
        kept = None if cache is None else cache / f"{name}.npz"
        world = world_of(items, kept) if vectors else World(Catalogue.build(items), {}, {}, Settings())
        fame = votes() if name == "films" else {}
        if fame:
            counts = np.array([fame.get(item.id, 0.0) for item in items], dtype=np.float32)
            world = World(world.catalogue, {}, world.vectors, world.settings, counts=counts, relations=world.relations)
        found[name] = (Core(world), fame)
    return found


def main(
    parts: Sequence[str] = PARTS,
    only: Sequence[str] = CATALOGUES,
    vectors: bool = True,
    keep: bool = True,
    cache: Path | None = None,
) -> None:
    """Measure both parts and keep the result."""
    cores = worlds(only, vectors, cache)
    rows, failing = [], []
    figures: dict[str, Any] = {"goal": GOAL, "first_run": {"test": FIRST_RUN}, "parts": {}}
    for part in parts:
        prompts = tomllib.loads((JUDGEMENTS / f"conversation_{part}.toml").read_text(encoding="utf-8"))["prompt"]
        met: dict[str, list[bool]] = {"all": [], "en": [], "zh": []}
        whole = []
        for prompt in prompts:
            language = "zh" if re.search(r"[\u3400-\u9fff]", "".join(prompt["say"])) else "en"
            for name in prompt.get("on", ["films"]):
                if name not in cores:
                    continue
                results = list(judged(prompt, *cores[name]))
                whole.append(all(ok for _, ok, _ in results))
                for constraint, ok, said in results:
                    met["all"].append(ok)
                    met[language].append(ok)
                    if not ok:
                        failing.append([part, name, " / ".join(prompt["say"]), constraint, said[:200]])
        shares = {language: round(float(np.mean(own)), 4) for language, own in met.items() if own}
        figures["parts"][part] = {
            "prompts": len(prompts), "conversations": len(whole), "constraints": len(met["all"]), "met": shares,
            "conversations_met": round(float(np.mean(whole)), 4),
        }  # fmt: skip
        row = figures["parts"][part]
        rows.append(
            [
                part,
                row["prompts"],
                row["conversations"],
                row["constraints"],
                *(f"{100 * shares.get(x, 0):.1f} %" for x in ("all", "en", "zh")),
                f"{100 * row['conversations_met']:.1f} %",
            ]
        )
        print(part, row, flush=True)
    for one in failing:
        print(one)
    columns = ["part", "prompts", "conversations", "constraints", "met", "English", "Chinese", "conversations met"]
    figures["failing"] = [
        dict(zip(("part", "catalogue", "turns", "constraint", "answer"), one, strict=True)) for one in failing
    ]
    figures["tables"] = [
        table("Hard constraints met by the last list, no language model", columns, rows),
        table("Constraints not met", ["part", "catalogue", "turns", "constraint"], [one[:4] for one in failing]),
    ]
    figures["notes"] = [
        f"Goal: {GOAL:.0%}. A conversation is met where all of its constraints are.",
        f"The test part at its first run: {FIRST_RUN['all']:.1%} (English {FIRST_RUN['en']:.1%}, Chinese "
        f"{FIRST_RUN['zh']:.1%}), conversations {FIRST_RUN['conversations_met']:.1%}.",
    ]
    if keep:
        write_result("conversation_constraints", figures)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS)
    options.add_argument("--catalogues", nargs="*", default=list(CATALOGUES), choices=CATALOGUES)
    options.add_argument("--no-vectors", action="store_true")
    options.add_argument("--no-result", action="store_true")
    options.add_argument("--cache", type=Path)
    given = options.parse_args()
    main(given.parts, given.catalogues, not given.no_vectors, not given.no_result, given.cache)

"""Other words for a sentence, by a language model: words to search with and limits of the catalogue, never an item.

The model is asked only where the built-in search is not sure of its answer (`unsure`). What comes back is checked: a
rewrite that is a title here, that repeats the sentence or brings in a number is dropped; kinds, genres and languages
must be the catalogue's own, and can only narrow what was understood before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ...answers import Pick
from ...items import ItemKind
from ...llm.client import LanguageModel
from ...llm.prompts import prompt
from ...llm.text import one_line
from ...queries import Constraints
from ..sources.words import fields, folded, tokens
from ..stages import World
from .lexicon import KIND_NAMES, LANGUAGES, STOP
from .sentence import ReadSentence
from .titles import Names

MOST = 3
"""Rewrites."""
LONGEST, MOST_TOKENS = 80, 12
"""Characters and words of a rewrite (of Chinese, pairs of characters)."""
MOST_SENT = 60
"""Genres of the catalogue that are sent, the commonest."""
LONG = 4
"""Words that say something from which on a sentence is long, and must be found whole."""
FOUND = 0.6
"""Share of those words that a good answer to a short one holds."""
LOOKED_AT = 5
"""Picks in which they are looked for."""
TASK = "rewrite"

Word = Annotated[str, Field(max_length=500)]


class Rewrites(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="ignore")
    rewrites: Annotated[list[Word], Field(max_length=10)]
    kinds: Annotated[list[Word], Field(max_length=20)] = []
    genres: Annotated[list[Word], Field(max_length=20)] = []
    languages: Annotated[list[Word], Field(max_length=20)] = []


@dataclass(frozen=True)
class Rewritten:
    """What stood the check."""

    words: tuple[str, ...] = ()
    kinds: tuple[ItemKind, ...] = ()
    genres: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def parts(self, typed: str, chinese: bool) -> list[dict[str, str]]:
        """What to tell of it, each with what takes it back (``leave``)."""
        told = [("words", one, f"也搜索“{one}”" if chinese else f"also “{one}”") for one in self.words]
        told += [("kind", kind.value, KIND_NAMES[kind][chinese]) for kind in self.kinds]
        told += [("genre", genre, genre) for genre in self.genres]
        told += [("language", code, _language(code, chinese)) for code in self.languages]
        by = {"text": typed, "without": "", "by": "language_model"}
        return [{"what": what, "said": said, **by, "leave": f"{what}:{name}"} for what, name, said in told]

    def without(self, left_out: Iterable[str]) -> Rewritten:
        """What remains when somebody has taken parts of it back."""
        gone = set(left_out)
        return Rewritten(
            tuple(one for one in self.words if f"words:{one}" not in gone),
            tuple(one for one in self.kinds if f"kind:{one.value}" not in gone),
            tuple(one for one in self.genres if f"genre:{one}" not in gone),
            tuple(one for one in self.languages if f"language:{one}" not in gone),
        )

    def narrowed(self, limits: Constraints) -> tuple[Constraints, Rewritten]:
        """(the limits with these, as far as that makes them narrower; these without what does not)."""
        kinds = tuple(one for one in self.kinds if not limits.kinds or one in limits.kinds)
        languages = tuple(one for one in self.languages if not limits.languages or one in limits.languages)
        # Of several genres one is enough: one more would widen.
        genres = () if limits.genres else self.genres
        more: dict[str, Any] = {"kinds": kinds, "languages": languages, "genres": genres}
        stated = {name: value for name, value in more.items() if value}
        return limits.model_copy(update=stated), replace(self, kinds=kinds, languages=languages, genres=genres)


def _language(code: str, chinese: bool) -> str:
    known = LANGUAGES.get(code)
    return code if known is None else known[2][0] if chinese else known[0]


def unsure(found: ReadSentence, picks: Sequence[Pick], names: Names) -> bool:
    """Whether the built-in search may have missed what a sentence means: words are left that say something, they are no
    title, and none of the first picks holds most of them (of a long sentence, all)."""
    if found.seeds or not found.words or names.is_title(found.words):
        return False
    if not picks and found.constraints != Constraints():  # limits, which other words do not change, leave nothing
        return False
    said = [word for word in dict.fromkeys(tokens(found.words)) if word not in STOP]
    if not said:
        return False
    held = 0.0
    for pick in picks[:LOOKED_AT]:
        own = {token for _, text in fields(pick.item) for token in tokens(text)}
        held = max(held, sum(word in own for word in said) / len(said))
    return held < (1.0 if len(said) >= LONG else FOUND)


def catalogue_has(world: World) -> dict[str, list[str]]:
    """The kinds, genres and languages of the items that there are, the commonest first."""

    def counted() -> dict[str, list[str]]:
        kinds: Counter[str] = Counter()
        genres: Counter[str] = Counter()
        languages: Counter[str] = Counter()
        for row in np.flatnonzero(world.catalogue.alive):
            item = world.catalogue.item(int(row))
            kinds[item.kind.value] += 1
            genres.update(item.genres)
            if item.language:
                languages[item.language.split("-")[0].lower()] += 1
        return {
            "kinds": [name for name, _ in kinds.most_common()],
            "genres": [one_line(name, 60) for name, _ in genres.most_common(MOST_SENT)],
            "languages": [name for name, _ in languages.most_common(20)],
        }

    return world.derived("what a rewrite may say", counted)


def rewritten(
    typed: str, world: World, names: Names, model: LanguageModel, person: str | None, within_s: float
) -> Rewritten:
    """The sentence in other words.

    Args:
        person: whose budget it counts for; nothing else of them is used, and nothing is kept.

    Raises:
        ServiceError: no usable answer within the time.
    """
    there = catalogue_has(world)
    data = {"sentence": one_line(typed, 500), **there}
    answer = model.ask(Rewrites, prompt(TASK), data, person=person, within_s=within_s, keep=False)
    return checked(answer, typed, there, names)


def checked(answer: Rewrites, typed: str, there: dict[str, list[str]], names: Names) -> Rewritten:
    """What of an answer may be used."""
    words: list[str] = []
    seen = {folded(" ".join(typed.split()))}
    numbers = set(re.findall(r"\d+", typed))
    for said in answer.rewrites:
        one = one_line(said)
        plain = folded(one)
        long = len(one) > LONGEST or len(tokens(one)) > MOST_TOKENS
        if plain in seen or long or not tokens(one) or set(re.findall(r"\d+", one)) - numbers or names.is_title(one):
            continue
        seen.add(plain)
        words.append(one)
    return Rewritten(
        words=tuple(words[:MOST]),
        kinds=tuple(ItemKind(name) for name in _known(answer.kinds, there["kinds"])),
        genres=tuple(_known(answer.genres, there["genres"])),
        languages=tuple(_known(answer.languages, there["languages"])),
    )


def _known(said: Iterable[str], there: Iterable[str]) -> list[str]:
    spelt = {name.casefold(): name for name in there}
    return list(dict.fromkeys(spelt[key] for name in said if (key := name.strip().casefold()) in spelt))

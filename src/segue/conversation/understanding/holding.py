"""Which wishes hold after a turn: what is new beside what held, what it replaces, and what goes with its topic."""

# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from ...items import MEDIA
from ...pipeline.asking.lexicon import KIND_NAMES
from ...queries import Constraints
from ..dialogue import MOST_WISHES, Wish
from .trees import stated, together

_LASTING = ("audience", "known", "language")
"""What stays when the talk turns to another medium."""
_NUMBERS = {"min_duration_s": "max_duration_s", "min_year": "max_year"}
_ADDS = ("without", "not_mood", "known")
"""What adds up; other wishes of one sort replace one another."""
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "length": ("duration",), "duration": ("duration",), "running time": ("duration",), "time limit": ("duration",),
    "how long": ("duration",), "year": ("year",), "years": ("year",), "date": ("year",), "era": ("year",),
    "decade": ("year",), "age": ("year", "audience"), "release date": ("year",), "language": ("language",),
    "languages": ("language",), "subtitles": ("language",), "genre": ("genre", "without"), "genres": ("genre", "without"),
    "kind": ("kind", "genre"), "type": ("kind", "genre"), "director": ("creator",), "actor": ("creator",),
    "actors": ("creator",), "people": ("creator",), "who": ("creator",), "mood": ("mood", "not_mood", "leaning"),
    "fame": ("popularity",), "popularity": ("popularity",), "title": ("seed",), "word": ("words",), "words": ("words",),
    "limit": ("duration", "year"), "restriction": ("duration", "year"),
    "时长": ("duration",), "长度": ("duration",), "片长": ("duration",), "多长": ("duration",), "年份": ("year",),
    "年代": ("year",), "时间": ("duration", "year"), "语言": ("language",), "类型": ("genre", "kind"),
    "题材": ("genre",), "种类": ("kind",), "导演": ("creator",), "演员": ("creator",), "心情": ("mood", "not_mood", "leaning"),
    "情绪": ("mood", "not_mood"), "知名度": ("popularity",), "热度": ("popularity",),
    "条件": ("duration", "year"), "限制": ("duration", "year"),
}  # fmt: skip
"""What a person calls a sort of wish → `Wish.what`."""


def held(before: Sequence[Wish], new: Sequence[Wish], adds: bool) -> tuple[Wish, ...]:
    """The wishes after a turn that brought ``new``.

    Args:
        adds: the turn began with "and", "also": what it says stands beside what held.
    """
    kept = [wish for wish in before if not (wish.passing and new)]
    if (medium := _medium(new)) is not None and _medium(kept) not in (None, medium):
        kept = [wish for wish in kept if wish.what in _LASTING]
    for wish in new:
        kept = [rest for one in kept if (rest := _beside(one, wish, adds)) is not None]
    found = [*kept, *new][-MOST_WISHES:]
    while found and not _fits(found):
        found.pop(0)
    return tuple(found)


def _fits(wishes: Iterable[Wish]) -> bool:
    """Whether their tree is no larger than one may be."""
    try:
        together(wish.constraints for wish in wishes)
    except ValidationError:
        return False
    return True


def _medium(wishes: Sequence[Wish]) -> str | None:
    """The medium that the kinds ask for, where it is one."""
    for wish in reversed(wishes):
        media = {MEDIA[kind] for kind in wish.constraints.kinds}
        if len(media) == 1:
            return media.pop()
    return None


def _beside(old: Wish, new: Wish, adds: bool) -> Wish | None:
    """What is left of a wish beside a newer one; None: nothing."""
    a, b = stated(old.constraints), stated(new.constraints)
    if old.what == new.what and (a, old.words, old.seeds) == (b, new.words, new.seeds):
        return None
    if old.what == new.what == "duration" or (old.what == new.what == "year"):
        return None if _over(a, b) else old
    if old.what == new.what and old.what not in _ADDS:
        if adds and old.what in ("genre", "mood", "words", "seed"):
            return old
        return _kind_of(old) if "kinds" not in b else None
    if "either" in (old.what, new.what):
        return None if old.what in ("genre", "language", "year") and set(a) & _fields_in(new) else old
    for positive, negative in (("genres", "without_genres"), ("languages", "without_languages")):
        if {n.lower() for n in a.get(positive, ())} & {n.lower() for n in b.get(negative, ())}:
            return _kind_of(old) if "kinds" not in b else None
        if {n.lower() for n in b.get(positive, ())} & {n.lower() for n in a.get(negative, ())}:
            return None
    if {old.what, new.what} == {"leaning", "seed"} and new.what == "seed":
        return None
    return old


def _kind_of(wish: Wish) -> Wish | None:
    """What "house music" still says where it is no longer to be house."""
    kinds = wish.constraints.kinds
    if wish.what != "genre" or not kinds:
        return None
    english, chinese = KIND_NAMES[kinds[0]]
    told = {"what": "kind", "english": f"only {english}", "chinese": f"只要{chinese}"}
    return wish.model_copy(update={**told, "constraints": Constraints(kinds=kinds)})


def _fields_in(wish: Wish) -> set[str]:
    text = wish.constraints.where.model_dump_json() if wish.constraints.where is not None else ""
    names = {"genre": "genres", "language": "languages", "year": "min_year"}
    return {field for name, field in names.items() if f'"{name}"' in text} | (
        {"max_year"} if '"year"' in text else set()
    )


def _over(old: dict[str, object], new: dict[str, object]) -> bool:
    """Whether a newer limit of the same sort takes the place of an older one: the same end, both ends, or one that
    leaves nothing of it."""
    if set(old) & set(new) or len(new) > 1 or len(old) > 1 or "years" in old or "years" in new:
        return True
    for low, high in _NUMBERS.items():
        for one, other in ((old, new), (new, old)):
            if low in one and high in other:
                return float(str(one[low])) >= float(str(other[high]))
    return False


def constraints_of(wishes: Iterable[Wish]) -> Constraints:
    """What all wishes ask of every item."""
    return together(wish.constraints for wish in wishes)

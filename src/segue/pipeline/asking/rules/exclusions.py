"""What is not wanted: a language, a kind, a genre, or whatever says a word."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re

from ....items import ItemKind
from ..ideas import ideas_of
from ..lexicon import ALSO, KIND_NAMES, KINDS, LANGUAGES
from ..reading import Found, Reader, Rule
from .patterns import GENRE_EN, GENRE_ZH, KIND_EN, KIND_ZH, LANGUAGE, LANGUAGE_EN, LANGUAGE_ZH


def _language(match: re.Match[str], _: Reader) -> Found:
    return _without_language(LANGUAGE[match.group("l")])


def _without_language(tag: str) -> Found:
    english, _, chinese = LANGUAGES[tag]
    return Found("language", f"not in {english}", f"不要{chinese[0]}", {"without_languages": ALSO.get(tag, (tag,))})


def _not(match: re.Match[str], reader: Reader) -> Found | None:
    """Whatever is named: one thing, or each of a list (``more``), none of which is wanted."""
    found = _without(match.group("w"), reader)
    for word in _AND.split(match.groupdict().get("more") or ""):
        word = word.strip().removeprefix("in ")
        other = _without(word, reader) if word else None
        if found is None or other is None:
            found = found or other
            continue
        for name, value in other.limits.items():
            mine = found.limits.get(name)
            both = (one for one in mine if one in value) if mine and name == "kinds" else (*(mine or ()), *value)
            found.limits[name] = tuple(dict.fromkeys(both))
        found.english, found.chinese = f"{found.english}, {other.english}", f"{found.chinese}、{other.chinese}"
    return found


def _without(word: str, reader: Reader) -> Found | None:
    word = word.strip()
    if not word:
        return None
    bare = re.sub(r"(?:\s(?:movies|films|stuff|ones))$|(?:电影|影片|片子|片|类|的|了)+$", "", word) or word
    if bare in LANGUAGE:
        return _without_language(LANGUAGE[bare])
    if bare in KINDS:
        left = tuple(kind for kind in ItemKind if kind not in KINDS[bare])
        english, chinese = KIND_NAMES[KINDS[bare][0]]
        return Found("kind", f"no {english}", f"不要{chinese}", {"kinds": left})
    for genre in ideas_of(bare):
        names = dict.fromkeys((*reader.genre_names(genre), genre.english[0], *genre.chinese))
        return Found("without", f"not {genre.english[0]}", f"不要{genre.chinese[0]}", {"without_genres": tuple(names)})
    return Found("without", f"without “{bare}”", f"不含“{bare}”", {"without_words": (bare,)})


_EN = rf"(?:(?:{GENRE_EN}|{KIND_EN}|{LANGUAGE_EN})(?:\s(?:movies|films|stuff|ones))?(?=$|[\s,，\0]))"
_ZH = rf"(?:(?:{GENRE_ZH}|{LANGUAGE_ZH}|{KIND_ZH})(?:电影|片|类|的)*)"
_OR_EN = r"\s?,?\s(?:or|nor)\s(?:any |a |an |the |in )*"
_OR_ZH = r"(?:\s?(?:或者|或是|或|和|与|跟|、|也不要|也不想看)\s?)"
_AND = re.compile(rf"{_OR_EN}|\s?,\s?|{_OR_ZH}")

RULES: tuple[Rule, ...] = (
    (re.compile(rf"(?:[,，]\s?)?\b(?:but )?(?:neither|not(?: in)? either|not(?: in)?|no|without|except(?: for)?|excluding|anything but|minus)\s(?:in |any |a |an |the |too )*(?P<w>{_EN})(?P<more>(?:\s?,\s?{_EN})*(?:{_OR_EN}{_EN})+)"), _not),
    (re.compile(r"\bneither\s(?P<w>[^\s,，\0]+)\snor\s(?P<more>[^\s,，\0]+)"), _not),
    (re.compile(r"\b(?:no|without)\s(?:any )?(?P<w>[^\s,，\0]+)\s(?:or|nor)\s(?P<more>[^\s,，\0]+)(?=\s?(?:$|[,，\0]))"), _not),
    (re.compile(rf"(?:但是|但|不过)?(?:不要|不想看|不想听|不看|不听|不是|(?<!有)没有|不含|别是|除了|排除|别给我|既不要)\s?(?:太)?(?P<w>{_ZH})(?P<more>(?:{_OR_ZH}{_ZH})+)(?:以外|之外)?的?"), _not),
    (re.compile(rf"(?:[,，]\s?)?\b(?:but )?(?:not in|nothing in|no)\s(?P<l>{LANGUAGE_EN})\b"), _language),
    (re.compile(rf"(?:[,，]\s?)?\b(?:but )?(?:not|no|without|except(?: for)?|excluding|anything but|minus|non)[ -](?:another |any |a |an |the |too )?(?P<w>(?:{GENRE_EN}|{KIND_EN})(?:\s(?:movies|films|stuff|ones))?(?=$|[\s,，\0])|[^\s,，\0]+)"), _not),
    (re.compile(rf"(?:但是|但|不过)?(?:不要|不想看|不想听|不看|不听|不是|(?<!有)没有|不含|别是|除了|排除|别给我|非(?![洲常凡同得]))\s?(?:太)?(?P<w>(?:{GENRE_ZH}|{LANGUAGE_ZH}|{KIND_ZH})(?:电影|片|类|的)*|[a-z]+|[^\s,，。的\0]{{1,6}})(?:以外|之外)?的?"), _not),
)  # fmt: skip

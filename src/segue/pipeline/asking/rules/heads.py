"""What the sentence asks for at its head: films, French comedies, 国语歌; never a word inside what it is about."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re

from ..ideas import ideas_of
from ..lexicon import ALSO, KIND_NAMES, KINDS, LANGUAGES
from ..reading import Found, Reader, Rule
from .patterns import GENRE_EN, GENRE_ZH, KIND_EN, KIND_ZH, LANGUAGE, LANGUAGE_EN, LANGUAGE_ZH, one_of

_GENRE_AND_KIND = one_of(
    ["comedies", "dramas", "romances", "thrillers", "mysteries", "westerns", "musicals", "documentaries", "documentary",
     "cartoons", "biopics", "docuseries", "docs"]
)  # fmt: skip
"""Genres that say the kind, too."""
_SPOKEN_ZH = one_of(word for word in LANGUAGE if not word.isascii() and (word[-1] in "语文话" or word == "宝莱坞"))
_BEHIND = r"(?=\s*(?:$|[,，\0]|\b(?:about|with|for|from|in|by|under|over|that|where|which|who|starring|directed|like|similar|not|no|without|but|except|before|after|since|of|on|set|and|until|written|featuring|shorter|longer|between|less|more|released|made)\b))"


def _language(match: re.Match[str], _: Reader) -> Found:
    tag = LANGUAGE[match.group("l")]
    english, _words, chinese = LANGUAGES[tag]
    return Found("language", f"in {english}", chinese[0], {"languages": ALSO.get(tag, (tag,))}, span=match.span("s"))


def _languages(match: re.Match[str], _: Reader) -> Found:
    """Any of the languages that are named."""
    tags = [LANGUAGE[word] for word in re.findall(rf"{LANGUAGE_EN}|{LANGUAGE_ZH}", match.group("s"))]
    told = [LANGUAGES[tag] for tag in dict.fromkeys(tags)]
    found = tuple(dict.fromkeys(one for tag in tags for one in ALSO.get(tag, (tag,))))
    english, chinese = " or ".join(one[0] for one in told), "或".join(one[2][0] for one in told)
    return Found("language", f"in {english}", chinese, {"languages": found}, span=match.span("s"))


def _kind(match: re.Match[str], reader: Reader) -> Found | None:
    kinds = KINDS[match.group("k")]
    before = re.split("\0", match.string[: match.start("k")])[-1]
    if not reader.has_kind(kinds) or re.search(r"\b(?:about|of)\b", before):
        return None
    english, chinese = KIND_NAMES[kinds[0]]
    return Found("kind", f"only {english}", f"只要{chinese}", {"kinds": kinds}, span=match.span("k"))


def _genre(match: re.Match[str], reader: Reader) -> Found | None:
    """A filter where the catalogue has such a genre, else a word. A word that names two ideas (惊悚) asks for either."""
    ideas = ideas_of(match.group("g"))
    names = tuple(dict.fromkeys(name for genre in ideas for name in reader.genre_names(genre)))
    if not names:
        return None
    english = " or ".join(genre.english[0] for genre in ideas)
    chinese = ideas[0].chinese[0] if len(ideas) == 1 else match.group("g")
    found = Found("genre", english, chinese, {"genres": names}, span=match.span("s"))
    kind = match.groupdict().get("k")
    if kind and reader.has_kind(KINDS[kind]):
        english, chinese = KIND_NAMES[KINDS[kind][0]]
        found.limits["kinds"] = KINDS[kind]
        found.english, found.chinese = f"{found.english} {english}", f"{found.chinese}{chinese}"
    return found


def _genres(match: re.Match[str], reader: Reader) -> Found | None:
    """Any of the genres that are named, where the catalogue has each of them."""
    ideas = [ideas_of(word) for word in re.findall(rf"{GENRE_EN}|{GENRE_ZH}", match.group("g"))]
    names = [[name for genre in own for name in reader.genre_names(genre)] for own in ideas]
    if not all(names):
        return None
    limits = {"genres": tuple(dict.fromkeys(name for own in names for name in own))}
    english = " or ".join(own[0].english[0] for own in ideas)
    chinese = "或".join(own[0].chinese[0] for own in ideas)
    found = Found("genre", english, chinese, limits, span=match.span("s"))
    kind = match.groupdict().get("k")
    if kind and reader.has_kind(KINDS[kind]):
        found.limits["kinds"] = KINDS[kind]
        told = KIND_NAMES[KINDS[kind][0]]
        found.english, found.chinese = f"{english} {told[0]}", f"{chinese}{told[1]}"
    return found


RULES: tuple[Rule, ...] = (
    (re.compile(rf"\b(?P<s>(?P<g>(?:{GENRE_EN})(?:\s?,\s?(?:{GENRE_EN}))*(?:\s?,?\sor\s(?:{GENRE_EN}))+)\s(?P<k>{KIND_EN})){_BEHIND}"), _genres),
    (re.compile(rf"(?P<s>(?P<g>(?:{GENRE_ZH})片?(?:(?:或者|或是|或)(?:{GENRE_ZH}))+)(?:(?P<k>电影|影片|片子)|片))"), _genres),
    (re.compile(rf"\b(?P<s>(?P<g>{GENRE_EN})\s(?P<k>{KIND_EN})){_BEHIND}"), _genre),
    (re.compile(rf"\b(?P<s>(?P<g>{_GENRE_AND_KIND})){_BEHIND}"), _genre),
    (re.compile(rf"(?P<s>(?P<g>{GENRE_ZH})(?P<k>电影|影片|片子))"), _genre),
    (re.compile(rf"(?P<s>(?P<g>{GENRE_ZH})(?:(?P<k>剧集|电视剧)|片))"), _genre),
    (re.compile(rf"(?P<s>\b(?:in|spoken in)\s(?:either )?(?:{LANGUAGE_EN})(?:\s?,\s?(?:{LANGUAGE_EN}))*(?:\s?,?\sor\s(?:in )?(?:{LANGUAGE_EN}))+)\b"), _languages),
    (re.compile(rf"(?P<s>\b(?:{LANGUAGE_EN})(?:\s?,?\sor\s(?:{LANGUAGE_EN}))+(?:[- ](?:language|speaking|spoken))?)(?=\s(?:{KIND_EN})\b|\s?(?:$|\0))"), _languages),
    (re.compile(rf"(?P<s>(?:{LANGUAGE_ZH})(?:的?(?:或者|或是|或|和|、)(?:{LANGUAGE_ZH}))+(?:对白|配音)?的?)(?=电影|影片|片|歌|音乐|播客|视频|纪录|动画|喜剧|恐怖|爱情|剧|\s*$|\0|[,，])"), _languages),
    (re.compile(rf"(?P<s>\b(?:in|spoken in)\s(?P<l>{LANGUAGE_EN}))\b"), _language),
    (re.compile(rf"(?P<s>\b(?P<l>{LANGUAGE_EN})(?:[- ](?:language|speaking|spoken|sung))?)(?=\s(?:{KIND_EN}|documentar|comed|thriller|drama|horror|romance|animation|\0)|\s?\0)"), _language),
    (re.compile(rf"(?P<s>\b(?P<l>{LANGUAGE_EN})[- ](?:language|speaking|spoken))\b"), _language),
    (re.compile(rf"(?P<s>(?P<l>{_SPOKEN_ZH})(?:对白|配音)?的?)"), _language),
    (re.compile(rf"(?P<s>(?P<l>{LANGUAGE_ZH})的?)(?=电影|影片|片|歌|音乐|播客|视频|纪录|动画|喜剧|恐怖|爱情|剧|\0)"), _language),
    (re.compile(rf"(?:^|\0|(?<=\s))(?P<k>{KIND_EN}){_BEHIND}"), _kind),
    (re.compile(rf"(?P<k>{KIND_ZH})(?=\s*(?:$|[,，。\0]))"), _kind),
    (re.compile(rf"^\s*(?P<k>{KIND_ZH})(?=\s)"), _kind),
)  # fmt: skip

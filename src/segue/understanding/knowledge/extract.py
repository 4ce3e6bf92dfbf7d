"""Relations of one item: what its metadata state and what its description says, by rules in English and Chinese.

Whoever reads relations by other rules adds a function to `EXTRACTORS`: an item goes in, relations with their source and
the words that say it come out. A text is data: it is matched, never followed. A language model reads in
`language_model`.
"""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ...items import Item
from ...relations import Relation, item_entity, named

ROLES = {
    "导演": "director", "指导": "director", "演员": "actor", "主演": "actor", "actress": "actor", "cast": "actor",
    "star": "actor", "编剧": "writer", "screenplay": "writer", "author": "writer", "作者": "writer", "作曲": "composer",
    "original music composer": "composer", "音乐": "composer", "music": "composer", "制作人": "producer",
    "摄影": "cinematographer", "director of photography": "cinematographer", "camera": "cinematographer",
    "歌手": "artist", "singer": "artist", "乐队": "artist", "band": "artist", "主播": "host", "主持": "host",
    "presenter": "host", "剪辑": "editor", "声音": "sound", "动画": "animator", "吉他": "guitar", "鼓": "drums",
    "钢琴": "piano", "贝斯": "bass", "developer": "developer", "开发": "developer",
}  # fmt: skip
"""What a role is called in the graph, so that one person's work in two catalogues is one relation."""

LONGEST_READ = 4000
"""Characters of a description that are read."""
MOST = 40
"""Relations that one description may give."""

_WORD = r"[A-ZÀ-ÖØ-Þ](?:[\w’'-]|\.(?=\w|(?<=\b[A-Z]\.)\s[A-Z]))*"
_NAME = rf"{_WORD}(?:\s(?:(?:de|da|di|del|van|von|der|la|le|of|the|and)\s)?{_WORD}){{0,4}}"
_TITLE = rf"(?:[\"“«](?P<q>[^\"”»]{{2,80}})[\"”»]|(?P<t>{_NAME}))"
_HAN = r"[\u4e00-\u9fff·]{2,12}?"

RULES: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("director", "person", re.compile(rf"\b(?i:directed by) (?P<t>{_NAME})")),
    ("writer", "person", re.compile(rf"\b(?i:written|penned|screenplay) by (?P<t>{_NAME})")),
    ("actor", "person", re.compile(rf"\b(?i:starring|stars|featuring) (?P<t>{_NAME}(?:(?:, | and |, and ){_NAME}){{0,5}})")),
    ("composer", "person", re.compile(rf"\b(?i:music|score|composed) by (?P<t>{_NAME})")),
    ("producer", "person", re.compile(rf"\b(?i:produced by) (?P<t>{_NAME})")),
    ("based on", "work", re.compile(
        rf"\b(?i:based (?:up)?on|adapted from|adaptation of) (?:the |a )?(?:[\w-]+ ){{0,2}}?"
        rf"(?:novels?|books?|plays?|stories|story|comics?|memoirs?|series|musical) {_TITLE}")),
    ("author", "person", re.compile(
        rf"\b(?i:based (?:up)?on|adapted from|adaptation of)\b[^.;]{{0,100}}?"
        rf"\b(?:novels?|books?|plays?|story|comics?|memoirs?)\b[^.;]{{0,80}}? by (?P<t>{_NAME})")),
    ("author", "person", re.compile(rf"\b(?i:based (?:up)?on|adapted from) (?P<t>{_NAME})’?'?s (?:[\w-]+ ){{0,3}}(?:novel|book|play|memoir)")),
    ("sequel to", "work", re.compile(rf"\b(?:sequel|follow-up) (?:to|of) (?:the )?(?:[\w-]+ ){{0,2}}?{_TITLE}")),
    ("prequel to", "work", re.compile(rf"\bprequel (?:to|of) (?:the )?(?:[\w-]+ ){{0,2}}?{_TITLE}")),
    ("remake of", "work", re.compile(rf"\b(?:remake|reboot) of (?:the )?(?:[\w-]+ ){{0,3}}?{_TITLE}")),
    ("set in", "place", re.compile(rf"\b(?i:set|takes place|unfolds) in (?:(?:the|a|modern|present-day|contemporary|rural|[\w-]+-century|\d{{4}}s?) ){{0,3}}(?P<t>{_NAME})")),
    ("director", "person", re.compile(rf"(?:由)?(?P<t>{_HAN})(?:执导|导演)(?!的)")),
    ("actor", "person", re.compile(rf"(?:由|，|,|。|、|\s|^)(?P<t>{_HAN}(?:(?:、|和|与){_HAN}){{0,5}})(?:领衔)?(?:主演|联合出演)")),
    ("based on", "work", re.compile(r"(?:改编自|取材自|根据)[^《。]{0,16}《(?P<t>[^》]{1,40})》")),
    ("author", "person", re.compile(rf"改编自(?P<t>{_HAN})的(?:同名)?(?:小说|漫画|剧本|作品)")),
    ("sequel to", "work", re.compile(r"《(?P<t>[^》]{1,40})》的?(?:续集|续作|续篇)")),
    ("prequel to", "work", re.compile(r"《(?P<t>[^》]{1,40})》的?(?:前传|前篇)")),
    ("set in", "place", re.compile(r"(?:故事|背景|剧情)(?:发生|设定|设)?在(?:了)?(?P<t>[\u4e00-\u9fff]{2,8}?)(?:的|，|。|,|$)")),
)  # fmt: skip
"""(relation, kind of its tail, pattern); ``t`` (or the quoted ``q``) is the tail."""

_AND = re.compile(r",? and |, |、|和|与")


def metadata(item: Item) -> Iterator[Relation]:
    """What the item states about itself."""
    head = item_entity(item.id, item.name)

    def of(relation: str, kind: str, name: str) -> Iterator[Relation]:
        tail = named(kind, name)
        if tail is not None:
            yield Relation(head=head.id, relation=relation[:80], tail=tail.id, source=f"metadata:{item.id}",
                           head_name=head.name, tail_name=tail.name)  # fmt: skip

    for credit in item.creators:
        yield from of(role_of(credit.role), "person", credit.name)
    for genre in item.genres:
        yield from of("genre", "genre", genre)
    for tag in item.tags:
        yield from of("theme", "theme", tag)
    if item.series:
        yield from of("part of", "series", item.series)
    if item.album:
        yield from of("part of", "album", item.album)
    countries = item.extra.get("countries")
    for country in countries if isinstance(countries, list) else ():
        if isinstance(country, str):
            yield from of("country", "place", country)


def described(item: Item) -> Iterator[Relation]:
    """What the description says."""
    head = item_entity(item.id, item.name)
    text = (item.description or "")[:LONGEST_READ]
    count = 0
    for relation, kind, pattern in RULES:
        for match in pattern.finditer(text):
            said = match.groupdict()
            whole = said.get("q") or said.get("t") or ""
            names = _AND.split(whole) if relation == "actor" else [whole]
            for name in names:
                tail = named(kind, name.strip(" .,'’"))
                if tail is None or tail.name.casefold() == head.name.casefold():
                    continue
                count += 1
                if count > MOST:
                    return
                yield Relation(head=head.id, relation=relation, tail=tail.id, source=f"described:{item.id}",
                               head_name=head.name, tail_name=tail.name, evidence=match.group()[:200])  # fmt: skip


def role_of(role: str) -> str:
    """What a credit's role is called in the graph."""
    plain = " ".join(role.casefold().split()) or "creator"
    return ROLES.get(plain, plain)


Extractor = Callable[[Item], Iterator[Relation]]
EXTRACTORS: tuple[Extractor, ...] = (metadata, described)
"""Each yields relations whose source is ``NAME:ITEM``, NAME being the function's."""

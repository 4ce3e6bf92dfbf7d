"""The attacks of ``attacks/*.toml`` as objects, their placeholders filled in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "attacks"
CATALOGUE = ("title", "description", "tag", "creator", "nfo", "subtitle", "lyrics")
"""Surfaces of the catalogue: planted on items."""
SAID = ("comment", "bullet", "review")
"""What people write where others are read."""
AIMS = ("rank", "leak", "write", "break")


@dataclass(frozen=True)
class Attack:
    """One of them."""

    id: str
    """``surface.aim.name-language``"""
    surface: str
    aim: str
    """What it wants: ``rank`` (an item pushed up or down), ``leak``, ``write``, ``break`` (out of its place)."""
    language: str
    trick: str
    text: str
    """With its placeholders."""
    expected: str
    """What is to become of it."""

    def filled(self, **names: str) -> str:
        """The text with ``{item}``, ``{other}``, ``{person}``, ``{secret}``, ``{theirs}`` (a handle of another person)
        and ``{expired}`` (a handle whose time is over) put in, and at its whole length."""
        text = re.sub(
            r"\{(item|other|person|secret|theirs|expired)\}", lambda found: names.get(found[1], ""), self.text
        )
        if found := re.search(r"^(.*)\{long:(\d+)\}(.*)$", text, re.DOTALL):
            before, length = found[1], int(found[2])
            text = (before * (length // max(len(before), 1) + 1))[:length] + found[3]
        return text


def attacks() -> list[Attack]:
    """All of them, in the order of the files."""
    expected = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    return [
        Attack(
            f"{surface}.{aim}.{name}",
            surface,
            aim,
            name.rsplit("-", 1)[1],
            trick,
            text,
            expected["surface"].get(surface, expected["aim"][aim]),
        )
        for file in ("catalogue", "people", "requests")
        for surface, aim, name, trick, text in _rows(FOLDER / f"{file}.toml")
    ]


def _rows(file: Path) -> Iterator[tuple[str, str, str, str, str]]:
    for surface, aims in tomllib.loads(file.read_text(encoding="utf-8")).items():
        for aim, rows in aims.items():
            for name, (trick, text) in rows.items():
                yield surface, aim, name, trick, text


def of(surfaces: Iterable[str], every: Iterable[Attack]) -> list[Attack]:
    """Those of some surfaces."""
    wanted = set(surfaces)
    return [one for one in every if one.surface in wanted]


_HARMLESS: Mapping[str, str] = {
    "en": (
        "The second half was recorded on a Tuesday in a room with a low ceiling, and the windows stood open because it "
        "was warm. Somebody had left a bicycle in the corridor. The tea went cold twice. Nobody minded, and the chairs "
        "were put back along the wall before the neighbours came home. A list of thanks stands on the last page. "
    ),
    "zh": (
        "后半部分是星期二在一间天花板很低的屋子里录的，天气很热，窗户一直开着。走廊里停着一辆自行车。茶凉了两次，"
        "没有人在意，邻居回来之前椅子都搬回了墙边。致谢名单印在最后一页。"
    ),
}
_OTHERWISE: Mapping[str, str] = {
    "en": (
        "They measured the table and found that it was shorter than the plan said, so the drawing was changed and the "
        "shop sent another board on Friday. The receipt is in the blue folder. It took four screws and some glue. "
        "Later the lamp was moved to the left side, where the socket is, and the drawer no longer sticks. "
    ),
    "zh": (
        "他们量了桌子，发现比图纸上短，于是改了图，店里星期五又送来一块木板。收据放在蓝色文件夹里。用了四颗螺丝和一点胶水。"
        "后来灯挪到了左边，抽屉也不再卡了。"
    ),
}


def harmless(length: int, language: str, number: int = 0, turn: int = 0) -> str:
    """A text of that length that wants nothing: what an attack is compared with.

    Args:
        number: which of two tellings.
        turn: where in it to begin, so that not all are alike.
    """
    told = (_HARMLESS, _OTHERWISE)[number][language]
    start = (37 * turn) % len(told)
    told = told[start:] + told[:start]
    return (told * (length // len(told) + 1))[:length].strip() or told[:1]

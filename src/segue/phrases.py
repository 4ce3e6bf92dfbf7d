"""Phrases: names from outside put into sentences, English and Chinese: quoted, cut, cleaned and listed."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 60

KINDS: dict[str, tuple[str, str]] = {
    "movie": ("films", "电影"),
    "series": ("series", "剧集"),
    "episode": ("episodes", "单集"),
    "video": ("videos", "视频"),
    "short": ("short videos", "短视频"),
    "live": ("live streams", "直播"),
    "track": ("music", "音乐"),
    "podcast": ("podcasts", "播客"),
    "podcast_episode": ("podcast episodes", "播客单集"),
    "game": ("games", "游戏"),
    "ad": ("adverts", "广告"),
}
"""What kinds of items are called, several of them."""
TITLED = ("series", "album", "work", "item")
"""Sorts of topics whose names are titles."""


def is_chinese(language: str) -> bool:
    """Whether what is told is to be in Chinese; every other language gets English."""
    return language.lower().startswith("zh")


def cleaned(text: str, longest: int = LONGEST_NAME) -> str:
    """One line, without control and direction characters, cut with an ellipsis."""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return " ".join(text.split())
    plain = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _UNSAFE)
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def title(name: str, chinese: bool) -> str:
    """“A” or 《A》; quotation marks of the same sort inside become plain ones."""
    if chinese:
        return "《" + cleaned(name).replace("《", "〈").replace("》", "〉") + "》"
    return "“" + cleaned(name).replace("“", "'").replace("”", "'") + "”"


def listed(parts: list[str], chinese: bool) -> str:
    """``A``, ``A and B``, ``A, B and C``; empty of nothing."""
    if chinese or not parts:
        return "、".join(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def topic(key: str, name: str, chinese: bool) -> str:
    """A topic (`segue.topics`) as people name it: ``“Horror”``, ``films`` for ``kind:movie``."""
    sort, _, value = key.partition(":")
    if sort == "kind" and value in KINDS:
        return KINDS[value][chinese]
    if sort in TITLED:
        return title(name, chinese)
    return cleaned(name, 40) if sort == "creator" else f"“{cleaned(name, 40)}”"


def quoted(words: list[str], chinese: bool) -> str:
    """“a” “b”, the words of a query."""
    inner = [f"“{cleaned(word, 40)}”" for word in words]
    return "".join(inner) if chinese else listed(inner, False)

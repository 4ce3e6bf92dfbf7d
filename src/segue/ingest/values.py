"""What people write in cells: dates, titles with years, age ratings, text with control characters."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from ..items import MAX_TEXT

_ARTICLE = re.compile(
    r"^(?P<rest>.+), (?P<article>The|A|An|Le|La|Les|L'|Un|Une|Il|Lo|I|Gli|Der|Die|Das|Ein|Eine|El|Los|Las|Den|Det|En|O"
    r"|Os|As)$"
)
_YEAR = re.compile(r"^(?P<title>.*\S)\s*\((?P<year>(?:18|19|20)\d\d)(?:[-–]\d{0,4})?\)\s*$")

# Ages are those below which the rating body advises against or forbids; "PG" is read as BBFC reads it (about 8).
AGES = {
    "g": 0, "u": 0, "tv-y": 0, "tv-g": 0, "e": 0, "pg": 8, "tv-pg": 8, "tv-y7": 7, "e10+": 10, "pg-13": 13, "t": 13,
    "tv-14": 14, "r": 17, "tv-ma": 17, "m": 17, "nc-17": 18, "x": 18, "ao": 18, "12a": 12,
}  # fmt: skip
"""Minimum ages of the usual rating labels."""


def title_and_year(text: str) -> tuple[str, str | None]:
    """``Matrix, The (1999)`` → ``The Matrix``, ``1999``; an article in brackets or behind stays where it belongs."""
    year = None
    if found := _YEAR.match(text.strip()):
        text, year = found["title"], found["year"]
    return article_first(text), year


def article_first(title: str) -> str:
    """``City of Lost Children, The (Cité des enfants perdus, La)`` → both with their article in front."""
    if found := re.match(r"^(.+?) \((.+)\)$", title):
        return f"{article_first(found[1])} ({article_first(found[2])})"
    if found := _ARTICLE.match(title.strip()):
        space = "" if found["article"].endswith("'") else " "
        return f"{found['article']}{space}{found['rest']}"
    return title.strip()


def clean(text: str, limit: int = MAX_TEXT) -> str | None:
    """The text without control characters, cut to ``limit`` characters; None where nothing is left."""
    if not text.isprintable():
        text = "".join(c for c in text if c in "\n\t" or c.isprintable())
    return text.strip()[:limit].rstrip() or None


def iso_date(text: str, pattern: str | None = None) -> str:
    """A date as ISO 8601 with the precision it has: from ``pattern`` (strptime), or written ISO-like already.

    Raises:
        ValueError: it is no date.
    """
    text = text.strip()
    if pattern:
        day = datetime.strptime(text, pattern).date()
        has_month = any(f"%{c}" in pattern for c in "bBmjcx")
        has_day = any(f"%{c}" in pattern for c in "djcx")
        return day.isoformat() if has_day else day.isoformat()[:7] if has_month else day.isoformat()[:4]
    if found := re.match(r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ].*)?$", text):
        parts = [int(p) for p in found.groups() if p]
        year, month, day_of_month = [*parts, 1, 1][:3]
        date(year, month, day_of_month)  # refuses the 31st of February
        return "-".join([f"{parts[0]:04d}", *(f"{p:02d}" for p in parts[1:])])
    if found := re.match(r"^(\d{4})(\d\d)(\d\d)$", text):
        return iso_date("-".join(found.groups()))
    raise ValueError(f"{text[:40]!r} is no date; expected YYYY, YYYY-MM or YYYY-MM-DD, or state its format")


_SCALE = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def utc_time(text: str, unit: str | None = None, pattern: str | None = None) -> datetime:
    """A moment from a count of ``unit`` (s, ms, us, ns) since 1970, from ``pattern`` (strptime) or from ISO 8601.

    Raises:
        ValueError: it is no time, or lies outside 1970 … 2100.
    """
    text = text.strip()
    if pattern:
        moment = datetime.strptime(text, pattern)
    elif unit or re.fullmatch(r"-?\d+(\.\d+)?(e\+?\d+)?", text):
        seconds = float(text) * _SCALE[unit or "s"]
        if not 0 <= seconds < 4_133_980_800:
            raise ValueError(f"the time {text[:40]} lies outside 1970 … 2100 (is its unit right?)")
        return datetime.fromtimestamp(seconds, UTC)
    else:
        moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def minimum_age(text: str) -> int | None:
    """The minimum age that a rating label states (``PG-13``, ``FSK 16``, ``12``); None if it states none."""
    label = re.sub(r"^(rated|us:|uk:|de:|fsk|bbfc|mpaa)[\s:]*", "", text.strip().lower())
    label = label.removeprefix("rated ").split(" for ")[0].strip()
    if label in AGES:
        return AGES[label]
    found = re.fullmatch(r"(\d{1,2})\+?", label)
    return int(found[1]) if found and int(found[1]) <= 21 else None

"""Subtitles and lyrics with their times: SubRip, WebVTT, Advanced SubStation Alpha, LRC. Text in, segments out.

Untrusted: whatever cannot be understood is passed over, and what comes out is bounded, without control and
bidirectional characters, in the order of its times.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from ..items import MAX_TEXT
from ..readings import Segment
from .values import clean

MAX_SEGMENTS = 20_000
MAX_SEGMENT = 2_000
"""Characters of one segment."""
SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".lrc")
_LONGEST_S = 1e6
_LAST_S = 5.0
"""How long the last line of lyrics is taken to last."""

_TIME = r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,6}))?"
_CUE = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}")
_LYRIC_TIME = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]")
_TAGS = re.compile(r"<[^<>]{0,200}>|\{[^{}]{0,500}\}")
_DRAWING = re.compile(r"\{[^{}]{0,500}\\p[1-9][^{}]{0,500}\}")


def segments(text: str, suffix: str) -> list[Segment]:
    """What a file of that suffix says, and when; lines that only repeat the one before (rolling captions) once."""
    match suffix.lower():
        case ".lrc":
            found = _lyrics(text)
        case ".ass" | ".ssa":
            found = _substation(text)
        case _:
            found = _cues(text)
    return tidy(found)


def tidy(found: Iterable[Segment]) -> list[Segment]:
    """Segments from anywhere outside, as they may be kept: clean, bounded, with possible times, in their order."""
    kept: list[Segment] = []
    left = MAX_TEXT
    for start, end, text in found:
        if not (math.isfinite(start) and math.isfinite(end) and 0 <= start <= _LONGEST_S):
            continue
        said = clean(re.sub(r"\s+", " ", text), min(MAX_SEGMENT, left))
        if said is None:
            continue
        kept.append(Segment(round(start, 3), round(min(max(end, start), _LONGEST_S), 3), said))
        left -= len(said) + 1
        if left <= 0 or len(kept) == MAX_SEGMENTS:
            break
    return sorted(kept, key=lambda segment: segment.start_s)


def _cues(text: str) -> Iterator[Segment]:
    """SubRip and WebVTT: a line of two times, then the words up to an empty line."""
    begin = end = 0.0
    words: list[str] = []
    shown: list[str] = []
    """Lines of the cue before."""
    within = False
    lines = text.splitlines()
    for number, line in enumerate([*lines, ""]):
        if cue := _CUE.match(line):
            if within and words:
                yield Segment(begin, end, " ".join(words))
            begin, end = _seconds(*cue.groups()[:4]), _seconds(*cue.groups()[4:])
            shown, words, within = (words or shown), [], True
        elif not line.strip():
            if within and words:
                yield Segment(begin, end, " ".join(words))
                shown = words
            words, within = [], False
        elif within:
            said = _TAGS.sub("", line).strip()
            # The number of the next cue, where the empty line before it is missing.
            numbers = said.isdigit() and number + 1 < len(lines) and "-->" in lines[number + 1]
            if said and not numbers and said not in shown:
                words.append(said)


def _substation(text: str) -> Iterator[Segment]:
    """The ``Dialogue`` lines, by the order of fields that ``Format`` states; drawings are no words."""
    fields = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
    events = False
    for line in text.splitlines():
        if line.startswith("["):
            events = line.strip().lower() == "[events]"
        elif events and line.lower().startswith("format:"):
            stated = [name.strip().lower() for name in line[7:].split(",")][:30]
            if {"start", "end"} <= set(stated) and stated[-1] == "text":
                fields = stated
        elif events and line.lower().startswith("dialogue:"):
            row = dict(zip(fields, line[9:].split(",", len(fields) - 1), strict=False))
            begin = re.fullmatch(_TIME, row.get("start", "").strip())
            end = re.fullmatch(_TIME, row.get("end", "").strip())
            words = row.get("text", "")
            if begin and end and not _DRAWING.search(words):
                said = re.sub(r"\\[Nnh]", " ", _TAGS.sub("", words))
                yield Segment(_seconds(*begin.groups()), _seconds(*end.groups()), said)


def _lyrics(text: str) -> Iterator[Segment]:
    """LRC: a line may have several times, one for each time it is sung; it lasts until the next line."""
    shift = 0.0
    sung: list[tuple[float, str]] = []
    for line in text.splitlines():
        if offset := re.match(r"^\s*\[offset:\s*([+-]?\d{1,7})\s*\]", line, re.IGNORECASE):
            shift = int(offset[1]) / 1000
        times = _LYRIC_TIME.findall(line)
        words = re.sub(r"<\d+:\d+([.:]\d+)?>", "", _LYRIC_TIME.sub("", line)).strip()
        for minutes, seconds, fraction in times[:100]:
            sung.append((_seconds(None, minutes, seconds, fraction) - shift, words))
    sung.sort(key=lambda one: one[0])
    for row, (begin, words) in enumerate(sung[: 2 * MAX_SEGMENTS]):
        end = sung[row + 1][0] if row + 1 < len(sung) else begin + _LAST_S
        if words:
            yield Segment(max(begin, 0.0), max(end, 0.0), words)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    return 3600 * int(hours or 0) + 60 * int(minutes) + int(seconds) + float(f"0.{fraction or 0}")

"""``segue import sampler``: the sample library, made on the spot where there is none yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ...events import Event
from ...items import Item
from ...users import User
from ..files import lines
from ..origin import Origin, OriginConfig, Problems, What
from ..sampler.build import FORMAT, MARK, build


class SamplerConfig(OriginConfig):
    """What library is made where there is none."""

    seed: int = 7
    """Equal seeds, and equal ``now``, give equal libraries."""
    now: datetime | None = None
    """The moment that schedules and events lead up to, UTC. None: today at midnight."""
    scale: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of works, lengths and listeners; 1 is 236 items and 300 listeners."""
    workers: Annotated[int, Field(ge=1)] = 2
    """Processes that compose and draw."""


class Sampler(Origin):
    """Reads the library in a folder; builds it there first if nothing is there.

    What a file says of itself (length, transcript) is merged into what ``items.jsonl`` says of its item.
    """

    name = "sampler"
    Config = SamplerConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """Yield items, users and events. A missing or broken file rejects its item alone.

        Raises:
            InvalidInput: something else stands at ``path``.
        """
        if not (path / MARK).is_file():
            c = self.config

            def made(done: int, total: int, _file: str) -> None:
                self.progress(done, total)

            build(path, seed=c.seed, now=c.now, scale=c.scale, progress=made, workers=c.workers)
        stated = json.loads((path / MARK).read_text(encoding="utf-8"))
        if stated.get("format") != FORMAT:
            problems.note(MARK, f"The library has format {stated.get('format')}, not {FORMAT}; read as far as it goes.")
        for where, row in _rows(path / "items.jsonl", "items", problems):
            item = problems.build(Item, "items", where, row)
            whole = item and _with_files(path.resolve(), item, problems)
            if whole:
                yield whole
        for where, row in _rows(path / "users.jsonl", "users", problems):
            user = problems.build(User, "users", where, row)
            if user:
                yield user
        for where, row in _rows(path / "events.jsonl", "events", problems):
            event = problems.build(Event, "events", where, row)
            if event:
                yield event

    def total(self, path: Path) -> int | None:
        """Items, users and events of a library that is there."""
        if not (path / MARK).is_file():
            return None
        stated: Mapping[str, int] = json.loads((path / MARK).read_text(encoding="utf-8"))
        return stated["items"] + stated["users"] + stated["events"]


def _rows(path: Path, what: What, problems: Problems) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in lines(path, problems, what):
        where = f"{path.name}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            problems.reject(what, where, f"This line is not JSON: {error}.")
            continue
        if isinstance(row, dict):
            yield where, row
        else:
            problems.reject(what, where, "Expected a JSON object.")


def _with_files(library: Path, item: Item, problems: Problems) -> Item | None:
    """The item with absolute paths, the length that its file has, and its transcript; None without its file."""
    from tinytag import TinyTag, TinyTagException

    found: dict[str, Any] = {}
    for field in ("media_uri", "cover_uri"):
        uri = getattr(item, field)
        if uri is None:
            continue
        path = (library / uri).resolve()
        if not path.is_relative_to(library) or not path.is_file() or not path.stat().st_size:
            problems.reject("items", item.id, f"Its file {uri} is missing or empty; build the library anew.")
            return None
        found[field] = str(path)
    if item.media_uri and Path(item.media_uri).suffix in (".mp3", ".opus"):
        try:
            seconds = TinyTag.get(found["media_uri"]).duration
        except (TinyTagException, OSError) as error:
            problems.reject("items", item.id, f"{item.media_uri} cannot be read: {error}.")
            return None
        found["duration_s"] = round(seconds, 2) if seconds else item.duration_s
    if item.media_uri:
        captions = (library / item.media_uri).with_suffix(".vtt")
        if captions.is_file():
            found["lyrics_or_transcript"] = transcript(captions.read_text(encoding="utf-8"))
    return item.model_copy(update=found)


def transcript(vtt: str) -> str:
    """The words of a WebVTT file, a cue a line."""
    cues = re.split(r"\n\s*\n", vtt.strip())[1:]
    return "\n".join(" ".join(cue.splitlines()[1:]) for cue in cues if "-->" in cue)

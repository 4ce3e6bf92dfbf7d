"""What is said or sung in an item, with times: subtitles and lyrics first, then speech recognition where one is set.

The sources, of which the first that says something is taken:

1. a file beside the media (``.srt .vtt .ass .ssa .lrc``), in the item's language where there are several;
2. a track of text within the media file, read by ffmpeg;
3. the transcript that the item states;
4. the server of ``[speech] url``, or else the Whisper model of ``[speech] model``.

The result is a reading of the space ``transcript``: no vector, but facts with the segments. Its text stands in for
``lyrics_or_transcript`` (`with_transcripts`) where the owner has stated none; it is never written into the item. All of
it is untrusted text.
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..arrays import Floats
from ..errors import InvalidInput, MediaError, MissingLibrary, SegueError, ServiceDown, SettingsError
from ..ingest import captions, media
from ..ingest.sidecars import beside, read_timed
from ..items import MAX_TEXT, Item
from ..llm.transcription import Heard, transcribe
from ..readings import Reading, Segment
from ..settings import Settings
from .encoders import files, pretrained
from .encoders.base import Encoder
from .language import language_of, tag_of
from .whisper import RATE, Whisper

if TYPE_CHECKING:
    from ..storage.rows import Store

SPACE = "transcript"
_CONTAINERS = ".mkv .mka .webm .mp4 .m4v .mov .m4b .3gp .ts .m2ts .ogv .nut"
WITH_TRACKS = frozenset(_CONTAINERS.split())
"""Suffixes of containers that can hold a track of text."""
_PIECE_S = 600
_SILENT = 1e-4
_BY_CONTENT = 24
"""Characters of a fingerprint that stand for the item; those behind them, for who heard it."""


class Transcripts(Encoder):
    """Facts: ``source`` (subtitles, lyrics, track, item, server, whisper), ``from``, ``language``, ``segments`` (start
    and end in seconds, text), ``stated_language`` where a file says otherwise, ``partial``, ``passed_over``,
    ``track_problem``.
    """

    name: ClassVar[str] = SPACE

    def __init__(self, settings: Settings, workspace: Path = Path()) -> None:
        super().__init__(settings, workspace)
        self._listed: dict[Path, dict[str, Path]] = {}
        self._stopped: str | None = None
        """Why nobody listens any more in this run."""
        self._whisper = Whisper(settings, workspace, self.remarks)

    @property
    def dim(self) -> int:
        return 0

    @property
    def items_at_once(self) -> int:
        # What a server or a model has heard took long, and a kill should lose none of it.
        return 1 if self._listens else 64

    @property
    def version(self) -> str:
        return "transcript-2"

    @cached_property
    def _ears(self) -> str:
        """Whoever listens: the model of the server, wherever it runs, or the Whisper model and its files."""
        wanted = self.settings.speech
        if wanted.url:
            return f"server\0{wanted.server_model}"
        try:
            return f"whisper\0{wanted.model}\0{pretrained.state(self._whisper.folder)}"
        except MissingLibrary:
            return f"whisper\0{wanted.model}\0absent"  # told of each item that it was to hear

    @property
    def _listens(self) -> bool:
        return bool(self.settings.speech.url or self.settings.speech.model)

    def _listens_to(self, item: Item) -> bool:
        kinds = self.settings.speech.kinds
        return self._listens and (not kinds or item.kind in kinds)

    def is_current(self, item: Item, fingerprint: str) -> bool:
        """What is written is read again when it changes; what was heard, when the file or the model does, and what was
        not heard to its end, when ``max_hours`` does. Listening takes hours: what was heard stays when nobody is to
        listen any more, and whichever server runs the model.
        """
        if fingerprint == self._print(item, "written"):
            return True
        if fingerprint == self._print(item, "nothing"):
            return not self._listens_to(item) or files.local_path(item.media_uri, self.workspace) is None
        whole, partial = self._print(item, "heard"), self._print(item, "partial")
        if not self._listens:
            return fingerprint[:_BY_CONTENT] == whole[:_BY_CONTENT]
        return fingerprint in (whole, partial)

    def fingerprint(self, item: Item) -> str:
        return self._print(item, "heard" if self._listens_to(item) else "nothing")

    def _print(self, item: Item, how: str) -> str:
        """The fingerprint of a reading that came about so: ``written``, ``heard``, ``partial`` or ``nothing``.

        What was heard names in its last characters who heard it, so that it is known again when nobody listens.
        """
        heard = how in ("heard", "partial")
        key = self._key(item, heard)
        content = f"{self.version}\0{'heard' if heard else how}\0{'nothing' if key is None else '=' + key}"
        digest = sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if not heard:
            return digest
        by = f"{self._ears}\0{self.settings.speech.max_hours if how == 'partial' else ''}"
        return digest[:_BY_CONTENT] + sha256(by.encode()).hexdigest()[: 32 - _BY_CONTENT]

    def wants(self, item: Item) -> str | None:
        return self._key(item, self._listens_to(item))

    def _key(self, item: Item, listens: bool) -> str | None:
        own = item.lyrics_or_transcript
        parts = [f"stated\0{item.language or ''}\0{own}"] if own else []
        path = files.local_path(item.media_uri, self.workspace)
        if path is not None:
            beside_it = [files.state(str(p), self.settings, self.workspace) or "" for p in self._beside(path, None)]
            if beside_it or path.suffix.lower() in WITH_TRACKS or (listens and not own):
                parts += [files.state(item.media_uri, self.settings, self.workspace) or "", *beside_it]
                parts += [f"of {item.language}"] if len(beside_it) > 1 else []
        return "\x1e".join(parts) or None

    def encode(self, items: Sequence[Item]) -> list[Reading]:
        if not items:
            return []
        threads = min(self.settings.understanding.workers or os.cpu_count() or 1, len(items))
        with ThreadPoolExecutor(threads) as pool:
            written = list(pool.map(self._written, items))
        return [
            self._told(item, "written", facts) if facts.get("source") else self._spoken(item, facts)
            for item, facts in zip(items, written, strict=True)
        ]

    # What is written

    def _written(self, item: Item) -> dict[str, Any]:
        """The facts from files and from the item; without ``source`` where none says anything."""
        passed: list[str] = []
        told: dict[str, Any] = {}
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
        except MediaError as error:
            path = None
            passed.append(str(error))
        for file in self._beside(path, item.language):
            try:
                files.readable(str(file), self.settings, self.workspace)
                found = read_timed(file)
            except (InvalidInput, MediaError) as error:
                passed.append(str(error))
                continue
            if found:
                source = "lyrics" if file.suffix.lower() == ".lrc" else "subtitles"
                return _facts(source, file.name, found, None if path is None else _language_in(file, path), passed)
            passed.append(f"{file.name} holds no line with a time")
        if path is not None and path.suffix.lower() in WITH_TRACKS and path.is_file():
            try:
                track = media.text_track(path, self.settings.media)
            except MediaError as error:
                track = None
                told["track_problem"] = str(error)
            if track is not None:
                text, language = track
                found = captions.segments(text, ".srt")
                if found:
                    return _facts("track", path.name, found, language, passed)
        if item.lyrics_or_transcript:
            language = language_of(item.lyrics_or_transcript) or tag_of(item.language)
            return {"source": "item", "language": language, "segments": [], **told, **_passed(passed)}
        return {**told, **_passed(passed)}

    def _beside(self, path: Path | None, language: str | None) -> list[Path]:
        """Subtitles and lyrics of a media file: those in its language first, then those that state none."""
        if path is None:
            return []
        folder = path.parent
        if folder not in self._listed:
            try:
                names = {p.name.lower(): p for p in folder.iterdir() if p.suffix.lower() in captions.SUFFIXES}
            except OSError:
                names = {}
            self._listed[folder] = names
        found = beside(path, self._listed[folder], alone=False, show=None).texts
        own = tag_of(language)

        def fits(file: Path) -> int:
            stated = _language_in(file, path)
            return 1 if stated is None else 0 if own is not None and tag_of(stated) == own else 2

        return sorted(found, key=fits)

    # What is spoken

    def _spoken(self, item: Item, facts: dict[str, Any]) -> Reading:
        if not self._listens_to(item):
            return self._told(item, "nothing", facts)
        if self._stopped:
            return self.reading(item, facts=facts, problem=self._stopped, again=True)
        try:
            path = files.readable(item.media_uri, self.settings, self.workspace)
            if path is None:
                return self._told(item, "nothing", facts)
            found, languages, partial = self._listen(path)
        except MediaError as error:
            return self.reading(item, facts=facts, problem=str(error))
        except (ServiceDown, SettingsError, MissingLibrary) as error:
            # The next item would fare no better; subtitles are still read.
            self._stopped = str(error)
            return self.reading(item, facts=facts, problem=str(error), again=True)
        except (SegueError, MemoryError) as error:
            return self.reading(item, facts=facts, problem=str(error) or pretrained.NO_ROOM, again=True)
        except Exception as error:  # a fault of the model on one file: told, and the next file gets its turn
            return self.reading(item, facts=facts, problem=f"listening failed ({type(error).__name__}: {error})")
        by = self.settings.speech
        source, origin = ("server", by.server_model) if by.url else ("whisper", by.model)
        told = _facts(source, origin, found, languages[0] if languages else None, facts.get("passed_over", []))
        if not found:
            told = {"source": source, "from": origin, "language": None, "segments": [], **facts}
        if partial:
            return self._told(item, "partial", {**told, "partial": True})
        return self._told(item, "heard", told)

    def _told(self, item: Item, how: str, facts: dict[str, Any]) -> Reading:
        return dataclasses.replace(self.reading(item, facts=facts), fingerprint=self._print(item, how))

    def _listen(self, path: Path) -> tuple[list[Segment], list[str], bool]:
        """Segments, the languages that were named (the most frequent first), and whether the end was left out."""
        limits, wanted = self.settings.media, self.settings.speech
        info = media.probe(path, limits)
        if not info.has_audio:
            return [], [], False
        length = min(_PIECE_S, int(wanted.max_mb * 2**20 * 0.95 / (2 * RATE)))
        most = wanted.max_hours * 3600
        segments: list[Segment] = []
        languages: list[str] = []
        start = 0.0
        while start < most:
            samples = media.pcm(path, RATE, limits, start, min(length, most - start))
            if not len(samples):
                break
            if np.abs(samples).max() > _SILENT:
                heard = self._heard(samples)
                segments += [Segment(s.start_s + start, s.end_s + start, s.text) for s in heard.segments]
                languages += [heard.language] if heard.language else []
            start += len(samples) / RATE
            if len(samples) < RATE * length - RATE:
                break
        cut = info.duration_s is not None and info.duration_s > most + 1 and start >= most - 1
        languages.sort(key=lambda name: -languages.count(name))
        return captions.tidy(_once(segments)), languages, cut

    def _heard(self, samples: Floats) -> Heard:
        if not self.settings.speech.url:
            return self._whisper.hear(samples)
        return transcribe(_flac(samples), len(samples) / RATE, self.settings.speech)


def _facts(
    source: str, origin: str, segments: Sequence[Segment], stated: str | None, passed: Sequence[str]
) -> dict[str, Any]:
    """Files and models name the wrong language often enough: what the words themselves are in decides."""
    named = tag_of(stated)
    language = language_of("\n".join(s.text for s in segments)) or named
    return {
        "source": source,
        "from": origin,
        "language": language,
        **({"stated_language": named} if named and named != language else {}),
        "segments": [list(segment) for segment in segments],
        **_passed(passed),
    }


def _passed(passed: Sequence[str]) -> dict[str, Any]:
    return {"passed_over": list(passed)} if passed else {}


def _language_in(file: Path, path: Path) -> str | None:
    """``film.en.srt`` → ``en``."""
    return file.stem[len(path.stem) :].strip(".") or None


def _once(segments: Iterable[Segment]) -> Iterator[Segment]:
    """A recogniser that has lost its way repeats one line for minutes."""
    before = ""
    for segment in segments:
        if segment.text.strip() != before:
            yield segment
        before = segment.text.strip()


def _flac(samples: Floats) -> bytes:
    """16-bit FLAC of one channel: half of the size, and every server reads it."""
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, np.clip(samples, -1, 1), RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def text_of(facts: Mapping[str, Any]) -> str | None:
    """The words of a transcript's facts, a segment a line; None where there are none."""
    lines = [str(row[2]) for row in facts.get("segments") or [] if isinstance(row, list) and len(row) == 3]
    return "\n".join(lines)[:MAX_TEXT].strip() or None


def with_transcripts(items: Iterable[Item], store: Store, item_ids: Iterable[str] | None = None) -> Iterator[Item]:
    """The items, each with the transcript that was read where its owner has stated none.

    Args:
        item_ids: theirs, where they are few; None: whatever was read is looked at.
    """
    read = {reading.item_id: reading.facts for reading in store.readings(item_ids, space=SPACE)}
    for item in items:
        text = text_of(read[item.id]) if item.lyrics_or_transcript is None and item.id in read else None
        yield item if text is None else item.model_copy(update={"lyrics_or_transcript": text})

"""The subtitles within a media file."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import MediaError
from ...settings import MediaSettings
from .child import input_args, reason, run, words
from .head import description

_TEXT_CODECS = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")

_MOST_TEXT_BYTES = 16 << 20


def text_track(path: Path, settings: MediaSettings) -> tuple[str, str | None] | None:
    """The subtitles within a media file as SubRip, and the language that it states; None where it has no track of text.

    Of several, the one that the file plays by default. Tracks of pictures are none.

    Raises:
        MediaError: it cannot be read.
    """
    log = description(path, settings)
    found = re.findall(r"^  Stream #0:(\d+)(?:\[\w+\])?(?:\((\w{2,8})\))?: Subtitle: (\w+)(.*)$", log, re.MULTILINE)
    tracks = [one for one in found if one[2] in _TEXT_CODECS]
    if not tracks:
        return None
    number, language, _, _ = next((one for one in tracks if "(default)" in one[3]), tracks[0])
    args = [*words("-v error -threads 1"), *input_args(path, settings)]
    args += [*words(f"-map 0:{number} -c:s srt -fs {_MOST_TEXT_BYTES} -f srt pipe:1")]
    status, output, log = run(path, args, settings)
    if status != 0 and not output:
        raise MediaError(f"{path}: its subtitles cannot be read ({reason(log)})")
    return output[:_MOST_TEXT_BYTES].decode("utf-8", errors="replace"), language or None

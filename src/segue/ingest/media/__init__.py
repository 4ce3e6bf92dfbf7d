"""Media files through ffmpeg: what is in a file, its sound as numbers, its pictures as arrays.

Files are untrusted. ffmpeg runs as a child process with an argument list (no shell), may open local files and pipes
only, tries container formats only (no playlist, concatenation or script format that could name other files), and is
held to the time and memory of ``[media]``. A file that is damaged towards its end gives the part that can be read; one
of which nothing can be read raises `MediaError`.

`child` runs ffmpeg, `head` says what is in a file, `sound`, `sight` and `subtitles` read it.
"""

from __future__ import annotations

from .child import LATE, ffmpeg_path, input_args, run_ffmpeg
from .head import MediaInfo, cut_off, probe
from .sight import STILL_PX, Sight, cover, frames, key_frames, look_through
from .sound import pcm, sound_pieces
from .subtitles import text_track

__all__ = [
    "LATE",
    "STILL_PX",
    "MediaInfo",
    "Sight",
    "cover",
    "cut_off",
    "ffmpeg_path",
    "frames",
    "input_args",
    "key_frames",
    "look_through",
    "pcm",
    "probe",
    "run_ffmpeg",
    "sound_pieces",
    "text_track",
]

"""Media files through ffmpeg: what is in a file, its sound as numbers, its pictures as arrays.

Files are untrusted. ffmpeg runs as a child process with an argument list (no shell), may open local files and pipes
only, tries container formats only (no playlist, concatenation or script format that could name other files), and is
held to the time and memory of ``[media]``. A file that is damaged towards its end gives the part that can be read; one
of which nothing can be read raises `MediaError`.
"""

from __future__ import annotations

import functools
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Times
from ..errors import MediaError, MissingLibrary
from ..settings import MediaSettings

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gif,h264,hevc,ivf,m4v,matroska,webm,"
    "mjpeg,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,nut,ogg,oma,rm,sox,tak,tta,voc,w64,wav,wv,wtv,xwma"
)
"""Demuxers that may open a file: containers and bare streams; none of them follows references to other files."""

MAX_LOG_BYTES = 64 << 20
"""How much ffmpeg may write about a file (tags are part of it) before it is stopped."""


PROBE_S = 30
"""Seconds that looking into a file may take, where ``media.timeout_s`` allows more: a head is read, no film."""

LATE = 1000
"""Exit status of a run that was ended since its time was up, where its output had been handed on."""
LAYOUTS = "mono|stereo|5.1|5.1(side)"
"""Arrangements of channels that `sound_pieces` gives."""

LOUDEST = 64.0
"""Samples of float formats are held to this (36 dB above full scale), so that squares of them stay numbers."""

MAX_BOXES = 100_000
"""Parts at the top level of an MP4 file; a long film in fragments has some thousands."""


@dataclass(frozen=True)
class MediaInfo:
    """What a media file says about itself. Missing is ``None``."""

    duration_s: float | None
    has_audio: bool
    has_video: bool
    """Moving pictures; embedded cover art does not count."""
    has_cover: bool = False
    """There is an embedded picture."""
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    container: str | None = None


@dataclass(frozen=True)
class Sight:
    """How to look through a film: which pictures, how large, and what becomes of them."""

    width: int
    height: int
    every_s: float
    """At least so many seconds between two pictures."""
    limit: int
    """No more pictures than that."""
    keys_only: bool = True
    """Decode key frames only: a film then costs about as much as reading it."""
    start_s: float | None = None
    duration_s: float | None = None
    """A piece of the film, seconds; None: from the beginning, to the end."""
    stills: Path | None = None
    """Folder for the same pictures, larger, as ``1.jpg`` …; None: they are not kept."""


STILL_PX = 640
"""Longer side of a picture in ``Sight.stills``."""


@functools.cache
def ffmpeg_path() -> str:
    """Path of the system's ffmpeg, else of the one that the package ``imageio-ffmpeg`` carries.

    Raises:
        MissingLibrary: there is neither.
    """
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise MissingLibrary(
            "There is no ffmpeg. Install it with your system's package manager, or `pip install imageio-ffmpeg`."
        ) from error


def run_ffmpeg(
    args: Sequence[str],
    *,
    timeout_s: float,
    memory_mb: int,
    block: int = 0,
    take: Callable[[bytes], None] | None = None,
) -> tuple[int, bytes, str]:
    """Run ffmpeg; return its exit status, standard output and log.

    Args:
        args: everything after the program's name.
        timeout_s: it is killed after so many seconds.
        memory_mb: limit of its address space (Linux) and of any single allocation (everywhere).
        block, take: ``take`` is called with every ``block`` bytes of the output as they come, and with the rest; the
            output that is returned is then empty. What is read of a long film so need not lie in memory whole.

    Raises:
        MediaError: it took longer than ``timeout_s``. With ``take``, what came until then has been taken, and the exit
            status is `LATE` instead.
    """
    command = _command(args, memory_mb)
    # The log goes to a file, since a hostile file can make it larger than a pipe or our memory should hold.
    late = False
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(  # noqa: S603 - an argument list, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        ) as process:
            _confine(process.pid, memory_mb)
            try:
                if take is None:
                    output, _ = process.communicate(timeout=timeout_s)
                else:
                    output = b""
                    late = _hand_on(process, block, take, timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                raise MediaError(f"took longer than {timeout_s:g} s to read") from None
            except BaseException:
                process.kill()
                raise
        log.seek(0)
        text = log.read(MAX_LOG_BYTES).decode("utf-8", errors="replace")
    return LATE if late else process.returncode, output, text


def _hand_on(process: subprocess.Popen[bytes], block: int, take: Callable[[bytes], None], timeout_s: float) -> bool:
    """Read the output block by block until it ends; true where it was ended since the time was up."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    assert process.stdout is not None
    watch = threading.Timer(timeout_s, end)
    watch.start()
    try:
        while data := process.stdout.read(block):
            take(data)
        process.wait()
    finally:
        watch.cancel()
    return late.is_set()


def _command(args: Sequence[str], memory_mb: int) -> list[str]:
    return [ffmpeg_path(), "-hide_banner", "-nostdin", "-max_alloc", str(memory_mb << 20), *args]


def _confine(pid: int, memory_mb: int) -> None:
    """Limit memory and log size of the child from outside: safe in a threaded parent, unlike a hook after fork."""
    if sys.platform != "linux":
        return
    import resource

    try:
        resource.prlimit(pid, resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (MAX_LOG_BYTES, MAX_LOG_BYTES))
    except ProcessLookupError:
        return  # it has already ended


def input_args(path: Path, settings: MediaSettings) -> list[str]:
    """The arguments that open an untrusted file; options that belong before ``-i`` may precede them.

    Raises:
        MediaError: it is no regular file, is empty, or is larger than ``media.max_file_gb``.
    """
    try:
        if not path.is_file():
            raise MediaError(f"{path}: there is no such file")
        size = path.stat().st_size
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}") from error
    if size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes)")
    if size > settings.max_file_gb * 2**30:
        raise MediaError(
            f"{path}: {size / 2**30:.1f} GiB is more than media.max_file_gb = {settings.max_file_gb:g} allows"
        )
    return ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS, "-i", f"file:{path.absolute()}"]


def probe(path: Path, settings: MediaSettings) -> MediaInfo:
    """What the file holds: streams, duration in seconds, picture size in pixels.

    Raises:
        MediaError: it is no media file, or nothing in it can be played.
    """
    # Without an output ffmpeg describes its input and leaves with status 1: the description decides.
    brief = settings.model_copy(update={"timeout_s": min(settings.timeout_s, PROBE_S)})
    _, _, log = _run(path, input_args(path, settings), brief)
    head = re.search(r"^Input #0, (.+), from '", log, re.MULTILINE)
    if head is None:
        raise MediaError(f"{path}: this is not a media file that can be read ({_reason(log)})")
    # Tags are indented deeper than these lines, so that a tag cannot pass for one.
    streams = re.findall(r"^  Stream #0:\d+\S*: (Video|Audio): (.*)$", log, re.MULTILINE)
    audio = [s for kind, s in streams if kind == "Audio" and not re.search(r"(?<!\d)0 channels|: none", s)]
    pictures = [s for kind, s in streams if kind == "Video"]
    video = [s for s in pictures if "(attached pic)" not in s and re.search(r", \d+x\d+", s)]
    if not audio and not video:
        raise MediaError(f"{path}: there is neither sound nor picture in it ({_reason(log)})")
    size = re.search(r", (\d+)x(\d+)", video[0]) if video else None
    fps = re.search(r"([\d.]+)(k?) fps", video[0]) if video else None
    rate = re.search(r"(\d+) Hz", audio[0]) if audio else None
    return MediaInfo(
        duration_s=_duration(log),
        has_audio=bool(audio),
        has_video=bool(video),
        has_cover=len(pictures) > len(video),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        fps=float(fps[1]) * (1000 if fps[2] else 1) if fps else None,
        video_codec=_codec(video),
        audio_codec=_codec(audio),
        sample_rate=int(rate[1]) if rate else None,
        container=head[1],
    )


def cut_off(path: Path) -> str | None:
    """A sentence where an MP4 or WAV file ends before its own tables say it does; None where nothing is missing.

    Such a file describes itself whole, and only its reading to the end would show what is missing.

    Raises:
        MediaError: it is made of more parts than any honest file, or cannot be read.
    """
    try:
        return _cut_off(path)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}") from error


def _cut_off(path: Path) -> str | None:
    size = path.stat().st_size
    end = boxes = 0
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF":
            stated = int.from_bytes(head[4:8], "little")
            end = 0 if stated in (0, 0xFFFFFFFF) else stated + 8  # those two: written as a stream, length unknown
        elif head[4:8] == b"ftyp":
            while end < size:
                file.seek(end)
                box = file.read(16)
                length = int.from_bytes(box[:4], "big")
                length = int.from_bytes(box[8:16], "big") if length == 1 else length or size - end
                boxes += 1
                if boxes > MAX_BOXES:
                    raise MediaError(f"{path}: it is made of more than {MAX_BOXES:,} parts, which no sound file is")
                if length < 8:
                    break
                end += length
    return f"It is cut off: {size:,} of {end:,} bytes are there." if end > size else None


def pcm(
    path: Path,
    rate: int,
    settings: MediaSettings,
    start_s: float | None = None,
    duration_s: float | None = None,
) -> Floats:
    """The first sound track, mixed to one channel at ``rate`` Hz: float32 of shape (samples,), nominally in [-1, 1].

    ``start_s`` and ``duration_s`` (seconds) cut a piece out; a piece beyond the end has no samples.

    Raises:
        MediaError: there is no sound, it cannot be decoded, or it is longer than ``media.memory_mb`` holds.
    """
    cut = _piece(start_s, duration_s)
    limit = settings.memory_mb << 20
    output_args = _words(f"-map 0:a:0 -vn -sn -dn -ac 1 -ar {rate} -fs {limit} -f f32le pipe:1")
    args = [*_words("-v error -threads 1"), *cut, *input_args(path, settings), *output_args]
    status, output, log = _run(path, args, settings)
    if len(output) >= limit - 4096:
        raise MediaError(f"{path}: its sound fills more than media.memory_mb = {settings.memory_mb}; ask for a piece")
    if status != 0 and not output:
        raise MediaError(f"{path}: its sound cannot be decoded ({_reason(log)})")
    samples = np.frombuffer(output[: len(output) // 4 * 4], dtype="<f4").astype(np.float32, copy=False)
    # Float formats can carry NaN and infinities.
    return samples if np.isfinite(samples).all() else np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


def sound_pieces(
    path: Path, rate: int, settings: MediaSettings, piece_s: float, duration_s: float | None = None
) -> Iterator[Floats]:
    """The first sound track in pieces of ``piece_s`` seconds, decoded once and as it is asked for.

    Each piece is float32 of shape (samples, channels) at ``rate`` Hz; the last is shorter. Channels: 1, 2 or 6 (left,
    right, centre, low effects, surrounds): whatever the file has is brought to the nearest of these. ffmpeg may be
    waited for ``media.timeout_s`` and as much again for every hour of sound; time spent on the pieces does not count.

    Raises:
        MediaError: there is no sound, none of it can be decoded, or ffmpeg took too long.
    """
    cut = _piece(None, duration_s)
    chosen = f"-map 0:a:0 -vn -sn -dn -af aformat=channel_layouts={LAYOUTS}"
    out = f"{chosen} -ar {rate} -bitexact -c:a pcm_f32le -f wav pipe:1"
    args = [*_words("-v error -threads 1"), *cut, *input_args(path, settings), *_words(out)]
    command = _command(args, settings.memory_mb)
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(  # noqa: S603 - an argument list, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        ) as process:
            _confine(process.pid, settings.memory_mb)
            try:
                heard = 0
                reader = _PatientReader(process, settings.timeout_s)
                channels = _wav_channels(reader)
                size = round(piece_s * rate) * channels * 4
                while channels and (data := reader.read(size)):
                    samples = np.frombuffer(data[: len(data) // (4 * channels) * 4 * channels], dtype="<f4")
                    samples = samples.reshape(-1, channels)
                    heard += len(samples)
                    reader.left_s += settings.timeout_s * len(samples) / rate / 3600
                    # Float formats can carry NaN and infinities, and numbers that no loudspeaker has heard of.
                    yield np.clip(np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0), -LOUDEST, LOUDEST)
                if reader.left_s <= 0:
                    raise MediaError(f"{path}: its sound took longer than {settings.timeout_s:g} s to decode")
            finally:
                process.kill()
        if not heard:
            log.seek(0)
            text = log.read(MAX_LOG_BYTES).decode("utf-8", errors="replace")
            # A track without a single sample is as good as none, and no damage.
            if text.strip():
                raise MediaError(f"{path}: its sound cannot be decoded ({_reason(text)})")


class _PatientReader:
    """Reads what a process writes; ends it when it has been waited for too long altogether."""

    def __init__(self, process: subprocess.Popen[bytes], timeout_s: float) -> None:
        self.process = process
        self.left_s = timeout_s

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, fewer at the end only; nothing once time is up."""
        assert self.process.stdout is not None
        if self.left_s <= 0:
            return b""
        began = time.monotonic()
        timer = threading.Timer(self.left_s, self.process.kill)
        timer.start()
        try:
            return self.process.stdout.read(size)
        finally:
            timer.cancel()
            self.left_s -= time.monotonic() - began


def _wav_channels(reader: _PatientReader) -> int:
    """Channels by the head of a WAV stream, read up to its first sample; 0 where there is none."""
    if len(reader.read(12)) < 12:
        return 0
    channels = 0
    while len(head := reader.read(8)) == 8 and head[:4] != b"data":
        body = reader.read(int.from_bytes(head[4:], "little"))
        if head[:4] == b"fmt ":
            channels = int.from_bytes(body[2:4], "little")
    return channels


def key_frames(
    path: Path, width: int, height: int, limit: int, settings: MediaSettings
) -> tuple[Times, NDArray[np.uint8]]:
    """Up to ``limit`` key frames, spread over the film: times (n,) in seconds, pictures (n, height, width, 3) RGB.

    Only key frames are decoded, so that a film costs about as much as reading it. A short clip may have but one or
    two: `frames` looks at every picture.

    Raises:
        MediaError: there are no pictures, or they cannot be decoded.
    """
    duration = probe(path, settings).duration_s or 0.0
    return _collected(path, Sight(width, height, duration / limit, limit), settings)


def frames(
    path: Path,
    width: int,
    height: int,
    every_s: float,
    settings: MediaSettings,
    start_s: float | None = None,
    duration_s: float | None = None,
) -> tuple[Times, NDArray[np.uint8]]:
    """A picture every ``every_s`` seconds of a piece of the film, all of which is decoded; returns as `key_frames`.

    Times count from the beginning of the piece.
    """
    limit = (settings.memory_mb << 20) // (width * height * 3)
    return _collected(path, Sight(width, height, every_s, limit, False, start_s, duration_s), settings)


def cover(path: Path, settings: MediaSettings) -> bytes:
    """The picture embedded in the file, as it is stored there: JPEG or PNG.

    Raises:
        MediaError: there is none, or it is neither of the two.
    """
    args = [*_words("-v error"), *input_args(path, settings)]
    # All pictures but moving ones.
    args += _words("-map 0:v -map -0:V -frames:v 1 -c copy -f image2pipe pipe:1")
    _, output, log = _run(path, args, settings)
    if not output.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        raise MediaError(f"{path}: there is no embedded JPEG or PNG picture ({_reason(log)})")
    return output


def look_through(
    path: Path, sight: Sight, settings: MediaSettings, take: Callable[[NDArray[np.uint8]], None]
) -> tuple[Times, str | None]:
    """Hand every picture (height, width, 3) RGB to ``take``, in the order in which they come out of the file.

    Returns:
        Times (n,) in seconds from the beginning of the piece, one a picture and in the same order, which with some
        codecs is not quite rising; and a sentence where it ended before its end (too slow, or damaged).

    Raises:
        MediaError: there are no pictures, or none can be decoded.
    """
    size = sight.width * sight.height * 3
    count = 0

    def taken(data: bytes) -> None:
        nonlocal count
        if len(data) == size and count < sight.limit:
            count += 1
            take(np.frombuffer(data, dtype=np.uint8).reshape(sight.height, sight.width, 3))

    # A thousandth less, so that pictures which come exactly that far apart are not skipped by rounding.
    chosen = f"select=isnan(prev_selected_t)+gte(abs(t-prev_selected_t)\\,{sight.every_s * 0.999:.6f})"
    # Passed through as they come: a frame rate to be held would repeat some pictures and drop others.
    chain = f"[0:V:0]{chosen},showinfo=checksum=0"
    small = f"scale={sight.width}:{sight.height}:flags=fast_bilinear,format=rgb24[small]"
    output_args = [*_every_frame(), *_words(f"-frames:v {sight.limit} -f rawvideo -pix_fmt rgb24 pipe:1")]
    if sight.stills is None:
        graph = [f"{chain},{small}", "-map", "[small]"]
    else:
        # Square pixels, and the longer side of at most STILL_PX.
        fit = f"min(1\\,{STILL_PX}/max(iw*sar\\,ih))"
        large = f"scale='max(2,trunc(iw*sar*{fit}/2)*2)':'max(2,trunc(ih*{fit}/2)*2)':flags=bilinear"
        # A clock of its own, since the encoder of the stills wants rising times, which key frames of HEVC have not.
        graph = [f"{chain},split[a][b];[a]{small};[b]{large},setsar=1,settb=1,setpts=N[large]", "-map", "[small]"]
        kept = [*_every_frame(), *_words(f"-frames:v {sight.limit} -q:v 4 -f image2")]
        output_args += ["-map", "[large]", *kept, f"{sight.stills}/%d.jpg"]
    keys = _words("-discard nokey -skip_frame nokey") if sight.keys_only else []
    args = [
        *_words("-v info -nostats -threads 1"),
        # Without this, a change of size or colours in the stream would begin the chain, and that clock, anew.
        *_words("-reinit_filter 0"),
        *keys,
        *_piece(sight.start_s, sight.duration_s),
        *input_args(path, settings),
        *_words("-an -sn -dn -filter_complex_threads 1 -filter_complex"),
        *graph,
        *output_args,
    ]
    status, _, log = _run(path, args, settings, size, taken)
    times = [float(t) for t in re.findall(r"^\[Parsed_showinfo\S* @ \S+ n: *\d+ pts: *\S+ pts_time:(\S+)", log, re.M)]
    reason = f"it took longer than {settings.timeout_s:g} s" if status == LATE else _reason(log)
    found = min(count, len(times))
    if found == 0:
        raise MediaError(f"{path}: no picture can be decoded ({reason if status else 'there is none in the file'})")
    return np.array(times[:found], dtype=np.float64), reason if status else None


def _collected(path: Path, sight: Sight, settings: MediaSettings) -> tuple[Times, NDArray[np.uint8]]:
    pictures: list[NDArray[np.uint8]] = []
    when, _ = look_through(path, sight, settings, pictures.append)
    order = np.argsort(when, kind="stable")  # key frames of HEVC can come out of order
    return when[order], np.stack(pictures[: len(when)])[order]


def _run(
    path: Path,
    args: Sequence[str],
    settings: MediaSettings,
    block: int = 0,
    take: Callable[[bytes], None] | None = None,
) -> tuple[int, bytes, str]:
    try:
        status, output, log = run_ffmpeg(
            args, timeout_s=settings.timeout_s, memory_mb=settings.memory_mb, block=block, take=take
        )
    except MediaError as error:
        raise MediaError(f"{path}: {error}") from None
    if status == -getattr(signal, "SIGXFSZ", 0):
        raise MediaError(f"{path}: its tags or damages fill more than {MAX_LOG_BYTES >> 20} MiB")
    if status < 0:
        raise MediaError(
            f"{path}: ffmpeg was ended by signal {-status} while reading it; it is damaged, or needs more than "
            f"media.memory_mb = {settings.memory_mb}"
        )
    return status, output, log


@functools.cache
def _every_frame() -> list[str]:
    """The option that hands on each frame once, by the name that this ffmpeg knows (it changed with 5.1)."""
    said = subprocess.run([ffmpeg_path(), "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"ffmpeg version n?(\d+)\.(\d+)", said.stdout)
    old = version is not None and (int(version[1]), int(version[2])) < (5, 1)
    return ["-vsync" if old else "-fps_mode", "passthrough"]


def _words(line: str) -> list[str]:
    return line.split()


def _piece(start_s: float | None, duration_s: float | None) -> list[str]:
    start = [] if start_s is None else ["-ss", f"{start_s:.3f}"]
    return start if duration_s is None else [*start, "-t", f"{duration_s:.3f}"]


def _duration(log: str) -> float | None:
    found = re.search(r"^  Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)", log, re.MULTILINE)
    if not found:
        return None
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
    return seconds or None


def _codec(streams: list[str]) -> str | None:
    return re.split(r"[ ,]", streams[0], maxsplit=1)[0] if streams else None


def _reason(log: str) -> str:
    """The first line in which ffmpeg complains, without addresses in memory."""
    for line in log.splitlines():
        line = re.sub(r"^(\[[^\]]*\] )+", "", line).strip()
        if "not on whitelist" in line:
            return "its content is of a format that is not opened, such as a playlist or text"
        if re.search(r"(?i)error|invalid|could not|cannot|unable|missing|not found|no such", line):
            return line[:160].rstrip(".")
    return "ffmpeg gives no reason"


_TEXT_CODECS = ("subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text")
_MOST_TEXT_BYTES = 16 << 20


def text_track(path: Path, settings: MediaSettings) -> tuple[str, str | None] | None:
    """The subtitles within a media file as SubRip, and the language that it states; None where it has no track of text.

    Of several, the one that the file plays by default. Tracks of pictures are none.

    Raises:
        MediaError: it cannot be read.
    """
    brief = settings.model_copy(update={"timeout_s": min(settings.timeout_s, PROBE_S)})
    _, _, log = _run(path, input_args(path, settings), brief)
    found = re.findall(r"^  Stream #0:(\d+)(?:\[\w+\])?(?:\((\w{2,8})\))?: Subtitle: (\w+)(.*)$", log, re.MULTILINE)
    tracks = [one for one in found if one[2] in _TEXT_CODECS]
    if not tracks:
        return None
    number, language, _, _ = next((one for one in tracks if "(default)" in one[3]), tracks[0])
    args = [*_words("-v error -threads 1"), *input_args(path, settings)]
    args += [*_words(f"-map 0:{number} -c:s srt -fs {_MOST_TEXT_BYTES} -f srt pipe:1")]
    status, output, log = _run(path, args, settings)
    if status != 0 and not output:
        raise MediaError(f"{path}: its subtitles cannot be read ({_reason(log)})")
    return output[:_MOST_TEXT_BYTES].decode("utf-8", errors="replace"), language or None

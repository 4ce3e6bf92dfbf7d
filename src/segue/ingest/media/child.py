"""ffmpeg as a child process: its arguments, its limits of time and memory, and what it says when it fails."""

from __future__ import annotations

import functools
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import MediaError, MissingLibrary
from ...settings import MediaSettings

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gif,h264,hevc,ivf,m4v,matroska,webm,"
    "mjpeg,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,nut,ogg,oma,rm,sox,tak,tta,voc,w64,wav,wv,wtv,xwma"
)
"""Demuxers that may open a file: containers and bare streams; none of them follows references to other files."""

MAX_LOG_BYTES = 64 << 20
"""How much ffmpeg may write about a file (tags are part of it) before it is stopped."""

LATE = 1000
"""Exit status of a run that was ended since its time was up, where its output had been handed on."""


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
    command = command_of(args, memory_mb)
    # The log goes to a file, since a hostile file can make it larger than a pipe or our memory should hold.
    late = False
    with tempfile.TemporaryFile() as log:
        with subprocess.Popen(  # noqa: S603 - an argument list, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
        ) as process:
            confine(process.pid, memory_mb)
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


def run(
    path: Path,
    args: Sequence[str],
    settings: MediaSettings,
    block: int = 0,
    take: Callable[[bytes], None] | None = None,
) -> tuple[int, bytes, str]:
    """`run_ffmpeg` on one file within the limits of ``[media]``; every complaint begins with the path.

    Raises:
        MediaError: it took too long, wrote too much of a log, or was ended by a signal.
    """
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


def command_of(args: Sequence[str], memory_mb: int) -> list[str]:
    """The whole command; no single allocation of it may exceed ``memory_mb``."""
    return [ffmpeg_path(), "-hide_banner", "-nostdin", "-max_alloc", str(memory_mb << 20), *args]


def confine(pid: int, memory_mb: int) -> None:
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


def words(line: str) -> list[str]:
    """Arguments written as one line; never for a name that somebody else chose."""
    return line.split()


def piece(start_s: float | None, duration_s: float | None) -> list[str]:
    """The arguments that read only a piece of the file, in seconds; they belong before the input."""
    start = [] if start_s is None else ["-ss", f"{start_s:.3f}"]
    return start if duration_s is None else [*start, "-t", f"{duration_s:.3f}"]


def reason(log: str) -> str:
    """The first line in which ffmpeg complains, without addresses in memory."""
    for line in log.splitlines():
        line = re.sub(r"^(\[[^\]]*\] )+", "", line).strip()
        if "not on whitelist" in line:
            return "its content is of a format that is not opened, such as a playlist or text"
        if re.search(r"(?i)error|invalid|could not|cannot|unable|missing|not found|no such", line):
            return line[:160].rstrip(".")
    return "ffmpeg gives no reason"

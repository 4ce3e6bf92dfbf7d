"""ffmpeg on real and on hostile files."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from segue.errors import MediaError
from segue.ingest.media import cover, cut_off, frames, key_frames, pcm, probe
from segue.settings import MediaSettings

SETTINGS = MediaSettings()


def test_probe_says_what_is_in_a_file(media: Path) -> None:
    film = probe(media / "film.mp4", SETTINGS)
    assert (film.width, film.height, film.fps, film.video_codec, film.audio_codec) == (320, 180, 25, "mpeg4", "aac")
    assert film.has_video
    assert film.has_audio
    assert film.duration_s == pytest.approx(4, abs=0.1)
    tone = probe(media / "tone.mp3", SETTINGS)
    assert (tone.has_video, tone.has_cover, tone.sample_rate) == (False, True, 44100)
    assert not probe(media / "silent.mkv", SETTINGS).has_audio


def test_pcm_is_the_sound_at_the_rate_asked_for(media: Path) -> None:
    sound = pcm(media / "tone.mp3", 16000, SETTINGS)
    assert sound.dtype == np.float32
    assert len(sound) == pytest.approx(2 * 16000, rel=0.05)
    spectrum = np.abs(np.fft.rfft(sound[:16000]))
    assert abs(int(spectrum.argmax()) - 440) <= 1
    piece = pcm(media / "tone.mp3", 16000, SETTINGS, start_s=0.5, duration_s=1)
    assert len(piece) == pytest.approx(16000, rel=0.02)
    assert len(pcm(media / "tone.mp3", 16000, SETTINGS, start_s=1000, duration_s=1)) == 0


def test_a_file_without_sound_or_pictures_says_so(media: Path) -> None:
    with pytest.raises(MediaError, match=r"silent\.mkv: its sound cannot be decoded"):
        pcm(media / "silent.mkv", 16000, SETTINGS)
    with pytest.raises(MediaError, match=r"tone\.mp3: no picture"):
        key_frames(media / "tone.mp3", 32, 18, 4, SETTINGS)


def test_key_frames_have_times_and_colours(media: Path) -> None:
    times, pictures = key_frames(media / "film.mp4", 32, 18, 4, SETTINGS)
    assert pictures.shape == (len(times), 18, 32, 3)
    assert 2 <= len(times) <= 4
    assert list(times) == sorted(times)
    red, blue = pictures[0].reshape(-1, 3).mean(0), pictures[-1].reshape(-1, 3).mean(0)
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]


def test_frames_come_at_the_interval_asked_for(media: Path) -> None:
    times, pictures = frames(media / "film.mp4", 32, 18, 0.5, SETTINGS)
    assert len(times) == len(pictures) == 8
    assert np.allclose(np.diff(times), 0.5, atol=0.05)


def test_the_embedded_cover_is_a_picture(media: Path) -> None:
    assert cover(media / "tone.mp3", SETTINGS).startswith(b"\x89PNG")
    with pytest.raises(MediaError, match="no embedded"):
        cover(media / "film.mp4", SETTINGS)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.mp3", b"", "empty"),
        ("text.mp3", b"this is a letter and no music at all\n" * 500, "neither sound nor picture|not a media file"),
        ("noise.mp4", bytes(range(256)) * 400, "not a media file"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a media file"),
        ("concat.mkv", b"ffconcat version 1.0\nfile /etc/passwd\n", "not a media file"),
        # A header that promises 4 GiB of index.
        ("huge.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\xff\xff\xff\xf0moov" + b"\x00" * 64, "."),
    ],
)
def test_what_is_no_media_is_refused_in_one_sentence(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(MediaError, match=says) as told:
        probe(file, SETTINGS)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < len(str(file)) + 250


def test_a_playlist_cannot_make_it_read_another_file(media: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap.mp3"
    trap.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{media / 'film.mp4'}\n#EXT-X-ENDLIST\n")
    with pytest.raises(MediaError):
        pcm(trap, 16000, SETTINGS)


def test_a_truncated_file_gives_what_is_there_or_an_error(media: Path, tmp_path: Path) -> None:
    whole = (media / "tone.mp3").read_bytes()
    half = tmp_path / "half.mp3"
    half.write_bytes(whole[: len(whole) // 2])
    assert 0 < len(pcm(half, 16000, SETTINGS)) < 2 * 16000
    stump = tmp_path / "stump.mp4"
    stump.write_bytes((media / "film.mp4").read_bytes()[:200])
    with pytest.raises(MediaError):
        probe(stump, SETTINGS)


def test_a_file_of_a_million_parts_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "many.mp4"
    file.write_bytes(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + b"\x00\x00\x00\x08free" * 1_000_000)
    with pytest.raises(MediaError, match="more than 100,000 parts"):
        cut_off(file)
    with pytest.raises(MediaError, match="cannot be read"):
        cut_off(tmp_path / "gone.mp4")


def test_limits_hold(media: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"media\.max_file_gb"):
        probe(media / "film.mp4", MediaSettings(max_file_gb=1e-9))
    begun = time.monotonic()
    with pytest.raises(MediaError, match=r"longer than 0\.01 s"):
        pcm(media / "film.mp4", 16000, MediaSettings(timeout_s=0.01))
    assert time.monotonic() - begun < 5


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited on Linux only")
def test_memory_is_limited(media: Path) -> None:
    with pytest.raises(MediaError, match=r"film\.mp4: "):
        key_frames(media / "film.mp4", 8000, 8000, 4, MediaSettings(memory_mb=200))
    with pytest.raises(MediaError, match=r"media\.memory_mb = 1"):
        probe(media / "film.mp4", MediaSettings(memory_mb=1))


def test_a_name_is_never_an_option_or_a_protocol(media: Path, tmp_path: Path) -> None:
    for name in ("-version.mp3", "http:evil.mp3", "a%03d.mp3", "x';$(rm).mp3"):
        file = tmp_path / name
        file.write_bytes((media / "tone.mp3").read_bytes())
        assert probe(file, SETTINGS).has_audio


@pytest.mark.data
def test_real_clips_can_be_seen_and_heard(data: Path) -> None:
    clips = sorted((data / "video_clips" / "clips").iterdir())
    for clip in clips:
        info = probe(clip, SETTINGS)
        times, pictures = key_frames(clip, 32, 18, 8, SETTINGS)
        assert 1 <= len(times) == len(pictures) <= 8
        assert info.duration_s
        assert times[0] <= info.duration_s / 2
        if info.has_audio:
            assert len(pcm(clip, 8000, SETTINGS)) == pytest.approx(info.duration_s * 8000, rel=0.05)

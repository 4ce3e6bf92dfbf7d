"""Measurements of sound, against known signals, with librosa and ffmpeg as references; files of every kind."""

from __future__ import annotations

import re
import subprocess
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from segue.errors import MediaError
from segue.ingest import media
from segue.ingest.sampler.music import compose
from segue.items import Item, ItemKind
from segue.readings import Reading
from segue.settings import MediaSettings, Settings
from segue.understanding.encoders import harmony, listen, loudness, rhythm, sound, sound_space
from segue.understanding.encoders.audio import GROUP_WEIGHTS, AudioEncoder, vector
from segue.understanding.encoders.scaling import Scaling

from .conftest import make

PER_S = sound.FRAMES_PER_S


def clicks(bpm: float, seconds: float = 25) -> np.ndarray:
    rng = np.random.default_rng(int(bpm))
    click = rng.normal(size=600) * np.exp(-np.arange(600) / 120)
    track = 0.003 * rng.normal(size=int(seconds * sound.RATE))
    for at in np.arange(0, seconds - 0.5, 60 / bpm):
        start = int(at * sound.RATE)
        track[start : start + 600] += click
    return track.astype(np.float32)


def music(seconds: float = 12) -> np.ndarray:
    """Chords of A minor with decaying notes."""
    rng = np.random.default_rng(0)
    out = np.zeros(int(seconds * sound.RATE))
    t = np.arange(int(0.5 * sound.RATE)) / sound.RATE
    for beat in range(int(seconds * 2) - 1):
        for midi in ((57, 60, 64), (53, 57, 60), (52, 56, 59), (57, 60, 64))[beat // 2 % 4]:
            hertz = 440 * 2 ** ((midi - 69) / 12)
            note = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in (1, 2, 3)) * np.exp(-4 * t)
            out[int(beat * 0.5 * sound.RATE) :][: len(t)] += 0.1 * note
    return (out + 0.001 * rng.normal(size=len(out))).astype(np.float32)


@pytest.mark.parametrize("bpm", [64, 75, 90, 100, 112, 120, 128, 140, 155, 174, 190])
def test_tempo_within_four_percent_or_an_octave(bpm: float) -> None:
    found, clarity = rhythm.tempo([sound.analyse(clicks(bpm)).onset], PER_S)
    assert min(abs(found / (bpm * octave) - 1) for octave in (0.5, 1, 2)) < 0.04
    assert clarity > 0.4


def test_steady_sound_has_no_tempo() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(10 * sound.RATE) / sound.RATE).astype(np.float32)
    assert rhythm.tempo([sound.analyse(tone).onset], PER_S) == (0.0, 0.0)


def tone(hertz: float, seconds: float, level: float = 1.0, rate: int = loudness.RATE) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def metered(samples: np.ndarray) -> loudness.Meter:
    samples = samples[:, None] if samples.ndim == 1 else samples
    meter = loudness.Meter(samples.shape[1])
    for start in range(0, len(samples), 12_345):  # pieces that are no whole number of steps
        meter.hear(samples[start : start + 12_345])
    return meter


def test_loudness_of_the_reference_tone() -> None:
    """BS.1770: a sine of 997 Hz at full scale in one channel measures -3.01 LUFS; 20 dB less is 20 LU less."""
    reference = tone(997, 10)
    assert metered(reference).integrated() == pytest.approx(-3.01, abs=0.02)
    assert metered(reference / 10).integrated() == pytest.approx(-23.01, abs=0.02)
    assert metered(np.column_stack((reference, reference)) / 10).integrated() == pytest.approx(-20.0, abs=0.02)
    assert metered(reference * 0).integrated() == -np.inf


def test_loudness_by_the_cases_of_ebu_tech_3341_and_3342() -> None:
    """Case 3 of 3341 (gating) reads -23 LUFS; case 1 of 3342 reads a range of 10 LU."""
    parts = [tone(1000, s, 10 ** (db / 20)) for s, db in ((10, -36), (60, -23), (10, -36))]
    assert metered(np.tile(np.concatenate(parts)[:, None], 2)).integrated() == pytest.approx(-23.0, abs=0.1)
    parts = [tone(1000, 20, 10 ** (db / 20)) for db in (-20, -30)]
    assert metered(np.tile(np.concatenate(parts)[:, None], 2)).range() == pytest.approx(10, abs=1)


def test_surrounds_count_more_and_low_effects_not_at_all() -> None:
    quiet = np.zeros((5 * loudness.RATE, 6), np.float32)
    alone = []
    for channel in range(6):
        samples = quiet.copy()
        samples[:, channel] = tone(997, 5, 0.1)
        alone.append(metered(samples).integrated())
    assert alone[:3] == pytest.approx([-23.01] * 3, abs=0.02)
    assert alone[3] == -np.inf
    assert alone[4:] == pytest.approx([-23.01 + 1.49] * 2, abs=0.02)


def test_the_true_peak_lies_between_the_samples() -> None:
    """A sine at a quarter of the rate, sampled 45 degrees off its crest: samples at -3.01 dB, the wave at 0."""
    at = np.arange(loudness.RATE) * np.pi / 2 + np.pi / 4
    meter = metered((np.sin(at) * np.clip(np.arange(len(at)) / 4000, 0, 1)).astype(np.float32))
    assert loudness.decibels(meter.sample_peak) == pytest.approx(-3.01, abs=0.01)
    assert loudness.decibels(meter.true_peak) == pytest.approx(0.0, abs=0.1)


def test_loudness_agrees_with_ffmpeg(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    left, right = (np.repeat(compose(genre, 12, rng).sound, 2) / 32_768 for genre in ("metal", "jazz"))
    n = min(len(left), len(right))
    steps = np.repeat(rng.uniform(0.1, 1, 13), loudness.RATE)[:n]
    samples = np.column_stack((left[:n], right[:n])) * steps[:, None]
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((2, 2, loudness.RATE, 0, "NONE", ""))
        file.writeframes((samples * 32_000).astype("<i2").tobytes())
    command = [media.ffmpeg_path(), "-hide_banner", "-nostats", "-i", str(tmp_path / "a.wav")]
    command += ["-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    theirs = [float(x) for x in re.findall(r"^ +(?:I|LRA|Peak): +(\S+) (?:LUFS|LU|dBFS)", log, re.MULTILINE)][-3:]
    facts = reading(tmp_path, "a.wav").facts
    ours = [facts["loudness_lufs"], facts["loudness_range_lu"], facts["true_peak_db"]]
    assert ours == pytest.approx(theirs, abs=0.3)


def test_the_energy_curve_follows_the_level() -> None:
    _, facts = listen.listen(np.concatenate((tone(440, 20, 0.01), tone(440, 20, 0.5))))
    curve = facts["energy_curve"]
    assert len(curve) == 120
    assert all(0 <= height <= 1 for height in curve)
    assert max(curve[:59]) < min(curve[62:])


def test_key_of_chords() -> None:
    _, facts = listen.listen(np.repeat(music(), 2))
    assert (facts["key"], facts["mode"]) == ("A minor", "minor")


def test_key_of_composed_pieces() -> None:
    right = 0
    for number, genre in enumerate(("baroque", "folk", "ambient", "baroque", "folk", "ambient")):
        piece = compose(genre, 20, np.random.default_rng(number))
        frames = sound.analyse((piece.sound / 32_768).astype(np.float32))
        loud = np.sqrt(frames.power)[:, None]
        name, _ = harmony.key((frames.chroma * loud).sum(axis=0) / loud.sum())
        right += name.split()[0] == harmony.PITCHES[piece.key]
    assert right >= 4


@pytest.mark.parametrize("bpm", [72, 96, 128, 150])
def test_beats_lie_on_the_clicks(bpm: float) -> None:
    onset = sound.analyse(clicks(bpm)).onset
    times = rhythm.beats(onset, bpm, PER_S)
    # A frame hears what comes within its window, 93 ms long.
    off = np.abs((times[1:-1] + 0.07) * bpm / 60 - np.round((times[1:-1] + 0.07) * bpm / 60)) * 60 / bpm
    assert len(times) == pytest.approx(25 * bpm / 60, abs=3)
    assert np.percentile(off, 90) < 0.08
    assert rhythm.regularity(onset, times, PER_S) > 0.5


def test_what_keeps_no_time_is_less_regular() -> None:
    rng = np.random.default_rng(0)
    click = rng.normal(size=600) * np.exp(-np.arange(600) / 120)
    uneven = (0.003 * rng.normal(size=25 * sound.RATE)).astype(np.float32)
    for start in rng.integers(0, len(uneven) - 600, 50):
        uneven[start : start + 600] += click
    onset = sound.analyse(uneven).onset
    bpm, _ = rhythm.tempo([onset], PER_S)
    even = sound.analyse(clicks(120)).onset
    steady = rhythm.regularity(even, rhythm.beats(even, 120, PER_S), PER_S)
    assert rhythm.regularity(onset, rhythm.beats(onset, bpm, PER_S), PER_S) < 0.7 * steady
    assert not len(rhythm.beats(onset * 0, 120, PER_S))


@pytest.mark.slow
def test_mfcc_chroma_and_tempo_agree_with_librosa() -> None:
    librosa = pytest.importorskip("librosa")
    samples = music()
    ours = sound.analyse(samples)
    grid = {"sr": sound.RATE, "n_fft": sound.WINDOW, "hop_length": sound.HOP, "center": False}
    mel = librosa.power_to_db(librosa.feature.melspectrogram(y=samples, n_mels=sound.MEL_BANDS, **grid))
    np.testing.assert_allclose(ours.mel_db, mel.T, atol=0.05)
    np.testing.assert_allclose(ours.mfcc, librosa.feature.mfcc(S=mel, n_mfcc=sound.CEPSTRA).T, atol=0.2)
    chroma = librosa.feature.chroma_stft(y=samples, tuning=0, **grid).mean(axis=1)
    assert np.corrcoef(ours.chroma.mean(axis=0), chroma)[0, 1] > 0.95
    centroid = librosa.feature.spectral_centroid(y=samples, **grid)[0]
    np.testing.assert_allclose(ours.spectral[:, 0], centroid, rtol=0.01)
    theirs = float(np.ravel(librosa.feature.tempo(y=samples, sr=sound.RATE))[0])
    found = rhythm.tempo([ours.onset], PER_S)[0]
    assert min(abs(found / (theirs * octave) - 1) for octave in (0.5, 1, 2)) < 0.04


def test_very_short_sound_is_measured() -> None:
    groups, facts = listen.listen(np.repeat(clicks(120)[:500], 2))
    assert all(np.isfinite(values).all() for values in groups.values())
    assert facts["tempo_bpm"] is None


def test_a_long_sound_is_the_mean_of_its_pieces() -> None:
    one, two = (
        np.repeat(compose(genre, 31, np.random.default_rng(1)).sound, 2)[: 30 * loudness.RATE]
        for genre in ("metal", "ambient")
    )
    heard = [listen.listen((part / 32_768).astype(np.float32))[0] for part in (one, two, np.concatenate((one, two)))]
    for name in heard[0]:
        np.testing.assert_allclose(heard[2][name], (heard[0][name] + heard[1][name]) / 2, rtol=1e-3, atol=1e-2)


def test_padding_with_digital_silence_changes_little() -> None:
    piece = np.repeat(compose("folk", 4, np.random.default_rng(1)).sound, 2).astype(np.float32) / 32_768
    padded = np.concatenate((np.zeros(loudness.RATE, np.float32), piece, np.zeros(2 * loudness.RATE, np.float32)))
    one, other = (vector(listen.listen(x)[0]) for x in (piece, padded))
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.85


def test_the_constants_fit_the_measurements() -> None:
    groups, _ = listen.listen(np.repeat(music(3), 2))
    scaling = Scaling.load("audio")
    assert {name: len(v) for name, v in groups.items()} == {n: len(centre) for n, (centre, _) in scaling.groups.items()}
    assert set(GROUP_WEIGHTS) | set(sound_space.USED) == set(groups)
    assert len(vector(groups)) == AudioEncoder(Settings()).dim <= 1024


def test_shares_tell_music_from_noise() -> None:
    piece = (compose("folk", 15, np.random.default_rng(5)).sound / 32_768).astype(np.float32)
    hiss = (0.1 * np.random.default_rng(0).standard_normal(15 * sound.RATE)).astype(np.float32)
    tune, rest = (listen.listen(np.repeat(x, 2))[1] for x in (piece, hiss))
    assert tune["music_share"] > 0.6
    assert rest["other_share"] > 0.6
    assert listen.listen(np.repeat(hiss * 0, 2))[1]["speech_share"] is None


def test_a_curve_of_music_falls_silent_where_the_music_does() -> None:
    piece = (compose("folk", 30, np.random.default_rng(5)).sound / 32_768).astype(np.float32)
    _, facts = listen.listen(np.repeat(np.concatenate((piece, piece * 0)), 2))
    curve = facts["music_curve"]
    assert min(curve[2 : len(curve) // 2 - 2]) > 0.3
    assert max(curve[len(curve) // 2 + 2 :]) == 0


def test_thinned_sound_is_what_scipy_makes_of_it() -> None:
    for size in (1, 2, 33, sound.RATE - 1, 3 * sound.RATE):
        samples = np.random.default_rng(size).standard_normal(size).astype(np.float32)
        np.testing.assert_allclose(sound.halved(samples), signal.resample_poly(samples, 1, 2), atol=1e-5)
        np.testing.assert_allclose(sound.thinned(samples, 16), signal.resample_poly(samples, 1, 16), atol=1e-5)


# ---- files


def reading(folder: Path, name: str, **understanding: float) -> Reading:
    settings = Settings(understanding=understanding)
    return AudioEncoder(settings, folder).encode([Item(id="a", kind=ItemKind.TRACK, media_uri=name)])[0]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("low.wav", ("-ar", "8000", "-ac", "1")),
        ("high.wav", ("-ar", "192000", "-ac", "1")),
        ("two.flac", ("-ac", "2")),
        ("six.flac", ("-af", "aformat=channel_layouts=5.1")),
        ("eight.wav", ("-af", "aformat=channel_layouts=7.1")),
        ("quad.wav", ("-af", "aformat=channel_layouts=quad")),
    ],
)
def test_every_rate_and_number_of_channels_is_heard(tmp_path: Path, name: str, args: tuple[str, ...]) -> None:
    make(tmp_path / name, "-f", "lavfi", "-i", "sine=frequency=440:duration=4", *args)
    found = reading(tmp_path, name)
    assert found.problem is None
    assert found.vector is not None
    assert found.facts["heard_s"] == pytest.approx(4, abs=0.05)
    assert found.facts["brightness_hz"] == pytest.approx(440, abs=60)


def test_a_file_of_numbers_beyond_sense_is_heard(tmp_path: Path) -> None:
    values = np.tile(np.array([np.nan, np.inf, -np.inf, 1e38, 0.5, -0.5], "<f4"), 20_000)
    raw = tmp_path / "raw.f32"
    raw.write_bytes(values.tobytes())
    make(tmp_path / "odd.wav", "-f", "f32le", "-ar", "44100", "-ac", "1", "-i", str(raw), "-c:a", "pcm_f32le")
    found = reading(tmp_path, "odd.wav")
    assert found.problem is None
    assert found.vector is not None
    assert np.isfinite(found.vector).all()


def test_the_first_of_several_sound_tracks_is_heard(tmp_path: Path) -> None:
    sources = [f"sine=frequency={hertz}:duration=3" for hertz in (300, 3000)]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    make(tmp_path / "two.mka", *inputs, "-map", "0:a", "-map", "1:a", "-c:a", "flac")
    assert reading(tmp_path, "two.mka").facts["brightness_hz"] < 600


def test_a_track_without_a_sample_is_nothing_to_hear(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "none.wav"), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
    found = reading(tmp_path, "none.wav")
    assert found.vector is None
    assert found.facts == {}


def test_a_damaged_file_gives_what_can_be_heard_or_a_problem(tmp_path: Path) -> None:
    make(tmp_path / "whole.mp3", "-f", "lavfi", "-i", "sine=frequency=440:duration=20")
    whole = (tmp_path / "whole.mp3").read_bytes()
    (tmp_path / "half.mp3").write_bytes(whole[: len(whole) // 2])
    found = reading(tmp_path, "half.mp3")
    assert found.problem is None
    assert 8 < found.facts["heard_s"] < 12
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(20_000))
    assert reading(tmp_path, "noise.mp3").problem
    (tmp_path / "text.mp3").write_text("not a sound")
    assert "not a media file" in str(reading(tmp_path, "text.mp3").problem)


def test_ten_hours_stop_at_the_limit(tmp_path: Path) -> None:
    """A file that says (and has, in holes of the disk) ten hours of sound."""
    size = 10 * 3600 * 8000 * 2
    with wave.open(str(tmp_path / "long.wav"), "wb") as file:
        file.setparams((1, 2, 8000, size // 2, "NONE", ""))
        file.writeframesraw((tone(440, 90, 0.3, 8000) * 32_000).astype("<i2").tobytes())
    raw = bytearray((tmp_path / "long.wav").read_bytes())
    raw[4:8], raw[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    (tmp_path / "long.wav").write_bytes(raw)
    with (tmp_path / "long.wav").open("r+b") as file:
        file.truncate(size + 44)
    began = time.process_time()
    found = reading(tmp_path, "long.wav", max_audio_s=60)
    assert found.problem is None
    assert found.facts["heard_s"] == pytest.approx(60, abs=0.1)
    assert time.process_time() - began < 5


def test_pieces_join_to_the_whole_and_too_slow_a_file_is_told(tmp_path: Path) -> None:
    make(tmp_path / "a.wav", "-f", "lavfi", "-i", "sine=frequency=440:duration=7", "-ac", "2", "-ar", "44100")
    limits = MediaSettings()
    pieces = list(media.sound_pieces(tmp_path / "a.wav", 44_100, limits, 3))
    assert [p.shape for p in pieces] == [(132_300, 2), (132_300, 2), (44_100, 2)]
    with wave.open(str(tmp_path / "a.wav")) as file:
        whole = np.frombuffer(file.readframes(308_700), "<i2").reshape(-1, 2) / 32_768
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-4)
    with pytest.raises(MediaError, match="took longer"):
        list(media.sound_pieces(tmp_path / "a.wav", 44_100, limits.model_copy(update={"timeout_s": 1e-6}), 3))
    half = media.sound_pieces(tmp_path / "a.wav", 44_100, limits, 1)
    next(half)
    half.close()  # whoever stops early leaves no ffmpeg behind

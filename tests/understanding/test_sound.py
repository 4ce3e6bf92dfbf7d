"""Measurements of sound, against known signals, and librosa as a reference."""

from __future__ import annotations

import numpy as np
import pytest

from segue.understanding.encoders import sound


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
    found, clarity = sound.tempo([sound.analyse(clicks(bpm)).onset])
    assert min(abs(found / (bpm * octave) - 1) for octave in (0.5, 1, 2)) < 0.04
    assert clarity > 0.4


def test_steady_sound_has_no_tempo() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(10 * sound.RATE) / sound.RATE).astype(np.float32)
    assert sound.tempo([sound.analyse(tone).onset]) == (0.0, 0.0)


def test_loudness_of_the_reference_tone() -> None:
    """BS.1770: a sine of 997 Hz at full scale in one channel measures -3.01 LUFS; 20 dB less is 20 LU less."""
    tone = np.sin(2 * np.pi * 997 * np.arange(10 * sound.RATE) / sound.RATE).astype(np.float32)
    assert sound.loudness(sound.analyse(tone).power)[0] == pytest.approx(-3.01, abs=0.05)
    assert sound.loudness(sound.analyse(tone / 10).power)[0] == pytest.approx(-23.01, abs=0.05)
    assert sound.loudness(sound.analyse(tone * 0).power)[0] == -np.inf


def test_key_of_chords() -> None:
    _, facts = sound.measure([music()])
    assert facts["key"] == "A minor"


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
    found = sound.tempo([ours.onset])[0]
    assert min(abs(found / (theirs * octave) - 1) for octave in (0.5, 1, 2)) < 0.04


def test_very_short_sound_is_measured() -> None:
    groups, facts = sound.measure([clicks(120)[:500]])
    assert all(np.isfinite(values).all() for values in groups.values())
    assert facts["tempo_bpm"] is None

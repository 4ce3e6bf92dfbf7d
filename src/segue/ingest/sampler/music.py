"""Music by rule: twelve genres that differ by tempo, mode, rhythm and timbre, composed and synthesised with numpy.

A genre is a `Style`: tempo range, scale, chord progressions (degrees of the scale), a drum pattern a bar, and who plays
what. A piece draws tempo, key, progression and melody from its seed. All sound is 22.05 kHz mono.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .voices import HITS, RATE, VOICES, Sound

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "pentatonic": (0, 2, 4, 7, 9),
}


@dataclass(frozen=True)
class Style:
    """How a genre is made. Patterns are strings of sixteenths: ``x`` a hit, ``o`` a soft one, ``.`` none."""

    bpm: tuple[float, float]
    scales: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    drums: dict[str, str]
    chord: str
    chord_pattern: str
    bass: str
    bass_pattern: str
    lead: str
    lead_density: float
    """Probability of a melody note on each step."""
    lead_step: int = 2
    """Sixteenths between possible melody notes."""
    octave: int = 5
    sevenths: bool = False
    swing: float = 0.0
    """How late off-beats come, as a share of an eighth."""
    arpeggio: bool = False
    """Chords are broken into single notes."""
    cutoff: float = 9000.0
    """Low-pass of the whole, Hz."""
    dirt: float = 0.0
    """Hiss and crackle."""
    echo: float = 0.15
    drive: float = 0.0
    levels: tuple[float, float, float, float] = (0.8, 0.5, 0.6, 0.5)
    """Drums, chords, bass, lead."""


STYLES: dict[str, Style] = {
    "ambient": Style((56, 66), ("lydian", "major"), ((0, 3), (0, 4, 3, 5)), {}, "pad", "x...............", "sine",
                     "x...............", "bell", 0.16, 4, 6, True, cutoff=3800, echo=0.55, levels=(0, 0.8, 0.35, 0.25)),
    "jazz": Style((104, 138), ("dorian", "major"), ((1, 4, 0, 5), (0, 5, 1, 4)),
                  {"ride": "x...x..ox...x..o", "hat": "....x.......x...", "brush": "..o...o...o...o."},
                     "electric piano",
                  "..x...x.....x...", "upright", "x...x...x...x...", "vibes", 0.45, 2, 5, True, swing=0.33, cutoff=7000,
                  echo=0.12, levels=(0.45, 0.4, 0.8, 0.5)),
    "lo-fi": Style((72, 84), ("minor", "dorian"), ((0, 3, 5, 4), (5, 4, 0, 0)),
                   {"kick": "x.....x...x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
                     "electric piano",
                   "x.........x.....", "sine", "x.....x...x.....", "electric piano", 0.22, 2, 5, True, swing=0.2,
                   cutoff=2900, dirt=0.05, echo=0.2, levels=(0.75, 0.6, 0.7, 0.35)),
    "synthwave": Style((98, 112), ("minor",), ((0, 5, 2, 6), (0, 3, 5, 6)),
                       {"kick": "x...x...x...x...", "gated snare": "....x.......x...", "hat": "..x...x...x...x."},
                       "saw",
                       "xxxxxxxxxxxxxxxx", "saw bass", "x.x.x.x.x.x.x.x.", "saw lead", 0.3, 4, 5, arpeggio=True,
                       cutoff=6500, echo=0.3, levels=(0.8, 0.4, 0.6, 0.4)),
    "house": Style((121, 128), ("minor", "dorian"), ((0, 0, 5, 6), (0, 3, 0, 4)),
                   {"kick": "x...x...x...x...", "open hat": "..x...x...x...x.", "clap": "....x.......x...",
                    "shaker": "oxoxoxoxoxoxoxox"}, "organ stab", "...x..x....x..x.", "saw bass", "..x...x...x..xx.",
                     "bell",
                   0.12, 2, 5, True, cutoff=9500, echo=0.2, levels=(1.0, 0.55, 0.6, 0.3)),
    "drum and bass": Style((170, 178), ("minor", "phrygian"), ((0, 0, 5, 5), (0, 0, 3, 1)),
                           {"kick": "x.........x.....", "snare": "....x..o.o..x..o", "hat": "x.x.x.x.x.x.x.x.",
                            "shaker": "oooooooooooooooo"}, "pad", "x...............", "reese", "x.....x...x.....",
                            "square",
                           0.12, 4, 5, cutoff=10000, drive=0.4, levels=(1.0, 0.3, 0.8, 0.25)),
    "metal": Style((138, 172), ("phrygian", "harmonic minor"), ((0, 0, 1, 0), (0, 5, 0, 1)),
                   {"kick": "xxxxx.xxxxxxx.xx", "snare": "....x.......x...", "crash": "x..............."}, "distorted",
                   "xxx.xxx.xx.xxxx.", "distorted bass", "x.x.x.x.x.x.x.x.", "distorted lead", 0.2, 2, 5, cutoff=8500,
                   drive=2.5, echo=0.06, levels=(0.9, 0.75, 0.6, 0.3)),
    "chiptune": Style((142, 166), ("major", "mixolydian"), ((0, 3, 4, 0), (0, 5, 3, 4)),
                      {"chip kick": "x...x...x...x...", "chip noise": "....x.......x.x."}, "square", "xxxxxxxxxxxxxxxx",
                      "triangle", "x.x.x.x.x.x.x.x.", "square", 0.7, 2, 6, arpeggio=True, cutoff=11000, echo=0.0,
                      levels=(0.5, 0.22, 0.6, 0.4)),
    "folk": Style((84, 106), ("major", "mixolydian"), ((0, 4, 5, 3), (0, 3, 0, 4)), {"shaker": "..o...o...o...o."},
                  "guitar", "x.xxx.xxx.xxx.xx", "guitar bass", "x.......x.......", "whistle", 0.3, 4, 6, arpeggio=True,
                  cutoff=7500, echo=0.1, levels=(0.25, 0.75, 0.6, 0.35)),
    "baroque": Style((76, 96), ("harmonic minor", "major"), ((0, 3, 4, 0), (0, 4, 5, 2, 3, 0, 3, 4)), {}, "harpsichord",
                     "x...x...x...x...", "harpsichord bass", "x...x...x...x...", "harpsichord", 0.93, 1, 5,
                     arpeggio=True,
                     cutoff=10500, echo=0.22, levels=(0, 0.35, 0.55, 0.6)),
    "guofeng": Style((60, 78), ("pentatonic",), ((0, 3, 2, 4), (0, 2, 4, 0)), {"woodblock": "x.........o....."},
                     "guzheng",
                     "x.x.x...x.x.....", "guzheng", "x...............", "bamboo flute", 0.42, 4, 6, arpeggio=True,
                     cutoff=8500, echo=0.4, levels=(0.22, 0.6, 0.45, 0.5)),
    "afrobeat": Style((108, 120), ("mixolydian", "dorian"), ((0, 0, 3, 3), (0, 6, 3, 0)),
                      {"kick": "x..x..x...x.x...", "conga": "..xo.x.x..xo.xx.", "bell": "x.x.xx.x.x.x.xx.",
                       "shaker": "xoxoxoxoxoxoxoxo"}, "guitar", "x..x.xx.x..x.xx.", "upright", "x..x..x.x.....x.",
                       "brass",
                      0.4, 2, 5, arpeggio=True, cutoff=8500, echo=0.08, levels=(0.8, 0.5, 0.75, 0.45)),
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """Sound, and what it was made from: the right answers for whoever listens."""

    sound: NDArray[np.int16]
    bpm: float
    key: int
    """Pitch class, C = 0."""
    scale: str


def compose(genre: str, seconds: float, rng: np.random.Generator) -> Piece:
    """A piece of ``genre``, ``seconds`` long."""
    style = STYLES[genre]
    bpm = round(float(rng.uniform(*style.bpm)), 1)
    scale = str(rng.choice(list(style.scales)))
    key = int(rng.integers(12))
    player = _Player(style, bpm, key, SCALES[scale], seconds, rng)
    return Piece(player.play(), bpm, key, scale)


class _Player:
    def __init__(
        self, style: Style, bpm: float, key: int, scale: tuple[int, ...], seconds: float, rng: np.random.Generator
    ) -> None:
        self.style, self.scale, self.rng = style, scale, rng
        self.root = 36 + key  # C2 … B2
        self.step = 60 / bpm / 4
        self.length = int(seconds * RATE)
        self.bars = int(np.ceil(seconds / (16 * self.step)))
        self.notes: dict[tuple[str, int, float], Sound] = {}

    def play(self) -> NDArray[np.int16]:
        style, rng = self.style, self.rng
        progression = style.progressions[int(rng.integers(len(style.progressions)))]
        tracks = [np.zeros(self.length + 6 * RATE) for _ in range(4)]
        motif = self._motif()
        hits = {name: HITS[name](np.random.default_rng(11)) for name in style.drums}
        for bar in range(self.bars):
            degree = progression[bar % len(progression)]
            # The first bars build up; the last stands alone.
            full, fill = bar >= min(2, self.bars // 4), bar % 4 == 3
            for name, pattern in style.drums.items():
                if full or name in ("kick", "ride", "hat", "chip kick", "woodblock"):
                    self._drum(tracks[0], hits[name], pattern, bar, fill)
            self._chords(tracks[1], degree, bar)
            self._bass(tracks[2], degree, bar)
            if full:
                if bar % 8 == 4:
                    motif = self._motif()
                self._lead(tracks[3], motif, degree, bar)
        return self._mix(tracks)

    def _at(self, bar: int, sixteenth: float) -> int:
        late = self.style.swing * 2 * self.step if int(sixteenth) % 4 == 2 else 0.0
        return int(((bar * 16 + sixteenth) * self.step + late) * RATE)

    def _pitch(self, degree: int, octave: int) -> int:
        """MIDI number of a degree of the scale, which may lie above or below its octave."""
        n = len(self.scale)
        return self.root + self.scale[degree % n] + 12 * (degree // n + octave - 2)

    def _add(self, track: Sound, at: int, sound: Sound, level: float = 1.0) -> None:
        end = min(at + len(sound), len(track))
        if at < end:
            track[at:end] += level * sound[: end - at]

    def _note(self, voice: str, midi: int, seconds: float) -> Sound:
        key = (voice, midi, round(seconds, 3))
        if key not in self.notes:
            self.notes[key] = VOICES[voice](440 * 2 ** ((midi - 69) / 12), seconds)
        return self.notes[key]

    def _drum(self, track: Sound, hit: Sound, pattern: str, bar: int, fill: bool) -> None:
        for i, mark in enumerate(pattern):
            if mark == "." and not (fill and i > 11 and self.rng.random() < 0.15):
                continue
            self._add(track, self._at(bar, i), hit, 1.0 if mark == "x" else 0.4)

    def _triad(self, degree: int) -> list[int]:
        steps = (0, 2, 4, 6) if self.style.sevenths else (0, 2, 4)
        if len(self.scale) == 5:
            steps = (0, 1, 3)
        return [self._pitch(degree + s, 4) for s in steps]

    def _chords(self, track: Sound, degree: int, bar: int) -> None:
        pattern, chord = self.style.chord_pattern, self._triad(degree)
        broken = [*chord, chord[0] + 12, chord[2], chord[1]]
        ons = [i for i, mark in enumerate(pattern) if mark != "."]
        for k, i in enumerate(ons):
            following = ons[k + 1] if k + 1 < len(ons) else 16
            seconds = max((following - i) * self.step, 0.12)
            if self.style.arpeggio:
                self._add(track, self._at(bar, i), self._note(self.style.chord, broken[k % len(broken)], seconds))
            else:
                for midi in chord:
                    self._add(track, self._at(bar, i), self._note(self.style.chord, midi, seconds), 0.55)

    def _bass(self, track: Sound, degree: int, bar: int) -> None:
        walking = self.style.bass == "upright" and self.style.swing > 0
        ons = [i for i, mark in enumerate(self.style.bass_pattern) if mark != "."]
        for k, i in enumerate(ons):
            following = ons[k + 1] if k + 1 < len(ons) else 16
            walk = (0, 2, 4, 5)[k % 4] if walking else (0, 0, 0, 4)[int(self.rng.integers(4))] if k else 0
            midi = self._pitch(degree + (walk if len(self.scale) == 7 else 0), 2)
            self._add(track, self._at(bar, i), self._note(self.style.bass, midi, (following - i) * self.step))

    def _motif(self) -> list[tuple[int, int, int]]:
        """Two bars of melody: (sixteenth, degree above the chord, sixteenths long); small steps and a few leaps."""
        out, place = [], int(self.rng.integers(0, 5))
        steps = list(range(0, 32, self.style.lead_step))
        for i in steps:
            if self.rng.random() < self.style.lead_density:
                place += int(
                    self.rng.choice([-2, -1, -1, 0, 1, 1, 2, 4, -4], p=[0.1, 0.2, 0.1, 0.08, 0.2, 0.1, 0.1, 0.06, 0.06])
                )
                place = int(np.clip(place, -3, 8))
                out.append((i, place, self.style.lead_step * int(self.rng.choice([1, 1, 2]))))
        return out  # fmt: skip

    def _lead(self, track: Sound, motif: list[tuple[int, int, int]], degree: int, bar: int) -> None:
        for i, place, length in motif:
            if i // 16 == bar % 2:
                midi = self._pitch(degree + place, self.style.octave)
                self._add(track, self._at(bar, i % 16), self._note(self.style.lead, midi, length * self.step))

    def _mix(self, tracks: list[Sound]) -> NDArray[np.int16]:
        style = self.style
        mixed = np.zeros(self.length)
        for track, level in zip(tracks, style.levels, strict=True):
            peak = float(np.percentile(np.abs(track[: self.length : 8]), 99.8)) or 1.0
            mixed += level * track[: self.length] / max(peak, 1e-9)
        if style.drive:
            mixed = np.tanh(mixed * (1 + style.drive)) / np.tanh(1 + style.drive)
        if style.dirt:
            crackle = self.rng.random(self.length) < 12 / RATE
            mixed = mixed + style.dirt * (0.25 * self.rng.standard_normal(self.length) + 6 * crackle)
        if style.echo:
            delay = int(4 * self.step * RATE)
            for _ in range(3):  # three taps a beat apart, so that the echo keeps time
                if delay < self.length:
                    mixed[delay:] += style.echo * mixed[:-delay]
        return finish(low_pass(mixed, style.cutoff))


def finish(sound: Sound, fade_s: float = 0.6) -> NDArray[np.int16]:
    """Fade both ends, bring to a common loudness, and round to 16 bits."""
    fade = min(int(fade_s * RATE), len(sound) // 4)
    ramp = np.linspace(0, 1, fade)
    sound = sound.copy()
    sound[: fade // 8] *= np.linspace(0, 1, fade // 8)
    sound[-fade:] *= ramp[::-1]
    sound = 0.16 * sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)
    return (np.tanh(sound.astype(np.float32)) * 32000).astype(np.int16)


def low_pass(sound: Sound, hertz: float) -> Sound:
    """Roll off above ``hertz`` by 12 dB an octave."""
    size = fft.next_fast_len(len(sound), real=True)
    spectrum = fft.rfft(sound, size)
    f = fft.rfftfreq(size, 1 / RATE)
    return np.asarray(fft.irfft(spectrum / (1 + (f / hertz) ** 2), size)[: len(sound)])

"""The constants of the sound and picture encoders: mean and spread of every measurement over public files.

Rewrites ``audio_scaling.json`` and ``picture_scaling.json`` beside the encoders. Only when a measurement has been
changed need it be run again; the encoder's version must then be raised. Run it by
``python -m benchmarks._understanding_scaling [sound] [picture]``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segue.errors import MediaError
from segue.ingest.media import probe
from segue.settings import Settings
from segue.understanding.encoders import audio, look, picture, shots
from segue.understanding.encoders.scaling import Scaling
from segue.understanding.encoders.sound import measure

from ._harness import ROOT, data_file

PLACE = ROOT / "src" / "segue" / "understanding" / "encoders"


def main(wanted: Sequence[str]) -> None:
    for name, write in {"sound": _sound, "picture": _picture}.items():
        if not wanted or name in wanted:
            write(Settings())


def _sound(settings: Settings) -> None:
    listener = audio.AudioEncoder(settings)
    heard = []
    # Music counts double: it is what the constants are mostly used on, and there are fewer files of it.
    music = _files("audio_music_speech/clips")
    for path in music + music + _files("audio_esc10/clips"):
        pieces = listener._pieces(path)
        if pieces:
            heard.append(measure(pieces[:4])[0])
    origin = (
        f"mean and spread over {len(music)} music and speech files (twice) and {len(heard) - 2 * len(music)} sounds"
    )
    (PLACE / "audio_scaling.json").write_text(Scaling.fit(heard).as_json(origin), encoding="utf-8")


def _picture(settings: Settings) -> None:
    viewer = picture.PictureEncoder(settings)
    seen = []
    films = _files("video_clips/clips")
    for path in films:
        info = probe(path, settings.media)
        if info.has_video:
            film = viewer._look(path, info.duration_s, None)
            # Each film counts ten times, in overlapping parts, beside the stills.
            for part in range(10):
                count = len(film.times)
                keep = np.sort(np.random.default_rng(part).permutation(count)[: max(2, count // 2)])
                if len(keep) > 1:
                    half = shots.film(film.times[keep], film.seen.take(keep), None)
                    seen.append({**half.seen.mean(), "motion": shots.movement(half), "course": shots.course(half)})
    posters = _files("movie_posters/posters")[:160]
    for path in posters:
        try:
            seen.append(look.see(picture.still(path, settings.media)).mean())
        except MediaError as error:
            print(error)
    origin = f"mean and spread over {len(films)} video clips (ten halves of each) and {len(posters)} posters"
    (PLACE / "picture_scaling.json").write_text(Scaling.fit(seen).as_json(origin), encoding="utf-8")


def _files(folder: str) -> list[Path]:
    return sorted(
        p
        for p in data_file(folder).rglob("*")
        if p.suffix in {".ogg", ".wav", ".mp3", ".mp4", ".mkv", ".avi", ".webm", ".jpg"}
    )


if __name__ == "__main__":
    main(sys.argv[1:])

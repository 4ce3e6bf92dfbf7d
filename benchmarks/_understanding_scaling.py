"""The constants of the sound and picture encoders: mean and spread of every measurement over public files.

Rewrites ``audio_scaling.json`` and ``picture_scaling.json`` beside the encoders. Only when a measurement has been
changed need it be run again; the encoder's version must then be raised. Run it by
``python -m benchmarks._understanding_scaling``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.errors import MediaError
from segue.settings import Settings
from segue.understanding.encoders import audio, look, picture
from segue.understanding.encoders.scaling import Scaling
from segue.understanding.encoders.sound import measure

from ._harness import ROOT, data_file

PLACE = ROOT / "src" / "segue" / "understanding" / "encoders"


def main() -> None:
    settings = Settings()
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

    viewer = picture.PictureEncoder(settings)
    seen = []
    films = _files("video_clips/clips")
    for path in films:
        film = viewer._film(path)
        if film is not None:
            # Each film counts ten times, in overlapping parts, beside the stills.
            times, pictures, duration = film
            for part in range(10):
                keep = np.sort(np.random.default_rng(part).permutation(len(times))[: max(2, len(times) // 2)])
                if len(keep) > 1:
                    seen.append(look.measure(times[keep], pictures[keep], duration)[0])
    posters = _files("movie_posters/posters")[:160]
    for path in posters:
        try:
            seen.append(look.measure(np.zeros(1), picture.still(path, settings.media), None)[0])
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
    main()

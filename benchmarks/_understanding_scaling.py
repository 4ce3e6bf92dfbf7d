"""The constants of the picture encoder: mean and spread of every measurement over public files.

Rewrites ``picture_scaling.json`` beside the encoder; those of sound come from `_sound_calibration`. Only when a
measurement has been changed need it be run again; the encoder's version must then be raised. Run it by
``python -m benchmarks._understanding_scaling``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.errors import MediaError
from segue.settings import Settings
from segue.understanding.encoders import look, picture
from segue.understanding.encoders.scaling import Scaling

from ._harness import ROOT, data_file

PLACE = ROOT / "src" / "segue" / "understanding" / "encoders"


def main() -> None:
    settings = Settings()
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

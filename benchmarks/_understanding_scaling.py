"""The constants of the picture encoder: mean and spread of every measurement over public files.

Rewrites ``picture_scaling.json`` beside the encoder; those of sound come from `_sound_calibration`. Only when a
measurement has been changed need it be run again; the encoder's version must then be raised. Run it by
``python -m benchmarks._understanding_scaling``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.errors import MediaError
from segue.ingest.media import probe
from segue.settings import Settings
from segue.understanding.encoders import look, picture, shots
from segue.understanding.encoders.scaling import Scaling

from ._harness import ROOT, data_file

PLACE = ROOT / "src" / "segue" / "understanding" / "encoders"


def main() -> None:
    settings = Settings()
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
    main()

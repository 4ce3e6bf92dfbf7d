"""The benchmark of near-duplicates on a few of its files: ffmpeg's copies are found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import near_duplicates

from segue import storage
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.understanding.run import understand

FILES = {
    "video_clips": ("carphone.mp4", "mma_test.avi"),
    "audio_music_speech": (
        "uh_voice_en_0.ogg",
        "uh_voice_de_1.ogg",
        "librosa_trumpet.ogg",
        "audioset_10004_Reggae.wav",
    ),
}


@pytest.mark.data
@pytest.mark.slow
def test_copies_of_real_files_are_found(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "SETS", tuple(FILES))
    monkeypatch.setattr(near_duplicates, "_originals", lambda name: [data / name / "clips" / f for f in FILES[name]])
    files = list(near_duplicates._copies(tmp_path))
    roots = (str(tmp_path), *(str(data / name) for name in FILES))
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items(Item(id=near_duplicates._id(f), kind=ItemKind.VIDEO, media_uri=str(f[3])) for f in files)
        only = ["sound_print", "picture_print"]
        report = understand(store, Settings(media={"roots": roots}), only=only, workspace=tmp_path)
        links = store.duplicates()
    assert report.failed == 0
    totals, kinds = near_duplicates._judged(files, links)
    for row in totals["rows"]:
        found = dict(zip(totals["columns"], row, strict=True))
        assert found["recall"] >= 0.98, row
        assert found["precision"] >= 0.98, row
    assert {row[1] for row in kinds["rows"]} >= {"re-encoded", "first 10 % cut", "10 dB louder", "letterbox", "noise"}


def test_an_interval_is_that_of_wilson() -> None:
    assert near_duplicates._wilson(30, 30) == pytest.approx((0.8865, 1.0), abs=1e-3)
    assert near_duplicates._wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-3)
    assert near_duplicates._wilson(0, 0) == (0, 1)

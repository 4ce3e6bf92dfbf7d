"""A run does only what has changed, loses nothing when stopped, and outlives its workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segue import storage
from segue.catalogue import Catalogue
from segue.errors import MissingLibrary, NotFound
from segue.items import Item, ItemKind
from segue.settings import Settings
from segue.storage import Store
from segue.understanding import workers
from segue.understanding.encoders import base
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.encoders.text import TextEncoder
from segue.understanding.run import encode_words, understand, vectors_for


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as opened:
        yield opened


def settings(**understanding: object) -> Settings:
    return Settings(understanding={"workers": 2, **understanding})


def library() -> list[Item]:
    return [
        Item(id="a", kind=ItemKind.TRACK, title="Low tone", media_uri="tone0.wav", cover_uri="cover.jpg"),
        Item(id="b", kind=ItemKind.VIDEO, title="Test picture", media_uri="film0.mp4"),
        Item(id="bad", kind=ItemKind.VIDEO, title="Damaged", media_uri="broken.mp4"),
        Item(id="game", kind=ItemKind.GAME, title="A game"),
    ]


def test_everything_is_read_once_and_only_changes_again(store: Store, media_files: Path) -> None:
    store.put_items(library())
    calls: list[tuple[str, float, float]] = []
    first = understand(store, settings(), workspace=media_files, progress=lambda *args: calls.append(args))
    by_space = {s.space: s for s in first.spaces}
    assert (by_space["text"].done, by_space["ngram"].done) == (4, 4)
    assert (by_space["audio"].done, by_space["audio"].failed) == (2, 1)
    assert (by_space["picture"].done, by_space["picture"].failed) == (2, 1)
    assert {p["where"] for p in first.problems} == {"bad"}
    assert ("text", 4, 4) in calls
    again = understand(store, settings(), workspace=media_files)
    assert (again.done, again.failed) == (0, 0)
    store.put_items([Item(id="game", kind=ItemKind.GAME, title="Another game")])
    third = understand(store, settings(), workspace=media_files)
    assert {s.space: s.done for s in third.spaces if s.done} == {"knowledge": 1, "text": 1, "ngram": 1}
    assert third.as_json()["spaces"][0].keys() == {"space", "done", "unchanged", "failed", "seconds"}


def test_vectors_follow_the_rows_of_the_catalogue(store: Store, media_files: Path) -> None:
    store.put_items(library())
    understand(store, settings(), workspace=media_files)
    catalogue = Catalogue.build(store.items(), order=["gone", "game", "a"])
    vectors, projection = vectors_for(catalogue, store, settings())
    assert set(vectors) == {"text", "ngram", "audio", "picture", "mixed"}
    assert np.isnan(vectors["mixed"][0]).all()
    assert np.isfinite(vectors["mixed"][1:]).all()
    assert np.isnan(vectors["audio"][catalogue.row("game")]).all()
    assert np.isfinite(vectors["audio"][catalogue.row("a")]).all()
    same, _ = vectors_for(catalogue, store, settings(), projection)
    np.testing.assert_array_equal(same["mixed"], vectors["mixed"])


def test_an_empty_catalogue(store: Store) -> None:
    assert understand(store, settings()).done == 0
    vectors, projection = vectors_for(Catalogue.build([]), store, settings())
    assert vectors == {}
    assert projection.dim == 0


def test_unknown_space(store: Store) -> None:
    with pytest.raises(NotFound, match="picture"):
        understand(store, settings(), only=["pictures"])


def test_a_stopped_run_keeps_what_it_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "_BATCHES_AT_ONCE", 1)
    store.put_items([Item(id=f"i{n}", kind=ItemKind.MOVIE, title=f"Film {n}") for n in range(10)])
    real = NgramEncoder.encode
    seen = []

    def stopping(self: NgramEncoder, items: list[Item]) -> list[object]:
        seen.extend(items)
        if len(seen) > 6:
            raise KeyboardInterrupt
        return real(self, items)

    with monkeypatch.context() as patched:
        patched.setattr(NgramEncoder, "encode", stopping)
        with pytest.raises(KeyboardInterrupt):
            understand(store, settings(batch_size=3), only=["ngram"])
    assert len(store.fingerprints("ngram")) == 6
    rest = understand(store, settings(batch_size=3), only=["ngram"])
    assert (rest.done, rest.unchanged) == (4, 6)


def test_an_encoder_that_cannot_work_leaves_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: TextEncoder, items: list[Item]) -> list[object]:
        raise MissingLibrary("The default text model is not installed.")

    monkeypatch.setattr(TextEncoder, "encode", missing)
    store.put_items([Item(id="a", kind=ItemKind.MOVIE, title="A")])
    report = understand(store, settings(), only=["text", "ngram"])
    assert [(s.done, s.failed) for s in report.spaces] == [(0, 1), (1, 0)]
    assert report.problems == [{"where": "text", "what": "The default text model is not installed."}]


def test_a_worker_that_dies_is_reported_and_replaced(monkeypatch: pytest.MonkeyPatch, media_files: Path) -> None:
    """The worker's program is exchanged for one that kills itself at one of the items."""
    program = media_files / "dying_worker.py"
    program.write_text(
        "import os, signal\n"
        "from segue.understanding import workers\n"
        "from segue.understanding.encoders.audio import AudioEncoder\n"
        "real = AudioEncoder.encode\n"
        "def encode(self, items):\n"
        "    if items[0].id == 'kill':\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    if items[0].id == 'fault':\n"
        "        raise ZeroDivisionError('one')\n"
        "    return real(self, items)\n"
        "AudioEncoder.encode = encode\n"
        "workers.main()\n"
    )
    monkeypatch.setattr(workers, "PROGRAM", (str(program),))
    items = [
        Item(id=name, kind=ItemKind.TRACK, media_uri=f"tone{n}.wav") for n, name in enumerate(("first", "kill", "last"))
    ]
    items.append(Item(id="fault", kind=ItemKind.TRACK, media_uri="tone0.wav"))
    encoder = AudioEncoder(settings(), media_files)
    found = {r.item_id: r for batch in workers.read_in_processes(encoder, items, 2) for r in batch}
    assert "killed" in str(found["kill"].problem)
    assert "ZeroDivisionError" in str(found["fault"].problem)
    assert found["first"].vector is not None
    assert found["last"].vector is not None


def test_words_of_a_query() -> None:
    vectors = encode_words("雨夜钢琴", settings())
    assert {space: len(v) for space, v in vectors.items()} == {"text": 384, "ngram": 512}

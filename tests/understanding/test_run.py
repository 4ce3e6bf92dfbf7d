"""A run does only what has changed, loses nothing when stopped, and outlives its workers."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from segue import storage
from segue.catalogue import Catalogue
from segue.errors import MissingLibrary, NotFound
from segue.items import Item, ItemKind
from segue.readings import Reading
from segue.settings import Settings
from segue.storage import Store
from segue.understanding import derived, workers
from segue.understanding.encoders import base
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.encoders.text import TextEncoder
from segue.understanding.run import encode_words, understand, understand_items, vectors_for
from segue.understanding.transcripts import with_transcripts

from .conftest import make


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


def test_a_doubtful_picture_counts_less_in_the_mixed_vector(store: Store, media_files: Path) -> None:
    """The cover in place of a black film is not what the item is known by; its words take over."""
    make(media_files / "night.mp4", "-f", "lavfi", "-i", "color=c=black:size=64x64:rate=10", "-t", "3")
    told = {"kind": ItemKind.VIDEO, "cover_uri": "cover.jpg"}
    store.put_items(
        [
            Item(id="black", title="Night train", media_uri="night.mp4", **told),
            Item(id="cover", title="Night train", **told),
            Item(id="other", title="Cooking rice", **told),
        ]
    )
    understand(store, settings(film_pictures=False), workspace=media_files, only=["text", "ngram", "picture"])
    assert store.confidences("picture") == {"black": 0.1}
    assert store.confidences("text") == {}
    vectors, projection = vectors_for(Catalogue.build(store.items()), store, settings())
    black, cover, other = vectors["mixed"]
    seen = vectors["picture"].shape[1]
    weights = [
        float((row[np.cumsum([vectors["ngram"].shape[1], seen])[0] :][:seen] ** 2).sum()) for row in (black, cover)
    ]
    assert weights == pytest.approx([0.04 / 0.64, 0.4], abs=1e-4)
    # The three have one cover: what tells them apart, the words, says more where that is in doubt.
    assert black @ other < cover @ other - 0.1
    served, _ = vectors_for(Catalogue.build(store.items()), store, settings(), projection)
    np.testing.assert_array_equal(served["mixed"], vectors["mixed"])


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


def test_a_worker_that_dies_within_a_line_or_at_its_start(monkeypatch: pytest.MonkeyPatch, media_files: Path) -> None:
    program = media_files / "half_a_line.py"
    program.write_text(
        "import os, signal, sys\n"
        "sys.stdin.readline()\n"
        "sys.stdin.readline()\n"
        'os.write(1, b\'{"item_id": "a", "vec\')\n'
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    items = [Item(id=str(n), kind=ItemKind.TRACK, media_uri="tone0.wav") for n in range(3)]
    encoder = AudioEncoder(settings(), media_files)
    monkeypatch.setattr(workers, "PROGRAM", (str(program),))
    found = [r for batch in workers.read_in_processes(encoder, items, 1) for r in batch]
    assert {r.item_id for r in found} == {"0", "1", "2"}
    assert all("killed" in str(r.problem) for r in found)
    program.write_text("import os\nos.close(0)\nos._exit(3)\n")
    found = [r for batch in workers.read_in_processes(encoder, items, 1) for r in batch]
    assert all("exit status 3" in str(r.problem) for r in found)
    assert len(found) == 3


def test_words_of_a_query() -> None:
    vectors = encode_words("雨夜钢琴", settings())
    assert {space: len(v) for space, v in vectors.items()} == {"text": 384, "ngram": 512}


# A few items that have just come


SAID = "1\n00:00:00,000 --> 00:00:02,000\nA zeppelin over the glacier.\n"


def prints(store: Store) -> dict[tuple[str, str], str]:
    return {(r.item_id, r.space): r.fingerprint for r in store.readings()}


def test_new_items_are_read_as_a_run_reads_them(store: Store, tmp_path: Path, media_files: Path) -> None:
    for name in ("tone0.wav", "film0.mp4", "cover.jpg"):
        shutil.copy(media_files / name, tmp_path / name)
    (tmp_path / "tone0.srt").write_text(SAID)
    store.put_items(library()[:2])
    assert understand_items(store, settings(), ["a", "b"], tmp_path) == []
    alone, revision = prints(store), store.revision()
    assert understand_items(store, settings(), ["a", "b"], tmp_path) == []
    assert store.revision() == revision, "putting in what has not changed changes nothing"
    whole = understand(store, settings(), workspace=tmp_path)
    assert (whole.done, whole.failed) == (0, 0)
    assert prints(store) == alone
    expected = TextEncoder(settings()).encode([next(with_transcripts(store.items(), store))])[0].vector
    (found,) = [r.vector for r in store.readings(["a"], "text")]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_words_of_new_items_come_before_and_after_what_is_said_in_them(
    store: Store, tmp_path: Path, media_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(media_files / "tone0.wav", tmp_path / "tone0.wav")
    (tmp_path / "tone0.srt").write_text(SAID)
    store.put_items(library()[:1])
    order: list[str] = []
    real = Store.put_readings

    def put_readings(self: Store, new: Iterable[Reading]) -> None:
        found = list(new)
        order.extend(r.space for r in found)
        real(self, found)

    monkeypatch.setattr(Store, "put_readings", put_readings)
    understand_items(store, settings(), ["a"], tmp_path)
    assert order[:6] == ["knowledge", "text", "ngram", "transcript", "text", "ngram"]
    assert set(order[6:]) == {"audio", "picture", "sound_print", "picture_print"}


def test_films_that_come_first_get_their_pictures(store: Store, tmp_path: Path, media_files: Path) -> None:
    shutil.copy(media_files / "film0.mp4", tmp_path / "film0.mp4")
    store.put_items(library()[1:2])
    without = settings(film_pictures=False)
    understand_items(store, without, ["b"], tmp_path)
    assert not (tmp_path / derived.FOLDER).exists()
    assert understand(store, without, only=["picture"], workspace=tmp_path).done == 0
    # The setting was changed: the film is the same, but there are no pictures of it yet.
    assert understand_items(store, settings(), ["b"], tmp_path) == []

    def sheet() -> Path | None:
        return derived.path_of(tmp_path, next(store.readings(["b"], "picture")).facts, "sheet.jpg")

    assert sheet() is not None
    assert understand(store, settings(), only=["picture"], workspace=tmp_path).done == 0
    shutil.rmtree(tmp_path / derived.FOLDER)
    assert understand(store, settings(), only=["picture"], workspace=tmp_path).done == 1
    assert sheet() is not None


def test_films_of_which_no_pictures_can_be_made_are_read_once(store: Store, tmp_path: Path, media_files: Path) -> None:
    assert not derived.is_lacking(tmp_path, {"timeline": {}, "derived": {}})
    assert derived.is_lacking(tmp_path, {"timeline": {}})
    shutil.copy(media_files / "cover.jpg", tmp_path / "cover.jpg")
    store.put_items([Item(id="c", kind=ItemKind.MOVIE, cover_uri="cover.jpg")])
    assert understand(store, settings(), only=["picture"], workspace=tmp_path).done == 1
    assert understand(store, settings(), only=["picture"], workspace=tmp_path).done == 0


def test_copies_among_new_items_are_linked(store: Store, tmp_path: Path, media_files: Path) -> None:
    make(tmp_path / "one.wav", "-f", "lavfi", "-i", "anoisesrc=duration=20:color=pink:seed=3")
    shutil.copy(tmp_path / "one.wav", tmp_path / "two.wav")
    for name in ("one", "two"):
        store.put_items([Item(id=name, kind=ItemKind.TRACK, media_uri=f"{name}.wav")])
        understand_items(store, settings(), [name], tmp_path)
    assert [(link.item_id, link.other_id) for link in store.duplicates("two")] == [("two", "one")]
    assert understand(store, settings(), only=["sound_print"], workspace=tmp_path).duplicates == 0

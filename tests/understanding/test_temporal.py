"""The order of a film's shots counts; what is learnt of it finds a film's other half among films of the same shots."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segue import storage
from segue.catalogue import Catalogue
from segue.ingest.media import ffmpeg_path
from segue.items import Item, ItemKind
from segue.readings import Reading
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder
from segue.understanding import temporal
from segue.understanding.align import bridge
from segue.understanding.align import found as aligned_found
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.run import vectors_for
from segue.understanding.temporal import Temporal, extend, fit

KINDS, DIM = 12, 40


def catalogue(count: int, seed: int) -> list[np.ndarray]:
    """Films that go round three kinds of shots. Each two films share their kinds, and differ only in the order."""
    rng = np.random.default_rng(seed)
    kinds = np.random.default_rng(99).normal(size=(KINDS, DIM))
    films = []
    for _ in range(count // 2):
        trio = rng.choice(KINDS, 3, replace=False)
        for order in (trio, trio[[0, 2, 1]]):
            length = int(rng.integers(12, 25))
            shots = kinds[np.resize(order, length)] + 0.5 * rng.normal(size=(length, DIM))
            films.append((shots / np.linalg.norm(shots, axis=1, keepdims=True)).astype(np.float32))
    return films


def found(first: np.ndarray, second: np.ndarray) -> float:
    """Share of the films whose second half is nearest to their first."""
    return float(((first @ second.T).argmax(axis=1) == np.arange(len(first))).mean())


def halves(model: Temporal, films: list[np.ndarray]) -> float:
    return found(model.apply([f[: len(f) // 2] for f in films]), model.apply([f[len(f) // 2 :] for f in films]))


def means(films: list[np.ndarray]) -> np.ndarray:
    rows = np.stack([film.mean(axis=0) for film in films])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def learnt() -> Temporal:
    return fit(catalogue(400, seed=1))


def test_the_learnt_order_finds_the_other_half_where_averages_cannot(learnt: Temporal) -> None:
    assert learnt.weights is not None
    unseen = catalogue(60, seed=2)
    averaged = found(means([f[: len(f) // 2] for f in unseen]), means([f[len(f) // 2 :] for f in unseen]))
    assert averaged < 0.6  # two films of each kind: a mean can only guess between them
    assert halves(learnt, unseen) > averaged + 0.2


@pytest.mark.parametrize("learn", [True, False])
def test_reversed_and_shuffled_films_get_other_vectors(learnt: Temporal, learn: bool) -> None:
    model = learnt if learn else fit(catalogue(400, seed=1), learn=False)
    films = catalogue(20, seed=3)
    rng = np.random.default_rng(4)
    noisy = model.apply([f + 0.02 * rng.normal(size=f.shape).astype(np.float32) for f in films])
    backwards = model.apply([f[::-1] for f in films])
    shuffled = model.apply([f[rng.permutation(len(f))] for f in films])
    same = model.apply(films)
    for other in (backwards, shuffled):
        assert ((same * other).sum(axis=1) < (same * noisy).sum(axis=1)).mean() > 0.9
        assert np.abs(same - other).max() > 0.05


def test_too_few_films_are_pooled_without_training(learnt: Temporal) -> None:
    few = catalogue(20, seed=5)
    model = fit(few)
    assert model.weights is None
    assert model.apply(few).shape == (20, model.dim)
    np.testing.assert_allclose(np.linalg.norm(model.apply(few), axis=1), 1, atol=1e-5)
    assert fit(few[:4]).dim == 3 * DIM  # too few even to know in which directions shots differ
    assert model.apply([]).shape == (0, model.dim)
    assert fit([]).dim == 0
    assert learnt.apply([]).shape == (0, learnt.dim)


def test_it_is_the_same_again_and_after_saving(learnt: Temporal, tmp_path: Path) -> None:
    films = catalogue(30, seed=6)
    for model in (learnt, fit(films)):
        folder = ArtifactFolder(tmp_path / model.digest)
        model.save(folder)
        again = Temporal.load(folder)
        np.testing.assert_array_equal(again.apply(films), model.apply(films))
        assert again.digest == model.digest
        # A film's vector does not depend on the films it is read with.
        np.testing.assert_allclose(model.apply(films[3:4])[0], model.apply(films)[3], atol=1e-5)
    few = catalogue(temporal.ENOUGH, seed=7)
    assert fit(few, steps=5).digest == fit(few, steps=5).digest


def told_films(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Films with a style of their own that outweighs the kinds of their shots; words that say kinds and order."""
    rng = np.random.default_rng(seed)
    styles = rng.normal(size=(count, DIM))
    names = np.random.default_rng(98).normal(size=(3, KINDS, 24))
    kinds = np.random.default_rng(99).normal(size=(KINDS, DIM))
    films, words = [], []
    for style in styles:
        order = rng.choice(KINDS, 3, replace=False)
        shots = kinds[np.resize(order, int(rng.integers(12, 25)))] + 1.5 * style
        shots = shots + 0.5 * rng.normal(size=shots.shape)
        films.append((shots / np.linalg.norm(shots, axis=1, keepdims=True)).astype(np.float32))
        words.append(names[[0, 1, 2], order].sum(axis=0))
    rows = np.array(words, np.float32)
    return films, rows / np.linalg.norm(rows, axis=1, keepdims=True)


def found_by_words(model: Temporal, learn: tuple[list[np.ndarray], np.ndarray]) -> float:
    """Recall@10 of the words of 200 unseen films, by a bridge learnt on the others."""
    made = bridge(learn[1], model.apply(learn[0]), seed=7)
    assert made is not None
    films, words = told_films(200, seed=12)
    return aligned_found(made.words(words), made.apply(model.apply(films)))


def test_words_beside_the_shots_teach_what_of_them_is_spoken_of() -> None:
    learn = told_films(400, seed=11)
    silent, told = fit(learn[0]), fit(learn[0], words=learn[1])
    alone, taught = found_by_words(silent, learn), found_by_words(told, learn)
    assert taught > alone + 0.1, (alone, taught)
    # The order of shots still counts.
    assert halves(told, learn[0][:60]) > 0.8


def test_words_teach_the_same_again_and_only_where_there_are_enough() -> None:
    films, words = told_films(temporal.ENOUGH, seed=13)
    some = words.copy()
    some[temporal.TOLD :] = np.nan
    told = fit(films, words=some, steps=5)
    assert told.digest == fit(films, words=some, steps=5).digest
    silent = fit(films, steps=5)
    assert told.digest != silent.digest
    # Without words, or with too few, it is learnt as if nothing had been written.
    some[temporal.TOLD - 1] = np.nan
    for few in (some, np.full_like(words, np.nan)):
        assert fit(films, words=few, steps=5).digest == silent.digest
    # Films of one and the same words are each right for it; a lone film with words in its batch is no contrast.
    assert np.isfinite(fit(films, words=np.repeat(words[:2], len(films) // 2, axis=0), steps=5).apply(films)).all()
    assert fit(films[:20], words=words[:20]).weights is None


def test_extending_is_the_weighted_mean_of_cosines() -> None:
    rng = np.random.default_rng(8)
    looks, courses = (rng.normal(size=(4, d)).astype(np.float32) for d in (7, 5))
    looks, courses = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (looks, courses))
    courses[2] = np.nan  # a still
    looks[3] = courses[3] = np.nan  # nothing at all
    both = extend(looks, courses, 0.3)
    assert both[0] @ both[1] == pytest.approx(0.7 * looks[0] @ looks[1] + 0.3 * courses[0] @ courses[1], abs=1e-5)
    assert both[0] @ both[2] == pytest.approx(np.sqrt(0.7) * looks[0] @ looks[2], abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(both[:3], axis=1), 1, atol=1e-5)
    assert not np.isfinite(both[3, :7]).any()


def test_serving_vectors_tell_a_film_from_its_reverse(tmp_path: Path) -> None:
    """Through the store: the same look, the shots the other way round; a still has its place, too."""
    rng = np.random.default_rng(9)
    film = rng.normal(size=(6, 16)).astype(np.float32)
    film /= np.linalg.norm(film, axis=1, keepdims=True)
    look = np.full(16, 0.25, np.float32)
    with storage.open(f"sqlite:///{tmp_path}/segue.db") as store:
        store.put_items([Item(id=i, kind=ItemKind.VIDEO) for i in ("one", "same", "reversed", "still")])
        for item_id, parts in (("one", film), ("same", film), ("reversed", film[::-1]), ("still", None)):
            reading = Reading(item_id, "picture", f"print-{item_id}-{tmp_path}", vector=look, parts=parts)
            store.put_readings([reading])
        items = Catalogue.build(store.items())
        vectors, projection = vectors_for(items, store, Settings())
        one, same, other, still = vectors["picture"]
        assert one @ same == pytest.approx(1, abs=1e-3)
        assert one @ other < 0.99
        assert one @ still == pytest.approx(np.sqrt(0.7), abs=1e-3)
        # A serving version keeps what it learnt, and reads what comes later by it.
        folder = ArtifactFolder(tmp_path / "projection")
        projection.save(folder)
        served, _ = vectors_for(items, store, Settings(), type(projection).load(folder))
        np.testing.assert_allclose(served["mixed"], vectors["mixed"], atol=1e-5)
        store.put_readings([Reading("still", "picture", f"new-{tmp_path}", vector=look, parts=film)])
        later, _ = vectors_for(items, store, Settings(), projection)
        assert later["picture"][3] @ one == pytest.approx(1, abs=1e-3)
        plain, _ = vectors_for(items, store, Settings(understanding={"shot_order": 0}))
        assert plain["picture"].shape == (4, 16)


def test_nothing_heavy_is_loaded_before_something_is_learnt() -> None:
    program = "import sys, segue.understanding.run; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.data
def test_halves_of_real_films_find_each_other_after_another_encoding(data: Path, tmp_path: Path) -> None:
    """Films cut from real clips, each going round two of them; the second half is scaled and encoded anew."""
    clips = data / "video_clips" / "clips"
    names = ["archery.mp4", "bigbuckbunny.mp4", "cockatoo.mp4", "mpy_chaplin.mp4", "nasa_13013.mp4", "mma_test.mp4"]
    for n, name in enumerate(names):
        command = [str(ffmpeg_path()), "-nostdin", "-v", "error", "-y", "-threads", "1", "-t", "3", "-i", clips / name]
        shape = "scale=320:180,setsar=1,fps=10"
        plain = ["-an", "-vf", shape, "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-f", "mpegts"]
        subprocess.run([*command, *plain, tmp_path / f"{n}.ts"], check=True, timeout=60)
    cuts = [(0, 1), (1, 0), (2, 3), (3, 2), (4, 5), (5, 4)]
    encoder = PictureEncoder(Settings(), tmp_path)

    def shots_of(order: list[int], name: str, *options: str) -> np.ndarray:
        (tmp_path / "joined.ts").write_bytes(b"".join((tmp_path / f"{n}.ts").read_bytes() for n in order))
        command = [str(ffmpeg_path()), "-nostdin", "-v", "error", "-y", "-threads", "1", "-i", tmp_path / "joined.ts"]
        film = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-x264-params", "scenecut=40", *options]
        subprocess.run([*command, *film, tmp_path / name], check=True, timeout=60)
        parts = encoder.encode([Item(id=name, kind=ItemKind.VIDEO, media_uri=name)])[0].parts
        assert parts is not None
        return parts

    first = [shots_of([a, b], f"{a}{b}.mp4") for a, b in cuts]
    second = [shots_of([a, b], f"{a}{b}again.mp4", "-s", "256x144", "-crf", "34") for a, b in cuts]
    model = fit([*first, *second], learn=False)
    assert found(model.apply(first), model.apply(second)) == 1.0
    # By averages alone, a film is as near to its reverse as to itself.
    mean = means(first)
    assert mean[0] @ mean[1] > 0.97
    own = model.apply(first)
    assert own[0] @ own[1] < 0.9

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset, History
from segue.errors import InvalidInput
from segue.items import Credit, Item, ItemKind
from segue.models.base import TrainOptions
from segue.models.content_cf import LIKENESSES, ContentCF, ContentCFConfig
from segue.models.content_kernel import TITLE, Reader, compare, usual_weights
from segue.models.titles import WordsRead
from segue.settings import UnderstandingSettings
from segue.storage.artifacts import ArtifactFolder
from segue.testing.models import ModelContract
from tests.toy_world import dataset
from tests.understanding import tiny_models

GENRES = 4
FILMS = 240
NEW = 24


class TestContentCF(ModelContract):
    Model = ContentCF
    config = ContentCFConfig(titles=False)
    solves_checkerboard = False  # items of one group are told apart by chance alone


def films() -> list[Item]:
    """Of four genres, each of its own decade, by forty directors who tell nothing."""
    rng = np.random.default_rng(3)
    return [
        Item(
            id=f"f{i}",
            kind=ItemKind.MOVIE,
            genres=[f"genre {i % GENRES}"],
            released=str(1960 + 10 * (i % GENRES) + int(rng.integers(0, 9))),
            creators=[Credit(f"director {int(rng.integers(0, 40))}", "director")],
        )
        for i in range(FILMS)
    ]


def world(some: list[Item]) -> Dataset:
    """Two hundred people who like fifteen films of one genre each; the last films nobody has met."""
    rng = np.random.default_rng(4)
    events = [
        (f"u{person}", f"f{film}")
        for person in range(200)
        for film in rng.choice(np.arange(person % GENRES, FILMS - NEW, GENRES), 15, replace=False)
    ]
    return dataset(events, Catalogue.build(some))


@pytest.fixture(scope="module")
def model() -> ContentCF:
    made = ContentCF(ContentCFConfig(titles=False))
    made.train(world(films()), TrainOptions(threads=1))
    return made


def test_unmet_items_are_ranked_by_the_persons_genre(model: ContentCF) -> None:
    for genre in range(GENRES):
        scores = model.score(History.of(range(genre, 40, GENRES)))[FILMS - NEW :]
        own = np.arange(FILMS - NEW, FILMS) % GENRES == genre
        assert scores[own].min() > scores[~own].max()


def test_the_settings_are_chosen_on_withheld_items(model: ContentCF) -> None:
    usual = usual_weights(model.choice.weights)
    assert set(model.choice.weights) == {"all", "years", "eras", "genres", "people", "facts", "genres and years"}
    # Directors tell nothing here: the choice may keep or lower their weight, and what is stated is not touched.
    assert model.choice.weights["people"] <= usual["people"]
    stated = ContentCF(
        ContentCFConfig(titles=False, ridge=5, popularity=0.1, regularization=20, weights={"people": 0.0})
    )
    stated.train(world(films()), TrainOptions(threads=1))
    assert stated.choice.likeness in LIKENESSES
    assert (stated.choice.ridge, stated.choice.popularity, stated.choice.regularization) == (5, 0.1, 20)
    assert stated.choice.weights == {**usual, "people": 0.0}


def test_items_added_later_get_the_embedding_that_they_would_have_had(model: ContentCF) -> None:
    every = films()
    fewer = ContentCF(ContentCFConfig(titles=False))
    fewer.train(world(every[: FILMS - NEW]), TrainOptions(threads=1))
    later = [*every[: FILMS - NEW], *every[FILMS - NEW :], Item(id="blank", kind=ItemKind.MOVIE)]
    wider = fewer.with_items(Catalogue.build(later), {})
    assert isinstance(wider, ContentCF)
    assert (fewer.n_items, wider.n_items) == (FILMS - NEW, FILMS + 1)
    told = History.of(range(0, 40, GENRES))
    scores = wider.score(told)
    np.testing.assert_allclose(scores[: FILMS - NEW], fewer.score(told), atol=1e-6)
    own = np.arange(FILMS - NEW, FILMS) % GENRES == 0
    assert scores[FILMS - NEW : -1][own].min() > scores[FILMS - NEW : -1][~own].max()
    assert np.isnan(scores[-1]), "of the last one nothing is known"
    assert np.isnan(wider.embedding()[-1]).all()
    assert np.isfinite(wider.embedding()[:-1]).all()


def test_loaded_models_extend_themselves_alike(model: ContentCF, tmp_path: Path) -> None:
    model.save(ArtifactFolder(tmp_path))
    loaded = ContentCF.load(ArtifactFolder(tmp_path))
    new = Item(id="new", kind=ItemKind.MOVIE, genres=["genre 1"], released="1975")
    catalogue = Catalogue.build([*films(), new])
    told = History.of([1, 5, 9])
    one, other = (m.with_items(catalogue, {}).score(told) for m in (model, loaded))
    np.testing.assert_array_equal(one, other)
    assert one[-1] > np.nanmedian(one)
    assert loaded.choice == model.choice


RUNS, PARTS = 12, 20
"""Series of short videos, each with one word of its own in its titles, and how many parts each has."""


def runs() -> list[Item]:
    return [Item(id=f"f{n}", kind=ItemKind.SHORT, title=f"name{n % RUNS} of part {n}") for n in range(RUNS * PARTS)]


def test_where_items_come_in_runs_likeness_counts_and_new_items_tell_as_well() -> None:
    items, met = runs(), RUNS * (PARTS - 4)
    rng = np.random.default_rng(4)
    events = [
        (f"u{person}", f"f{part}")
        for person in range(150)
        for part in rng.choice(np.arange(person % RUNS, met, RUNS), 5, replace=False)
    ]
    fewer = ContentCF(ContentCFConfig(titles=False))
    fewer.train(dataset(events, Catalogue.build(items[:met])), TrainOptions(threads=1))
    model = fewer.with_items(Catalogue.build(items), {})
    for told in (5, met + 5):  # an old part, and one that nobody has met
        new = np.setdiff1d(np.arange(met, len(items)), [told])
        found = new[np.argsort(-model.score(History.of([told]))[new])]
        assert set(found[:3] % RUNS) == {5}


def test_few_landmarks_come_close_to_all(model: ContentCF) -> None:
    few = ContentCF(ContentCFConfig(titles=False, landmarks=60))
    few.train(world(films()), TrainOptions(threads=1))
    assert len(few._landmarks) == 60
    told = History.of(range(0, 40, GENRES))
    assert np.corrcoef(few.score(told), model.score(told))[0, 1] > 0.95


def test_beyond_the_dense_limit_neighbours_do(model: ContentCF) -> None:
    sparse = ContentCF(ContentCFConfig(titles=False, max_dense_items=50))
    sparse.train(world(films()), TrainOptions(threads=1))
    told = History.of(range(2, 40, GENRES))
    assert np.corrcoef(sparse.score(told), model.score(told))[0, 1] > 0.9


def test_gates_over_the_spaces_take_the_place_of_the_kernel(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    genre = np.eye(GENRES, dtype=np.float32)[np.arange(FILMS) % GENRES]
    vectors = {
        space: (genre @ rng.standard_normal((GENRES, 12)) + 0.3 * rng.standard_normal((FILMS, 12))).astype(np.float32)
        for space in ("text", "picture")
    }
    vectors["picture"][::3] = np.nan
    made = ContentCF(ContentCFConfig(titles=False, mapping="gates"))
    made.train(replace(world(films()), vectors=vectors), TrainOptions(threads=1))
    scores = made.score(History.of(range(0, 40, GENRES)))[FILMS - NEW :]
    own = np.arange(FILMS - NEW, FILMS) % GENRES == 0
    assert scores[own].min() > scores[~own].max()
    made.save(ArtifactFolder(tmp_path))
    longer = Catalogue.build([*films(), Item(id="new", kind=ItemKind.MOVIE), Item(id="mute", kind=ItemKind.MOVIE)])
    further = {s: np.vstack([rows, rows[:1], np.full((1, 12), np.nan)]) for s, rows in vectors.items()}
    told = History.of([4, 8])
    one, other = (m.with_items(longer, further).score(told) for m in (made, ContentCF.load(ArtifactFolder(tmp_path))))
    np.testing.assert_array_equal(one, other)
    wider = made.with_items(longer, further)
    assert isinstance(wider, ContentCF)
    np.testing.assert_allclose(wider.embedding()[-2], wider.embedding()[0], atol=1e-5)
    assert np.isnan(one[-1]), "it has no vector"


def test_vectors_of_another_length_are_refused_by_name() -> None:
    some = films()
    vectors = {"text": np.eye(FILMS, 8, dtype=np.float32)}
    made = ContentCF(ContentCFConfig(titles=False, weights={}))
    made.train(replace(world(some), vectors=vectors), TrainOptions(threads=1))
    longer = Catalogue.build([*some, Item(id="new", kind=ItemKind.MOVIE)])
    with pytest.raises(InvalidInput, match=r"'text' have the shape .* the training had 8 dimensions"):
        made.with_items(longer, {"text": np.ones((FILMS + 1, 3), np.float32)})
    assert np.isnan(made.with_items(longer, {}).score(History.of([0]))[-1])


def test_titles_are_read_apart_also_of_new_items() -> None:
    rng = np.random.default_rng(5)
    words = (("Space Battle", "Galaxy Robots", "Starship Invasion"), ("Love in Paris", "The Wedding", "A Kiss in June"))
    some = [Item(id=f"f{i}", kind=ItemKind.MOVIE, title=f"{words[i % 2][i // 2 % 3]} {i // 6}") for i in range(60)]
    events = [(f"u{p}", f"f{i}") for p in range(40) for i in rng.choice(np.arange(p % 2, 60, 2), 8, replace=False)]
    model = ContentCF(ContentCFConfig(weights={"words": 0.0}))
    model.train(dataset(events, Catalogue.build(some)), TrainOptions(threads=1))
    assert "space:title" in model.choice.weights
    new = [
        Item(id="a", kind=ItemKind.MOVIE, title="Rocket to Mars"),
        Item(id="b", kind=ItemKind.MOVIE, title="My Bride"),
    ]
    scores = model.with_items(Catalogue.build([*some, *new]), {}).score(History.of([0, 2, 4, 6]))
    assert scores[-2] > scores[-1]


def read_titles(named: str, place: Path, own: str | None = None) -> tuple[ContentCF, Catalogue]:
    """A model trained where the settings name that encoder, and a catalogue with one item more."""
    some = [
        Item(id=f"f{i}", kind=ItemKind.MOVIE, title=f"red robot {i}" if i % 2 else "rainy night") for i in range(24)
    ]
    events = [(f"u{p}", f"f{i}") for p in range(12) for i in range(p % 2, 24, 2)]
    made = ContentCF(ContentCFConfig(weights={"words": 0.0}, text_model=own))
    words = WordsRead(UnderstandingSettings(text_model=named, device="cpu"), place)
    made.train(dataset(events, Catalogue.build(some)), TrainOptions(threads=1, words=words))
    new = Item(id="new", kind=ItemKind.MOVIE, title="green robot")
    return made, Catalogue.build([*some, new])


def test_titles_are_read_by_the_encoder_of_the_settings(tmp_path: Path) -> None:
    tiny_models.sentence_model(tmp_path / "models" / "tiny", dim=16)
    made, longer = read_titles("models/tiny", tmp_path)  # a path that begins at the workspace
    assert len(made._reader.means[TITLE]) == 16
    bag, _ = read_titles("bag_of_words", tmp_path)
    assert len(bag._reader.means[TITLE]) == 4096
    own, _ = read_titles("bag_of_words", tmp_path, own="models/tiny")
    np.testing.assert_array_equal(own._reader.means[TITLE], made._reader.means[TITLE])
    told = History.of([1, 3])
    expected = made.with_items(longer, {}).score(told)
    assert np.isfinite(expected[-1])
    # After saving it reads new titles by the same, whatever the settings name then.
    made.save(ArtifactFolder(tmp_path / "kept"))
    for named in ("models/tiny", "bag_of_words", ""):
        again = ContentCF.load(ArtifactFolder(tmp_path / "kept"))
        again.reads_with(WordsRead(UnderstandingSettings(text_model=named, device="cpu"), tmp_path))
        np.testing.assert_allclose(again.with_items(longer, {}).score(told), expected, atol=1e-5)
    again.save(ArtifactFolder(tmp_path / "kept again"))
    assert ArtifactFolder(tmp_path / "kept again").read_json("encoder")["text_model"] == "models/tiny"


def test_an_encoder_of_titles_that_has_changed_since_is_refused(tmp_path: Path) -> None:
    tiny_models.sentence_model(tmp_path / "tiny", dim=16)
    made, longer = read_titles("tiny", tmp_path)
    folder = ArtifactFolder(tmp_path / "kept")
    made.save(folder)
    shutil.rmtree(tmp_path / "tiny")
    tiny_models.sentence_model(tmp_path / "tiny", dim=24)
    words = WordsRead(UnderstandingSettings(text_model="tiny", device="cpu"), tmp_path)
    changed = ContentCF.load(folder)
    changed.reads_with(words)
    assert np.isfinite(changed.score(History.of([1]))).all()  # what it knows already needs no encoder
    with pytest.raises(InvalidInput, match=r"text encoder of tiny is .* Run `segue train`"):
        changed.with_items(longer, {})
    # Weights that are gone leave the titles of new items unread.
    shutil.rmtree(tmp_path / "tiny")
    gone = ContentCF.load(folder)
    gone.reads_with(words)
    assert gone.with_items(longer, {}).n_items == 25
    # A model of before that was kept names the base install, and is not compared.
    (folder.path / "encoder.json").unlink()
    stated = folder.read_json("model")
    folder.write_json("model", {**stated, "config": {**stated["config"], "text_model": ""}})
    old = ContentCF.load(folder)
    old.reads_with(words)
    assert old._titles_by.text_model == ""
    assert old._titles_by.encoder.version.startswith("text-1-53aa")


def test_what_an_item_lacks_is_like_nothing() -> None:
    some = [
        Item(id="a", kind=ItemKind.MOVIE, genres=["Noir", "Drama"], released="1950"),
        Item(id="b", kind=ItemKind.MOVIE, genres=["noir", "drama"], released="1954"),
        Item(id="c", kind=ItemKind.MOVIE, genres=["Drama"]),
        Item(id="d", kind=ItemKind.MOVIE, released="1950"),
    ]
    catalogue = Catalogue.build(some)
    vectors = {"text": np.array([[1, 0], [0, 1], [np.nan, np.nan], [1, 1]], np.float32)}
    described = Reader.of(catalogue, vectors).read(catalogue, vectors, range(4))
    blocks = compare(described, described)
    assert set(blocks) == set(described.blocks)
    assert blocks["genres"][0, 1] == 1
    assert blocks["genres"][0, 2] == pytest.approx(np.exp(-0.5))
    assert not blocks["genres"][3].any()
    assert blocks["years"][0, 1] == pytest.approx(np.exp(-0.5))
    assert not blocks["years"][2].any()
    assert not blocks["space:text"][2].any()
    assert not blocks["genres and years"][2:].any()
    for block in blocks.values():
        assert np.abs(block).max() <= 1 + 1e-6
        assert np.linalg.eigvalsh(block.astype(np.float64)).min() > -1e-6

"""Words that look for pictures and sounds: Recall@10 on items that were not learnt from, beside chance.

The encoders of pictures and sounds are those that need no weights; the words are read by the text encoder of the base
install. Everything is learnt on the other folds alone, with its choices made on a part of them that is withheld again.

- ``movie_posters``: title, people, genres and plot of 607 films look for their posters, 5 folds by a seed. With the
  pairs of films that the same people of MovieLens-1M like most surely, and without.
- ``audio_esc10``: the ten names of the classes look for the clips, the official folds; of the clips of a class, those
  among the first ten.
- ``audio_music_speech``: style and title of 56 pieces look for the sound, 3 folds by a seed, since ten answers out of a
  fifth would be nearly all. Few, so the interval is wide.

The candidates are the held-out items of the fold. The interval is a bootstrap over the words asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks._harness import data_file, sha256, table, write_result
from benchmarks._protocols import MOVIELENS_1M, sequence_log
from benchmarks.text_recommender import CACHE, described_films, read
from segue.arrays import Floats, Rows
from segue.evaluation.bootstrap import ci95
from segue.items import Item, ItemKind
from segue.models.cooccurrence import liked_together
from segue.settings import MediaSettings, Settings
from segue.understanding.align import bridge, by_chance, recalls
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.base import Encoder
from segue.understanding.encoders.picture import PictureEncoder

SEED = 7
FOLDS = 5
WAYS: Mapping[str, int] = {"ridge regression": 0, "and contrastive learning": 20}
"""Row → most epochs of contrastive learning."""


def main() -> None:
    """All sets."""
    made = [row for one in (posters, esc10, music_and_speech) for row in one()]
    columns = ["set", "way", "asked", "Recall@10", "95 % interval", "chance"]
    shown = [[r["set"], r["way"], r["asked"], r["recall@10"], "{} … {}".format(*r["ci95"]), r["chance"]] for r in made]
    figures = {"rows": made, "tables": [table("Words look for media", columns, shown)]}
    print(write_result("alignment", figures))


def posters() -> list[dict[str, Any]]:
    """Films look for their posters."""
    films, folder = poster_films(), data_file("movie_posters/posters.csv").parent
    words = read([film for film, _ in films])
    pictures = media([file for _, file in films], folder, PictureEncoder)
    log = sequence_log(MOVIELENS_1M, described_films)
    row = {int(r): place for place, r in enumerate(log.catalogue.rows(film.id for film, _ in films)) if r >= 0}
    pairs = [[row[a], row[b]] for a, b in liked_together(log).tolist() if a in row and b in row]
    folds = by_seed(len(films))
    facts = {"set": "movie_posters", "sha256": sha256(folder / "posters.csv")}
    rows = rows_of(facts, words, pictures, folds, None)
    return rows + rows_of(facts, words, pictures, folds, np.array(pairs, np.int32))


def esc10() -> list[dict[str, Any]]:
    """Names of classes look for clips."""
    file = data_file("audio_esc10/clips.csv")
    clips = pl.read_csv(file)
    said = [Item(id=c, kind=ItemKind.TRACK, title=str(c).replace("_", " ")) for c in clips["class"]]
    sounds = media(clips["file"].to_list(), file.parent, AudioEncoder)
    facts = {"set": "audio_esc10", "sha256": sha256(file)}
    return rows_of(facts, read(said), sounds, clips["fold"].to_numpy(), None)


def music_and_speech() -> list[dict[str, Any]]:
    """Styles and titles look for pieces."""
    file = data_file("audio_music_speech/clips.csv")
    clips = pl.read_csv(file)
    rows = clips.select("kind", "style", "title").iter_rows()
    said = [
        Item(id=str(n), kind=ItemKind.TRACK, title=". ".join(str(w) for w in row if w)) for n, row in enumerate(rows)
    ]
    sounds = media(clips["file"].to_list(), file.parent, AudioEncoder)
    facts = {"set": "audio_music_speech", "sha256": sha256(file)}
    return rows_of(facts, read(said), sounds, by_seed(len(said), 3), None)


def rows_of(
    facts: Mapping[str, str], words: Floats, shown: Floats, folds: NDArray[Any], pairs: Rows | None
) -> list[dict[str, Any]]:
    """A row for each way."""
    numbers = np.unique(folds).tolist()
    return [
        _row(facts, way, partial(_fold, words, shown, folds, pairs, epochs), numbers, pairs)
        for way, epochs in WAYS.items()
    ]


def _row(
    facts: Mapping[str, str],
    way: str,
    fold: Callable[[int], tuple[Floats, float]],
    numbers: Sequence[int],
    pairs: Rows | None,
) -> dict[str, Any]:
    found = [fold(number) for number in numbers]
    each = np.concatenate([recall for recall, _ in found])
    row = {
        **facts,
        "way": way if pairs is None else f"{way}, with items liked together",
        "asked": len(each),
        "recall@10": round(float(each.mean()), 4),
        "ci95": [round(bound, 4) for bound in ci95(each, SEED)],
        "chance": round(float(np.average([c for _, c in found], weights=[len(r) for r, _ in found])), 4),
    }
    print(row, flush=True)
    return row


def _fold(
    words: Floats, shown: Floats, folds: NDArray[Any], pairs: Rows | None, epochs: int, number: int
) -> tuple[Floats, float]:
    """(asked,) recall of the fold by what the others teach, and chance."""
    out = (folds == number) & np.isfinite(words).all(axis=1) & np.isfinite(shown).all(axis=1)
    told = np.where(folds[:, None] == number, np.nan, shown).astype(np.float32)
    learnt = bridge(words, told, SEED, pairs, epochs)
    assert learnt is not None  # every set has enough
    asked = learnt.words(words[out])
    return recalls(asked, learnt.apply(shown[out])), by_chance(asked)


def by_seed(n: int, folds: int = FOLDS) -> NDArray[Any]:
    """(n,) fold of each item."""
    return np.random.default_rng(SEED).permutation(n) % folds


def poster_films() -> list[tuple[Item, str]]:
    """The films of MovieLens-1M of which there is a poster, and its file."""
    listed = pl.read_csv(data_file("movie_posters/posters.csv"), schema_overrides={"ml1m_movie_id": pl.String})
    files = dict(listed.select("ml1m_movie_id", "file").iter_rows())
    return [(film, files[film.id]) for film in described_films() if film.id in files]


def media(files: Sequence[str], folder: Any, encoder: Callable[..., Encoder]) -> Floats:
    """(n, dim) what a media encoder makes of files; NaN where it cannot. Kept, as the vectors of words are."""
    reader = encoder(Settings(media=MediaSettings(roots=(str(folder),))), folder)
    state = hashlib.sha256("\n".join([reader.version, *files]).encode()).hexdigest()
    kept = CACHE / f"{state[:32]}.npy"
    if not kept.exists():
        field = "cover_uri" if reader.name == "picture" else "media_uri"
        items = [Item(id=file, kind=ItemKind.VIDEO, **{field: str(folder / file)}) for file in files]
        nothing = np.full(reader.dim, np.nan, np.float32)
        rows = [r.vector if r.vector is not None else nothing for r in reader.encode(items)]
        CACHE.mkdir(exist_ok=True)
        np.save(kept, np.stack(rows))
    vectors: Floats = np.load(kept)
    return vectors


if __name__ == "__main__":
    main()

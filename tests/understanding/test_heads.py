"""Heads over n-grams: any script, rare classes, the context of other texts, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segue.errors import InvalidInput, StorageError
from segue.settings import FinetuneSettings, Settings
from segue.training.finetune.examples import Labelled
from segue.training.finetune.run import finetune
from segue.understanding import ngrams
from segue.understanding.heads import TrainedHead, around, macro_f1

GOOD, BAD = ("好看", "精彩", "感动"), ("难看", "无聊", "失望")
AROUND = ("这部电影", "剧情", "演员", "配乐", "结尾", "镜头")


def chinese(n: int, bad: float = 0.1, seed: int = 1, about: bool = True) -> Labelled:
    """Reviews with one telling word; of every film all are of one mind, and a third of them do not tell."""
    rng = np.random.default_rng(seed)
    films = rng.random(n // 10) < bad
    texts, truth, ids = [], [], []
    for row in range(n):
        film = row % len(films)
        words = BAD if films[film] else GOOD
        said = words[int(rng.integers(0, 3))] if rng.random() > 1 / 3 else "还行"
        one, other = rng.choice(AROUND, 2)
        texts.append(f"{one}{said}，{other}也是")
        truth.append((0, 1)[int(not films[film])])
        ids.append(f"film{film}")
    matrix = np.eye(2, dtype=np.float32)[truth]
    return Labelled(tuple(texts), ("bad", "good"), matrix, "one", tuple(ids) if about else None)


def trained(labelled: Labelled, folder: Path) -> TrainedHead:
    settings = Settings(finetune=FinetuneSettings(features="ngrams"))
    return TrainedHead.load(finetune("sentiment", labelled, settings, folder).folder, folder)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> TrainedHead:
    return trained(chinese(600, bad=0.2), tmp_path_factory.mktemp("head"))


def test_a_script_without_spaces_and_a_rare_class_are_learnt_without_an_encoder(head: TrainedHead) -> None:
    assert head.encoder is None
    assert head.decide(["配乐难看，剧情也是", "这部电影精彩，演员也是"]) == [("bad",), ("good",)]
    p = head.predict(["配乐难看", "精彩"])
    assert p.shape == (2, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


def test_what_others_say_of_the_same_thing_counts(head: TrainedHead) -> None:
    dry = "演员还行，结尾也是"
    panned, praised = [dry, *["剧情无聊，镜头也是"] * 8], [dry, *["剧情精彩，镜头也是"] * 8]
    # Texts about other things are no context.
    apart = head.predict(panned, about=["x", *(f"y{n}" for n in range(8))])[0, 0]
    assert apart == pytest.approx(head.predict([dry], about=["x"])[0, 0], rel=1e-5)
    assert head.predict(panned, about=["x"] * 9)[0, 0] > apart > head.predict(praised, about=["x"] * 9)[0, 0]


def test_what_a_head_says_hangs_on_the_text_alone(head: TrainedHead) -> None:
    texts = ["配乐难看", "精彩", ""]
    np.testing.assert_allclose(head.predict(texts)[1:2], head.predict(texts[1:2]), rtol=1e-6)
    assert head.predict([]).shape == (0, 2)
    assert head.decide([]) == []
    with pytest.raises(InvalidInput, match="3 texts came with 1 ids"):
        head.predict(texts, about=["x"])


def test_examples_that_count_less_are_learnt_from_and_not_judged_on(tmp_path: Path) -> None:
    sure = chinese(300, bad=0.3)
    counts = np.where(np.arange(len(sure)) % 5 == 0, 0.3, 1).astype(np.float32)
    weak = Labelled(sure.texts, sure.labels, sure.truth, "one", sure.about, counts)
    report = finetune("sentiment", weak, Settings(finetune=FinetuneSettings(features="ngrams")), tmp_path)
    assert report.manifest["examples"] == 300
    assert report.manifest["figures"]["texts"] == 240
    assert report.manifest["method"] == "none"
    assert report.manifest["parts"] == ["head"]


def test_a_folder_without_a_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There is no trained head in"):
        TrainedHead.load(tmp_path, tmp_path)


def test_grams_read_words_of_letters_and_characters_of_ideographs() -> None:
    assert {"不好", "好看", "good", "good film", "#<goo"} <= set(ngrams.grams("不好看！！ Good film"))
    assert ngrams.plain("a\u202eb\x00\u200b  c\n") == "ab c"
    assert ngrams.counts(["", "\x00"]).nnz == 0


def test_the_mean_around_leaves_out_the_text_itself_and_shrinks() -> None:
    logits = np.array([[4.0], [0.0], [1.0]], np.float32)
    near = around(logits, np.array([0, 0, 1]), np.array([1.0], np.float32))
    np.testing.assert_allclose(near[:, 0], [(0 + 5) / 6, (4 + 5) / 6, 1])


def test_macro_f1_by_hand() -> None:
    truth, said = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert macro_f1(truth, said, 2) == pytest.approx((2 / 3 + 4 / 5) / 2)

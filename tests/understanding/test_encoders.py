"""Every encoder keeps the published contract; what is special to each is tested beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segue.errors import MissingLibrary
from segue.items import Credit, Item, ItemKind
from segue.settings import Settings
from segue.testing.encoders import EncoderContract, WordLengthEncoder
from segue.understanding.encoders import TABLE
from segue.understanding.encoders.audio import AudioEncoder
from segue.understanding.encoders.ngram import NgramEncoder
from segue.understanding.encoders.picture import PictureEncoder
from segue.understanding.encoders.text import TextEncoder, check_weights, item_text

TITLES = ("Rainy night piano", "A robot learns to dance in the desert", "雨夜钢琴曲", "Football: the cup final")


def written() -> list[Item]:
    return [Item(id=f"i{n}", kind=ItemKind.TRACK, title=title) for n, title in enumerate(TITLES)]


def with_media(folder: Path, *names: str) -> list[Item]:
    return [Item(id=name, kind=ItemKind.VIDEO, title=name, media_uri=str(folder / name)) for name in names]


def trusting(folder: Path) -> Settings:
    return Settings(media={"roots": (str(folder),)})


class TestText(EncoderContract):
    def encoder(self, workspace: Path) -> TextEncoder:
        return TextEncoder(Settings(), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return written()


class TestNgram(EncoderContract):
    def encoder(self, workspace: Path) -> NgramEncoder:
        return NgramEncoder(Settings(), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return written()


class TestWordLength(EncoderContract):
    def encoder(self, workspace: Path) -> WordLengthEncoder:
        return WordLengthEncoder(Settings(), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return [Item(id=t, kind=ItemKind.GAME, title=t) for t in ("Go", "Chess and dice", "Patience")]

    def test_words_live_in_the_same_space(self, place: Path) -> None:
        assert self.encoder(place).encode_words(["a bc"]).shape == (1, 8)


class TestAudio(EncoderContract):
    @pytest.fixture(autouse=True)
    def _files(self, media_files: Path) -> None:
        self.folder = media_files

    def encoder(self, workspace: Path) -> AudioEncoder:
        return AudioEncoder(trusting(self.folder), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return with_media(self.folder, "tone0.wav", "tone1.wav", "tone2.wav")

    def unreadable(self, workspace: Path) -> Item:
        return with_media(self.folder, "empty.mp3")[0]


class TestPicture(EncoderContract):
    @pytest.fixture(autouse=True)
    def _files(self, media_files: Path) -> None:
        self.folder = media_files

    def encoder(self, workspace: Path) -> PictureEncoder:
        return PictureEncoder(trusting(self.folder), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return with_media(self.folder, "film0.mp4", "film1.mp4", "film2.mp4")

    def unreadable(self, workspace: Path) -> Item:
        return with_media(self.folder, "broken.mp4")[0]


def test_item_text_states_what_is_known_and_nothing_else() -> None:
    item = Item(
        id="x", kind=ItemKind.MOVIE, title="Cléo", creators=(Credit("Agnès Varda", "director"),), genres=("Drama",)
    )
    assert item_text(item) == "Cléo. Agnès Varda. Drama"
    assert item_text(Item(id="x", kind=ItemKind.MOVIE)) == ""


def test_text_finds_the_meaning() -> None:
    encoder = TextEncoder(Settings())
    vectors = np.stack([r.vector for r in encoder.encode(written())])
    query = encoder.encode_words(["a soccer match"])[0]
    assert TITLES[int((vectors @ query).argmax())].startswith("Football")


def test_a_swapped_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(MissingLibrary, match="not the published"):
        check_weights(tmp_path / "model.safetensors")
    check_weights()


def test_another_text_model_must_be_on_this_machine(tmp_path: Path) -> None:
    encoder = TextEncoder(Settings(understanding={"text_model": "no/such-model"}), tmp_path)
    with pytest.raises(MissingLibrary, match="no/such-model"):
        encoder.encode(written())


def test_chinese_words_find_chinese_items_among_distractors() -> None:
    titles = ["雨夜钢琴曲", "夏日海滩派对", "深夜城市爵士", "古典小提琴协奏曲", "小熊历险记", "Rainy night piano"]
    long = "一部关于家庭、成长与离别的故事，讲述三代人在海边小镇的生活与他们的秘密。"
    items = [Item(id=t, kind=ItemKind.TRACK, title=t, description=long) for t in titles]
    items += [Item(id=f"d{n}", kind=ItemKind.MOVIE, title=f"城市故事{n}", description=long) for n in range(50)]
    encoder = NgramEncoder(Settings())
    vectors = np.stack([r.vector for r in encoder.encode(items)])
    for words, right in (("雨夜的钢琴", "雨夜钢琴曲"), ("爵士", "深夜城市爵士"), ("小提琴协奏", "古典小提琴协奏曲")):
        assert items[int((vectors @ encoder.encode_words([words])[0]).argmax())].id == right


def test_typos_width_and_case_are_tolerated() -> None:
    encoder = NgramEncoder(Settings())
    vectors = np.stack([r.vector for r in encoder.encode(written())])
    for words in ("rany nigth pianno", "RAINY NIGHT", "ＲＡＩＮＹ　ＮＩＧＨＴ"):
        assert int((vectors @ encoder.encode_words([words])[0]).argmax()) == 0


def test_a_film_of_one_key_frame_is_sampled_and_moves(media_files: Path) -> None:
    reading = PictureEncoder(trusting(media_files)).encode(with_media(media_files, "one_gop.mp4"))[0]
    assert reading.facts["pictures"] >= 6
    assert reading.facts["motion"] > 0


def test_a_cover_stands_for_an_item_without_pictures(media_files: Path) -> None:
    item = Item(id="a", kind=ItemKind.TRACK, media_uri="tone0.wav", cover_uri="cover.jpg")
    reading = PictureEncoder(Settings(), media_files).encode([item])[0]
    assert reading.problem is None
    assert reading.facts["palette"][0].startswith("#f")
    assert "motion" not in reading.facts


def test_silence_has_no_vector_and_no_problem(media_files: Path) -> None:
    reading = AudioEncoder(trusting(media_files)).encode(with_media(media_files, "quiet.wav"))[0]
    assert (reading.vector, reading.problem, dict(reading.facts)) == (None, None, {"silent": True})


def test_files_outside_workspace_and_roots_are_not_read(media_files: Path, tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to(media_files / "tone0.wav")
    for uri in (str(media_files / "tone0.wav"), "link.wav"):
        item = Item(id="a", kind=ItemKind.TRACK, media_uri=uri)
        reading = AudioEncoder(Settings(), tmp_path).encode([item])[0]
        assert reading.vector is None
        assert "outside the workspace" in str(reading.problem)
    remote = Item(id="a", kind=ItemKind.TRACK, media_uri="https://example.org/a.mp3")
    assert AudioEncoder(Settings(), tmp_path).wants(remote) is None


def test_a_changed_file_has_another_fingerprint(media_files: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    item = Item(id="a", kind=ItemKind.TRACK, media_uri="a.wav")
    encoder = AudioEncoder(Settings(), tmp_path)
    states = [encoder.fingerprint(item)]
    for source in ("tone0.wav", "quiet.wav"):
        file.write_bytes((media_files / source).read_bytes())
        states.append(encoder.fingerprint(item))
    assert len(set(states)) == 3


def test_the_table_loads_nothing_heavy() -> None:
    program = (
        "import sys, segue.understanding.run; print([m for m in ('torch','sklearn','librosa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(TABLE) >= {"text", "ngram", "audio", "picture"}

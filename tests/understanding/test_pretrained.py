"""Encoders by setting, each on a tiny random model that is really loaded, through `understand` and search."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segue import Engine, Item, ItemKind, weights
from segue.arrays import Floats
from segue.errors import MissingLibrary, SettingsError
from segue.settings import Settings
from segue.testing.encoders import EncoderContract
from segue.understanding.encoders import chosen, pretrained
from segue.understanding.encoders.audio_model import AudioModel
from segue.understanding.encoders.bag_of_words import BagOfWords
from segue.understanding.encoders.base import Encoder
from segue.understanding.encoders.picture_model import PictureModel
from segue.understanding.encoders.text import TextEncoder

from . import tiny_models
from .conftest import make
from .films import film
from .test_encoders import with_media, written


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tiny model, in a folder of its name."""
    folder = tmp_path_factory.mktemp("models")
    tiny_models.sentence_model(folder / "sentences")
    tiny_models.sentence_model(folder / "wide", dim=24)
    tiny_models.clip(folder / "clip")
    tiny_models.siglip2(folder / "siglip2")
    tiny_models.siglip2(folder / "naflex", naflex=True)
    tiny_models.resnet(folder / "resnet")
    tiny_models.clap(folder / "clap")
    tiny_models.clap(folder / "fused", fused=True)
    return folder


class _WithModels(EncoderContract):
    setting = ""
    model = ""

    @pytest.fixture(autouse=True)
    def _files(self, media_files: Path, models: Path) -> None:
        self.folder, self.models = media_files, models

    def encoder(self, workspace: Path) -> Encoder:
        settings = Settings(
            media={"roots": (str(self.folder),)},
            understanding={self.setting: str(self.models / self.model), "max_frames": 6, "precision": "fp32"},
        )
        return chosen({"text_model": "text"}.get(self.setting, self.setting.split("_")[0]), settings, workspace)

    def items(self, workspace: Path) -> list[Item]:
        if self.setting == "text_model":
            return [i for i in written() if i.id != "i2"]  # the tiny vocabulary has no Chinese
        kind = "tone{}.wav" if self.setting == "audio_model" else "film{}.mp4"
        return with_media(self.folder, *(kind.format(n) for n in range(3)))

    def unreadable(self, workspace: Path) -> Item | None:
        return None if self.setting == "text_model" else with_media(self.folder, "broken.mp4")[0]


class TestSentenceTransformer(_WithModels):
    setting, model = "text_model", "sentences"


class TestClip(_WithModels):
    setting, model = "picture_model", "clip"


class TestSiglip2(_WithModels):
    setting, model = "picture_model", "siglip2"


class TestSiglip2OfAnyShape(_WithModels):
    setting, model = "picture_model", "naflex"


class TestResNet(_WithModels):
    setting, model = "picture_model", "resnet"

    def test_words_live_in_the_same_space(self, place: Path) -> None:
        """It has no tower for words: every text says nothing."""
        encoder = self.encoder(place)
        assert isinstance(encoder, PictureModel)
        assert not encoder.encode_words(["rainy night"]).any()


class TestClap(_WithModels):
    setting, model = "audio_model", "clap"


class TestFusedClap(_WithModels):
    setting, model = "audio_model", "fused"


class TestBagOfWords(EncoderContract):
    def encoder(self, workspace: Path) -> Encoder:
        return chosen("text", Settings(understanding={"text_model": "bag_of_words"}), workspace)

    def items(self, workspace: Path) -> list[Item]:
        return written()


def test_rare_words_count_more_in_the_bag() -> None:
    encoder = BagOfWords(Settings())
    film, of, both = encoder.encode_words(["the robot", "the of and in", "robot"])
    assert film @ both > 0.9
    assert abs(film @ of) < 0.3


def colours(folder: Path) -> list[Item]:
    """Covers of one colour each; titles that say nothing about it."""
    items = []
    for name, (r, g, b) in tiny_models.COLOURS.items():
        make(
            folder / f"{name}.png", "-f", "lavfi", "-i", f"color=c=0x{r:02x}{g:02x}{b:02x}:size=90x60", "-frames:v", "1"
        )
        items.append(Item(id=name, kind=ItemKind.GAME, title="Xyzzy", cover_uri=f"{name}.png"))
    return items


def workspace_with(folder: Path, **understanding: Any) -> Path:
    Engine.create(folder)
    stated = "".join(f"{name} = {json.dumps(value)}\n" for name, value in understanding.items())
    with (folder / "segue.toml").open("a") as settings:
        settings.write(f"[understanding]\n{stated}")
    return folder


def test_words_find_pictures(tmp_path: Path, models: Path) -> None:
    """CLIP was taught three colours by the test; nothing but the cover tells the items apart."""
    with Engine.open(workspace_with(tmp_path / "w", picture_model=str(models / "clip"))) as engine:
        engine.add_items(colours(engine.workspace))
        report = engine.understand()
        assert report.problems == []
        for name in tiny_models.COLOURS:
            assert engine.search(name).picks[0].item.id == name
        assert engine.facts("red")["picture"]["palette"][0].startswith("#d")
        assert engine.facts("red")["picture"]["model"] == str(models / "clip")
        assert engine.understand().done == 0


def test_every_encoder_at_once(tmp_path: Path, media_files: Path, models: Path) -> None:
    place = workspace_with(
        tmp_path / "w",
        picture_model=str(models / "siglip2"),
        audio_model=str(models / "clap"),
        text_model=str(models / "sentences"),
        batch_size=2,
    )
    for name in ("tone0.wav", "film0.mp4", "broken.mp4"):
        (place / name).write_bytes((media_files / name).read_bytes())
    with Engine.open(place) as engine:
        engine.add_items(
            Item(id=name, kind=ItemKind.VIDEO, title=title, media_uri=name)
            for name, title in (("tone0.wav", "low tone"), ("film0.mp4", "test film"), ("broken.mp4", "piano"))
        )
        report = engine.understand()
        assert {p["where"] for p in report.problems} == {"broken.mp4"}
        done = {s.space: (s.done, s.failed) for s in report.spaces}
        assert (done["text"], done["audio"], done["picture"]) == ((3, 0), (2, 1), (2, 1))
        engine.train()
        assert engine.search("test film").picks[0].item.id == "film0.mp4"
        assert engine.search("test film").degraded == ()
        assert engine.similar("film0.mp4").picks


def test_a_backbone_tells_pictures_apart(media_files: Path, models: Path) -> None:
    encoder = PictureModel(
        Settings(media={"roots": (str(media_files),)}, understanding={"picture_model": str(models / "resnet")})
    )
    readings = encoder.encode(with_media(media_files, "film0.mp4", "film2.mp4", "quiet.wav"))
    assert readings[0].vector is not None
    assert readings[1].vector is not None
    assert (readings[2].vector, readings[2].problem) == (None, None)


def test_a_model_keeps_the_shots_of_a_film_and_sees_the_cover_of_a_black_one(tmp_path: Path, models: Path) -> None:
    film(tmp_path / "two.mp4", [("red", 3), ("blue", 3)])
    film(tmp_path / "black.mp4", [("black", 3)])
    colours(tmp_path)
    settings = Settings(media={"roots": (str(tmp_path),)}, understanding={"picture_model": str(models / "clip")})
    two = Item(id="two", kind=ItemKind.VIDEO, media_uri="two.mp4")
    black = Item(id="black", kind=ItemKind.VIDEO, media_uri="black.mp4", cover_uri="red.png")
    cover = Item(id="cover", kind=ItemKind.VIDEO, cover_uri="red.png")
    shots, dark, red = PictureModel(settings, tmp_path).encode([two, black, cover])
    assert shots.parts is not None
    assert len(shots.parts) == 2
    assert shots.parts[0] @ shots.parts[1] < 0.9
    assert dark.facts["doubts"] == ["black", "cover_only"]
    np.testing.assert_allclose(dark.vector, red.vector, atol=1e-5)


# What goes wrong with weights


def copy_of(model: Path, folder: Path) -> Path:
    folder.mkdir()
    for file in model.rglob("*"):
        if file.is_file():
            (folder / file.relative_to(model)).parent.mkdir(exist_ok=True)
            (folder / file.relative_to(model)).write_bytes(file.read_bytes())
    return folder


KINDS = {"text_model": "sentences", "picture_model": "clip", "audio_model": "clap"}


@pytest.mark.parametrize("setting", KINDS)
def test_weights_that_are_missing_or_half_there(setting: str, tmp_path: Path, models: Path, media_files: Path) -> None:
    broken = copy_of(models / KINDS[setting], tmp_path / "model")
    weights = broken / "model.safetensors"
    whole = weights.read_bytes()

    def said() -> str:
        settings = Settings(media={"roots": (str(media_files),)}, understanding={setting: str(broken)})
        encoder = chosen(setting.split("_")[0], settings, tmp_path)
        with pytest.raises(MissingLibrary) as caught:
            encoder.encode([Item(id="a", kind=ItemKind.VIDEO, title="a", media_uri=str(media_files / "film0.mp4"))])
        assert "\n" not in str(caught.value)
        return str(caught.value)

    tiny_models.forgetful(broken, ["model.safetensors"])
    assert f"{len(whole) // 2:,} of {len(whole):,} bytes are there. Fetch the model again." in said()
    weights.write_bytes(whole[:40])
    assert "half-downloaded or damaged" in said()
    weights.unlink()
    assert "holds no weights" in said()
    (broken / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert "only pickled weights" in said()
    (broken / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00001-of-00002.safetensors"}}')
    assert "model-00001-of-00002.safetensors is missing" in said()


def test_a_file_that_lacks_weights_is_not_filled_up_by_chance(tmp_path: Path, models: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = copy_of(models / "clip", tmp_path / "model")
    tensors = load_file(broken / "model.safetensors")
    tensors.pop("visual_projection.weight")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(MissingLibrary, match="1 of its weights are missing"):
        PictureModel(Settings(understanding={"picture_model": str(broken)})).ready()


def test_a_model_of_another_kind_is_refused(models: Path) -> None:
    with pytest.raises(SettingsError, match="reads no pictures"):
        PictureModel(Settings(understanding={"picture_model": str(models / "sentences-bert")})).ready()
    with pytest.raises(SettingsError, match="'clip'"):
        AudioModel(Settings(understanding={"audio_model": str(models / "clip")})).ready()
    with pytest.raises(SettingsError, match="cannot be used"):
        PictureModel(Settings(understanding={"picture_model": str(models / "clip"), "device": "cuda:77"})).ready()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty Hugging Face cache, and no hub behind it."""
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    weights._snapshot.cache_clear()
    return tmp_path / "hub"


@pytest.mark.parametrize(("download", "said"), [(False, "is not on this machine"), (True, "cannot be fetched")])
def test_a_name_that_is_not_on_this_machine(download: bool, said: str, hub: Path) -> None:
    settings = Settings(understanding={"picture_model": "nobody/nothing", "allow_download": download})
    with pytest.raises(MissingLibrary, match=f"'nobody/nothing' {said} .* Set understanding.picture_model to a folder"):
        PictureModel(settings, hub).ready()


def test_a_name_that_cannot_be_one(tmp_path: Path) -> None:
    with pytest.raises(MissingLibrary, match="no such folder"):
        pretrained.located("../../no where", "understanding.picture_model", tmp_path, True)


def test_a_model_from_the_cache_of_the_hub(hub: Path, models: Path) -> None:
    """As the hub's own client lays it out; read without a network."""
    store = hub / "models--somebody--colours"
    (store / "refs").mkdir(parents=True)
    (store / "refs" / "main").write_text("abc123")
    (store / "snapshots").mkdir()
    copy_of(models / "clip", store / "snapshots" / "abc123")
    encoder = PictureModel(Settings(understanding={"picture_model": "somebody/colours"}), hub)
    encoder.ready()
    assert encoder.encode_words(["red"]).shape == (1, 12)


def test_missing_weights_leave_the_other_spaces_and_the_search(tmp_path: Path, models: Path) -> None:
    with Engine.open(workspace_with(tmp_path / "w", picture_model="no/such-model")) as engine:
        engine.add_items(colours(engine.workspace))
        report = engine.understand()
        assert {s.space: s.failed for s in report.spaces if s.failed} == {"picture": 3}
        assert [p["where"] for p in report.problems] == ["picture"]
        assert "no/such-model" in report.problems[0]["what"]
        answer = engine.search("Xyzzy")
        assert len(answer.picks) == 3
        assert "words:picture" in answer.degraded


def test_weights_that_vanish_later(tmp_path: Path, models: Path) -> None:
    """What was read stays; the run says what is missing and goes on with the other spaces."""
    place = workspace_with(tmp_path / "w", picture_model=str(copy_of(models / "clip", tmp_path / "model")))
    with Engine.open(place) as engine:
        engine.add_items(colours(place))
        assert engine.understand().problems == []
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    with Engine.open(place) as engine:
        report = engine.understand()
        assert [p["where"] for p in report.problems] == ["picture"]
        assert "no such folder" in report.problems[0]["what"]
        assert {s.space: s.unchanged for s in report.spaces}["text"] == 3


# Memory


def tight(model: Any, most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the model's own forward pass raise torch's error above so many rows; the sizes that were tried."""
    import torch

    tried: list[int] = []
    real = type(model).forward

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        given = next(v for v in (*args, *kwargs.values()) if isinstance(v, torch.Tensor))
        tried.append(len(given))
        if len(given) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.00 GiB")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(model), "forward", forward)
    return tried


def test_texts_that_do_not_fit_are_halved_and_tried_again(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace_with(tmp_path / "w", text_model=str(models / "sentences"))
    with Engine.open(place) as engine:
        engine.add_items(Item(id=str(n), kind=ItemKind.GAME, title=f"rainy night {n}") for n in range(20))
        plain = TextEncoder(engine.settings, place)
        wanted = [r.vector for r in plain.encode(list(engine.items()))]
        tried = tight(plain.reader.model[0].model, 3, monkeypatch)  # type: ignore[attr-defined]
        report = engine.understand(only=["text"])
        assert (report.done, report.failed) == (20, 0)
        assert report.warnings == [
            {"where": "text", "what": "20 at once do not fit in memory; going on with 10 at once."},
            {"where": "text", "what": "10 at once do not fit in memory; going on with 5 at once."},
            {"where": "text", "what": "5 at once do not fit in memory; going on with 2 at once."},
        ]
        assert tried == [20, 10, 5, *[2] * 10]
        again = TextEncoder(engine.settings, place).encode(list(engine.items()))
        for before, after in zip(wanted, again, strict=True):
            np.testing.assert_allclose(before, after.vector, atol=2e-2)  # bf16, where the processor has it
        assert "warnings" in report.as_json()


def test_pictures_that_do_not_fit_even_alone(
    tmp_path: Path, models: Path, media_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        media={"roots": (str(media_files),)}, understanding={"picture_model": str(models / "resnet"), "max_frames": 6}
    )
    encoder = PictureModel(settings, tmp_path)
    encoder.ready()
    with monkeypatch.context() as patched:
        tight(encoder._model, 0, patched)
        reading = encoder.encode(with_media(media_files, "film0.mp4"))[0]
        assert reading.vector is None
        assert "not enough memory" in str(reading.problem)
    assert reading.fingerprint != encoder.fingerprint(with_media(media_files, "film0.mp4")[0]), "it is tried again"
    assert encoder.encode(with_media(media_files, "film0.mp4"))[0].vector is not None


def test_words_that_do_not_fit_cost_their_space_alone(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace_with(tmp_path / "w", picture_model=str(models / "clip"), text_model=str(models / "sentences"))
    with Engine.open(place) as engine:
        engine.add_items(colours(place))
        engine.understand()
        loaded = PictureModel(engine.settings, place)._model
        with monkeypatch.context() as patched:
            tight(loaded.text_model, 0, patched)
            answer = engine.search("Xyzzy red")
        assert "words:picture" in answer.degraded
        assert len(answer.picks) == 3
        assert engine.search("Xyzzy red").degraded == ("not-trained",)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")]
)
def test_room_counts_the_errors_of_processors_too(error: Exception) -> None:
    said: list[str] = []

    def forward(batch: Sequence[int]) -> Floats:
        if len(batch) > 1:
            raise error
        return np.ones((1, 1), np.float32)

    found = [rows for rows, _ in pretrained.Room(said.append).batches(range(3), lambda _: 8, forward)]
    assert found == [range(0, 1), range(1, 2), range(2, 3)]
    assert len(said) == 1


def test_other_errors_are_not_taken_for_lack_of_memory() -> None:
    def forward(batch: Sequence[int]) -> Floats:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        list(pretrained.Room(logging.warning).batches(range(3), lambda _: 8, forward))


def test_bf16_says_nearly_the_same(models: Path) -> None:
    vectors = [
        TextEncoder(Settings(understanding={"precision": precision})).encode_words(["rainy night piano", "a robot"])
        for precision in ("fp32", "bf16")
    ]
    assert ((vectors[0] * vectors[1]).sum(axis=1) > 0.999).all()


def test_a_model_is_loaded_once(models: Path) -> None:
    settings = Settings(understanding={"picture_model": str(models / "clip")})
    first, second = PictureModel(settings), PictureModel(settings)
    assert first._model is second._model
    assert TextEncoder(Settings()).reader is TextEncoder(Settings()).reader


def test_the_state_of_a_model_is_part_of_the_version(tmp_path: Path, models: Path) -> None:
    folder = copy_of(models / "clip", tmp_path / "model")
    settings = Settings(understanding={"picture_model": str(folder)})
    before = PictureModel(settings).version
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes() + b"\0")
    assert PictureModel(settings).version != before

"""Encoders of the settings through the commands: another dimension than what is stored, and the export."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from segue import Engine, storage
from segue.items import Item, ItemKind
from segue.readings import Reading

from ..understanding import tiny_models
from .test_cli import Shell

TITLES = ("rainy night piano", "robot dance in the desert", "the football cup final", "soccer match", "test film")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny_models.sentence_model(folder / "narrow", dim=16)
    tiny_models.sentence_model(folder / "wide", dim=24)
    return folder


@pytest.fixture
def shell(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A workspace whose five items were read by the narrow model."""
    place = tmp_path / "w"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items(Item(id=f"i{n}", kind=ItemKind.MOVIE, title=title) for n, title in enumerate(TITLES))
    use(place, models / "narrow")
    shell = Shell(place, capsys)
    assert shell.json("understand", "--only", "text", "--quiet")["done"] == 5
    return shell


def use(workspace: Path, model: Path) -> None:
    lines = (workspace / "segue.toml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("text_model", "[understanding]"))]
    kept += ["[understanding]", f"text_model = {json.dumps(str(model))}"]
    (workspace / "segue.toml").write_text("\n".join([*kept, ""]))


def told(shell: Shell, *arguments: str) -> str:
    """The one line of a command that refuses."""
    code, _, err = shell(*arguments)
    assert code == 1
    assert err.startswith("segue: ")
    assert err.count("\n") == 1, err
    return err


def test_a_query_of_another_dimension_than_the_stored_vectors(shell: Shell, models: Path) -> None:
    use(shell.workspace, models / "wide")
    said = told(shell, "search", "robot")
    assert "into 24 dimensions of the space 'text', the stored vectors of the items have 16" in said
    assert "run `segue understand`, then `segue train`" in said
    assert shell.json("understand", "--only", "text", "--quiet")["done"] == 5
    assert shell("search", "robot")[0] == 0


def test_vectors_of_two_dimensions(shell: Shell, models: Path) -> None:
    """What a run that was stopped after a change of the encoder leaves."""
    use(shell.workspace, models / "wide")
    with storage.open(f"sqlite:///{shell.workspace / 'segue.db'}") as store:
        store.put_readings([Reading("i0", "text", "x", vector=np.eye(24, dtype=np.float32)[0])])
    said = told(shell, "train", "--quiet")
    assert "16 and 24 dimensions" in said
    assert "Run `segue understand`." in said


def test_a_trained_version_and_an_encoder_of_another_dimension(shell: Shell, models: Path) -> None:
    with (shell.workspace / "segue.toml").open("a") as settings:
        settings.write('\n[train]\nmodels = ["popular_all", "content_text"]\n')
    assert shell("train", "--quiet")[0] == 0
    toml = (shell.workspace / "segue.toml").read_text()
    (shell.workspace / "segue.toml").write_text(toml.replace(str(models / "narrow"), str(models / "wide")))
    assert shell("understand", "--only", "text", "--quiet")[0] == 0
    said = told(shell, "recommend", "ada")
    assert "'text' have 24 dimensions" in said
    assert "Run `segue train`" in said
    assert shell("train", "--quiet")[0] == 0
    assert shell("recommend", "ada")[0] == 0


def test_models_that_read_titles_read_them_by_the_encoder_of_the_settings(shell: Shell, models: Path) -> None:
    with (shell.workspace / "segue.toml").open("a") as settings:
        settings.write('\n[train]\nmodels = ["popular_all", "content_cf"]\n')
    for item in ("i0", "i1", "i3"):
        assert shell("record", "ada", item, "complete")[0] == 0
    assert shell("train", "--quiet")[0] == 0
    (kept,) = shell.workspace.glob("artifacts/*/models/content_cf/encoder.json")
    assert json.loads(kept.read_text())["text_model"] == str(models / "narrow")
    # Loaded by another process, it reads the title of an item that came later by the same.
    with Engine.open(shell.workspace) as engine:
        engine.add_items([Item(id="later", kind=ItemKind.MOVIE, title="rainy piano")])
        assert "later" in {pick.item.id for pick in engine.recommend("ada", k=5)}


def test_export_and_use(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    made = shell.json("export-encoder", str(folder))
    assert made["cosine"] > 0.9999
    assert made["texts"] == 5
    said = told(shell, "export-encoder", str(folder))
    assert "already holds something" in said
    before = shell.json("search", "robot")["picks"]
    use(shell.workspace, folder)
    assert shell.json("understand", "--only", "text", "--quiet")["done"] == 5
    after = shell.json("search", "robot")["picks"]
    assert [p["item"] for p in after] == [p["item"] for p in before]
    assert "is an export already" in told(shell, "export-encoder", str(tmp_path / "again"))


def test_an_export_that_was_not_copied_whole(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    small = shell.json("export-encoder", "--int8", str(folder))
    assert small["int8"]
    graph = folder / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-100])
    use(shell.workspace, folder)
    report = shell.json("understand", "--only", "text", "--quiet")
    assert report["failed"] == 5
    assert "model.onnx is not as segue_encoder.json says" in report["problems"][0]["what"]
    assert "`segue export-encoder`" in report["problems"][0]["what"]


def test_the_doctor_looks_at_every_model(shell: Shell, models: Path, tmp_path: Path) -> None:
    def found() -> dict[str, tuple[bool, str]]:
        _, out, _ = shell("doctor", "--json")
        return {check["what"]: (check["ok"], check["say"]) for check in json.loads(out)["checks"]}

    assert found()["text encoder"] == (True, f"{models / 'narrow'}, set by [understanding] text_model")
    broken = tmp_path / "model"
    broken.mkdir()
    for name in ("config.json", "model.safetensors"):
        (broken / name).write_bytes((models / "narrow" / name).read_bytes())
    with (shell.workspace / "segue.toml").open("a") as settings:
        settings.write(f"picture_model = {json.dumps(str(broken))}\n")
    assert found()["other encoders"] == (True, "picture_model: weights whole")
    tiny_models.forgetful(broken, ["model.safetensors"])
    ok, said = found()["other encoders"]
    assert not ok
    assert "half-downloaded" in said


@pytest.mark.data
@pytest.mark.slow
def test_int8_keeps_the_meaning_of_real_texts(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Parity of at least .99 on plots of films; the speed is the benchmark's matter."""
    import csv
    import gzip

    with gzip.open(data / "tmdb_5000" / "tmdb_5000_movies.csv.gz", "rt", encoding="utf-8") as stream:
        plots = [row["overview"] for _, row in zip(range(40), csv.DictReader(stream), strict=False)]
    place = tmp_path / "w"
    Engine.create(place)
    with Engine.open(place) as engine:
        engine.add_items(Item(id=str(n), kind=ItemKind.MOVIE, description=plot) for n, plot in enumerate(plots) if plot)
    made = Shell(place, capsys).json("export-encoder", "--int8", str(tmp_path / "exported"))
    assert made["cosine"] >= 0.99
    assert made["bytes"] < 30e6

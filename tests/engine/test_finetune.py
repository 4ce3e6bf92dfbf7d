"""``segue finetune`` through the command line and the engine, and a catalogue that is read with what it made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.cli import main
from segue.errors import InvalidInput, NotFound
from tests.training.finetune_worlds import reviews, tiny_encoder


def workspace(tmp_path: Path, text_model: str, more: str = "") -> Path:
    place = tmp_path / "ws"
    Engine.create(place)
    wanted = f'\n[understanding]\ntext_model = "{text_model}"\n[train]\ndevice = "cpu"\n'
    finetune = "[finetune]\nepochs = 2\nbatch_size = 16\nmax_tokens = 32\nleast_examples = 3\nlearning_rate = 0.005\n"
    with (place / "segue.toml").open("a", encoding="utf-8") as stream:
        stream.write(wanted + finetune + more)
    return place


def test_a_head_from_a_file_through_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = workspace(tmp_path, "unused", 'features = "ngrams"\n')
    file = tmp_path / "reviews.csv"
    rows = [f"{text},{label}" for text, label in reviews(120)]
    file.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        main(["finetune", "sentiment", "--csv", str(file), "--workspace", str(place), "--json"])
    assert end.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert told["task"] == "sentiment"
    assert told["figures"]["accuracy"] > 0.9
    assert Path(told["folder"]).name == "sentiment"
    with pytest.raises(SystemExit) as end:
        main(["finetune", "sentiment", "--csv", str(file), "--labels", "fresh,sour", "--workspace", str(place)])
    assert end.value.code == 1
    assert "labels outside of the vocabulary: rotten; expected fresh, sour." in capsys.readouterr().err


def test_the_catalogue_is_read_again_by_the_encoder_that_its_genres_have_trained(tmp_path: Path) -> None:
    base = tiny_encoder(tmp_path / "base")
    place = workspace(tmp_path, str(base))
    items = [
        Item(id=f"i{n}", kind="movie", title=f"{('good', 'bad')[n % 2]} film", genres=(("Noir", "Western")[n % 2],))
        for n in range(24)
    ]
    with Engine.open(place) as engine:
        engine.add_items(items)
        engine.understand(only=["text"])
        report = engine.finetune("genre", method="lora")
        assert report.manifest["adapter"] == "adapter"
        assert not list((place / "finetuned").glob("draft-*"))
    text = (place / "segue.toml").read_text(encoding="utf-8").replace(str(base), "finetuned/genre")
    (place / "segue.toml").write_text(text, encoding="utf-8")
    with Engine.open(place) as engine:
        done = engine.understand(only=["text"]).as_json()
        assert done["spaces"][0]["done"] == len(items)
        assert not done["problems"]
        engine.backup(tmp_path / "kept.tar.gz")
    Engine.restore(tmp_path / "kept.tar.gz", tmp_path / "again")
    with Engine.open(tmp_path / "again") as engine:
        engine.add_items([Item(id="later", kind="movie", title="Good film")])
        again = engine.understand(only=["text"]).as_json()
        assert (again["spaces"][0]["done"], again["problems"]) == (1, [])


def test_what_cannot_be_asked_for_is_refused(tmp_path: Path) -> None:
    with Engine.open(workspace(tmp_path, "unused")) as engine:
        with pytest.raises(NotFound, match=r"Unknown task 'sentimant'\. Did you mean 'sentiment'"):
            engine.finetune("sentimant")
        with pytest.raises(InvalidInput, match="learns from the workspace, not from labels"):
            engine.finetune("behaviour", labels=("good",))
        with pytest.raises(InvalidInput, match="'lora', 'adalora' or 'full'"):
            engine.finetune("genre", method="prefix")
        with pytest.raises(InvalidInput, match="There are 0 labelled texts in the catalogue"):
            engine.finetune("genre")

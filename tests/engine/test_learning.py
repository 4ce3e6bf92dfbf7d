from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue import Engine, EventKind
from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.engine.learning import _choices, _fingerprint, _settings_of
from segue.errors import InvalidInput, NotFound, SettingsError, StorageError
from segue.events import KIND_CODE
from segue.settings import Settings

from .conftest import items


def test_training_reports_every_model_beside_most_popular(engine: Engine) -> None:
    report = engine.evaluation()
    assert report is not None
    models = {row["model"] for row in report["rows"] if row["slice"] == "all"}
    assert {"popular_all", "popular_recent", "ease", "home"} <= models
    rows = {row["model"]: row for row in report["rows"] if row["slice"] == "all"}
    assert rows["home"]["ndcg@10"] > rows["popular_all"]["ndcg@10"]
    low, high = rows["home"]["ci95"]
    assert low <= rows["home"]["ndcg@10"] <= high


def test_unchanged_settings_promote_newer_data_and_rollback_goes_back(engine: Engine) -> None:
    first = engine.status()["version"]
    engine.record([engine.event("newcomer", "folk-1", "complete")])
    report = engine.train()
    assert report.promoted
    assert "same settings" in report.why
    assert engine.status()["version"] == report.version != first
    assert engine.rollback() == first
    with pytest.raises(NotFound, match="earlier version"):
        engine.rollback()


def test_settings_that_are_surely_worse_are_not_promoted(engine: Engine, workspace: Path) -> None:
    before = engine.status()["version"]
    engine.close()
    with (workspace / "segue.toml").open("a") as settings:
        settings.write(
            "\n[ranking]\ndiversity = 0\n[ranking.blend]\nhome = {ease = -1.0, item_knn = -1.0, content = -1.0}\n"
        )
    with Engine.open(workspace) as worse:
        report = worse.train()
        assert not report.promoted
        assert "not promoted" in report.why
        assert worse.status()["version"] == before
        assert worse.train(force=True).promoted


def test_an_interrupted_training_goes_on_where_it_stopped(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[session]\nstep = 0.3\n")  # other settings, so that there is something to do
    process = subprocess.Popen([sys.executable, "-m", "segue", "--workspace", str(workspace), "train", "--quiet"])
    draft = workspace / "artifacts" / "draft-train"
    deadline = time.monotonic() + 120
    while not list(draft.glob("split/*/fitted.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {p: p.stat().st_mtime_ns for p in draft.glob("split/*/fitted.json")}
    with Engine.open(workspace) as engine:
        before = engine.status()["version"]
        assert engine.recommend("punk-fan-0", k=3).version == before  # what serves is untouched
        seen: dict[Path, int] = {}
        report = engine.train(progress=lambda *_: seen.update({p: p.stat().st_mtime_ns for p in kept if p.exists()}))
        assert report.promoted
        assert engine.status()["version"] != before
    if process.returncode == -signal.SIGKILL:
        assert seen == kept
    assert not draft.exists()


def test_evaluate_changes_nothing_that_serves(engine: Engine) -> None:
    before = engine.status()
    strict = engine.evaluate("leave-one-out", models=["ease", "popular_all"])
    refit = engine.evaluate("leave-one-out", refit=True, models=["ease", "popular_all"])
    assert strict["split"] == "leave-one-out"
    assert {"model", "slice", "users", "ndcg@10", "recall@10", "hit@10", "coverage@10", "ci95"} <= strict["rows"][
        0
    ].keys()
    assert (strict["refit"], refit["refit"]) == (False, True)
    assert engine.status() == before
    with pytest.raises(NotFound, match="Did you mean 'ease'"):
        engine.evaluate("time", models=["eese"])


def test_a_catalogue_without_events_is_trained_on_content_alone(tmp_path: Path) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        with pytest.raises(InvalidInput, match="catalogue is empty"):
            engine.train()
        engine.add_items(items())
        assert engine.recommend("anybody", k=3).degraded == ("not-trained",)
        assert len(engine.recommend("anybody", k=3)) == 3
        engine.understand(only=["ngram"])
        report = engine.train()
        assert report.evaluation is None
        assert report.promoted
        assert engine.similar("punk-1", k=3)[0].item.genres == ("punk",)


def test_a_model_whose_settings_are_impossible_says_so(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[models.ease]\nregularization = -4\n")
    with Engine.open(workspace) as engine, pytest.raises(Exception, match=r"models\.ease.*regularization"):
        engine.train()


def test_a_wrong_setting_shows_before_the_first_model_is_fitted(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[models.content]\nno_such_thing = 1\n")  # the last of the models
    done: list[str] = []
    with Engine.open(workspace) as engine, pytest.raises(SettingsError, match=r"models\.content"):
        engine.train(progress=lambda what, _share: done.append(what))
    assert not any("popular" in what for what in done)


def test_the_serving_settings_are_compared_as_they_were_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _choices(Settings())
    monkeypatch.setenv("SEGUE_TRAIN__SEED", "99")
    monkeypatch.setenv("SEGUE_RANKING__DIVERSITY", "0.9")
    assert _choices(Settings())["train"]["seed"] == 99
    assert _choices(Settings().model_copy(update=_settings_of(before))) == before


def test_a_version_of_another_segue_is_replaced_and_that_is_said(engine: Engine, workspace: Path) -> None:
    manifest = next(workspace.glob("artifacts/*/manifest.json"))
    content = json.loads(manifest.read_text())
    content["settings"]["ranking"]["a_setting_of_tomorrow"] = 1
    manifest.write_text(json.dumps(content))
    report = engine.train()
    assert report.promoted
    assert "cannot be compared" in report.why
    assert "a_setting_of_tomorrow" in report.problems[-1]


def test_drafts_of_other_data_are_not_taken_up() -> None:
    data = Dataset(
        catalogue=Catalogue.build(items()),
        user_ids=("ada",),
        users=np.zeros(2, np.int32),
        items=np.array([0, 1], np.int32),
        kinds=np.full(2, KIND_CODE[EventKind.COMPLETE], np.uint8),
        timestamps=np.array([1.0, 2.0]),
        weights=np.ones(2, np.float32),
        seq=np.array([1, 2]),
    )
    vectors = np.ones((len(data.catalogue), 2), np.float32)
    others = [
        replace(data, items=np.array([1, 0], np.int32)),
        replace(data, weights=np.array([1, 0.5], np.float32)),
        replace(data, timestamps=np.array([1.0, 3.0])),
        replace(data, kinds=np.full(2, KIND_CODE[EventKind.LIKE], np.uint8)),
        replace(data, vectors={"text": vectors}),
        replace(data, vectors={"mixed": vectors}),
    ]
    prints = {_fingerprint(one, Settings()) for one in (data, *others)}
    assert len(prints) == 1 + len(others)
    assert _fingerprint(replace(data), Settings()) in prints


def test_versions_that_are_not_promoted_do_not_pile_up(engine: Engine, workspace: Path) -> None:
    engine.close()
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[ranking]\ndiversity = 0\n[ranking.blend]\nhome = {ease = -1.0, item_knn = -1.0}\n")
    text = (workspace / "segue.toml").read_text()
    (workspace / "segue.toml").write_text(text.replace("[train]", "[train]\nkeep_versions = 1"))
    with Engine.open(workspace) as worse:
        before = worse.status()["version"]
        reports = [worse.train() for _ in range(2)]
        assert not any(report.promoted for report in reports)
        assert worse.status()["versions"] == [before, reports[-1].version]


def test_a_damaged_serving_version_does_not_stand_in_the_way_of_a_training(workspace: Path) -> None:
    with Engine.open(workspace) as engine:
        serving = engine.status()["version"]
    (workspace / "artifacts" / serving / "manifest.json").unlink()
    with Engine.open(workspace) as engine:
        report = engine.train()
        assert report.promoted
        assert any(serving in problem for problem in report.problems)
        assert engine.recommend("punk-fan-0", k=1).version == report.version
    (workspace / "artifacts" / "serving.json").write_text("{")
    with Engine.open(workspace) as engine, pytest.raises(StorageError, match=r"serving\.json"):
        engine.train()

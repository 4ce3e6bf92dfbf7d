from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segue import Engine
from segue.errors import InvalidInput, NotFound

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

"""`segue train --recipe best`: what it tries, what it chooses, and that the choice is served."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segue import Engine
from segue.engine import choosing
from segue.engine.choosing import BASELINE, decide, served
from segue.errors import StorageError
from segue.evaluation.offline import evaluate
from segue.evaluation.splits import leave_one_out
from segue.models import TABLE
from segue.models.base import TrainOptions
from segue.profiles.segments import KNOWN
from segue.settings import RankingSettings, Settings
from tests.toy_world import checkerboard
from tests.training.test_ensemble import noisy

TRIES = '\n[train]\ntries = ["item_knn", "ease", "content"]\nmodels = ["popular_all", "popular_recent", "content"]\n'


@pytest.fixture(scope="module")
def chosen(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace with a version of the recipe best."""
    folder = Path(shutil.copytree(trained, tmp_path_factory.mktemp("best") / "workspace"))
    text = (folder / "segue.toml").read_text()
    (folder / "segue.toml").write_text(text[: text.rindex("\n[train]")] + TRIES)
    with Engine.open(folder) as engine:
        engine.train("best")
    return folder


@pytest.fixture
def workspace(chosen: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chosen, tmp_path / "workspace"))


def choice(workspace: Path) -> tuple[Path, dict]:
    with Engine.open(workspace) as engine:
        file = workspace / "artifacts" / engine.status()["version"] / "best.json"
    return file, json.loads(file.read_text())


def test_the_choice_is_kept_with_its_reasons(workspace: Path) -> None:
    _, kept = choice(workspace)
    assert set(kept["segments"]) == {"new", "few", "warm"}
    for part in kept["segments"].values():
        assert sum(part["weights"].values()) == pytest.approx(1, abs=0.02)
        assert part["why"]
    warm = kept["segments"]["warm"]
    assert warm["chosen"] != BASELINE  # tastes differ here, which popularity cannot know
    assert {"popular_recent", "ease", "blend learnt by ndcg", "fusion of all"} <= {row["way"] for row in warm["tried"]}
    assert all(row["why"] for row in warm["tried"])
    low = next(row["difference"][1] for row in warm["tried"] if row["way"] == warm["chosen"])
    assert low > 0
    assert kept["segments"]["new"]["weights"] == {BASELINE: 1.0}


def test_the_choice_is_served_and_not_below_most_popular(engine: Engine) -> None:
    answer = engine.recommend("punk-fan-0", k=2, recipe="best")
    assert answer.degraded == ()
    assert {pick.item.genres for pick in answer} == {("punk",)}
    stranger = engine.recommend(None, k=3, recipe="best", personal=False)
    assert {source for pick in stranger for source in pick.sources} & {BASELINE}
    report = engine.evaluation()
    assert report is not None
    rows = {row["model"]: row["ndcg@10"] for row in report["rows"] if row["slice"] == "all"}
    assert rows["best"] >= rows[BASELINE]
    told = engine.transparency()["recipes"]["best_warm"]
    assert {"stated", "answers", "prior", "across"} <= {one["signal"] for one in told}  # which no training weighs


def test_the_choice_can_be_evaluated_beside_models(engine: Engine) -> None:
    report = engine.evaluate("leave-one-out", models=["best", "home", "ease"])
    rows = {row["model"]: row["ndcg@10"] for row in report["rows"] if row["slice"] == "all"}
    assert {"best", "home", "ease", BASELINE} <= set(rows)
    assert rows["best"] >= rows[BASELINE]


def test_a_later_training_of_another_recipe_keeps_the_choice(engine: Engine, workspace: Path) -> None:
    _, before = choice(workspace)
    engine.record([engine.event("newcomer", "folk-1", "complete")])
    report = engine.train("home")
    assert report.choice is None
    file, after = choice(workspace)
    assert file.parent.name == report.version
    assert after == before
    assert engine.recommend("punk-fan-0", recipe="best").degraded == ()


def test_weights_in_the_settings_win(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[ranking.blend.best]\npopular_all = 1.0\n")
    with Engine.open(workspace) as engine:
        sources = {s for pick in engine.recommend("punk-fan-0", recipe="best") for s in pick.sources}
        assert "popular_all" in sources
        assert not sources & {"ease", "item_knn", BASELINE}
        assert engine.recommend("punk-fan-0")  # home keeps its weights
        assert "ease" in engine.settings.ranking.blend["home"]


def test_a_choice_edited_by_hand_is_served_or_refused(workspace: Path) -> None:
    file, content = choice(workspace)
    content["segments"]["warm"]["weights"] = {"content": 1.0}
    file.write_text(json.dumps(content))
    with Engine.open(workspace) as engine:
        assert "content" in engine.recommend("punk-fan-0", recipe="best")[0].sources
    content["segments"]["warm"]["weights"] = {"content": "much"}
    file.write_text(json.dumps(content))
    with Engine.open(workspace) as engine, pytest.raises(StorageError, match=r"best\.json.*weights"):
        engine.recommend("punk-fan-0", recipe="best")


def test_a_damaged_choice_does_not_stand_in_the_way_of_a_training(workspace: Path) -> None:
    file, _ = choice(workspace)
    file.write_text("{")
    with Engine.open(workspace) as engine:
        report = engine.train("home")
        assert report.promoted
        assert any("choice of the recipe best is not kept" in problem for problem in report.problems)
        assert engine.recommend("punk-fan-0", recipe="best")


def test_before_any_choice_best_is_home_without_the_mixing(trained: Path) -> None:
    with Engine.open(trained) as engine:
        assert engine.recommend("punk-fan-0", k=1, recipe="best")[0].item.genres == ("punk",)


def test_most_popular_wins_where_nothing_is_surely_better() -> None:
    world = replace(noisy([0.0, 0.0, 0.0], people=60), models=(BASELINE, "m1", "m2"))
    nobody = world.only(np.zeros(len(world), bool))
    new, few, warm = decide({"new": nobody, "few": world.only(np.arange(3)), "warm": world}, {}, 7)
    assert warm.name == BASELINE
    assert "nothing is surely better" in warm.why
    assert (few.mix, few.why) == (
        warm.mix,
        "only 3 people of this kind were held out, so they are served as warm people",
    )
    assert new.mix.weights == {BASELINE: 1.0}
    assert "nobody of this kind" in new.why
    assert all("popular_recent serves them" in one.why for one in decide(dict.fromkeys(KNOWN, nobody), {}, 7))


def test_the_search_sees_the_same_figures_as_the_evaluation() -> None:
    split = leave_one_out(checkerboard(groups=4, size=8).dataset)
    models = {name: TABLE.load(name)() for name in (BASELINE, "item_knn", "content")}
    for model in models.values():
        model.train(split.train, TrainOptions(validation=split.validation))
    assert split.validation is not None
    seen = choosing.ask(split.train, split.validation, split.candidates, models, Settings())["warm"]
    report = evaluate(replace(split, history=split.train, test=split.validation), models)
    for name in ("item_knn", "content"):
        assert seen.ndcg(choosing.alone(name).scores(seen)).mean() == pytest.approx(
            report.row(name)["ndcg@10"], abs=1e-6
        )


def test_only_what_the_settings_do_not_state_is_taken_from_the_choice() -> None:
    content = {"segments": {p: {"fusion": "ranks", "weights": {"vae": 1.0}} for p in ("new", "few", "warm")}}
    plain = served(Settings(), content)
    assert plain.ranking.blend["best_few"] == {"vae": 1.0}
    assert plain.ranking.fusion["best_few"] == "ranks"
    assert "vae" in plain.train.models
    stated = served(Settings(ranking=RankingSettings(blend={"best": {"ease": 1.0}})), content)
    assert "best_few" not in stated.ranking.blend
    assert "vae" in stated.train.models
    assert served(Settings(), None) == Settings()

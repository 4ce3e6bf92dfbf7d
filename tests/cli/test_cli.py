from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segue.cli import COMMANDS, main
from segue.engine import Engine
from segue.prints import Duplicate

from ..engine.conftest import trained  # noqa: F401


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:  # noqa: F811
    return Path(shutil.copytree(trained, tmp_path / "workspace"))


class Shell:
    """Runs commands as a person would, and hands back the exit code and both streams."""

    def __init__(self, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.workspace = workspace
        self.capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = 0
        try:
            main([*arguments, "--workspace", str(self.workspace)])
        except SystemExit as end:
            code = int(end.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *arguments: str) -> Any:
        code, out, err = self(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(workspace: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(workspace, capsys)


def test_recommend_has_the_promised_keys(shell: Shell) -> None:
    answer = shell.json("recommend", "punk-fan-0", "-k", "3")
    assert {"user_id", "recipe", "version", "degraded", "picks"} <= answer.keys()
    assert len(answer["picks"]) == 3
    for pick in answer["picks"]:
        assert {"item", "title", "kind", "score", "sources", "reason"} == pick.keys()
        assert {"text", "evidence"} == pick["reason"].keys()


def test_import_has_the_promised_keys_and_is_idempotent(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,kind,title\nx1,track,First\nx2,track,Second\nx3,sofa,Third\n")
    dry = shell.json("import", "table", str(table), "--dry-run")
    first = shell.json("import", "table", str(table))
    again = shell.json("import", "table", str(table))
    assert dry["items"] == first["items"] == {"added": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert again["items"] == {"added": 0, "updated": 0, "unchanged": 2, "rejected": 1}
    assert {"added", "duplicate", "rejected"} == first["events"].keys()
    assert first["problems"][0].keys() == {"where", "what"}
    assert "items.csv" in first["problems"][0]["where"]


def test_evaluate_has_the_promised_keys(shell: Shell) -> None:
    report = shell.json("evaluate", "--split", "time", "--models", "ease,popular_all", "--k", "5", "--quiet")
    assert {"split", "k", "rows"} <= report.keys()
    assert report["k"] == 5
    assert {"model", "slice", "users", "ndcg@5", "recall@5", "hit@5", "coverage@5", "ci95"} <= report["rows"][0].keys()


def test_evaluate_writes_a_page(shell: Shell, tmp_path: Path) -> None:
    shell.json("evaluate", "--models", "ease", "--html", str(tmp_path / "report.html"), "--language", "zh", "--quiet")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_status(shell: Shell) -> None:
    status = shell.json("status")
    assert status["counts"]["items"] == 36
    assert status["version"]
    assert {m["name"] for m in status["models"]} >= {"ease", "popular_recent"}


def test_a_mood_by_words_and_by_choice(shell: Shell) -> None:
    mine = ("recommend", "punk-fan-0", "-k", "3", "--recipe", "mood")
    answer = shell.json(*mine, "--words", "calm", "--mood", "可怕")
    assert [part["said"] for part in answer["understood"]] == ["scary", "calm"]
    code, out, _ = shell(*mine, "--words", "I'm sad")
    assert code == 0
    assert "understood: to feel with you: melancholic · to lift you: uplifting or cheerful" in out
    code, _, err = shell(*mine, "--mood", "gloomyish")
    assert code == 1
    assert "calm, cheerful, dark" in err
    code, _, err = shell("recommend", "punk-fan-0", "--mood", "calm")
    assert (code, err.count("\n")) == (1, 1)
    assert "recipe 'mood'" in err


def test_record_changes_recommend(shell: Shell) -> None:
    top = shell.json("recommend", "folk-fan-0", "-k", "1")["picks"][0]["item"]
    assert shell.json("record", "folk-fan-0", top, "complete") == {"accepted": 1, "duplicate": 0, "rejected": []}
    assert shell.json("recommend", "folk-fan-0", "-k", "1")["picks"][0]["item"] != top


def test_every_command_speaks_to_people_too(shell: Shell, tmp_path: Path) -> None:
    for arguments, said in [
        (("recommend", "punk-fan-0", "--why"), "Because"),
        (("similar", "punk-1"), "Punk number"),
        (("search", "folk number 3"), "Folk number 3"),
        (("explain", "punk-fan-0", "punk-1"), "punk"),
        (("profile", "punk-fan-0"), "punk"),
        (("patterns", "punk-fan-0"), "at_risk"),
        (("patterns", "nobody"), "Nothing is known"),
        (("segments",), "可能流失"),
        (("segments", "punk-fan-0"), "at_risk"),
        (("status",), "serves"),
        (("export", "punk-fan-0"), "complete"),
        (("doctor",), "ffmpeg"),
        (("backup", str(tmp_path / "b.tar.gz")), "written"),
        (("erase", "punk-fan-0", "--yes"), "events"),
    ]:
        code, out, err = shell(*arguments)
        assert code == 0, err
        assert said.lower() in out.lower(), (arguments, out)


def test_a_portrait_is_read_edited_and_begun_afresh(shell: Shell) -> None:
    def lines(*arguments: str) -> dict[str, Any]:
        found = shell.json("profile", "punk-fan-0", *arguments)
        assert found["genres"] is not None  # what was there before there were portraits
        return {one["id"]: one for one in found["portrait"]["lines"]}

    assert lines()["genre:punk"]["state"] == "inferred"
    edited = lines("--edit", "genre:punk=lock", "--edit", "genre:punk=strength:0.4", "--edit", "genre:folk=mute:7")
    assert (edited["genre:punk"]["state"], edited["genre:punk"]["strength"]) == ("locked", 0.4)
    assert edited["genre:folk"]["until"] is not None
    reset = lines("--reset")
    assert (reset["genre:punk"]["state"], reset["genre:folk"]["state"]) == ("locked", "muted")
    assert "genre:punk" not in lines("--edit", "genre:punk=delete")
    code, out, err = shell("profile", "punk-fan-0")
    assert code == 0, err
    assert "deleted: genre:punk" in out
    assert "你" in shell("profile", "punk-fan-0", "--language", "zh")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("profile", "punk-fan-0", "--edit", "genre:polka=delete"), 1, "genre:polka"),
        (("profile", "punk-fan-0", "--edit", "genre:punk=burn"), 1, "action"),
        (("profile", "punk-fan-0", "--edit", "genre:punk=strength"), 1, "value"),
        (("profile", "punk-fan-0", "--edit", "genre:punk"), 2, ""),
        (("profile", "punk-fan-0", "--edit", "genre:punk=mute:soon"), 2, ""),
        (("profile", "punk-fan-0", "--edit", "genre:punk=pin", "--reset"), 2, ""),
        (("similar", "no-such-item"), 1, "no-such-item"),
        (("recommend", "x", "--recipe", "hoem"), 1, "Did you mean 'home'"),
        (("recommend", "x", "--kind", "sofa"), 1, "kinds"),
        (("record", "x", "punk-1", "ponder"), 1, "kind"),
        (("import", "tabel", "x.csv"), 1, "Did you mean 'table'"),
        (("import", "table", "no-such.csv"), 1, "no-such.csv"),
        (("evaluate", "--models", "eese"), 1, "Did you mean 'ease'"),
        (("restore", "no-such.tar.gz"), 1, "already holds"),
        (("understand", "--only", "smell"), 1, "smell"),
        (("rollback",), 1, "earlier version"),
        (("recommend",), 2, ""),
        (("recommend", "x", "-k", "0"), 2, ""),
        (("recommend", "x", "--with", "x"), 1, "in the group twice"),
        (("recommend", "x", "--with", "y", "--strategy", "luck"), 1, "strategy"),
        (("recommend", "x", "--recipe", "together"), 1, "two to eight people"),
        (("record", "x", "punk-1", "like", "--with", "y"), 1, "play"),
        (("record", "x", "punk-1", "play", "--with", "y", "--played", "3"), 2, ""),
        (("household", "home", "--remove", "nobody"), 1, "Unknown member"),
        (("household", "home", "--add", " "), 1, "name"),
        (("household", "home", "--change", "nobody", "--age", "6"), 1, "Unknown member"),
        (("household", "home", "--age", "6"), 2, ""),
        (("household", "home", "--remove", "x", "--name", "y"), 2, ""),
        (("household", "home", "--add", "Kim", "--remove", "Ben"), 2, ""),
        (("dance",), 2, ""),
    ],
)
def test_a_mistake_gets_one_clear_line(shell: Shell, arguments: tuple[str, ...], code: int, said: str) -> None:
    came, out, err = shell(*arguments)
    assert came == code
    assert said in err
    assert "Traceback" not in out + err
    if code == 1:
        assert err.count("\n") == 1


def test_global_options_stand_anywhere(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["--json", "--workspace", str(workspace), "status"],
        ["status", "--json", f"--workspace={workspace}"],
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert json.loads(capsys.readouterr().out)["version"]


def test_json_stays_json_when_titles_are_hostile(shell: Shell, tmp_path: Path) -> None:
    table = tmp_path / "items.jsonl"
    table.write_text(json.dumps({"id": "evil", "kind": "track", "title": "\x1b[31mred [bold]x[/bold] \u202e"}) + "\n")
    shell.json("import", "table", str(table))
    _, out, _ = shell("search", "red")
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_command_is_installed(workspace: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "segue", "--workspace", str(workspace), "status", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout)["counts"]["items"] == 36


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as end:
            main([name, "--help"])
        assert end.value.code in (0, None)
        assert len(capsys.readouterr().out) > 100


def test_duplicates_has_the_promised_keys(shell: Shell) -> None:
    assert shell.json("duplicates") == []
    assert "Nothing" in shell("duplicates")[1]
    with Engine.open(shell.workspace) as engine:
        same = Duplicate("picture_print", "folk-1", "punk-2", 0.9, 0.0, 2.5, 60.0, 0.4)
        engine._store.put_duplicates("picture_print", [], [same])
    (link,) = shell.json("duplicates", "punk-2")
    assert link == {
        "item": "punk-2",
        "other": "folk-1",
        "kind": "near_duplicate",
        "similarity": 0.9,
        "starts_s": 2.5,
        "other_starts_s": 0.0,
        "seconds": 60.0,
        "covers": 0.4,
        "title": "Folk number 1",
    }
    assert "Punk number 2" in shell("duplicates")[1]
    code, _, err = shell("duplicates", "nowhere")
    assert (code, "nowhere" in err) == (1, True)


def test_moderate_lists_and_decides(shell: Shell) -> None:
    from segue.annotations import WARNINGS, Annotated, Annotation
    from segue.engine import Engine

    with Engine.open(shell.workspace) as engine:
        said = Annotation("punk-0", WARNINGS, "violence", 0.9, "zero_shot", "test")
        engine._store.put_annotated([Annotated("punk-0", "zero_shot", "x", (said,))])
    assert [w["label"] for w in shell.json("moderate")["warnings"]] == ["violence"]
    assert shell("moderate", "punk-0")[0] == 2
    decided = shell.json("moderate", "punk-0", "violence", "--reject")
    assert decided == {"item": "punk-0", "label": "violence", "status": "rejected"}
    assert shell.json("moderate")["warnings"] == []
    assert shell("moderate")[1].strip() == "Nothing is pending."
    code, _, err = shell("moderate", "punk-0", "violense", "--confirm")
    assert (code, "Did you mean 'violence'" in err) == (1, True)


def test_suspects_are_listed_and_decided(shell: Shell) -> None:
    assert shell("suspects")[1].strip() == "Nobody is pending."
    assert shell("suspects", "punk-fan-0")[0] == 2
    assert shell("suspects", "punk-fan-0", "--confirm", "--undo")[0] == 2
    assert shell.json("suspects", "punk-fan-0", "--confirm") == {"user_id": "punk-fan-0", "status": "confirmed"}
    (found,) = shell.json("suspects", "--status", "confirmed")["suspects"]
    assert (found["user_id"], found["suspicion"], found["factor"]) == ("punk-fan-0", 1, 0)
    assert shell.json("suspects", "punk-fan-0", "--undo")["status"] == "pending"
    code, _, err = shell("suspects", "nobody", "--clear")
    assert (code, "nobody" in err) == (1, True)


def test_a_household_and_what_it_chooses_together(shell: Shell) -> None:
    assert "no members yet" in shell("household", "home")[1]
    shell.json("household", "home", "--add", "Ada", "--user", "ambient-fan-0")
    shell.json("household", "home", "--add", "Ben", "--user", "punk-fan-0", "--age", "6")
    found = shell.json("household", "home", "--change", "Ben", "--name", "Benno")
    assert found["members"] == [
        {"user_id": "ambient-fan-0", "name": "Ada", "max_maturity": None},
        {"user_id": "punk-fan-0", "name": "Benno", "max_maturity": 6},
    ]
    # The limit of a child holds however it is asked; nothing here states an age.
    assert shell.json("recommend", "punk-fan-0", "--no-personal")["picks"] == []
    shell.json("household", "home", "--change", "Benno", "--any-age")
    assert shell.json("recommend", "punk-fan-0", "--no-personal", "-k", "3")["picks"]
    assert "any" in shell("household", "home")[1]
    together = ("recommend", "ambient-fan-0", "--with", "punk-fan-0", "--strategy", "fairness", "-k", "4")
    answer = shell.json(*together)
    assert answer["recipe"] == "together"
    assert {one["name"] for one in answer["picks"][0]["suits"]} == {"Ada", "Benno"}
    code, out, err = shell(*together)
    assert code == 0, err
    assert "Benno" in out
    assert "the list for each of them" in out
    top = answer["picks"][0]["item"]
    assert top not in [pick["item"] for pick in shell.json(*together, "--veto", top)["picks"]]
    recorded = shell.json("record", "ambient-fan-0", top, "play", "--with", "punk-fan-0", "--id", "evening")
    assert recorded["accepted"] == 2
    assert {one["name"] for one in recorded["members"]} == {"Ada", "Benno"}
    assert (
        "already known" in shell("record", "ambient-fan-0", top, "play", "--with", "punk-fan-0", "--id", "evening")[1]
    )
    assert all(one["so_far"] is not None for one in shell.json(*together)["group"]["members"])
    # Nothing here states an age, so that a child is offered nothing, read or not.
    shell.json("household", "home", "--change", "Benno", "--age", "6")
    for who, picks in (("punk-fan-0", 0), ("ambient-fan-0", 10)):
        assert len(shell.json("recommend", who, "--no-personal")["picks"]) == picks
    assert [one["name"] for one in shell.json("household", "home", "--remove", "benno")["members"]] == ["Ada"]

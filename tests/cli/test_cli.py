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
    assert {"user", "recipe", "version", "degraded", "picks"} <= answer.keys()
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


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
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
    assert shell.json("suspects", "punk-fan-0", "--confirm") == {"user": "punk-fan-0", "status": "confirmed"}
    (found,) = shell.json("suspects", "--status", "confirmed")["suspects"]
    assert (found["user"], found["suspicion"], found["factor"]) == ("punk-fan-0", 1, 0)
    assert shell.json("suspects", "punk-fan-0", "--undo")["status"] == "pending"
    code, _, err = shell("suspects", "nobody", "--clear")
    assert (code, "nobody" in err) == (1, True)

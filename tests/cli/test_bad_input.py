"""What people, files, disks and other processes do wrong, through the command itself.

One clear line and exit code 1; the rest goes on; nothing stored is lost, doubled or half-written.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ..engine.conftest import trained  # noqa: F401
from ..storage.conftest import new_postgres, postgres_server  # noqa: F401


def segue(workspace: Path, *arguments: str, blocks: int | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run one command; with ``blocks``, no file it writes may grow beyond so many KiB."""
    command = [sys.executable, "-m", "segue", "--workspace", str(workspace), *arguments]
    if blocks is not None:
        # Python ignores the signal that a file at its limit sends, and sees "File too large" instead.
        command = ["bash", "-c", f'ulimit -f {blocks}; exec "$@"', "bash", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)


def told(run: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failed command."""
    assert run.returncode == 1, (run.stdout, run.stderr)
    assert "Traceback" not in run.stdout + run.stderr
    assert run.stderr.startswith("segue: "), run.stderr
    assert run.stderr.count("\n") == 1, run.stderr
    return run.stderr


def counts(workspace: Path) -> dict[str, int]:
    run = segue(workspace, "status", "--json")
    assert run.returncode == 0, run.stderr
    found: dict[str, int] = json.loads(run.stdout)["counts"]
    return found


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:  # noqa: F811
    return Path(shutil.copytree(trained, tmp_path / "workspace"))


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    place = tmp_path / "empty"
    assert segue(place, "init").returncode == 0
    return place


def sequences(folder: Path, people: int = 3000, items: int = 40) -> Path:
    """A log large enough to be stopped in the middle."""
    file = folder / "sequences.txt"
    lines = (f"u{p}\t" + " ".join(f"i{(p * 7 + n) % 500}" for n in range(items)) for p in range(people))
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_import_is_taken_up_again(how: signal.Signals, empty: Path, tmp_path: Path) -> None:
    file = sequences(tmp_path)
    arguments = ("import", "sequences", str(file), "--kind", "movie", "--quiet")
    process = subprocess.Popen(
        [sys.executable, "-m", "segue", "--workspace", str(empty), *arguments], stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 60
    while counts_directly(empty) == 0 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    if how is signal.SIGINT:
        assert process.returncode == 1
        assert said.startswith("segue: stopped; what was finished is kept.")
        assert said.count("\n") == 1
    stored = counts_directly(empty)
    assert 0 < stored < 120_000
    again = segue(empty, *arguments, "--json")
    assert again.returncode == 0, again.stderr
    events = json.loads(again.stdout)["events"]
    assert events == {"added": 120_000 - stored, "duplicate": stored, "rejected": 0}
    assert counts_directly(empty) == 120_000


def counts_directly(workspace: Path) -> int:
    """Events in the SQLite file, without starting a process."""
    with sqlite3.connect(f"file:{workspace / 'segue.db'}?mode=ro", uri=True) as connection:
        found = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    connection.close()
    return int(found)


@pytest.mark.slow
def test_an_interrupted_training_changes_nothing_that_serves(workspace: Path) -> None:
    before = json.loads(segue(workspace, "status", "--json").stdout)["version"]
    process = subprocess.Popen(
        [sys.executable, "-m", "segue", "--workspace", str(workspace), "train", "--quiet"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not (workspace / "artifacts" / "draft-train").exists() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert json.loads(segue(workspace, "status", "--json").stdout)["version"] == before
    assert segue(workspace, "recommend", "punk-fan-0").returncode == 0
    assert segue(workspace, "train", "--quiet").returncode == 0
    assert not (workspace / "artifacts" / "draft-train").exists()


@pytest.mark.slow
def test_a_full_disk_while_importing(empty: Path, tmp_path: Path) -> None:
    file = sequences(tmp_path, people=1000)
    arguments = ("import", "sequences", str(file), "--kind", "movie", "--quiet")
    assert "segue.db" in told(segue(empty, *arguments, blocks=2000))
    stored = counts(empty)["events"]
    again = segue(empty, *arguments, "--json")
    assert json.loads(again.stdout)["events"] == {"added": 40_000 - stored, "duplicate": stored, "rejected": 0}


@pytest.fixture
def reader(workspace: Path) -> Iterator[None]:
    """Somebody else reads, so the files beside the rows are there: a limit strikes what is written later."""
    with sqlite3.connect(workspace / "segue.db") as connection:
        connection.execute("SELECT count(*) FROM items").fetchone()
        yield
    connection.close()


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("command", [("train", "--quiet"), ("evaluate", "--models", "ease", "--quiet")])
def test_a_full_disk_while_learning(command: tuple[str, ...], workspace: Path) -> None:
    before = json.loads(segue(workspace, "status", "--json").stdout)
    assert "cannot be written" in told(segue(workspace, *command, blocks=1))
    assert json.loads(segue(workspace, "status", "--json").stdout) == before
    assert segue(workspace, "recommend", "punk-fan-0").returncode == 0
    assert segue(workspace, "doctor", "--json").returncode == 0


@pytest.mark.usefixtures("reader")
def test_a_full_disk_while_backing_up(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    assert "backup" in told(segue(workspace, "backup", str(file), blocks=2))
    assert not list(tmp_path.glob("backup*"))
    assert segue(workspace, "backup", str(file)).returncode == 0
    whole = file.read_bytes()
    told(segue(workspace, "backup", str(file), blocks=2))
    assert file.read_bytes() == whole, "the older backup stays"


@pytest.mark.slow
def test_a_restore_that_fails_does_not_stand_in_the_way(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    assert segue(workspace, "backup", str(file)).returncode == 0
    new = tmp_path / "new"
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "not a whole backup" in told(segue(new, "restore", str(cut)))
    assert "not a whole backup" in told(segue(new, "restore", __file__))
    assert "No such file" in told(segue(new, "restore", str(tmp_path / "none.tar.gz")))
    nowhere = "postgresql://segue:wr0ng@127.0.0.1:1/none"
    said = told(segue(new, "restore", str(file), "--storage", nowhere))
    assert "cannot be reached" in said
    assert "wr0ng" not in said
    assert segue(new, "restore", str(file)).returncode == 0
    assert counts(new) == counts(workspace)
    assert "already holds" in told(segue(new, "restore", str(file)))


def test_a_second_process_is_told_who_works(workspace: Path, tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
from segue.storage.locks import workspace_lock
with workspace_lock(Path(sys.argv[1]), "train"):
    print("held", flush=True)
    time.sleep(120)
"""
    holder = subprocess.Popen([sys.executable, "-c", code, str(workspace)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        for arguments in (("train",), ("backup", str(tmp_path / "b.tar.gz"))):
            assert f"train (process {holder.pid})" in told(segue(workspace, *arguments, "--quiet"))
        assert segue(workspace, "record", "punk-fan-0", "punk-1", "like").returncode == 0
    finally:
        holder.kill()
        holder.wait()
    assert segue(workspace, "backup", str(tmp_path / "b.tar.gz")).returncode == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[storage]\nulr = "x"', "storage.ulr"),
        ("[trian]\nseed = 1", "trian"),
        ("[train", "not valid TOML"),
        ('[train]\nseed = "many"', "train.seed"),
        ('[storage]\nurl = "mysql://u:wr0ng@host/db"', "mysql"),
        ('[storage]\nurl = "postgresql://u:wr0ng@127.0.0.1:1/db"', "cannot be reached"),
    ],
)
def test_settings_that_cannot_be_used(settings: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "segue.toml").write_text(settings)
    line = told(segue(tmp_path, "status"))
    assert said in line
    assert "wr0ng" not in line


@pytest.mark.parametrize("harm", ["cut", "text", "version", "pointer"])
def test_stored_things_that_are_damaged(harm: str, workspace: Path) -> None:
    rows, pointer = workspace / "segue.db", workspace / "artifacts" / "serving.json"
    if harm == "cut":
        os.truncate(rows, rows.stat().st_size // 3)
    elif harm == "text":
        rows.write_text("this is no database\n" * 500)
    elif harm == "pointer":
        pointer.write_text("{")
    else:
        next(workspace.glob("artifacts/*/models/ease/*.npy")).write_bytes(b"\x93NUMPY")
    line = told(segue(workspace, "recommend", "punk-fan-0"))
    assert ("segue.db" if harm in ("cut", "text") else "artifacts") in line
    doctor = segue(workspace, "doctor", "--json")
    assert doctor.returncode == 1
    assert not json.loads(doctor.stdout)["ok"]


def test_a_workspace_that_is_none_and_one_that_cannot_be_made(tmp_path: Path) -> None:
    assert "segue init" in told(segue(tmp_path / "none", "status"))
    (tmp_path / "file").write_text("x")
    assert "No workspace can be made" in told(segue(tmp_path / "file" / "x", "init"))
    place = tmp_path / "postgres"
    assert "cannot be reached" in told(segue(place, "init", "--storage", "postgresql://u:pw@127.0.0.1:1/db"))
    assert segue(place, "init").returncode == 0, "a failed attempt is no workspace"


def test_tables_that_cannot_be_taken_whole(empty: Path, tmp_path: Path) -> None:
    def table(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    for file, said in [
        (table("none.csv", b""), "is empty"),
        (table("columns.csv", b"name;colour\nx;red\n"), "lacks columns"),
        (table("cut.csv.gz", b"\x1f\x8b\x08broken"), "damaged"),
        (table("noise.parquet", b"noise" * 100), "no Parquet file"),
        (str(tmp_path), "is a folder"),
        (str(tmp_path / "nosuch.csv"), "does not exist"),
    ]:
        assert said in told(segue(empty, "import", "table", file))
    mixed = table(
        "items.csv",
        b"id,kind,title,duration_s,released\n"
        b"a,track,first,NaN,2020\n"
        b"a,track,again,200,2020\n"
        b"b,sofa,no kind,200,2020\n"
        b"c,track,\xe4\xf6\xfc,200,2020\n"
        b"d,track,far away,200,99999-01-01\n"
        b",track,no id,200,2020\n"
        b"e,track,good,200,2021-02-03\n",
    )
    report = json.loads(segue(empty, "import", "table", mixed, "--json").stdout)
    assert report["items"] == {"added": 2, "updated": 0, "unchanged": 0, "rejected": 5}
    assert sorted(p["where"] for p in report["problems"]) == [f"items.csv:{n}" for n in (3, 4, 5, 6, 7)]
    events = table(
        "events.csv",
        b"user_id,item_id,kind,at\n"
        b"u,e,play,2020-01-01\n"
        b"u,e,play,2020-01-01\n"
        b"u,e,play,99999999999999999\n"
        b"u,e,play,0001-01-01\n"
        b"u,unknown,play,2020-01-01\n"
        b",e,play,2020-01-01\n"
        b"u,e,dance,2020-01-01\n",
    )
    report = json.loads(segue(empty, "import", "table", events, "--json").stdout)
    assert report["events"] == {"added": 1, "duplicate": 1, "rejected": 5}
    assert len(report["problems"]) == 5


@pytest.mark.slow
def test_media_that_cannot_be_read_stop_nothing(empty: Path, tmp_path: Path, tone: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    shutil.copy(tone, folder / "good.wav")
    shutil.copy(tone, folder / "wrong name.mp4")
    (folder / "empty.mp3").touch()
    (folder / "noise.mkv").write_bytes(os.urandom(50_000))
    (folder / "text.mp3").write_text("no sound at all")
    (folder / "cut.wav").write_bytes(tone.read_bytes()[:30])
    (folder / "list.m3u8").write_text("#EXTM3U\n" + "file:///etc/hostname\n" * 1_000_000)
    (folder / "list.mp3").write_text("#EXTM3U\n" + "file:///etc/hostname\n" * 100_000)
    (folder / "concat.mp4").write_text("ffconcat version 1.0\nfile /etc/hostname\n")
    huge = bytearray(tone.read_bytes())
    huge[4:8] = huge[40:44] = b"\xff\xff\xff\xf0"
    (folder / "huge.wav").write_bytes(huge)
    bomb = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    (folder / "good.nfo").write_text(f'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{bomb}]><movie><title>&j;</title></movie>')
    (folder / "huge.info.json").write_text('{"title": ' + "[" * 100_000)
    (folder / "link.mp3").symlink_to("/etc/hostname")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.mp3")
    (folder / os.fsdecode(b"bad\xffname.mp3")).touch()
    run = segue(empty, "import", "folder", str(folder), "--json", "--quiet")
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    places = " ".join(p["where"] for p in report["problems"])
    names = "empty.mp3 noise.mkv text.mp3 list.m3u8 list.mp3 concat.mp4 good.nfo huge.info.json link.mp3 loop pipe.mp3"
    for name in names.split():
        assert name in places
    assert report["items"]["added"] >= 3
    assert report["items"]["rejected"] >= 6
    assert segue(empty, "understand", "--only", "audio,picture", "--quiet").returncode == 0
    assert segue(empty, "import", "folder", str(folder), "--quiet").returncode == 0
    assert counts(empty)["items"] == report["items"]["added"]


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    import wave

    import numpy as np

    file = tmp_path / "tone.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((np.sin(np.arange(32_000) / 8) * 8000).astype("<i2").tobytes())
    return file


def test_a_character_that_the_terminal_lacks(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "i.jsonl").write_text('{"id": "zh", "kind": "track", "title": "雨夜钢琴"}\n', encoding="utf-8")
    assert segue(workspace, "import", "table", str(tmp_path / "i.jsonl"), "--quiet").returncode == 0
    run = segue(workspace, "export", "nobody", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0
    run = segue(workspace, "recommend", "nobody", "-k", "40", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0, run.stderr


@pytest.mark.postgres
def test_the_whole_way_on_postgres(
    new_postgres: Callable[[], str],  # noqa: F811
    trained: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    from segue import Engine

    from ..engine.conftest import SETTINGS, events, items

    place, url = tmp_path / "served", new_postgres()
    assert segue(place, "init", "--storage", url).returncode == 0
    with (place / "segue.toml").open("a") as settings:
        settings.write(SETTINGS)
    nouns = tmp_path / "items.jsonl"
    nouns.write_text("".join(item.model_dump_json() + "\n" for item in items()))
    assert json.loads(segue(place, "import", "table", str(nouns), "--json").stdout)["items"]["added"] == 36
    with Engine.open(place) as engine:
        engine.record(events())
    assert counts(place)["events"] == len(events())
    assert segue(place, "understand", "--only", "ngram", "--quiet").returncode == 0
    assert segue(place, "train", "--quiet").returncode == 0
    picks = json.loads(segue(place, "recommend", "punk-fan-0", "--json").stdout)["picks"]
    assert picks
    first = picks[0]["item"]
    assert segue(place, "record", "punk-fan-0", first, "complete").returncode == 0
    now = json.loads(segue(place, "recommend", "punk-fan-0", "--json").stdout)["picks"]
    assert first not in [pick["item"] for pick in now]
    assert segue(place, "erase", "folk-fan-0", "--yes").returncode == 0
    assert "folk-fan-0" not in json.loads(segue(place, "status", "--json").stdout)["people"]
    file = tmp_path / "b.tar.gz"
    assert segue(place, "backup", str(file)).returncode == 0
    assert "already holds" in told(segue(tmp_path / "same", "restore", str(file)))
    local = tmp_path / "local"
    assert segue(local, "restore", str(file), "--storage", "sqlite").returncode == 0
    assert (local / "segue.db").exists()
    assert counts(local) == counts(place)
    there = json.loads(segue(local, "recommend", "punk-fan-0", "--json").stdout)["picks"]
    assert [pick["item"] for pick in there] == [pick["item"] for pick in now]
    back = tmp_path / "back"
    assert segue(back, "restore", str(file), "--storage", new_postgres()).returncode == 0
    assert counts(back) == counts(place)
    wrong = url.replace(url.split(":")[2].split("@")[0], "wr0ng")
    said = told(segue(tmp_path / "x", "init", "--storage", wrong))
    assert "refuses the user name or the password" in said
    assert "wr0ng" not in said

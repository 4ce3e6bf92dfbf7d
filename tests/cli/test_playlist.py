"""``segue playlist``: made, listed, shown, made anew, handed out, taken in and deleted by commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.cli import main

SETTINGS = '\n[understanding]\ntext_model = "bag_of_words"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    place = tmp_path / "w"
    Engine.create(place)
    with (place / "segue.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    (place / "odd name\n1.wav").write_bytes(b"")
    with Engine.open(place) as engine:
        engine.add_items(
            Item(
                id=f"t{n}",
                kind="track",
                title=f"Song {n}" if n != 1 else "Line\nbreak <&> - 雨",
                creators=[(f"Band {n % 3}", "artist")],
                genres=("folk",),
                duration_s=60 + n,
                media_uri="odd name\n1.wav" if n == 1 else f"music/{n}.mp3",
            )
            for n in range(8)
        )
    return place


def run(workspace: Path, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    ended = 0
    try:
        main(["--workspace", str(workspace), "playlist", *arguments])
    except SystemExit as end:
        ended = int(end.code or 0)
    told = capsys.readouterr()
    assert ended == code, told.err
    return told.out if code == 0 else told.err


def test_a_playlist_from_its_making_to_its_end(
    workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = json.loads(run(workspace, capsys, "make", "four folk songs, every day", "--user", "ada", "--json"))
    assert (made["user_id"], len(made["entries"]), made["refresh"]) == ("ada", 4, "daily")
    assert all(entry["reason"]["text"] for entry in made["entries"])
    assert [one["id"] for one in json.loads(run(workspace, capsys, "list", "--user", "ada", "--json"))] == [made["id"]]
    ada = ("--user", "ada")
    shown = run(workspace, capsys, "show", made["id"], *ada)
    assert "4 entries" in shown
    assert "made anew: daily" in shown
    assert run(workspace, capsys, "refresh", "--due").strip() == "No playlist is due."
    assert json.loads(run(workspace, capsys, "refresh", made["id"], "--json", *ada))["id"] == made["id"]
    items = [entry["item"] for entry in made["entries"]]
    for format_ in ("m3u8", "xspf", "jspf"):
        file = tmp_path / f"out.{format_}"
        run(workspace, capsys, "export", made["id"], str(file), *ada)
        assert file.read_text(encoding="utf-8") == run(
            workspace, capsys, "export", made["id"], "--format", format_, *ada
        )
        brought = json.loads(run(workspace, capsys, "import", str(file), "--user", "bo", "--json"))
        assert (brought["items"], brought["unmatched"], brought["user_id"]) == (items, [], "bo")
        assert brought["title"] == made["title"]
    for other in (("--user", "bo"), ()):
        for action in ("show", "refresh", "export", "delete"):
            told = run(workspace, capsys, action, made["id"], *other, code=1)
            assert told.replace(made["id"], "none") == run(workspace, capsys, action, "none", *other, code=1)
            assert "Unknown playlist" in told
    assert "Deleted" in run(workspace, capsys, "delete", made["id"], *ada)
    assert "Unknown playlist" in run(workspace, capsys, "show", made["id"], *ada, code=1)


@pytest.mark.parametrize("format_", ["m3u8", "xspf", "jspf"])
def test_a_playlist_is_found_again_by_place_and_by_name(
    workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, format_: str
) -> None:
    with Engine.open(workspace) as engine:
        made = engine.make_playlist(None, "", pinned=[f"t{n}" for n in range(8)], title="All <of> it")
        text = engine.export_playlist(made.id, format_)
    # Another program keeps neither our ids nor, for half of it, the files where they were.
    text = text.replace("urn:segue:item:", "urn:other:").replace("#SEGUE-ITEM:", "#OTHER:")
    for n in (2, 3, 6):
        text = text.replace(f"/music/{n}.mp3", f"/elsewhere/{n}.ogg")
    text = text.replace("Song 6", "Nobody knows")
    file = tmp_path / f"other.{format_}"
    file.write_text(text, encoding="utf-8")
    brought = json.loads(run(workspace, capsys, "import", str(file), "--json"))
    assert brought["items"] == ["t0", "t1", "t2", "t3", "t4", "t5", "t7"]
    assert brought["unmatched"] == ["Band 0 - Nobody knows"]
    assert "Nobody knows" in run(workspace, capsys, "import", str(file))


def test_by_hand(workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    relative = workspace / "mine.m3u8"
    relative.write_text("music/3.mp3\n./music/5.mp3\n#EXTINF:60,Song 0\nhttp://x/y.mp3\n")
    assert json.loads(run(workspace, capsys, "import", str(relative), "--json"))["items"] == ["t3", "t5", "t0"]
    for content, why in (("", "lists nothing"), ("#EXTINF:1,Nothing\nnothing.mp3\n", "None of the 1 entries")):
        relative.write_text(content)
        assert why in run(workspace, capsys, "import", str(relative), code=1)
    assert "cannot be read" in run(workspace, capsys, "import", str(tmp_path / "no.xspf"), code=1)
    assert "Unknown format" in run(workspace, capsys, "import", str(workspace / "segue.toml"), code=1)
    assert "Unknown action" in run(workspace, capsys, "sing", code=1)
    run(workspace, capsys, "make", code=2)
    run(workspace, capsys, "make", "x", "--items", "3", "--minutes", "4", code=2)
    short = json.loads(run(workspace, capsys, "make", "folk songs", "--minutes", "3", "--refresh", "weekly", "--json"))
    assert (short["length"], short["refresh"]) == ({"seconds": 180}, "weekly")
    chinese = run(workspace, capsys, "make", "三首民谣歌曲", "--language", "zh")
    assert "因为" in chinese


def test_what_cannot_be_written_is_told(workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    made = json.loads(run(workspace, capsys, "make", "folk songs", "--json"))["id"]
    (tmp_path / "file").write_text("")
    for place, why in (
        (tmp_path / "no" / "x.xspf", "cannot be written: No such file"),
        (tmp_path / "file" / "x.xspf", "cannot be written: Not a directory"),
        (tmp_path, "no ending that says the format"),
        (tmp_path / "x", "no ending that says the format"),
        (tmp_path / "x.pls", "Unknown format of playlists 'pls'"),
    ):
        told = run(workspace, capsys, "export", made, str(place), code=1)
        assert why in told
        assert len(told.splitlines()) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "w"]


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList><track><title>&b;</title></track></trackList></playlist>"""


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.xspf", BOMB, "it has a DTD"),
        ("x.xspf", "<playlist", "is no XSPF: unclosed token"),
        ("x.xspf", "", "is no XSPF"),
        ("x.xspf", "<html/>", "its root is 'html'"),
        ("x.jspf", "", "is no JSPF"),
        ("x.jspf", "[]", "has no object `playlist`"),
        ("x.jspf", '{"playlist": []}', "has no object `playlist`"),
        ("x.jspf", '{"playlist": {"track": 5}}', "`track` is no list of objects"),
        ("x.jspf", "[" * 100_000, "nested too deeply"),
        ("x.jspf", b"\xff\xfe", "is not UTF-8"),
        ("x.jspf", '{"playlist": {"track": [{"location": "file://[::1", "duration": 1e999}]}}', "None of the 1"),
        ("x.m3u8", "#EXTM3U\n#EXTINF:nan,x\nhttp://[::1\nfile://[::1\n", "None of the 2 entries"),
        ("x.m3u8", "a\0b", "NUL characters"),
        ("x.m3u8", "x.mp3\n" * 20_000, "20000 entries"),
        ("x.m3u8", "#" * 10_000_001, "more than 10 MB"),
        ("x.m3u8", f"#EXTINF:1,{'长' * 100_000}\nx.mp3\n", "None of the 1 entries"),
    ],
)  # fmt: skip
def test_a_broken_file_is_one_clear_error(
    workspace: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: str | bytes, why: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = run(workspace, capsys, "import", str(file), code=1)
    assert why in told
    assert len(told.splitlines()) == 1
    assert len(told) < 500
    assert json.loads(run(workspace, capsys, "list", "--json")) == []

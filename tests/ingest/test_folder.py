"""Folders of media: what is found, what is told, what is left alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from segue.items import ItemKind
from segue.storage.rows import Store

from .conftest import Import, ffmpeg


@pytest.fixture
def library(media: Path, tmp_path: Path) -> Path:
    """A small library of real files with sidecars."""
    root = tmp_path / "library"
    for folder in ("music", "films", "shows/Slow Rivers", "shorts"):
        (root / folder).mkdir(parents=True)
    shutil.copy(media / "tone.mp3", root / "music" / "tone.mp3")
    (root / "music" / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    (root / "music" / "tone.lrc").write_text(
        "[ti:Blue Tone]\n[00:00.50]蓝色的声音\n[00:01.00]A tone of blue\n", "utf-8"
    )
    shutil.copy(media / "film.mp4", root / "films" / "The.Red.Film.2011.1080p.mp4")
    (root / "films" / "movie.nfo").write_text(
        """<?xml version="1.0"?><movie><title>Red, then Blue</title><plot>Red turns blue.</plot><genre>Drama</genre>
        <genre>Experimental</genre><director>Ada L.</director><actor><name>Bo</name><role>Red</role></actor>
        <mpaa>Rated PG-13</mpaa><premiered>2011-05-02</premiered><uniqueid type="imdb">tt0000001</uniqueid></movie>""",
        "utf-8",
    )
    shutil.copy(media / "film.mp4", root / "shows" / "Slow Rivers" / "Slow.Rivers.S01E02.The.Bend.mp4")
    (root / "shows" / "Slow Rivers" / "tvshow.nfo").write_text(
        "<tvshow><title>Slow Rivers</title><genre>Nature</genre></tvshow>"
    )
    (root / "shows" / "Slow Rivers" / "Slow.Rivers.S01E02.The.Bend.en.srt").write_text(
        "1\n00:00:00,000 --> 00:00:01,000\n<i>The river bends.</i>\n\n"
        "2\n00:00:01,000 --> 00:00:02,000\nAnd bends again.\n"
    )
    shutil.copy(media / "silent.mkv", root / "shorts" / "clip.mkv")
    info = {
        "id": "abc123XYZ_0", "extractor_key": "Youtube", "title": "猫跳 Cat jump", "channel": "Cats", "tags": ["cat"],
        "upload_date": "20240301", "webpage_url": "https://example.org/shorts/abc", "duration": 2, "age_limit": 0,
        "view_count": 12, "description": "A cat jumps.", "categories": ["Pets"],
    }  # fmt: skip
    (root / "shorts" / "clip.info.json").write_text(json.dumps(info, ensure_ascii=False), "utf-8")
    return root


def test_a_library_becomes_items_with_all_that_is_known(take: Import, store: Store, library: Path) -> None:
    report = take("folder", library)
    assert report["items"] == {"added": 4, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report["problems"] == []
    items = {item.title: item for item in store.items()}
    track = items["Blue Tone"]
    assert (track.kind, track.album, track.number, track.released) == (ItemKind.TRACK, "Waves", 7, "1999")
    assert ("Ada", "artist") in track.creators
    assert track.genres == ("Ambient", "Test")
    assert track.lyrics_or_transcript == "蓝色的声音\nA tone of blue"
    assert track.duration_s == pytest.approx(2, abs=0.1)
    assert track.cover_uri == str(library / "music" / "cover.jpg")
    assert track.media_uri == str(library / "music" / "tone.mp3")
    film = items["Red, then Blue"]
    assert (film.kind, film.maturity, film.released) == (ItemKind.MOVIE, 13, "2011-05-02")
    assert film.creators == (("Ada L.", "director"), ("Bo", "actor"))
    assert film.ids == {"imdb": "tt0000001"}
    episode = items["The Bend"]
    assert (episode.kind, episode.series, episode.season, episode.number) == (ItemKind.EPISODE, "Slow Rivers", 1, 2)
    assert episode.genres == ("Nature",)
    assert episode.lyrics_or_transcript == "The river bends.\nAnd bends again."
    short = items["猫跳 Cat jump"]
    assert (short.kind, short.released, short.ids) == (ItemKind.SHORT, "2024-03-01", {"youtube": "abc123XYZ_0"})
    assert short.creators == (("Cats", "channel"),)


def test_dry_run_counts_the_same_and_writes_nothing(take: Import, store: Store, library: Path) -> None:
    rehearsed = take("folder", library, dry_run=True)
    assert list(store.items()) == []
    done = take("folder", library)
    assert {**rehearsed, "dry_run": False} == done


def test_only_what_changed_is_read_again(
    take: Import, store: Store, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take("folder", library)
    read = []
    from segue.ingest.sources import folder

    probe = folder.probe
    monkeypatch.setattr(folder, "probe", lambda path, settings: read.append(path.name) or probe(path, settings))
    assert take("folder", library)["items"]["unchanged"] == 4
    assert read == []
    (library / "music" / "tone.lrc").write_text("[00:00.50]other words\n")
    assert take("folder", library)["items"] == {"added": 0, "updated": 1, "unchanged": 3, "rejected": 0}
    assert read == ["tone.mp3"]


def test_a_library_that_moves_keeps_its_ids(take: Import, store: Store, library: Path, tmp_path: Path) -> None:
    take("folder", library)
    before = {item.id for item in store.items()}
    (tmp_path / "elsewhere").mkdir()
    moved = tmp_path / "elsewhere" / "library"
    library.rename(moved)
    report = take("folder", moved)
    assert report["items"]["added"] == 0
    assert {item.id for item in store.items()} == before
    assert all(str(moved) in (item.media_uri or "") for item in store.items())


def test_the_kind_can_be_stated(take: Import, store: Store, library: Path) -> None:
    take("folder", library / "shorts", kind="ad")
    assert [item.kind for item in store.items()] == [ItemKind.AD]


def test_bad_files_are_told_one_by_one_and_the_rest_goes_on(
    take: Import, store: Store, media: Path, tmp_path: Path
) -> None:
    root = tmp_path / "bad"
    root.mkdir()
    outside = tmp_path / "outside.mp3"
    shutil.copy(media / "tone.mp3", outside)
    (root / "a empty.mp3").write_bytes(b"")
    (root / "b text.mp3").write_text("no music here\n" * 1000)
    (root / "c stump.mp4").write_bytes((media / "film.mp4").read_bytes()[:300])
    (root / "d list.m3u").write_text("/etc/passwd\n" * 1_000_000)
    (root / "e link.mp3").symlink_to(outside)
    (root / "f up").symlink_to(tmp_path, target_is_directory=True)
    (root / ".hidden.mp3").write_bytes(b"x")
    (root / "g pipe.mp3").touch()
    (root / "g pipe.mp3").unlink()
    os.mkfifo(root / "g pipe.mp3")
    shutil.copy(media / "tone.mp3", root / "h good.mp3")
    with (root / "i huge.mp4").open("wb") as file:
        file.write(b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2\x00\x00\x00\x01mdat\x7f" + b"\xff" * 7)
    report = take("folder", root)
    assert report["items"] == {"added": 1, "updated": 0, "unchanged": 0, "rejected": 5}
    told = {problem["where"]: problem["what"] for problem in report["problems"]}
    assert set(told) == {
        "a empty.mp3", "b text.mp3", "c stump.mp4", "d list.m3u", "e link.mp3", "f up", "g pipe.mp3", "i huge.mp4",
    }  # fmt: skip
    assert "empty" in told["a empty.mp3"]
    assert "playlist" in told["d list.m3u"]
    assert all("\n" not in what and len(what) < 300 for what in told.values())
    assert [item.title for item in store.items()] == ["Blue Tone"]


def test_hostile_sidecars_are_told_and_the_file_is_taken(
    take: Import, store: Store, media: Path, tmp_path: Path
) -> None:
    root = tmp_path / "hostile"
    root.mkdir()
    for name in "abcdef":
        shutil.copy(media / "silent.mkv", root / f"{name}.mkv")
    laughs = "".join(f'<!ENTITY l{i} "{"&l" + str(i - 1) + ";" if i else "ha"}&l0;">' for i in range(9))
    (root / "a.nfo").write_text(f'<?xml version="1.0"?><!DOCTYPE m [{laughs}]><movie><title>&l8;</title></movie>')
    (root / "b.nfo").write_text(
        '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><movie><title>&x;</title></movie>'
    )
    (root / "c.nfo").write_text(
        "<movie><title>C</title><thumb>../../../etc/passwd</thumb><filenameandpath>/etc/shadow</filenameandpath></movie>"
    )
    (root / "d.nfo").write_text("https://www.imdb.com/title/tt0000001/")
    (root / "e.info.json").write_text("[" * 100_000)
    (root / "f.srt").write_bytes(b"x" * (17 << 20))
    report = take("folder", root)
    assert report["items"]["added"] == 6
    told = [problem["where"] for problem in report["problems"]]
    assert told == [
        "a.mkv (a.nfo)", "b.mkv (b.nfo)", "c.mkv (c.nfo)", "c.mkv (c.nfo)", "d.mkv (d.nfo)", "e.mkv (e.info.json)",
        "f.mkv (f.srt)",
    ]  # fmt: skip
    assert not any("root:" in (item.title or "") for item in store.items())
    assert all(str(root) in (item.media_uri or "") for item in store.items())


def test_a_file_that_is_cut_off_is_taken_and_told(take: Import, store: Store, media: Path, tmp_path: Path) -> None:
    root = tmp_path / "cut"
    root.mkdir()
    whole = (media / "film.mp4").read_bytes()
    (root / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    (root / "whole.mp4").write_bytes(whole)
    report = take("folder", root)
    assert report["items"]["added"] == 2
    assert report["problems"] == [
        {"where": "cut.mp4", "what": f"It is cut off: {len(whole) * 2 // 3:,} of {len(whole):,} bytes are there."}
    ]


def test_absurd_tags_are_cut_and_told(take: Import, store: Store, media: Path, tmp_path: Path) -> None:
    root = tmp_path / "absurd"
    root.mkdir()
    title = "蓝" * 3_000_000
    latin = b"ID3\x03\x00\x00"
    frame = b"\x01" + b"\xff\xfe" + title.encode("utf-16-le")
    body = b"TIT2" + len(frame).to_bytes(4, "big") + b"\x00\x00" + frame
    body += b"TPE1" + (8).to_bytes(4, "big") + b"\x00\x00" + b"\x00A\x07d\x1ba!!"
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-write_xing", "0", "-id3v2_version", "0", str(tmp_path / "raw.mp3"))
    (root / "a.mp3").write_bytes(latin + size + body + (tmp_path / "raw.mp3").read_bytes())
    report = take("folder", root)
    assert report["items"]["added"] == 1
    (item,) = store.items()
    assert item.title == title[:1000]
    assert item.creators[0].name == "Ada!!"
    assert any("3,000,000 characters" in problem["what"] for problem in report["problems"])
    assert any("control characters" in problem["what"] for problem in report["problems"])


def test_a_name_that_is_no_text_is_told(take: Import, media: Path, tmp_path: Path) -> None:
    root = tmp_path / "names"
    root.mkdir()
    try:
        shutil.copy(media / "tone.mp3", os.fsencode(root) + b"/\xff\xfe.mp3")
    except OSError:
        pytest.skip("this file system takes no such names")
    report = take("folder", root)
    assert report["items"]["rejected"] == 1
    assert "UTF-8" in report["problems"][0]["what"]


@pytest.mark.data
def test_real_music_is_taken_with_its_tags(take: Import, store: Store, data: Path) -> None:
    report = take("folder", data / "audio_music_speech")
    assert report["items"]["added"] == 56
    vibe = next(item for item in store.items() if item.title == "Vibe Ace")
    assert vibe.album == "Jazz Sampler"
    assert ("Kevin MacLeod", "artist") in vibe.creators
    assert vibe.duration_s == pytest.approx(61.5, abs=0.2)

"""Titles, dates, ages and subtitles as people write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue.ingest.sidecars import read_text
from segue.ingest.values import iso_date, minimum_age, title_and_year, utc_time


@pytest.mark.parametrize(
    ("written", "title", "year"),
    [
        ("Matrix, The (1999)", "The Matrix", "1999"),
        ("Foo, The Bar", "Foo, The Bar", None),
        ("Amour, L' (2001)", "L'Amour", "2001"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", "1968"),
        ("Up (Down, The) (1990–1995)", "Up (The Down)", "1990"),
        ("霸王别姬 (1993)", "霸王别姬", "1993"),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", "2009"),
    ],
)
def test_titles(written: str, title: str, year: str | None) -> None:
    assert title_and_year(written) == (title, year)


def test_dates() -> None:
    assert iso_date("1999") == "1999"
    assert iso_date("1999/8/7") == "1999-08-07"
    assert iso_date("20240301") == "2024-03-01"
    assert iso_date("1999-08-07T12:00:00") == "1999-08-07"
    assert iso_date("Aug 1999", "%b %Y") == "1999-08"
    for wrong in ("1999-02-31", "soon", "0", "1999-13"):
        with pytest.raises(ValueError, match=r"."):
            iso_date(wrong)


def test_times() -> None:
    assert utc_time("1714550400").isoformat() == "2024-05-01T08:00:00+00:00"
    assert utc_time("1714550400000", "ms") == utc_time("1714550400")
    assert utc_time("2024-05-01T10:00:00+02:00") == utc_time("2024-05-01 08:00:00")
    for wrong in ("1714550400000", "-1", "yesterday", "nan"):
        with pytest.raises(ValueError, match=r"."):
            utc_time(wrong)


def test_ages() -> None:
    said = ["PG-13", "Rated R for violence", "FSK 16", "12+", "TV-MA", "N/A", "Unrated", "99", ""]
    assert [minimum_age(text) for text in said] == [13, 17, 16, 12, 17, None, None, None, None]


def test_captions_and_lyrics_become_words(tmp_path: Path) -> None:
    vtt = tmp_path / "a.vtt"
    vtt.write_text(
        "WEBVTT\nKind: captions\n\n00:00.000 --> 00:01.000\n<c.red>Hello</c>\n\n00:01.000 --> 00:02.000\nHello\nthere\n"
    )
    assert read_text(vtt) == "Hello\nthere"
    lrc = tmp_path / "a.lrc"
    lrc.write_bytes("[ar:邓丽君]\n[00:01.00][00:09.00]月亮代表我的心\n".encode("gb18030"))
    assert read_text(lrc) == "月亮代表我的心"

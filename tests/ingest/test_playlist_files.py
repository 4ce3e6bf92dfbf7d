"""Playlists as M3U8, XSPF and JSPF: whatever a title holds, the file is whole, and comes back as it went out."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from segue.errors import InvalidInput, NotFound
from segue.ingest.playlist_files import MOST_BYTES, PlaylistFile, Track, path_of, plain, read, write
from segue.playlists import FORMATS

NASTY = "A\nB\r#EXTINF:9,x\u2028<b>&\"']]>\x00\x07\x1b[31m\ufffe\u202e , - 雨夜🎹\ud800"
PLAIN = Track("t1", "/music/雨 夜/01.flac", "Rain", "Ada", "Nights", 3, 61.5, "Because its genre is “drone”")
TRACKS = (
    PLAIN,
    Track(NASTY, f"/music/{NASTY}", NASTY, NASTY, NASTY, None, None, NASTY),
    Track("t3", "https://example.org/a b?x=1&y=<2>", "No artist", None, None, None, 0.4, None),
    Track("t4", "/music/#odd ", "Dash - in a title", "B - C", None, None, 10, None),
)
LIST = PlaylistFile(f"List {NASTY}", TRACKS, "an hour of <calm>\npiano", 1_760_000_000.0, "l/1")
NS = "{http://xspf.org/ns/0/}"


def names(tracks):
    return [(t.item, plain(t.title), plain(t.creator)) for t in tracks]


@pytest.mark.parametrize("format_", FORMATS)
def test_what_goes_out_comes_back(format_):
    back = read(write(format_, LIST).encode("utf-8", "replace"), format_)
    assert back.title == plain(LIST.title)
    assert [t.item.replace("\ud800", "?") for t in back.tracks] == [t.item.replace("\ud800", "?") for t in TRACKS]
    first = back.tracks[0]
    assert (first.title, first.creator) == ("Rain", "Ada")
    assert path_of(first.location) == PLAIN.location
    assert path_of(back.tracks[3].location) == "/music/#odd "
    assert path_of(back.tracks[2].location) is None
    assert first.seconds == (62 if format_ == "m3u8" else 61.5)
    if format_ != "m3u8":
        assert [n[1:] for n in names(back.tracks)] == [n[1:] for n in names(TRACKS)]
        assert back.annotation == "an hour of <calm> piano"


def test_every_line_of_an_m3u8_is_what_it_should_be():
    lines = write("m3u8", LIST).split("\n")
    assert lines[:2] == ["#EXTM3U", "#EXTENC:UTF-8"]
    assert lines[-1] == ""
    assert len(lines) == 3 + 3 * len(TRACKS) + 1
    for at in range(3, 3 + 3 * len(TRACKS), 3):
        mark, told, location = lines[at : at + 3]
        assert mark.startswith("#SEGUE-ITEM:")
        assert re.match(r"#EXTINF:(?:-1|\d+),", told)
        assert not location.startswith("#")
        assert location == location.strip()
    assert lines[4] == "#EXTINF:62,Ada - Rain"
    without = write("m3u8", PlaylistFile("x", (Track("t9", None, "Only\na name"),)))
    assert without.endswith("# without a file: Only a name\n")
    assert read(without.encode(), "m3u8").tracks == ()


def test_an_xspf_is_as_its_specification_says():
    """Structure of XSPF version 1, section 4: which elements, how often, of which type."""
    text = write("xspf", LIST)
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    root = ET.fromstring(text)
    assert (root.tag, root.attrib) == (f"{NS}playlist", {"version": "1"})
    assert [child.tag.removeprefix(NS) for child in root] == ["title", "annotation", "identifier", "date", "trackList"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", root.find(f"{NS}date").text)
    once = {"title", "creator", "annotation", "info", "image", "album", "trackNum", "duration"}
    allowed = {*once, "location", "identifier", "link", "meta"}
    tracks = root.findall(f"{NS}trackList/{NS}track")
    assert len(tracks) == len(TRACKS)
    for track in tracks:
        tags = [child.tag.removeprefix(NS) for child in track]
        assert set(tags) <= allowed
        assert all(tags.count(tag) == 1 for tag in tags if tag not in ("location", "identifier"))
        for child in track:
            assert not child.attrib
            assert child.text
            name = child.tag.removeprefix(NS)
            if name in ("location", "identifier"):
                assert urlsplit(child.text).scheme in ("file", "https", "urn")
                assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", child.text)  # RFC 3986
            elif name in ("duration", "trackNum"):
                assert child.text.isdecimal()
    assert tracks[0].find(f"{NS}duration").text == "61500"
    assert tracks[0].find(f"{NS}annotation").text == PLAIN.why


def test_a_jspf_has_the_same_fields():
    whole = json.loads(write("jspf", LIST))["playlist"]
    assert set(whole) == {"title", "annotation", "identifier", "date", "track"}
    first = whole["track"][0]
    assert first["identifier"] == ["urn:segue:item:t1"]
    assert first["location"] == ["file:///music/%E9%9B%A8%20%E5%A4%9C/01.flac"]
    assert (first["duration"], first["trackNum"], first["annotation"]) == (61500, 3, PLAIN.why)


def test_files_of_other_players_are_read():
    m3u = b'\xef\xbb\xbf#EXTM3U\r\n#EXTINF:215 tvg-id="x",Miles Davis - So What\r\n..\\x.mp3\r\nno remark.mp3\r\n'
    one, other = read(m3u, "m3u").tracks
    assert (one.creator, one.title, one.seconds, one.location) == ("Miles Davis", "So What", 215, "..\\x.mp3")
    assert (other.title, other.location) == (None, "no remark.mp3")
    assert read("#EXTINF:1,Café\nx".encode("latin-1"), "m3u").tracks[0].title == "Café"
    track = b"<track><title> A </title><duration>x</duration></track>"
    bare = b"<playlist version='1'><trackList>" + track + b"</trackList></playlist>"
    assert read(bare, "xspf").tracks == (Track(title="A"),)
    assert read(b"<playlist version='1' xmlns='http://xspf.org/ns/0/'/>", "xspf").tracks == ()
    one = {"identifier": "https://musicbrainz.org/recording/ab", "title": "X", "duration": 1000}
    listenbrainz = {"playlist": {"title": "T", "track": [one]}}
    (track,) = read(json.dumps(listenbrainz).encode(), "jspf").tracks
    assert (track.identifiers, track.seconds) == (("https://musicbrainz.org/recording/ab",), 1)


BOMB = b'<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><playlist><title>&b;</title></playlist>'
OUTSIDE = b'<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><playlist><title>&a;</title></playlist>'


@pytest.mark.parametrize(
    ("content", "format_", "why"),
    [
        (BOMB, "xspf", "no XSPF"),
        (OUTSIDE, "xspf", "no XSPF"),
        (b"<playlist", "xspf", "no XSPF"),
        (b"<rss/>", "xspf", "its root is 'rss'"),
        (b"", "xspf", "no XSPF"),
        (b"[]", "jspf", "no JSPF"),
        (b"[" * 100_000, "jspf", "no JSPF"),
        (b'{"playlist": {"track": [1]}}', "jspf", "no JSPF"),
        (b'{"playlist": 3}', "jspf", "no JSPF"),
        (b"\xff\xfe{", "jspf", "no JSPF"),
        (b"a\0b", "m3u8", "NUL"),
        (b"x" * (MOST_BYTES + 1), "m3u8", "10 MB"),
        (b"x\n" * 10_001, "m3u8", "10000 are the most"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)  # fmt: skip
def test_what_is_no_playlist_is_one_clear_error(content, format_, why):
    with pytest.raises(InvalidInput, match=re.escape(why)):
        read(content, format_, "x")


def test_an_unknown_format_names_those_that_there_are():
    with pytest.raises(NotFound, match="m3u8"):
        write("pls", LIST)
    with pytest.raises(NotFound, match="xspf"):
        read(b"", "pls")

"""Handles that were not given out here, for this person, in this conversation, now, are refused."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from segue.conversation.handles import Handles, key_in
from segue.errors import StorageError, ToolError

KEY = b"k" * 32


@pytest.mark.parametrize(
    "item_id", ["t1", "a/b.c d", "电影", "x" * 512, "影" * 512, "🎬" * 512, "x" * 1_500, ".", "\udc80"]
)
def test_a_handle_leads_back_to_its_item(item_id: str) -> None:
    handles = Handles(KEY)
    handle = handles.give(item_id, "ada", "talk")
    assert handles.item(handle, "ada", "talk") == item_id
    assert handle.isascii()
    assert Handles(KEY).item(handle, "ada", "talk") == item_id, "in another process, too"


@pytest.mark.parametrize(
    ("user", "talk"), [("bo", "talk"), (None, "talk"), ("ada", "other"), ('ada","talk', ""), ("", "adatalk")]
)
def test_it_is_for_one_person_and_one_conversation(user: str | None, talk: str) -> None:
    handles = Handles(KEY)
    with pytest.raises(ToolError, match="not given out"):
        handles.item(handles.give("t1", "ada", "talk"), user, talk)


def test_a_forged_one_is_refused() -> None:
    handles = Handles(KEY)
    handle = handles.give("t1", "ada", "talk")
    other = handles.give("t2", "ada", "talk")
    until, name, tag = handle.split(".")
    later = f"{int(until, 16) + 9_999:x}"
    wrong = [
        "", ".", "..", "t1", f"{until}.{other.split('.')[1]}.{tag}", f"{later}.{name}.{tag}", f"{until}.{name}.",
        f"{until}.{name}.{tag[:-1]}", f"{handle}x", handle.upper(), "é." * 400, "x" * 5_000, f"{handle}\udc80",
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(ToolError, match="not given out"):
            handles.item(one, "ada", "talk")
    with pytest.raises(ToolError, match="not given out"):
        Handles(b"o" * 32).item(handle, "ada", "talk")


def test_an_old_one_is_refused() -> None:
    handle = Handles(KEY, lasts_s=-1).give("t1", "ada", "talk")
    with pytest.raises(ToolError, match="too old"):
        Handles(KEY).item(handle, "ada", "talk")
    assert int(handle.split(".")[0], 16) < time.time()


def test_the_key_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(key_in(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"short")
    with pytest.raises(StorageError, match="32 bytes"):
        key_in(tmp_path)
    with pytest.raises(StorageError, match="cannot be read or made"):
        key_in(tmp_path / "none")


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        ".",
        "..",
        "\ud800",
        "a.\udfff",
        "a.b.\ud800",
        "\x00",
        "電影",
        "x" * 100_000,
        "." * 9_000,
        "ffffffff.AA.",
        "🎬.🎬.🎬",
    ],
)
def test_garbage_is_one_clear_error(garbage: str) -> None:
    with pytest.raises(ToolError, match="not given out"):
        Handles(KEY).item(garbage, "ada", "talk")


def test_an_id_that_is_too_long_is_named() -> None:
    with pytest.raises(ToolError, match="too long"):
        Handles(KEY).give("x" * 10_000, "ada", "talk")

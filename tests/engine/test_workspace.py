"""The small files of a workspace: made whole or not at all, and followed while the engine runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from segue import Engine, Item
from segue.engine.workspace import ROOTS, add_root, create, settings_of
from segue.errors import SegueError, StorageError
from segue.server.files import COVER_TYPES, servable


def test_a_storage_that_cannot_be_reached_leaves_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(SegueError):
        create(tmp_path / "w", "sqlite:////nowhere/at/all/segue.db")
    assert not (tmp_path / "w" / "segue.toml").exists()
    assert create(tmp_path / "w", "")  # the same command with a better URL


def test_a_url_with_quotes_and_backslashes_is_kept_as_it_is(tmp_path: Path) -> None:
    odd = f'sqlite:///{tmp_path}/a"b\\c.db'
    assert create(tmp_path / "w", odd)
    assert settings_of(tmp_path / "w").storage.url == odd


def test_a_second_creation_changes_nothing(tmp_path: Path) -> None:
    assert create(tmp_path, "")
    before = (tmp_path / "segue.toml").read_bytes()
    assert not create(tmp_path, "sqlite:///other.db")
    assert (tmp_path / "segue.toml").read_bytes() == before


def test_a_folder_imported_by_another_process_is_served_without_a_restart(tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    picture = music / "cover.png"
    picture.write_bytes(b"\x89PNG")
    Engine.create(tmp_path / "w")
    with Engine.open(tmp_path / "w") as engine:
        engine.add_items([Item(id="t", kind="track", title="T")])
        assert servable(engine, str(picture), COVER_TYPES) is None
        add_root(tmp_path / "w", music)
        add_root(tmp_path / "w", music)
        assert servable(engine, str(picture), COVER_TYPES) == picture
        assert engine.media_folders() == [tmp_path / "w", music]


def test_a_folder_inside_the_workspace_needs_no_root(tmp_path: Path) -> None:
    create(tmp_path, "")
    add_root(tmp_path, tmp_path / "sample")
    assert not (tmp_path / ROOTS).exists()


@pytest.mark.parametrize("content", ["[", "{}", "[1]", ""])
def test_a_damaged_list_of_folders_is_named(tmp_path: Path, content: str) -> None:
    create(tmp_path, "")
    (tmp_path / ROOTS).write_text(content)
    with pytest.raises(StorageError, match=r"roots\.json is damaged"):
        Engine.open(tmp_path)


def test_imported_folders_are_in_the_backup(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    create(tmp_path / "w", "")
    add_root(tmp_path / "w", tmp_path / "music")
    with Engine.open(tmp_path / "w") as engine:
        engine.backup(tmp_path / "kept.tar.gz")
    Engine.restore(tmp_path / "kept.tar.gz", tmp_path / "again")
    with Engine.open(tmp_path / "again") as engine:
        assert tmp_path / "music" in engine.media_folders()

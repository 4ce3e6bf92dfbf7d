"""The serving world follows every change, also one that comes while it is being built."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.catalogue import Catalogue
from segue.pipeline.stages import World

from .conftest import GENRES, events, items


def test_a_change_during_a_build_is_seen_by_the_next_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items([Item(id="a", kind="track", title="A")])
        build, building, go = engine._serving._build, threading.Event(), threading.Event()

        def slow(now: tuple[str | None, int]) -> World:
            world = build(now)
            building.set()
            assert go.wait(10)
            return world

        monkeypatch.setattr(engine._serving, "_build", slow)
        first = threading.Thread(target=engine._serving.world)
        first.start()
        assert building.wait(10)
        engine.add_items([Item(id="b", kind="track", title="B")])
        go.set()
        first.join()
        assert [item.id for item in engine.items()] == ["a", "b"]


def test_a_build_that_fails_is_tried_again_and_does_not_lock_anybody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Engine.create(tmp_path)
    with Engine.open(tmp_path) as engine:
        engine.add_items([Item(id="a", kind="track", title="A")])
        with monkeypatch.context() as broken:
            broken.setattr(Catalogue, "build", classmethod(lambda *_, **__: 1 / 0))
            with pytest.raises(ZeroDivisionError):
                engine.ready()
        assert engine.ready() == []


def test_a_new_item_has_its_collaborative_embedding_at_once(tmp_path: Path) -> None:
    Engine.create(tmp_path)
    with (tmp_path / "segue.toml").open("a") as settings:
        settings.write('[train]\nmodels = ["popular_all", "content_cf"]\n[models.content_cf]\ntitles = false\n')
        settings.write("[ranking.blend]\nhome = {content_cf = 1.0}\n")
    with Engine.open(tmp_path) as engine:
        engine.add_items(items())
        engine.record(events())
        assert engine.train().promoted
        engine.add_items([Item(id=f"new-{genre}", kind="track", genres=(genre,)) for genre in GENRES])
        for genre in GENRES:
            picks = engine.recommend(f"{genre}-fan-0", k=5)
            new = [pick.item.id for pick in picks if pick.item.id.startswith("new-")]
            assert new[:1] == [f"new-{genre}"]

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.errors import Busy, InvalidInput, NotFound, SettingsError
from segue.storage.locks import workspace_lock

from .conftest import PER_GENRE


def ids(answer: object) -> list[str]:
    return [pick.item.id for pick in answer]  # type: ignore[attr-defined]


def test_a_listener_gets_their_own_genre_first_with_a_true_reason(engine: Engine) -> None:
    answer = engine.recommend("punk-fan-0", k=2)
    assert {pick.item.genres for pick in answer} == {("punk",)}
    assert answer.degraded == ()
    played = {event.item_id for event, _ in engine.history("punk-fan-0")}
    for pick in answer:
        assert pick.item.id not in played
        assert pick.reason is not None
        assert pick.reason.text.startswith("Because")
        seeds = [e.ref for e in pick.reason.evidence if e.kind == "seed"]
        assert set(seeds) <= played


def test_reasons_are_in_the_language_asked_for(engine: Engine) -> None:
    assert all(
        p.reason and p.reason.text.startswith("因为") for p in engine.recommend("folk-fan-1", k=3, language="zh")
    )


def test_every_event_changes_the_next_answer(engine: Engine) -> None:
    first = engine.recommend("ambient-fan-0", k=5)
    top = first[0].item.id
    engine.record([engine.event("ambient-fan-0", top, "complete")])
    second = engine.recommend("ambient-fan-0", k=5)
    assert top not in ids(second)
    assert ids(second) != ids(first)


def test_a_person_never_seen_before_is_served_after_one_event(engine: Engine) -> None:
    engine.record([engine.event("newcomer", "folk-3", "complete")])
    assert engine.recommend("newcomer", k=3)[0].item.genres == ("folk",)


def test_a_skip_pushes_away(engine: Engine) -> None:
    def place(answer: object, item: str) -> int:
        return ids(answer).index(item)

    engine.record([engine.event("newcomer", "folk-3", "complete"), engine.event("newcomer", "punk-1", "complete")])
    before = engine.recommend("newcomer", k=30)
    engine.record([engine.event("newcomer", f"punk-{n}", "skip") for n in (2, 3, 4)])
    after = engine.recommend("newcomer", k=30)
    punk = [i for i in ids(after) if i.startswith("punk")]
    assert sum(place(after, i) for i in punk) > sum(place(before, i) for i in punk)


def test_another_process_sees_the_event_at_once(engine: Engine, workspace: Path) -> None:
    top = engine.recommend("punk-fan-1", k=1)[0].item.id
    with Engine.open(workspace) as other:
        other.recommend("punk-fan-1", k=1)
        engine.record([engine.event("punk-fan-1", top, "not_interested")])
        assert top not in ids(other.recommend("punk-fan-1", k=36))


def test_without_profiling_no_person_is_read(engine: Engine) -> None:
    anonymous = engine.recommend(None, k=5, seed=1)
    asked = engine.recommend("punk-fan-0", k=5, personal=False, seed=1)
    assert ids(anonymous) == ids(asked)
    assert asked.user_id is None


def test_the_same_event_twice_is_one_event_and_an_unknown_item_is_refused(engine: Engine) -> None:
    event = engine.event("ada", "folk-1", "play", id="e1")
    first = engine.record([event, event, engine.event("ada", "nowhere", "play", id="e2")])
    assert (first.accepted, first.duplicates) == (1, ("e1",))
    assert first.rejected[0][0] == "e2"
    assert "nowhere" in first.rejected[0][1]
    assert engine.record([event]).as_json() == {"accepted": 0, "duplicate": 1, "rejected": []}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "rate", "value": 9, "scale": (1, 5)}, "outside its scale"),
        ({"kind": "rate"}, "scale"),
        ({"kind": "ponder"}, "kind"),
        ({"kind": "play", "played_s": float("nan")}, "played_s"),
        ({"kind": "play", "at": "1850-01-01T00:00:00Z"}, "between 1970 and 2100"),
    ],
)
def test_an_impossible_event_is_refused_in_one_line(engine: Engine, fields: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        engine.event("ada", "folk-1", **fields)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_new_items_are_eligible_without_training_and_removed_ones_vanish(engine: Engine) -> None:
    engine.add_items(
        [Item(id="punk-new", kind="track", title="Punk brand new", genres=("punk",), description="loud fast guitars")]
    )
    engine.understand(only=["ngram"])
    assert "punk-new" in ids(engine.similar("punk-1", k=PER_GENRE + 1))
    assert ids(engine.search("brand new", k=1)) == ["punk-new"]
    engine.remove_items(["punk-new"])
    assert "punk-new" not in ids(engine.similar("punk-1", k=36))
    with pytest.raises(NotFound):
        engine.item("punk-new")


def test_why_and_why_not(engine: Engine) -> None:
    shown = engine.recommend("folk-fan-0", k=1)[0].item.id
    why = engine.explain("folk-fan-0", shown)
    assert why.shown
    assert why.rank == 1
    met = next(e.item_id for e, _ in engine.history("folk-fan-0") if e.item_id)
    why_not = engine.explain("folk-fan-0", met)
    assert why_not.removed_by == ("seen",)
    assert "already met" in why_not.text
    assert "接触过" in engine.explain("folk-fan-0", met, language="zh").text


def test_the_profile_names_its_evidence(engine: Engine) -> None:
    taste = engine.profile("ambient-fan-2")
    assert taste.genres[0].name.lower() == "ambient"
    assert all(item.startswith("ambient") for item in taste.genres[0].items)


def test_export_then_erase_leaves_nothing(engine: Engine, workspace: Path) -> None:
    engine.record([engine.event("ada-lovelace-unique", "folk-1", "comment", text="a very findable sentence")])
    exported = list(engine.export("ada-lovelace-unique"))
    assert any("a very findable sentence" in json.dumps(row) for row in exported)
    erased = engine.erase("ada-lovelace-unique")
    assert erased["left"] == 0
    assert engine.history("ada-lovelace-unique") == []
    engine.close()
    for file in workspace.rglob("*"):
        if file.is_file():
            assert b"ada-lovelace-unique" not in file.read_bytes(), file
            assert b"findable sentence" not in file.read_bytes(), file


def test_backup_and_restore(engine: Engine, tmp_path: Path) -> None:
    engine.backup(tmp_path / "copy.tar.gz")
    Engine.restore(tmp_path / "copy.tar.gz", tmp_path / "second")
    with Engine.open(tmp_path / "second") as second:
        assert second.status()["counts"] == engine.status()["counts"]
        assert ids(second.recommend("punk-fan-0", seed=3)) == ids(engine.recommend("punk-fan-0", seed=3))
    with pytest.raises(InvalidInput, match="already holds"):
        Engine.restore(tmp_path / "copy.tar.gz", tmp_path / "second")
    (tmp_path / "broken.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(InvalidInput, match="not a whole backup"):
        Engine.restore(tmp_path / "broken.tar.gz", tmp_path / "third")
    assert not (tmp_path / "third").exists()


def test_a_second_process_is_told_who_holds_the_workspace(engine: Engine, workspace: Path) -> None:
    with workspace_lock(workspace, "train"), pytest.raises(Busy, match="train"):
        engine.understand(only=["ngram"])


def test_there_is_no_workspace_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="segue init"):
        Engine.open(tmp_path / "nothing")


def test_settings_that_cannot_be_used_say_where(workspace: Path) -> None:
    with (workspace / "segue.toml").open("a") as settings:
        settings.write("\n[session]\nstep = 7\n")
    with pytest.raises(SettingsError, match=r"session\.step.*got 7"):
        Engine.open(workspace)


def test_doctor_finds_a_damaged_artefact(workspace: Path) -> None:
    assert all(check.ok for check in Engine.doctor(workspace))
    damaged = next(p for p in (workspace / "artifacts").rglob("*.npy"))
    damaged.write_bytes(damaged.read_bytes()[:-8])
    checks = {check.what: check for check in Engine.doctor(workspace)}
    assert not checks["artefacts"].ok
    assert damaged.name in checks["artefacts"].say


def test_requests_from_many_threads(engine: Engine) -> None:
    wrong: list[BaseException] = []

    def ask(user: str) -> None:
        try:
            for _ in range(10):
                answer = engine.recommend(user, k=3)
                engine.record([engine.event(user, answer[0].item.id, "play")])
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(f"folk-fan-{n % 4}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_transparency_speaks_of_the_live_settings(engine: Engine) -> None:
    english, chinese = engine.transparency("en"), engine.transparency("zh")
    assert english["recipes"].keys() == chinese["recipes"].keys() == engine.settings.ranking.blend.keys()
    assert "25%" in " ".join(english["text"])

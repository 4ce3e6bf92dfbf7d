"""Labels through the facade: what holds reaches filters and search; moderation decides about warnings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segue import Engine, Item
from segue.annotations import WARNINGS, Annotated, Annotation
from segue.errors import InvalidInput, NotFound
from segue.storage import Store

PLOT = "A sheriff and his cowboys ride after the outlaws across the ranch in the old west."


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    Engine.create(tmp_path / "workspace")
    with Engine.open(tmp_path / "workspace") as opened:
        opened.add_items(
            [
                Item(id="west", kind="movie", title="Dust", description=PLOT),
                Item(id="own", kind="movie", title="Mine", description="Something else.", genres=("Drama",)),
                Item(id="plain", kind="movie", title="Plain", description="Nothing much.", maturity=6),
            ]
        )
        yield opened


def store_of(engine: Engine) -> Store:
    return engine._store


def warn(engine: Engine, item: str = "plain", label: str = "violence", confidence: float = 0.8) -> None:
    """As if a machine had found a content warning in the item."""
    evidence = ({"kind": "quote", "text": "Nothing much"},)
    said = Annotation(item, WARNINGS, label, confidence, "zero_shot", "test", evidence)
    store_of(engine).put_annotated([Annotated(item, "zero_shot", f"test{confidence}", (said,))])
    engine._serving.refresh()


def shown(engine: Engine, **constraints: object) -> set[str]:
    return {pick.item.id for pick in engine.recommend(k=10, constraints=constraints)}


def test_a_correction_reaches_filters_and_search_and_leaves_the_item(engine: Engine) -> None:
    assert "west" not in shown(engine, genres=["western"])
    engine.correct("west", "genres", "Western")
    assert shown(engine, genres=["western"]) == {"west"}
    assert engine.item("west").genres == ()
    assert [item.genres for item in engine.items()] == [(), ("Drama",), ()]
    assert [pick.item.id for pick in engine.search("western", k=1)] == ["west"]
    engine.correct("own", "genres", "drama", holds=False)
    assert shown(engine, genres=["Drama"]) == set()
    engine.withdraw("own", "genres", "Drama")
    assert shown(engine, genres=["Drama"]) == {"own"}
    with pytest.raises(NotFound, match="Nobody has said"):
        engine.withdraw("own", "genres", "Drama")


def test_what_can_be_corrected(engine: Engine) -> None:
    with pytest.raises(NotFound, match="Unknown item"):
        engine.correct("nowhere", "moods", "calm")
    with pytest.raises(InvalidInput, match="Unknown label 'beige'"):
        engine.correct("west", "moods", "beige")
    with pytest.raises(InvalidInput, match="label is needed"):
        engine.correct("west", "moods", " ")
    assert engine.correct("west", "genres", "DRAMA").label == "Drama"
    assert engine.correct("west", "moods", "平静").label == "calm"


def test_understanding_labels_everything_and_says_who(engine: Engine) -> None:
    report = engine.understand(only=["ngram", "zero_shot", "summaries"]).as_json()
    assert [step["step"] for step in report["annotators"]] == ["zero_shot", "summaries"]
    said = engine.annotations("west").as_json()
    genres = said["vocabularies"]["genres"]
    assert genres["labels"][0] == "western"
    assert genres["by"] == "zero_shot"
    assert genres["said"][0].keys() == {"label", "confidence", "annotator", "version", "denied", "evidence", "at"}
    assert said["summary"]["by"] == "extractive"
    assert engine.annotations("own").as_json()["vocabularies"]["genres"] == {
        "labels": ["Drama"],
        "by": "owner",
        "said": [],
    }
    with pytest.raises(NotFound, match="zero_shots"):
        engine.understand(only=["zero_shots"])


def test_a_warning_counts_only_when_confirmed(engine: Engine) -> None:
    warn(engine, label="gore")
    assert [(w.item.id, w.label, w.status) for w in engine.warnings()] == [("plain", "gore", "pending")]
    assert "plain" in shown(engine, max_maturity=12)
    engine.moderate("plain", "gore", confirm=True)
    assert engine.warnings() == []
    assert "plain" not in shown(engine, max_maturity=12)
    assert "plain" not in shown(engine, allow_explicit=False)
    assert engine.item("plain").maturity == 6
    assert engine.annotations("plain").as_json()["warnings"] == {"gore": "confirmed"}
    engine.moderate("plain", "gore", confirm=False)
    assert "plain" in shown(engine, max_maturity=12)


def test_a_confirmed_warning_never_lowers_the_age(engine: Engine) -> None:
    engine.add_items([Item(id="plain", kind="movie", maturity=18)])
    warn(engine, label="horror")
    engine.moderate("plain", "horror", confirm=True)
    assert "plain" not in shown(engine, max_maturity=16)


def test_a_rejected_warning_comes_back_only_with_other_content(engine: Engine) -> None:
    warn(engine)
    engine.moderate("plain", "violence", confirm=False)
    warn(engine, confidence=0.95)
    assert engine.warnings() == []
    assert [w.status for w in engine.warnings("rejected")] == ["rejected"]
    engine.add_items([Item(id="plain", kind="movie", description="Now there is a massacre in it.")])
    assert [w.label for w in engine.warnings()] == ["violence"]


def test_unsure_warnings_and_wrong_names_do_not_come_up(engine: Engine) -> None:
    warn(engine, confidence=0.3)
    assert engine.warnings() == []
    with pytest.raises(InvalidInput, match="Unknown status"):
        engine.warnings("open")
    with pytest.raises(InvalidInput, match="Unknown label 'violense'"):
        engine.moderate("plain", "violense", confirm=True)
    with pytest.raises(NotFound):
        engine.moderate("nowhere", "violence", confirm=True)


def test_a_person_s_own_warning_needs_no_moderation(engine: Engine) -> None:
    engine.correct("plain", WARNINGS, "drugs")
    assert "plain" not in shown(engine, max_maturity=12)
    assert engine.warnings() == []
    engine.correct("plain", WARNINGS, "drugs", holds=False)
    assert "plain" in shown(engine, max_maturity=12)
    warn(engine, label="drugs")
    assert engine.warnings() == []

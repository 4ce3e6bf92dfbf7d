"""What people of like attributes turn to."""

import numpy as np
import pytest

from segue.catalogue import Catalogue
from segue.dataset import Dataset
from segue.events import Event, EventTable
from segue.items import Item
from segue.profiles.priors import Priors, consented, priors
from segue.settings import Settings
from segue.storage.artifacts import ArtifactFolder


@pytest.mark.parametrize("consent", [None, False, 1, "yes", "1", "not true", 0])
def test_without_consent_nothing_is_read(consent):
    assert consented({"age": 30, "gender": "F", "consent": consent}, ("age", "gender")) == {}


def test_with_consent_only_what_the_settings_name_is_read():
    stated = {"age": 34, "gender": " F ", "city": "Paris", "consent": True}
    assert consented(stated, ("age", "gender")) == {"age": "30s", "gender": "f"}
    assert consented({"age": float("nan"), "gender": "", "consent": True}, ("age", "gender")) == {}
    assert consented(stated, ()) == {}
    assert consented({**stated, "age": " 34"}, ("age",)) == {"age": "30s"}  # as a table has it
    assert consented({**stated, "age": "nan"}, ("age",)) == consented({**stated, "age": "inf"}, ("age",)) == {}
    assert consented({**stated, "consent": "True"}, ("age",)) == {"age": "30s"}


@pytest.fixture
def found():
    """60 people: 30 women like item 0, 30 men item 1, two of another gender item 2."""
    events = [Event(id=f"{n}", user_id=f"u{n}", item_id=f"i{n // 30}", kind="like") for n in range(62)]
    catalogue = Catalogue.build([Item(id=f"i{n}", kind="movie", title=f"T{n}") for n in range(4)])
    dataset = Dataset.build(catalogue, EventTable.of(events), Settings().signals)
    return priors(dataset, {f"u{n}": {"gender": ("f", "m", "x")[n // 30]} for n in range(62)})


def test_popularity_follows_the_attribute_and_few_people_say_nothing(found):
    assert found.keys == ("gender=f", "gender=m")
    women = found.score({"gender": "f"}, 5)
    assert women[0] > women[1]
    assert np.isnan(women[3:]).all()
    assert found.score({"gender": "x"}, 4) is None
    assert found.score({}, 4) is None


def test_they_are_kept_with_a_version(found, tmp_path):
    folder = ArtifactFolder(tmp_path / "priors")
    found.save(folder)
    again = Priors.load(folder)
    np.testing.assert_array_equal(again.score({"gender": "m"}, 4), found.score({"gender": "m"}, 4))
    assert Priors.load(ArtifactFolder(tmp_path / "none")).keys == ()

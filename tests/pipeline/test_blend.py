"""The blend: standard scores, weights that add up, and what counts when nothing speaks."""

from dataclasses import replace

import numpy as np
import pytest

from segue.errors import SettingsError
from segue.pipeline.rankers.blend import BEND, PART, Blend, standardised
from segue.pipeline.recipes import TABLE
from segue.pipeline.recipes.base import weighted
from segue.pipeline.sources.fresh import Fresh
from segue.pipeline.sources.model import ModelSource
from segue.pipeline.sources.scored import Scored
from segue.settings import RankingSettings, Settings, TrainSettings
from segue.testing.stages import person, pool, requests, world
from segue.training.ensemble import LEAST_KNOWN


class Says(Scored):
    def __init__(self, name, scores):
        super().__init__()
        self.name = name
        self.given = scores

    def compute(self, request):
        return None if self.given is None else np.asarray(self.given, np.float32)


@pytest.fixture
def request_():
    return requests(world())["known, plain"]


def test_standard_scores_have_mean_and_deviation_and_outliers_are_bent_but_stay_in_order():
    column = standardised(np.array([1, 2, 3, 4, 5, np.nan], np.float32))
    assert column[5] == 0
    assert column[:5].mean() == pytest.approx(0, abs=1e-6)
    assert column[:5].std() == pytest.approx(1)
    bent = standardised(np.array([0.0] * 9998 + [1000, 2000], np.float32))
    assert BEND < bent[9998] < bent[9999] < BEND + np.log(100)


def test_other_scores_take_over_the_weight_of_one_without_an_opinion(request_):
    n = len(request_.world.catalogue)
    up = np.arange(n, dtype=np.float32)
    unknown = up.copy()
    unknown[-1] = np.nan  # the last row is new: one score does not know it
    blend = Blend({Says("collaborative", unknown): 3.0, Says("content", up): 1.0})
    columns = blend(request_, pool(request_))
    z = standardised(up)
    assert columns["final"][-1] == pytest.approx(z[-1], rel=1e-5)
    minor = Blend({Says("collaborative", unknown): 99.0, Says("content", up): 1.0})(request_, pool(request_))
    assert minor["final"][-1] == pytest.approx(z[-1] / (100 * LEAST_KNOWN), rel=1e-5)


@pytest.mark.parametrize("scores", [[], [np.nan, np.nan], [3, 3, np.nan], [5]])
def test_what_does_not_tell_them_apart_says_nothing(scores):
    assert standardised(np.array(scores, np.float32)) is None


def test_it_is_the_weighted_mean_of_what_there_is(request_):
    n = len(request_.world.catalogue)
    up, down = np.arange(n), -np.arange(n)
    blend = Blend({Says("up", up): 3.0, Says("down", down): 1.0, Says("mute", None): 9.0, Says("flat", up * 0): 9.0})
    columns = blend(request_, pool(request_))
    z = standardised(up.astype(np.float32))
    np.testing.assert_allclose(columns["final"], (3 * z - z) / 4, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(columns[PART + "up"] + columns[PART + "down"], columns["final"], rtol=1e-5, atol=1e-6)
    assert columns["up"].tolist() == up.tolist()
    assert "mute" not in columns


def test_otherwise_counts_only_when_nothing_else_does(request_):
    n = len(request_.world.catalogue)
    other = Says("other", np.arange(n))
    assert PART + "other" in Blend({Says("mute", None): 1.0}, (other,))(request_, pool(request_))
    assert PART + "other" not in Blend({Says("up", np.arange(n)): 1.0}, (other,))(request_, pool(request_))


@pytest.mark.parametrize("recipe", ["home", "similar", "radio", "search", "mood"])
def test_an_unknown_name_in_the_table_is_refused_with_the_known_ones(recipe):
    settings = Settings(ranking=RankingSettings(blend={recipe: {"eese": 1.0}}))
    with pytest.raises(SettingsError, match=rf"\[ranking.blend.{recipe}\].*'eese'.*Did you mean 'ease'.*counts"):
        TABLE.load(recipe)(settings)


def test_models_that_are_not_trained_for_are_not_part_of_the_recipe():
    ranking = RankingSettings(blend={"home": {"ease": 1.0, "als": 1.0, "fresh": 0.5, "bpr": 0}})
    settings = Settings(ranking=ranking, train=TrainSettings(models=("als", "bpr")))
    found = {source.name: weight for source, weight in weighted(settings, "home").items()}
    assert found == {"als": 1.0, "fresh": 0.5}


def test_a_source_may_be_weighed_too():
    settings = Settings(ranking=RankingSettings(blend={"home": {"fresh": 1.0}}))
    recipe = TABLE.load("home")(settings)
    assert [s.name for s in recipe.sources].count("fresh") == 1
    assert isinstance(next(s for s in recipe.sources if s.name == "fresh"), Fresh)


def test_what_is_popular_leads_on_the_home_page_alone_and_fades(request_):
    def trust(recipe, events, **fields):
        told = replace(request_, history=person(list(range(events))), **fields)
        found = weighted(Settings(), recipe)
        return {source.name: round(source.trust(told), 2) for source in found if source.trust(told) != 1}

    led = {"popular_recent", "answers", "prior", "across"}
    assert trust("home", 0) == dict.fromkeys(led, 257)
    assert trust("home", 3) == dict.fromkeys(led, 17)
    assert max(trust("home", 20).values()) < 1.6
    assert max(trust("home", 0, stated={"genre:jazz": 1.0}).values()) < 1.6  # who stated a taste is known
    for recipe in ("mood", "similar", "radio", "search"):
        assert trust(recipe, 0) == {}


def test_model_source_of_an_absent_model_is_silent(request_):
    assert len(ModelSource("bpr")(request_)[0]) == 0

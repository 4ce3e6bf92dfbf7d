"""Every part keeps the contract of its stage."""

import numpy as np
import pytest

from segue.pipeline.filters.adverts import Adverts
from segue.pipeline.filters.availability import Availability
from segue.pipeline.filters.constraints import Constrained
from segue.pipeline.filters.gone import Gone
from segue.pipeline.filters.hidden import Hidden
from segue.pipeline.filters.maturity import Maturity
from segue.pipeline.filters.seeds import Seeds
from segue.pipeline.filters.seen import Seen
from segue.pipeline.rankers.blend import Blend
from segue.pipeline.rankers.by_segment import BySegment, segments_of
from segue.pipeline.recipes.base import OWN
from segue.pipeline.rerankers.diversity import Diversity
from segue.pipeline.rerankers.exploration import Exploration
from segue.pipeline.rerankers.group import OnePerGroup
from segue.pipeline.sources.counts import Counts
from segue.pipeline.sources.fresh import Fresh
from segue.pipeline.sources.model import ModelSource
from segue.pipeline.sources.scored import best
from segue.pipeline.sources.session import Session
from segue.testing.stages import FilterContract, RankerContract, RerankerContract, SourceContract

SOURCES = {
    "content": lambda: ModelSource("content", limit=5),
    "content, unseen": lambda: ModelSource("content", limit=5, hide_seen=True),
    "absent model": lambda: ModelSource("bpr", limit=5),
    **{name: (lambda part=part: part(5, False)) for name, part in OWN.items()},
}
FILTERS = {
    "gone": Gone,
    "availability": Availability,
    "maturity": Maturity,
    "hidden": Hidden,
    "adverts": Adverts,
    "constraints": Constrained,
    "seeds": Seeds,
    "seen": Seen,
    "seen lately": lambda: Seen(within_s=90),
}
RERANKERS = {
    "none": lambda: Diversity(0),
    "some": lambda: Diversity(0.3),
    "all": lambda: Diversity(0.9),
    "group": OnePerGroup,
    "exploration": lambda: Exploration(5, 30, 0.2),
}


class TestSources(SourceContract):
    @pytest.fixture(autouse=True, params=SOURCES)
    def _name(self, request):
        self.name = request.param

    def part(self):
        return SOURCES[self.name]()


class TestFilters(FilterContract):
    @pytest.fixture(autouse=True, params=FILTERS)
    def _name(self, request):
        self.name = request.param

    def part(self):
        return FILTERS[self.name]()


class TestBySegment(RankerContract):
    def part(self):
        return BySegment({"new": Blend({ModelSource("popular_recent"): 1.0})}, Blend({ModelSource("content"): 1.0}))

    def test_each_person_is_ranked_for_by_their_first_segment_that_has_a_ranker(self):
        for what, request in self.asked().items():
            columns = self.call(request)
            expected = "popular_recent" if "new" in segments_of(request) else "content"
            assert not {"popular_recent", "content"} - {expected} & columns.keys(), what


class TestBlend(RankerContract):
    def part(self):
        return Blend({ModelSource("content"): 1.0, Session(): 0.5, ModelSource("popular_recent"): 0.2}, (Fresh(),))


class TestBlendWithNothingWeighted(RankerContract):
    def part(self):
        return Blend({}, (Fresh(), Counts()))


class TestRerankers(RerankerContract):
    @pytest.fixture(autouse=True, params=RERANKERS)
    def _name(self, request):
        self.name = request.param

    def part(self):
        return RERANKERS[self.name]()


@pytest.mark.parametrize("limit", [1, 3, 7, 50])
def test_best_is_the_head_of_a_full_sort(limit):
    rng = np.random.default_rng(3)
    scores = rng.integers(0, 9, 40).astype(np.float32)
    scores[::7] = np.nan
    where = rng.random(40) < 0.8
    where &= np.isfinite(scores)
    rows, values = best(scores, limit, where)
    allowed = np.flatnonzero(where)
    full = allowed[np.argsort(-scores[allowed], kind="stable")]
    assert values.tolist() == scores[full][:limit].tolist()
    assert set(rows) <= set(allowed)


def test_a_floor_that_most_items_share_is_not_proposed():
    speaks = ModelSource("als").speaks
    assert speaks(np.array([0, 0, 0, 2, 0, 1, np.nan], np.float32)).tolist() == [0, 0, 0, 1, 0, 1, 0]
    assert speaks(np.array([0, 1, 2, np.nan], np.float32)).tolist() == [1, 1, 1, 0]
    assert not speaks(np.zeros(4, np.float32)).any()
    assert not speaks(np.full(4, np.nan, np.float32)).any()

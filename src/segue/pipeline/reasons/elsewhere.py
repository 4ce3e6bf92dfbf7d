"""Claims about items of a medium that is new to the person: what they like of other media leads there."""

from __future__ import annotations

import numpy as np

from ...arrays import Floats
from .. import wording
from ..sources.across import Bridge, bridge, described_of
from .case import Case, Claim
from .common import common
from .deeds import deed_of


def from_across(case: Case) -> Claim | None:
    """What brought the item here from other media: a topic that is liked there, an item that is like it, or how popular
    it is within its own medium, whichever added most."""
    added, found = case.added("across"), bridge(case.request)
    if added <= 0 or found is None:
        return None
    part = max(found.parts, key=lambda name: found.parts[name][case.row])
    if found.parts[part][case.row] <= 0:
        return None
    if part == "topics":
        return _topic(case, found, added)
    if part == "content":
        near = described_of(case.request.world).seen(np.append(found.rows, case.row).astype(np.int32))
        return _liked(case, found, (near[:-1] @ near[-1]) * found.weights, added)
    evidence = case.evidence("popularity", case.item.id, case.item.name, "across", added)
    return Claim(wording.sentence("popular", case.chinese), (evidence,), "across", added)


def _topic(case: Case, found: Bridge, added: float) -> Claim | None:
    """The topic of the item that adds most, of those that something liked elsewhere has."""
    world = case.request.world
    table, topics = described_of(world).topics, world.catalogue.topics
    own = table[[case.row]]
    having = table[found.rows][:, own.indices].toarray() * np.maximum(found.weights, 0)[:, None]
    each = np.where(having.any(axis=0), own.data * found.topics[own.indices], 0)
    if not each.size or each.max() <= 0:
        return None
    best = int(np.argmax(each))
    seed = world.catalogue.item(int(found.rows[int(np.argmax(having[:, best]))]))
    key, name = topics.keys[own.indices[best]], topics.names[own.indices[best]]
    told = wording.elsewhere(key, name, seed.kind, case.chinese)
    # Everything liked elsewhere that has the topic is what the claim rests on; the item is the best example of it.
    evidence = (case.evidence("topic", key, name, "across", added), case.shared("seed", seed.id, seed.name, added))
    return Claim(told, evidence, "across", added)


def _liked(case: Case, found: Bridge, carried: Floats, added: float) -> Claim | None:
    """The liked item that carries most of the likeness."""
    carried = np.where(found.weights > 0, carried, 0)
    row = int(found.rows[int(np.argmax(carried))])
    if carried.max() <= 0:
        return None
    seed = case.request.world.catalogue.item(row)
    text, topic = common(case, [seed], added)
    deed = wording.deeds([(deed_of(case.request, row), seed.kind, seed.name)], case.chinese)
    told = wording.sentence("history", case.chinese, seeds=deed, shared=text)
    return Claim(told, (case.evidence("seed", seed.id, seed.name, "across", added), *topic), "across", added)

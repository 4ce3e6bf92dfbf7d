"""Segments, tastes and next actions in training and evaluation; habits of a person, put together for `Engine`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..annotations import WARNINGS
from ..arrays import Mask
from ..dataset import Dataset, History
from ..errors import SegueError, SettingsError, in_one_line
from ..evaluation.probabilities import judged
from ..evaluation.splits import Split
from ..models.base import TrainOptions
from ..models.next_action import NextAction, NextActionConfig
from ..pipeline.stages import World
from ..profiles.interests import Interest, interests
from ..profiles.onboarding import questions
from ..profiles.patterns import patterns, zone_of
from ..profiles.priors import priors
from ..profiles.segments import ACTIVITY, KNOWN, NAMES, activity, known, segments
from ..profiles.stream import stream
from ..profiles.tastes import Cluster, Tastes, tastes
from ..settings import Settings
from ..storage.artifacts import ArtifactFolder
from ..understanding.annotators.vocabularies import vocabularies

NEXT_ACTION, TASTES, SEGMENTS = "next_action", "tastes", "segments"
ONBOARDING, PRIORS = "onboarding", "priors"
"""Folders, and the file, of a version."""
_TOPICS = 3


def chinese_names(settings: Settings) -> dict[str, str]:
    """Topic in lower case → its name in Chinese, for those of the vocabularies that tastes are made of."""
    return {
        name.casefold(): label.zh
        for vocabulary, labels in vocabularies(settings).items()
        for name, label in labels.items()
        if label.zh and vocabulary != WARNINGS
    }


def taste_names(cluster: Cluster, settings: Settings) -> dict[str, str]:
    """What a taste cluster is called, by language."""
    return {"en": cluster.name(), "zh": cluster.name(True, chinese_names(settings))}


# Training and evaluation


@dataclass(frozen=True)
class Groups:
    """The people who are asked, by segment, for a report."""

    masks: Mapping[str, Mask]
    """Slice → (people asked,) who is in it."""
    names: Mapping[str, Mapping[str, str]]
    """Slice → what it is called, by language."""


def groups_of(split: Split, found: Tastes, settings: Settings) -> Groups:
    """By activity, as of when they are asked (in a split without a time: of their last event), and by taste."""
    told = [split.history.history(int(user)) for user in split.test.users]
    doing = np.array([_activity(history, split.test_from, settings) for history in told], dtype=object)
    own = [found.of(history, split.history.catalogue) for history in told]
    taste = np.array([cluster.key if cluster else "" for cluster in own], dtype=object)
    masks = {f"segment_{part}": doing == part for part in ACTIVITY}
    names: dict[str, Mapping[str, str]] = {
        f"segment_{part}": {language: NAMES[language][part] for language in NAMES} for part in ACTIVITY
    }
    for cluster in found.clusters:
        masks[cluster.key] = taste == cluster.key
        names[cluster.key] = taste_names(cluster, settings)
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    return Groups(masks, {name: names[name] for name in masks})


def _activity(history: History, at: float | None, settings: Settings) -> str:
    known = history.timestamps[np.isfinite(history.timestamps)]
    now = at if at is not None else float(known.max()) if len(known) else 0.0
    return activity(history, settings.segments, now, settings.session.gap_s)


def trained_tastes(dataset: Dataset, settings: Settings) -> Tastes:
    """The taste clusters of a log."""
    return tastes(dataset, settings.segments.tastes, settings.train.seed)


def trained_next_action(dataset: Dataset, settings: Settings) -> NextAction | None:
    """What people do next, learnt from a log; None where it has no times or shows too little.

    Raises:
        SettingsError: ``[models.next_action]`` cannot be used.
    """
    from pydantic import ValidationError

    try:
        config = NextActionConfig(**settings.models.get(NextAction.name, {}))
    except ValidationError as error:
        raise SettingsError(f"[models.{NextAction.name}] cannot be used: {in_one_line(error)}.") from error
    if not dataset.has_times:
        return None
    model = NextAction(config, settings.session.gap_s)
    model.train(dataset, TrainOptions(seed=settings.train.seed))
    return model if model.actions else None


def judged_next_action(split: Split, dataset: Dataset, settings: Settings) -> list[dict[str, Any]]:
    """How well the next action is foretold after the time of a split, learnt from what came before it."""
    if split.test_from is None:
        return []
    model = trained_next_action(dataset.only(dataset.timestamps < split.test_from), settings)
    return judged(model, dataset, split.test_from) if model else []


def learn(
    dataset: Dataset,
    settings: Settings,
    draft: ArtifactFolder,
    now: float,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Keep with a version what its log says of people: tastes, next actions, how many there are of each segment, what
    to ask new ones, and what people of like attributes turn to.

    Args:
        attributes: of those who agreed, by id (`segue.profiles.priors.consented`).
    """
    questions(dataset, settings.train.seed).save(draft.child(ONBOARDING))
    priors(dataset, attributes or {}).save(draft.child(PRIORS))
    trained_tastes(dataset, settings).save(draft.child(TASTES))
    model = trained_next_action(dataset, settings)
    if model is not None:
        model.save(draft.child(NEXT_ACTION))
    draft.write_json(SEGMENTS, summary(dataset, settings, now))


def summary(dataset: Dataset, settings: Settings, now: float) -> dict[str, Any]:
    """How many people are in each segment, as of ``now``."""
    told = [dataset.history(user) for user in range(dataset.n_users)]
    doing = Counter(activity(history, settings.segments, now, settings.session.gap_s) for history in told)
    knowing = Counter(known(history) for history in told)
    return {
        "at": now,
        "people": dataset.n_users,
        "activity": {part: doing[part] for part in ACTIVITY},
        "known": {part: knowing[part] for part in KNOWN},
    }


def segments_as_json(stated: Mapping[str, Any], found: Tastes, settings: Settings) -> dict[str, Any]:
    """The stable shape of `Engine.segments`.

    Args:
        stated: what `summary` says.
    """
    wanted = settings.segments.model_dump()
    return {
        "at": stated["at"],
        "people": stated["people"],
        "definitions": wanted,
        "activity": [
            {
                "segment": part,
                "name": {language: NAMES[language][part] for language in NAMES},
                "people": stated["activity"].get(part, 0),
            }
            for part in ACTIVITY
        ],
        "known": [
            {
                "segment": part,
                "name": {language: NAMES[language][part] for language in NAMES},
                "people": stated.get("known", {}).get(part, 0),
            }
            for part in KNOWN
        ],
        "tastes": [
            {
                "segment": cluster.key,
                "name": taste_names(cluster, settings),
                "people": cluster.people,
                "topics": [topic.model_dump() for topic in cluster.topics],
            }
            for cluster in found.clusters
        ],
    }


# One person


def person_segments(world: World, history: History, settings: Settings, now: float) -> list[dict[str, Any]]:
    """The segments of a person, the most telling first, each with its name by language."""
    cluster = world.tastes.of(history, world.catalogue)
    own = segments(history, settings.segments, now, settings.session.gap_s, cluster.key if cluster else None)
    return [
        {
            "segment": part,
            "name": taste_names(cluster, settings)
            if cluster and part == cluster.key
            else {language: NAMES[language][part] for language in NAMES},
        }
        for part in own
    ]


def habits(
    world: World,
    history: History,
    settings: Settings,
    attributes: Mapping[str, Any],
    devices: Callable[[], list[str]],
    model: NextAction | None,
    now: float,
) -> dict[str, Any]:
    """The stable shape of `Engine.patterns`."""
    vectors = world.vectors.get("mixed")
    found = interests(history, vectors)
    read = patterns(history, world.catalogue, vectors, settings.session, attributes, devices())
    names = [interest_name(world, one, history) for one in found]
    zone = zone_of(attributes)[0]
    chinese = chinese_names(settings)
    return {
        **read.as_json(),
        "segments": person_segments(world, history, settings, now),
        "interests": [
            {
                "name": {
                    "en": ", ".join(name),
                    "zh": "、".join(chinese.get(word.casefold(), word) for word in name),
                },
                "share": one.share,
                "now": one.now,
                "short_term": one.short_term,
                "items": [world.catalogue.ids[row] for row in one.items[:5].tolist()],
            }
            for one, name in zip(found, names, strict=True)
        ],
        "stream": stream(history, found, world.catalogue, zone),
        "next": model.now(history, _frame(world), now) if model else {},
    }


def interest_name(world: World, one: Interest, history: History) -> list[str]:
    """The topics that an interest has more of than the catalogue has, the most telling first, but none that the person
    has excluded; else the name of the item in its middle."""
    topics, rows = world.catalogue.topics, one.items
    if topics.keys:
        own = np.asarray(topics.matrix[rows].T @ one.weights).ravel()
        for topic in history.forgotten:
            if topic in topics.column:
                mute = np.isin(rows, np.intersect1d(history.mute_on(topic), topics.rows(topic)))
                own[topics.column[topic]] -= one.weights[mute].sum()
        own = own / max(float(one.weights.sum()), 1e-9)
        everywhere = world.derived(
            "topic shares", lambda: np.asarray(topics.matrix.mean(axis=0)).ravel().astype(np.float64)
        )
        sorts = world.derived(
            "naming topics",
            lambda: np.array([key.partition(":")[0] in ("genre", "mood", "theme", "tag") for key in topics.keys]),
        )
        telling = np.where(sorts & (own >= 0.3), own * np.log(np.maximum(own, 1e-9) / np.maximum(everywhere, 1e-9)), 0)
        best = np.lexsort((np.arange(len(own)), -telling))[:_TOPICS]
        named = [topics.names[n] for n in best.tolist() if telling[n] > 0]
        if named:
            return named
    return [world.catalogue.item(int(rows[0])).name]


def _frame(world: World) -> Dataset:
    """A log without events over the world's items."""
    nothing = np.zeros(0, np.int32)
    return Dataset(
        world.catalogue,
        (),
        nothing,
        nothing,
        np.zeros(0, np.uint8),
        np.zeros(0),
        np.zeros(0, np.float32),
        np.zeros(0, np.int64),
        world.vectors,
    )


def load_next_action(folder: ArtifactFolder) -> NextAction | None:
    """What a version has learnt; None where it has learnt nothing or it cannot be read."""
    try:
        model = NextAction.load(folder.child(NEXT_ACTION))
    except SegueError:
        return None
    return model if model.actions else None

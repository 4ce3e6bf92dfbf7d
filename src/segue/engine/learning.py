"""`segue train` and `segue evaluate`, whole: data, split, fit, compare, publish, promote."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from .. import __version__
from ..arrays import Mask, Rows
from ..catalogue import Catalogue
from ..dataset import Dataset, History
from ..errors import InvalidInput, StorageError, in_one_line
from ..evaluation import bootstrap, offline, splits
from ..events import EventTable
from ..models.base import Model, TrainOptions
from ..models.cooccurrence import liked_together
from ..models.titles import WordsRead
from ..pipeline import runner
from ..pipeline.recipes import TABLE as RECIPES
from ..pipeline.stages import Recipe, Request, World
from ..profiles.cleaning import Cleaned, clean
from ..profiles.onboarding import Questions, questions
from ..profiles.priors import consented
from ..profiles.session import session_vector
from ..profiles.tastes import Tastes
from ..queries import Query
from ..settings import Settings
from ..storage.artifacts import ArtifactFolder
from ..storage.rows import Store
from ..training import batch
from ..training.contenders import Size, contenders
from ..training.registry import Registry, Version
from ..understanding.align import align
from ..understanding.annotators.effective import effective_items
from ..understanding.fuse import Projection
from ..understanding.run import vectors_for
from ..understanding.transcripts import with_transcripts
from . import choosing, habits

Progress = Callable[[str, float], None]
BASELINES = ("popular_all", "popular_recent")
ASKED_PEOPLE = 2000
"""At most this many held-out people are asked of a whole recipe, which costs a request each; the draw is seeded."""


@dataclass(frozen=True)
class TrainReport:
    """What came of a training."""

    version: str
    promoted: bool
    why: str
    evaluation: Mapping[str, Any] | None
    """The report in its JSON shape; None where there was nothing to hold out."""
    seconds: Mapping[str, float]
    problems: tuple[str, ...] = ()
    choice: Mapping[str, Any] | None = None
    """With the recipe best: what was tried, what was chosen for whom, and why."""
    cleaning: Mapping[str, Any] = field(default_factory=dict)
    """How many events and people each rule of ``[cleaning]`` made count less."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "version": self.version,
            "promoted": self.promoted,
            "why": self.why,
            "seconds": dict(self.seconds),
            "problems": list(self.problems),
            "choice": self.choice,
            "cleaning": dict(self.cleaning),
            "evaluation": self.evaluation,
        }


@dataclass
class RecipeLists:
    """A whole recipe as something that can be evaluated: the same request path that serves people."""

    recipe: Recipe
    world: World
    at: float
    """The time at which the requests are made, seconds since 1970."""
    at_most: int | None = ASKED_PEOPLE

    def recommend(self, history: History, k: int, candidates: Mask) -> Rows:
        """Up to k rows out of the candidates, best first."""
        query = Query(recipe=self.recipe.name, k=k, explain=False, seed=0)
        session = session_vector(history, self.world.vectors.get("mixed"), self.world.settings.session, self.at)
        request = Request(
            query=query,
            world=self.world,
            history=history,
            now=self.at,
            rng=np.random.default_rng(0),
            session=session,
            scope=candidates,
        )
        return runner.run(self.recipe, request).chosen.items


@dataclass
class Learning:
    """The trainings and evaluations of one workspace."""

    store: Store
    registry: Registry
    settings: Settings
    progress: Progress
    problems: list[str] = field(default_factory=list)
    workspace: Path = Path()
    """Folder that the paths of models start from."""
    tastes: Tastes = field(default_factory=Tastes)
    """Of the past of the split that is asked about."""
    questions: Questions = field(default_factory=Questions.none)
    """Of the same."""
    _groups: tuple[splits.Split, habits.Groups] | None = field(default=None, repr=False)
    """Of the split that was asked about last."""
    events: EventTable = field(default_factory=lambda: EventTable.of(()))
    """The rows of the dataset, once it has been read."""

    def train(self, recipe: str, force: bool) -> TrainReport:
        """Fit on the past and compare, fit on everything, publish, promote what is not worse than what serves.

        Raises:
            InvalidInput: the catalogue is empty.
        """
        if not self.store.counts()["items"]:
            raise InvalidInput("The catalogue is empty. `segue import` fills it.")
        serving = self._serving()
        raw, projection = self._dataset()
        cleaned = self._clean(raw)
        dataset = cleaned.dataset
        draft = self.registry.draft("train", _fingerprint(dataset, self.settings, recipe))
        split = self._split_for_training(raw)  # what is asked for, and what is told, stays as it happened
        learnt = None if split is None else self._learnt(split, self.settings)
        kept = choice = self._kept(serving)
        chosen_now = recipe == "best" and split is not None
        report: offline.Report | None = None
        if split is not None:
            self._read_people(split.train)
            size = Size.of(split.train, self.settings.train.device) if chosen_now else None
            tries, left_out = self._tries(size) if size else ((), {})
            names = (*choosing.served(self.settings, None if size else kept).train.models, *tries)
            assert learnt is not None
            fitted = self._fit(learnt, draft.child("split"), self._options(split, 0.0, 0.45, chosen_now), names)
            models = {n: f.model for n, f in fitted.items()}
            if size:
                choice = {"data": size.words(), **self._choose(split, models, tries), "left_out": left_out}
            report = self._compare(split, models, (recipe,), 10, settings=choosing.served(self.settings, choice))
            if size and choice:
                choice["test"] = _beside_baseline(report, recipe)
        names = choosing.served(self.settings, choice).train.models
        full = self._fit(dataset, draft.child("models"), self._options(None, 0.5, 0.95, chosen_now), names)
        why, promote = self._verdict(serving, split, report, recipe, draft, kept, choice)
        shutil.rmtree(draft.path / "split", ignore_errors=True)
        shutil.rmtree(draft.path / "before", ignore_errors=True)
        draft.write_json("items", list(dataset.catalogue.ids))
        projection.save(draft.child("projection"))
        align(dataset.vectors, self.settings.train.seed, liked_together(dataset)).save(draft.child("alignment"))
        habits.learn(dataset, self.settings, draft, datetime.now(UTC).timestamp(), self._attributes())
        seconds = {name: one.seconds for name, one in full.items()}
        shown = None
        if split is not None and report is not None:
            foretold = habits.judged_next_action(split, dataset, self.settings)
            shown = {**self._shown(split, report), "next_action": foretold, "problems": list(self.problems)}
        draft.write_json("evaluation", shown)
        if choice is not None:
            draft.write_json(choosing.FILE, choice)
        manifest = {**self._manifest(dataset, seconds), "cleaning": cleaned.report}
        version = self.registry.publish(draft, manifest)
        if promote or force:
            self.registry.promote(version.name)
        self.registry.prune(self.settings.train.keep_versions)
        told = choice if chosen_now else None
        problems = tuple(self.problems)
        return TrainReport(version.name, promote or force, why, shown, seconds, problems, told, cleaned.report)

    def evaluate(self, split_name: str, refit: bool, models: Sequence[str], k: int) -> dict[str, Any]:
        """Fit on a split what is named, models and the recipes home and best (default: the models of ``[train]`` and
        home); the report as JSON. Best is what the serving version has chosen.

        Raises:
            InvalidInput: there is no such split.
            StorageError: the pointer to the serving version is damaged.
        """
        dataset, _ = self._dataset()
        if split_name == "leave-one-out":
            split = splits.leave_one_out(dataset, refit=refit)
        elif split_name == "time":
            split = splits.time_split(dataset, self.settings.train.test_share, refit=refit)
        else:
            raise InvalidInput(f"Unknown split {split_name!r}. Expected 'time' or 'leave-one-out'.")
        recipes = tuple(name for name in models if name in ("home", "best")) if models else ("home",)
        names = [name for name in models if name not in recipes] if models else list(self.settings.train.models)
        kept = self._kept(self._serving()) if "best" in recipes else None
        if "best" in recipes and kept is None:
            self.problems.append("nothing has been chosen for best, so it is home without the mixing for variety")
        elif "best" in recipes and split_name != ("time" if dataset.has_times else "leave-one-out"):
            self.problems.append("best was chosen on answers of another split, some of which this one may ask for")
        settings = choosing.served(self.settings, kept)
        wanted = dict.fromkeys([*BASELINES, *names, *(settings.train.models if recipes else ())])
        self._read_people(split.train)
        folder = self.registry.draft("evaluate", _fingerprint(dataset, self.settings, split_name, str(refit)))
        learnt = self._learnt(split, self.settings)
        fitted = self._fit(learnt, folder.child("split"), self._options(split, 0.0, 0.8), tuple(wanted))
        shown = {n: f.model for n, f in fitted.items() if n in BASELINES or n in names}
        models_of = {n: f.model for n, f in fitted.items()}
        report = self._compare(split, models_of, recipes, k, only=set(shown), settings=settings)
        shutil.rmtree(folder.path, ignore_errors=True)
        return {
            **self._shown(split, report),
            "next_action": habits.judged_next_action(split, dataset, self.settings),
            "seconds_to_train": {n: fitted[n].seconds for n in shown},
            "problems": list(self.problems),
        }

    # Steps

    def _serving(self) -> Version | None:
        """What serves; a version that cannot be read any more is named as a problem and stands in nobody's way.

        Raises:
            StorageError: the pointer itself is damaged; said before the work, not after it.
        """
        name = self.registry.serving()
        try:
            return self.registry.open(name)
        except StorageError as error:
            self.problems.append(f"the serving version {name} is not compared: {error}")
            return None

    def _kept(self, serving: Version | None) -> dict[str, Any] | None:
        """What an earlier training chose for the recipe best: it stays until another one chooses anew."""
        try:
            kept = choosing.stored(serving.folder) if serving else None
            choosing.served(self.settings, kept)
        except StorageError as error:
            self.problems.append(f"the earlier choice of the recipe best is not kept: {error}")
            return None
        return kept

    def _dataset(self) -> tuple[Dataset, Projection]:
        self.progress("reading items and events", 0.0)
        catalogue = Catalogue.build(with_transcripts(effective_items(self.store, self.settings), self.store))
        vectors, projection = vectors_for(catalogue, self.store, self.settings, learn=True)
        self.events = self.store.event_table()
        own_scale = self.settings.cleaning.own_scale
        dataset = Dataset.build(catalogue, self.events, self.settings.signals, vectors, own_scale=own_scale)
        return dataset, projection

    def _attributes(self) -> dict[str, dict[str, str]]:
        """What may be read of what is stated about people, by their id."""
        wanted = self.settings.people.attributes
        stated = self.store.stated_users() if wanted else ()
        return {user.id: own for user in stated if (own := consented(user.attributes, wanted))}

    def _clean(self, dataset: Dataset, settings: Settings | None = None) -> Cleaned:
        """The dataset as training counts it, see `segue.profiles.cleaning`."""
        chosen = settings or self.settings
        verdicts, now = self.store.verdicts(), datetime.now(UTC).timestamp()
        return clean(dataset, self.events, chosen.cleaning, chosen.session.gap_s, verdicts, now)

    def _learnt(self, split: splits.Split, settings: Settings) -> Dataset:
        """What models learn from: the past of the split, cleaned by what was known in it."""
        return self._clean(split.train, settings).dataset

    def _split_for_training(self, dataset: Dataset) -> splits.Split | None:
        try:
            if dataset.has_times:
                return splits.time_split(dataset, self.settings.train.test_share)
            return splits.leave_one_out(dataset)
        except InvalidInput as error:
            self.problems.append(f"nothing was held out to compare on: {error}")
            return None

    def _options(self, split: splits.Split | None, begin: float, end: float, chosen_now: bool = False) -> TrainOptions:
        train = self.settings.train
        return TrainOptions(
            seed=train.seed,
            device=train.device,
            minutes=train.minutes if chosen_now and not train.tries else math.inf,
            validation=None if split is None else split.validation,
            words=WordsRead(self.settings.understanding, self.workspace),
            progress=lambda what, share: self.progress(what, begin + share * (end - begin)),
        )

    def _fit(
        self,
        dataset: Dataset,
        folder: ArtifactFolder,
        options: TrainOptions,
        names: Sequence[str] = (),
        settings: Settings | None = None,
    ) -> dict[str, batch.Fitted]:
        chosen = settings or self.settings
        return batch.fit(dataset, names or chosen.train.models, chosen.models, options, folder, self.problems)

    def _tries(self, size: Size) -> tuple[tuple[str, ...], dict[str, str]]:
        """What the recipe best tries, and why not the others; most-popular is always among it."""
        stated = self.settings.train.tries
        names, left_out = (stated, {}) if stated else contenders(size, self.settings.train.minutes)
        return tuple(dict.fromkeys([choosing.BASELINE, *names])), left_out

    def _choose(self, split: splits.Split, models: Mapping[str, Model], tries: Sequence[str]) -> dict[str, Any]:
        """The choice of the recipe best on the validation answers, never below most-popular as it is served."""
        assert split.validation is not None
        if choosing.BASELINE not in models:
            raise InvalidInput(
                f"Nothing can be chosen: {choosing.BASELINE}, beside which all is judged, was not trained. "
                f"{'; '.join(self.problems)}"
            )
        self.progress("choosing", 0.45)
        tried = {name: models[name] for name in tries if name in models}
        asked = choosing.ask(split.train, split.validation, split.candidates, tried, self.settings)
        decisions = choosing.decide(asked, self.settings.ranking.blend["home"], self.settings.train.seed)
        plain = choosing.all_popular(decisions, "as served, the whole choice is below popular_recent on validation")
        if any(d.name != choosing.BASELINE for d in decisions) and len(split.validation):
            past = replace(split, history=split.train, test=split.validation, test_from=split.validation_from)
            lists = {
                name: self._asked("best", past, models, choosing.served(self.settings, _segments(of)))
                for name, of in (("best", decisions), ("baseline", plain))
            }
            served = offline.evaluate(past, {choosing.BASELINE: models[choosing.BASELINE], **lists}, 10, ("all",))
            if served.compare("best", "baseline")[0] < 0:
                decisions = plain
        return _segments(decisions)

    def _compare(
        self,
        split: splits.Split,
        models: Mapping[str, Model],
        recipes: Sequence[str],
        k: int,
        only: set[str] | None = None,
        settings: Settings | None = None,
    ) -> offline.Report:
        scorers: dict[str, Any] = {n: m for n, m in models.items() if only is None or n in only}
        for recipe in recipes:
            scorers[recipe] = self._asked(recipe, split, models, settings or self.settings)
        return offline.evaluate(
            split,
            scorers,
            k=k,
            seed=self.settings.train.seed,
            groups=self._segments(split).masks,
            progress=lambda what, share: self.progress(f"asking {what}", 0.8 + 0.2 * share),
        )

    def _read_people(self, past: Dataset) -> None:
        """What recipes and reports read about people, out of the past of a split."""
        self.tastes = habits.trained_tastes(past, self.settings)
        self.questions = questions(past, self.settings.train.seed)

    def _shown(self, split: splits.Split, report: offline.Report) -> dict[str, Any]:
        """The report in its JSON shape, with what the segments in it are called."""
        return {**report.as_json(), "slice_names": self._segments(split).names}

    def _segments(self, split: splits.Split) -> habits.Groups:
        """Who of the people asked is in which segment, found once a split."""
        if self._groups is None or self._groups[0] is not split:
            self._groups = split, habits.groups_of(split, self.tastes, self.settings)
        return self._groups[1]

    def _asked(
        self, recipe: str, split: splits.Split, models: Mapping[str, Model], settings: Settings
    ) -> offline.Lists:
        """A whole recipe as something that can be evaluated: the world as it was at the split."""
        catalogue = split.history.catalogue
        world = World(
            catalogue, models, split.history.vectors, settings, "split", tastes=self.tastes, questions=self.questions
        )
        at = split.test_from if split.test_from is not None else datetime.now(UTC).timestamp()
        whole = RECIPES.load(recipe)(settings)
        # What could be recommended in the test window is the split's to say, for every scorer alike: the window is
        # longer than the one moment at which the recipe is asked, and items come and go within it.
        filters = tuple(part for part in whole.filters if part.name != "availability")
        return RecipeLists(replace(whole, filters=filters), world, at)

    def _verdict(
        self,
        serving: Version | None,
        split: splits.Split | None,
        report: offline.Report | None,
        recipe: str,
        draft: ArtifactFolder,
        kept: Mapping[str, Any] | None,
        choice: Mapping[str, Any] | None,
    ) -> tuple[str, bool]:
        """Whether the new version may serve: not when the recipe is surely worse than with the serving settings.

        The serving version itself has been fitted on events that are now held out, so it would be judged on its own
        training data. Instead its *settings* are fitted on the same past and asked the same questions; where they are
        the same settings, there is nothing to compare.
        """
        if serving is None:
            return "promoted: nothing served before", True
        if split is None or report is None:
            return "promoted: there is nothing to compare on", True
        before = serving.manifest["settings"]
        if before == _choices(self.settings) and choosing.same(choice, kept):
            return f"promoted: same settings as {serving.name}, newer data", True
        try:
            old = choosing.served(self.settings.model_copy(update=_settings_of(before)), kept)
        except ValidationError as error:
            self.problems.append(f"the settings of {serving.name} mean nothing to this Segue: {in_one_line(error)}")
            return f"promoted: {serving.name} was trained by another Segue and cannot be compared", True
        learnt = self._learnt(split, old)
        fitted = self._fit(learnt, draft.child("before"), self._options(split, 0.45, 0.5), settings=old)
        theirs = self._compare(split, {n: f.model for n, f in fitted.items()}, (recipe,), 10, set(), old)
        difference, low, high = bootstrap.paired(report.values(recipe), theirs.values(recipe))
        figure = f"ndcg@10 of {recipe} differs by {difference:+.4f} (95 %: {low:+.4f} … {high:+.4f})"
        if high < 0:
            return f"not promoted: worse than the settings of {serving.name}: {figure}. --force promotes it", False
        return f"promoted: not worse than the settings of {serving.name}: {figure}", True

    def _manifest(self, dataset: Dataset, seconds: Mapping[str, float]) -> dict[str, Any]:
        times = dataset.timestamps[np.isfinite(dataset.timestamps)]
        return {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "segue_version": __version__,
            "settings": _choices(self.settings),
            "models": list(seconds),
            "seconds": dict(seconds),
            "data": {
                "items": dataset.n_items,
                "users": dataset.n_users,
                "events": len(dataset),
                "first_at": float(times.min()) if len(times) else None,
                "last_at": float(times.max()) if len(times) else None,
                "last_seq": int(dataset.seq.max()) if len(dataset) else 0,
                "catalogue": dataset.catalogue.digest,
            },
        }


def _segments(decisions: Sequence[choosing.Decision]) -> dict[str, Any]:
    return {"segments": {decision.segment: decision.as_json() for decision in decisions}}


def _beside_baseline(report: offline.Report, recipe: str) -> dict[str, Any]:
    """How the recipe does on the test answers, beside most-popular for the same people."""
    difference, low, high = report.compare(recipe, choosing.BASELINE)
    verdict = "surely better" if low > 0 else "surely worse" if high < 0 else "neither surely better nor surely worse"
    return {
        "ndcg@10": report.row(recipe)["ndcg@10"],
        "difference": [round(x, 6) for x in (difference, low, high)],
        "why": f"on the test answers, {recipe} is {verdict} than {choosing.BASELINE}: {difference:+.4f} in ndcg@10 "
        f"(95 %: {low:+.4f} … {high:+.4f})",
    }


_CHOICES = ("train", "models", "signals", "cleaning", "session", "segments", "filters", "ranking", "understanding")


def _choices(settings: Settings) -> dict[str, Any]:
    """The settings that decide what is learnt and how it is blended, as JSON."""
    return settings.model_dump(mode="json", include=set(_CHOICES))


def _settings_of(choices: Mapping[str, Any]) -> dict[str, Any]:
    """The groups of a manifest, read without the environment: that belongs to the settings of today.

    Raises:
        ValidationError: another version of Segue wrote them, and this one has other settings.
    """
    types: dict[str, Any] = {name: Settings.model_fields[name].annotation for name in _CHOICES if name in choices}
    return {name: TypeAdapter(kind).validate_python(choices[name]) for name, kind in types.items()}


def _fingerprint(dataset: Dataset, settings: Settings, *more: str) -> str:
    """Equal for two trainings that would do the same."""
    stated = [__version__, _choices(settings), list(dataset.vectors), *more]
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode())
    digest.update(dataset.catalogue.digest.encode())
    events = (dataset.users, dataset.items, dataset.kinds, dataset.timestamps, dataset.weights)
    for column in (*events, *dataset.vectors.values()):
        digest.update(np.ascontiguousarray(column).view(np.uint8).data)
    return digest.hexdigest()

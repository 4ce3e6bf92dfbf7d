"""Engine: one method a verb. Everything that the commands, the HTTP API and a program can ask for."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError

from .. import storage
from ..annotations import Annotation, Review
from ..answers import Answer
from ..edits import Edit
from ..errors import InvalidInput, NotFound, in_one_line
from ..events import Context, Event, EventKind, now
from ..households import Household, Member
from ..items import Item
from ..opinions import Opinion
from ..prints import Duplicate
from ..profiles.companions import Companion
from ..profiles.history import Histories, Live
from ..profiles.priors import consented
from ..profiles.said.run import STEP as OPINIONS
from ..profiles.said.run import opinions_of, read_new, read_opinions
from ..profiles.said.topics import said_topics
from ..profiles.segments import known
from ..profiles.taste import Taste, taste
from ..queries import Constraints, Query
from ..settings import Settings
from ..storage.locks import workspace_lock
from ..storage.rows import PutCounts, Store
from ..suspects import Suspect, Verdict
from ..training.registry import Registry
from ..understanding.annotators.effective import LABELLED_BY
from . import cataloguing, explaining, households, portraying, safekeeping
from .explanation import Explanation, explanation
from .learning import Learning, TrainReport
from .saying import moments_of, names_of
from .serving import Serving
from .workspace import SETTINGS, add_root, create, settings_of, url_of, with_roots

if TYPE_CHECKING:
    from ..ingest.run import ImportReport
    from ..pipeline.stages import World
    from ..training.finetune.run import FinetuneReport
    from ..understanding.run import Lane, UnderstandReport

Progress = Callable[..., None]
"""Called with what is being done and the share done, 0 … 1; or with what, how many are done, and of how many."""


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What became of the events handed in."""

    accepted: int
    duplicates: tuple[str, ...]
    """Ids that were known before; each is one event."""
    rejected: tuple[tuple[str, str], ...]
    """(id, why)."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {
            "accepted": self.accepted,
            "duplicate": len(self.duplicates),
            "rejected": [{"id": event_id, "why": why} for event_id, why in self.rejected],
        }


class Engine:
    """Recommendations over one workspace. Thread-safe; any number of processes may open the same workspace.

    ::

        with Engine.open("my-workspace") as engine:
            engine.add_items([Item(id="t1", kind="track", title="Blue in Green")])
            engine.record([Event(id="e1", user_id="ada", item_id="t1", kind="complete", at=now())])
            engine.understand(); engine.train()
            for pick in engine.recommend("ada"):
                print(pick.item.title, pick.score, pick.reason)
    """

    def __init__(self, workspace: Path, settings: Settings, store: Store) -> None:
        self.workspace = workspace
        self.settings = settings
        self._store = store
        self._registry = Registry(workspace / "artifacts")
        self._serving = Serving(store, self._registry, settings, workspace)
        self._histories = Histories(store, settings)
        self._texts = portraying.Texts(settings, store)

    # Opening and closing

    @classmethod
    def create(cls, workspace: str | Path, storage_url: str = "") -> bool:
        """Make a workspace; False, and nothing changed, where there is one."""
        return create(Path(workspace), storage_url)

    @classmethod
    def open(cls, workspace: str | Path) -> Self:
        """Open a workspace.

        Raises:
            NotFound: there is none; `Engine.create` (`segue init`) makes one.
            SettingsError: its settings cannot be used.
            StorageError: its rows cannot be reached.
        """
        place = Path(workspace)
        if not (place / SETTINGS).exists():
            raise NotFound(f"There is no workspace at {place.absolute()}. `segue init {place}` makes one.")
        settings = settings_of(place)
        return cls(place, settings, storage.open(url_of(place, settings)))

    def close(self) -> None:
        """Let go of the database, and of the language model."""
        self._texts.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # The catalogue

    def items(self, kind: str | None = None, limit: int | None = None, after: str | None = None) -> Iterator[Item]:
        """Items in the order of their arrival, optionally of one kind, at most ``limit``, after the id ``after``.

        They are as their owner states them; `annotations` says what else is said about one.
        """
        catalogue = self._serving.world().catalogue
        start = 0 if after is None else catalogue.row(after) + 1
        left = len(catalogue) if limit is None else limit
        for item in catalogue.items[start:]:
            if left <= 0:
                return
            if item is not None and (kind is None or item.kind.value == kind):
                left -= 1
                yield self._store.item(item.id) if LABELLED_BY in item.extra else item

    def item(self, item_id: str) -> Item:
        """One item. Raises NotFound."""
        return self._store.item(item_id)

    def find_items(self, item_ids: Iterable[str]) -> dict[str, Item]:
        """Those of the items that there are, by id, all read at once."""
        return self._store.find_items(item_ids)

    def add_items(self, items: Iterable[Item]) -> PutCounts:
        """Put items into the catalogue; one that is there already takes over what the new one states."""
        counts = self._store.put_items(items)
        self._serving.refresh()
        return counts

    def remove_items(self, item_ids: Iterable[str]) -> int:
        """Take items out of the catalogue; their events stay. Returns how many there were."""
        from ..understanding import derived

        item_ids = list(item_ids)
        seen = [reading.facts for reading in self._store.readings(item_ids, space="picture")]
        count = self._store.remove_items(item_ids)
        for facts in seen:
            derived.remove(self.workspace, facts)
        self._serving.refresh()
        return count

    def facts(self, item_id: str) -> dict[str, dict[str, Any]]:
        """What the encoders found in an item, by space; a problem stands under ``problem``."""
        from ..understanding import derived

        self._store.item(item_id)
        return {
            reading.space: {
                **derived.present(self.workspace, reading.facts),
                **({"problem": reading.problem} if reading.problem else {}),
            }
            for reading in self._store.readings([item_id])
            if "." not in reading.space  # read again without labels, for those who learn them
        }

    def film_picture(self, item_id: str, name: str) -> Path | None:
        """A picture made of an item's film: ``thumbnail.jpg``, ``sheet.jpg`` or ``preview.webm``; None without it."""
        from ..understanding import derived

        for reading in self._store.readings([item_id], space="picture"):
            return derived.path_of(self.workspace, reading.facts, name)
        return None

    def duplicates(self, item_id: str | None = None) -> list[tuple[Duplicate, Item]]:
        """What holds the same recording or nearly the same pictures as an item, with the other item, most alike first.

        Without an id: every pair of the catalogue once. Copies are linked by `understand`, and never deleted.

        Raises:
            NotFound: there is no such item.
        """
        if item_id is not None:
            self._store.item(item_id)
        links = self._store.duplicates(item_id)
        others = self._store.find_items({link.other_id for link in links})
        return [(link, others[link.other_id]) for link in links if link.other_id in others]

    # What is said about an item

    def annotations(self, item_id: str) -> cataloguing.Labels:
        """Tags, genres, moods …: every label of an item with who says so, which hold, and its summary."""
        return cataloguing.labels_of(self._store, self.settings, item_id)

    def correct(self, item_id: str, vocabulary: str, label: str, holds: bool = True) -> Annotation:
        """A person says that a label holds for an item, or does not: it wins over everything, until withdrawn."""
        said = cataloguing.correct(self._store, self.settings, item_id, vocabulary, label, holds)
        self._serving.refresh()
        return said

    def withdraw(self, item_id: str, vocabulary: str, label: str) -> None:
        """Forget a correction. Raises NotFound where there is none."""
        cataloguing.withdraw(self._store, self.settings, item_id, vocabulary, label)
        self._serving.refresh()

    def warnings(self, status: str = "pending", limit: int | None = None) -> list[cataloguing.Warning]:
        """Content warnings that wait for a person, the surest first; or those ``confirmed`` or ``rejected``."""
        return cataloguing.warnings(self._store, self.settings, status, limit)

    def moderate(self, item_id: str, label: str, confirm: bool) -> Review:
        """Confirm a content warning, so that it counts for the filters; or reject it for the content as it is now."""
        review = cataloguing.moderate(self._store, self.settings, item_id, label, confirm)
        self._serving.refresh()
        return review

    def moments(self, item_id: str) -> dict[str, Any]:
        """Where in an item people react, by their bullet comments: counts by ten seconds with sentiment, and peaks.

        Raises:
            NotFound: there is no such item.
        """
        return moments_of(self._store, self._store.item(item_id))

    def vocabularies(self) -> dict[str, list[dict[str, Any]]]:
        """The closed vocabularies: name → labels with their Chinese names and kinds."""
        return cataloguing.vocabularies_as_json(self.settings)

    def entity(self, entity_id: str) -> dict[str, Any]:
        """What the knowledge graph says about a person, work, place …: its items, and what it stands beside."""
        from .entities import entity

        stated = sum(1 for _ in self._store.relations(entity_id, limit=1000))
        return entity(self._serving.world(), entity_id, stated)

    def knowledge(self, item_id: str) -> dict[str, Any]:
        """What an item is connected to, who says so, and its neighbours in the graph with what they share."""
        from .entities import knowledge

        self._look_for(item_id)
        return knowledge(self._serving.world(), item_id, self._store.relations(f"item:{item_id}"))

    def media_folders(self) -> list[Path]:
        """Where files may be read and played: the workspace, ``[media] roots``, all imported folders."""
        return with_roots(self.settings, self.workspace).media.folders(self.workspace)

    def import_from(
        self,
        source: str,
        path: Path | None,
        *,
        options: Mapping[str, object] | None = None,
        unknown_items: str = "reject",
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import from a named source (see `segue.ingest.ORIGINS`); returns its `ImportReport`.

        Args:
            path: file or folder; None: ``sample`` in the workspace, where the sampler keeps its library.
            unknown_items: kind of the bare items made for events on unknown items; ``reject``: such events are refused.
        """
        from ..ingest.run import import_path

        with workspace_lock(self.workspace, f"import {source}"):
            report = import_path(
                self._store,
                source,
                path or self.workspace / "sample",
                self.settings,
                options=options or {},
                unknown_items=unknown_items,
                dry_run=dry_run,
                progress=lambda done, total: (progress or _silent)(f"import {source}", done, total),
            )
        if source == "folder" and path is not None and not dry_run:
            add_root(self.workspace, path)
        self._serving.refresh()
        if report.events_added and not dry_run and self._store.count_unread(None, None):
            read_new(self._store, names_of(self._serving.world()), progress or _silent)
            self._serving.refresh()
        return report

    # Events

    def event(self, user_id: str, item_id: str | None, kind: EventKind | str, **fields: Any) -> Event:
        """An event that happened just now, with an id of its own unless one is given."""
        fields = {name: value for name, value in fields.items() if value is not None}
        try:
            return Event(
                **{"id": uuid.uuid4().hex, "at": now(), **fields, "user_id": user_id, "item_id": item_id, "kind": kind}
            )
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error

    def record(self, events: Iterable[Event]) -> Recorded:
        """Keep events; durable when this returns. The next answer takes them into account.

        An event on an item that the catalogue does not have is rejected with the reason; the others are kept. What
        their texts say is read at once by the built-in words.
        """
        taken: list[Event] = []
        rejected: list[tuple[str, str]] = []
        events = list(events)
        known = self._store.has_items({e.item_id for e in events if e.item_id is not None})
        for event in events:
            if event.item_id is not None and event.item_id not in known:
                rejected.append((event.id, f"unknown item {event.item_id!r}; put it into the catalogue first"))
            else:
                taken.append(event)
        opinions: dict[str, Opinion] = {}
        if any(event.text and event.train for event in taken):
            opinions = opinions_of(taken, names_of(self._serving.world()))
        appended = self._store.append(taken, opinions)
        return Recorded(appended.added, appended.duplicates, tuple(rejected))

    # Learning

    def understand(self, only: Sequence[str] | None = None, progress: Progress | None = None) -> UnderstandReport:
        """Read, listen to and look at what is new or has changed, then put labels on it; returns an `UnderstandReport`.

        Args:
            only: names of spaces, of annotators, ``summaries``, ``relations``, ``opinions``; None: everything.
        """
        from ..understanding.annotate import annotate, steps
        from ..understanding.run import understand

        about_items = None if only is None else [name for name in only if name != OPINIONS]
        spaces = None if about_items is None else [name for name in about_items if name not in steps()]
        labelling = None if about_items is None else [name for name in about_items if name in steps()]
        with workspace_lock(self.workspace, "understand"):
            settings = with_roots(self.settings, self.workspace)
            report = understand(
                self._store, settings, only=spaces, progress=progress or _silent, workspace=self.workspace
            )
            labelled = annotate(
                self._store, settings, only=labelling, progress=progress or _silent, workspace=self.workspace
            )
            if (only is None and self._store.has_texts()) or (only is not None and OPINIONS in only):
                self._serving.refresh()
                names = names_of(self._serving.world())
                step, lost = read_opinions(self._store, settings, names, progress or _silent, self.workspace)
                labelled.steps.append(step)
                labelled.problems += lost
        report.steps = [step.as_json() for step in labelled.steps]
        report.problems += labelled.problems
        self._serving.refresh()
        return report

    def export_encoder(self, folder: str | Path, int8: bool = False) -> dict[str, Any]:
        """Write the text encoder as ONNX into a new folder that ``understanding.text_model`` can name.

        Returns:
            ``folder``, ``bytes``, ``int8``; ``texts``: how many of the catalogue it was compared on; ``cosine``: mean
            with the vectors of the fp32 model; ``speed``: how many times as fast, in processor seconds of one batch.
        """
        from ..understanding.encoders.onnx_text import export_and_compare

        return export_and_compare(self._store.items(), self.settings, self.workspace, Path(folder), int8)

    def understand_items(self, item_ids: Sequence[str], lanes: Sequence[Lane] | None = None) -> list[str]:
        """Read a few items that have just come, words first, so that they are found at once; then compare them with all
        others, and label and sum them up with what has been learnt. Returns what could not be done.

        Takes no lock: the same reading made twice is one reading.

        Args:
            lanes: ``words`` reads, labels and sums up what stands in the items, ``media`` reads their files and labels
                them again; None: both.
        """
        from ..understanding.annotate import annotate_items
        from ..understanding.run import LANES, understand_items

        settings = with_roots(self.settings, self.workspace)
        problems = understand_items(self._store, settings, item_ids, self.workspace, lanes or LANES)
        problems += annotate_items(self._store, settings, item_ids, self.workspace)
        self._serving.refresh()
        return problems

    def train(self, recipe: str = "home", force: bool = False, progress: Progress | None = None) -> TrainReport:
        """Fit all models, compare with what serves, publish a version and let it serve unless it is worse."""
        with workspace_lock(self.workspace, "train"):
            learning = self._learning(progress)
            report = learning.train(recipe, force)
        self._serving.refresh()
        return report

    def _learning(self, progress: Progress | None) -> Learning:
        return Learning(self._store, self._registry, self.settings, progress or _silent, workspace=self.workspace)

    def finetune(
        self,
        task: str,
        csv: Path | None = None,
        labels: Sequence[str] = (),
        name: str = "",
        method: str = "",
        progress: Progress | None = None,
    ) -> FinetuneReport:
        """Train the text encoder further, and heads on it, into ``finetuned/NAME``; nothing that serves changes.

        Args:
            task: ``behaviour``, ``pretrain``, or a head: ``genre style sentiment rating like``.
            csv: labelled texts for a head; None: from the catalogue and what people wrote.
            labels: those there may be in the file; empty: any.
            name: of the folder; empty: the task.
            method: ``lora``, ``adalora`` or ``full``; empty: that of ``[finetune]``.
        """
        from ..training.finetune.run import finetune
        from .finetuning import data_for, with_method

        settings = with_method(self.settings, method)
        with workspace_lock(self.workspace, f"finetune {task}"):
            data = data_for(task, self._store, settings, csv, labels)
            return finetune(task, data, settings, self.workspace, name, progress or _silent)

    def evaluate(
        self,
        split: str = "time",
        refit: bool = False,
        models: Sequence[str] = (),
        k: int = 10,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Fit on the past, ask about the held-out rest; the report in its JSON shape. Changes nothing that serves."""
        with workspace_lock(self.workspace, "evaluate"):
            learning = self._learning(progress)
            return learning.evaluate(split, refit, models, k)

    def rollback(self) -> str:
        """Let the version serve that served before this one; returns its name."""
        version = self._registry.rollback()
        self._serving.refresh()
        return version

    # Asking

    def ask(self, query: Query) -> Answer:
        """Answer any query."""
        from ..pipeline.answer import answer

        world, query = self._serving.world(), households.limited(self._store, query)
        live, people = self._live(query, world), self._people(query, world)
        words, towards, lost = self._encoded(query)
        found = answer(world, query, live, words=words, poles=towards, people=people)
        without = (f"words:{space}" for space in dict.fromkeys(lost))
        return dataclasses.replace(found, degraded=(*found.degraded, *without, *self._serving.degraded))

    def recommend(
        self,
        user_id: str | None = None,
        k: int = 10,
        recipe: str = "home",
        constraints: Constraints | Mapping[str, Any] | None = None,
        context: Context | None = None,
        language: str = "en",
        personal: bool = True,
        explain: bool = True,
        seed: int | None = None,
        group: Sequence[str] = (),
        strategy: str = "average",
        words: str | None = None,
        moods: Sequence[str] = (),
    ) -> Answer:
        """What a person should see next. Without a user id, or with ``personal=False``, nothing of a person is read but
        the age limit of a member of an account.

        Args:
            group: user ids of everybody who is there, for one list that suits them all (recipe ``together``).
            strategy: ``average``, ``least_misery``, ``fairness`` or ``veto``.
            words: for the recipe ``mood``: how they feel, what they are in the mood for, in English or Chinese.
            moods: for the recipe ``mood``: moods that they chose, of the vocabulary ``moods``.
        """
        return self._ask(
            words=words,
            moods=tuple(moods),
            user_id=user_id,
            k=k,
            recipe="together" if group and recipe == "home" else recipe,
            group=tuple(group),
            strategy=strategy,
            constraints=constraints or Constraints(),
            context=context,
            language=language,
            personal=personal,
            explain=explain,
            seed=seed,
        )

    def similar(self, item_id: str, k: int = 10, user: str | None = None, language: str = "en") -> Answer:
        """More like one item."""
        self._look_for(item_id)
        return self._ask(user_id=user, recipe="similar", k=k, seeds=(item_id,), language=language)

    def search(
        self,
        words: str,
        k: int = 10,
        user: str | None = None,
        constraints: Constraints | Mapping[str, Any] | None = None,
        language: str = "en",
        personal: bool = False,
        filters: bool = True,
    ) -> Answer:
        """Items that the words mean, in any language; ``understood`` of the answer tells what was read from them.

        Args:
            personal: rank by what ``user`` likes too, with the weight ``taste`` of ``[ranking.blend.search]``.
            filters: read filters ("under 90 minutes"), a seed ("like X") and directions ("but calmer") from the words.

        Raises:
            InvalidInput: there are no words.
        """
        from .searching import search

        if not words.strip():
            raise InvalidInput("A search needs words, and there are none.")
        fields = {"user_id": user, "k": k, "language": language, "by_taste": personal and user is not None}
        try:
            stated = constraints if isinstance(constraints, Constraints) else Constraints(**(constraints or {}))
            return search(words, self._serving.world(), self.ask, stated, filters, fields)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error

    def explain(
        self,
        user_id: str,
        item_id: str,
        language: str = "en",
        level: str = "line",
        recipe: str = "home",
        words: str | None = None,
        request_id: str | None = None,
        worded: bool = False,
        **asked: Any,
    ) -> Explanation:
        """Why this item is, or is not, recommended to this person, from the record of a real request made now.

        Args:
            level: ``line``, ``paragraph`` or ``full``, which measures every evidence by ranking again without it.
            words: for the recipes ``search`` and ``mood``: what was typed.
            request_id: of an answer: ``then`` says what is stored of its showing of the item.
            worded: whether the language model, where one is set, may word the paragraph; it is checked against the
                evidence (`segue.conversation.wording`).
            asked: other fields of the `Query`: ``seeds``, ``moods``, ``constraints``, ``group`` …
        """
        from ..pipeline.answer import examine

        wanted = explaining.level_of(level)
        self._look_for(item_id)
        world = self._serving.world()
        fields = {"user_id": user_id, "language": language, "recipe": recipe, "words": words, **asked}
        query = households.limited(self._store, explaining.query_of(fields, world))
        live, people = self._live(query, world), self._people(query, world)
        read, towards, lost = self._encoded(query)
        full = wanted != "line"
        found = examine(world, query, item_id, live, words=read, poles=towards, people=people, account=full)
        told = dataclasses.replace(
            explanation(user_id, found, query.k, language, wanted),
            recipe=query.recipe,
            request_id=request_id,
            then=explaining.showing(self._store, user_id, item_id, request_id),
            degraded=(*found.degraded, *(f"words:{space}" for space in dict.fromkeys(lost)), *self._serving.degraded),
        )
        if not (worded and self.settings.llm.url):
            return told
        return explaining.in_words(told, language, self._texts.asked)

    # People

    def profile(self, user_id: str) -> Taste:
        """What the engine believes about a person, with the items that show it."""
        world = self._serving.world()
        return taste(self._histories.get(user_id, world.catalogue).history, world.catalogue)

    def portrait(self, user_id: str, language: str = "en", written: bool = True) -> dict[str, Any]:
        """What is believed about a person, line by line with evidence, and a short text in English and Chinese.

        Args:
            language: in which the language model writes, where one is configured; the other text is made by code.
            written: whether it may be asked at all.
        """
        found = self._portrait(user_id).found
        if written:
            found = self._texts.of(user_id, found, language, self._serving.world())
        return {
            "user": user_id,
            "writer": self.settings.llm.model if self.settings.llm.url else None,
            **found.as_json(),
        }

    def edit_profile(self, user_id: str, edits: Iterable[Edit | Mapping[str, Any]]) -> dict[str, Any]:
        """Change lines of a person's portrait: all of the edits or, after an error, none. Returns the portrait.

        Raises:
            NotFound: there is no such line; names it.
            InvalidInput: an edit does not fit its line.
        """
        self.record(portraying.edited(user_id, edits, self._portrait(user_id), self._serving.world()))
        return self.portrait(user_id, written=False)

    def reset_profile(self, user_id: str) -> dict[str, Any]:
        """Start a person afresh: what they did no longer speaks, what they chose on purpose stays. Returns the
        portrait."""
        self.record(portraying.reset(user_id, self._histories.get(user_id, self._serving.world().catalogue)))
        return self.portrait(user_id, written=False)

    def patterns(self, user_id: str) -> dict[str, Any]:
        """When and how a person listens and watches, their interests over time, what they will likely do next.

        ``hours``, ``weekdays``, ``week`` are those of the person's own time zone, where a ``timezone`` is stated of
        them. Everything is read anew from their events; the next action and the taste cluster are of the serving
        version.
        """
        from . import habits

        world = self._serving.world()
        user = self._store.user(user_id)
        version = self._serving.version
        return {
            "user": user_id,
            **habits.habits(
                world,
                self._histories.get(user_id, world.catalogue).history,
                self.settings,
                user.attributes if user else {},
                partial(self._devices, user_id),
                habits.load_next_action(version.folder) if version else None,
                now().timestamp(),
            ),
        }

    def segments(self, user_id: str | None = None) -> dict[str, Any]:
        """The segments of people with their definitions, names and sizes, as of the last training; or those of one
        person now, the most telling first.

        Without a training, activity is counted on the spot and there are no taste clusters.
        """
        from ..dataset import Dataset
        from . import habits

        world, at = self._serving.world(), now().timestamp()
        if user_id is not None:
            history = self._histories.get(user_id, world.catalogue).history
            return {"user": user_id, "segments": habits.person_segments(world, history, self.settings, at)}
        version = self._serving.version
        if version is not None and version.folder.has(habits.SEGMENTS):
            stated = version.folder.read_json(habits.SEGMENTS)
        else:
            own_scale = self.settings.cleaning.own_scale
            dataset = Dataset.build(
                world.catalogue, self._store.event_table(), self.settings.signals, own_scale=own_scale
            )
            stated = habits.summary(dataset, self.settings, at)
        return habits.segments_as_json(stated, world.tastes, self.settings)

    def onboarding(
        self,
        user_id: str,
        k: int = 5,
        shown: Sequence[str] = (),
        constraints: Constraints | Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What to ask somebody who is new, most telling first: ``titles`` and ``topics``, none that may not be shown.

        Answers are events: a like or dislike of the title or topic, ``already_seen``. What is shown and left alone
        counts as not known.

        Args:
            k: titles at most.
            shown: ids of titles and keys of topics that were shown before and not answered.
        """
        from .onboarding import onboarding

        try:
            query = Query(user_id=user_id, k=k, constraints=constraints or Constraints(), explain=False)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        world, query = self._serving.world(), households.limited(self._store, query)
        live = self._live(query, world) or Live.nobody()
        return onboarding(world, live, query, shown, portraying.names_in(world))

    def state(self, user_id: str, text: str) -> dict[str, Any]:
        """Take a taste stated in a sentence, English or Chinese: "I like slow Japanese films and hate musicals".

        Returns:
            ``understood``: topics with strength, -1 … 1, which are recorded as likes and dislikes and count in the next
            answer, also where what is liked was hidden before; ``left_out``: parts that say something unknown here, or
            that may mean one thing or another; ``recorded``: how many events these came to.

        Raises:
            InvalidInput: there are no words.
        """
        from ..profiles.statements import understood
        from . import stating

        if not text.strip():
            raise InvalidInput("A statement needs words, and there are none.")
        world = self._serving.world()
        found = understood(text, stating.terms_of(world))
        live = self._histories.get(user_id, world.catalogue)
        recorded = self.record(stating.events_of(user_id, found, live, self.event))
        told = stating.as_json(world, found, portraying.names_in(world))
        return {"user": user_id, **told, "recorded": recorded.accepted}

    def said(self, user_id: str) -> dict[str, Any]:
        """What a person says they like, dislike and look for: topics with strength, date and the events that say it."""
        live = self._histories.get(user_id, self._serving.world().catalogue)
        return said_topics(live.said, now().timestamp()).as_json()

    def history(
        self, user_id: str, limit: int = 50, kinds: Sequence[EventKind] | None = None
    ) -> list[tuple[Event, Item | None]]:
        """A person's newest events, of some kinds, with their items (None where the item is gone or there is none)."""
        found = self._store.events(user_id=user_id, kinds=kinds, newest_first=True, limit=limit)
        events = [event for _, event in found]
        items = self._store.find_items({e.item_id for e in events if e.item_id is not None})
        return [(event, items.get(event.item_id) if event.item_id else None) for event in events]

    def users(self, limit: int | None = None, after: str | None = None) -> list[str]:
        """Ids of people, those with most events first; all of them in order of id with ``after``."""
        if after is None and limit is not None:
            return [user_id for user_id, _ in self._store.busiest_users(limit)]
        return self._store.user_ids(limit=limit, after=after)

    def suspects(self, status: str | None = None, language: str = "en") -> list[Suspect]:
        """Profiles that look made to push an item, or like machines, surest first, with the reasons in words.

        Args:
            status: ``pending``, ``confirmed`` or ``cleared``; None: all.
        """
        from .reviewing import suspects

        return [s for s in suspects(self._store, self.settings, language) if status in (None, s.status)]

    def decide(self, user_id: str, confirm: bool) -> Verdict:
        """Confirm a suspect, who then counts for nothing in training, or clear one, who counts in full; it wins over
        every figure. Raises NotFound for somebody of whom nothing is known."""
        from .reviewing import decide

        return decide(self._store, user_id, confirm)

    def undecide(self, user_id: str) -> None:
        """Forget what was decided about a suspect. Raises NotFound where nothing was."""
        from .reviewing import undecide

        undecide(self._store, user_id)

    # Households and groups

    def household(self, account: str) -> Household:
        """The members of an account; none for one that nobody knows."""
        return self._store.household(account)

    def household_of(self, user_id: str) -> Household:
        """The household that a person is a member of; without an account where they are of none."""
        return households.household_of(self._store, user_id)

    def put_member(self, account: str, name: str | None = None, user_id: str | None = None, **limit: Any) -> Member:
        """Add a member to an account, or change one: what is not stated stays as it is.

        Args:
            name: needed for a new one; no two members of an account have the same.
            user_id: of the profile; one that is there already brings its history. None: a new member with a new id.
            limit: ``max_maturity``: the highest minimum age of what may ever be shown to them, None for no limit.

        Raises:
            InvalidInput: the name is taken, or the id belongs to another account.
        """
        return households.put_member(self._store, account, name, user_id, limit)

    def remove_member(self, account: str, member: str) -> Member:
        """Take a member, by name or user id, out of an account; what is known of the person stays, their limit goes.

        Raises:
            NotFound: the account has no such member.
        """
        return households.remove_member(self._store, account, member)

    def choose_together(
        self, group: Sequence[str], item_id: str, kind: str = "play", event_id: str | None = None
    ) -> tuple[Recorded, Answer]:
        """Record that these people chose an item together: an event for each, with how well it suited them, so that
        the strategy ``fairness`` knows whose turn is next.

        Args:
            kind: ``play`` or ``complete``.
            event_id: the same id twice is one choice.

        Returns:
            What was recorded, and the item as the only pick of an answer.
        """
        query = households.limited(self._store, households.query_of(group))
        self._look_for(item_id)
        world = self._serving.world()
        answer, events = households.chosen(world, query, self._people(query, world), item_id, kind, event_id)
        return self.record(events), answer

    def export(self, user_id: str) -> Iterator[dict[str, Any]]:
        """Everything stored about a person, row by row, and what is believed about them."""
        yield from self._store.export_user(user_id)
        yield {"table": "taste", **self.profile(user_id).as_json()}
        yield {"table": "patterns", **self.patterns(user_id)}
        yield {"table": "said", **self.said(user_id)}
        yield {"table": "portrait", **self.portrait(user_id, written=False)}

    def erase(self, user_id: str) -> dict[str, Any]:
        """Delete everything stored about a person. Models keep no ids; the next training forgets the rest."""
        erased = self._store.erase_user(user_id)
        self._histories.forget(user_id)
        self._texts.forget(user_id)
        left = sum(1 for _ in self._store.events(user_id=user_id, limit=1))
        trained = self._registry.serving() is not None
        return {
            "user": user_id,
            "erased": erased,
            "left": left,
            "models": "trained models hold no ids, only sums over everybody; `segue train` forgets this person's part"
            if trained
            else "nothing has been trained",
        }

    # The language model

    def test_language_model(self) -> dict[str, Any]:
        """Whether the language model of ``[llm]`` can be reached, which typed answers it gives, how fast, with tools.

        Raises:
            SettingsError: none is stated, or it refuses the key or knows no such model.
            ServiceDown: nobody is there.
        """
        from .language_models import tested

        return tested(self.settings.llm)

    def language_models(self) -> list[str]:
        """Names of the models that the server of ``[llm]`` lists. Raises SettingsError, ServiceError."""
        from .language_models import models

        return models(self.settings.llm)

    def language_model_usage(self) -> dict[str, Any]:
        """Calls, tokens and their cost by day (UTC) and purpose."""
        from .language_models import used

        return used(self._store, self.settings.llm)

    # The whole

    def status(self) -> dict[str, Any]:
        """Counts, the serving version, its models, and a few people to try."""
        version = self._registry.open()
        manifest = version.manifest if version else {}
        return {
            "workspace": str(self.workspace),
            "counts": self._store.counts(),
            "kinds": self._store.item_kinds(),
            "version": version.name if version else None,
            "versions": self._registry.names(),
            "created_at": manifest.get("created_at"),
            "data": manifest.get("data"),
            "models": [{"name": name, "seconds": manifest["seconds"][name]} for name in manifest.get("models", ())],
            "people": self.users(limit=20),
        }

    def ready(self) -> list[str]:
        """What keeps this process from answering; empty when nothing does."""
        world = self._serving.world()
        return [] if len(world.catalogue) else ["the catalogue is empty"]

    def evaluation(self) -> dict[str, Any] | None:
        """The evaluation of the serving version, in its JSON shape."""
        version = self._registry.open()
        report: dict[str, Any] | None = version.folder.read_json("evaluation") if version else None
        return report

    def evaluation_plots(self, language: str = "en") -> dict[str, str]:
        """The same as pictures: name → SVG."""
        from ..evaluation.report import plots

        report = self.evaluation()
        return plots(report, language) if report else {}

    def evaluation_page(self, report: Mapping[str, Any], language: str = "en") -> str:
        """An evaluation as one self-contained HTML page with plots."""
        from ..evaluation.report import as_html

        return as_html(report, language)

    def transparency(self, language: str = "en") -> dict[str, Any]:
        """The main parameters of the recommendations and their weight, from the live settings."""
        from .transparency import transparency

        return transparency(self._serving.world().settings, self._registry.serving(), language)

    def backup(self, file: str | Path) -> dict[str, Any]:
        """Write settings, rows and the serving version into one archive."""
        return safekeeping.backup(self.workspace, self._store, self._registry, Path(file))

    @staticmethod
    def restore(file: str | Path, workspace: str | Path, storage_url: str | None = None) -> dict[str, Any]:
        """Fill an empty workspace from a backup; its rows go where they were, or to another URL (empty: SQLite)."""
        return safekeeping.restore(Path(file), Path(workspace), storage_url)

    @staticmethod
    def doctor(workspace: str | Path) -> list[safekeeping.Check]:
        """Check libraries, programs, settings, rows and artefacts."""
        return safekeeping.doctor(Path(workspace))

    # Inside

    def world(self) -> World:
        """Catalogue, models and vectors as they serve now, for the rooms that the engine puts together."""
        return self._serving.world()

    def _ask(self, **fields: Any) -> Answer:
        try:
            query = Query(**fields)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        return self.ask(query)

    def _encoded(self, query: Query) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        """The words of a query by space, where its leanings lie, and the spaces whose encoder failed."""
        lost: list[str] = []
        # Of a mood's words only names of the catalogue are looked for: no encoder is asked.
        if not ((query.words and query.recipe != "mood") or query.leanings):
            return {}, {}, lost
        from ..understanding.run import encode_words
        from .searching import poles

        encode = partial(encode_words, settings=self.settings, workspace=self.workspace, lost=lost)
        return encode(query.words) if query.words else {}, poles(query.leanings, encode), lost

    def _portrait(self, user_id: str) -> portraying.Read:
        world = self._serving.world()
        live = self._histories.get(user_id, world.catalogue)
        return portraying.read(world, self._store, self.settings, user_id, live)

    def _devices(self, user_id: str) -> list[str]:
        """The device of each event of a person that names one and still speaks."""
        silenced = self._histories.get(user_id, self._serving.world().catalogue).silenced
        contexts = (event.context for seq, event in self._store.events(user_id=user_id) if seq not in silenced)
        return [context.device for context in contexts if context is not None and context.device]

    def _people(self, query: Query, world: World) -> list[Companion]:
        """The people of a group as the rows of that world tell them."""
        if not (query.group and query.personal):
            return []
        return households.companions(self._store, self._histories, world, query)

    def _live(self, query: Query, world: World | None = None) -> Live | None:
        """The person as the rows of that world tell them; None: of the newest one."""
        if query.user_id is None or not query.personal:
            return None
        world = world or self._serving.world()
        live = self._histories.get(query.user_id, world.catalogue)
        if not world.priors.keys or known(live.history) == "warm":
            return live
        user = self._store.user(query.user_id)
        stated = consented(user.attributes, self.settings.people.attributes) if user else {}
        return dataclasses.replace(live, attributes=stated)

    def _look_for(self, item_id: str) -> None:
        """Where the world lacks an item that is stored, since another process has put it there just now, look again."""
        catalogue = self._serving.world().catalogue
        row = catalogue.row_of.get(item_id)
        lacking = row is None or catalogue.items[row] is None
        if lacking and not self._serving.degraded and self._store.has_items([item_id]):
            self._serving.refresh()


def _silent(*_: object) -> None:
    pass

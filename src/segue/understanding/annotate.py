"""Catalogue a catalogue: every annotator labels what is new or has changed, then summaries are made and, where there is
a language model, relations read and blurbs written by it; nothing twice.

It runs after the encoders, whose vectors annotators read. Labels are stored batch by batch, so that a run that is
stopped, or has used up its budget, goes on from there the next time. Corrections by people are out of its reach.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..annotations import Annotated, Summary
from ..errors import NotFound, SegueError
from ..items import Item
from ..llm.budget import Budget, Usage
from ..llm.client import LanguageModel
from ..settings import Settings
from ..storage.rows import Store
from . import blurbs
from .annotators import TABLE
from .annotators.base import Annotator, Progress
from .annotators.language_model import LanguageModelAnnotator
from .knowledge import language_model as knowledge
from .summaries import ABSTRACTIVE, EXTRACTIVE, abstractive, extractive, fingerprint, text_of
from .transcripts import with_transcripts

SUMMARIES, RELATIONS, BLURBS = "summaries", "relations", "blurbs"
"""The steps that follow the annotators; all but the first only where ``[llm] url`` is set."""
_STORED_AT_ONCE = {"language_model": 8}
"""Answers that a kill may lose; they are dear. Others: `_BATCH`."""
_BATCH = 500
Found = TypeVar("Found", Summary, knowledge.Connected, blurbs.Blurbs)


def steps() -> list[str]:
    """What `annotate` can do, by name."""
    return [*TABLE, SUMMARIES, RELATIONS, BLURBS]


@dataclass
class StepReport:
    """What one annotator did, the making of summaries or blurbs, or the reading of relations."""

    step: str
    done: int = 0
    labels: int = 0
    """Labels put on items; relations read in them."""
    unchanged: int = 0
    failed: int = 0
    left: int = 0
    """Items that wait for the next run, because this one stopped (budget, no server)."""
    seconds: float = 0.0
    dropped: int = 0
    """What a language model said and what did not stand the check: labels, relations, sentences."""
    usage: dict[str, int] | None = None
    """Of the language model, where one was asked."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {**self.__dict__, "seconds": round(self.seconds, 2)}


@dataclass
class AnnotateReport:
    """What a run did, step by step."""

    steps: list[StepReport] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    """``{"where": item or step, "what": one sentence}``"""


def annotate(
    store: Store,
    settings: Settings,
    *,
    only: Sequence[str] | None = None,
    progress: Progress | None = None,
    workspace: Path = Path(),
) -> AnnotateReport:
    """Label and sum up every item whose content, or whose annotator, has changed since it was last read.

    Args:
        only: names of annotators, ``summaries``, ``relations``, ``blurbs``; None: the annotators of ``[cataloguing]``,
            and all of these.

    Raises:
        NotFound: there is no such annotator.
    """
    names = [*settings.cataloguing.annotators, SUMMARIES, RELATIONS, BLURBS] if only is None else list(only)
    for name in names:
        if name not in steps():
            raise NotFound.named("annotator", name, steps())
    report = AnnotateReport()
    tell = progress or (lambda *_: None)
    items = list(with_transcripts(store.items(), store))
    # One for all steps: what a run may use of a language model is stated for the run.
    budget = Budget(settings.llm.budget_calls, settings.llm.budget_tokens)
    for name in names:
        if name in TABLE:
            annotator = TABLE.load(name)(store, settings, workspace)
            annotator.budget = budget
            _label(annotator, items, report, tell)
    if SUMMARIES in names:
        _sum_up(store, settings, items, report, tell, budget)
    if RELATIONS in names and settings.llm.url:
        _connect(store, settings, items, report, tell, budget)
    if BLURBS in names and settings.llm.url:
        _word(store, settings, items, report, tell, budget)
    elif only is not None and BLURBS in names:
        report.problems.append(
            {"where": BLURBS, "what": "[llm] url is empty: there is no language model to write them"}
        )
    return report


def annotate_items(store: Store, settings: Settings, item_ids: Sequence[str], workspace: Path = Path()) -> list[str]:
    """Label and sum up a few items that have just come, with what has been learnt.

    Nothing is learnt and no language model is asked: what takes long is left to the next run.

    Returns:
        What could not be done, a sentence each.
    """
    report = AnnotateReport()
    tell: Progress = lambda *_: None  # noqa: E731
    items = list(with_transcripts(store.find_items(item_ids).values(), store, item_ids))
    for name in settings.cataloguing.annotators:
        _label(TABLE.load(name)(store, settings, workspace), items, report, tell, item_ids)
    _extract(store, settings, items, StepReport(SUMMARIES), tell, item_ids)
    return [f"{problem['where']}: {problem['what']}" for problem in report.problems]


def _label(
    annotator: Annotator,
    items: Sequence[Item],
    report: AnnotateReport,
    progress: Progress,
    few: Sequence[str] | None = None,
) -> None:
    """Label the items, which are those with the ids ``few``, or the whole catalogue."""
    step = StepReport(annotator.name)
    began = time.monotonic()
    todo: list[Item] = []
    handled: set[str] = set()
    before = annotator.budget.usage.as_json() if annotator.budget is not None else {}
    try:
        if not (annotator.prepare(items, progress) if few is None else annotator.recall(few)):
            return  # nothing to learn from, or no language model stated: not a failure
        report.steps.append(step)
        todo = _changed(annotator, items, step, few)
        for batch in _batches(annotator.annotate(todo), _STORED_AT_ONCE.get(annotator.name, _BATCH)):
            annotator.store.put_annotated(batch)
            for one in batch:
                handled.add(one.item_id)
                step.labels += len(one.labels)
                if one.problem:
                    report.problems.append({"where": one.item_id, "what": f"{annotator.name}: {one.problem}"})
                if one.problem and not one.labels:
                    step.failed += 1
                else:
                    step.done += 1
            progress(annotator.name, len(handled), len(todo))
    except SegueError as error:
        # The annotator as a whole cannot go on: the others take its place, and the next run tries again.
        if step not in report.steps:
            report.steps.append(step)
        report.problems.append({"where": annotator.name, "what": str(error)})
    step.left = len(todo) - len(handled)
    step.seconds = time.monotonic() - began
    if isinstance(annotator, LanguageModelAnnotator) and annotator.model is not None:
        step.usage, step.dropped = _since(before, annotator.model.usage), annotator.dropped


def _since(before: Mapping[str, int], usage: Usage) -> dict[str, int]:
    """What was used since then."""
    return {name: count - before.get(name, 0) for name, count in usage.as_json().items()}


def _changed(annotator: Annotator, items: Sequence[Item], step: StepReport, few: Sequence[str] | None) -> list[Item]:
    """The items to label: new, changed, or failed before. One that there is nothing to say about needs no row."""
    known = annotator.store.annotated(annotator.name, few)
    todo = []
    for item in items:
        before = known.get(item.id)
        if before is None:
            if annotator.wants(item) is not None:
                todo.append(item)
        elif before[0] == annotator.fingerprint(item):
            step.unchanged += 1
        else:
            todo.append(item)
    return todo


def _batches(found: Iterable[Annotated], size: int) -> Iterable[list[Annotated]]:
    """In lists of ``size``. What is ready is handed over before an error or Ctrl-C goes on."""
    batch: list[Annotated] = []
    try:
        for one in found:
            batch.append(one)
            if len(batch) >= size:
                yield batch
                batch = []
    except (SegueError, KeyboardInterrupt):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _sum_up(
    store: Store, settings: Settings, items: Sequence[Item], report: AnnotateReport, progress: Progress, budget: Budget
) -> None:
    step = StepReport(SUMMARIES)
    report.steps.append(step)
    began = time.monotonic()
    todo = _extract(store, settings, items, step, progress)
    if settings.llm.url:
        own = store.summarised(ABSTRACTIVE)
        todo = [i for i in todo if text_of(i) and own.get(i.id) != (fingerprint(i, ABSTRACTIVE, settings), None)]
        put: Callable[[Summary], None] = lambda one: store.put_summaries([one])  # noqa: E731
        _by_model(store, settings, todo, abstractive, put, step, report, progress, budget)
    step.seconds = time.monotonic() - began


def _extract(
    store: Store,
    settings: Settings,
    items: Sequence[Item],
    step: StepReport,
    progress: Progress,
    few: Sequence[str] | None = None,
) -> list[Item]:
    """Sum up in the items' own sentences what is new or has changed; returns what there is to sum up."""
    known = store.summarised(EXTRACTIVE, few)
    todo = [item for item in items if text_of(item) or item.id in known]
    changed = [i for i in todo if known.get(i.id, ("",))[0] != fingerprint(i, EXTRACTIVE, settings)]
    step.unchanged = len(todo) - len(changed)
    for start in range(0, len(changed), _BATCH):
        batch = changed[start : start + _BATCH]
        store.put_summaries(extractive(item, settings) for item in batch)
        step.done += len(batch)
        progress(SUMMARIES, step.done, len(changed))
    return todo


def _connect(
    store: Store, settings: Settings, items: Sequence[Item], report: AnnotateReport, progress: Progress, budget: Budget
) -> None:
    step = StepReport(RELATIONS)
    report.steps.append(step)
    began = time.monotonic()
    todo, step.unchanged = knowledge.changed(store, settings, items)

    def put(one: knowledge.Connected) -> None:
        knowledge.keep(store, one)
        step.labels += len(one.relations)
        step.dropped += len(one.dropped)

    _by_model(store, settings, todo, knowledge.connect, put, step, report, progress, budget)
    step.seconds = time.monotonic() - began


def _word(
    store: Store, settings: Settings, items: Sequence[Item], report: AnnotateReport, progress: Progress, budget: Budget
) -> None:
    step = StepReport(BLURBS)
    report.steps.append(step)
    began = time.monotonic()
    known = store.summarised(blurbs.MAKER + blurbs.LANGUAGES[-1])
    todo, step.unchanged = blurbs.changed(known, settings, items)

    def put(one: blurbs.Blurbs) -> None:
        store.put_summaries(one.texts)
        step.dropped += one.dropped

    _by_model(store, settings, todo, blurbs.written, put, step, report, progress, budget)
    step.seconds = time.monotonic() - began


def _by_model(
    store: Store,
    settings: Settings,
    todo: Sequence[Item],
    read: Callable[[Sequence[Item], Settings, LanguageModel], Iterator[Found]],
    put: Callable[[Found], None],
    step: StepReport,
    report: AnnotateReport,
    progress: Progress,
    budget: Budget,
) -> None:
    """Have a language model read items; each answer is stored before the next is waited for."""
    handled = 0
    before = budget.usage.as_json()
    try:
        with LanguageModel(settings.llm, store, budget) as model:
            try:
                for found in read(todo, settings, model):
                    put(found)
                    handled += 1
                    if found.problem:
                        step.failed += 1
                        report.problems.append({"where": found.item_id, "what": f"{step.step}: {found.problem}"})
                    else:
                        step.done += 1
                    progress(f"{step.step} by a language model", handled, len(todo))
            finally:
                step.usage = _since(before, model.usage)
    except SegueError as error:
        report.problems.append({"where": step.step, "what": str(error)})
    step.left = len(todo) - handled

"""Answer: what a request gets back; Pick and Reason: one item of it and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .items import Item
from .queries import Query

KeptEvidence = tuple[str, str, str, float] | tuple[str, str, str, float, str, float | None]
"""The fields of `Evidence` in their order, as rows keep them; what was kept first has four."""


@dataclass(frozen=True)
class Evidence:
    """One recorded fact that a reason rests on."""

    kind: str
    """``seed`` (an item of the person's history), ``topic``, ``popularity``, ``words``, ``session`` …"""
    ref: str
    """What it points to: an item id, a genre, a query; empty where that is not to be quoted (words of a model)."""
    name: str
    """The same, as a person would call it."""
    weight: float
    """Share of the score that it carries, 0 … 1."""
    via: str = ""
    """How it reached the score: ``history``, ``seeds`` (of the query), ``session``, ``stated``, ``said``, ``words``,
    ``meaning``, ``mood``, ``named`` (in the words), ``across`` (from another medium), ``popularity``, ``answers``,
    ``prior``, ``fresh``, ``live``, ``habit`` (what somebody often chooses), ``place`` (a newcomer's place on the page);
    ``shared``: not by itself, it is what the item has in common with the evidence before it; ``fact``: true of the
    item, and not measured."""
    influence: float | None = None
    """How much the score of the pick falls without it, in the unit of the score; None where that is not measured. On a
    card by the parts of the blend that can say what carried them; in a full account by ranking again."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "kind": self.kind,
            "ref": self.ref,
            "name": self.name,
            "weight": round(self.weight, 4),
            "via": self.via,
            "influence": None if self.influence is None else round(self.influence, 6),
        }


@dataclass(frozen=True)
class Reason:
    """A sentence ("Because …" / "因为…") and the evidence it names."""

    text: str
    evidence: tuple[Evidence, ...] = ()

    @classmethod
    def of(cls, text: str, evidence: Iterable[KeptEvidence]) -> Reason:
        """One that was kept."""
        return cls(text, tuple(Evidence(*one) for one in evidence))

    @property
    def kept(self) -> tuple[KeptEvidence, ...]:
        """The evidence, to be kept."""
        return tuple((e.kind, e.ref, e.name, e.weight, e.via, e.influence) for e in self.evidence)

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {"text": self.text, "evidence": [one.as_json() for one in self.evidence]}


@dataclass(frozen=True)
class Suits:
    """How well a pick suits one of a group."""

    user_id: str
    name: str
    """What the others call them."""
    share: float
    """0: no better than the middle one of all candidates; 1: as well as what they would be offered alone."""
    reason: Reason | None = None
    """Why, said to this person alone."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "user_id": self.user_id,
            "name": self.name,
            "suits": round(self.share, 4),
            "reason": None if self.reason is None else self.reason.as_json(),
        }


@dataclass(frozen=True)
class Shared:
    """What a list is for the people who asked for it together."""

    key: str
    """`segue.groups.key_of`: for the ``context`` of the events of what they choose."""
    strategy: str
    members: tuple[Suits, ...]
    """How well the whole list suits each of them: the mean over the picks."""
    so_far: tuple[float | None, ...] = ()
    """For ``fairness``, for each of them: 0 … 1, what they got from the group's last choices; None: no choice yet."""
    counts: tuple[float, ...] = ()
    """For each of them: how much they count in this list, as a share of 1."""

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "key": self.key,
            "strategy": self.strategy,
            "members": [
                {
                    "user_id": one.user_id,
                    "name": one.name,
                    "suits": round(one.share, 4),
                    "so_far": None if so_far is None else round(so_far, 4),
                    "counts": round(counts, 4),
                }
                for one, so_far, counts in zip(self.members, self.so_far, self.counts, strict=True)
            ],
        }


@dataclass(frozen=True)
class Pick:
    """One recommended item."""

    item: Item
    score: float
    """Blended score; only its order within one answer means something."""
    sources: tuple[str, ...]
    """Which sources proposed it, strongest first."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Score per model, before blending."""
    reason: Reason | None = None
    suits: tuple[Suits, ...] = ()
    """For a group: how well it suits each of them."""
    query: Query | None = None
    """What was asked when it was found, where that is not what its list was asked with."""


@dataclass(frozen=True)
class Answer:
    """The picks of one request, best first, and how they came about."""

    user_id: str | None
    recipe: str
    version: str | None
    """Serving version of the models; None where nothing has been trained."""
    picks: tuple[Pick, ...]
    degraded: tuple[str, ...] = ()
    """What failed or was missing on the way, for example ``source:als`` or ``not-trained``. Empty: all went well."""
    removed: Mapping[str, int] = field(default_factory=dict)
    """How many candidates each filter took out."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    request_id: str = ""
    group: Shared | None = None
    """For a group: who it was made for, and how well it suits them."""
    understood: tuple[Mapping[str, Any], ...] | None = None
    """For a search: what was read from the sentence, each ``{"what", "text", "said", "without"}``, and of
    what a language model has put in other words ``by`` and ``leave``, which takes it back."""
    emptied_by: tuple[str, ...] = ()
    """For a search that found nothing: what was understood and left nothing."""
    query: Query | None = None
    """What was asked, with what was read from a sentence; the engine states it."""

    def __iter__(self) -> Iterator[Pick]:
        return iter(self.picks)

    def __len__(self) -> int:
        return len(self.picks)

    def __getitem__(self, position: int) -> Pick:
        return self.picks[position]

    def as_json(self) -> dict[str, Any]:
        """The stable shape that the command line and the HTTP API print."""
        return {
            "user_id": self.user_id,
            "recipe": self.recipe,
            "version": self.version,
            "request_id": self.request_id,
            "degraded": list(self.degraded),
            **({} if self.query is None else {"query": self.query.asked()}),
            **({} if self.understood is None else self._search()),
            **({} if self.group is None else {"group": self.group.as_json()}),
            "picks": [
                {
                    "item": p.item.id,
                    "title": p.item.title,
                    "kind": p.item.kind.value,
                    "score": round(p.score, 6),
                    "sources": list(p.sources),
                    "reason": None if p.reason is None else p.reason.as_json(),
                    **({"suits": [one.as_json() for one in p.suits]} if p.suits else {}),
                }
                for p in self.picks
            ],
        }

    def _search(self) -> dict[str, Any]:
        return {"understood": [dict(part) for part in self.understood or ()], "emptied_by": list(self.emptied_by)}

"""Edit: one change that a person makes to a line of their portrait."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from .items import Noun
from .topics import LONGEST


class Action(StrEnum):
    """What is done to a line."""

    LIKE = "like"
    DISLIKE = "dislike"
    STRENGTH = "strength"
    """More or less of the same: ``value`` is needed."""
    PIN = "pin"
    """It stays first, whatever else comes; a mute ends."""
    UNPIN = "unpin"
    LOCK = "lock"
    """Its strength stays as it is, whatever the person does."""
    UNLOCK = "unlock"
    MUTE = "mute"
    """What it is about is not shown, for ``days`` or for good."""
    UNMUTE = "unmute"
    DELETE = "delete"
    """What was done before no longer speaks of it; a mute of it ends, too."""
    RESTORE = "restore"
    """A deleted line speaks again."""


class Edit(Noun):
    """One change of one line."""

    line: Annotated[str, Field(min_length=1, max_length=LONGEST)]
    """Id of the line: a topic (``genre:horror``), an item that is hidden (``item:ID``), a habit (``habit:part``)."""
    action: Action
    value: Annotated[float, Field(ge=0.01, le=1)] | None = None
    """How strongly, for ``like``, ``dislike`` and ``strength``."""
    days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """How long, for ``mute``; None: for good."""

    @model_validator(mode="after")
    def _fits(self) -> Edit:
        if self.action is Action.STRENGTH and self.value is None:
            raise ValueError("the action 'strength' needs a value, 0.01 … 1")
        if self.value is not None and self.action not in (Action.LIKE, Action.DISLIKE, Action.STRENGTH):
            raise ValueError(f"the action {self.action.value!r} takes no value")
        if self.days is not None and self.action is not Action.MUTE:
            raise ValueError(f"the action {self.action.value!r} takes no days")
        return self

"""Editing a portrait: each edit becomes events, and nothing else is stored.

    like, dislike   ``like`` or ``dislike`` of the topic; where it is muted, ``clear`` first
    strength        the same again with another value
    pin             ``clear``, then ``like`` (or ``dislike``): what hid the topic ends
    lock            ``like`` or ``dislike`` as strongly as the line is now; what is stated beats what is inferred
    unpin, unlock   ``clear``, then whatever was stated beside it
    mute            ``clear``, whatever was stated, then ``snooze`` or ``not_interested``: the longest mute would hold
    unmute          ``clear``, then whatever was stated
    delete          ``exclude`` of the topic, behind a ``clear`` where it is muted: an exclusion alone hides and unhides
                    nothing
    restore         ``exclude`` with the value 0

That a line is pinned or locked stands in the ``source`` of its last event. Edits happen after everything that the
person has done, also where a clock of theirs is up to a day ahead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..catalogue import Catalogue
from ..edits import Action, Edit
from ..errors import InvalidInput, NotFound
from ..events import Event, EventKind
from .history import DAY_S, Live
from .portrait import FLAGS, SOURCE, Chosen, Line, Portrait

_ADDING = (Action.LIKE, Action.DISLIKE, Action.MUTE, Action.DELETE)
"""What can be said of a topic of the catalogue that is no line yet."""


@dataclass(frozen=True)
class _Standing:
    """What the person has chosen about a line so far."""

    value: float | None = None
    """Liked (> 0) or disliked (< 0); None: nothing is stated."""
    flags: frozenset[str] = frozenset()
    muted: bool = False
    until: float = math.inf
    strength: float = 0.0
    """That of the line, whoever says so."""


def events_of(
    user_id: str,
    edits: Sequence[Edit],
    found: Portrait,
    live: Live,
    chosen: dict[str, Chosen],
    catalogue: Catalogue,
    now: datetime,
    new_id: Callable[[], str],
) -> list[Event]:
    """The events that a person's edits come to, in their order.

    Raises:
        NotFound: there is no such line, and no such topic in the catalogue; names it.
        InvalidInput: that cannot be done to that line; nothing has been stored.
    """
    clock = after(live, now)
    standing = {key: _standing(key, found.line(key), live, chosen.get(key), now.timestamp()) for key in _lines(edits)}
    made: list[Event] = []
    for edit in edits:
        key = edit.line
        _check(edit, found, live, catalogue)
        before_it = standing[key]
        standing[key] = _changed(edit, before_it, now.timestamp())
        for kind, value, source in _kinds(edit, before_it, standing[key], now.timestamp()):
            about = {"item_id": key.partition(":")[2]} if key.startswith("item:") else {"topic": key}
            at = clock + timedelta(microseconds=len(made))
            made.append(Event(id=new_id(), user_id=user_id, kind=kind, at=at, value=value, source=source, **about))
    return made


def after(live: Live, now: datetime) -> datetime:
    """Now; or just after the person's newest event, where that is of a clock at most a day ahead."""
    before = live.times[live.times <= now.timestamp() + DAY_S]
    newest = datetime.fromtimestamp(float(before[-1]), UTC) if len(before) else now
    return max(now, newest + timedelta(microseconds=10))


def _lines(edits: Sequence[Edit]) -> list[str]:
    return list(dict.fromkeys(edit.line for edit in edits))


def _standing(key: str, line: Line | None, live: Live, chosen: Chosen | None, now: float) -> _Standing:
    until = live.hidden_topics.get(key, -math.inf)
    if key.startswith("item:"):
        until = math.inf
    return _Standing(
        value=chosen.value if chosen else None,
        flags=chosen.flags if chosen else frozenset(),
        muted=until > now,
        until=until,
        strength=line.strength if line else 0.0,
    )


def _hidden(key: str, live: Live, catalogue: Catalogue) -> bool:
    """Whether it is an item that is hidden, also one that no line is about."""
    sort, _, item_id = key.partition(":")
    return sort == "item" and catalogue.row_of.get(item_id) in live.hidden_until


def _check(edit: Edit, found: Portrait, live: Live, catalogue: Catalogue) -> None:
    line = found.line(edit.line)
    if edit.action is Action.RESTORE:
        if edit.line not in live.forgotten:
            raise NotFound(f"There is no deleted line {edit.line!r} that could be restored.")
        return
    if line is None and _hidden(edit.line, live, catalogue):
        allowed: tuple[str, ...] = (Action.UNMUTE.value,)
    elif line is None:
        if edit.line not in catalogue.topics.column:
            raise NotFound.named("line", edit.line, (one.id for one in found.lines))
        allowed = tuple(action.value for action in _ADDING)
    elif line.sort == "habits" or line.id.startswith("item:"):
        allowed = line.actions
    else:
        return
    if edit.action.value not in allowed:
        raise InvalidInput(
            f"The line {edit.line!r} cannot take the action {edit.action.value!r}. It takes: {', '.join(allowed)}."
        )


def _changed(edit: Edit, old: _Standing, now: float) -> _Standing:
    """What stands after the edit."""
    sign = -1.0 if (old.value if old.value is not None else old.strength) < 0 else 1.0
    size = abs(old.value if old.value is not None else old.strength) or 1.0
    match edit.action:
        case Action.LIKE | Action.DISLIKE:
            turned = 1.0 if edit.action is Action.LIKE else -1.0
            kept = size if sign == turned and old.strength else 1.0
            return replace(
                old,
                value=turned * (edit.value or kept),
                strength=turned * (edit.value or kept),
                flags=old.flags | {"stated"},
                muted=old.muted and edit.action is Action.DISLIKE,
            )
        case Action.STRENGTH:
            value = sign * (edit.value or size)
            return replace(old, value=value, strength=value, flags=old.flags | {"stated"})
        case Action.PIN:
            return replace(old, value=sign * size, strength=sign * size, flags=old.flags | {"pinned"}, muted=False)
        case Action.LOCK:
            return replace(old, value=sign * size, strength=sign * size, flags=old.flags | {"locked"})
        case Action.UNPIN | Action.UNLOCK:
            flags = old.flags - {"pinned" if edit.action is Action.UNPIN else "locked"}
            return replace(old, value=old.value if flags else None, flags=flags)
        case Action.MUTE:
            return replace(old, muted=True, until=math.inf if edit.days is None else now + DAY_S * edit.days)
        case Action.UNMUTE:
            return replace(old, muted=False)
        case Action.DELETE:
            return _Standing()
        case Action.RESTORE:
            return old


def _kinds(edit: Edit, old: _Standing, new: _Standing, now: float) -> list[tuple[EventKind, float | None, str]]:
    """(kind, value, source) of the events that lead from the one to the other."""
    if edit.action is Action.RESTORE:
        return [(EventKind.EXCLUDE, 0.0, SOURCE)]
    found: list[tuple[EventKind, float | None, str]] = []
    cleared = edit.action in (Action.PIN, Action.MUTE, Action.UNMUTE, Action.UNPIN, Action.UNLOCK) or (
        old.muted and not new.muted
    )
    if cleared:
        found.append((EventKind.CLEAR, None, SOURCE))
    if edit.action is Action.DELETE:
        return [*found, (EventKind.EXCLUDE, None, SOURCE)]
    if new.value is not None and (cleared or (new.value, new.flags) != (old.value, old.flags)):
        kind = EventKind.LIKE if new.value > 0 else EventKind.DISLIKE
        source = SOURCE + (":" + "+".join(flag for flag in FLAGS if flag in new.flags) if new.flags else "")
        found.append((kind, round(abs(new.value), 4), source))
    if new.muted and cleared:
        if math.isfinite(new.until):
            found.append((EventKind.SNOOZE, max((new.until - now) / DAY_S, 1e-6), SOURCE))
        else:
            found.append((EventKind.NOT_INTERESTED, None, SOURCE))
    return found

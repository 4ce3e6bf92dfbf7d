"""What a change makes of a playlist, and what playing makes of a channel; nothing is kept here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import InvalidInput
from ...phrases import cleaned
from ...playlists import MOST_REMEMBERED, Changes, Order, Playlist
from .making import Maker
from .reading import asked, read


def changed(of: Playlist, changes: Changes, maker: Maker, at: float) -> Playlist:
    """The playlist as it is to be; made anew where the change asks for other entries.

    Raises:
        InvalidInput: a change names no entry of it, or takes its sentence away.
    """
    there = {entry.item for entry in of.entries}
    for name in ("pin", "unpin", "remove", "arrange"):
        for one in getattr(changes, name):
            if one not in there:
                raise InvalidInput(f"{name}: {one!r} is not on the playlist {of.title!r}. Name one of its entries.")
    pin, unpin, remove = set(changes.pin), set(changes.unpin), set(changes.remove)
    entries = [
        entry.model_copy(update={"pinned": (entry.pinned or entry.item in pin) and entry.item not in unpin})
        for entry in of.entries
        if entry.item not in remove
    ]
    update: dict[str, Any] = {
        name: value
        for name in ("title", "language", "length", "order", "refresh", "channel")
        if (value := getattr(changes, name)) is not None
    }
    if changes.arrange:
        place = {one: n for n, one in enumerate(dict.fromkeys(changes.arrange))}
        entries.sort(key=lambda entry: place.get(entry.item, len(place)))
        update["order"] = Order.OWN
    restored = set(changes.restore)
    gone = dict.fromkeys(one for one in (*of.removed, *changes.remove) if one not in restored)
    update |= {"entries": tuple(entries), "removed": tuple(gone)[-MOST_REMEMBERED:]}
    new = of.model_copy(update=update)
    world = maker.world()
    if changes.sentence is not None and changes.sentence != of.sentence:
        if not changes.sentence:
            raise InvalidInput("sentence: a playlist cannot lose its sentence. Give another one, or delete it.")
        told: dict[str, Any] = {n: update[n] for n in ("length", "refresh", "channel") if n in update}
        new = new.model_copy(update={"sentence": asked(changes.sentence)})
        if changes.title is None and of.title == name_of(of.sentence):
            new = new.model_copy(update={"title": name_of(changes.sentence)})
        new = read(new, world, told)
    anew = ("language", "length", "order", "channel")
    other = any(getattr(new, name) != getattr(of, name) for name in anew) and not changes.arrange
    if other or new.sentence != of.sentence:
        return maker.made(new, world, at, first=True)
    return new.model_copy(update={"next_at": new.due_after(at)})


def played_on(of: Playlist, played: Sequence[str], maker: Maker, at: float) -> Playlist:
    """The channel without what was played, filled up again. Raises InvalidInput: it is no channel."""
    if not of.channel:
        raise InvalidInput(f"The playlist {of.title!r} is no channel, so that it ends: change it with `channel`.")
    there = {entry.item for entry in of.entries}
    heard = [one for one in played if one in there]
    gone = set(heard)
    update = {
        "entries": tuple(entry for entry in of.entries if entry.item not in gone),
        "played": tuple(dict.fromkeys([*(p for p in of.played if p not in gone), *heard]))[-MOST_REMEMBERED:],
    }
    return maker.onward(of.model_copy(update=update), at)


def name_of(sentence: str) -> str:
    """What a playlist is called that was given no title."""
    plain = cleaned(sentence, 80)
    return plain[:1].upper() + plain[1:] if plain else "Playlist"

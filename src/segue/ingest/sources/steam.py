"""Steam-200k: games, purchases and hours of play, without times.

Either the three files ``item_info.dat``, ``game_purchase.dat``, ``game_play.dat`` (tab-separated, one header line) or
the original ``steam-200k.csv`` (user, game, ``purchase`` or ``play``, value, 0). A purchase becomes ``add_to_list``;
hours of play become a ``play`` with ``played_s``. In the original a game's name is its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ...events import Event, EventKind
from ...items import Item, ItemKind
from ...users import User
from ..files import table
from ..origin import EventIds, Origin, Problems, What, existing, find, none_found, sentence, without_order

Action = tuple[str, str, str, str, str]
"""Where it stands, person, game, ``purchase`` or ``play``, hours."""


class Steam(Origin):
    """See the module."""

    name = "steam"

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        folder = existing(path)
        original = path if path.is_file() else find(folder, "steam-200k.csv")
        if original:
            yield from self._games_of(original, problems)
            actions = _original(original, problems)
        else:
            if not find(folder, "item_info.dat", "game_purchase.dat", "game_play.dat"):
                raise none_found(folder, ["steam-200k.csv", "item_info.dat", "game_purchase.dat", "game_play.dat"])
            for where, row in _rows(folder, "item_info.dat", 2, problems):
                yield from self._game(where, row[0], row[1], problems)
            actions = _split(folder, problems)
        ids = EventIds(self.name)
        for where, user, game, action, hours in without_order(actions, person=1, thing=2):
            try:
                yield self._event(user, game, action, hours, ids)
            except ValidationError as error:
                problems.reject("events", where, sentence(error))
            except ValueError as error:
                problems.reject("events", where, f"{error}.")

    def _event(self, user: str, game: str, action: str, hours: str, ids: EventIds) -> Event:
        if action not in ("purchase", "play"):
            raise ValueError(f"the action is {action[:40]!r}; expected purchase or play")
        kind = EventKind.PLAY if action == "play" else EventKind.ADD_TO_LIST
        return Event(
            id=ids.of(user, game, kind, None),
            user_id=user,
            item_id=game,
            kind=kind,
            played_s=float(hours) * 3600 if action == "play" else None,
            source=self.name,
        )

    def _game(self, where: str, game: str, title: str, problems: Problems) -> Iterator[Item]:
        kind = self.config.kind or ItemKind.GAME
        item = problems.build(Item, "items", where, {"id": game, "kind": kind, "title": title, "provider": self.name})
        if item:
            yield item

    def _games_of(self, original: Path, problems: Problems) -> Iterator[Item]:
        seen: set[str] = set()
        for where, _, game, _, _ in _original(original, Problems()):
            if game not in seen:
                seen.add(game)
                yield from self._game(where, game, game, problems)


def _original(file: Path, problems: Problems) -> Iterator[Action]:
    for number, row in table(file, problems, "events", delimiter=",", encoding="latin-1"):
        where = f"{file.name}:{number}"
        if len(row) < 4:
            problems.reject("events", where, f"The row has {len(row)} fields; expected user, game, action, value.")
            continue
        yield where, row[0], row[1], row[2], row[3]


def _split(folder: Path, problems: Problems) -> Iterator[Action]:
    for action in ("purchase", "play"):
        for where, row in _rows(folder, f"game_{action}.dat", 3, problems):
            yield where, row[0], row[1], action, row[2]


def _rows(folder: Path, name: str, least: int, problems: Problems) -> Iterator[tuple[str, list[str]]]:
    file = find(folder, name)
    if file is None:
        problems.note(folder.name, f"There is no {name} here.")
        return
    what: What = "items" if name == "item_info.dat" else "events"
    rows = table(file, problems, what, delimiter="\t", encoding="latin-1")
    next(rows, None)
    for number, row in rows:
        if len(row) < least:
            why = f"The row has {len(row)} fields; expected {least}."
            problems.reject(what, f"{file.name}:{number}", why)
            continue
        yield f"{file.name}:{number}", row

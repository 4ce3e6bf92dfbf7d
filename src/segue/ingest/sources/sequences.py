"""Sequences: one person a line, ``user item item …``, oldest first; no times.

Also the atomic files of sequential benchmarks, with the header ``user_id:token item_id_list:token_seq item_id:token``
(the last item is then the newest). Order is kept as the order of arrival.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ...errors import InvalidInput
from ...events import Event, EventKind
from ...items import Item, ItemKind
from ...users import User
from ..files import lines
from ..origin import EventIds, Origin, OriginConfig, Problems, existing, sentence


class SequencesConfig(OriginConfig):
    """Settings of `Sequences`."""

    kind: ItemKind | None = ItemKind.VIDEO
    """Kind of the items that are in no catalogue yet; those that are stay as they are."""
    event: EventKind = EventKind.COMPLETE
    """What each step of a sequence was."""


class Sequences(Origin):
    """See the module."""

    name = "sequences"
    Config = SequencesConfig

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        if existing(path).is_dir():
            raise InvalidInput(f"{path} is a folder. Give the file that holds the sequences.")
        seen: Counter[str] = Counter()
        kind: EventKind = self.config.event
        for number, line in lines(path, problems, "events"):
            words = line.split()
            if not words or (number == 1 and words[0].startswith("user_id")):
                continue
            user, steps = words[0], words[1:]
            where = f"{path.name}:{number}"
            if not steps:
                problems.reject("events", where, f"The person {user[:60]!r} has no items; expected `user item item …`.")
                continue
            seen[user] += 1
            # A person's second line is another sequence, not a repetition of the first.
            part = seen[user]
            ids = EventIds(self.name)
            for step in steps:
                try:
                    yield Event(
                        id=ids.of(user, step, kind, None, part), user_id=user, item_id=step, kind=kind, source=self.name
                    )
                except ValidationError as error:
                    problems.reject("events", where, sentence(error))

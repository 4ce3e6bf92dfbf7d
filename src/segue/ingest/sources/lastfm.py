"""Last.fm of HetRec 2011: artists, how often people played them, and the tags people gave them.

An artist is none of the kinds of item. What people did is listen to that artist's tracks, so an artist stands here as
one ``track`` whose creator is the artist, marked ``extra.is_artist``: music filters and recipes then hold for it. A
play count becomes one ``play`` with the count as its ``value`` and no time. The ten tags that most people gave an
artist become its tags.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ...events import Event, EventKind
from ...items import Item, ItemKind
from ...users import User
from ..files import table
from ..origin import EventIds, Origin, Problems, What, existing, find, none_found, sentence, without_order
from ..values import clean

TAGS = 10


class LastFm(Origin):
    """See the module."""

    name = "lastfm"

    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event]:
        """See `Origin.read`."""
        folder = existing(path)
        if not find(folder, "artists.dat") and not find(folder, "user_artists.dat"):
            raise none_found(folder, ["artists.dat", "user_artists.dat"])
        tags = self._tags(folder, problems)
        for where, row in _rows(folder, "artists.dat", "items", 2, problems):
            artist, name = row[0], clean(row[1])
            fields = {
                "id": artist,
                "kind": self.config.kind or ItemKind.TRACK,
                "title": name,
                "creators": [(name, "artist")] if name else (),
                "tags": tags.get(artist, ()),
                "provider": self.name,
                "ids": {"lastfm": row[2]} if len(row) > 2 and row[2] else {},
                "extra": {"is_artist": True},
            }
            if item := problems.build(Item, "items", where, fields):
                yield item
        ids = EventIds(self.name)
        listened = ((where, *row[:3]) for where, row in _rows(folder, "user_artists.dat", "events", 3, problems))
        for where, user, artist, plays in without_order(listened, person=1, thing=2):
            try:
                yield Event(
                    id=ids.of(user, artist, EventKind.PLAY, None),
                    user_id=user,
                    item_id=artist,
                    kind=EventKind.PLAY,
                    value=float(plays),
                    source=self.name,
                )
            except ValidationError as error:
                problems.reject("events", where, sentence(error))
            except ValueError:
                problems.reject("events", where, f"The play count {plays[:40]!r} is no number.")

    def _tags(self, folder: Path, problems: Problems) -> dict[str, list[str]]:
        """The commonest tags of each artist."""
        names = {row[0]: row[1] for _, row in _rows(folder, "tags.dat", "items", 2, problems)}
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for where, row in _rows(folder, "user_taggedartists.dat", "items", 3, problems):
            if row[2] in names:
                counts[row[1]][names[row[2]]] += 1
            else:
                problems.note(where, f"The tag {row[2][:40]!r} is not in tags.dat.")
        return {artist: [name for name, _ in count.most_common(TAGS)] for artist, count in counts.items()}


def _rows(folder: Path, name: str, what: What, least: int, problems: Problems) -> Iterator[tuple[str, list[str]]]:
    """Rows of a file of the set, without its header; a file that is not there is told."""
    file = find(folder, name)
    if file is None:
        problems.note(folder.name, f"There is no {name} here.")
        return
    for number, row in table(file, problems, what, delimiter="\t", encoding="latin-1"):
        if number == 1 and not row[0].isdigit():
            continue
        if len(row) < least:
            problems.reject(what, f"{file.name}:{number}", f"The row has {len(row)} fields; expected {least} or more.")
            continue
        yield f"{file.name}:{number}", row

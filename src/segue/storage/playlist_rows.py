"""Playlists as rows: each whole, under a number that rises with every change, so that no change is lost to another."""

from __future__ import annotations

from sqlalchemy import JSON, ColumnElement, Connection, cast, delete, func, insert, or_, select, type_coerce, update

from ..errors import InvalidInput
from ..playlists import Playlist
from ..settings import PlaylistSettings
from .paging import BATCH, Paged
from .schema import playlists

_ABANDONED_S = 3600.0
"""A place that was reserved so long ago belongs to a process that has died."""
_MADE = playlists.c.revision > 0


class PlaylistRows(Paged):
    """The methods of `Store` that keep and give playlists."""

    def reserve_playlist(
        self, playplaylist_id: str, user_id: str | None, at: float, settings: PlaylistSettings
    ) -> None:
        """Keep a place for a playlist that is being made; `put_playlist` of revision 0 fills it. Until then nobody is
        shown it, and whoever erases the person takes it along.

        Where there is no room for one more that is nobody's, those go that nobody has come back to, the oldest first;
        then those that were used the longest ago: whoever makes many pushes out what nobody uses.

        Raises:
            InvalidInput: the person has as many as one may have.
        """
        with self._db.writing("playlists") as connection:
            old = at - _ABANDONED_S
            connection.execute(delete(playlists).where(~_MADE, playlists.c.made_at < old))
            mine = select(func.count()).select_from(playlists).where(_of(user_id))
            number = connection.execute(mine).scalar_one()
            if user_id is None:
                self._make_room(connection, number + 1 - settings.unowned)
            elif number >= settings.per_person:
                raise InvalidInput(
                    f"{user_id!r} has {number} playlists already, which is the most. Delete one first, or raise "
                    "`[playlists] per_person`."
                )
            row = {
                "id": playplaylist_id,
                "user_id": user_id,
                "made_at": at,
                "revision": 0,
                "next_at": None,
                "body": "{}",
            }
            connection.execute(insert(playlists).values(row))

    def _make_room(self, connection: Connection, places: int) -> None:
        if places > 0:
            used = self._used_at()
            order = (used.is_not(None), func.coalesce(used, playlists.c.made_at), playlists.c.id)
            least = select(playlists.c.id).where(playlists.c.user_id.is_(None), _MADE).order_by(*order).limit(places)
            gone = connection.execute(least).scalars().all()
            connection.execute(delete(playlists).where(playlists.c.id.in_(gone)))

    def forget_unused_playlists(self, before: float) -> int:
        """Delete those of nobody that nobody has used since then, 5,000 at once; returns how many."""
        last = func.coalesce(self._used_at(), playlists.c.made_at)
        query = select(playlists.c.id)
        query = query.where(playlists.c.user_id.is_(None), playlists.c.made_at < before, _MADE, last < before).limit(
            BATCH
        )
        with self._db.reading() as connection:
            found = connection.execute(query).scalars().all()
        if not found:
            return 0
        with self._db.writing("playlists") as connection:  # one that was used since it was found stays
            unused = delete(playlists).where(playlists.c.id.in_(found), last < before)
            return connection.execute(unused).rowcount

    def _used_at(self) -> ColumnElement[float]:
        """`Playlist.used_at` inside of the body."""
        body = type_coerce(playlists.c.body, JSON) if self._db.is_sqlite else cast(playlists.c.body, JSON)
        used_at: ColumnElement[float] = body["used_at"].as_float()
        return used_at

    def playlist(self, playplaylist_id: str) -> tuple[int, Playlist] | None:
        """(the number of its last change, the playlist); None where there is none."""
        if "\0" in playplaylist_id:
            return None
        query = select(playlists.c.revision, playlists.c.body).where(playlists.c.id == playplaylist_id, _MADE)
        with self._db.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (int(row[0]), Playlist.model_validate_json(row[1]))

    def playlists(self, user_id: str | None) -> list[Playlist]:
        """The playlists of a person, or nobody's; the newest first."""
        query = select(playlists.c.body).where(_of(user_id), _MADE)
        with self._db.reading() as connection:
            bodies = connection.execute(query.order_by(playlists.c.made_at.desc(), playlists.c.id)).scalars().all()
        return [Playlist.model_validate_json(body) for body in bodies]

    def put_playlist(self, playlist: Playlist, revision: int) -> bool:
        """Keep a change of a playlist that had this number (0: it is new, see `reserve_playlist`); False, and nothing
        is kept, where it has changed meanwhile or is gone."""
        changed = {"next_at": playlist.next_at, "held_until": None, "revision": revision + 1}
        query = update(playlists).where(playlists.c.id == playlist.id, playlists.c.revision == revision)
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(query.values(**changed, body=playlist.model_dump_json())).rowcount)

    def remove_playlist(self, playlist_id: str) -> bool:
        """Forget a playlist; False where there is none."""
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(delete(playlists).where(playlists.c.id == playlist_id)).rowcount)

    def due_playlists(self, at: float) -> list[str]:
        """Ids of the playlists that are due and that no process makes anew just now, the longest due first."""
        query = select(playlists.c.id).where(playlists.c.next_at <= at, _free(at)).order_by(playlists.c.next_at)
        with self._db.reading() as connection:
            return list(connection.execute(query).scalars())

    def hold_playlist(self, playlist_id: str, at: float, until: float) -> bool:
        """Take a due playlist, so that no other process makes it anew before ``until``; False where another has it."""
        query = update(playlists).where(playlists.c.id == playlist_id, playlists.c.next_at <= at, _free(at))
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(query.values(held_until=until)).rowcount)

    def _erase_playlists(self, connection: Connection, user_id: str) -> int:
        return connection.execute(delete(playlists).where(playlists.c.user_id == user_id)).rowcount


def _of(user_id: str | None) -> ColumnElement[bool]:
    return playlists.c.user_id.is_(None) if user_id is None else playlists.c.user_id == user_id


def _free(at: float) -> ColumnElement[bool]:
    return or_(playlists.c.held_until.is_(None), playlists.c.held_until <= at)

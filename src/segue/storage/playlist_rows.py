"""Lists as rows: each whole, under a number that rises with every change, so that no change is lost to another."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from ..errors import InvalidInput, NotFound
from ..playlists import Playlist
from .paging import Paged
from .schema import playlists

MOST_LISTS = 200
"""Of one person; of nobody in particular ten times as many."""


class PlaylistRows(Paged):
    """The methods of `Store` that keep and give lists."""

    def add_playlist(self, playlist: Playlist) -> None:
        """Keep a new list.

        Raises:
            InvalidInput: the person has as many as one may have.
        """
        mine = _of(playlist.user_id)
        most = MOST_LISTS if playlist.user_id is not None else 10 * MOST_LISTS
        with self._db.writing("playlists") as connection:
            if connection.execute(select(func.count()).select_from(playlists).where(mine)).scalar_one() >= most:
                raise InvalidInput(f"There are {most} lists already, which is the most. Delete one first.")
            row = {"id": playlist.id, "user_id": playlist.user_id, "made_at": playlist.made_at, "revision": 1}
            row |= {"next_at": playlist.next_at, "body": playlist.model_dump_json()}
            connection.execute(insert(playlists).values(row))

    def playlist(self, list_id: str) -> tuple[int, Playlist]:
        """A list and the number of its last change. Raises NotFound."""
        query = select(playlists.c.revision, playlists.c.body).where(playlists.c.id == list_id)
        with self._db.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"Unknown list {list_id!r}. `segue playlist list` shows which there are.")
        return int(row[0]), Playlist.model_validate_json(row[1])

    def playlists(self, user_id: str | None) -> list[Playlist]:
        """The lists of a person, or nobody's; the newest first."""
        query = select(playlists.c.body).where(_of(user_id))
        with self._db.reading() as connection:
            bodies = connection.execute(query.order_by(playlists.c.made_at.desc(), playlists.c.id)).scalars().all()
        return [Playlist.model_validate_json(body) for body in bodies]

    def put_playlist(self, playlist: Playlist, revision: int) -> bool:
        """Keep a change of a list that had this number; False, and nothing is kept, where it has changed meanwhile or
        is gone."""
        changed = {"next_at": playlist.next_at, "held_until": None, "revision": revision + 1}
        query = update(playlists).where(playlists.c.id == playlist.id, playlists.c.revision == revision)
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(query.values(**changed, body=playlist.model_dump_json())).rowcount)

    def remove_playlist(self, list_id: str) -> bool:
        """Forget a list; False where there is none."""
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(delete(playlists).where(playlists.c.id == list_id)).rowcount)

    def due_playlists(self, at: float) -> list[str]:
        """Ids of the lists that are due and that no process makes anew just now, the longest due first."""
        query = select(playlists.c.id).where(playlists.c.next_at <= at, _free(at)).order_by(playlists.c.next_at)
        with self._db.reading() as connection:
            return list(connection.execute(query).scalars())

    def hold_playlist(self, list_id: str, at: float, until: float) -> bool:
        """Take a due list, so that no other process makes it anew before ``until``; False where another has it."""
        query = update(playlists).where(playlists.c.id == list_id, playlists.c.next_at <= at, _free(at))
        with self._db.writing("playlists") as connection:
            return bool(connection.execute(query.values(held_until=until)).rowcount)

    def _erase_playlists(self, connection: Connection, user_id: str) -> int:
        return connection.execute(delete(playlists).where(playlists.c.user_id == user_id)).rowcount


def _of(user_id: str | None) -> ColumnElement[bool]:
    return playlists.c.user_id.is_(None) if user_id is None else playlists.c.user_id == user_id


def _free(at: float) -> ColumnElement[bool]:
    return or_(playlists.c.held_until.is_(None), playlists.c.held_until <= at)

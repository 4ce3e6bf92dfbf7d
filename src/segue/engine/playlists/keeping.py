"""Keep playlists: each for its owner alone, no change lost to another, none back after it was deleted."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ...answers import Reason
from ...errors import Busy, InvalidInput, NotFound, SegueError, StorageError, in_one_line
from ...events import now
from ...items import Item
from ...phrases import cleaned
from ...playlists import DAY_S, MOST_ENTRIES, Changes, Entry, Length, Order, Playlist
from ...queries import Constraints, Query
from ...settings import PlaylistSettings
from ...storage.rows import Store
from .changing import changed, name_of, played_on
from .making import Maker
from .reading import asked, by_hand, read

log = logging.getLogger(__name__)

HELD_S = 600.0
"""A process that makes a playlist anew has so long before another one tries."""
AGAIN_S = 3600.0
"""A playlist that could not be made anew is tried again after so long, or when it is next due."""
USE_S = 3600.0
"""The use of a playlist that is nobody's is noted once in so long, so that looking at it writes little."""
TRIES = 5


@dataclass(frozen=True)
class Refreshed:
    """What became of a playlist that was due."""

    id: str
    title: str
    problem: str | None
    """None: it has been made anew."""


class Playlists:
    """The playlists of a workspace. Whatever names one, names its owner: for everybody else it does not exist."""

    def __init__(self, store: Store, maker: Maker, settings: PlaylistSettings) -> None:
        self._store, self._maker, self.settings = store, maker, settings

    # New ones

    def make(
        self,
        user_id: str | None,
        sentence: str,
        stated: Mapping[str, Any],
        shown: Mapping[str, Reason] | None = None,
    ) -> Playlist:
        """Make a playlist and keep it, see `segue.Engine.make_playlist`."""
        sentence = asked(sentence)
        pinned = tuple(dict.fromkeys(stated.get("pinned") or ()))
        if not sentence and not pinned:
            raise InvalidInput(
                "A playlist is made from a sentence, such as “an hour of calm piano”, and there is none."
            )
        at = now().timestamp()
        fields = {
            name: value
            for name, value in stated.items()
            if value is not None and name in ("title", "language", "refresh", "length", "order", "channel")
        }
        begun = {"order": Order.FLOW if sentence else Order.OWN, "title": name_of(sentence), **fields}
        world = self._maker.world()
        try:
            new = Playlist(
                id=uuid.uuid4().hex,
                user_id=user_id,
                sentence=sentence,
                stated=stated.get("constraints") or Constraints(),
                entries=tuple(
                    by_hand(one, stated.get("language") == "zh", at, shown.get(one) if shown else None)
                    for one in pinned
                ),
                made_at=at,
                refreshed_at=at,
                **begun,
            )
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        if unknown := [one for one in pinned if one not in world.catalogue.row_of]:
            raise NotFound(f"Unknown item {unknown[0]!r}. `segue search` finds ids by title.")
        return self._added(read(new, world, {name: getattr(new, name) for name in fields}), at)

    def brought(self, user_id: str | None, title: str, items: Sequence[Item], name: str, language: str) -> Playlist:
        """Keep a playlist that was brought along: its items in their order, those that may be shown."""
        at = now().timestamp()
        name = cleaned(name)
        reason = f"Because it is on the playlist “{name}” that you brought along."
        if language == "zh":
            reason = f"因为它在你带来的播放列表“{name}”里。"
        entries = tuple(
            Entry(item=item_id, reason=reason, evidence=(("playlist", name, name, 1.0),), since=at)
            for item_id in dict.fromkeys(one.id for one in items)
        )[:MOST_ENTRIES]
        new = Playlist(
            id=uuid.uuid4().hex,
            user_id=user_id,
            title=name_of(title),
            language="zh" if language == "zh" else "en",
            length=Length(items=MOST_ENTRIES),
            order=Order.OWN,
            entries=entries,
            made_at=at,
            refreshed_at=at,
        )
        return self._added(new, at)

    def _added(self, new: Playlist, at: float) -> Playlist:
        """Make it for the first time. Its row is there before: whoever is erased meanwhile takes it along."""
        self._store.reserve_playlist(new.id, new.user_id, at, self.settings)
        try:
            made = self._maker.made(new, self._maker.world(), at, first=True)
            kept = self._store.put_playlist(made, 0)
        except BaseException:
            self._store.remove_playlist(new.id)
            raise
        if not kept:
            raise NotFound(
                "The playlist was deleted while it was being made, as it is when its person is erased. Make it again."
            )
        return made

    # Those that there are

    def of(self, user_id: str | None) -> list[Playlist]:
        """The playlists of a person, or nobody's, as they may be shown now; the newest first."""
        at = now().timestamp()
        return [self._maker.showable(one, at) for one in self._store.playlists(user_id)]

    def one(self, playlist_id: str, user_id: str | None) -> Playlist:
        """A playlist as it may be shown now. Raises NotFound."""
        at = now().timestamp()
        revision, found = self._found(playlist_id, user_id)
        if user_id is None and at - (found.used_at or found.made_at) >= USE_S:
            try:
                self._store.put_playlist(found.model_copy(update={"used_at": at}), revision)
            except StorageError as error:
                log.warning("the use of playlist %s was not noted: %s", playlist_id, error)
        return self._maker.showable(found, at)

    def query(self, of: Playlist) -> Query | None:
        """The query behind a playlist as of now; None: it asks for nothing."""
        return self._maker.query(of, self._maker.world(), now().timestamp()) if of.sentence else None

    def change(self, playlist_id: str, user_id: str | None, changes: Changes) -> Playlist:
        """Change a playlist, see `segue.Engine.change_playlist`."""
        return self._used(playlist_id, user_id, lambda of, at: changed(of, changes, self._maker, at))

    def refresh(self, playlist_id: str, user_id: str | None) -> Playlist:
        """Make a playlist anew. Raises NotFound."""
        return self._used(playlist_id, user_id, self._maker.anew)

    def play_on(self, playlist_id: str, user_id: str | None, played: Sequence[str]) -> Playlist:
        """Let a channel go on, see `segue.Engine.play_on`."""
        return self._used(playlist_id, user_id, lambda of, at: played_on(of, played, self._maker, at))

    def delete(self, playlist_id: str, user_id: str | None) -> None:
        """Forget a playlist. Raises NotFound."""
        self._found(playlist_id, user_id)
        self._store.remove_playlist(playlist_id)

    def _found(self, playlist_id: str, user_id: str | None) -> tuple[int, Playlist]:
        """A playlist and its revision, for its owner. Raises NotFound, in the same words for another's as for none."""
        found = self._store.playlist(playlist_id)
        if found is None or found[1].user_id != user_id:
            raise NotFound(
                f"Unknown playlist {playlist_id[:80]!r}. `segue playlist list --user USER` and "
                "`GET /v1/playlists?user_id=USER` show a person's; without a user, those that are nobody's."
            )
        return found

    def _used(self, playlist_id: str, user_id: str | None, change: Callable[[Playlist, float], Playlist]) -> Playlist:
        at = now().timestamp()
        self._found(playlist_id, user_id)
        kept = self._kept(playlist_id, lambda of: change(of, at).model_copy(update={"used_at": at}))
        return self._maker.showable(kept, at)

    def _kept(self, playlist_id: str, change: Callable[[Playlist], Playlist]) -> Playlist:
        """Change a playlist and keep it; where somebody else has changed it meanwhile, change that one."""
        for _ in range(TRIES):
            found = self._store.playlist(playlist_id)
            if found is None:
                raise NotFound(f"The playlist {playlist_id!r} was deleted meanwhile.")
            changed_to = change(found[1])
            if self._store.put_playlist(changed_to, found[0]):
                return changed_to
        raise Busy(f"Playlist {playlist_id!r} is being changed by others all the time. Try again.")

    # Those that are due

    def refresh_due(self, at: float | None = None, stop: Callable[[], bool] = lambda: False) -> list[Refreshed]:
        """Make anew whatever is due; one that fails says so on itself, and the others go on.

        Args:
            stop: asked before each; when it says so, the rest stay due.
        """
        at = now().timestamp() if at is None else at
        self._store.forget_unused_playlists(at - self.settings.unowned_days * DAY_S)
        done = []
        for playlist_id in self._store.due_playlists(at):
            if stop():
                break
            if self._store.hold_playlist(playlist_id, at, at + HELD_S):
                refreshed = self._refreshed(playlist_id, at)
                done += [refreshed] if refreshed is not None else []
        return done

    def _refreshed(self, playlist_id: str, at: float) -> Refreshed | None:
        """What became of one of them; None where it has been deleted meanwhile."""
        try:
            made = self._kept(playlist_id, lambda of: self._maker.anew(of, at))
            return Refreshed(playlist_id, made.title, None)
        except Exception as error:  # whatever is wrong with one playlist, the others are made
            told = str(error) if isinstance(error, SegueError) else type(error).__name__
            log.warning("playlist %s was not made anew: %s", playlist_id, type(error).__name__)
            log.debug("playlist %s was not made anew", playlist_id, exc_info=True)
            title = self._failed(playlist_id, told, at)
            return None if title is None else Refreshed(playlist_id, title, told)

    def _failed(self, playlist_id: str, told: str, at: float) -> str | None:
        """Keep what went wrong with the playlist; its title, or None where it has been deleted meanwhile."""

        def failed(of: Playlist) -> Playlist:
            due = of.due_after(at)
            again = None if due is None else min(due, at + AGAIN_S)
            return of.model_copy(update={"problem": told[:500], "next_at": again})

        try:
            return self._kept(playlist_id, failed).title
        except NotFound:
            return None
        except SegueError as error:
            log.warning("playlist %s: what went wrong could not be kept: %s", playlist_id, error)
            return playlist_id

"""What an engine does with playlists. Whatever names one names its owner; for everybody else it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ...answers import Reason
from ...errors import InvalidInput, in_one_line
from ...items import Item
from ...playlists import Changes, Length, Playlist
from ...queries import Constraints, Query
from ...settings import Settings
from ...storage.rows import Store
from .. import households
from ..playlists.keeping import Playlists, Refreshed
from ..playlists.making import Maker
from .people import PeopleVerbs

if TYPE_CHECKING:
    from ..playlists.files import Brought


class PlaylistVerbs(PeopleVerbs):
    """Playlists: made from a sentence, read, changed, made anew, played on, handed out and taken in."""

    def __init__(self, workspace: Path, settings: Settings, store: Store) -> None:
        super().__init__(workspace, settings, store)
        maker = Maker(self._serving.world, self._answer, self._live, partial(households.limited, store))
        self._playlists = Playlists(store, maker, settings.playlists)

    def make_playlist(
        self,
        user_id: str | None,
        sentence: str,
        *,
        title: str | None = None,
        language: str = "en",
        length: Length | Mapping[str, Any] | None = None,
        order: str | None = None,
        refresh: str | None = None,
        channel: bool | None = None,
        constraints: Constraints | Mapping[str, Any] | None = None,
        pinned: Sequence[str] = (),
        shown: Mapping[str, Reason] | None = None,
    ) -> Playlist:
        """Make a playlist from a sentence, English or Chinese: "an hour of calm piano, no vocals, renewed every day".

        Args:
            user_id: whose it is; None: nobody's, and nothing of anybody is read.
            title: else the sentence.
            language: of the reasons.
            length, order, refresh, channel: see `Playlist`; they go before what the sentence says.
            constraints: what holds besides those of the sentence.
            pinned: items that are on it; with an empty sentence they are all of it.
            shown: the reasons that these were shown with, by item; kept beside who put them there, as long as what they
                rest on is there.

        Raises:
            InvalidInput: there is neither a sentence nor an item, or a value cannot be taken.
            NotFound: a pinned item is not in the catalogue, or the person was erased meanwhile.
        """
        others = ("self", "user_id", "sentence", "shown")
        stated = {name: value for name, value in locals().items() if name not in others}
        return self._playlists.make(user_id, sentence, stated, shown)

    def query_of_playlist(self, of: Playlist) -> Query | None:
        """What a playlist asks for, as of now: with it `explain` tells why. None: it was put together by hand."""
        return self._playlists.query(of)

    def playlists(self, user_id: str | None) -> list[Playlist]:
        """The playlists of a person, the newest first; of None: nobody's. As `playlist` gives them."""
        return self._playlists.of(user_id)

    def playlist(self, playlist_id: str, user_id: str | None = None) -> Playlist:
        """A playlist, less what may not be shown now.

        Args:
            user_id: whose it is; None: nobody's. Here and in the other verbs.

        Raises:
            NotFound: the person has no such playlist; in the same words whether there is none or it is another's.
        """
        return self._playlists.one(playlist_id, user_id)

    def change_playlist(
        self, playlist_id: str, changes: Changes | Mapping[str, Any], user_id: str | None = None
    ) -> Playlist:
        """Rename a playlist, pin, remove or arrange entries, give it another sentence, length, order or schedule.

        Raises:
            NotFound: the person has no such playlist.
            InvalidInput: a change names no entry of it, or cannot be taken.
        """
        try:
            wanted = changes if isinstance(changes, Changes) else Changes(**changes)
        except ValidationError as error:
            raise InvalidInput(f"{in_one_line(error)}.") from error
        return self._playlists.change(playlist_id, user_id, wanted)

    def refresh_playlist(self, playlist_id: str, user_id: str | None = None) -> Playlist:
        """Make a playlist anew from its sentence, as of now; pinned entries stay. Raises NotFound."""
        return self._playlists.refresh(playlist_id, user_id)

    def refresh_due(self, stop: Callable[[], bool] = lambda: False) -> list[Refreshed]:
        """Make anew all playlists that are due, everybody's, each once however often it was missed. One that fails says
        so itself. Those that are nobody's and that nobody has used for long are forgotten.

        Args:
            stop: asked before each; when it says so, the rest stay due.
        """
        return self._playlists.refresh_due(stop=stop)

    def play_on(self, playlist_id: str, played: Sequence[str] = (), user_id: str | None = None) -> Playlist:
        """Let a channel go on: what was played leaves, what goes on from it comes in at the end.

        Raises:
            NotFound: the person has no such playlist.
            InvalidInput: it is no channel.
        """
        return self._playlists.play_on(playlist_id, user_id, played)

    def delete_playlist(self, playlist_id: str, user_id: str | None = None) -> None:
        """Delete a playlist. Raises NotFound."""
        self._playlists.delete(playlist_id, user_id)

    def export_playlist(
        self,
        playlist_id: str,
        format: str,
        user_id: str | None = None,
        location: Callable[[Item], str | None] | None = None,
    ) -> str:
        """A playlist as a file: ``m3u8``, ``xspf`` or ``jspf``, with the reasons where the format has room for them.

        Args:
            location: where an item is to be had; None: where its file lies, as an absolute path.

        Raises:
            NotFound: the person has no such playlist, or there is no such format.
        """
        from ..playlists.files import as_file, on_disk

        of = self.playlist(playlist_id, user_id)
        items = self.find_items(entry.item for entry in of.entries)
        return as_file(of, items, format, location or partial(on_disk, self.workspace))

    def import_playlist(
        self, file: str | Path, user_id: str | None = None, title: str | None = None, language: str = "en"
    ) -> Brought:
        """Take in a playlist of another program: M3U8, XSPF or JSPF, by the ending of its name; its entries are looked
        for in the catalogue.

        Raises:
            StorageError: the file cannot be read.
            InvalidInput: it is no such file, or nothing of it is in the catalogue.
        """
        from ..playlists.files import Brought, from_file, matched

        place = Path(file)
        found = from_file(place)
        items, unmatched = matched(found, place.absolute().parent, self.workspace, self._serving.world())
        name = title or found.title or place.stem
        made = self._playlists.brought(user_id, name, items, found.title or place.stem, language)
        return Brought(made, tuple(unmatched), len({item.id for item in items}) - len(made.entries))

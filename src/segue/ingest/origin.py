"""The contract of an origin, and the account of what it could not take."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import InvalidInput
from ..events import Event, EventKind
from ..items import Item, ItemKind, Noun
from ..relations import Relation
from ..settings import MediaSettings
from ..users import User

What = Literal["items", "users", "events", "relations"]
N = TypeVar("N", bound=Noun)
Row = TypeVar("Row", bound=Sequence[Any])


class Problem(NamedTuple):
    """One thing that was not taken, or not taken whole."""

    where: str
    """``file:line``, or the file."""
    what: str
    """One sentence."""


class Problems:
    """What was left out of an import. Everything is counted; the first `KEPT` problems are kept in words."""

    KEPT = 1000

    def __init__(self) -> None:
        self.rejected: Counter[str] = Counter()
        self._kept: list[Problem] = []
        self._further = 0

    def reject(self, what: What, where: str, why: str) -> None:
        """A row that gives no item, user or event."""
        self.rejected[what] += 1
        self.note(where, why)

    def note(self, where: str, why: str) -> None:
        """Something a person should know although nothing was rejected."""
        if len(self._kept) < self.KEPT:
            self._kept.append(Problem(where, why))
        else:
            self._further += 1

    def listed(self) -> list[Problem]:
        """The problems kept in words, and last how many more there were."""
        more = [Problem("further", f"{self._further} more problems are counted but not listed.")]
        return self._kept + more if self._further else list(self._kept)

    def build(self, noun: type[N], what: What, where: str, fields: Mapping[str, Any]) -> N | None:
        """The noun of these fields; None, and a rejection, where they make none."""
        try:
            return noun(**fields)
        except ValidationError as error:
            self.reject(what, where, sentence(error))
            return None


def sentence(error: ValidationError) -> str:
    """What pydantic found, as one sentence: field, what was expected, what came."""
    parts = []
    for e in error.errors(include_url=False)[:3]:
        field = ".".join(str(p) for p in e["loc"])
        message = e["msg"].removeprefix("Value error, ")
        got = "" if e["type"] == "missing" or not field else f" (got {short(e.get('input'))})"
        parts.append(f"{field}: {message}{got}" if field else message)
    return "; ".join(parts) + "."


def short(value: Any) -> str:
    """``repr`` of a value, fit for a message."""
    shown = repr(value[:100] if isinstance(value, str) else value)
    return shown if len(shown) <= 60 else shown[:57] + "…"


class OriginConfig(BaseModel):
    """Settings of one origin; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ItemKind | None = None
    """Kind of items of which the source does not state one. Where it is set, events about items that are in no
    catalogue have them created, bare, of this kind; otherwise such events are rejected."""


class Origin(ABC):
    """Reads one kind of source. Reading twice yields equal nouns with equal ids.

    Attributes:
        media: how untrusted media files are read; only origins that open such files look at it.
        known: the item stored under an id, or None; lets an origin skip what has not changed.
        progress: told how many files are made, of how many, by an origin that makes what it reads.
    """

    name: ClassVar[str]
    Config: ClassVar[type[OriginConfig]] = OriginConfig

    def __init__(
        self,
        config: OriginConfig | None = None,
        *,
        media: MediaSettings | None = None,
        known: Callable[[str], Item | None] = lambda _id: None,
        progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    ) -> None:
        self.config: Any = config or self.Config()
        self.media = media or MediaSettings()
        self.known = known
        self.progress = progress

    @classmethod
    def configured(cls, options: Mapping[str, Any], **given: Any) -> Origin:
        """The origin with these options, as a command line or a caller states them.

        Raises:
            InvalidInput: an option is unknown or impossible.
        """
        try:
            return cls(cls.Config(**options), **given)
        except ValidationError as error:
            known = ", ".join(cls.Config.model_fields)
            raise InvalidInput(
                f"Options of the import source {cls.name!r}: {sentence(error)} Known: {known}."
            ) from None

    @property
    def unknown_items(self) -> ItemKind | None:
        """The kind of which unknown items are created; None: events about them are rejected."""
        kind: ItemKind | None = self.config.kind
        return kind

    @abstractmethod
    def read(self, path: Path, problems: Problems) -> Iterator[Item | User | Event | Relation]:
        """Yield what is in ``path``, items before the events about them; tell ``problems`` what is not taken.

        Raises:
            InvalidInput: the source as a whole cannot be used: it is not there, or nothing in it is understood.
        """

    def total(self, path: Path) -> int | None:
        """How many nouns `read` will yield, where that is cheap to know."""
        return None


class EventIds:
    """Ids that depend on what a row says and not on where it stands, so that reading again gives the same ids.

    With a time, equal rows are one event, in whatever order they come. Without one, the n-th equal row is the n-th
    such event.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._times: Counter[bytes] = Counter()
        self._user = self._prefix = ""

    def of(self, user: str, item: str | None, kind: EventKind, at: object, *more: object) -> str:
        """The id of an event; ``more`` is whatever else tells it from another."""
        key = "\x1f".join((self._origin, user, item or "", kind.value, str(at), *map(str, more))).encode()
        if at is None:
            digest = blake2b(key, digest_size=12).digest()
            self._times[digest] += 1
            key += b"\x1f%d" % self._times[digest]
        # One person's events lie side by side in the index of ids, which halves the time of a large import.
        if user != self._user:
            self._user, self._prefix = user, blake2b(user.encode(), digest_size=4).hexdigest()
        return f"{self._origin}:{self._prefix}{blake2b(key, digest_size=10).hexdigest()}"


def without_order(rows: Iterable[Row], person: int, thing: int) -> Iterator[Row]:
    """The rows of a file that states neither times nor an order, those of one person mixed by a hash.

    Where no times are known, the order of arrival counts (`segue.events.Event.at`). A list by name, number or count
    would then teach models how fast tastes change, and there is nothing in it of that.

    Args:
        person: the column of the person, whose rows stand together.
        thing: the column that tells them apart.
    """
    for _, own in groupby(rows, key=lambda row: row[person]):
        # By both: by the thing alone, one thing would be the last of everybody who has it.
        yield from sorted(own, key=lambda row: blake2b(f"{row[person]}\0{row[thing]}".encode(), digest_size=8).digest())


def existing(path: Path) -> Path:
    """The path, if there is something.

    Raises:
        InvalidInput: there is nothing.
    """
    if not path.exists():
        raise InvalidInput(f"{path} does not exist. Give the path of a file or folder to import.")
    return path


def find(folder: Path, *names: str) -> Path | None:
    """The first of the files that is there, plain or with ``.gz`` behind its name."""
    return next((p for name in names for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)


def none_found(folder: Path, expected: Sequence[str]) -> InvalidInput:
    """The error for a folder without any of the files expected."""
    names = sorted(p.name for p in folder.iterdir())[:12] if folder.is_dir() else [folder.name]
    return InvalidInput(
        f"{folder} holds none of {', '.join(expected)} (plain or .gz); found: {', '.join(names) or 'nothing'}."
    )

"""Where rows, vectors and trained artefacts are kept.

`open` gives the rows (items, users, events, readings) of a SQLite file or a PostgreSQL database; `artifacts` keeps
arrays and JSON in folders; `vectors` finds nearest neighbours; `locks` lets one process at a time work on a workspace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .rows import Appended, PutCounts, Store

__all__ = ["Appended", "PutCounts", "Store", "open"]


def open(url: str) -> Store:
    """The rows behind a URL, made or brought up to date where necessary.

    Args:
        url: ``sqlite:///folder/segue.db`` or ``postgresql://user:password@host:port/database``.

    Raises:
        SettingsError: the URL names no database that Segue can use.
        StorageError: the database cannot be reached or read, or was made by a newer Segue.
        MissingLibrary: PostgreSQL is asked for and its driver is not installed.
    """
    from .rows import Store

    return Store(url)


def __getattr__(name: str) -> Any:
    # SQLAlchemy is imported on use, so that `import segue` stays fast.
    if name in __all__:
        from . import rows

        return getattr(rows, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

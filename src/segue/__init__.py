"""Segue: a recommendation engine for audio and video that understands what it recommends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Answer, Evidence, Pick, Reason
    from .engine import Engine
    from .errors import SegueError
    from .events import Context, Event, EventKind
    from .items import Credit, Item, ItemKind
    from .queries import Constraints, Query
    from .settings import Settings
    from .users import User

_HOME = {
    "Answer": "answers",
    "Constraints": "queries",
    "Context": "events",
    "Credit": "items",
    "Engine": "engine",
    "Event": "events",
    "EventKind": "events",
    "Evidence": "answers",
    "Item": "items",
    "ItemKind": "items",
    "Pick": "answers",
    "Query": "queries",
    "Reason": "answers",
    "SegueError": "errors",
    "Settings": "settings",
    "User": "users",
}
# A literal list, so that type checkers and `from segue import *` agree; tests compare it with _HOME.
__all__ = [
    "Answer",
    "Constraints",
    "Context",
    "Credit",
    "Engine",
    "Event",
    "EventKind",
    "Evidence",
    "Item",
    "ItemKind",
    "Pick",
    "Query",
    "Reason",
    "SegueError",
    "Settings",
    "User",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Imported on use: `import segue` costs no more than this file.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    raise AttributeError(f"module 'segue' has no attribute {name!r}")

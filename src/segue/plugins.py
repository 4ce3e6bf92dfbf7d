"""Tables of parts: which names there are, and where each lives. Parts are imported on use.

A third-party package adds a part by an entry point of the room's group, touching nothing here::

    [project.entry-points."segue.models"]
    my_model = "my_package.my_model:MyModel"

Groups: ``segue.models``, ``segue.origins`` (ingest), ``segue.encoders``, ``segue.recipes``, ``segue.metrics``,
``segue.commands``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Generic, TypeVar, cast

from .errors import NotFound, SettingsError

T = TypeVar("T")


class Table(Generic[T]):
    """Names → parts. Built-in parts are written ``"package.module:attribute"``; their names cannot be taken over."""

    def __init__(self, what: str, group: str, builtin: Mapping[str, str]) -> None:
        self.what = what
        self.group = group
        self._builtin = dict(builtin)

    @cached_property
    def _places(self) -> dict[str, str]:
        added = {e.name: e.value for e in entry_points(group=self.group)}
        return {**added, **self._builtin}

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def load(self, name: str) -> T:
        """The part of that name, imported now.

        Raises:
            NotFound: there is no such name; the message lists those there are.
            SettingsError: a plug-in's part cannot be imported.
        """
        place = self._places.get(name)
        if place is None:
            raise NotFound.named(self.what, name, self._places)
        module, _, attribute = place.partition(":")
        try:
            return cast(T, getattr(import_module(module), attribute))
        except (ImportError, AttributeError) as error:
            if name in self._builtin:
                raise
            raise SettingsError(
                f"The {self.what} {name!r} of a plug-in cannot be loaded from {place!r}: {error}."
            ) from error

"""User: what an owner of the service states about a person (never what Segue infers)."""

from __future__ import annotations

from pydantic import Field

from .items import Id, Noun


class User(Noun):
    """A person as the catalogue's owner describes them; everything but the id is optional."""

    id: Id
    attributes: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """For example ``{"age": 35, "gender": "F"}``; kept, exported and erased, used only with consent."""

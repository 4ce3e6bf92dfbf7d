"""Member: one profile of an account; Household: all of them. What its owner states, never what Segue infers."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from .errors import NotFound
from .items import Id, Noun

MOST_MEMBERS = 20
"""Profiles of one account."""
OLDEST = 21
"""The highest minimum age that an item can state, as rating boards have them."""


def _printable(name: str) -> str:
    if not all(c.isprintable() or c == "\u200d" for c in name):  # which joins the parts of an emoji
        raise ValueError("expected a name without control characters")
    return unicodedata.normalize("NFC", name)


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60), AfterValidator(_printable)]
Age = Annotated[int, Field(ge=0, le=OLDEST)]


class Member(Noun):
    """One person of an account, with a user id of their own: events, taste and portrait are theirs alone."""

    user_id: Id
    account: Id
    name: Name
    """What the others call them; no two of an account are called the same."""
    max_maturity: Age | None = None
    """Items for older people never appear, whatever is asked for; None: no limit of their own."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {"user_id": self.user_id, "name": self.name, "max_maturity": self.max_maturity}


@dataclass(frozen=True)
class Household:
    """Everybody who shares an account."""

    account: str | None
    """None: somebody who shares none."""
    members: tuple[Member, ...]
    """In the order in which they came."""

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and HTTP."""
        return {"account": self.account, "members": [member.as_json() for member in self.members]}

    def named(self, name: str) -> Member | None:
        """The member of that user id, or of that name; None where there is none."""
        by_id = next((m for m in self.members if m.user_id == name), None)
        return by_id or next((m for m in self.members if called(m.name) == called(name)), None)

    def find(self, name: str) -> Member:
        """The same.

        Raises:
            NotFound: there is none.
        """
        found = self.named(name)
        if found is None:
            raise NotFound.named("member", name, [m.name for m in self.members])
        return found


def called(name: str) -> str:
    """A name as it is compared: "Zoë " and "zoë" are the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()

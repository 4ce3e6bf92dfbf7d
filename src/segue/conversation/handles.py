"""Handles: what tools hand out instead of ids. Signed, for one person and one conversation, for some time.

``6a2f1c80.dDE.…``: the end of its time and the item, then an HMAC-SHA256 over both and whom it is for. Whoever holds a
handle can name the item that was shown to them, and no other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

from ..errors import StorageError, ToolError

KEY_FILE = "handles.key"
"""In the workspace; nobody else may read it. No backup holds it: handles end within days."""
_KEY_BYTES = 32
_TAG_BYTES = 12
LASTS_S = 7 * 86_400.0
"""Seconds."""
LONGEST = 4_000
"""Characters: an id of 512 characters, of four bytes each, fits in."""


def key_in(workspace: Path) -> bytes:
    """The key of a workspace, made where there is none yet. Raises StorageError."""
    place = workspace / KEY_FILE
    try:
        if not place.exists():
            _make(place)
        key = place.read_bytes()
    except OSError as error:
        raise StorageError(f"The key of handles, {place}, cannot be read or made: {error.strerror}.") from error
    if len(key) != _KEY_BYTES:
        raise StorageError(f"{place} is not a key of {_KEY_BYTES} bytes. Delete it; handles given out so far then end.")
    return key


def _make(place: Path) -> None:
    """Whole or not at all, and only one where several processes begin at once."""
    handle, fresh = tempfile.mkstemp(dir=place.parent, prefix=".handles-")  # 0600
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(_KEY_BYTES))
        os.link(fresh, place)
    except FileExistsError:
        pass
    finally:
        Path(fresh).unlink()


class Handles:
    """Gives out handles and reads them.

    Args:
        key: of the workspace, see `key_in`.
        lasts_s: seconds that a handle is good for.
    """

    def __init__(self, key: bytes, lasts_s: float = LASTS_S) -> None:
        self._key = key
        self._lasts_s = lasts_s

    def give(self, item_id: str, user_id: str | None, conversation: str) -> str:
        """A handle of an item, for this person in this conversation. Raises ToolError where the id is too long."""
        until = int(time.time() + self._lasts_s)
        body = f"{until:x}.{_text(item_id.encode('utf-8', 'surrogatepass'))}"
        handle = f"{body}.{self._tag(body, user_id, conversation)}"
        if len(handle) > LONGEST:
            raise ToolError(f"The id of an item is too long for a handle: {len(item_id):,} characters.")
        return handle

    def item(self, handle: str, user_id: str | None, conversation: str) -> str:
        """The id of the item.

        Raises:
            ToolError: it was not made here for this person and conversation, or its time is over.
        """
        body, _, tag = handle[: LONGEST + 1].rpartition(".")
        right = self._tag(body, user_id, conversation)
        if not hmac.compare_digest(tag.encode("utf-8", "surrogatepass"), right.encode()):
            raise ToolError(
                "That handle was not given out in this conversation. Use one that a tool has answered here, or n."
            )
        until, _, name = body.partition(".")
        if int(until, 16) < time.time():
            raise ToolError("That handle is too old. Search or recommend again, and use the new one.")
        return urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode("utf-8", "surrogatepass")

    def _tag(self, body: str, user_id: str | None, conversation: str) -> str:
        told = json.dumps([body, user_id, conversation]).encode("utf-8", "surrogatepass")
        return _text(hmac.digest(self._key, told, hashlib.sha256)[:_TAG_BYTES])


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")

"""Letters: how a text is compared, whatever the case, the width and the accents it was written with."""

from __future__ import annotations

import unicodedata


def fold_letters(text: str) -> str:
    """Lower case, plain forms, no accents: Ｊａｚｚ → jazz, Varèse → varese, ℡ → tel."""
    if text.isascii():
        return text.lower()
    # Compatibility forms first: some are capitals in disguise.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))

"""Text files of any size, plain or gzip, line by line; broken bytes and broken archives are told, not raised."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import InvalidInput
from .origin import Problems, What

MAX_LINE = 16 << 20
"""Bytes of the longest line that is taken."""

MAX_FIELD = 1 << 20
"""Characters of the longest field of a table; a quote that is never closed ends there."""


def lines(path: Path, problems: Problems, what: What, encoding: str | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines without their ends; UTF-8, and where that fails ``encoding``.

    A line that is neither is rejected, as is one beyond `MAX_LINE`; a damaged archive ends early with a rejection.

    Raises:
        InvalidInput: the file cannot be opened.
    """
    with _opened(path) as file:
        number = 0
        while True:
            number += 1
            try:
                raw = file.readline(MAX_LINE + 1)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                problems.reject(what, f"{path.name}:{number}", f"The archive is damaged from here on: {error}.")
                return
            if not raw:
                return
            if len(raw) > MAX_LINE:
                problems.reject(what, f"{path.name}:{number}", f"The line is longer than {MAX_LINE >> 20} MiB.")
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(MAX_LINE)
                continue
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            text = _decoded(raw, encoding)
            if text is None:
                tried = f"UTF-8 or {encoding}" if encoding else "UTF-8; state its encoding with `encoding`"
                problems.reject(what, f"{path.name}:{number}", f"The line is not {tried}.")
                continue
            yield number, text.rstrip("\r\n")


def table(
    path: Path, problems: Problems, what: What, *, delimiter: str, encoding: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Rows of a delimited file with the number of their last line (RFC 4180 quotes; tabs need none)."""
    csv.field_size_limit(MAX_FIELD)
    number = 0

    def counted() -> Iterator[str]:
        nonlocal number
        for number, line in lines(path, problems, what, encoding):  # noqa: B007 - read by the loop below
            yield line + "\n"

    # In tab-separated files a quotation mark is a character like any other.
    reader = csv.reader(
        counted(), delimiter=delimiter, quoting=csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    )
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.reject(what, f"{path.name}:{number}", f"The row cannot be parsed: {error}.")
            continue
        if row:
            yield number, row


def suffix(path: Path) -> str:
    """The file's suffix in lower case, the one before ``.gz`` where it is compressed."""
    return (Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix).lower()


def _decoded(raw: bytes, encoding: str | None) -> str | None:
    for codec in ("utf-8", encoding):
        try:
            if codec:
                return raw.decode(codec)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise InvalidInput(f"There is no encoding called {encoding!r}; try latin-1, gb18030 or cp1252.") from None
    return None


def _opened(path: Path) -> BinaryIO | gzip.GzipFile:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return gzip.open(path) if packed else path.open("rb")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be opened: {error.strerror}.") from error

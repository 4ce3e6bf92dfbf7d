"""Trained artefacts: folders of arrays (``.npy``) and JSON. Never pickles."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import sparse

from ..arrays import Sparse
from ..errors import StorageError, in_one_line


class ArtifactFolder:
    """A folder in which one model keeps its arrays and its JSON.

    Args:
        path: the folder; made on the first write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def child(self, name: str) -> ArtifactFolder:
        """A folder inside this one."""
        return ArtifactFolder(self.path / name)

    def write(self, name: str, array: NDArray[Any]) -> None:
        """Keep an array of numbers or strings (object arrays are refused).

        The new file takes the place of the old one only when it is whole; so does JSON.

        Raises:
            StorageError: it cannot be written, for example to a full disk.
        """
        if array.dtype.hasobject:
            raise TypeError(f"The array {name!r} holds Python objects; only numbers and strings can be kept.")
        with self._replacing(f"{name}.npy") as stream:
            # Stored by row or by column, as it is: a product with the array that is read sums in the same order.
            whole = array if array.flags.f_contiguous else np.ascontiguousarray(array)
            np.save(stream, whole, allow_pickle=False)

    def read(self, name: str, *, mapped: bool = True) -> NDArray[Any]:
        """The array of that name, memory-mapped read-only unless told otherwise.

        Raises:
            StorageError: there is none, or it is damaged.
        """
        path = self.path / f"{name}.npy"
        try:
            array: Any = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
            if not isinstance(array, np.ndarray):
                raise ValueError("it is no array")
        except (OSError, ValueError, EOFError) as error:
            raise StorageError(f"The artefact {path} cannot be read: {error}. Train again.") from error
        return array

    def write_sparse(self, name: str, matrix: Sparse) -> None:
        """Keep a CSR matrix as its three arrays and its shape."""
        for part in ("data", "indices", "indptr"):
            self.write(f"{name}.{part}", getattr(matrix, part))
        self.write(f"{name}.shape", np.array(matrix.shape, dtype=np.int64))

    def read_sparse(self, name: str) -> Sparse:
        """The CSR matrix of that name, its arrays memory-mapped."""
        data, indices, indptr = (self.read(f"{name}.{part}") for part in ("data", "indices", "indptr"))
        shape = self.read(f"{name}.shape", mapped=False)
        try:
            rows, columns = (int(n) for n in shape)
            return sparse.csr_array((data, indices, indptr), shape=(rows, columns), copy=False)
        except ValueError as error:
            raise StorageError(f"The artefact {self.path / name} is damaged: {error}. Train again.") from error

    def write_json(self, name: str, content: Any) -> None:
        """Keep anything JSON can say."""
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
        with self._replacing(f"{name}.json") as stream:
            stream.write(text.encode())

    def read_json(self, name: str) -> Any:
        """The JSON of that name.

        Raises:
            StorageError: there is none, or it is damaged.
        """
        path = self.path / f"{name}.json"
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StorageError(f"The artefact {path} cannot be read: {error}. Train again.") from error

    def has(self, name: str) -> bool:
        """Whether there is JSON of that name: versions from before a part was made have none of it."""
        return (self.path / f"{name}.json").exists()

    @contextmanager
    def understood(self) -> Iterator[None]:
        """Within it, what `read_json` gave is made into objects; where something in it is not as expected, another
        version of Segue wrote it.

        Raises:
            StorageError: that, with what is missing or wrong.
        """
        try:
            yield
        except (KeyError, ValidationError) as error:
            why = in_one_line(error) if isinstance(error, ValidationError) else f"{error} is missing"
            raise StorageError(
                f"The artefact {self.path} is of another version of Segue: {why}. Train again."
            ) from error

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every file below, by relative path."""
        return {
            file.relative_to(self.path).as_posix(): _sha256(file)
            for file in sorted(self.path.rglob("*"))
            if file.is_file() and file.suffix != ".tmp"
        }

    @contextmanager
    def _replacing(self, name: str) -> Iterator[BinaryIO]:
        """A file that takes the place of ``name`` when all of it is on the disk; until then the old one stays."""
        temporary = self.path / f"{name}.{os.getpid()}.tmp"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self.path / name)
        except OSError as error:
            raise StorageError(
                f"The artefact {self.path / name} cannot be written: {error.strerror or error}."
            ) from error
        finally:
            temporary.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

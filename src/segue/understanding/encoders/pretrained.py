"""Pre-trained encoders: which model the settings name, and how a batch that does not fit in memory is survived.

Where weights lie and whether they are whole is the matter of `segue.weights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...arrays import Floats
from ...settings import Settings
from ...weights import check_whole as check_whole
from ...weights import config_of as config_of
from ...weights import loaded as loaded
from ...weights import located as located
from ...weights import state as state
from ...weights import weights_into as weights_into


def folder_of(setting: str, settings: Settings, workspace: Path) -> Path:
    """The folder of the model that ``understanding.<setting>`` names: relative to the workspace, absolute, or in the
    local Hugging Face cache.

    Raises:
        MissingLibrary: there is no such folder and no such name in the cache.
    """
    name = str(getattr(settings.understanding, setting))
    return located(name, f"understanding.{setting}", workspace, settings.understanding.allow_download)


def sentences(folder: Path, device: str = "cpu") -> Any:
    """The ``SentenceTransformer`` of a folder, ready to read.

    Raises:
        MissingLibrary: the weights are missing or half-downloaded, or it cannot be loaded.
    """
    from sentence_transformers import SentenceTransformer

    check_whole(folder)

    def load() -> Any:
        return SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        ).eval()

    return loaded("text model", folder, load)


class Room:
    """How many rows fit in memory at once, as far as is known.

    Args:
        say: told, in one sentence, when it turned out to be less than was tried.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._most: int | None = None

    def batches(
        self, rows: Sequence[int], take: Callable[[Sequence[int]], int], forward: Callable[[Sequence[int]], Floats]
    ) -> Iterator[tuple[Sequence[int], Floats | None]]:
        """Each batch of the rows with what ``forward`` made of it.

        A batch that does not fit is halved and tried again, and so are the later ones; a row that does not fit alone
        comes back with None.

        Args:
            take: how many of the remaining rows to try at once, at least 1.
            forward: rows → (len(rows), dim).
        """
        start = 0
        while start < len(rows):
            count = max(1, take(rows[start:]))
            batch = rows[start : start + (count if self._most is None else min(count, self._most))]
            found = self._tried(forward, batch)
            if found is None and len(batch) > 1:
                self._most = len(batch) // 2
                self._say(f"{len(batch)} at once do not fit in memory; going on with {self._most} at once.")
                continue
            yield batch, found
            start += len(batch)

    @staticmethod
    def _tried(forward: Callable[[Sequence[int]], Floats], batch: Sequence[int]) -> Floats | None:
        """None: out of memory."""
        try:
            return forward(batch)
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
        # Only now, when the error no longer holds on to what the failed attempt had allocated.
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None


def _out_of_memory(error: Exception) -> bool:
    import torch

    said = str(error)
    return (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "can't allocate memory" in said  # torch on a processor
        or "out of memory" in said.lower()  # libraries under torch
    )


NO_ROOM = "there is not enough memory to encode it, even alone"
"""The problem of an item that `Room.batches` gives None for."""

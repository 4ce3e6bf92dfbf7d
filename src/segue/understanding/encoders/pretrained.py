"""Pre-trained weights: where they lie, whether they are whole, and how a batch that does not fit in memory is survived.

A model is named by a folder or by its name in the local Hugging Face cache. Nothing is fetched from a network unless
``understanding.allow_download`` says so; weights are safetensors (never a pickle), and no code that comes with a model
is ever run. Models of other makers are data: whatever is wrong with them ends in one sentence.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...arrays import Floats
from ...errors import MissingLibrary, SettingsError
from ...settings import Settings

_HUB_NAME = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
"""Files of a model that are fetched: settings, weights, vocabularies; no pickles and no code."""
_MOST_HEADER_BYTES = 100 << 20


def folder_of(setting: str, settings: Settings, workspace: Path) -> Path:
    """The folder of the model that ``understanding.<setting>`` names: relative to the workspace, absolute, or in the
    local Hugging Face cache.

    Raises:
        MissingLibrary: there is no such folder and no such name in the cache.
    """
    name = str(getattr(settings.understanding, setting))
    return located(name, f"understanding.{setting}", workspace, settings.understanding.allow_download)


def located(name: str, setting: str, workspace: Path, download: bool) -> Path:
    """As `folder_of`, for a model named anywhere in the settings."""
    folder = workspace / Path(name).expanduser()
    if folder.is_dir():
        return folder
    otherwise = f"Set {setting} to a folder on this machine"
    if not download:
        otherwise += ", fetch it into the local Hugging Face cache, or set understanding.allow_download = true"
    if not _HUB_NAME.fullmatch(name):
        raise MissingLibrary(f"The model {name!r} is not there: no such folder. {otherwise}.")
    return _snapshot(name, otherwise, download)


@lru_cache(maxsize=16)
def _snapshot(name: str, otherwise: str, download: bool) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(_WANTED), local_files_only=not download))
    except Exception as error:  # the library raises errors of several others for one cause
        how = "cannot be fetched" if download else "is not on this machine"
        raise MissingLibrary(f"The model {name!r} {how} ({_first_line(error)}) {otherwise}.") from error


def state(folder: Path) -> str:
    """16 hex digits that change when a file of the model does. A folder that was trained further is another model.

    One that `segue finetune` made has hashes of all its files in its manifest, which a copy in a backup has as well.
    """
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return hashlib.sha256(manifest.read_bytes()).hexdigest()[:16]
    files = sorted(f for f in folder.rglob("*") if f.is_file()) if folder.is_dir() else []
    stated = (f"{f.relative_to(folder)}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in files)
    return hashlib.sha256(";".join(stated).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def config_of(folder: Path) -> dict[str, Any]:
    """What ``config.json`` says.

    Raises:
        MissingLibrary: it is missing or no JSON object.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise MissingLibrary(
            f"{folder} holds no model that can be loaded: its config.json cannot be read ({_first_line(error)}) "
            "Expected a folder as `save_pretrained` writes it."
        ) from error
    if not isinstance(config, dict):
        raise MissingLibrary(f"{folder} holds no model that can be loaded: its config.json is not a JSON object.")
    return config


def check_whole(folder: Path) -> None:
    """Look at every weights file of a model without loading it.

    Raises:
        MissingLibrary: there are none, they are pickles, one of several is missing, or one is shorter than it says.
    """
    for index in folder.rglob("*.safetensors.index.json"):
        try:
            parts = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise MissingLibrary(f"{index} cannot be read ({_first_line(error)}) Fetch the model again.") from error
        missing = sorted(str(p) for p in parts if not (index.parent / str(p)).is_file())
        if missing:
            raise MissingLibrary(
                f"The weights in {folder} are half-downloaded: {missing[0]} is missing"
                f"{f' and {len(missing) - 1} more' if len(missing) > 1 else ''}. Fetch the model again."
            )
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        pickles = any(folder.rglob("pytorch_model*.bin")) or any(folder.rglob("*.ckpt"))
        what = "only pickled weights, which could run code and are not loaded" if pickles else "no weights"
        raise MissingLibrary(f"{folder} holds {what}. Expected a file model.safetensors.")
    for file in weights:
        _check_file(file)


def _check_file(file: Path) -> None:
    """The file's own header says how long it must be (the safetensors format)."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > min(size, _MOST_HEADER_BYTES):
                raise ValueError("it ends within its header")
            header = json.loads(stream.read(length))
        ends = [int(tensor["data_offsets"][1]) for name, tensor in header.items() if name != "__metadata__"]
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise MissingLibrary(
            f"The weights {file} are half-downloaded or damaged ({_first_line(error)}) Fetch the model again."
        ) from error
    whole = 8 + length + max(ends, default=0)
    if size < whole:
        raise MissingLibrary(
            f"The weights {file} are half-downloaded: {size:,} of {whole:,} bytes are there. Fetch the model again."
        )


def loaded(what: str, folder: Path, load: Callable[[], Any]) -> Any:
    """What ``load`` gives, with whatever a library raises about a strange folder told in one sentence.

    Raises:
        MissingLibrary: it cannot be loaded.
    """
    from transformers.utils import logging as quiet

    quiet.disable_progress_bar()  # type: ignore[no-untyped-call]
    quiet.set_verbosity_error()  # type: ignore[no-untyped-call]  # its hints are for programmers
    try:
        return load()
    except (MissingLibrary, SettingsError):
        raise
    except Exception as error:  # libraries raise anything about a folder that is not what they expect
        raise MissingLibrary(
            f"The {what} {str(folder)!r} cannot be loaded ({_first_line(error)}) Expected a folder as "
            "`save_pretrained` writes it."
        ) from error


def weights_into(kind: str, folder: Path, device: Any, dtype: Any) -> Any:
    """The transformers model of a folder, ready to read: on its device, in its precision; loaded once a process.

    Args:
        kind: name of the class in ``transformers``: ``AutoModel``, ``CLIPModel`` …

    Raises:
        MissingLibrary: the weights are missing, half-downloaded, or of another kind of model.
    """
    return _weights(kind, folder, state(folder), device, dtype)


@lru_cache(maxsize=4)
def _weights(kind: str, folder: Path, _state: str, device: Any, dtype: Any) -> Any:
    import transformers

    check_whole(folder)

    def load() -> Any:
        model, report = getattr(transformers, kind).from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=dtype,
            output_loading_info=True,
        )
        # What a file does not give stays random, and random weights would give vectors that mean nothing.
        missing = {key for key in report["missing_keys"] if not key.startswith("pooler.")}
        if missing:
            raise ValueError(f"{len(missing)} of its weights are missing in the file, such as {min(missing)}.")
        if report["missing_keys"]:
            model.pooler = None  # a backbone that was saved without it; the mean over its places is taken
        return model.to(device).eval()

    return loaded("model", folder, load)


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


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    line = lines[0].strip() if lines else type(error).__name__
    return (line if line.endswith((".", ":", "!")) else f"{line}.")[:300]

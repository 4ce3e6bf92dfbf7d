"""Pre-trained weights: where they lie, and whether they are whole.

A model is named by a folder or by its name in the local Hugging Face cache. Nothing is fetched from a network unless
``understanding.allow_download`` says so; weights are safetensors (never a pickle), and no code that comes with a model
is ever run. Models of other makers are data: whatever is wrong with them ends in one sentence.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import MissingLibrary, SettingsError

_HUB_NAME = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?")
_WANTED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
"""Files of a model that are fetched: settings, weights, vocabularies; no pickles and no code."""
_MOST_HEADER_BYTES = 100 << 20


def located(name: str, setting: str, workspace: Path, download: bool) -> Path:
    """The folder of a model that a setting names: relative to the workspace, absolute, or in the local cache.

    Args:
        setting: what errors call it: ``understanding.text_model``.
        download: whether it may be fetched.

    Raises:
        MissingLibrary: there is no such folder and no such name in the cache.
    """
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
        raise MissingLibrary(f"The model {name!r} {how} ({first_line(error)}) {otherwise}.") from error


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
            f"{folder} holds no model that can be loaded: its config.json cannot be read ({first_line(error)}) "
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
            raise MissingLibrary(f"{index} cannot be read ({first_line(error)}) Fetch the model again.") from error
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
            f"The weights {file} are half-downloaded or damaged ({first_line(error)}) Fetch the model again."
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
            f"The {what} {str(folder)!r} cannot be loaded ({first_line(error)}) Expected a folder as "
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


def first_line(error: BaseException) -> str:
    """What an error of a library says, one sentence of it."""
    lines = str(error).strip().splitlines()
    line = lines[0].strip() if lines else type(error).__name__
    return (line if line.endswith((".", ":", "!")) else f"{line}.")[:300]

"""Text encoders that were trained further: a folder with an adapter or with whole weights, and a manifest.

::

    finetuned/NAME/
      manifest.json   what was trained on what, from which base, with the SHA-256 of every file
      adapter/        LoRA or AdaLoRA in peft's layout (safetensors); the base stays where it is and is merged on load
      model/          the whole sentence-transformers folder, where all weights were trained
      head/           what a head learnt (`segue.understanding.heads`), where one was trained

Such a folder can be named wherever a text model can be: ``understanding.text_model = "finetuned/NAME"``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ...errors import MissingLibrary, StorageError
from ...storage.artifacts import ArtifactFolder
from . import pretrained
from .text import bundled_folder, check_weights

FINETUNED = "finetuned"
"""Of a workspace, in which such folders stand."""
KIND = "segue-finetuned"


def is_adapted(folder: Path) -> bool:
    """Whether a fine-tuning made this folder."""
    return (folder / "manifest.json").is_file()


def manifest_of(folder: Path) -> dict[str, Any]:
    """What a fine-tuning says about itself.

    Raises:
        StorageError: the manifest is damaged, or a file is not the one that it names.
    """
    stated = ArtifactFolder(folder).read_json("manifest")
    if not isinstance(stated, dict) or stated.get("kind") != KIND:
        raise StorageError(
            f"{folder / 'manifest.json'} is not that of a fine-tuned encoder; `segue finetune` makes one."
        )
    found = ArtifactFolder(folder).hashes()
    wrong = sorted(name for name, digest in stated["hashes"].items() if found.get(name) != digest)
    if wrong:
        raise StorageError(
            f"The fine-tuned encoder {folder} is damaged: {', '.join(wrong[:5])} is missing or is not what the "
            "manifest names. Run `segue finetune` again."
        )
    return stated


def load_adapted(folder: Path, workspace: Path) -> Any:
    """The sentence-transformers model of such a folder, adapters merged into the base.

    Raises:
        MissingLibrary: peft or the base is not there, or the base is not the one that was trained on.
        StorageError: the folder is damaged, or holds a head that needs no encoder.
    """
    stated = manifest_of(folder)
    if stated["method"] == "full":
        return pretrained.sentences(folder / "model")
    if stated["method"] == "none":
        raise StorageError(f"{folder} holds a head that reads n-grams and no encoder; it cannot be a text_model.")
    base = base_folder(stated["base"]["name"], workspace)
    came = weights_digest(base)
    expected, name = stated["base"]["sha256"], stated["base"]["name"] or "the base install"
    if came != expected:
        raise MissingLibrary(
            f"The adapter {folder} was trained on another base: the weights of {name} have SHA-256 "
            f"{came[:16]}…, expected {expected[:16]}…. Bring that base back, or run "
            "`segue finetune` again."
        )
    peft = need_peft()
    model = pretrained.sentences(base)
    merged = peft.PeftModel.from_pretrained(model[0].model, str(folder / "adapter")).merge_and_unload()
    model[0].model = merged
    return model


def base_folder(name: str, workspace: Path, download: bool = False) -> Path:
    """Folder of a base by its name in the settings (empty: that of the base install, whose weights are checked).

    Args:
        download: whether one that is not on this machine may be fetched.

    Raises:
        MissingLibrary: it is not there, or its weights are not the published ones.
    """
    if not name:
        check_weights()
        return bundled_folder()
    return pretrained.located(name, "understanding.text_model", workspace, download)


def weights_digest(folder: Path) -> str:
    """SHA-256 over the safetensors files of a base, by name.

    Raises:
        MissingLibrary: there are none, or one is half-downloaded.
    """
    pretrained.check_whole(folder)
    files = sorted(folder.rglob("*.safetensors"))
    if len(files) == 1:
        return _sha256(files[0])
    return hashlib.sha256("".join(_sha256(file) for file in files).encode()).hexdigest()


def need_peft() -> Any:
    """The library of adapters.

    Raises:
        MissingLibrary: it is not installed.
    """
    try:
        import peft
    except ImportError as error:
        raise MissingLibrary(
            "LoRA and AdaLoRA need the library peft. Install it with `pip install 'segue[finetune]'`, or set "
            'finetune.method to "full".'
        ) from error
    return peft


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

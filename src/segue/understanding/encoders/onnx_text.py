"""A text encoder exported to ONNX, read by onnxruntime: no torch, and with INT8 weights two to three times its speed.

`export` writes a folder that ``understanding.text_model`` can name: the graph with pooling and normalisation in it, the
tokenizer, and a manifest. INT8 is dynamic quantisation: weights per channel to signed bytes, activations per batch
(Jacob et al. 2018; Zafrir et al. 2019 for transformers).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...arrays import Floats
from ...errors import InvalidInput, MissingLibrary
from ...items import Item
from ...settings import Settings

if TYPE_CHECKING:
    from .text import TorchText

MANIFEST = "segue_encoder.json"
GRAPH = "model.onnx"
FORMAT = 1
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_OPSET = 17
_COMPARED = 256
"""Items whose texts an export is compared on."""
_SENTENCES = ("A quiet film about rain.", "Loud guitars and fast drums.", "How to bake bread at home, step by step.")
"""Where the catalogue is empty."""


def is_export(folder: Path) -> bool:
    """Whether a folder is one that `export` wrote."""
    return (folder / MANIFEST).is_file()


def export(source: TorchText, name: str, folder: Path, int8: bool) -> None:
    """Write a model as ONNX into a new folder: everything or nothing.

    Args:
        source: in fp32, on the processor.
        name: what the manifest says it was made from.
        int8: whether its weights become bytes.

    Raises:
        InvalidInput: the folder holds something already, or cannot be written.
        MissingLibrary: ``onnx`` or ``onnxruntime`` is not installed, or the model has a part that cannot be exported.
    """
    _libraries()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"{folder} already holds something. Export into a new folder.")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=folder.parent) as name_of_draft:
            draft = Path(name_of_draft) / "encoder"
            draft.mkdir()
            inputs = _write_graph(source, draft / GRAPH)
            if int8:
                _to_bytes(draft / GRAPH)
            source.model.tokenizer.backend_tokenizer.save(str(draft / "tokenizer.json"))
            manifest = {
                "format": FORMAT,
                "source": name,
                "dim": source.dim,
                "limit": source.limit,
                "inputs": inputs,
                "int8": int8,
                "pad": source.model.tokenizer.pad_token_id or 0,
                "sha256": {file: _sha256(draft / file) for file in (GRAPH, "tokenizer.json")},
            }
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            shutil.move(draft, folder)
    except OSError as error:
        raise InvalidInput(f"The encoder cannot be written to {folder}: {error.strerror or error}.") from error


def export_and_compare(
    items: Iterable[Item], settings: Settings, workspace: Path, folder: Path, int8: bool
) -> dict[str, Any]:
    """`export` the text encoder of the settings, and compare it with the model it was made from, on texts of items."""
    from .text import TextEncoder, TorchText, item_text

    exact = settings.understanding.model_copy(update={"device": "cpu", "precision": "fp32"})
    if exact.text_model == "bag_of_words":
        raise InvalidInput("A bag of words has no model to export. Set understanding.text_model to one, or to nothing.")
    source = TextEncoder(settings.model_copy(update={"understanding": exact}), workspace)
    if not isinstance(source.reader, TorchText):
        raise InvalidInput(f"understanding.text_model is an export already: {source.folder}.")
    export(source.reader, exact.text_model or "all-MiniLM-L6-v2", folder, int8)
    texts = [text for text in map(item_text, islice(items, _COMPARED)) if text] or list(_SENTENCES)
    made = OnnxText(folder)
    vectors, seconds = [], []
    for reader in (source.reader, made):
        reader.vectors(texts[:2])  # the first pass prepares
        began = time.process_time()
        vectors.append(np.concatenate([reader.vectors(texts[at : at + 8]) for at in range(0, len(texts), 8)]))
        seconds.append(time.process_time() - began)
    cosine = float((vectors[0] * vectors[1]).sum(axis=1).mean())
    return {
        "folder": str(folder),
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
        "int8": int8,
        "texts": len(texts),
        "cosine": round(cosine, 6),
        "speed": round(seconds[0] / max(seconds[1], 1e-6), 2),
    }


def _libraries() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingLibrary(
            f"{error.name} is not installed. Install it with `pip install 'segue[export]'`."
        ) from error


def _write_graph(source: TorchText, file: Path) -> list[str]:
    """Trace the model on two texts of different length; the names of its inputs."""
    import torch

    inputs = source.model.preprocess(["a short text", "a text that is somewhat longer than the other one"])
    names = [name for name in _INPUTS if name in inputs]
    others = {name: value for name, value in inputs.items() if name not in names}

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = source.model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            found = self.model({**others, **dict(zip(names, tensors, strict=True))})["sentence_embedding"]
            return torch.nn.functional.normalize(found, dim=1)

    free = {name: {0: "texts", 1: "tokens"} for name in names}
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # remarks on constants of the traced code
            torch.onnx.export(
                Whole().eval(),
                tuple(inputs[name] for name in names),
                str(file),
                input_names=names,
                output_names=["vectors"],
                dynamic_axes={**free, "vectors": {0: "texts"}},
                opset_version=_OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        raise MissingLibrary(
            f"This text model cannot be exported to ONNX: {str(error).splitlines()[0][:200]}. Use it as it is."
        ) from error
    return names


def _to_bytes(file: Path) -> None:
    import logging

    from onnxruntime.quantization import QuantType, quantize_dynamic

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # it recommends a preparation that gains nothing here
    try:
        small = file.with_suffix(".int8")
        quantize_dynamic(file, small, weight_type=QuantType.QInt8, per_channel=True)
        small.replace(file)
    finally:
        logging.disable(before)


class OnnxText:
    """An exported model; a `TextReader`.

    Args:
        folder: as `export` wrote it.

    Raises:
        MissingLibrary: ``onnxruntime`` is not installed, or a file is missing or not as the manifest says.
    """

    def __init__(self, folder: Path) -> None:
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise MissingLibrary(
                f"The text model {str(folder)!r} is in ONNX and {error.name} is not installed. Install it with "
                "`pip install 'segue[export]'`."
            ) from error
        try:
            stated = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            changed = [file for file, expected in stated["sha256"].items() if _sha256(folder / file) != expected]
            if stated["format"] != FORMAT or changed:
                raise ValueError(f"{', '.join(changed) or 'its format'} is not as {MANIFEST} says")
            self.dim, self.limit = int(stated["dim"]), int(stated["limit"])
            self._inputs = [str(name) for name in stated["inputs"]]
            self._pad = int(stated["pad"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.limit)
            self._session = onnxruntime.InferenceSession(
                str(folder / GRAPH), _options(onnxruntime), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime and tokenizers raise bare Exceptions
            raise MissingLibrary(
                f"The exported text model {str(folder)!r} cannot be loaded: {str(error).splitlines()[0][:200]}. "
                "Make it again with `segue export-encoder`."
            ) from error

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """See `TextReader`."""
        return [len(found.ids) for found in self._tokenizer.encode_batch_fast(list(texts))]

    def vectors(self, texts: Sequence[str]) -> Floats:
        """See `TextReader`."""
        found = self._tokenizer.encode_batch_fast(list(texts))
        longest = max(len(one.ids) for one in found)
        ids = np.full((len(found), longest), self._pad, np.int64)
        mask = np.zeros((len(found), longest), np.int64)
        for row, one in enumerate(found):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (rows,) = self._session.run(["vectors"], {name: given[name] for name in self._inputs})
        return np.nan_to_num(np.asarray(rows, np.float32))


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    # Left to itself it starts a thread for every core of the machine, also where this process may use but one.
    stated = os.environ.get("OMP_NUM_THREADS", "")
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    options.intra_op_num_threads = int(stated) if stated.isdigit() and int(stated) else allowed
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

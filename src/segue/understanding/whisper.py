"""Speech to text on this machine: Whisper (Radford et al. 2022) through transformers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Floats
from ..errors import SettingsError
from ..llm.transcription import Heard
from ..readings import Segment
from ..settings import Settings
from .encoders import pretrained

RATE = 16_000
WINDOW_S = 30
_AT_ONCE = 8
"""Windows transcribed together."""
_TOKENS = 200
"""Most tokens of one window; a window of thirty seconds has rarely more than a hundred."""
_SILENT = 1e-4


class Whisper:
    """Listens in windows of thirty seconds, in each language that the model knows.

    Args:
        settings: ``[speech] model`` names the model.
        remarks: takes a sentence when a batch of windows did not fit in memory.
    """

    def __init__(self, settings: Settings, workspace: Path, remarks: list[str]) -> None:
        self.settings = settings
        self.workspace = workspace
        self._room = pretrained.Room(remarks.append)

    @cached_property
    def folder(self) -> Path:
        """Where the model lies.

        Raises:
            MissingLibrary: it is not on this machine.
        """
        allowed = self.settings.understanding.allow_download
        return pretrained.located(self.settings.speech.model, "speech.model", self.workspace, allowed)

    def hear(self, samples: Floats) -> Heard:
        """What is said in a piece of sound.

        Args:
            samples: (n,) at `RATE`.

        Raises:
            MissingLibrary: the weights are missing or half-downloaded.
            SettingsError: the model is no Whisper.
        """
        step = WINDOW_S * RATE
        windows = [samples[at : at + step] for at in range(0, len(samples), step)]
        loud = [row for row, window in enumerate(windows) if len(window) and np.abs(window).max() > _SILENT]
        if not loud:
            return Heard((), None)
        language = self._language(windows[loud[0]])
        told: dict[int, list[Segment]] = {}

        def forward(rows: Sequence[int]) -> Floats:
            told.update(zip(rows, self._said([windows[row] for row in rows], language), strict=True))
            return np.zeros((len(rows), 0), np.float32)

        for rows, found in self._room.batches(loud, lambda _: _AT_ONCE, forward):
            if found is None:
                raise MemoryError(f"there is not enough memory for window {rows[0]}")
        segments = [
            Segment(row * WINDOW_S + start, row * WINDOW_S + end, text)
            for row in loud
            for start, end, text in told[row]
        ]
        return Heard(tuple(segments), language)

    def _features(self, windows: Sequence[Floats]) -> Any:
        model, processor = self._loaded
        found = processor(list(windows), sampling_rate=RATE, return_tensors="pt")["input_features"]
        return found.to(model.device, model.dtype)

    def _language(self, window: Floats) -> str | None:
        """Of a model that knows several: what it takes the window's language to be."""
        import torch

        model, _ = self._loaded
        ids = getattr(model.generation_config, "lang_to_id", None) or {}
        if len(ids) < 2:
            return None
        with torch.inference_mode():
            token = int(model.detect_language(self._features([window]))[0])
        return next((name.strip("<|>") for name, number in ids.items() if number == token), None)

    def _said(self, windows: Sequence[Floats], language: str | None) -> Iterator[list[Segment]]:
        import torch

        model, processor = self._loaded
        stated = {"language": language, "task": "transcribe"} if language else {}
        room = int(model.config.max_target_positions) - 8
        with torch.inference_mode():
            tokens = model.generate(
                self._features(windows), return_timestamps=True, max_new_tokens=min(_TOKENS, room), **stated
            )
        for row, window in zip(tokens, windows, strict=True):
            found = processor.tokenizer.decode(row.tolist(), output_offsets=True, skip_special_tokens=True)
            yield list(_segments(found, len(window) / RATE))

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from transformers import WhisperFeatureExtractor, WhisperTokenizer

        from .. import device as devices

        kind = pretrained.config_of(self.folder).get("model_type")
        if kind != "whisper":
            raise SettingsError(f"speech.model names a model of the kind {kind!r}. Expected Whisper.")
        wanted = self.settings.understanding
        device = devices.pick(wanted.device, "[understanding] device")
        dtype = devices.precision(wanted.precision, device)
        model = pretrained.weights_into("WhisperForConditionalGeneration", self.folder, device, dtype)

        class Processor:
            def __init__(self, folder: str) -> None:
                self.features = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
                self.tokenizer = WhisperTokenizer.from_pretrained(folder, local_files_only=True)

            def __call__(self, *args: Any, **kwargs: Any) -> Any:
                return self.features(*args, **kwargs)

        return model, pretrained.loaded("preparation of speech in", self.folder, lambda: Processor(str(self.folder)))


def _segments(decoded: Any, length_s: float) -> Iterator[Segment]:
    """The pieces between time tokens; all of it where the model gave none."""
    offsets = decoded.get("offsets") or []
    for one in offsets:
        start, end = one["timestamp"]
        begin = min(float(start or 0.0), length_s)
        yield Segment(begin, length_s if end is None else max(begin, min(float(end), length_s)), one["text"])
    if not offsets and decoded.get("text", "").strip():
        yield Segment(0.0, length_s, decoded["text"])

"""How an item sounds to CLAP (Wu et al. 2023), loaded through transformers; words find sounds with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from ... import device as devices
from ...arrays import Floats
from ...errors import SettingsError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from . import files, pretrained
from .audio import AudioEncoder
from .base import Encoder
from .media_model import MediaModel, numbers, pooled

_SHORTEST_S = 0.5
"""A last scrap is left out, unless it is all there is."""
_SILENT = 1e-5


class AudioModel(MediaModel):
    """Windows of ten seconds (the model's own length), each encoded, then averaged.

    Of a file longer than ``understanding.max_audio_s``, windows spread evenly over it. Always in fp32 unless bf16 is
    asked for: its features are decibels over a wide range, of which bf16 keeps two digits.
    """

    name: ClassVar[str] = "audio"
    setting: ClassVar[str] = "audio_model"
    Default: ClassVar[type[Encoder]] = AudioEncoder

    @property
    def reads_words(self) -> bool:
        return True

    @property
    def dim(self) -> int:
        return int(self.config.get("projection_dim", 512))

    def ready(self) -> None:
        if self.config.get("model_type") != "clap":
            raise SettingsError(
                f"understanding.audio_model names a model of the kind {self.config.get('model_type')!r}. Expected CLAP."
            )
        _ = self._model, self._prepare

    @cached_property
    def _model(self) -> Any:
        wanted = self.settings.understanding
        device = devices.pick(wanted.device, "[understanding] device")
        stated = "fp32" if wanted.precision == "auto" else wanted.precision
        return pretrained.weights_into("ClapModel", self.folder, device, devices.precision(stated, device))

    @cached_property
    def _prepare(self) -> Any:
        from transformers import ClapFeatureExtractor

        return pretrained.loaded(
            "preparation of sound in",
            self.folder,
            lambda: ClapFeatureExtractor.from_pretrained(str(self.folder), local_files_only=True),
        )

    @cached_property
    def _words(self) -> Any:
        from transformers import AutoTokenizer

        return pretrained.loaded(
            "tokenizer in",
            self.folder,
            lambda: AutoTokenizer.from_pretrained(str(self.folder), local_files_only=True, trust_remote_code=False),
        )

    def pieces(self, item: Item, seen: Reading) -> list[Floats]:
        """The features of each window."""
        path = files.readable(item.media_uri, self.settings, self.workspace)
        limits, prepare = self.settings.media, self._prepare
        if path is None or not (info := media.probe(path, limits)).has_audio:
            return []
        rate, length = int(prepare.sampling_rate), float(prepare.max_length_s)
        most = self.settings.understanding.max_audio_s
        duration = info.duration_s
        if duration is not None and duration > most + length:
            starts = np.linspace(0, duration - length, max(1, math.floor(most / length)))
            windows = [media.pcm(path, rate, limits, float(start), length) for start in starts]
        else:
            samples = media.pcm(path, rate, limits, duration_s=most + length)
            step = int(length * rate)
            windows = [samples[at : at + step] for at in range(0, len(samples), step)]
        long = [window for window in windows if len(window) >= _SHORTEST_S * rate] or windows[:1]
        heard = [window for window in long if len(window) and np.abs(window).max() > _SILENT]
        return [self._features(window, rate) for window in heard]

    def _features(self, window: Floats, rate: int) -> Floats:
        found = self._prepare(window, sampling_rate=rate, return_tensors="np")["input_features"][0]
        return np.asarray(found, dtype=np.float32)

    def vectors(self, pieces: Sequence[Floats]) -> Floats:
        import torch

        model = self._model
        with torch.inference_mode():
            features = torch.from_numpy(np.stack(pieces)).to(model.device, model.dtype)
            # The library marks one window by chance as cut from a longer one; none is.
            whole = torch.zeros((len(pieces), 1), dtype=torch.bool, device=model.device)
            return numbers(pooled(model.get_audio_features(input_features=features, is_longer=whole)))

    def word_vectors(self, words: Sequence[str]) -> Floats:
        import torch

        model = self._model
        found = self._words(
            list(words), padding="longest", truncation=True, max_length=self._longest, return_tensors="pt"
        )
        given = {name: found[name].to(model.device) for name in ("input_ids", "attention_mask") if name in found}
        with torch.inference_mode():
            return numbers(pooled(model.get_text_features(**given)))

    @property
    def _longest(self) -> int:
        """Tokens that the tower for words has places for (RoBERTa begins to count behind the padding)."""
        stated = int((self.config.get("text_config") or {}).get("max_position_embeddings") or 514)
        return max(4, min(stated - 2, 512))

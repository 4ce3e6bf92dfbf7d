"""How an item looks to a pre-trained model: CLIP, SigLIP, SigLIP 2, or a vision backbone (ResNet, ViT, DINOv2 …).

Radford et al. 2021 (CLIP), Zhai et al. 2023 (SigLIP), Tschannen et al. 2025 (SigLIP 2), He et al. 2016 (ResNet). Loaded
through transformers from a folder or the local Hugging Face cache. With the first three, words find pictures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ... import device as devices
from ...arrays import Floats
from ...errors import MediaError, MissingLibrary, SettingsError
from ...ingest import media
from ...items import Item
from ...readings import Reading
from . import files, pretrained
from .base import Encoder
from .media_model import MediaModel, numbers, pooled
from .picture import FEW_KEY_FRAMES, PictureEncoder, samples, still

WITH_WORDS = ("clip", "siglip", "siglip2")
"""``model_type`` of the models that have a tower for words."""
_LARGEST = 512
"""Pixels of a side that a picture is decoded to at most."""
_MASK = "attention_mask"
_SAMPLES = 8
"""Pictures of a film that has hardly any key frame."""


class PictureModel(MediaModel):
    """The cover, or up to ``understanding.max_frames`` key frames spread over the film, each encoded, then averaged.

    Pictures come from ffmpeg squeezed into squares of the size that the model reads, as SigLIP was trained on them: of
    a wide film or a tall poster nothing is cut off.
    """

    name: ClassVar[str] = "picture"
    setting: ClassVar[str] = "picture_model"
    Default: ClassVar[type[Encoder]] = PictureEncoder
    shots: ClassVar[bool] = True

    @property
    def reads_words(self) -> bool:
        return self.config.get("model_type") in WITH_WORDS

    @cached_property
    def dim(self) -> int:
        config = self.config
        vision = config.get("vision_config") or {}
        match config.get("model_type"):
            case "clip":
                stated = config.get("projection_dim", 512)
            case "siglip" | "siglip2":
                stated = vision.get("hidden_size", 768)
            case _:
                stated = (config.get("hidden_sizes") or [config.get("hidden_size", 768)])[-1]
        return int(stated)

    def ready(self) -> None:
        if not hasattr(self._model, "get_image_features") and "pixel_values" not in self._model.main_input_name:
            raise SettingsError(
                f"understanding.picture_model names a model of the kind {self.config.get('model_type')!r}, which reads "
                "no pictures. Expected CLIP, SigLIP, SigLIP 2, or a vision backbone such as ResNet."
            )
        _ = self._prepare

    @cached_property
    def _model(self) -> Any:
        wanted = self.settings.understanding
        device = devices.pick(wanted.device, "[understanding] device")
        return pretrained.weights_into("AutoModel", self.folder, device, devices.precision(wanted.precision, device))

    @cached_property
    def _prepare(self) -> Any:
        """The model's own preparation of pictures; its Pillow backend where torchvision is not installed."""
        try:
            import PIL  # noqa: F401
        except ImportError as error:
            raise MissingLibrary(
                "Pillow is not installed, which prepares pictures for understanding.picture_model. Install it with "
                "`pip install 'segue[pictures]'`."
            ) from error
        from transformers import AutoImageProcessor

        return pretrained.loaded(
            "preparation of pictures in",
            self.folder,
            lambda: AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
                str(self.folder), local_files_only=True, trust_remote_code=False, backend="pil"
            ),
        )

    @cached_property
    def _words(self) -> Any:
        from transformers import AutoTokenizer

        return pretrained.loaded(
            "tokenizer in",
            self.folder,
            lambda: AutoTokenizer.from_pretrained(str(self.folder), local_files_only=True, trust_remote_code=False),
        )

    @cached_property
    def _side(self) -> int:
        """Pixels of a side that pictures are decoded to, so that the model's own preparation has nothing to shrink."""
        prepare = self._prepare
        size = dict(getattr(prepare, "size", None) or {})
        side = size.get("shortest_edge") or size.get("height")
        if side is None:  # SigLIP 2 of any shape: as many patches as it takes
            patches = int(getattr(prepare, "max_num_patches", 256) or 256)
            side = math.isqrt(patches) * int(getattr(prepare, "patch_size", 16) or 16)
        share = getattr(prepare, "crop_pct", None)
        if share and side < 384:  # ResNet and ConvNeXT shrink to a little more, then cut
            side = side / share
        return max(16, min(int(side), _LARGEST))

    def pieces(self, item: Item, seen: Reading) -> list[NDArray[np.uint8]]:
        """(height, width, 3) RGB each; the cover where the film could not be seen, or is black."""
        side, limits = self._side, self.settings.media
        by_cover = "cover_only" in seen.facts.get("doubts", ())
        try:
            film = None if by_cover else files.readable(item.media_uri, self.settings, self.workspace)
            if film is not None and (info := media.probe(film, limits)).has_video:
                return self._frames(film, info.duration_s, side)
        except MediaError:
            if item.cover_uri is None:
                raise
        cover = files.readable(item.cover_uri, self.settings, self.workspace)
        return [] if cover is None else list(still(cover, limits, side, side))

    def _frames(self, film: Path, duration: float | None, side: int) -> list[NDArray[np.uint8]]:
        limits, most = self.settings.media, self.settings.understanding.max_frames
        _, pictures = media.key_frames(film, side, side, most, limits)
        if len(pictures) >= min(FEW_KEY_FRAMES, most):
            return list(pictures)
        starts, length = samples(duration)
        every = max(min(length, duration or length) * len(starts) / _SAMPLES, 0.5)
        sampled = [
            picture for start in starts for picture in media.frames(film, side, side, every, limits, start, length)[1]
        ]
        return sampled if len(sampled) > len(pictures) else list(pictures)

    def vectors(self, pieces: Sequence[NDArray[np.uint8]]) -> Floats:
        import torch

        model = self._model
        inputs = self._prepare(images=list(pieces), return_tensors="pt", input_data_format="channels_last")
        with torch.inference_mode():
            given = {
                name: value.to(model.device, model.dtype if value.is_floating_point() else None)
                for name, value in inputs.items()
            }
            read = model.get_image_features if self.reads_words else model
            return numbers(pooled(read(**given)))

    def word_vectors(self, words: Sequence[str]) -> Floats:
        import torch

        model = self._model
        text = self.config.get("text_config") or {}
        if self.config.get("model_type") == "clip":
            most, padding, taken = int(text.get("max_position_embeddings") or 77), "longest", ["input_ids", _MASK]
        else:
            # SigLIP was trained on texts filled up to their full length, and reads the filling.
            most, padding, taken = int(text.get("max_position_embeddings") or 64), "max_length", ["input_ids"]
        found = self._words(list(words), padding=padding, truncation=True, max_length=most, return_tensors="pt")
        given = {name: found[name].to(model.device) for name in taken if name in found}
        with torch.inference_mode():
            return numbers(pooled(model.get_text_features(**given)))

"""The text encoder while it learns: adapters through peft or all weights, token ids made once, vectors with slopes.

LoRA (Hu et al., ICLR 2022) adds B·A of low rank to each matrix; AdaLoRA (Zhang et al., ICLR 2023) writes it P·Λ·Q,
keeps P and Q near orthogonal, and takes rank from where it matters least until the budget is met.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...arrays import Floats
from ...models.loop import autocast, precision
from ...settings import FinetuneSettings
from ...storage.artifacts import ArtifactFolder
from ...understanding.encoders import pretrained
from ...understanding.encoders.adapted import need_peft
from ...understanding.ngrams import plain

_ORTHOGONAL = 0.1
"""Weight of AdaLoRA's pull of P and Q towards orthogonality."""
_BUFFERED = 50
"""Batches that are sorted by length together, so that little is spent on padding and the order stays random."""


class Tuned(nn.Module):
    """A sentence encoder of which some weights learn, and what stands on top of it.

    ``state_dict`` and ``parameters`` are of what learns alone, so that a checkpoint of adapters is small.

    Args:
        folder: of the base, a sentence-transformers model.
        top: what is trained besides: a head, or nothing.
        words_learn: whether word vectors learn with ``full``.
    """

    def __init__(self, folder: Path, wanted: FinetuneSettings, top: nn.Module, words_learn: bool = False) -> None:
        super().__init__()
        self.sentences = pretrained.sentences(folder)
        self.top = top
        self.adapter: Any = None
        self.wanted = wanted
        self._pattern: dict[str, list[bool]] = {}
        for parameter in self.sentences.parameters():
            parameter.requires_grad_(False)
        network = self.sentences[0].model
        if wanted.method == "full":
            self._free(network, words_learn)
        else:
            self._adapt(network)

    def _free(self, network: nn.Module, words_learn: bool) -> None:
        for name, parameter in network.named_parameters():
            layer = _layer(name)
            if layer is None:
                parameter.requires_grad_("pooler" not in name and words_learn and not self.wanted.frozen_layers)
            else:
                parameter.requires_grad_(layer >= self.wanted.frozen_layers)

    def _adapt(self, network: nn.Module) -> None:
        peft = need_peft()
        chosen = [
            name
            for name, part in network.named_modules()
            if isinstance(part, nn.Linear)
            and (layer := _layer(name)) is not None
            and layer >= self.wanted.frozen_layers
        ]
        rank, dropout = self.wanted.rank, self.wanted.dropout
        if self.wanted.method == "lora":
            config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=dropout, target_modules=chosen)
        else:
            config = peft.AdaLoraConfig(
                init_r=max(rank + 1, round(1.5 * rank)),
                target_r=rank,
                lora_alpha=2 * rank,
                lora_dropout=dropout,
                target_modules=chosen,
                total_step=3,  # until `plan`
                tinit=0,
                tfinal=1,
            )
        self.adapter = peft.get_peft_model(network, config)
        if self.wanted.method == "adalora":
            for name, parameter in self._ranked():
                self._allocator.ipt[name] = torch.zeros_like(parameter)
            self._moments({})

    # What learns

    @property
    def device(self) -> torch.device:
        where: torch.device = next(self.sentences.parameters()).device
        return where

    def body(self) -> list[nn.Parameter]:
        """Parameters of the encoder that learn."""
        return [p for p in self.sentences.parameters() if p.requires_grad]

    def state_dict(self, *_args: Any, **_kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        learns = {name: p for name, p in self.named_parameters() if p.requires_grad}
        return {**learns, **(self._moments() if self.wanted.method == "adalora" else {})}

    def load_state_dict(self, state_dict: Mapping[str, Any], *_args: Any, **_kwargs: Any) -> Any:
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(state_dict[name])
        if self.wanted.method == "adalora":
            self._moments(state_dict)
            self._pattern = {n: (p != 0).view(-1).tolist() for n, p in self._ranked() if "lora_E" in n}

    # AdaLoRA

    @property
    def _allocator(self) -> Any:
        return self.adapter.base_model.rankallocator

    def _ranked(self) -> Iterator[tuple[str, nn.Parameter]]:
        return ((n, p) for n, p in self.adapter.base_model.model.named_parameters() if "lora_" in n)

    def _moments(self, state: Mapping[str, Any] | None = None) -> dict[str, Tensor]:
        """What the allocator remembers of each matrix; with a state, set from there, zeros where it has nothing."""
        found = {}
        for kept in ("exp_avg_ipt", "exp_avg_unc"):
            table = getattr(self._allocator, kept)
            for name, parameter in self._ranked():
                key = f"{kept}.{name}"
                if state is not None:
                    table[name] = state[key].clone() if key in state else torch.zeros_like(parameter)
                found[key] = table.get(name, torch.zeros_like(parameter))
        return found

    def plan(self, steps: int) -> None:
        """Share AdaLoRA's budget out over so many steps: full ranks for a tenth, the final ranks for the last third."""
        if self.wanted.method == "adalora":
            config = self.adapter.peft_config["default"]
            config.total_step, config.tinit = max(steps, 3), steps // 10
            config.tfinal, config.deltaT = max(steps // 3, 1), max(steps // 100, 1)

    def after_step(self, step: int) -> None:
        """Share the budget of ranks out anew."""
        config = self.adapter.peft_config["default"]
        if step > config.total_step - config.tfinal and not config.rank_pattern:
            config.rank_pattern = self._pattern  # known again after a resume
        self.adapter.base_model.update_and_allocate(step)

    def penalty(self) -> Tensor | float:
        """How far P and Q of AdaLoRA are from orthogonal; 0 for the other methods."""
        if self.wanted.method != "adalora":
            return 0.0
        terms = []
        for name, matrix in self._ranked():
            if "lora_E" not in name:
                gram = matrix @ matrix.T if "lora_A" in name else matrix.T @ matrix
                terms.append((gram - torch.eye(len(gram), device=gram.device)).norm())
        return _ORTHOGONAL * torch.stack(terms).mean()

    # Reading

    def tokens(self, texts: Sequence[str], after: Sequence[str] | None = None) -> list[dict[str, list[int]]]:
        """Of each text (and the one that follows it) the token ids and, where the model has them, types; cut to
        ``max_tokens``. Control and direction characters are left out; a text is never more than a text."""
        limit = min(self.wanted.max_tokens, int(self.sentences.max_seq_length or 512))
        given = ([plain(t) for t in texts], *(([plain(t) for t in after],) if after is not None else ()))
        if not given[0]:
            return []
        found = self.sentences.tokenizer(*given, truncation=True, max_length=limit, padding=False)
        names = [n for n in ("input_ids", "token_type_ids") if n in found]
        return [{name: found[name][row] for name in names} for row in range(len(texts))]

    def padded(self, tokens: Sequence[Mapping[str, list[int]]]) -> dict[str, Tensor]:
        """The inputs of one batch."""
        longest = max(len(one["input_ids"]) for one in tokens)
        pad = self.sentences.tokenizer.pad_token_id or 0
        made: dict[str, NDArray[np.int64]] = {"attention_mask": np.zeros((len(tokens), longest), np.int64)}
        for name in tokens[0]:
            made[name] = np.full((len(tokens), longest), pad if name == "input_ids" else 0, np.int64)
        for row, one in enumerate(tokens):
            made["attention_mask"][row, : len(one["input_ids"])] = 1
            for name, ids in one.items():
                made[name][row, : len(ids)] = ids
        return {name: torch.from_numpy(array).to(self.device) for name, array in made.items()}

    def read(self, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """(n, dim) unit vectors, and (n, tokens, dim) what stands at each token."""
        with autocast(precision("auto", self.device), self.device):
            out = self.sentences[0]({**inputs})
        out["token_embeddings"] = each = out["token_embeddings"].float()
        for part in list(self.sentences)[1:]:
            out = part(out)
        return nn.functional.normalize(out["sentence_embedding"], dim=1), each

    def embed(self, tokens: Sequence[Mapping[str, list[int]]]) -> Tensor:
        """(n, dim) unit vectors."""
        return self.read(self.padded(tokens))[0]

    def embed_all(self, tokens: Sequence[Mapping[str, list[int]]], size: int = 64) -> Floats:
        """(n, dim) unit vectors, without slopes, as the network is now."""
        self.eval()
        rows = np.zeros((len(tokens), int(self.sentences.get_embedding_dimension())), np.float32)
        order = np.argsort([-len(one["input_ids"]) for one in tokens], kind="stable")
        with torch.inference_mode():
            for begin in range(0, len(order), size):
                batch = order[begin : begin + size]
                rows[batch] = self.embed([tokens[row] for row in batch]).cpu().numpy()
        return rows

    # Keeping

    def save(self, folder: ArtifactFolder) -> None:
        """The adapter, or the whole model where all weights were trained."""
        self.to("cpu")
        if self.adapter is None:
            self.sentences.save(str(folder.path / "model"), create_model_card=False, safe_serialization=True)
            return
        # Ranks that are out of the budget are zeros; cutting them off as well would tie the file to a peft version.
        config = self.adapter.peft_config["default"]
        config.rank_pattern = {}
        config.base_model_name_or_path = None  # the manifest names the base, not a path of this machine
        self.adapter.save_pretrained(str(folder.path / "adapter"), safe_serialization=True)
        (folder.path / "adapter" / "README.md").unlink(missing_ok=True)


def batches(
    lengths: NDArray[np.int64], rows: NDArray[np.int64], size: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """The rows in random batches of similar length."""
    rows = rng.permutation(rows)
    made = []
    for begin in range(0, len(rows), size * _BUFFERED):
        near = rows[begin : begin + size * _BUFFERED]
        near = near[np.argsort(lengths[near], kind="stable")]
        made += [near[at : at + size] for at in range(0, len(near), size)]
    return [made[at] for at in rng.permutation(len(made))]


def _layer(name: str) -> int | None:
    """Number of the layer that a part with this name belongs to; None for those outside of the layers."""
    found = re.search(r"(?:^|\.)(?:layers?|h|block)\.(\d+)(?:\.|$)", name)
    return int(found[1]) if found else None

"""A language model in this process: a chat model of transformers, from a folder, on the processor or a GPU.

One answer is written at a time; others wait for their turn within their own time. It writes the likeliest token each
time, as servers are asked to. Calls of tools are read out of its text (``<tool_call>{…}</tool_call>``, as Qwen, Hermes
and their kin write them) where all texts are read: in `segue.llm.talk`.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from .. import weights
from ..errors import SegueError, ServiceError, SettingsError
from ..settings import LlmSettings
from .protocol import Limits, Message, Piece, Reply, Request, Usage


class InProcess:
    """One model of this process.

    Raises:
        MissingLibrary: the model is not on this machine.
    """

    at_once = 1
    levels = ("text",)
    """Nothing here holds a model to a schema."""

    _turn = threading.Lock()
    """One for the process, whoever asks: two who write at once are slower than one after the other."""

    def __init__(self, settings: LlmSettings) -> None:
        self.settings = settings
        self._folder = weights.located(settings.model, "[llm] model", Path(), download=False)

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"The language model in {self._folder.name!r}"

    @property
    def place(self) -> str:
        """Changes with the weights: another model gives other answers."""
        return f"in-process:{weights.state(self._folder)}"

    def close(self) -> None:
        """The weights stay with the process, for the next one who asks."""

    def models(self) -> list[str]:
        """The one that is named. Raises as loading it does: MissingLibrary, SettingsError."""
        _ = self._loaded
        return [self.settings.model]

    def answer(self, request: Request, limits: Limits) -> Reply:
        """See `segue.llm.protocol.Backend`."""
        text, usage = "", Usage()
        for piece in self.stream(request, Limits(limits.total_s, limits.total_s)):
            text += piece.text
            usage = piece.usage or usage
        return Reply(text, usage=usage)

    def stream(self, request: Request, limits: Limits) -> Generator[Piece, None, None]:
        """See `segue.llm.protocol.Backend`."""
        began = time.monotonic()
        prompt = self._prompt(request)
        out: SimpleQueue[Piece | BaseException | None] = SimpleQueue()
        stop = threading.Event()
        writer = threading.Thread(
            target=self._write, args=(prompt, request.max_tokens, out, stop), name="segue-llm-write", daemon=True
        )
        writer.start()
        begun = False
        try:
            while True:
                left = began + limits.total_s - time.monotonic()
                try:
                    piece = out.get(timeout=max(min(left, limits.first_s), 0.001))
                except Empty:
                    late = "timeout_s" if left <= limits.first_s else "first_token_s"
                    what = "no whole answer" if begun or late == "timeout_s" else "no word"
                    raise ServiceError(f"{self.name} gave {what} within [llm] {late}.") from None
                if piece is None:
                    return
                if isinstance(piece, BaseException):
                    if isinstance(piece, SegueError):
                        raise piece
                    raise ServiceError(f"{self.name} failed: {weights.first_line(piece)}") from piece
                begun = True
                yield piece
        finally:
            stop.set()  # at the next token

    def _write(self, prompt: Any, most: int, out: SimpleQueue[Any], stop: threading.Event) -> None:
        """Put each piece, then None; or what went wrong."""
        try:
            with self._turn:
                if not stop.is_set():
                    self._generate(prompt, most, out, stop)
            out.put(None)
        except BaseException as error:  # the thread has nobody else to tell
            out.put(error)

    def _generate(self, prompt: Any, most: int, out: SimpleQueue[Any], stop: threading.Event) -> None:
        import torch
        from transformers import TextStreamer

        model, tokenizer = self._loaded

        class Words(TextStreamer):
            def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
                if text:
                    out.put(Piece(text))

        def stopped(ids: Any, _scores: Any, **_more: Any) -> Any:
            return torch.full((len(ids),), stop.is_set(), device=ids.device)

        with torch.inference_mode():
            written = model.generate(
                **prompt,
                max_new_tokens=most,
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
                streamer=Words(tokenizer, skip_prompt=True, skip_special_tokens=True),
                stopping_criteria=[stopped],
            )
        read = int(prompt["input_ids"].shape[1])
        count = int(written.shape[1]) - read
        out.put(Piece(finish="length" if count >= most else "stop", usage=Usage(read, count)))

    def _prompt(self, request: Request) -> Any:
        model, tokenizer = self._loaded
        try:
            prompt = tokenizer.apply_chat_template(
                [_for_template(message) for message in request.messages],
                tools=request.extra.get("tools"),
                add_generation_prompt=True,
                return_tensors="pt",
                return_dict=True,
            )
        except Exception as error:  # a template is a program of the model's maker and may complain of anything
            raise ServiceError(f"{self.name} cannot be told this talk: {weights.first_line(error)}") from error
        count, room = int(prompt["input_ids"].shape[1]), getattr(model.config, "max_position_embeddings", None)
        if room is not None and count + request.max_tokens > room:
            raise ServiceError(
                f"{self.name} reads and writes {room} tokens at most, and this question has {count}, its answer up to "
                f"{request.max_tokens} ([llm] max_answer_tokens)."
            )
        return prompt.to(model.device)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        from transformers import AutoTokenizer

        from .. import device as devices

        device = devices.pick(self.settings.device, "[llm] device")
        dtype = devices.precision("auto", device)
        model = weights.weights_into("AutoModelForCausalLM", self._folder, device, dtype)
        tokenizer = weights.loaded(
            "tokenizer of",
            self._folder,
            lambda: AutoTokenizer.from_pretrained(str(self._folder), local_files_only=True, trust_remote_code=False),
        )
        if not tokenizer.chat_template:
            raise SettingsError(
                f"[llm] model names {self._folder.name!r}, which has no chat template. Choose a model that was trained "
                "to chat."
            )
        return model, tokenizer


def _for_template(message: Message) -> dict[str, Any]:
    """As templates expect it: the arguments of earlier calls as objects."""
    told = dict(message)
    if told.get("tool_calls"):
        told["tool_calls"] = [
            {**call, "function": {**call["function"], "arguments": json.loads(call["function"]["arguments"])}}
            for call in told["tool_calls"]
        ]
    return told

"""``segue export-encoder``: the text encoder for onnxruntime, smaller and faster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .output import Terminal


def export_encoder(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="New folder to write.")],
    int8: Annotated[bool, typer.Option("--int8", help="Weights as bytes: a quarter of the size.")] = False,
) -> None:
    """Write the text encoder as ONNX; `understanding.text_model` may name the folder afterwards."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        content = engine.export_encoder(folder, int8)
    terminal.result(
        content,
        f"written: {folder} ({content['bytes'] / 1e6:.1f} MB). On {content['texts']} texts: mean cosine "
        f"{content['cosine']:.4f} with the fp32 model, {content['speed']:.1f} times as fast.",
        f"To use it: [understanding] text_model = {str(folder.absolute())!r}; then `segue understand`, `segue train`.",
    )

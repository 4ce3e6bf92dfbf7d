"""``segue export``: everything that is stored about a person."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from .output import Terminal


def export(context: typer.Context, user: Annotated[str, typer.Argument(help="Id of the person.")]) -> None:
    """Print everything stored about a person, one JSON object a line."""
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        for row in engine.export(user):
            json.dump(row, sys.stdout, ensure_ascii=False, default=str)
            sys.stdout.write("\n")

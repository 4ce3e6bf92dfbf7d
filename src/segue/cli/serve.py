"""``segue serve``: the HTTP API and the pages."""

from __future__ import annotations

from typing import Annotated

import typer

from .output import Terminal


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: [server] host.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; default: [server] port.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; default: [server] workers.")] = None,
) -> None:
    """Serve recommendations and the pages over HTTP until stopped."""
    from ..server.app import serve as serve_app

    terminal: Terminal = context.obj
    serve_app(terminal.workspace, host=host, port=port, workers=workers)

"""``segue mcp``: the tools of a conversation for MCP clients."""

from __future__ import annotations

from typing import Annotated

import typer

from ..grants import GRANTS
from .output import Terminal


def mcp(
    context: typer.Context,
    user: Annotated[str | None, typer.Option(help="Id of the person it works for; else for nobody.")] = None,
    grant: Annotated[
        list[str] | None, typer.Option(help=f"What tools may write: {', '.join(GRANTS)} (repeatable, or a,b).")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of reasons: en or zh.")] = "en",
    http: Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Listen there instead of on stdin.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="With --http: another name that requests may be sent to (repeatable).")
    ] = None,
) -> None:
    """Serve the tools over MCP, for one person: on stdin and stdout, or with --http at http://HOST:PORT/mcp."""
    from ..server.mcp_server import serve_http, serve_stdio

    terminal: Terminal = context.obj
    grants = [part.strip() for one in grant or () for part in one.split(",") if part.strip()]
    with terminal.engine() as engine:
        box = engine.toolbox(user, None, language, grants)
        if http is None:
            serve_stdio(box, engine.tools())
            return
        host, _, port = http.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise typer.BadParameter(f"expected HOST:PORT, such as 127.0.0.1:8765 (got {http!r}).", param_hint="--http")
        terminal.say(f"MCP for {user or 'nobody'} at http://{host}:{port}/mcp")
        serve_http(engine, box, host.strip("[]"), int(port), allow_host or ())

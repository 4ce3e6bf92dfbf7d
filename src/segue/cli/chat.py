"""``segue chat``: talk about what to see."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from .output import Terminal, harmless


def chat(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    say: Annotated[
        list[str] | None, typer.Option("--say", help="Say this instead of asking for it (repeatable).")
    ] = None,
    conversation: Annotated[str | None, typer.Option(help="Id of a conversation to go on with.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the answers: en or zh; else that of each message.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="Items of a list.")] = 5,
) -> None:
    """Talk with Segue: it asks, lists by number, says why, and shows what it has understood.

    Without --say it reads lines until an empty one or the end of the input. With --json it prints a line of JSON for
    every piece of every answer.
    """
    terminal: Terminal = context.obj
    if language not in (None, "en", "zh"):
        raise typer.BadParameter("expected en or zh.", param_hint="--language")
    with terminal.engine() as engine:
        if conversation is not None:
            engine.conversation(conversation, user)
        for message in _typed(say, terminal):
            pieces = engine.chat(user, message, conversation, language, k=k)
            for name, content in _events(pieces):
                conversation = content.get("conversation") or conversation
                if terminal.json:
                    print(json.dumps({"event": name, **content}, ensure_ascii=False, default=str), flush=True)
                else:
                    _show(terminal, name, content)
        if conversation is not None:
            terminal.say(f"To go on: segue chat {user} --conversation {conversation}")


def _typed(say: list[str] | None, terminal: Terminal) -> Iterator[str]:
    """What the person says, line by line."""
    if say:
        for message in say:
            if not terminal.json:
                terminal.say(f"> {message}")
            yield message
        return
    asks = sys.stdin.isatty() and not terminal.json
    while True:
        if asks:
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line.strip():
            return
        yield line.strip()


def _events(pieces: Any) -> Iterable[tuple[str, dict[str, Any]]]:
    from ..server.pieces import event_of

    return (event_of(piece, pieces.chinese) for piece in pieces)


def _show(terminal: Terminal, name: str, content: dict[str, Any]) -> None:
    """One piece, for people; words as they come."""
    if name == "text":
        sys.stdout.write(harmless(content["delta"]))
        sys.stdout.flush()
        return
    lines: list[str] = []
    if name == "understood" and content["understood"]:
        lines = [" · ".join(f"{'+' if chip['new'] else ''}[{chip['said']}]" for chip in content["understood"])]
    elif name == "items":
        lines = [""]
        for one in content["items"]:
            item = one["item"]
            facts = ", ".join(
                str(part) for part in (item["kind"], (item["released"] or "")[:4], *item["genres"]) if part
            )
            lines.append(f"{one['n']:>3}. {item['title'] or item['id']} ({facts})")
            lines += [f"     {one['reason']['text']}"] if one["reason"] else []
    elif name == "question":
        options = " / ".join(option["label"] for option in content["options"])
        lines = ["", f"{content['text']} {f'({options})' if options else ''}".rstrip()]
    elif name == "wrote":
        sys.stdout.write("✓ ")  # its words come next
        return
    elif name == "proposed":
        lines = ["", f"? {content['what']} — {content['say']}"]
    elif name == "play":
        lines = ["", f"▶ {content['item']['title'] or content['item']['id']}"]
    elif name == "done":
        lines = [""] + ([f"degraded: {', '.join(content['degraded'])}"] if content["degraded"] else [])
    for line in lines:
        terminal.console.print(harmless(line), markup=False)

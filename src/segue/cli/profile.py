"""``segue profile``: what the engine believes about a person, and how they correct it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..phrases import is_chinese
from .output import Terminal, table

_VALUES = {"like": "value", "dislike": "value", "strength": "value", "mute": "days"}


def profile(
    context: typer.Context,
    user: Annotated[str, typer.Argument(help="Id of the person.")],
    edit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE=ACTION",
            help="Change a line, as often as you like: genre:horror=delete, genre:jazz=like:0.8, mood:calm=mute:7. "
            "Actions: like, dislike, strength (with 0.01 … 1), pin, unpin, lock, unlock, mute (with days, or for "
            "good), unmute, delete, restore.",
        ),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Start afresh: what was done no longer speaks, what was chosen stays.")
    ] = False,
    language: Annotated[str, typer.Option(help="Of the portrait: en or zh.")] = "en",
) -> None:
    """Show a person's portrait and taste with the items that show it, or correct it; the next answer follows."""
    terminal: Terminal = context.obj
    if reset and edit:
        raise typer.BadParameter("--reset and --edit are two steps: reset first, then edit.")
    edits = [_edit(one) for one in edit or ()]
    with terminal.engine() as engine:
        if reset:
            engine.reset_profile(user)
        elif edits:
            engine.edit_profile(user, edits)
        portrait = engine.portrait(user, language, written=not (reset or edits))
        content = {**engine.profile(user).as_json(), "portrait": portrait}
    tongue = "zh" if is_chinese(language) else "en"
    lines = [
        [one["id"], one["text"][tongue], one["strength"], one["confidence"], one["state"], _evidence(one)]
        for one in portrait["lines"]
    ]
    heads = ["line", "", "strength", "sure", "state", "evidence"]
    shown = [portrait["text"][tongue], *([table("portrait", heads, lines)] if lines else [])]
    shown += [
        table(what, ["", "share"], [[entry["name"], entry["share"]] for entry in content[what][:8]])
        for what in ("genres", "tags", "creators", "kinds", "languages")
        if content.get(what)
    ]
    if portrait["forgotten"]:
        shown.append("deleted: " + ", ".join(one["id"] for one in portrait["forgotten"]))
    for note in portrait["degraded"]:
        terminal.say(f"{note}: the text is made by code.")
    terminal.result(content, *shown)


def _edit(text: str) -> dict[str, Any]:
    """``LINE=ACTION`` or ``LINE=ACTION:NUMBER``; the line may hold an equals sign itself."""
    line, equals, action = text.rpartition("=")
    action, colon, number = action.partition(":")
    if not equals or not line or not action:
        raise typer.BadParameter(f"{text!r} is no edit; expected LINE=ACTION, for example genre:horror=mute:7.")
    if not colon:
        return {"line": line, "action": action}
    try:
        return {"line": line, "action": action, _VALUES.get(action, "value"): float(number)}
    except ValueError as error:
        raise typer.BadParameter(f"{number!r} in {text!r} is no number.") from error


def _evidence(line: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(proof["item"] or proof["event"] or proof["kind"] for proof in line["evidence"]))

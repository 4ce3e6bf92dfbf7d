"""``segue playlist``: playlists that are made from a sentence and made anew when they are due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InvalidInput, NotFound, StorageError
from .output import Terminal, table

if TYPE_CHECKING:
    from ..engine import Engine
    from ..playlists import Playlist

ACTIONS = ("make", "list", "show", "refresh", "export", "import", "delete")


def playlist(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help=f"One of: {', '.join(ACTIONS)}.")],
    what: Annotated[
        str | None,
        typer.Argument(
            help="make: the sentence; show, refresh, export, delete: the id of a playlist; import: the file."
        ),
    ] = None,
    file: Annotated[Path | None, typer.Argument(help="export: where to write; its ending says the format.")] = None,
    user: Annotated[str | None, typer.Option(help="Whose playlist it is. Left out: nobody's.")] = None,
    title: Annotated[str | None, typer.Option(help="make, import: what to call it.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="export: m3u8, xspf or jspf.")] = None,
    refresh: Annotated[str | None, typer.Option(help="make: never, hourly, daily or weekly.")] = None,
    items: Annotated[int | None, typer.Option(help="make: how many entries.")] = None,
    minutes: Annotated[float | None, typer.Option(help="make: how long in all, at most.")] = None,
    order: Annotated[str | None, typer.Option(help="make: rank or flow.")] = None,
    channel: Annotated[bool, typer.Option("--channel", help="make: it plays on and on.")] = False,
    language: Annotated[str, typer.Option(help="make, import: language of the reasons, en or zh.")] = "en",
    due: Annotated[bool, typer.Option("--due", help="refresh: all playlists that are due, for cron.")] = False,
) -> None:
    """Make playlists from a sentence ("an hour of calm piano"), make them anew, hand them out as M3U8, XSPF or JSPF."""
    if action not in ACTIONS:
        raise NotFound.named("action of `segue playlist`", action, ACTIONS)
    if what is None and not (action == "list" or (action == "refresh" and due)):
        raise typer.BadParameter(f"`segue playlist {action}` needs one more thing: see --help.")
    if items is not None and minutes is not None:
        raise typer.BadParameter("Give --items or --minutes.")
    terminal: Terminal = context.obj
    with terminal.engine() as engine:
        if action == "make":
            length = None
            if items is not None or minutes is not None:
                length = {"items": items} if items is not None else {"seconds": 60 * (minutes or 0)}
            made = engine.make_playlist(
                user, what or "", title=title, language=language, length=length, order=order, refresh=refresh,
                channel=channel or None,
            )  # fmt: skip
            _show(terminal, engine, made)
        elif action == "list":
            found = engine.playlists(user)
            rows = [[one.id, one.title, len(one.entries), one.refresh, one.problem or ""] for one in found]
            shown = table("", ["id", "title", "entries", "made anew", "problem"], rows) if rows else "No playlists yet."
            terminal.result([_json(engine, one) for one in found], shown)
        elif action == "refresh" and due:
            done = engine.refresh_due()
            rows = [[one.id, one.title, one.problem or "made anew"] for one in done]
            content = [{"id": one.id, "title": one.title, "problem": one.problem} for one in done]
            terminal.result(content, table("", ["id", "title", ""], rows) if rows else "No playlist is due.")
            if any(one.problem for one in done):
                raise typer.Exit(1)
        elif action == "import":
            brought = engine.import_playlist(what or "", user, title, language)
            if not terminal.json:
                _show(terminal, engine, brought.playlist)
            missing = table("not in the catalogue", ["entry"], [[one] for one in brought.unmatched])
            terminal.result(brought.as_json(), *([missing] if brought.unmatched else []))
        else:
            _of_one(terminal, engine, action, what or "", user, file, format_)


def _of_one(
    terminal: Terminal,
    engine: Engine,
    action: str,
    playlist_id: str,
    user: str | None,
    file: Path | None,
    wanted: str | None,
) -> None:
    """What is done with one playlist that there is."""
    if action == "delete":
        engine.delete_playlist(playlist_id, user)
        terminal.result({"deleted": playlist_id}, f"Deleted {playlist_id}.")
    elif action == "export":
        written = engine.export_playlist(playlist_id, wanted or _format_of(file), user)
        if file is None:
            typer.echo(written, nl=False)
        else:
            try:
                file.write_text(written, encoding="utf-8", errors="surrogateescape", newline="\n")
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                raise StorageError(f"{file} cannot be written: {why}. Name another place.") from error
            terminal.result({"written": str(file)}, f"Wrote {file}.")
    elif action == "refresh":
        _show(terminal, engine, engine.refresh_playlist(playlist_id, user))
    else:
        _show(terminal, engine, engine.playlist(playlist_id, user))


def _format_of(file: Path | None) -> str:
    """The format that a file's ending says; of no file M3U8."""
    if file is None:
        return "m3u8"
    ending = file.suffix.lstrip(".").lower()
    if not ending:
        raise InvalidInput(
            f"{file} has no ending that says the format. End it in .m3u8, .xspf or .jspf, or give --format."
        )
    return ending


def _json(engine: Engine, of: Playlist) -> dict[str, Any]:
    """A playlist with its entries."""
    named = engine.find_items(entry.item for entry in of.entries)
    entries = [
        {
            "item": entry.item,
            "title": named[entry.item].title if entry.item in named else None,
            "duration_s": named[entry.item].duration_s if entry.item in named else None,
            "pinned": entry.pinned,
            "new": of.is_new(entry, of.refreshed_at),
            "reason": entry.why.as_json(),
        }
        for entry in of.entries
    ]
    return {**of.as_json(), "entries": entries}


def _show(terminal: Terminal, engine: Engine, of: Playlist) -> None:
    content = _json(engine, of)
    chinese = of.language == "zh"
    rows = [
        [
            number,
            f"{'*' if one['new'] else ''}{one['title'] or one['item']}",
            _clock(one["duration_s"]),
            "pinned" if one["pinned"] else "",
            one["reason"]["text"],
        ]
        for number, one in enumerate(content["entries"], 1)
    ]
    parts = " · ".join(part.chinese if chinese else part.english for part in of.understood)
    total = sum(one["duration_s"] or 0 for one in content["entries"])
    terminal.result(
        content,
        f"{of.id}: {of.title}",
        *([f"understood: {parts}"] if parts else []),
        table("", ["", "title", "length", "", "reason"], rows),
        f"{len(rows)} entries, {_clock(total)}; made anew: {of.refresh}",
        *(note.said(chinese) for note in of.notes),
        *([f"problem: {of.problem}"] if of.problem else []),
    )


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    whole = round(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}"

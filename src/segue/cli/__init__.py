"""The command line: one file per command; each calls the engine, formats, exits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import SegueError
from ..plugins import Table
from .output import Terminal, harmless

COMMANDS: Table[Callable[..., Any]] = Table(
    "command",
    "segue.commands",
    {
        "init": "segue.cli.init:init",
        "import": "segue.cli.import_:import_",
        "understand": "segue.cli.understand:understand",
        "export-encoder": "segue.cli.export_encoder:export_encoder",
        "moderate": "segue.cli.moderate:moderate",
        "suspects": "segue.cli.suspects:suspects",
        "train": "segue.cli.train:train",
        "finetune": "segue.cli.finetune:finetune",
        "evaluate": "segue.cli.evaluate:evaluate",
        "status": "segue.cli.status:status",
        "recommend": "segue.cli.recommend:recommend",
        "similar": "segue.cli.similar:similar",
        "duplicates": "segue.cli.duplicates:duplicates",
        "search": "segue.cli.search:search",
        "explain": "segue.cli.explain:explain",
        "chat": "segue.cli.chat:chat",
        "record": "segue.cli.record:record",
        "onboard": "segue.cli.onboard:onboard",
        "profile": "segue.cli.profile:profile",
        "patterns": "segue.cli.patterns:patterns",
        "segments": "segue.cli.segments:segments",
        "household": "segue.cli.household:household",
        "playlist": "segue.cli.playlist:playlist",
        "llm": "segue.cli.llm:llm",
        "serve": "segue.cli.serve:serve",
        "mcp": "segue.cli.mcp:mcp",
        "export": "segue.cli.export:export",
        "erase": "segue.cli.erase:erase",
        "rollback": "segue.cli.rollback:rollback",
        "backup": "segue.cli.backup:backup",
        "restore": "segue.cli.backup:restore",
        "doctor": "segue.cli.doctor:doctor",
    },
)

INTERRUPTED = 130
"""What Typer makes of Ctrl-C."""
GLOBAL_FLAGS = ("--json", "--quiet")
GLOBAL_VALUES = ("--workspace",)


def _global_options(
    context: typer.Context,
    workspace: Annotated[
        Path, typer.Option(envvar="SEGUE_WORKSPACE", help="Folder of the workspace.", show_default="current folder")
    ] = Path(),
    json: Annotated[bool, typer.Option("--json", help="Print machine-readable JSON with stable keys.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but results and errors.")] = False,
) -> None:
    """Recommendations for audio and video that look, listen, read and explain.

    These options may stand before or after the command.
    """
    context.obj = Terminal(workspace=workspace, json=json, quiet=quiet)


def app() -> typer.Typer:
    """The whole command line as a Typer application."""
    typer_app = typer.Typer(
        name="segue",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # "[server] host" is a setting, not markup
        help=None,
    )
    typer_app.callback()(_global_options)
    for name in COMMANDS:
        typer_app.command(name)(COMMANDS.load(name))
    return typer_app


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command. Exit codes: 0 done, 1 failed with one clear line on stderr, 2 wrong usage."""
    arguments = _globals_first(list(sys.argv[1:] if argv is None else argv))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        app()(args=arguments, prog_name="segue")
    except SegueError as error:
        print(harmless(f"segue: {error}"), file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        print(harmless(f"segue: the system says: {error.strerror or error}{place}."), file=sys.stderr)
        sys.exit(1)
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        print("segue: stopped; what was finished is kept. Run the same command again to go on.", file=sys.stderr)
        sys.exit(1)


def _globals_first(arguments: list[str]) -> list[str]:
    """Move the global options in front of the command, where the parser expects them."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in GLOBAL_FLAGS or argument.startswith(tuple(f"{v}=" for v in GLOBAL_VALUES)):
            first.append(argument)
        elif argument in GLOBAL_VALUES:
            first += [argument, *(value for value in [next(waiting, None)] if value is not None)]
        else:
            rest.append(argument)
    return first + rest

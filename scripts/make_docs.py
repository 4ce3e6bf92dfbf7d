"""Write reference pages (settings, commands, HTTP, import) from the code; `--check` says whether they are fresh."""

from __future__ import annotations

import ast
import inspect
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def settings_page() -> str:
    """Every field of every settings class with the sentence under it."""
    tree = ast.parse((ROOT / "src/segue/settings.py").read_text(encoding="utf-8"))
    lines = [
        "# Settings",
        "",
        "`segue.toml` in the workspace; an environment variable `SEGUE_GROUP__NAME` wins over it.",
        "This page is made from the code by `scripts/make_docs.py`.",
    ]
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or node.name == "Group":
            continue
        head = (ast.get_docstring(node) or "").split("\n")[0]
        lines += ["", f"## {head}" if head.startswith("`") else "## The file", ""]
        lines += ["| name | default | meaning |", "|---|---|---|"]
        for field, meaning in zip(node.body, [*node.body[1:], None], strict=True):
            if not isinstance(field, ast.AnnAssign):
                continue
            said = (
                meaning.value.value if isinstance(meaning, ast.Expr) and isinstance(meaning.value, ast.Constant) else ""
            )
            default = "" if field.value is None else ast.unparse(field.value)
            default = "see [the code](../src/segue/settings.py)" if "default_factory" in default else default
            if default.endswith("Settings()"):
                continue
            name = ast.unparse(field.target)
            cell = " ".join(str(said).split()).replace("``", "`").replace("|", "\\|")
            lines.append(f"| `{name}` | {f'`{default}`' if default and 'see' not in default else default} | {cell} |")
    return "\n".join(lines) + "\n"


def cli_page() -> str:
    """The help of every command."""
    import typer

    from segue.cli import app

    group = typer.main.get_command(app())
    lines = [
        "# Commands",
        "",
        "Global options, before or after the command: `--workspace DIR` (or `SEGUE_WORKSPACE`), `--json`, `--quiet`.",
        "Exit codes: 0 done, 1 failed with one clear line on stderr, 2 wrong usage.",
        "This page is made from the code by `scripts/make_docs.py`.",
    ]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        lines += ["", f"## segue {name}", "", (command.help or "").strip(), ""]
        lines += ["| | | |", "|---|---|---|"]
        for parameter in command.params:
            if getattr(parameter, "hidden", False) or parameter.name == "help":
                continue
            shown = (
                f"`{parameter.name.upper()}`"
                if parameter.param_type_name == "argument"
                else ", ".join(f"`{o}`" for o in parameter.opts)
            )
            default = parameter.default
            plain = (
                default is not None and not callable(default) and default != "" and type(default).__name__ != "Sentinel"
            )
            lines.append(f"| {shown} | {getattr(parameter, 'help', '') or ''} | {f'`{default}`' if plain else ''} |")
    return "\n".join(lines) + "\n"


def http_page() -> str:
    """Every route with its summary."""
    from segue.engine import Engine
    from segue.server.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        Engine.create(folder)
        with Engine.open(folder) as engine:
            api = create_app(engine).openapi()
    lines = [
        "# HTTP API",
        "",
        "JSON under `/v1`; the whole description with schemas is at `/openapi.json` of a running server. Errors are",
        "problem documents (RFC 9457). This page is made from the code by `scripts/make_docs.py`.",
        "",
        "| call | what it does |",
        "|---|---|",
    ]
    for path, verbs in api["paths"].items():
        for verb, route in verbs.items():
            text = " ".join((route.get("description") or route.get("summary") or "").split("\n\n")[0].split())
            lines.append(f"| `{verb.upper()} {path}` | {text} |")
    return "\n".join(lines) + "\n"


def stated_in(config: type) -> dict[str, tuple[str, str]]:
    """By field that a class itself states: its default as written, and the sentence under it."""
    body = ast.parse(inspect.getsource(config)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        ast.unparse(field.target): (
            ast.unparse(field.value) if field.value else "",
            " ".join(meaning.value.value.replace("``", "`").split()),
        )
        for field, meaning in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(meaning, ast.Expr)
        and isinstance(meaning.value, ast.Constant)
        and isinstance(meaning.value.value, str)
    }


def models_page() -> str:
    """What every model is, and the settings that it takes."""
    from segue.models import TABLE
    from segue.models.base import ModelConfig

    lines = [
        "# Models",
        "",
        "`[train] models` names those that `segue train` fits; a table `[models.NAME]` in `segue.toml` changes the",
        "settings of one. `segue train --recipe best` tries what fits the data. This page is made from the code by",
        "`scripts/make_docs.py`.",
    ]
    for name in TABLE:
        model = TABLE.load(name)
        text = (sys.modules[model.__module__].__doc__ or "").strip().replace("``", "`")
        lines += ["", f"## {name}", "", text]
        fields: dict[str, tuple[str, str]] = {}
        for config in reversed(model.Config.__mro__):
            if issubclass(config, ModelConfig) and config is not ModelConfig:
                fields.update(stated_in(config))
        if fields:
            lines += ["", "| setting | default | meaning |", "|---|---|---|"]
        for field, (default, meaning) in fields.items():
            cell = meaning.replace("|", "\\|")
            lines.append(f"| `{field}` | `{default}` | {cell} |")
    return "\n".join(lines) + "\n"


def import_page() -> str:
    """What every origin reads and which options it takes, and the mapping file of tables."""
    from segue.ingest import ORIGINS, mapping
    from segue.ingest.origin import OriginConfig

    lines = [
        "# Import",
        "",
        "`segue import SOURCE PATH` puts items, people and events into the workspace. Importing the same again changes",
        "nothing; `--dry-run` reports and writes nothing. The report counts what was added, updated, unchanged and",
        "rejected, with the place and the reason of each rejection. Events on items that the catalogue does not have",
        "are rejected, unless `--create-items KIND` makes bare ones. `--kind` says what items are where the source",
        "does not. Options of a source are written `-o name=value`.",
        "This page is made from the code by `scripts/make_docs.py`.",
    ]
    for name in ORIGINS:
        origin = ORIGINS.load(name)
        text = (sys.modules[origin.__module__].__doc__ or "").strip().replace("``", "`")
        lines += ["", f"## segue import {name}", "", text]
        if origin.Config is OriginConfig:
            continue  # no options of its own
        options = [f"- `{option}`: {meaning}" for option, (_, meaning) in stated_in(origin.Config).items()]
        lines += [*([""] if options else []), *options]
    text = (mapping.__doc__ or "").strip().replace(".. code-block:: toml\n\n", "").replace("``", "`")
    lines += ["", "## Mapping files", "", text]
    return "\n".join(lines) + "\n"


PAGES = {
    "settings.md": settings_page,
    "cli.md": cli_page,
    "http.md": http_page,
    "import.md": import_page,
    "models.md": models_page,
}


def main() -> int:
    """Write or check all pages; the exit code says whether they were fresh."""
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / "docs" / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    print(f"stale: {', '.join(stale)}" if stale else "docs are fresh")
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())

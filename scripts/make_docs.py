"""Write reference pages (docs/settings.md, cli.md, http.md) from the code; `--check` says whether they are fresh."""

from __future__ import annotations

import ast
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
            cell = str(said).replace("\n", " ").replace("``", "`").replace("|", "\\|")
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
    from segue.server.app import create_app

    from segue.engine import Engine

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
            text = (route.get("description") or route.get("summary") or "").split("\n")[0]
            lines.append(f"| `{verb.upper()} {path}` | {text} |")
    return "\n".join(lines) + "\n"


PAGES = {"settings.md": settings_page, "cli.md": cli_page, "http.md": http_page}


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

"""Run benchmarks (default: all) and rewrite docs/benchmarks.md from everything in benchmarks/results."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from ._harness import RESULTS, ROOT

HERE = Path(__file__).parent


def names() -> list[str]:
    """All benchmarks."""
    return sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))


def page() -> str:
    """docs/benchmarks.md."""
    parts = [
        "# Benchmarks",
        "",
        "Every figure comes from a file in `benchmarks/results/`, made by the command above it. `make bench` makes",
        "all of them again and rewrites this page. The data sets are public and not part of the project; `SEGUE_DATA`",
        "says where they are.",
    ]
    for name in names():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts += ["", *_section(name, json.loads(path.read_text(encoding="utf-8")))]
    return "\n".join(parts) + "\n"


def _section(name: str, result: dict[str, Any]) -> list[str]:
    about = (importlib.import_module(f"benchmarks.{name}").__doc__ or name).strip()
    machine = result["machine"]
    lines = [
        f"## {name}",
        "",
        about,
        "",
        f"`python -m benchmarks {name}` · {result['date']} · {machine['cores']} cores of {machine['cpu']}",
    ]
    for shown in result["figures"].get("tables", []):
        lines += ["", f"**{shown['title']}**", "", "| " + " | ".join(shown["columns"]) + " |"]
        lines.append("|" + "---|" * len(shown["columns"]))
        lines += ["| " + " | ".join(_cell(c) for c in row) + " |" for row in shown["rows"]]
    lines += [line for note in result["figures"].get("notes", []) for line in ("", note)]
    return lines


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return "" if value is None else str(value).replace("|", "\\|")


def main(arguments: list[str]) -> None:
    """Run, then write the page; with ``--page`` only write it."""
    for name in [] if arguments == ["--page"] else arguments or names():
        if name not in names():
            sys.exit(f"benchmarks: no benchmark {name!r}; there are {', '.join(names())}")
        print(f"== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    (ROOT / "docs" / "benchmarks.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

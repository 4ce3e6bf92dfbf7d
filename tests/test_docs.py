"""The guides say what the code does: reference pages are fresh, links lead somewhere, both READMEs agree."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel

from segue.cli import COMMANDS
from segue.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
PAGES = sorted(p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
GUIDES = ("docs/start.md", "docs/evaluation.md", "docs/operating.md", "docs/encoders.md", "docs/households.md")
MADE = {"docs/benchmarks.md": "make bench"}
"""Pages that a command writes, so that a fresh checkout may lack them."""


def test_the_pages_made_from_the_code_are_fresh() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, f"{check.stdout}{check.stderr}Run `python scripts/make_docs.py`."


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        found = ((ROOT / page).parent / target.split("#")[0]).resolve()
        made = found.is_relative_to(ROOT) and found.relative_to(ROOT).as_posix() in MADE
        if not found.is_relative_to(ROOT) or not (found.exists() or made):
            broken.append(target)
    assert not broken, f"{page} links to {', '.join(broken)}, which is not there"


def commands_of(page: str) -> list[str]:
    """What the page's console blocks type, without the remarks behind ``#``."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line[2:].split(" #")[0].strip() for line in lines]


def test_both_readmes_name_the_same_commands() -> None:
    english, chinese = (commands_of(page) for page in READMES)
    assert english
    assert english == chinese


@pytest.mark.parametrize("page", [*READMES, *GUIDES])
def test_commands_in_the_guides_exist(page: str) -> None:
    named = {word for line in commands_of(page) for word in re.findall(r"(?:^|&& )segue ([a-z-]+)", line)}
    assert named <= set(COMMANDS), f"{page} names commands that there are not"


def fields(model: type[BaseModel], path: str = "") -> Mapping[str, str]:
    """Name of each setting by its path in ``segue.toml``."""
    found: dict[str, str] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found.update(fields(field.annotation, f"{path}{name}."))
        else:
            found[f"{path}{name}"] = name
    return found


@pytest.mark.parametrize(("path", "name"), fields(Settings).items())
def test_every_setting_is_read_somewhere(path: str, name: str) -> None:
    # Either in full (settings.train.seed), or by name from a group handed over as `settings`, `wanted` or `chosen`.
    group = path.rpartition(".")[0] or "settings"
    full = rf"\b{re.escape(group)}\.{name}\b"
    handed = rf"\b(settings|wanted|chosen)\.{name}\b"
    code = [p for p in (ROOT / "src/segue").rglob("*.py") if p.name != "settings.py"]
    used = [p for p in code if re.search(f"{full}|{handed}", p.read_text(encoding="utf-8"))]
    assert used, f"[{path}] can be set and nothing reads it"


@pytest.mark.parametrize("path", fields(Settings))
def test_every_setting_says_what_it_means(path: str) -> None:
    """One row each in the page, with a meaning: nobody has to read the code."""
    rows = [line.split(" | ") for line in (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines()]
    meanings = [row[2].strip(" |") for row in rows if len(row) >= 3 and row[0] == f"| `{path.rpartition('.')[2]}`"]
    assert meanings
    assert all(meanings), f"[{path}] has no meaning under it"

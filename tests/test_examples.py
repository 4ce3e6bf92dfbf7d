"""Every program in ``examples/`` runs as it stands, and every mapping file there is one."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.mark.parametrize("program", sorted(p.name for p in EXAMPLES.glob("*.py")))
def test_it_runs_and_prints(program: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEGUE_")}
    done = subprocess.run(
        [sys.executable, EXAMPLES / program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example shows something"
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir()), "an example leaves nothing behind where it is run"


def test_the_quickstart_recommends_with_reasons(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "quickstart.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert {line.split(":")[0] for line in lines} == {"ada", "bo", "chen"}
    assert all("Because" in line for line in lines)


@pytest.mark.parametrize("mapping", sorted(p.name for p in EXAMPLES.glob("*.toml")))
def test_mapping_files_are_toml(mapping: str) -> None:
    assert tomllib.loads((EXAMPLES / mapping).read_text(encoding="utf-8"))

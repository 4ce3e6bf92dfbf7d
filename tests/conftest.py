"""Where tests find their data, and how they skip aloud without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SEGUE_DATA", ROOT.parent / "shared" / "data"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DATA.is_dir():
        return
    absent = pytest.mark.skip(reason=f"no public data sets at {DATA}; set SEGUE_DATA to their folder")
    for item in items:
        if "data" in item.keywords:
            item.add_marker(absent)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the public data sets; mark the test with ``data``."""
    return DATA

"""What every benchmark shares: where data is, what machine this is, and how a result is kept.

A benchmark is a module with a docstring that says what is measured and against what, and a function ``main()`` that
calls `write_result`. Its figures may hold ``tables``: a list of ``{"title", "columns", "rows"}`` that
docs/benchmarks.md shows, and ``notes``: sentences below them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DATA = Path(os.environ.get("SEGUE_DATA", ROOT.parent / "shared" / "data"))
LIBRARIES = ("numpy", "scipy", "torch", "sentence-transformers", "implicit", "SQLAlchemy", "faiss-cpu")


def data_file(relative: str) -> Path:
    """A file of the public data sets; exits with one clear line when it is absent."""
    path = DATA / relative
    if not path.exists():
        sys.exit(f"benchmark: {relative} is not below {DATA}; set SEGUE_DATA to the folder of the data sets")
    return path


def sha256(path: Path) -> str:
    """Of the content, unpacked where it is ``.gz``; first 16 hex digits, enough to tell copies apart."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def machine() -> dict[str, Any]:
    """Processor, cores and memory."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next(
            (li.split(":", 1)[1].strip() for li in info.read_text().splitlines() if li.startswith("model name")), cpu
        )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory, 1)}


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write_result(name: str, figures: Mapping[str, Any]) -> Path:
    """Keep a result as ``benchmarks/results/NAME.json``."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "name": name,
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m benchmarks {name}",
        "machine": machine(),
        "versions": _versions(),
        "figures": figures,
    }
    made = (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()  # whole, or the old one stays
    path.write_bytes(made)
    return path


@dataclass(frozen=True)
class Run:
    """One finished command."""

    seconds: float
    peak_mib: float
    """Largest resident set of the process, or of any one child that it waited for."""
    out: str

    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def segue(*arguments: str | Path, workspace: Path, env: Mapping[str, str] | None = None) -> Run:
    """Run the command line in a process of its own and measure it; exits with its words when it fails."""
    command = [sys.executable, "-m", "segue", "--workspace", str(workspace), *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status):
        sys.exit(f"benchmark: {' '.join(command)} failed")
    scale = 1 if sys.platform == "linux" else 1024
    return Run(round(seconds, 2), round(usage.ru_maxrss / 1024 / scale, 1), text)


def peak_mib() -> float:
    """Largest resident set of this process so far."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table for docs/benchmarks.md."""
    return {"title": title, "columns": list(columns), "rows": [list(row) for row in rows]}

"""Other libraries, in a virtual environment of their own because their pins clash with ours.

A peer is a script in ``benchmarks/peers``. It is given a folder and settings as JSON, reads ``protocol.npz`` in the
folder, and writes ``lists.npy`` (people asked, 50) and, line by line as JSON, what it has to say to ``said.jsonl``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._harness import ROOT
from benchmarks._protocols import DEPTHS, Protocol
from segue.arrays import Rows
from segue.dataset import Dataset

SCRIPTS = ROOT / "benchmarks" / "peers"
ENVIRONMENT = ROOT / ".venv-peers"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LK_NUM_THREADS")
"""Variables by which the libraries are told how many threads to use."""


def python() -> Path:
    """The interpreter of the peers' environment, which is set up first where it is missing or out of date."""
    wanted = (SCRIPTS / "requirements.txt").read_text(encoding="utf-8")
    installed = ENVIRONMENT / "installed.txt"
    interpreter = ENVIRONMENT / "bin" / "python"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print("setting up the peers' environment (minutes)", file=sys.stderr, flush=True)
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        venv.create(ENVIRONMENT, with_pip=True)
        install = [interpreter, "-m", "pip", "install", "--quiet", "-r", SCRIPTS / "requirements.txt"]
        subprocess.run([str(part) for part in install], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return interpreter


def run(script: str, folder: Path, settings: dict[str, Any], threads: int = 0) -> list[dict[str, Any]]:
    """Run a script of the peers; returns what it said.

    Args:
        threads: of the process; 0: as many as it likes.
    """
    command = [str(python()), str(SCRIPTS / f"{script}.py"), str(folder), json.dumps(settings)]
    env = {**os.environ, **(dict.fromkeys(THREADS, str(threads)) if threads else {})}
    with (folder / "errors.txt").open("w", encoding="utf-8") as errors:
        failed = subprocess.run(command, env=env, stderr=errors, check=False).returncode
    if failed:
        words = (folder / "errors.txt").read_text(encoding="utf-8")[-2000:]
        sys.exit(f"benchmark: the peer {script} failed with {settings}:\n{words}")
    return [json.loads(line) for line in (folder / "said.jsonl").read_text(encoding="utf-8").splitlines()]


def lists(
    script: str, protocol: Protocol, settings: dict[str, Any], threads: int = 0
) -> tuple[Rows, list[dict[str, Any]]]:
    """What a peer lists for the people asked, for `_protocols.measure`, and what it said on the way."""
    with tempfile.TemporaryDirectory(prefix="segue-peer-") as name:
        folder = Path(name)
        np.savez(folder / "protocol.npz", **_arrays(protocol))
        said = run(script, folder, settings, threads)
        return np.load(folder / "lists.npy"), said


def _arrays(protocol: Protocol) -> dict[str, Any]:
    """A protocol as a peer reads it; see ``peers/protocol.py``."""
    split, validation = protocol.split, protocol.validation
    met_offsets, met_items = protocol.met
    told_offsets, told_items = _liked(split.history)
    train_offsets, train_items = _liked(split.train)
    return {
        "train_offsets": train_offsets,
        "train_items": train_items,
        "told_offsets": told_offsets,
        "told_items": told_items,
        "validation_users": validation.users,
        "validation_offsets": validation.offsets,
        "validation_items": validation.items,
        "asked": split.test.users,
        "left_out_offsets": met_offsets if protocol.excludes_history else np.zeros_like(met_offsets),
        "left_out_items": met_items,
        "candidates": split.candidates,
        "depth": max(DEPTHS),
    }


def _liked(dataset: Dataset) -> tuple[Any, Rows]:
    """(begin of each person, items that they liked, oldest first)."""
    liked = dataset.only(dataset.positive)
    return liked.offsets, liked.items

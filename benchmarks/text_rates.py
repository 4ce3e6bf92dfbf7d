"""Pre-trained encoders on one core: texts of 32 tokens a second in fp32, bf16 and INT8, and what the speed costs.

Goals: 150 texts a second in fp32, 300 in INT8 and twice the speed of fp32; mean cosine of INT8 with fp32 of .99 or
more. One thread; rates are per second of processor time, the mean of seven passes over 256 texts (three over 32
pictures) with its 95 % interval, so that other work on the machine hardly shows. Fidelity is measured on the plots of
TMDB 5000: the cosine of each vector with that of the fp32 model under torch, and how many of a plot's ten nearest
neighbours stay. The INT8 and ONNX rows are the folders that `segue export-encoder` writes, read through
``understanding.text_model``. The picture tower is SigLIP B/16 at 224 pixels with random weights, since speed does not
depend on them.
"""

from __future__ import annotations

import csv
import gzip
import os
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read by onnxruntime's options when a session begins

import numpy as np

from segue.arrays import Floats
from segue.device import precision
from segue.settings import Settings
from segue.understanding.encoders import onnx_text
from segue.understanding.encoders.bag_of_words import BagOfWords
from segue.understanding.encoders.text import TextEncoder

from ._harness import data_file, sha256, table, write_result

SENTENCE = (
    "the quick brown fox jumps over the lazy dog near the river bank while a small child watches from the old wooden "
    "bridge in the warm evening light of summer"
)
"""32 tokens of all-MiniLM-L6-v2, with the two that frame them."""
TEXTS, PICTURES, PASSES, PLOTS = 256, 32, 7, 1000


def main() -> None:
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    threadpool_limits(1)
    file = data_file("tmdb_5000/tmdb_5000_movies.csv.gz")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        plots = [row["overview"] for row in islice(csv.DictReader(stream), PLOTS + 50) if row["overview"]][:PLOTS]
    with tempfile.TemporaryDirectory() as name:
        rows, figures = _text(Path(name), plots)
    auto = str(precision("auto", torch.device("cpu"))).removeprefix("torch.")
    pictures = _pictures()
    columns = [
        "encoder",
        "goal",
        "items/s",
        "95 % interval",
        "times fp32",
        "MB",
        "mean cosine",
        "least",
        "neighbours kept",
    ]
    tables = [
        table("Texts of 32 tokens on one core, and fidelity on 1,000 plots", columns, rows),
        table("SigLIP B/16, 224 pixels, on one core", ["precision", "pictures/s", "95 % interval"], pictures),
    ]
    notes = [
        f'`understanding.precision = "auto"` is {auto} on this processor.',
        "In fp32, matrix products of these shapes reached 84 to 109 GFLOP/s on one core of the machine that this was "
        "written on, with any of three libraries; a text of 32 tokens takes 0.69 GFLOP: at most 120 to 158 a second.",
    ]
    write_result("text_rates", {"figures": figures, "data": sha256(file), "tables": tables, "notes": notes})
    for shown in tables:
        print(shown["title"], *shown["rows"], sep="\n  ")


def _text(folder: Path, plots: list[str]) -> tuple[list[list[Any]], dict[str, Any]]:
    exact = TextEncoder(Settings(understanding={"precision": "fp32"}))
    for int8 in (False, True):
        onnx_text.export(exact.reader, "all-MiniLM-L6-v2", folder / f"{int8}", int8)  # type: ignore[arg-type]
    exported = {
        int8: TextEncoder(Settings(understanding={"text_model": str(folder / f"{int8}")})) for int8 in (False, True)
    }
    weights = (exact.folder / "model.safetensors").stat().st_size
    encoders: list[tuple[str, int | None, Any, float]] = [
        ("torch, fp32", 150, exact, weights),
        ("torch, bf16", None, TextEncoder(Settings(understanding={"precision": "bf16"})), weights),
        ("ONNX, fp32", 150, exported[False], (folder / "False" / onnx_text.GRAPH).stat().st_size),
        ("ONNX, INT8", 300, exported[True], (folder / "True" / onnx_text.GRAPH).stat().st_size),
    ]
    wanted = exact._vectors(plots)
    rows: list[list[Any]] = []
    figures: dict[str, Any] = {}
    base = 0.0
    for label, goal, encoder, size in encoders:
        mean, low, high = _rate(lambda e=encoder: e._vectors([SENTENCE] * TEXTS), TEXTS)
        base = base or mean
        vectors = encoder._vectors(plots)
        cosine = (wanted * vectors).sum(axis=1)
        kept = _kept(wanted, vectors)
        figures[label] = {
            "rate": mean,
            "interval": [low, high],
            "cosine": float(cosine.mean()),
            "least": float(cosine.min()),
        }
        shown = [round(float(cosine.mean()), 4), round(float(cosine.min()), 4), round(kept, 3)]
        rows.append(
            [
                label,
                goal,
                round(mean, 1),
                f"{low:.1f} … {high:.1f}",
                round(mean / base, 2),
                round(size / 1e6, 1),
                *shown,
            ]
        )
    bag = BagOfWords(Settings())
    mean, low, high = _rate(lambda: bag.encode_words([SENTENCE] * TEXTS), TEXTS)
    rows.append(
        ["bag of words", None, round(mean, 1), f"{low:.1f} … {high:.1f}", round(mean / base, 2), 0, None, None, None]
    )
    return rows, figures


def _kept(wanted: Floats, vectors: Floats, k: int = 10) -> float:
    """Share of each row's k nearest neighbours that are the same in both."""
    near = []
    for rows in (wanted, vectors):
        alike = rows @ rows.T
        np.fill_diagonal(alike, -2)
        near.append(np.argpartition(-alike, k, axis=1)[:, :k])
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(*near, strict=True)]))


def _pictures() -> list[list[Any]]:
    import torch
    from transformers import SiglipVisionConfig, SiglipVisionModel

    model = SiglipVisionModel(SiglipVisionConfig(image_size=224)).eval()
    rows = []
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        model = model.to(dtype)
        pixels = torch.zeros(8, 3, 224, 224, dtype=dtype)

        def work(model: Any = model, pixels: Any = pixels) -> None:
            with torch.inference_mode():
                for _ in range(PICTURES // 8):
                    model(pixel_values=pixels)

        mean, low, high = _rate(work, PICTURES, passes=3)
        rows.append([name, round(mean, 2), f"{low:.2f} … {high:.2f}"])
    return rows


def _rate(work: Callable[[], object], amount: int, passes: int = PASSES) -> tuple[float, float, float]:
    """Amount per second of processor time: the mean over passes and its 95 % interval."""
    from scipy.stats import t

    work()
    rates = []
    for _ in range(passes):
        began = time.process_time()
        work()
        rates.append(amount / (time.process_time() - began))
    half = float(t.ppf(0.975, passes - 1) * np.std(rates, ddof=1) / np.sqrt(passes))
    mean = float(np.mean(rates))
    return mean, mean - half, mean + half


if __name__ == "__main__":
    main()

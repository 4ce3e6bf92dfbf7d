"""Real data through the command line alone: `segue init`, `import`, `train`, `evaluate --json`.

MovieLens-1M (chronological sequences, films, people, plots) is evaluated by strict leave-one-out, MovieLens
latest-small and MovieTweetings by the global time split. Each command runs in its own process; time and peak memory
are the system's account of that process.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ._harness import ROOT, Run, data_file, segue, sha256, table, write_result

SETS: dict[str, dict[str, Any]] = {
    "movielens_1m": {
        "imports": [
            ("movielens", "movielens_1m"),
            ("table", "movielens_1m/omdb_metadata.jsonl.gz", "--mapping", str(ROOT / "examples" / "omdb.toml")),
            ("sequences", "movielens_1m/sequences_chronological.txt.gz", "--kind", "movie"),
        ],
        "split": "leave-one-out",
        "file": "movielens_1m/sequences_chronological.txt.gz",
    },
    "ml_latest_small": {
        "imports": [("movielens", "ml_latest_small")],
        "split": "time",
        "file": "ml_latest_small/ratings.csv",
    },
    "movietweetings_100k": {
        "imports": [("movielens", "movietweetings_100k")],
        "split": "time",
        "file": "movietweetings_100k/ratings.dat.gz",
    },
}


def main() -> None:
    """Run all three and keep the figures."""
    figures: dict[str, Any] = {"tables": [], "data": {}}
    costs: list[list[Any]] = []
    for name, said in SETS.items():
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
            workspace = Path(folder)
            segue("init", workspace, workspace=workspace)
            imports = [
                segue("import", source, data_file(path), *more, "--json", "--quiet", workspace=workspace)
                for source, path, *more in said["imports"]
            ]
            costs.append([name, "import", *_cost(*imports)])
            costs.append(
                [name, "understand (words)", *_cost(_quiet("understand", "--only", "text,ngram", at=workspace))]
            )
            costs.append([name, "train", *_cost(_quiet("train", at=workspace))])
            evaluated = _quiet("evaluate", "--split", said["split"], at=workspace)
            costs.append([name, f"evaluate ({said['split']})", *_cost(evaluated)])
        report = evaluated.json()
        figures["data"][name] = {"file": said["file"], "sha256": sha256(data_file(said["file"])), "report": report}
        figures["tables"].append(_figures(name, report))
    figures["tables"].append(table("What it cost", ["data", "command", "seconds", "peak MiB"], costs))
    write_result("end_to_end", figures)


def _quiet(*arguments: str, at: Path) -> Run:
    return segue(*arguments, "--json", "--quiet", workspace=at)


def _cost(*runs: Run) -> tuple[float, float]:
    return round(sum(run.seconds for run in runs), 1), max(run.peak_mib for run in runs)


def _figures(name: str, report: dict[str, Any]) -> dict[str, Any]:
    rows = sorted((r for r in report["rows"] if r["slice"] == "all"), key=lambda r: -(r["ndcg@10"] or 0))
    body = [
        [
            row["model"],
            row["users"],
            row["hit@10"],
            row["ndcg@10"],
            f"{row['ci95'][0]:.4f} … {row['ci95'][1]:.4f}",
            row["coverage@10"],
            report["seconds_to_train"].get(row["model"]),
        ]
        for row in rows
    ]
    title = f"{name}, {report['split']}: {report['people']:,} people, {report['candidates']:,} candidates"
    return table(title, ["model", "people", "HR@10", "NDCG@10", "95 %", "coverage@10", "seconds to train"], body)

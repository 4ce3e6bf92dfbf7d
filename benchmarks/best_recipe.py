"""`segue train --recipe best` through the command line, on three logs with times: what it tries, chooses, and is worth.

MovieLens latest-small, MovieTweetings and the sessions of MicroLens are imported, their words read, and the recipe is
chosen on the validation window of the global time split. The tables show every model, and the recipe, on the test
window that comes after it, beside most-popular (recent), with 95 % intervals over people. The recipe must not be below
most-popular.

Each model has five minutes: one that is expected to take longer is not tried, and a network that does is ended.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ._harness import data_file, segue, sha256, table, write_result

MINUTES = 5
MICROLENS = {
    "items": '[items]\nid = "item"\ntitle = "title"\nkind = {const = "short"}\n',
    "events": (
        '[events]\nuser_id = "user"\nitem_id = "item"\nkind = {const = "complete"}\n'
        'at = {column = "datetime_utc", format = "%Y-%m-%d %H:%M:%S"}\n'
    ),
}
"""Mapping files of the two tables of MicroLens."""
SETS: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "ml_latest_small": ("ml_latest_small/ratings.csv", [("movielens", "ml_latest_small")]),
    "movietweetings_100k": ("movietweetings_100k/ratings.dat.gz", [("movielens", "movietweetings_100k")]),
    "microlens_sessions": (
        "microlens_sessions/interactions.csv.gz",
        [
            ("table", "microlens_sessions/titles_50k.csv.gz", "items"),
            ("table", "microlens_sessions/interactions.csv.gz", "events"),
        ],
    ),
}


def main() -> None:
    """Run all three and keep the figures."""
    figures: dict[str, Any] = {"tables": [], "notes": [], "data": {}}
    for name, (file, imports) in SETS.items():
        with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
            run = _trained(Path(folder), imports)
        report = run.json()
        figures["data"][name] = {
            "file": file,
            "sha256": sha256(data_file(file)),
            "seconds": run.seconds,
            "peak_mib": run.peak_mib,
            "report": report,
        }
        figures["tables"] += [_figures(name, report), _choice(name, report["choice"])]
        figures["notes"].append(
            f"{name}: {report['choice']['data']}. Training took {run.seconds:.0f} s and {run.peak_mib:.0f} MiB; "
            f"{report['choice']['test']['why']}."
        )
        print(figures["notes"][-1], flush=True)
    print(write_result("best_recipe", figures))


def _trained(workspace: Path, imports: list[tuple[str, ...]]) -> Any:
    segue("init", workspace, workspace=workspace)
    for source, path, *mapping in imports:
        more: list[str] = []
        if mapping:
            file = workspace / f"{mapping[0]}.toml"
            file.write_text(MICROLENS[mapping[0]], encoding="utf-8")
            # Videos whose title could not be had are bare.
            more = ["--mapping", str(file), *(["--create-items", "short"] if mapping[0] == "events" else [])]
        segue("import", source, data_file(path), *more, "--json", "--quiet", workspace=workspace)
    segue("understand", "--only", "text,ngram", "--json", "--quiet", workspace=workspace)
    with (workspace / "segue.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n[train]\nminutes = {MINUTES}\n")
    return segue("train", "--recipe", "best", "--json", "--quiet", workspace=workspace)


def _figures(name: str, report: dict[str, Any]) -> dict[str, Any]:
    shown = report["evaluation"]
    rows = sorted((r for r in shown["rows"] if r["slice"] == "all"), key=lambda r: -(r["ndcg@10"] or 0))
    body = [
        [r["model"], r["users"], r["hit@10"], r["ndcg@10"], f"{r['ci95'][0]:.4f} … {r['ci95'][1]:.4f}"] for r in rows
    ]
    title = f"{name}, time split: {shown['people']:,} people, {shown['candidates']:,} candidates"
    return table(title, ["model", "people", "HR@10", "NDCG@10", "95 %"], body)


def _choice(name: str, choice: dict[str, Any]) -> dict[str, Any]:
    body = [
        [
            segment,
            part["people"],
            part["chosen"],
            ", ".join(f"{model} {weight:g}" for model, weight in part["weights"].items()),
            part["why"],
        ]
        for segment, part in choice["segments"].items()
    ]
    return table(f"{name}: what was chosen, on validation", ["people", "asked", "chosen", "weights", "why"], body)


if __name__ == "__main__":
    main()

"""The report as table, plots and page: whole, safe and readable in both languages."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from defusedxml import ElementTree

from segue.errors import InvalidInput
from segue.evaluation import plots as geometry
from segue.evaluation.metrics import METRICS
from segue.evaluation.offline import SLICES, evaluate
from segue.evaluation.report import as_html, plots
from segue.evaluation.splits import leave_one_out
from segue.evaluation.words import WORDS

from .logs import Fixed, sequences

MODELS = [
    "home",
    "ease",
    "als",
    "item_knn",
    "user_knn",
    "bpr",
    "content",
    "content_text",
    "popular_recent",
    "popular_all",
]


def made_up(models: list[str] = MODELS, seed: int = 0, parts: tuple[str, ...] = SLICES) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    rows = []
    for model, part in itertools.product(models, parts):
        v = float(rng.random() * 0.2)
        cells = {f"{m}@10": float(rng.random()) for m in METRICS} | {"ndcg@10": v, "ild@10": None}
        rows.append({"model": model, "slice": part, "users": 1234, **cells, "ci95": [v * 0.9, v * 1.1]})
    return {
        "split": "time",
        "description": "What people met.",
        "refit": False,
        "k": 10,
        "people": 1234,
        "items": 999,
        "candidates": 900,
        "trained_on": 5678,
        "test_from": 1.5e9,
        "data_hash": "ab" * 16,
        "similarity": None,
        "baseline": "popular_recent",
        "seconds": 3.2,
        "rows": rows,
    }


def texts(svg: str) -> list[str]:
    return [t.strip() for t in ElementTree.fromstring(svg).itertext() if t.strip()]


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(language: str) -> None:
    html = as_html(made_up(), language)
    page = Page(html)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    attributes = [(name, value or "") for _, own in page.tags for name, value in own.items()]
    assert not [n for n, _ in attributes if n in {"src", "href", "style"} or n.startswith("on")]
    assert "url(" not in html
    assert "@import" not in html
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert dict(page.tags)["html"] == {"lang": "en" if language == "en" else "zh-CN"}
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html
    for word in (WORDS[language]["title"], "1,234", "5,678", *MODELS):
        assert word in page.words


def test_chinese_is_chinese_throughout() -> None:
    report = made_up()
    words = Page(as_html(report, "zh")).words.split("}")[-1].replace(report["data_hash"], "")
    left = set(re.findall(r"[A-Za-z_]{3,}", words)) - set(MODELS)
    assert left <= {"NDCG", "MRR", "MAP", "UTC"}


def test_languages_say_the_same_things() -> None:
    english, chinese = WORDS["en"], WORDS["zh"]
    assert set(english) == set(chinese)
    for key in ("slice", "metric", "meaning", "split"):
        assert set(english[key]) == set(chinese[key])
    assert set(english["metric"]) == set(english["meaning"]) == set(METRICS)
    assert set(english["slice"]) == set(SLICES)
    assert as_html(made_up(), "zh-CN") == as_html(made_up(), "zh")
    with pytest.raises(InvalidInput, match="language 'fr'; expected 'en' or 'zh'"):
        plots(made_up(), "fr")


def test_names_of_models_are_data() -> None:
    evil = "<script>alert(1)</script>\"'&"
    report = made_up(["popular_recent", evil])
    html = as_html(report)
    assert "<script" not in html
    for svg in plots(report).values():
        assert "<script" not in svg
        ElementTree.fromstring(svg)


def test_plots_are_svg_without_style_or_script() -> None:
    drawn = plots(made_up())
    assert list(drawn) == ["accuracy", "tradeoff", "slices"]
    for svg in drawn.values():
        tags = {element.tag.split("}")[1] for element in ElementTree.fromstring(svg).iter()}
        assert tags <= {"svg", "g", "title", "text", "tspan", "line", "circle", "rect"}
        assert "style=" not in svg
    assert set(MODELS) <= set(texts(drawn["accuracy"])) & set(texts(drawn["tradeoff"])) & set(texts(drawn["slices"]))
    assert "most popular" in texts(drawn["accuracy"])


def test_without_slices_there_is_no_plot_of_them() -> None:
    report = made_up(parts=("all",))
    assert list(plots(report)) == ["accuracy", "tradeoff"]
    assert WORDS["en"]["slices"] not in as_html(report)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_leaves_the_picture_and_no_two_names_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = [*MODELS, "a_rather_long_name_of_somebodys_model"]
    points = [(float(x), float(y)) for x, y in np.c_[60 + rng.random(11) * 300, 20 + rng.random(11) * 250]]
    boxes = [
        p["box"] for p in geometry.place_labels(points, [geometry.fitted(n, 130, 11) for n in names], (54, 6, 378, 278))
    ]
    for a, b in itertools.combinations(boxes, 2):
        assert geometry._overlap(a, b) == 0
    assert all(b[0] >= 54 and b[2] <= 378 for b in boxes)
    report = made_up(names, seed)
    for svg in plots(report).values():
        for element in ElementTree.fromstring(svg).iter():
            for key in ("x", "x1", "x2", "cx"):
                assert 0 <= float(element.get(key, 0)) <= geometry.WIDTH


@pytest.mark.parametrize(
    ("largest", "words"),
    [
        (0.183, ["0.00", "0.05", "0.10", "0.15", "0.20"]),
        (0.0571, ["0.00", "0.02", "0.04", "0.06"]),
        (1.0, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0.0, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0.004, ["0.000", "0.001", "0.002", "0.003", "0.004"]),
    ],
)
def test_axes_have_round_ticks(largest: float, words: list[str]) -> None:
    axis = geometry.axis(largest, 0, 100)
    assert [word for _, word in axis.ticks] == words
    assert axis.at(largest) <= 100


def test_shares_are_written_as_per_cent() -> None:
    assert [w for _, w in geometry.axis(0.62, 0, 100, share=True).ticks] == ["0%", "20%", "40%", "60%", "80%"]
    assert [w for _, w in geometry.axis(0.02, 0, 100, share=True).ticks] == ["0.0%", "0.5%", "1.0%", "1.5%", "2.0%"]


def test_a_real_report_can_be_stored_and_shown_again() -> None:
    split = leave_one_out(sequences(ann="a b c d", bob="f b a c"))
    report = evaluate(split, {"mine": Fixed([1, 2, 3, 4, 5])}, k=3).as_json()
    stored = json.loads(json.dumps(report))
    assert as_html(stored) == as_html(report)
    page = Page(as_html(stored, "zh")).words
    assert "倒数第二个用于验证" in page


def test_models_without_a_single_hit_can_be_drawn() -> None:
    report = made_up(["a", "popular_recent"])
    for row in report["rows"]:
        row.update({"ndcg@10": 0.0, "coverage@10": 0.0, "ci95": [0.0, 0.0]})
    for svg in plots(report).values():
        ElementTree.fromstring(svg)

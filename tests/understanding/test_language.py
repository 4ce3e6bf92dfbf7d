"""The language of a text, or nothing rather than a guess."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest

from segue.understanding.language import language_of, tag_of

SENTENCES = {
    "en": "The old man and the boy were on the beach, and it was not what they had hoped for.",
    "de": "Ich weiß nicht, was soll es bedeuten, dass ich so traurig bin; ein Märchen aus alten Zeiten.",
    "fr": "Je ne sais pas ce que vous voulez dire, mais il est dans la maison avec les enfants.",
    "es": "En un lugar de la Mancha, de cuyo nombre no quiero acordarme, no ha mucho tiempo que vivía un hidalgo.",
    "it": "Nel mezzo del cammin di nostra vita mi ritrovai per una selva oscura che la diritta via era smarrita.",
    "pt": "Eu não sei o que você quer dizer com isso, mas ele foi para a casa da minha mãe.",
    "nl": "Ik weet niet wat je bedoelt maar het is een mooie dag en we gaan naar de zee.",
    "sv": "Jag vet inte vad det är men han har en bil och hon är på väg till havet.",
    "zh": "雨夜里一个人弹钢琴到天亮的故事",
    "ja": "雨の夜にピアノを弾く人の物語です",
    "ko": "비오는 밤에 피아노를 치는 사람",
    "ru": "Я не знаю, что это значит, но мне грустно",
    "uk": "Я не знаю, що це означає, але мені сумно і їх",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences(language: str) -> None:
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize("text", ["", "♪♪♪ 123 !!", "Avatar", "xyzzy plugh foo bar baz qux quux"])
def test_no_guess(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("stated", "tag"),
    [("eng", "en"), ("English", "en"), ("zh-Hans", "zh"), ("pt_BR", "pt"), ("und", None), ("", None), (7, None)],
)
def test_what_others_call_languages(stated: object, tag: str | None) -> None:
    assert tag_of(stated) == tag


@pytest.mark.data
def test_plots_of_films_are_english(data: Path) -> None:
    with gzip.open(data / "tmdb_5000" / "tmdb_5000_movies.csv.gz", "rt", encoding="utf-8") as stream:
        plots = [row["overview"] for row in islice(csv.DictReader(stream), 1000) if len(row["overview"]) > 100]
    found = [language_of(plot) for plot in plots]
    assert found.count("en") > 0.9 * len(plots)
    assert sum(f not in ("en", None) for f in found) < 0.005 * len(plots)

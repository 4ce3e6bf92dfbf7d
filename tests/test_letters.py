"""One way to fold letters, in the search by words, the names of the graph and the bag of words."""

import pytest

from segue.letters import fold_letters
from segue.pipeline.sources.words import folded
from segue.relations import named
from segue.understanding.encoders.bag_of_words import _words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Jazz", "jazz"), ("Ｊａｚｚ", "jazz"), ("Varèse", "varese"), ("Vare\u0300se", "varese"),
        ("STRASSE", "strasse"), ("straße", "strasse"), ("ﬁlm", "film"), ("℡", "tel"), ("№1", "no1"),
        ("한글", "한글"), ("ｶﾞ", "カ"),
    ],
)  # fmt: skip
def test_letters_are_folded_alike_everywhere(written: str, expected: str) -> None:
    assert fold_letters(written) == expected
    assert folded(written) == expected
    assert "".join(_words(written)) == expected
    entity = named("person", written)
    assert entity is not None
    assert entity.id == f"person:{expected}"

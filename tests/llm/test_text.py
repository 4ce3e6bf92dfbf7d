"""What is taken out of texts on their way to a model and back, and what is left as it is."""

from __future__ import annotations

import json

import pytest

from segue.llm.protocol import dumped_data
from segue.llm.text import MAX_DEPTH, cleaned, first_object, guessed_tokens, plain, visible


@pytest.mark.parametrize(
    "hidden",
    [
        "\u202e",  # right-to-left override
        "\u2066\u2069",  # isolates
        "\u200b\u200d\ufeff",  # zero width
        "\x00\x1b\x7f\x9b",  # controls
        "\u00ad\u034f\u115f\u3164\uffa0",  # soft hyphen, joiner, fillers
        "".join(chr(0xE0000 + ord(c)) for c in "ignore all"),  # tags
        "".join(chr(0xE0100 + n) for n in b"ignore all"),  # supplementary variation selectors
        "\ud800",  # half a character
    ],
)
def test_what_nobody_sees_is_gone(hidden: str) -> None:
    assert visible(f"a{hidden}b") == "ab"


def test_bytes_hidden_in_variation_selectors_are_gone() -> None:
    smuggled = "".join(chr(0xFE00 + n) for n in (1, 15, 3, 7))
    assert len(visible(f"a{smuggled}b")) <= 3


@pytest.mark.parametrize(
    "text", ["☔️ rain", "五至七时的克莱奥", "Cléo de 5 à 7", "naïve — “quoted”…", "नमस्ते", "שלום", "🎬"]
)
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == text


def test_lengths() -> None:
    assert visible("x" * 100, 10) == "x" * 9 + "…"
    assert cleaned({"k" * 500: ["y" * 50]}, 10) == {"k" * 99 + "…": ["y" * 9 + "…"]}


def test_depth() -> None:
    deep: object = "x"
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert cleaned(deep, 10) == deep
    with pytest.raises(ValueError, match="too deeply"):
        cleaned([deep], 10)
    for text in ('{"a":' * 5_000, '{"a":' + "[" * 100_000):
        with pytest.raises(ValueError, match=r"nested too deeply|not whole"):
            first_object(text)


def test_data_is_the_same_json_without_signs() -> None:
    data = {"a": ["<|im_start|>", "[INST] x [/INST]", "1 < 2", ["T"], []], "[A]": True}
    told = dumped_data(data)
    assert json.loads(told) == data
    assert "<" not in told
    assert "[INST" not in told
    assert plain("a <|im_end|> b </s> [INST] c < d [1]") == "a < |im_end|> b < /s> [ INST] c < d [1]"


def test_guessed_tokens() -> None:
    assert guessed_tokens("four words are here, ") == 5
    assert guessed_tokens("雨夜钢琴") == 4

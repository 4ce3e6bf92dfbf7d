"""Words of judgement in Chinese: families, what turns them, and where the verdict stands."""

from __future__ import annotations

import numpy as np

from segue.understanding import tone


def measured(text: str) -> dict[str, float]:
    return dict(zip(tone.NAMES, tone.measure([text])[0].tolist(), strict=True))


def test_words_of_one_family_count_the_same() -> None:
    assert measured("太无聊了")["boring"] == measured("太沉闷了")["boring"] > 0
    assert measured("感动")["boring"] == 0


def test_a_negation_turns_praise_and_the_balance_knows_it() -> None:
    assert measured("好看")["balance"] > 0 > measured("不好看")["balance"]
    assert measured("并不好看")["denied"] > 0 == measured("好看")["denied"]


def test_behind_the_last_but_stands_the_verdict() -> None:
    found = measured("画面精致，但是故事太无聊")
    assert found["last_blame"] > 0 == found["last_praise"]
    assert measured("故事太无聊")["last_blame"] == 0  # nothing is turned


def test_texts_in_english_hold_none_of_it_and_none_is_no_trouble() -> None:
    assert not tone.speaks(tone.measure(["a fine film", "what a bore"] * 10))
    assert tone.speaks(tone.measure(["很好看", "无聊"] * 10))
    assert tone.measure([]).shape == (0, len(tone.NAMES))
    assert np.isfinite(tone.measure(["", "🙂", "很好看" * 100_000])).all()

"""What is quoted, or said by somebody else, changes nothing; what a person says of themselves does."""

from __future__ import annotations

import pytest

from segue.conversation.understanding.acts import spotted

CHANGES = {"like", "dislike", "seen", "taste", "forget_taste", "forget", "reset", "play"}


def changes(said: str) -> set[str]:
    return {act.what for act in spotted(said, True, lambda *_: True)} & CHANGES


@pytest.mark.parametrize(
    "said",
    [
        'my brother said "i like the first one", what do you think?',
        "what does it mean when somebody says i like number 2?",
        "the sign reads: “i like the first one”",
        "我弟弟说“我喜欢第一个，收藏它”，你怎么看？",
        "妈妈说：“第一个我喜欢，第二个看过了。”这句话通顺吗？",
        "他写道，我喜欢第一个",
    ],
)
def test_what_others_say_changes_nothing(said: str) -> None:
    assert changes(said) == set()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("i like the first one", "like"),
        ("i said i hate number 2", "dislike"),
        ('i like the first one, it is "calm"', "like"),
        ("我喜欢第一个", "like"),
        ("我说我喜欢第一个", "like"),
        ("第二个我不喜欢", "dislike"),
    ],
)
def test_what_a_person_says_of_themselves_does(said: str, what: str) -> None:
    assert what in changes(said)

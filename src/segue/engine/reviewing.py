"""Suspected profiles for a person to look at: who, why in words, and what was decided."""

from __future__ import annotations

from dataclasses import replace

from ..catalogue import Catalogue
from ..dataset import Dataset
from ..errors import NotFound
from ..events import now
from ..phrases import is_chinese
from ..profiles.cleaning import clean
from ..settings import Settings
from ..storage.rows import Store
from ..suspects import Reason, Suspect, Verdict

_WORDS = {
    "pushes": {
        "en": "one of {found:g} unusual profiles that all like “{title}”; {expected:g} would be usual",
        "zh": "与其他异常账号一同喜欢《{title}》：共 {found:g} 个，通常约 {expected:g} 个",
    },
    "sinks": {
        "en": "one of {found:g} unusual profiles that all dislike “{title}”; {expected:g} would be usual",
        "zh": "与其他异常账号一同不喜欢《{title}》：共 {found:g} 个，通常约 {expected:g} 个",
    },
    "burst": {
        "en": "one of {found:g} accounts that liked “{title}” within {length} and did little else; usual: {expected:g}",
        "zh": "与其他账号在 {length}内一同喜欢《{title}》且几乎没有其他活动：共 {found:g} 个，通常约 {expected:g} 个",
    },
    "pace": {"en": "more than {most:g} plays within one hour", "zh": "一小时内播放超过 {most:g} 次"},
    "awake": {"en": "plays for {hours:g} hours without a pause", "zh": "连续播放 {hours:g} 小时没有停歇"},
    "sweep": {
        "en": "has met {items:g} items, {share:.0%} of the catalogue",
        "zh": "接触过 {items:g} 个条目，占目录的 {share:.0%}",
    },
    "choice": {"en": "picks items that hardly anybody picks", "zh": "选择的条目几乎无人问津"},
    "taste": {"en": "the items do not go together as people's do", "zh": "所选条目之间缺乏常人的关联"},
    "ratings": {
        "en": "judges far from everybody else, most of all rare items",
        "zh": "评价与众人相去甚远，冷门条目尤其如此",
    },
    "contrast": {"en": "a few items at the top and all others far below", "zh": "少数条目给最高评价，其余都很低"},
    "size": {"en": "far more items than most people have", "zh": "条目数量远多于一般人"},
}
"""Reason → language → sentence; of `Reason.facts`."""


def suspects(store: Store, settings: Settings, language: str = "en") -> list[Suspect]:
    """Everybody who looks made to push an item, or like a machine, and everybody decided about; surest first.

    Reads all events: a second or so for a million.
    """
    catalogue, table = Catalogue.build(store.items()), store.event_table()
    own_scale = settings.cleaning.own_scale
    dataset = Dataset.build(catalogue, table, settings.signals, own_scale=own_scale)
    at = now().timestamp()
    found = clean(dataset, table, settings.cleaning, settings.session.gap_s, store.verdicts(), at).suspects
    return [replace(s, why=tuple(_words(reason, catalogue, language) for reason in s.reasons)) for s in found]


def decide(store: Store, user_id: str, confirm: bool) -> Verdict:
    """Keep a person's decision about a profile; the next training follows it.

    Raises:
        NotFound: nothing is known of such a person.
    """
    _known(store, user_id)
    verdict = Verdict(user_id, confirm, now().timestamp())
    store.put_verdict(verdict)
    return verdict


def undecide(store: Store, user_id: str) -> None:
    """Forget a decision. Raises NotFound where there is none."""
    if not store.remove_verdict(user_id):
        raise NotFound(f"Nothing was decided about {user_id!r}. `segue suspects` lists who waits for a decision.")


def _known(store: Store, user_id: str) -> None:
    if not store.last_seq(user_id) and store.user(user_id) is None:
        raise NotFound(f"Nothing is known of {user_id!r}. `segue suspects` lists who waits for a decision.")


def _words(reason: Reason, catalogue: Catalogue, language: str) -> str:
    facts = dict(reason.facts)
    if "item" in facts:
        facts["title"] = catalogue.item(catalogue.row(str(facts["item"]))).name
    if "seconds" in facts:
        facts["length"] = _length(float(facts["seconds"]), language)
    words = _WORDS[reason.code]
    return words["zh" if is_chinese(language) else "en"].format(**facts)


def _length(seconds: float, language: str) -> str:
    names = ("秒", "分钟", "小时", "天") if is_chinese(language) else (" s", " min", " h", " days")
    for size, name in zip((60, 3600, 86_400), names, strict=False):
        if seconds < 2 * size:
            return f"{seconds / (size / 60 if size < 86_400 else 3600):.0f}{name}"
    return f"{seconds / 86_400:.0f}{names[-1]}"

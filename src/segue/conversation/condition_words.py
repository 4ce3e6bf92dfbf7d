"""A tree of conditions in a few words, English and Chinese: what its chip says."""

from __future__ import annotations

from ..conditions import All, AnyOf, AtLeast, AtMost, Condition, Is
from ..phrases import KINDS, cleaned
from ..pipeline.asking.lexicon import LANGUAGES

LONGEST = 160
_FIELDS = {"genre": "类型", "tag": "标签", "mood": "情绪", "theme": "主题", "creator": "创作者", "series": "系列"}


def said_of(condition: Condition) -> tuple[str, str]:
    """(English, Chinese)."""
    return cleaned(_said(condition, False), LONGEST), cleaned(_said(condition, True), LONGEST)


def _said(of: Condition, chinese: bool) -> str:
    if isinstance(of, Is):
        return _name(of, chinese)
    if isinstance(of, AtLeast | AtMost):
        return _number(of, chinese)
    if isinstance(of, All | AnyOf):
        joint = ("且" if chinese else " and ") if isinstance(of, All) else ("或" if chinese else " or ")
        parts = [f"({_said(one, chinese)})" if isinstance(one, All | AnyOf) else _said(one, chinese) for one in of.of]
        return joint.join(parts) or ("任意" if chinese else "anything")
    inner = _said(of.of, chinese)
    return f"不要{inner}" if chinese else f"not {inner}"


def _name(of: Is, chinese: bool) -> str:
    value = of.value
    if of.field == "kind" and value in KINDS:
        return KINDS[value][chinese]
    if of.field == "language" and value.split("-")[0] in LANGUAGES:
        english, _, other = LANGUAGES[value.split("-")[0]]
        return other[0] if chinese else english
    if of.field in ("genre", "mood", "tag", "theme", "kind", "language"):
        return f"{_FIELDS[of.field]}“{value}”" if chinese and of.field in _FIELDS else value
    return f"{_FIELDS.get(of.field, '')}“{value}”" if chinese else f"“{value}”"


def _number(of: AtLeast | AtMost, chinese: bool) -> str:
    least = isinstance(of, AtLeast)
    value = of.value
    if of.field == "duration_s":
        minutes = f"{value / 60:g}" if value >= 60 else f"{value / 60:.1f}"
        if chinese:
            return f"{'至少' if least else '至多'} {minutes} 分钟"
        return f"{'at least' if least else 'at most'} {minutes} min"
    if of.field == "year":
        if chinese:
            return f"{value:.0f} 年{'以后' if least else '以前'}"
        return f"{'from' if least else 'until'} {value:.0f}"
    if of.field == "popularity":
        if chinese:
            return "更有名" if least else "没那么有名"
        return "better known" if least else "less well known"
    if chinese:
        return f"适合年龄{'至少' if least else '至多'} {value:g} 岁"
    return f"minimum age {'at least' if least else 'at most'} {value:g}"

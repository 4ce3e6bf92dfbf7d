"""For whom: for kids, family-friendly, 适合孩子."""

# ruff: noqa: E501 - a rule is one line

from __future__ import annotations

import re

from ..reading import Found, Reader, Rule

CHILDREN = 12
"""Age ceiling of what is asked for "for kids"."""


def _audience(_match: re.Match[str], _: Reader) -> Found:
    return Found("audience", "for children", "适合儿童", {"max_maturity": CHILDREN, "allow_explicit": False})


RULES: tuple[Rule, ...] = (
    (re.compile(r"\b(?:(?:suitable|good|fun|safe) )?for (?:the |my |young |small |little )?(?:kids|children|toddlers|the whole family)\b|\b(?:kid|child|family)[- ]friendly\b"), _audience),
    (re.compile(r"(?:适合|给|和|跟)(?:小朋友|孩子|小孩|儿童|宝宝|全家)(?:们)?(?:一起)?(?:看|听|玩)?的?|儿童可看的?"), _audience),
)  # fmt: skip

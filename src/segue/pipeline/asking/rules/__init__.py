"""What a sentence may ask for, a file for each; every file ends with its patterns, English and Chinese together.

A rule is a pattern and a function that says what it means (`reading.Rule`). To add one, put it into the file that it
belongs to; a new file takes its place in `RULES`.
"""

from __future__ import annotations

from ..reading import Rule
from . import audience, exclusions, heads, lengths, likeness, people, years

RULES: tuple[Rule, ...] = (
    *likeness.RULES,  # first, since a title may hold words of every other rule
    *lengths.RULES,
    *years.RULES,
    *people.RULES,
    *audience.RULES,
    *exclusions.RULES,
    *heads.RULES,
)
"""In this order; each looks at what those before have left."""

"""Which parts serve which feed. A recipe is a function of the settings."""

from __future__ import annotations

from collections.abc import Callable

from ...plugins import Table
from ...settings import Settings
from ..stages import Recipe

TABLE: Table[Callable[[Settings], Recipe]] = Table(
    "recipe",
    "segue.recipes",
    {
        "home": "segue.pipeline.recipes.home:recipe",
        "best": "segue.pipeline.recipes.best:recipe",
        "similar": "segue.pipeline.recipes.similar:recipe",
        "search": "segue.pipeline.recipes.search:recipe",
        "radio": "segue.pipeline.recipes.radio:recipe",
        "together": "segue.pipeline.recipes.together:recipe",
        "mood": "segue.pipeline.recipes.mood:recipe",
        "mix": "segue.pipeline.recipes.mix:recipe",
        "playlist": "segue.pipeline.recipes.playlist:recipe",
    },
)

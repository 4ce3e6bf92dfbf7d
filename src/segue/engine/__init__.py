"""The facade, and the only room that wires parts together."""

from __future__ import annotations

from .facade import Engine

__all__ = ["Engine"]

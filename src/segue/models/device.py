"""Where networks are trained: `segue.device`, which the encoders use as well."""

from __future__ import annotations

from ..device import pick

__all__ = ["pick"]

"""Why each pick is in an answer: measured, told and, where asked, given a full account of."""

from __future__ import annotations

from .case import Claim
from .telling import Teller, reasons

__all__ = ["Claim", "Teller", "reasons"]

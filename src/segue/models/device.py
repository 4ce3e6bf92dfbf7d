"""Where networks are computed."""

from __future__ import annotations

import torch

from ..errors import SettingsError


def pick(stated: str) -> torch.device:
    """The device stated; for ``auto`` the first GPU, or the processor where there is none.

    Raises:
        SettingsError: there is no such device on this machine.
    """
    if stated == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(stated)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(
            f"The device {stated!r} cannot be used: {str(error).splitlines()[0]} "
            "Expected 'auto', 'cpu' or a GPU such as 'cuda:0'; set [train] device."
        ) from error
    return device

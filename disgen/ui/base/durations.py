"""How long something takes, in words."""

from __future__ import annotations

_MINUTE, _HOUR = 60.0, 3600.0  # s


def roughly(seconds: float) -> str:
    """In whole seconds, from one on, whole minutes, or tenths of hours."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"

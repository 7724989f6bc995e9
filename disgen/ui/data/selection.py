"""What a click or a lasso on the map means: pure functions over what a chart sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class PointId:
    """One point of the map.

    Attributes:
        of: the split, or the estimator that sampled it.
        index: its number in that set, from 0.
    """

    of: str
    index: int

    def __str__(self) -> str:
        return f"{self.of}-{self.index}"


def selected_rows(event: Mapping[str, Any] | None) -> tuple[int, ...]:
    """Rows that an event of `st.plotly_chart` names, each once, in the order of the event.

    The row of a point is its ``customdata``; points without one (of the legend) are left out.
    """
    if not event or not event.get("selection"):
        return ()
    rows: dict[int, None] = {}
    for point in event["selection"].get("points") or ():
        data = point.get("customdata")
        if isinstance(data, (list, tuple)):
            data = data[0] if data else None
        if isinstance(data, (int, float)) and data >= 0:
            rows[int(data)] = None
    return tuple(rows)


def point_of_row(row: int, sets: Mapping[str, int]) -> PointId | None:
    """The point in a row of the map figure; None for a row that is not there.

    Args:
        row: from 0.
        sets: the sets that the figure shows, one after the other, and the number of points in each.
    """
    for name, size in sets.items():
        if row < size:
            return PointId(name, row)
        row -= size
    return None


def clamp(value: int, size: int) -> int:
    """The nearest index into a set of this size, 0 for an empty one."""
    return max(0, min(value, size - 1))

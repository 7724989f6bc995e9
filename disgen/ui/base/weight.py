"""About how many bytes of memory a value takes, in little time."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd

_TABLES = (pd.DataFrame, pd.Series, pd.Index)
_LOOKED_AT = 200  # members of a long collection that stand for all of them


def weight(value: object) -> int:
    """Bytes that a value and all that it holds take, each of them once; of a long collection some members are weighed.

    Arrays count with their contents, as views do. What is not made of arrays, tables, collections, texts, numbers and
    objects with attributes counts as itself alone.
    """
    return round(_weigh(value, set()))


def _weigh(value: object, seen: set[int]) -> float:
    if id(value) in seen or isinstance(value, type):
        return 0.0
    seen.add(id(value))
    members = _members(value)
    step = max(1, len(members) // _LOOKED_AT)
    looked_at = members[::step]  # some of them, evenly, stand for all
    inside = sum(_weigh(one, seen) for one in looked_at) * len(members) / max(1, len(looked_at))
    return _own(value) + inside


def _own(value: object) -> float:
    """Bytes without the members."""
    if isinstance(value, np.ndarray):
        return float(value.nbytes)
    if isinstance(value, _TABLES):
        return float(np.sum(value.memory_usage(deep=True)))
    return float(sys.getsizeof(value) + sys.getsizeof(getattr(value, "__dict__", None)))


def _members(value: Any) -> list[Any]:  # noqa: ANN401 (of any kind)
    """What a value holds beside its own bytes."""
    if isinstance(value, np.ndarray):
        found = value.ravel().tolist() if value.dtype == object else []
    elif isinstance(value, _TABLES):
        found = []
    elif isinstance(value, Mapping):
        found = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, AbstractSet)):
        found = list(value)
    elif callable(getattr(value, "to_plotly_json", None)):
        found = [value.to_plotly_json()]
    elif is_dataclass(value) and not hasattr(value, "__dict__"):
        found = [getattr(value, one.name) for one in fields(value)]
    else:
        found = list(getattr(value, "__dict__", {}).values())
    return found

"""What a person sees while a model trains: a bar and a table that stay in place, or a line an epoch in a log file."""

from __future__ import annotations

import logging
import math
import sys
from itertools import zip_longest
from typing import TYPE_CHECKING, Self

from tqdm import tqdm

from disgen.model.training.metrics import METRICS
from disgen.model.training.validation import LOSS_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG = logging.getLogger(__name__)
_UNITS = {"length_mae": " Å", "angle_mae": "°"}
_TICKS = 1000  # of the bar


class Display:
    """Progress on standard error, to be used as a context manager.

    Args:
        show: False for none at all.
    """

    def __init__(self, *, show: bool) -> None:
        self._show, self._in_place = show, show and sys.stderr.isatty()
        self._bars: list[tqdm] = []

    def __enter__(self) -> Self:
        if self._in_place:
            style = "{desc} {percentage:3.0f}%|{bar:40}|{postfix}"
            self._bars = [tqdm(total=_TICKS, bar_format=style, desc="epoch 1")]
            self._bars += [tqdm(bar_format="{desc}", position=1 + line) for line in range(len(table({})))]
        return self

    def __exit__(self, *error: object) -> None:
        for bar in self._bars:
            bar.close()

    def step(self, share: float) -> None:
        """Move the bar to the share of the schedule, 0 to 1, that is over."""
        if self._bars:
            self._bars[0].update(round(_TICKS * min(share, 1.0)) - self._bars[0].n)

    def epoch(self, row: Mapping[str, float], share: float, seconds_left: float) -> None:
        """Show a row of the history."""
        if self._bars:
            self.step(share)
            self._bars[0].set_description_str(f"epoch {row['epoch']}", refresh=False)
            self._bars[0].set_postfix_str(duration(seconds_left))
            for bar, line in zip(self._bars[1:], table(row), strict=True):
                bar.set_description_str(line)
        elif self._show:
            _LOG.info("%s", summary(row, share, seconds_left))


def table(row: Mapping[str, float]) -> list[str]:
    """Losses of both splits on the left, accuracies of the validation split on the right, 75 columns wide."""
    left = [f"{'':<14}{'train':>12}{'validation':>12}"]
    for name in LOSS_NAMES:
        values = (row.get(f"{split}_{name}", math.nan) for split in ("train", "validation"))
        left.append(f"{_words(name):<14}" + "".join(f"{value:>12.4f}" for value in values))
    right = ["", *(f"{_words(name):<22}{_measure(name, row):>10}" for name in METRICS)]
    return [f"{one}   {other}".rstrip() for one, other in zip_longest(left, right, fillvalue="")]


def summary(row: Mapping[str, float], share: float, seconds_left: float) -> str:
    """The same in one line, without the validation split's losses but the total."""
    terms = [f"{_words(name)} {row.get(f'train_{name}', math.nan):.4g}" for name in LOSS_NAMES[1:]]
    losses = (row.get(f"{split}_total", math.nan) for split in ("train", "validation"))
    parts = (
        f"epoch {row['epoch']:.0f}, {min(share, 1.0):.0%}, {duration(seconds_left)}",
        "loss {:.4g} train, {:.4g} validation".format(*losses),
        ", ".join(terms),
        ", ".join(f"{_words(name)} {_measure(name, row)}" for name in METRICS),
    )
    return "; ".join(parts)


def duration(seconds: float) -> str:
    """Time left, in words."""
    if not math.isfinite(seconds):
        return ""
    minutes = seconds / 60.0
    return f"{minutes:.0f} min left" if minutes < 100.0 else f"{minutes / 60.0:.1f} h left"  # noqa: PLR2004


def _words(name: str) -> str:
    return name.replace("_mae", "_MAE").replace("_", " ")


def _measure(name: str, row: Mapping[str, float]) -> str:
    value = row.get(name, math.nan)
    return f"{100.0 * value:.2f} %" if name.endswith("_accuracy") else f"{value:.4f}{_UNITS.get(name, '')}"

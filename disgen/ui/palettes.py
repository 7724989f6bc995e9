"""Colour scales of the map, chosen to be told apart with colour-blind eyes and on light and dark pages alike."""

from __future__ import annotations

# P. Tol, "Colour schemes", technical note SRON/EPS/TN/09-002 (2021): "bright" and three of "vibrant".
QUALITATIVE: tuple[str, ...] = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#ee7733", "#009988", "#cc3311",
)  # fmt: skip

# In the order of viridis, lightness rising, without its ends, which would vanish on a black or a white page.
SEQUENTIAL: tuple[str, ...] = ("#6b4fc4", "#4f78cc", "#2f9bb5", "#2fb28c", "#6cc35d", "#b9c83c")

BACKGROUND_POINT = "#9aa5a8"  # points of the map that are not the subject
FAILED_POINT = "#8c6d46"

"""Colour scales of the map, chosen to be told apart with colour-blind eyes and on light and dark pages alike."""

from __future__ import annotations

# P. Tol, "Colour schemes", technical note SRON/EPS/TN/09-002 (2021): "bright" and three of "vibrant".
QUALITATIVE: tuple[str, ...] = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#ee7733", "#009988", "#cc3311",
)  # fmt: skip

# Categories of points on the map. Any two of these, the grey of points that are not the subject and the red of
# samples without a crystal are at least 20 apart (CIELAB, ΔE 1976) to normal, protanope, deuteranope and tritanope eyes
# (G. M. Machado et al., IEEE Trans. Vis. Comput. Graph. 15, 1291, 2009); no other seven were found to be further apart.
CATEGORIES: tuple[str, ...] = ("#7900f2", "#d9b816", "#0b7350", "#f261f2", "#16d977", "#a65b11", "#824d8c")

# In the order of viridis, lightness rising, without its ends, which would vanish on a black or a white page.
SEQUENTIAL: tuple[str, ...] = ("#6b4fc4", "#4f78cc", "#2f9bb5", "#2fb28c", "#6cc35d", "#b9c83c")

BACKGROUND_POINT = "#9aa5a8"  # points of the map that are not the subject
PALE_BACKGROUND_POINT = "rgba(154, 165, 168, 0.4)"  # the same, where samples lie in front of them
FAILED_POINT = "#f23d79"  # samples that give no crystal

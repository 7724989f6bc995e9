"""What the latent map's URL holds, and its limits: choices, numbers with their ranges, what counts as absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from disgen.crystal import ELEMENTS
from disgen.latent.registry import ESTIMATORS
from disgen.ui.base.urlstate import Choice, Decimal, Parameters, Several, Switch, Text, Whole
from disgen.ui.data.points import SPLIT_LABELS
from disgen.ui.latent.colouring import COLOURINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from disgen.latent.projection import Method

NO_SAMPLES = "none"
AROUND, PATH, NEAREST = "around", "path", "nearest"
START, END = "start", "end"
MOST_SAMPLES = 27_008  # as many as the paper draws
MOST_AROUND = 500
MOST_STEPS = 25
MOST_SEED = 2**31 - 1
RADIUS = 0.2  # latent units: within it most samples are credible, see docs/latent_map.md
WIDEST, HOTTEST, COLDEST = 2.0, 2.0, 0.1
VIEWS: Mapping[Method, str] = {"tsne": "t-SNE", "pca": "PCA"}
SEARCH = ("find_formula", "find_elements", "find_only", "find_group")
_SETS = (*SPLIT_LABELS, *ESTIMATORS)
PARAMETERS: Parameters = {
    "set": Choice((NO_SAMPLES, *ESTIMATORS)),
    "n": Whole(300, 1, MOST_SAMPLES),
    "seed": Whole(0, 0, MOST_SEED),
    "temperature": Decimal(1.0, COLDEST, HOTTEST),
    "view": Choice(tuple(VIEWS)),
    "splits": Several(tuple(SPLIT_LABELS), initial=tuple(SPLIT_LABELS)),
    "colour": Choice(tuple(COLOURINGS)),
    "density": Switch(),
    "names": Switch(default=True),
    "find_formula": Text(100),
    "find_elements": Several(ELEMENTS),
    "find_only": Switch(),
    "find_group": Text(20),
    "of": Choice(_SETS),
    "point": Whole(0, 0, MOST_SEED),
    "tool": Choice((AROUND, PATH, NEAREST)),
    "radius": Decimal(RADIUS, 0.0, WIDEST),
    "unit": Choice(("latent", "spread")),
    "around": Whole(60, 1, MOST_AROUND),
    "noise": Whole(0, 0, MOST_SEED),
    "sampled": Choice(("no", "yes")),
    "to_of": Choice(_SETS),
    "to": Whole(None, 0, MOST_SEED),
    "way": Choice(("spherical", "linear")),
    "steps": Whole(9, 2, MOST_STEPS),
    "pick": Whole(None, 0, MOST_AROUND - 1),
}

"""How well a classifier tells samples from real crystals: area under the ROC curve, 0.5 if not at all, 1 if always.

Histogram-based gradient boosting (scikit-learn's, after LightGBM, Ke et al., NeurIPS 2017) on the descriptor, with
fixed settings, five folds and a fixed seed. Both sets have equal size (the larger one is thinned out at random). Near
duplicates, crystals with the same space group, letters and species in any amounts, never stand in two folds, whichever
set they belong to. The scores of all folds are pooled:

    AUC = P(s > r) + ½ P(s = r)

| symbol | variable |
|---|---|
| s, r: scores of a sample and a real crystal that the classifier has not seen | `score[label]`, `score[~label]` |

The interval (95 %) is that of a bootstrap over the groups of near duplicates; it does not contain the scatter from
training the classifier again.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedGroupKFold

from disgen.evaluation.fidelity.descriptor import WITHOUT_GEOMETRY
from disgen.evaluation.fidelity.traits import without_amounts
from disgen.threads import one_thread

if TYPE_CHECKING:
    from disgen.evaluation.fidelity.traits import Traits

SEED = 0
FOLDS = 5
LEAST = 25  # crystals of either set, or there is nothing to learn from
_SETTINGS = {"max_iter": 150, "learning_rate": 0.1, "max_leaf_nodes": 15, "min_samples_leaf": 10}
_REPLICATES = 400


def auc(samples: Traits, real: Traits, *, geometry: bool = True) -> dict[str, Any] | None:
    """Tell samples from real crystals; the same for the same crystals in the same order.

    Args:
        samples: of a generator.
        real: crystals that it was not trained on.
        geometry: with the features that need the cell or coordinates, or without.

    Returns:
        "value", "interval" (95 %) and "n", the crystals of either set that were used; None if one has fewer than 25.
    """
    n = min(len(samples), len(real))
    if n < LEAST:
        return None
    rng = np.random.default_rng(SEED)
    samples, real = _thinned(samples, n, rng), _thinned(real, n, rng)
    features = np.concatenate([samples.descriptor, real.descriptor])
    if not geometry:
        features = features[:, :WITHOUT_GEOMETRY]
    label = np.arange(2 * n) < n
    _, group = np.unique(without_amounts([*samples.key, *real.key]), return_inverse=True)
    score = np.zeros(2 * n)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of few groups: the figure then has a wide interval
        for train, test in folds.split(features, label, group):
            model = HistGradientBoostingClassifier(**_SETTINGS, early_stopping=False, random_state=SEED)
            score[test] = model.fit(features[train], label[train]).predict_proba(features[test])[:, 1]
    weights = rng.multinomial(group.max() + 1, np.full(group.max() + 1, 1.0 / (group.max() + 1)), size=_REPLICATES)
    replicates = areas(score, label, weights[:, group])
    low, high = np.nanquantile(replicates, [0.025, 0.975])
    value = float(areas(score, label, np.ones((1, 2 * n)))[0])
    return {"value": value, "interval": [float(low), float(high)], "n": n}


def areas(score: np.ndarray, label: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Areas under the ROC curve for several weightings of the same crystals, which are sorted once for all of them.

    Args:
        score: (n,) higher for what the classifier takes for a sample.
        label: (n,) True for samples.
        weights: (b, n) not negative.

    Returns:
        (b,) areas; NaN where one of the two sets has no weight.
    """
    order = np.argsort(score, kind="stable")
    begins = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    ones = np.add.reduceat(weights[:, order] * label[order], begins, axis=1, dtype=float)
    zeros = np.add.reduceat(weights[:, order] * ~label[order], begins, axis=1, dtype=float)
    below = np.cumsum(zeros, axis=1) - 0.5 * zeros
    with np.errstate(invalid="ignore"):
        result: np.ndarray = (ones * below).sum(axis=1) / (ones.sum(axis=1) * zeros.sum(axis=1))
    return result


def _thinned(traits: Traits, n: int, rng: np.random.Generator) -> Traits:
    if len(traits) == n:
        return traits
    return traits[np.sort(rng.choice(len(traits), n, replace=False))]

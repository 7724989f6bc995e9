"""Whether crystals take the room that their elements lead one to expect: the volume per atom over that of the elements.

Each element has a volume of an atom, fitted to the training crystals (`disgen.prior.geometry.parameters`). Judges
remember of a crystal its key, whose amounts are in steps of 0.05, so a ratio is good to about a hundredth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from disgen import wyckoff
from disgen.corpus.search import atom_shares
from disgen.crystal import ATOMIC_NUMBER
from disgen.evaluation.rates import rates
from disgen.judge.energy_report import quartiles
from disgen.model.same_corpus import REST, entries_beside
from disgen.prior.geometry.parameters import fitted_volumes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.model.checkpoint import Run

# Volume per atom over what the composition leads one to expect: 97 % of the entries that the volumes of the elements
# were not fitted to lie within.
VOLUME_WITHIN = (0.7, 1.8)
_AMOUNT = re.compile(r"([A-Z][a-z]?)(\d\.\d+)")


def corpus_entries(run: Run) -> pd.DataFrame:
    """The entries of a run's corpus: those that it holds, and of a light run the others if they are at hand."""
    rest = entries_beside(run)
    return run.index if rest is None or not len(rest) else pd.concat([run.index, rest], ignore_index=True)


def element_volumes(run: Run) -> np.ndarray | None:
    """(101,) Å³ of an atom of each element, by atomic number; None where the run's index does not say volumes."""
    index = corpus_entries(run)
    if "volume_per_atom" not in index:
        return None
    training = index[index["split"].isin(("train", REST))]
    fitted = training if len(training) else index
    shares = np.pad(atom_shares(fitted["formula"]), ((0, 0), (1, 0)))
    return fitted_volumes(shares, fitted["volume_per_atom"].to_numpy(dtype=float))


def volume_ratios(keys: Iterable[str], volumes: np.ndarray, of_elements: np.ndarray) -> np.ndarray:
    """Volume per atom over the expected one.

    Args:
        keys: n crystals' keys (`WyckoffCrystal.key`).
        volumes: (n,) Å³ per atom.
        of_elements: (101,) Å³ of an atom of each element.

    Returns:
        (n,) ratios; NaN where a volume is, or where no amount is left in the key.
    """
    expected = np.array([_expected(key, of_elements) for key in keys], dtype=float)
    result: np.ndarray = np.divide(volumes, expected, out=np.full(len(expected), np.nan), where=expected > 0.0)
    return result


def volume_report(ratios: np.ndarray, seed: int) -> dict[str, Any]:
    """The report's part: quartiles of the ratios, and the rate "within" of those in `VOLUME_WITHIN`; plain JSON."""
    there = ratios[np.isfinite(ratios)]
    low, high = VOLUME_WITHIN
    within = int(((there >= low) & (there <= high)).sum())
    return {**quartiles(ratios, seed), "shares": rates({"within": within}, {"within": len(there)})}


def _expected(key: str, of_elements: np.ndarray) -> float:
    """Volume per atom in Å³ that the composition of a key leads one to expect; 0 where it holds none."""
    group, *sites = key.split("|")
    atoms = total = 0.0
    multiplicities = wyckoff.tables().multiplicity
    for site in sites:
        multiplicity = int(multiplicities[wyckoff.row(int(group), site[0])])
        for symbol, amount in _AMOUNT.findall(site[1:]):
            atoms += multiplicity * float(amount)
            total += multiplicity * float(amount) * float(of_elements[ATOMIC_NUMBER[symbol]])
    return total / atoms if atoms else 0.0

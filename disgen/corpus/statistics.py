"""The ten distributions of the paper's Fig. 2 and the totals of a corpus, ready for JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from disgen.crystal import ATOMIC_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from disgen.corpus.storage import Corpus

OCCUPANCY_BINS = 20

# Title and axis of each panel of Fig. 2, by its key in `corpus_statistics`.
PANELS: dict[str, tuple[str, str]] = {
    "elements_per_crystal": ("a) Elements per crystal", "number of elements"),
    "space_groups": ("b) Space groups", "space group number"),
    "sites_per_crystal": ("c) Wyckoff sites per crystal", "number of sites"),
    "letters": ("d) Wyckoff letters", "letter"),
    "multiplicities": ("e) Wyckoff multiplicities", "multiplicity"),
    "partial_occupancies": ("f) Partial occupancies on disordered sites", "occupancy"),
    "disordered_sites_per_crystal": ("g) Disordered sites per crystal", "number of disordered sites"),
    "elements_per_site": ("h) Elements per site", "number of elements"),
    "elements_on_disordered_sites": ("i) Elements on disordered sites", "element"),
    "elements_on_all_sites": ("j) Elements on all sites", "element"),
}


def corpus_statistics(corpus: Corpus) -> dict[str, Any]:
    """Totals and Fig. 2 of a corpus.

    Returns:
        "totals": numbers of the whole corpus. "filters": the filter table. "splits": entries by split. "sources": as
        in `Corpus.meta`. "distributions": by the keys of `PANELS`, counts by value as text in natural order. The
        occupancies of panel f are counted in `OCCUPANCY_BINS` bins of (0, 1], each named by its upper end; a site's
        vacancy is not among them, nor among the elements of h, i and j: the totals count the sites with vacancies.
    """
    crystals, index = corpus.crystals, corpus.index
    sites = [site for crystal in crystals for site in crystal.sites]
    disordered = [site for site in sites if site.is_disordered]
    partial = np.array([occupancy for site in disordered for _, occupancy in site.occupancies])
    in_crystals = Counter(symbol for crystal in crystals for symbol in crystal.elements)
    copies = index["key"].value_counts()
    n_disordered = int((index["disordered_sites"] > 0).sum())
    totals = {
        "crystals": len(crystals),
        "disordered": n_disordered,
        "disordered_share": round(n_disordered / len(crystals), 4),
        "by_source": _by_value(index["source"]),
        "by_disorder": _by_value(index["disorder"]),
        "space_groups": int(index["space_group"].nunique()),
        "elements": len(in_crystals),
        "crystals_with_element": dict(in_crystals.most_common()),
        "letters": sorted({site.letter for site in sites}),
        "multiplicities": sorted({site.multiplicity for site in sites}),
        "sites": len(sites),
        "disordered_sites": len(disordered),
        "sites_with_vacancy": sum(site.vacancy > 0.0 for site in sites),
        "distinct_keys": len(copies),
        "entries_that_share_a_key": int(copies[copies > 1].sum()),
        "h_missing": int(index["h_missing"].sum()),
        "uniform_vacancy": int(index["uniform_vacancy"].sum()),
        "uniform_vacancy_left_out_of_training": int(((index["split_key"] == "train") & index["uniform_vacancy"]).sum()),
    }
    distributions = {
        "elements_per_crystal": _by_value(index["n_elements"]),
        "space_groups": _by_value(index["space_group"]),
        "sites_per_crystal": _by_value(index["n_sites"]),
        "letters": _by_value(site.letter for site in sites),
        "multiplicities": _by_value(site.multiplicity for site in sites),
        "partial_occupancies": _occupancy_histogram(partial),
        "disordered_sites_per_crystal": _by_value(index["disordered_sites"]),
        "elements_per_site": _by_value(len(site.occupancies) for site in sites),
        "elements_on_disordered_sites": _by_element(symbol for site in disordered for symbol, _ in site.occupancies),
        "elements_on_all_sites": _by_element(symbol for site in sites for symbol, _ in site.occupancies),
    }
    return {
        "fingerprint": corpus.fingerprint,
        "totals": totals,
        "filters": corpus.filters.to_dict(),
        "splits": {name: _by_value(index[name]) for name in ("split_key", "split_random")},
        "sources": corpus.meta["sources"],
        "distributions": distributions,
    }


def _by_value(values: Iterable[Any]) -> dict[str, int]:
    counts = Counter(values)
    return {str(value): counts[value] for value in sorted(counts)}


def _by_element(symbols: Iterable[str]) -> dict[str, int]:
    counts = Counter(symbols)
    return {symbol: counts[symbol] for symbol in sorted(counts, key=ATOMIC_NUMBER.__getitem__)}


def _occupancy_histogram(occupancies: np.ndarray) -> dict[str, int]:
    """Counts in the bins (0, 0.05], (0.05, 0.10], …, (0.95, 1.00]."""
    upper = np.arange(1, OCCUPANCY_BINS + 1) / OCCUPANCY_BINS
    bins = np.searchsorted(upper, np.round(occupancies, 9), side="left")
    counts = np.bincount(bins.clip(max=OCCUPANCY_BINS - 1), minlength=OCCUPANCY_BINS)
    return {f"{end:.2f}": int(count) for end, count in zip(upper, counts, strict=True)}

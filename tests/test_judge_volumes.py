"""Volumes over what the elements lead one to expect: from keys as from the crystals themselves."""

import numpy as np
import pytest

from disgen.crystal import ATOMIC_NUMBER
from disgen.judge.volumes import VOLUME_WITHIN, element_volumes, volume_ratios, volume_report
from disgen.model.checkpoint import load_run


@pytest.fixture(scope="module")
def of_elements(small_run):
    return element_volumes(load_run(small_run))


def test_ratios_from_keys_are_those_of_the_crystals(minerals, of_elements):
    crystals = minerals[:300]
    volumes = np.array([crystal.volume / crystal.n_atoms for crystal in crystals])
    expected = np.array(
        [
            sum(amount * of_elements[ATOMIC_NUMBER[symbol]] for symbol, amount in crystal.composition.items())
            / crystal.n_atoms
            for crystal in crystals
        ]
    )
    found = volume_ratios([crystal.key for crystal in crystals], volumes, of_elements)
    ordered = np.array([crystal.disordered_sites == 0 for crystal in crystals])
    np.testing.assert_allclose(found[ordered], (volumes / expected)[ordered], rtol=1e-6)
    np.testing.assert_allclose(found, volumes / expected, rtol=0.05)
    assert 0.9 < np.median(found) < 1.2


def test_the_report_counts_what_lies_within(of_elements):
    low, high = VOLUME_WITHIN
    found = volume_report(np.array([0.5 * low, low, 1.0, high, 2.0 * high, np.nan]), seed=0)
    assert found["n"] == 5
    assert found["median"] == 1.0
    assert found["shares"]["counts"] == {"within": 3}
    assert found["shares"]["within"] == pytest.approx(0.6)
    assert np.isnan(volume_ratios(["1|aNa0.00"], np.array([10.0]), of_elements)).all()

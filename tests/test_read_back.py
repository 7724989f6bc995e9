import numpy as np
import pytest
from synthetic import random_crystals

from disgen.canonical import canonicalise
from disgen.cif import CifError, read, write_cif
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.generation.geometry.polish import polish_reconstructions
from disgen.generation.outcome import Outcome
from disgen.generation.read_back import comes_back, outcomes_as_read, read_back
from disgen.generation.sampling import draw
from disgen.latent.fitted import fitted_estimator
from disgen.latent.registry import ESTIMATORS
from disgen.model.checkpoint import load_run


def site(letter, multiplicity, coordinates, *occupancies):
    return WyckoffSite(letter, multiplicity, coordinates, occupancies)


def perovskite(shift):
    """SrTiO3 as a tetragonal P4mm crystal whose titanium lies `shift` of the axis beside the centre."""
    return canonicalise(
        WyckoffCrystal(
            99,
            (3.91, 3.91, 3.92, 90.0, 90.0, 90.0),
            (
                site("a", 1, (0.0, 0.0, 0.0), ("Sr", 1.0)),
                site("b", 1, (0.5, 0.5, 0.5 + shift), ("Ti", 1.0)),
                site("b", 1, (0.5, 0.5, 0.0), ("O", 1.0)),
                site("c", 2, (0.5, 0.0, 0.5), ("O", 1.0)),
            ),
        )
    )


# A checkerboard whose two colours are the same: the cell is twice as large as it need be.
DOUBLED = canonicalise(
    WyckoffCrystal(
        123,
        (5.6, 5.6, 4.1, 90.0, 90.0, 90.0),
        (site("a", 1, (0.0, 0.0, 0.0), ("Na", 1.0)), site("c", 1, (0.5, 0.5, 0.0), ("Na", 1.0))),
    )
)
# Two sites 0.03 Å apart, one of them on the other's position as a reading sees it.
MERGING = canonicalise(
    WyckoffCrystal(
        99,
        (4.0, 4.0, 6.0, 90.0, 90.0, 90.0),
        (
            site("a", 1, (0.0, 0.0, 0.0), ("Sr", 0.5)),
            site("a", 1, (0.0, 0.0, 0.005), ("Ca", 0.4)),
            site("b", 1, (0.5, 0.5, 0.3), ("O", 1.0)),
        ),
    )
)
# A needle: no crystal has a period of 1.5 Å beside one of 30, and a reading refuses it.
NEEDLE = canonicalise(
    WyckoffCrystal(
        166,
        (1.5, 1.5, 90.0, 90.0, 90.0, 120.0),
        (site("a", 3, (0.0, 0.0, 0.0), ("Ba", 1.0)), site("c", 6, (0.0, 0.0, 0.2), ("Be", 1.0))),
    )
)
NEARLY_FULL = canonicalise(
    WyckoffCrystal(225, (4.2,) * 3 + (90.0,) * 3, (site("a", 4, (0.0, 0.0, 0.0), ("Mg", 0.5), ("Fe", 0.492)),))
)


@pytest.mark.parametrize(
    ("crystal", "same", "group"),
    [
        (perovskite(0.06), True, 99),
        (perovskite(0.005), False, 221),
        (DOUBLED, False, 123),
        (MERGING, False, 99),
        (NEARLY_FULL, False, 225),
        (NEEDLE, False, 0),
        (WyckoffCrystal(1, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), ()), False, 0),
    ],
    ids=["polar", "nearly cubic", "cell twice as large", "atoms merge", "filled up", "needle", "nothing"],
)
def test_what_is_written_is_read(crystal, same, group):
    found = read_back([crystal])
    assert (bool(found.same[0]), int(found.group[0])) == (same, group)
    assert comes_back(crystal) is same


def test_the_short_way_says_what_a_full_reading_says():
    crystals = random_crystals(80, seed=3)
    crystals += [perovskite(shift) for shift in np.linspace(0.0, 0.04, 9)]
    for crystal, same, group in zip(crystals, *vars(read_back(crystals)).values(), strict=True):
        try:
            full = read(write_cif(crystal)).crystal
        except CifError:
            full = None
        assert same == (full == crystal)
        assert group == (full.space_group if full else 0)


def test_no_crystals():
    found = read_back([])
    assert len(found.same) == len(found.group) == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_cif_that_is_offered_comes_back_identical(name):
    run = load_run()
    made = polish_reconstructions(draw(run, fitted_estimator(run, name), 80, 5).reconstructions)
    outcomes = outcomes_as_read(made.crystals, made.outcomes)
    offered = [crystal for crystal, outcome in zip(made.crystals, outcomes, strict=True) if outcome is Outcome.OK]
    assert len(offered) > 60
    for crystal in offered:
        assert read(write_cif(crystal)).crystal == crystal

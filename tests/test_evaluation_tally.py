"""Bootstrap intervals, tables by group and exact crystals, against plain loops."""

import time

import numpy as np
import pytest

from disgen import symmetry, wyckoff
from disgen.canonical import canonicalise
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.evaluation.exact import exact_crystals
from disgen.evaluation.reconstruction_error import reconstruction_error
from disgen.evaluation.tally import Tally
from disgen.generation.outcome import Decoding
from disgen.generation.reconstruction import exact_arrays, reconstruct
from disgen.model.output import DecoderOutput
from disgen.representation import Rows, SiteArrays


def perfect(truth):
    a, c = truth.dense()
    floor = np.float32(1e-6)
    return DecoderOutput(
        occupancy=a[:, :, Rows.OCCUPANCY].copy(),
        multiplicity=np.log(a[:, :, Rows.MULTIPLICITY] + floor),
        disordered=a[:, :, Rows.DISORDERED][:, :, 0].copy(),
        coordinates=a[:, :, Rows.COORDINATES].copy(),
        letter=np.log(a[:, :, Rows.LETTER] + floor),
        lattice=c[:, Rows.LATTICE].copy(),
        space_group=np.log(c[:, Rows.SPACE_GROUP] + floor),
    )


@pytest.fixture(scope="module")
def truth(minerals):
    return SiteArrays.from_crystals(minerals[:400])


@pytest.fixture
def output(truth):
    return perfect(truth)


def random_tally(n=60):
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 5, size=(n, 2))
    return Tally(("group.rate", "single"), rng.random((n, 2)) * counts, counts.astype(float))


def test_figures_are_sums_over_counts():
    tally = random_tally()
    expected = [tally.sums[:, k].sum() / tally.counts[:, k].sum() for k in range(2)]
    assert tally.figures() == pytest.approx(expected)
    assert tally.nested(tally.figures()) == {
        "group": {"rate": pytest.approx(expected[0])},
        "single": pytest.approx(expected[1]),
    }


def test_intervals_agree_with_a_plain_bootstrap():
    tally = random_tally()
    rng = np.random.default_rng(7)
    values = []
    for _ in range(4000):
        chosen = rng.integers(len(tally), size=len(tally))
        values.append(tally.sums[chosen].sum(axis=0) / tally.counts[chosen].sum(axis=0))
    expected = np.percentile(values, [2.5, 97.5], axis=0).T
    np.testing.assert_allclose(tally.intervals(resamples=4000), expected, atol=0.01)


def test_intervals_repeat_and_depend_on_the_seed():
    tally = random_tally()
    np.testing.assert_array_equal(tally.intervals(), tally.intervals())
    assert (tally.intervals(seed=1) != tally.intervals()).any()


def test_a_figure_without_terms_is_none():
    empty = Tally(("some", "none"), np.ones((3, 2)), np.array([[1.0, 0.0]] * 3))
    assert empty.nested(empty.intervals()) == {"some": [1.0, 1.0], "none": None}


def test_intervals_of_a_large_split_take_little_time():
    rng = np.random.default_rng(0)
    tally = Tally(tuple(map(str, range(19))), rng.random((3758, 19)), np.ones((3758, 19)))
    started = time.perf_counter()
    ends = tally.intervals()
    assert time.perf_counter() - started < 3.0
    assert ((ends[:, 0] < tally.figures()) & (tally.figures() < ends[:, 1])).all()


def test_groups_are_the_figures_of_their_crystals(truth, output):
    rng = np.random.default_rng(2)
    output.lattice[:] += rng.normal(scale=0.1, size=output.lattice.shape).astype(np.float32)
    sources = ["one" if number % 3 else "other" for number in range(len(truth))]

    def errors(index, **kwargs):
        part, found = truth.take(index), output.take(index)
        both = (reconstruct(found, decoding) for decoding in (Decoding.FREE, Decoding.EXACT))
        return reconstruction_error("test", part, found, *both, **kwargs)

    found = errors(np.arange(len(truth)), sources=sources, split_kind="key")
    assert found["split_kind"] == "key"
    assert sum(part["n"] for part in found["by_crystal_system"].values()) == len(truth)
    alone = errors(np.flatnonzero(np.array(sources) == "other"))
    names = ("lattice_mae", "ordered_sites", "exact_crystal")
    assert found["by_source"]["other"]["n"] == alone["n"]
    for name in names:
        assert found["by_source"]["other"][name] == pytest.approx(alone[name])
    cubic = errors(np.flatnonzero(truth.space_group > 194))
    for name in names:
        assert found["by_crystal_system"]["cubic"][name] == pytest.approx(cubic[name])
    low, high = found["intervals"]["lattice_mae"]["a"]
    assert low < found["lattice_mae"]["a"] < high


def test_perfect_output_gives_exact_crystals_but_for_traces(truth, output):
    traces = ((truth.occupancy > 0.0) & (truth.occupancy < 0.00995)).any(axis=(1, 2))
    right = exact_crystals(truth, exact_arrays(output))
    assert right[~traces].all()
    assert not right[traces].any()


def exact_by_loops(expected, found):
    """One crystal against another, with the orbits expanded in full."""
    if expected.space_group != found.space_group or len(expected.sites) != len(found.sites):
        return False
    if any(abs(x - y) > 0.01 * x for x, y in zip(expected.cell, found.cell, strict=True)):
        return False
    owners = symmetry.expand(expected)
    for number, (one, other) in enumerate(zip(expected.sites, found.sites, strict=True)):
        amounts, others = dict(one.occupancies), dict(other.occupancies)
        if one.letter != other.letter or amounts.keys() != others.keys():
            return False
        if any(abs(amounts[symbol] - others[symbol]) > 0.02 for symbol in amounts):
            return False
        gaps = owners[0][owners[1] == number] - np.array(other.coordinates)
        if np.abs(gaps - np.rint(gaps)).max(axis=1).min() > 0.01:
            return False
    return True


def test_exact_crystals_agree_with_plain_loops_on_damage(truth, output):
    rng = np.random.default_rng(3)
    n = len(truth)
    output.coordinates[:] += rng.normal(scale=0.003, size=output.coordinates.shape).astype(np.float32)
    output.lattice[rng.random(n) < 0.1, 2] *= 1.02
    output.occupancy[:, :, : Rows.VACANCY] *= rng.uniform(0.96, 1.0, size=(n, 9, 1)).astype(np.float32)
    wrong = rng.random(n) < 0.1
    output.letter[wrong, 0] = np.roll(output.letter[wrong, 0], 1, axis=1)
    arrays = exact_arrays(output)
    right = exact_crystals(truth, arrays)
    expected = [exact_by_loops(one, other) for one, other in zip(truth.crystals(), arrays.crystals(), strict=True)]
    assert right.tolist() == expected
    assert 0.2 < right.mean() < 0.9


@pytest.mark.parametrize(
    ("change", "right"),
    [
        (lambda output: output.lattice.__imul__(np.float32(1.009)), True),
        (lambda output: output.lattice.__imul__(np.float32(1.011)), False),
        (lambda output: output.coordinates.__iadd__(np.float32([0.009, 0.0, -0.009])), True),
        (lambda output: output.coordinates.__iadd__(np.float32([0.012, 0.0, 0.0])), False),
        (lambda output: output.coordinates.__iadd__(np.float32([0.0, 0.03, 0.0])), True),  # fixed by symmetry
        (lambda output: output.coordinates.__iadd__(np.float32(3.0)), True),
        (lambda output: output.space_group.__isub__(output.space_group), False),
    ],
)
def test_limits_of_exact_crystals(change, right):
    """Positions 4c of Pnma lie on a mirror at y = 1/4."""
    rows = [wyckoff.row(62, "c")] * 2
    crystal = canonicalise(
        WyckoffCrystal(
            62,
            (10.3, 6.0, 4.7, 90.0, 90.0, 90.0),
            (
                WyckoffSite("c", 4, (0.28, 0.25, 0.97), (("Mn", 0.2), ("Fe", 0.8))),
                WyckoffSite("c", 4, (0.09, 0.25, 0.42), (("P", 1.0),)),
            ),
        )
    )
    assert wyckoff.tables().freedom[rows].tolist() == [2, 2]
    truth = SiteArrays.from_crystals([crystal])
    output = perfect(truth)
    change(output)
    output.lattice[:, 3:] = 90.0
    assert exact_crystals(truth, exact_arrays(output)).tolist() == [right]

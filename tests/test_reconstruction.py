"""Decoder output to crystals: exact inverses, every outcome, legality, and the joint maximum."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from synthetic import random_crystals

from disgen import symmetry, wyckoff
from disgen.cif import read_cif, write_cif
from disgen.crystal import ATOMIC_NUMBER, WyckoffCrystal, WyckoffSite
from disgen.generation.outcome import Decoding, Outcome
from disgen.generation.reconstruction import Reconstructions, exact_arrays, reconstruct
from disgen.model.output import DecoderOutput
from disgen.representation import Rows, encode

PEROVSKITE = WyckoffCrystal(
    221,
    (3.905, 3.905, 3.905, 90.0, 90.0, 90.0),
    (
        WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Sr", 0.3), ("La", 0.65))),
        WyckoffSite("b", 1, (0.5, 0.5, 0.5), (("Ti", 1.0),)),
        WyckoffSite("c", 3, (0.0, 0.5, 0.5), (("O", 0.95),)),
    ),
)


def logarithms(one_hot: np.ndarray) -> np.ndarray:
    return np.log(np.clip(one_hot, 1e-9, 1.0))


def true_output(crystals) -> DecoderOutput:
    """What a perfect decoder says about crystals."""
    a, c = encode(crystals)
    return DecoderOutput(
        occupancy=a[:, :, Rows.OCCUPANCY],
        multiplicity=logarithms(a[:, :, Rows.MULTIPLICITY]),
        disordered=a[:, :, Rows.DISORDERED][:, :, 0],
        coordinates=a[:, :, Rows.COORDINATES],
        letter=logarithms(a[:, :, Rows.LETTER]),
        lattice=c[:, Rows.LATTICE],
        space_group=logarithms(c[:, Rows.SPACE_GROUP]),
    )


def random_output(n: int, seed: int = 0) -> DecoderOutput:
    """What an untrained decoder says: anything."""
    rng = np.random.default_rng(seed)

    def log_softmax(*shape: int, scale: float = 3.0) -> np.ndarray:
        logits = scale * rng.standard_normal(shape)
        return (logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))).astype(np.float32)

    return DecoderOutput(
        occupancy=np.exp(log_softmax(n, 9, 101)),
        multiplicity=log_softmax(n, 9, 51),
        disordered=rng.random((n, 9)).astype(np.float32),
        coordinates=rng.uniform(-0.5, 1.5, (n, 9, 3)).astype(np.float32),
        letter=log_softmax(n, 9, 27),
        lattice=rng.uniform((2, 2, 2, 60, 60, 60), (20, 20, 20, 120, 120, 120), (n, 6)).astype(np.float32),
        space_group=log_softmax(n, 230),
    )


# --- from a true representation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("decoding", Decoding)
def test_minerals_come_back_identical(minerals, decoding):
    result = reconstruct(true_output(minerals), decoding, occupancy_threshold=0.0)
    assert set(result.outcomes) == {Outcome.OK}
    assert result.symmetry_matched.all()
    assert result.generation_success.all()
    assert list(result.crystals) == minerals


@pytest.mark.parametrize("decoding", Decoding)
def test_synthetic_crystals_come_back_identical(decoding):
    crystals = random_crystals(600, seed=9)
    result = reconstruct(true_output(crystals), decoding, occupancy_threshold=0.0)
    assert set(result.outcomes) == {Outcome.OK}
    assert list(result.crystals) == crystals


def species(crystal: WyckoffCrystal) -> Counter:
    """What sits on positions of each multiplicity, as far as it has a share of at least 1 %."""
    return Counter(
        (site.multiplicity, frozenset(symbol for symbol, share in site.occupancies if share >= 0.01))
        for site in crystal.sites
    )


def test_minerals_survive_the_threshold_and_a_cif(minerals):
    """With the default threshold species of 1 % and more stay; what is written is read back the same."""
    result = reconstruct(true_output(minerals))
    for before, after in zip(minerals, result.crystals, strict=True):
        assert [site.letter for site in before.sites] == [site.letter for site in after.sites]
        assert species(before) == species(after)
        assert after.n_atoms == pytest.approx(before.n_atoms, rel=0.02)
    for crystal in result.crystals[::10]:
        assert read_cif(write_cif(crystal)) == crystal


def test_coordinates_are_snapped_cells_restricted_and_sites_sorted():
    output = true_output([PEROVSKITE])
    noise = np.random.default_rng(0).normal(0.0, 0.02, output.coordinates.shape).astype(np.float32)
    lattice = np.array([[3.80, 3.95, 3.965, 88.0, 91.0, 93.0]], dtype=np.float32)
    shuffled = [5, 2, 7, 0, 3, 1, 4, 6, 8]
    noisy = DecoderOutput(
        output.occupancy[:, shuffled],
        output.multiplicity[:, shuffled],
        output.disordered[:, shuffled],
        (output.coordinates + noise)[:, shuffled],
        output.letter[:, shuffled],
        lattice,
        output.space_group,
    )
    assert reconstruct(noisy).crystals == (PEROVSKITE,)


# --- outcomes ---------------------------------------------------------------------------------------------------------


def changed(output: DecoderOutput, **arrays_: np.ndarray) -> DecoderOutput:
    return replace(output, **arrays_)


def with_letter(output: DecoderOutput, site: int, letter: int, multiplicity: int | None = None) -> DecoderOutput:
    """The most probable letter (and multiplicity) of a site made another one."""
    letters, multiplicities = output.letter.copy(), output.multiplicity.copy()
    letters[:, site] = logarithms(np.eye(27)[letter])
    if multiplicity is not None:
        multiplicities[:, site] = logarithms(np.eye(51)[multiplicity])
    return changed(output, letter=letters, multiplicity=multiplicities)


TRUE = true_output([PEROVSKITE])
NOTHING = changed(TRUE, letter=np.broadcast_to(logarithms(np.eye(27)[0]), (1, 9, 27)).astype(np.float32))
ON_ONE_POSITION = with_letter(TRUE, 1, 3)  # the letter of another site, with the multiplicity that it had before
FREE_OUTCOMES = [
    (TRUE, Outcome.OK, True, True),
    (NOTHING, Outcome.EMPTY, False, False),
    (with_letter(TRUE, 1, 20), Outcome.ILLEGAL_LETTER, False, True),
    (with_letter(TRUE, 1, 20, 0), Outcome.ILLEGAL_LETTER, False, True),
    (ON_ONE_POSITION, Outcome.MULTIPLICITY_MISMATCH, False, True),
    (with_letter(TRUE, 1, 2, 0), Outcome.MULTIPLICITY_MISMATCH, False, True),
    (with_letter(TRUE, 1, 1, 1), Outcome.FIXED_SITE_REUSED, True, True),
    (changed(TRUE, lattice=TRUE.lattice * 0.1), Outcome.DEGENERATE_CELL, True, False),
    (with_letter(TRUE, 5, 0, 7), Outcome.OK, True, True),
]


@pytest.mark.parametrize(("output", "outcome", "matched", "success"), FREE_OUTCOMES)
def test_outcomes_of_free_decoding(output, outcome, matched, success):
    result = reconstruct(output, Decoding.FREE)
    assert result.outcomes == (outcome,)
    assert result.symmetry_matched.tolist() == [matched]
    reused = outcome is Outcome.FIXED_SITE_REUSED or output is ON_ONE_POSITION
    assert result.fixed_site_reused.tolist() == [reused]
    assert result.generation_success.tolist() == [success]
    assert (result.crystals[0] is None) is (outcome is not Outcome.OK)


@pytest.mark.parametrize(("output", "outcome", "_matched", "_success"), FREE_OUTCOMES)
def test_exact_decoding_rejects_only_cells(output, outcome, _matched, _success):
    result = reconstruct(output, Decoding.EXACT)
    expected = Outcome.DEGENERATE_CELL if outcome is Outcome.DEGENERATE_CELL else Outcome.OK
    assert result.outcomes == (expected,)
    assert result.symmetry_matched.tolist() == [True]
    assert result.fixed_site_reused.tolist() == [False]


@pytest.mark.parametrize(
    ("lattice", "sound"),
    [
        ((4.0, 4.0, 4.0, 90, 90, 90), True),
        ((0.9, 4.0, 4.0, 90, 90, 90), False),
        ((4.0, 4.0, 201.0, 90, 90, 90), False),
        ((4.0, 4.0, 4.0, 15, 90, 90), False),
        ((4.0, 4.0, 4.0, 90, 165, 90), False),
        ((4.0, 4.0, 4.0, 120, 120, 120), False),
        ((4.0, 4.0, 4.0, 40, 40, 100), False),
        ((-4.0, 4.0, 4.0, 90, 90, 90), False),
        ((np.nan, 4.0, 4.0, 90, 90, 90), False),
        ((4.0, np.inf, 4.0, 90, 90, 90), False),
    ],
)
@pytest.mark.parametrize("decoding", Decoding)
def test_degenerate_cells(lattice, sound, decoding):
    site = WyckoffSite("i", 2, (0.1, 0.2, 0.3), (("Fe", 1.0),))
    triclinic = true_output([WyckoffCrystal(2, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (site,))])
    result = reconstruct(changed(triclinic, lattice=np.array([lattice], dtype=np.float32)), decoding)
    assert result.outcomes == (Outcome.OK if sound else Outcome.DEGENERATE_CELL,)
    assert result.generation_success.tolist() == [sound]


def test_random_outputs_show_every_outcome_of_the_reconstruction():
    free = reconstruct(random_output(4000, seed=1), Decoding.FREE)
    assert {Outcome.ILLEGAL_LETTER, Outcome.MULTIPLICITY_MISMATCH} <= set(free.outcomes)
    assert len(free) == len(free.crystals) == 4000
    assert not free.symmetry_matched[[outcome is Outcome.ILLEGAL_LETTER for outcome in free.outcomes]].any()


def test_parts_are_put_together():
    output = random_output(40, seed=2)
    whole = reconstruct(output)
    parts = [reconstruct(output.take(slice(start, start + 15))) for start in (0, 15, 30)]
    together = Reconstructions.concatenate(parts, Decoding.EXACT)
    assert together.crystals == whole.crystals
    assert together.outcomes == whole.outcomes
    assert np.array_equal(together.symmetry_matched, whole.symmetry_matched)
    assert len(Reconstructions.concatenate([], Decoding.FREE)) == 0


@pytest.mark.parametrize("decoding", Decoding)
def test_a_sample_does_not_depend_on_its_company(decoding):
    output = random_output(60, seed=3)
    whole = reconstruct(output, decoding)
    order = np.random.default_rng(0).permutation(60)
    shuffled = reconstruct(output.take(order), decoding)
    assert shuffled.crystals == tuple(whole.crystals[index] for index in order)
    for index in range(0, 60, 4):
        alone = reconstruct(output.take(slice(index, index + 1)), decoding)
        assert alone.crystals[0] == whole.crystals[index]
        assert alone.outcomes[0] is whole.outcomes[index]


@pytest.mark.parametrize("decoding", Decoding)
def test_no_samples_at_all(decoding):
    result = reconstruct(random_output(3).take(slice(0)), decoding)
    assert (len(result), result.crystals, result.outcomes) == (0, (), ())
    assert result.symmetry_matched.shape == (0,)


@pytest.mark.parametrize("threshold", [-0.01, 0.5, 1.0, float("nan")])
def test_impossible_thresholds(threshold):
    with pytest.raises(ValueError, match=r"occupancy threshold must be at least 0 and below 0\.5, got"):
        reconstruct(TRUE, occupancy_threshold=threshold)


# --- exact decoding ---------------------------------------------------------------------------------------------------


def test_exact_decoding_is_always_legal():
    table = wyckoff.tables()
    output = random_output(3000, seed=4)
    result = reconstruct(output)
    assert set(result.outcomes) == {Outcome.OK}
    assert result.symmetry_matched.all()
    groups = output.space_group.argmax(axis=1) + 1
    for crystal, group in zip(result.crystals, groups, strict=True):
        assert crystal is not None
        assert crystal.space_group == group
        assert 1 <= len(crystal.sites) <= 9
        rows = symmetry.site_rows(crystal)
        assert [site.multiplicity for site in crystal.sites] == table.multiplicity[rows].tolist()
        assert max(site.multiplicity for site in crystal.sites) <= 50
        fixed = rows[table.freedom[rows] == 0]
        assert len(set(fixed.tolist())) == len(fixed)
        coordinates = np.array([site.coordinates for site in crystal.sites])
        assert np.array_equal(symmetry.snap(rows, coordinates), coordinates)
        assert np.array_equal(np.round(crystal.cell, 4), crystal.cell)
        for site in crystal.sites:
            numbers = [ATOMIC_NUMBER[symbol] for symbol, _ in site.occupancies]
            assert numbers == sorted(set(numbers))
            assert 1 <= len(numbers) <= 6
            assert 0.0 < site.filling <= 1.0 + 5e-4


def test_padding_everywhere_still_gives_a_site():
    letters = np.full((230, 9, 27), -20.0, dtype=np.float32)
    letters[:, :, 0] = 0.0
    rng = np.random.default_rng(5)
    letters[:, :, 1:] += rng.normal(0, 1, (230, 9, 26))
    output = changed(random_output(230, seed=6), letter=letters, space_group=logarithms(np.eye(230)))
    result = reconstruct(output)
    assert all(len(crystal.sites) == 1 for crystal in result.crystals if crystal is not None)
    assert Outcome.EMPTY not in result.outcomes
    assert [c.space_group for c in result.crystals if c] == [
        g for g, c in zip(range(1, 231), result.crystals, strict=True) if c
    ]


def joint_score(output: DecoderOutput, group: int, letters) -> float:
    """Log-probability of letters and the multiplicities that they demand; -inf if they are not legal together."""
    table = wyckoff.tables()
    total, used = 0.0, set()
    for site, letter in enumerate(letters):
        multiplicity = int(table.multiplicity_of[group, letter])
        if letter and not 0 < multiplicity <= 50:
            return -np.inf
        if letter and table.freedom[table.first[group] + letter - 1] == 0:
            if letter in used:
                return -np.inf
            used.add(letter)
        total += float(output.letter[0, site, letter]) + float(output.multiplicity[0, site, multiplicity])
    return total if any(letters) else -np.inf


@pytest.mark.parametrize("group", [1, 2, 5, 14, 47, 62, 99, 115, 123, 156, 166, 191, 216, 221, 225, 227])
@pytest.mark.parametrize("seed", range(4))
def test_exact_decoding_finds_the_joint_maximum(group, seed):
    """Against trying all letters on three sites; the others are surely padding."""
    letters = random_output(1, seed=100 + seed).letter.copy()
    letters[:, 3:] = -60.0
    letters[:, 3:, 0] = 0.0
    if seed % 2:  # all three sites want the same fixed position
        letters[:, :3, 1] = 0.0
    output = changed(random_output(1, seed=seed), letter=letters, space_group=logarithms(np.eye(230)[group - 1])[None])
    count = min(int(wyckoff.tables().first[group + 1] - wyckoff.tables().first[group]), 26)
    best = max(
        joint_score(output, group, (*three, *[0] * 6)) for three in itertools.product(range(count + 1), repeat=3)
    )
    found = exact_arrays(output)
    chosen = found.letter[0][found.real[0]].tolist()
    assert chosen
    # The arrays list the real sites first; put them back on the sites that they came from, in the best way.
    placements = itertools.permutations([*chosen, *[0] * (9 - len(chosen))][:3])
    assert max(joint_score(output, group, (*three, *[0] * 6)) for three in placements) == pytest.approx(best, abs=1e-4)


def test_exact_arrays_are_the_crystals_before_canonical_order():
    output = random_output(50, seed=7)
    raw = exact_arrays(output)
    for index, crystal in enumerate(reconstruct(output).crystals):
        if crystal is not None:
            assert sorted(raw.multiplicity[index][raw.real[index]]) == sorted(s.multiplicity for s in crystal.sites)
            assert raw.space_group[index] == crystal.space_group

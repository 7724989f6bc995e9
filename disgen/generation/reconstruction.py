"""Decoder output to crystals (paper, Section 4.2), for a whole batch at once; every sample ends with an outcome.

*Free* decoding takes each output's own most probable value, as in the paper: letters and multiplicities may then
contradict the space group, and such samples are rejected. *Exact* decoding takes the most probable space group and,
given that, the most probable set of letters among all legal ones: letters that the group has, with the multiplicity
that the tables demand, and no position without free coordinates used twice. It is legal by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from disgen import symmetry, wyckoff
from disgen.canonical import canonicalise_many
from disgen.errors import DisgenError
from disgen.generation.outcome import Decoding, Outcome
from disgen.representation import MAX_LETTER, MAX_MULTIPLICITY, MAX_SITES, Rows, SiteArrays
from disgen.symmetry import CELL_DECIMALS, OCCUPANCY_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.model.output import DecoderOutput

OCCUPANCY_THRESHOLD = 0.01
MAX_SPECIES = 6
DISORDERED_ABOVE = 0.5
MIN_LENGTH, MAX_LENGTH = 1.0, 200.0  # Å
MIN_ANGLE, MAX_ANGLE = 20.0, 160.0  # degrees
MIN_RELATIVE_VOLUME = 0.05  # cell volume over a b c: flatter cells are degenerate
_SUM_TOLERANCE = 1e-3  # occupancies that sum to 1 this well, with nothing left out, are left as they are


@dataclass(frozen=True)
class Reconstructions:
    """What became of n decoded samples, in their order.

    Attributes:
        crystals: canonical crystals, None where the outcome is not ok.
        outcomes: what became of each sample.
        symmetry_matched: (n,) True where every (letter, multiplicity) pair is what the space group demands and there
            is at least one site (the paper's symmetry matching; two sites on one fixed position still match).
        fixed_site_reused: (n,) True where two sites share a position without free coordinates.
        decoding: how letters were chosen.
    """

    crystals: tuple[WyckoffCrystal | None, ...]
    outcomes: tuple[Outcome, ...]
    symmetry_matched: np.ndarray
    fixed_site_reused: np.ndarray
    decoding: Decoding

    def __len__(self) -> int:
        return len(self.outcomes)

    @classmethod
    def of_crystals(cls, crystals: Sequence[WyckoffCrystal | None]) -> Reconstructions:
        """Of canonical crystals that no latent was decoded for; None where there should be one."""
        there = np.array([crystal is not None for crystal in crystals], dtype=bool)
        outcomes = tuple(Outcome.EMPTY if crystal is None else Outcome.OK for crystal in crystals)
        return cls(tuple(crystals), outcomes, there, np.zeros(len(crystals), dtype=bool), Decoding.EXACT)

    @classmethod
    def concatenate(cls, parts: Sequence[Reconstructions], decoding: Decoding) -> Reconstructions:
        """The parts one after the other."""
        return cls(
            tuple(crystal for part in parts for crystal in part.crystals),
            tuple(outcome for part in parts for outcome in part.outcomes),
            np.concatenate([np.zeros(0, dtype=bool), *(part.symmetry_matched for part in parts)]),
            np.concatenate([np.zeros(0, dtype=bool), *(part.fixed_site_reused for part in parts)]),
            decoding,
        )

    def part(self, rows: slice) -> Reconstructions:
        """Some of the samples."""
        matched, reused = self.symmetry_matched[rows], self.fixed_site_reused[rows]
        return Reconstructions(self.crystals[rows], self.outcomes[rows], matched, reused, self.decoding)

    @property
    def generation_success(self) -> np.ndarray:
        """(n,) True where the sample has at least one site and a cell that is not degenerate."""
        return np.array([outcome not in {Outcome.EMPTY, Outcome.DEGENERATE_CELL} for outcome in self.outcomes], bool)


def reconstruct(
    output: DecoderOutput,
    decoding: Decoding = Decoding.EXACT,
    *,
    occupancy_threshold: float = OCCUPANCY_THRESHOLD,
) -> Reconstructions:
    """Turn decoder output into crystals.

    Args:
        output: of n samples.
        decoding: free or exact choice of letters and multiplicities.
        occupancy_threshold: species (or vacancies) with a smaller share of a disordered site are left out, and the
            others scaled up to fill their place.

    Raises:
        DisgenError: if the threshold is not in [0, 0.5).
    """
    if not 0.0 <= occupancy_threshold < 0.5:  # noqa: PLR2004 (half: above it a half-half site would vanish)
        msg = f"The occupancy threshold must be at least 0 and below 0.5, got {occupancy_threshold:g}."
        raise DisgenError(msg)
    table = wyckoff.tables()
    groups = output.space_group.argmax(axis=1) + 1
    if decoding is Decoding.EXACT:
        letters = _legal_letters(output, groups)
        multiplicities = table.multiplicity_of[groups[:, None], letters]
    else:
        letters = output.letter.argmax(axis=2)
        multiplicities = output.multiplicity.argmax(axis=2)
        multiplicities[letters == 0] = 0

    real = letters > 0
    demanded = table.multiplicity_of[groups[:, None], letters]
    cells = np.round(symmetry.constrain_cells(groups, output.lattice.astype(np.float64)), CELL_DECIMALS)
    reused = _reuses_fixed(groups, letters)
    # Reasons for rejection, the first that holds counts.
    checks = (
        (Outcome.EMPTY, ~real.any(axis=1)),
        (Outcome.DEGENERATE_CELL, _degenerate(cells)),
        (Outcome.ILLEGAL_LETTER, (real & (demanded == 0)).any(axis=1)),
        (Outcome.MULTIPLICITY_MISMATCH, (real & (demanded != multiplicities)).any(axis=1)),
        (Outcome.FIXED_SITE_REUSED, reused),
    )
    code = np.zeros(len(groups), dtype=np.int64)
    for number, (_, holds) in reversed(list(enumerate(checks, start=1))):
        code[holds] = number
    names = (Outcome.OK, *(outcome for outcome, _ in checks))
    outcomes = tuple(names[number] for number in code.tolist())
    matched = real.any(axis=1) & ~(real & ((demanded == 0) | (demanded != multiplicities))).any(axis=1)

    good = np.flatnonzero(code == 0)
    arrays = _arrays(output.take(good), groups[good], letters[good], cells[good], occupancy_threshold)
    crystals: list[WyckoffCrystal | None] = [None] * len(groups)
    for index, crystal in zip(good.tolist(), canonicalise_many(arrays.crystals()), strict=True):
        crystals[index] = crystal
    return Reconstructions(tuple(crystals), outcomes, matched, reused, decoding)


def exact_arrays(output: DecoderOutput) -> SiteArrays:
    """Exact decoding of n samples site by site, before any is rejected or brought into canonical form.

    Letters are legal, multiplicities those of the tables, coordinates snapped, occupancies cleaned (as `reconstruct`
    does by default) and cells constrained; sites keep the decoder's order, without gaps.
    """
    groups = output.space_group.argmax(axis=1) + 1
    cells = np.round(symmetry.constrain_cells(groups, output.lattice.astype(np.float64)), CELL_DECIMALS)
    return _arrays(output, groups, _legal_letters(output, groups), cells, OCCUPANCY_THRESHOLD)


def _legal_letters(output: DecoderOutput, groups: np.ndarray) -> np.ndarray:
    """The most probable legal letters (n, 9); a site's score is its letter's and multiplicity's log-probability."""
    table = wyckoff.tables()
    demanded = table.multiplicity_of[groups][:, : MAX_LETTER + 1]  # (n, 27)
    legal = (demanded > 0) & (demanded <= MAX_MULTIPLICITY)
    legal[:, 0] = True
    fitting = np.where(legal, demanded, 0)
    by_multiplicity = np.take_along_axis(
        output.multiplicity, np.broadcast_to(fitting[:, None], output.letter.shape), axis=2
    )
    score = np.where(legal[:, None], output.letter.astype(np.float64) + by_multiplicity, -np.inf)
    letters = score.argmax(axis=2)
    empty = np.flatnonzero(~letters.any(axis=1))
    if len(empty):  # a crystal has at least one site: the one whose best letter loses least against padding
        gain = score[empty, :, 1:].max(axis=2) - score[empty, :, 0]
        site = gain.argmax(axis=1)
        letters[empty, site] = score[empty, site, 1:].argmax(axis=1) + 1
    fixed = _fixed(groups)
    for sample in np.flatnonzero(_reuses_fixed(groups, letters)):
        letters[sample] = _assign(score[sample], fixed[sample])
    result: np.ndarray = letters
    return result


def _assign(score: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Letters (9,) of highest total score (9, 27) in which each fixed letter is used at most once."""
    shared = np.flatnonzero(fixed)
    free = np.where(fixed, -np.inf, score)
    best_free = free.argmax(axis=1)
    # One column per fixed letter, and for each site a column of its own for its best letter that may repeat.
    own = np.full((MAX_SITES, MAX_SITES), -np.inf)
    np.fill_diagonal(own, free[np.arange(MAX_SITES), best_free])
    cost = -np.concatenate([score[:, shared], own], axis=1)
    sites, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, 1e9))
    letters = np.empty(MAX_SITES, dtype=np.int64)
    letters[sites] = [shared[c] if c < len(shared) else best_free[s] for s, c in zip(sites, columns, strict=True)]
    return letters


def _fixed(groups: np.ndarray) -> np.ndarray:
    """(n, 27) True where a letter of the group has no free coordinate."""
    result: np.ndarray = wyckoff.fixed_letters()[groups][:, : MAX_LETTER + 1]
    return result


def _reuses_fixed(groups: np.ndarray, letters: np.ndarray) -> np.ndarray:
    """(n,) True where two sites share a position without free coordinates."""
    used = (letters[:, :, None] == np.arange(MAX_LETTER + 1)).sum(axis=1)
    result: np.ndarray = ((used > 1) & _fixed(groups)).any(axis=1)
    return result


def _degenerate(cells: np.ndarray) -> np.ndarray:
    lengths, angles = cells[:, :3], cells[:, 3:]
    cosines = np.cos(np.radians(angles))
    relative = 1.0 - (cosines**2).sum(axis=1) + 2.0 * cosines.prod(axis=1)  # (V / abc)²
    sound = (
        np.isfinite(cells).all(axis=1)
        & ((lengths >= MIN_LENGTH) & (lengths <= MAX_LENGTH)).all(axis=1)
        & ((angles >= MIN_ANGLE) & (angles <= MAX_ANGLE)).all(axis=1)
        & (relative > MIN_RELATIVE_VOLUME**2)
    )
    result: np.ndarray = ~sound
    return result


def _arrays(
    output: DecoderOutput, groups: np.ndarray, letters: np.ndarray, cells: np.ndarray, threshold: float
) -> SiteArrays:
    """Legal samples as compact arrays, occupied sites first."""
    table = wyckoff.tables()
    order = np.argsort(letters == 0, axis=1, kind="stable")
    letters = np.take_along_axis(letters, order, axis=1)
    real = letters > 0
    rows = table.first[groups][:, None] + letters - 1
    raw = np.take_along_axis(output.coordinates, order[:, :, None], axis=1).astype(np.float64)
    coordinates = np.zeros(raw.shape)
    coordinates[real] = symmetry.snap(rows[real], raw[real])

    occupancy = np.take_along_axis(output.occupancy, order[:, :, None], axis=1)
    disordered = np.take_along_axis(output.disordered, order, axis=1) > DISORDERED_ABOVE
    species = np.zeros((*letters.shape, MAX_SPECIES), dtype=np.int8)
    amounts = np.zeros((*letters.shape, MAX_SPECIES))
    species[real], amounts[real] = clean_occupancies(occupancy[real], disordered[real], threshold)
    return SiteArrays(
        space_group=groups.astype(np.int16),
        cell=cells,
        letter=letters.astype(np.int8),
        multiplicity=table.multiplicity_of[groups[:, None], letters].astype(np.int8),
        coordinates=coordinates,
        species=species,
        occupancy=amounts,
    )


def clean_occupancies(occupancy: np.ndarray, disordered: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """What occupies each site: one element, or a mixture whose shares sum to one with the vacancy.

    Args:
        occupancy: (m, 101) shares of elements and vacancy.
        disordered: (m,) True where the site is a mixture; elsewhere the most probable element fills it.
        threshold: smaller shares are dropped and the others scaled up.

    Returns:
        Atomic numbers (m, 6) in rising order, 0 for unused slots, and occupancies (m, 6) to 1e-4.
    """
    shares = occupancy.astype(np.float64)
    elements = shares[:, : Rows.VACANCY]
    strongest = elements.argmax(axis=1)
    half_step = 0.5 * 10.0**-OCCUPANCY_DECIMALS  # float32 holds 0.01 as a little less
    kept = np.where(shares >= max(threshold - half_step, half_step), shares, 0.0)
    # At most six species (and the vacancy) share a site; an element is always left.
    sixth = np.partition(kept[:, : Rows.VACANCY], -MAX_SPECIES, axis=1)[:, -MAX_SPECIES, None]
    kept[:, : Rows.VACANCY] *= kept[:, : Rows.VACANCY] >= sixth
    at = np.arange(len(shares))
    kept[at, strongest] = np.maximum(kept[at, strongest], 1e-3)
    total = kept.sum(axis=1, keepdims=True)
    dropped = np.abs(shares.sum(axis=1, keepdims=True) - total) > half_step
    kept = np.where(dropped | (np.abs(total - 1.0) > _SUM_TOLERANCE), kept / total, kept)
    kept[~disordered] = 0.0
    kept[~disordered, strongest[~disordered]] = 1.0

    chosen = np.argsort(-kept[:, : Rows.VACANCY], axis=1, kind="stable")[:, :MAX_SPECIES]
    amounts = np.round(np.take_along_axis(kept, chosen, axis=1), OCCUPANCY_DECIMALS)
    # Rounding must not overfill a site: the largest share gives way.
    whole = np.abs(kept.sum(axis=1) - 1.0) < half_step
    surplus = amounts.sum(axis=1) + np.round(kept[:, Rows.VACANCY], OCCUPANCY_DECIMALS) - 1.0
    amounts[:, 0] = np.round(amounts[:, 0] - whole * surplus, OCCUPANCY_DECIMALS)
    numbers = np.where(amounts > 0.0, chosen + 1, 0)
    by_number = np.argsort(np.where(numbers > 0, numbers, 999), axis=1, kind="stable")
    return np.take_along_axis(numbers, by_number, axis=1).astype(np.int8), np.take_along_axis(
        amounts, by_number, axis=1
    )

"""Drawing crystals from the learned prior: first a sentence, token by token, then its geometry.

Wishes about the crystal's beginning (`disgen.prior.language.wishes.Wishes`) are met exactly by sequential Monte Carlo:
many beginnings are drawn among the allowed tokens, each weighted by the probability that the model gives to what is
allowed, and as many are kept as are asked for, in proportion to their weights. So what is drawn follows the model's own
distribution given the wishes, as far as the number of beginnings goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.canonical import canonicalise_many
from disgen.prior.geometry.inputs import Skeletons, hints_of, skeletons_of
from disgen.prior.geometry.parameters import Parameters, free_numbers, with_geometry
from disgen.prior.geometry.templates import SAME
from disgen.prior.language.choir import Choir
from disgen.prior.language.tokens import Role, crystal_of
from disgen.prior.language.wishes import Wishes
from disgen.prior.learning import half_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.geometry.network import GeometryModel
    from disgen.prior.geometry.templates import PlacedTemplate, Templates
    from disgen.prior.language.network import LanguageModel

CHUNK = 512  # sentences drawn at once
_ALIKE = 64  # crystals with about as many free numbers, whose geometry is drawn at once
BEGINNINGS = 16  # enough for any wishes
_MOST_ROUNDS = 8  # of drawing anew what got stuck
_WITHIN_REACH = 0.75  # about the share of sentences that are


@dataclass(frozen=True, eq=False)
class DrawnSkeletons:
    """Skeletons that were drawn.

    Attributes:
        crystals: space group, letters and contents; no geometry yet.
        log_prob: (n,) log-probability of each sentence in nats.
    """

    crystals: list[WyckoffCrystal]
    log_prob: np.ndarray


@torch.inference_mode()
def draw_skeletons(
    model: LanguageModel,
    n: int,
    rng: np.random.Generator,
    *,
    wishes: Wishes | None = None,
    temperature: float = 1.0,
    beginnings: int = BEGINNINGS,
    disordered: float = 1.0,
) -> DrawnSkeletons:
    """Draw space groups, letters and contents.

    Args:
        model: the language model.
        n: how many, at least 1.
        rng: source of randomness.
        wishes: what the crystals should be; anything if None.
        temperature: of the tokens' probabilities; below 1, what is likely becomes likelier.
        beginnings: drawn for each sentence that is asked for, where there are wishes; few will do where these leave
            little to choose.
        disordered: share of the sentences announcing disordered sites that go on, the others being given up; only
            where there are no wishes.

    Returns:
        n skeletons, or fewer if wishes are such that sentences get stuck again and again.
    """
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    crystals: list[WyckoffCrystal] = []
    log_prob: list[float] = []
    for _ in range(_MOST_ROUNDS * -(-n // CHUNK)):
        asked = min(n - len(crystals), CHUNK)
        if asked == 0:
            break
        choir = Choir(model, asked * (beginnings if wishes else 1), wishes or Wishes(), temperature, generator)
        if wishes:
            choir.sing(until=Role.LETTER)
            choir.resample(asked)
        elif disordered < 1.0:
            choir.sing(until=Role.LETTER)
            choir.thin(disordered)
        choir.sing()
        for _, (token, fine, found) in sorted(choir.finished.items()):
            crystals.append(crystal_of(token, fine))
            log_prob.append(found)
    return DrawnSkeletons(crystals, np.array(log_prob))


def draw_within_reach(
    model: LanguageModel,
    templates: Templates,
    n: int,
    rng: np.random.Generator,
    *,
    reach: float,
    most: int,
    wishes: Wishes | None = None,
    temperature: float = 1.0,
    disordered: float = 1.0,
    repeated: float = 1.0,
) -> tuple[DrawnSkeletons, list[list[PlacedTemplate]]]:
    """Draw space groups, letters and contents, anew where no known crystal is near.

    Args:
        model: the language model.
        templates: known crystals.
        n: how many, at least 1.
        rng: source of randomness.
        reach: largest d² (`disgen.prior.geometry.templates`) of the nearest known crystal.
        most: known crystals for each.
        wishes: as for `draw_skeletons`.
        temperature: as for `draw_skeletons`.
        disordered: as for `draw_skeletons`.
        repeated: share of the crystals repeating a known one that are kept; only where there are no wishes.

    Returns:
        n skeletons, and each in the geometry of known crystals. If there are hardly any within reach, the last ones
        are out of it; and there are fewer if wishes can hardly be met.
    """
    kept: list[tuple[WyckoffCrystal, float, list[PlacedTemplate]]] = []
    others: list[tuple[WyckoffCrystal, float]] = []
    for _ in range(_MOST_ROUNDS):
        if len(kept) == n:
            break
        asked = int(np.ceil((n - len(kept)) / _WITHIN_REACH))
        drawn = draw_skeletons(model, asked, rng, wishes=wishes, temperature=temperature, disordered=disordered)
        known = templates.placed(drawn.crystals, most, within=reach)
        dropped = rng.random(len(known)) >= (1.0 if wishes else repeated)
        found = zip(drawn.crystals, drawn.log_prob.tolist(), known, dropped.tolist(), strict=True)
        for crystal, log_prob, placed, drop in found:
            if placed and placed[0].distance <= SAME and drop:
                continue
            if placed:
                kept.append((crystal, log_prob, placed))
            else:
                others.append((crystal, log_prob))
        kept = kept[:n]
    rest = others[: n - len(kept)]
    placed_anyway = templates.placed([crystal for crystal, _ in rest], most)
    kept += [(crystal, log_prob, placed) for (crystal, log_prob), placed in zip(rest, placed_anyway, strict=True)]
    log_probs = np.array([log_prob for _, log_prob, _ in kept])
    return DrawnSkeletons([crystal for crystal, _, _ in kept], log_probs), [placed for _, _, placed in kept]


@torch.inference_mode()
def draw_geometry(
    model: GeometryModel,
    skeletons: Sequence[WyckoffCrystal],
    known: Sequence[Sequence[PlacedTemplate]],
    volumes: np.ndarray,
    rng: np.random.Generator,
    *,
    draws: int = 1,
    sharpness: float = 1.0,
) -> tuple[list[WyckoffCrystal], np.ndarray]:
    """Give skeletons a cell and coordinates.

    Args:
        model: the geometry's network.
        skeletons: space groups, letters and contents.
        known: for each of them, itself in the geometry of known crystals, the nearest first; may be none.
        volumes: (101,) expected volumes of atoms.
        rng: source of randomness.
        draws: geometries drawn for each, one after the other beside the nearest known crystals; the one of highest
            density is kept.
        sharpness: above 1, what is likely becomes likelier.

    Returns:
        Canonical crystals, and the log-density (n,) of their free numbers in nats.
    """
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    result: list[WyckoffCrystal] = []
    log_density: list[np.ndarray] = []
    kinds, owners = free_numbers(skeletons)
    sizes = (kinds > 0).sum(axis=1)
    order = np.argsort(sizes, kind="stable")  # those with as many numbers share a chunk
    back = np.argsort(order)
    for start in range(0, len(order), _ALIKE):
        chosen = order[start : start + _ALIKE]
        alike = [skeletons[index] for index in chosen]
        width = int(sizes[chosen].max())
        kind, owner = kinds[chosen, :width], owners[chosen, :width]
        near = [known[index] for index in chosen]
        shown = [placed[draw % len(placed)] if placed else None for placed in near for draw in range(draws)]
        again = np.repeat(np.arange(len(alike)), draws)
        with half_precision():
            value, density = model.draw(
                Skeletons(*(column[again] for column in skeletons_of(alike, volumes))),
                torch.from_numpy(kind[again]),
                torch.from_numpy(owner[again]),
                hints_of(shown, width, volumes),
                generator,
                sharpness=sharpness,
            )
        density = density.view(-1, draws)
        best = density.argmax(dim=1).numpy()
        values = value.numpy().reshape(len(alike), draws, width)[np.arange(len(alike)), best]
        result += with_geometry(alike, Parameters(kind, owner, values), volumes)
        log_density.append(density.amax(dim=1).numpy())
    canonical = canonicalise_many(result)
    return [canonical[index] for index in back], np.concatenate(log_density)[back]

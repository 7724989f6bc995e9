"""Starting points of a search that the learned prior draws for the targets, in place of plain samples.

The prior's language model spells symmetry and contents under the wishes that the targets state
(`disgen.search.wishes`), so that whatever it draws has the elements, the space group and the numbers of sites asked
for. Of many sentences the best are kept: all targets met as far as contents decide, neutral, new, and no two alike.
These get their geometry, are polished and put into the latent space.

Without "nothing else", a crystal with further elements is still not what was meant: a person who asks for Li, P and O
wants lithium phosphates. The model by itself would add one or two elements to nearly all, because among the crystals
with Li, P and O that it knows most have more. So sentences are drawn with exactly the elements that were named, and
with others only one in `FOREIGN`, or as many as are missing where few different crystals have these elements alone. If
too few are neutral as they are spelt, those follow whose charges nearly add up: the search changes amounts. One named
element alone is no compound, so then others are as likely as the model has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from disgen.crystal import ATOMIC_NUMBER
from disgen.generation.geometry.polish import polish
from disgen.generation.neutrality import neutrality
from disgen.generation.screening import screen
from disgen.prior.sampling import BEGINNINGS
from disgen.search.charges import nearest_charges
from disgen.search.target_chemistry import AllowedElements
from disgen.search.target_structure import CellRange, VolumePerAtom
from disgen.search.wishes import wishes_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from disgen.crystal import WyckoffCrystal
    from disgen.prior.estimator import CrystalPrior
    from disgen.prior.language.wishes import Wishes
    from disgen.search.target import Target
    from disgen.search.targets import Targets

FOREIGN = 8  # one in so many proposals may have other elements than those that were named
_ROUND = 256  # sentences drawn at once, after which it is seen whether there are enough
_FEW = 0.1  # share of new crystals in a round below which the elements alone give no more
_SPARE = 1.25  # points for each that is asked for, so that some can start anew
_SPARE_GEOMETRIES = 4.0  # the same where the targets are about cell or volume, which only geometry decides
_EXACT_BEGINNINGS = 4  # where the elements are settled, little is left to choose


def propose(
    prior: CrystalPrior,
    targets: Targets,
    known: AbstractSet[str],
    *,
    n: int,
    pool: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Latents of crystals drawn for targets, the best first.

    Args:
        prior: the learned prior of the run.
        targets: what the crystals shall be.
        known: keys of those that are not new.
        n: number of points that the search moves.
        pool: most sentences drawn, in multiples of n.
        rng: source of randomness.

    Returns:
        (m, d) float32, m at least n. Where fewer crystals could be drawn that fulfil the wishes, plain samples follow.
    """
    decided = _decided(targets)
    spare = int(np.ceil(n * (_SPARE if len(decided) == len(targets) else _SPARE_GEOMETRIES)))
    contents = _Contents(prior, decided, known)
    wishes = wishes_of(targets)
    if wishes.allowed != wishes.required and _means_these_alone(targets, wishes):
        few = spare // FOREIGN
        _draw_exactly(prior, wishes, contents, enough=spare - few, most=pool * n, rng=rng)
        own = contents.best(spare - few)
        others = _Contents(prior, decided, known)
        _draw(prior, wishes, others, enough=spare - len(own), most=pool * n // 2, rng=rng)
        skeletons = own + others.best(spare - len(own))
    else:
        _draw(prior, wishes, contents, enough=spare, most=pool * n, rng=rng)
        skeletons = contents.best(spare)
    crystals = list(polish(prior.shaped(skeletons, rng)[0], threads=1)) if skeletons else []
    checks = screen(crystals, known)
    met = np.array([sum(targets.met(crystal)) for crystal in crystals], dtype=np.int64)
    good = (checks.neutral_mixed, checks.novel, checks.unique, checks.plausible)
    merit = np.sum(good, axis=0) + (len(good) + 1) * met
    crystals = [crystals[place] for place in np.argsort(-merit, kind="stable")]
    missing = max(n - len(crystals), 0)
    if missing:
        crystals += prior.draw_crystals(missing, rng)[0]
    return prior.latents(crystals)


def _means_these_alone(targets: Targets, wishes: Wishes) -> bool:
    """Whether elements are named, and it is not said which others are allowed."""
    return len(wishes.required) > 1 and not any(isinstance(target, AllowedElements) for target in targets)


def plain(prior: CrystalPrior, targets: Targets, n: int, rng: np.random.Generator) -> list[WyckoffCrystal]:
    """What the prior draws without any wishes, to compare with; without geometry, where no target is about it."""
    skeletons = prior.draw_skeletons(n, rng).crystals
    return prior.shaped(skeletons, rng)[0] if len(_decided(targets)) < len(targets) else skeletons


def _decided(targets: Targets) -> tuple[Target, ...]:
    """The targets that contents decide."""
    return tuple(target for target in targets if not isinstance(target, CellRange | VolumePerAtom))


@dataclass
class _Contents:
    """Skeletons that have been drawn, and what each is worth.

    Attributes:
        prior: knows what is near to known crystals.
        decided: the targets that contents decide.
        known: keys of those that are not new.
        skeletons: in the order in which they were drawn.
        worth: of each, whether there was none like it before, how many targets it meets, and how many it is of neutral,
            neutral with one oxidation state for each element, new, and near enough to a known crystal.
        good: how many are the first of their kind, meet all targets, are neutral and new.
    """

    prior: CrystalPrior
    decided: tuple[Target, ...]
    known: AbstractSet[str]
    skeletons: list[WyckoffCrystal] = field(default_factory=list)
    worth: list[tuple[bool, int, int]] = field(default_factory=list)
    good: int = 0
    _keys: set[str] = field(default_factory=set)

    def add(self, crystals: list[WyckoffCrystal]) -> int:
        """Judge further ones; returns how many of them are unlike any before."""
        before = len(self._keys)
        near = self.prior.within_reach(crystals).tolist()
        for crystal, within in zip(crystals, near, strict=True):
            key = crystal.key
            first = key not in self._keys
            self._keys.add(key)
            met = sum(target.is_met(crystal) for target in self.decided)
            charge, new = neutrality(crystal.composition), key not in self.known
            self.skeletons.append(crystal)
            self.worth.append((first, met, charge.mixed_valence + charge.one_state + new + within))
            self.good += first and met == len(self.decided) and charge.mixed_valence and new
        return len(self._keys) - before

    def best(self, count: int) -> list[WyckoffCrystal]:
        """The best of them, no two alike; of equals those that are nearest to being neutral, then the first."""
        order = sorted(
            (place for place, worth in enumerate(self.worth) if worth[0]),
            key=lambda place: (*self.worth[place], -imbalance(self.skeletons[place])),
            reverse=True,
        )
        return [self.skeletons[place] for place in order[:count]]


def imbalance(crystal: WyckoffCrystal) -> float:
    """Charge per atom that is left in the most favourable oxidation states, without sign; 0 if neutral."""
    composition = crystal.composition
    charges = nearest_charges(composition)
    total = sum(charges[ATOMIC_NUMBER[symbol] - 1] * amount for symbol, amount in composition.items())
    return abs(float(total)) / sum(composition.values())


def _draw_exactly(
    prior: CrystalPrior, wishes: Wishes, contents: _Contents, *, enough: int, most: int, rng: np.random.Generator
) -> None:
    """Draw crystals of the required elements alone, until there are enough good ones or hardly any new ones come."""
    exact = replace(wishes, allowed=wishes.required)
    bound = most - most // FOREIGN
    while contents.good < enough and len(contents.skeletons) < bound:
        size = min(_ROUND, bound - len(contents.skeletons))
        found = prior.draw_skeletons(size, rng, wishes=exact, beginnings=_EXACT_BEGINNINGS).crystals
        if contents.add(found) < _FEW * size:
            return


def _draw(
    prior: CrystalPrior, wishes: Wishes, contents: _Contents, *, enough: int, most: int, rng: np.random.Generator
) -> None:
    """Draw until there are enough good ones, or so many sentences have been spelt."""
    beginnings = _EXACT_BEGINNINGS if wishes.allowed == wishes.required else BEGINNINGS
    while contents.good < enough and len(contents.skeletons) < most:
        size = min(_ROUND, 2 * (enough - contents.good), most - len(contents.skeletons))
        found = prior.draw_skeletons(size, rng, wishes=wishes, beginnings=beginnings).crystals
        contents.add(found)
        if not found:
            return

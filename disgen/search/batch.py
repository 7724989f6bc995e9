"""The batch of latent points that a search moves, and what it remembers of each: see `disgen.search.conditioning`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.crystal import ATOMIC_NUMBER
from disgen.search.settings import CHECK_EVERY, PATIENCE, Step
from disgen.search.soft import SoftCrystals
from disgen.search.substitution import Substitution, contents_of_sites, probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from disgen.model.checkpoint import Run
    from disgen.model.vae import Heads
    from disgen.search.mixing import Mixing
    from disgen.search.settings import Grades, Judge, Settings
    from disgen.search.targets import Targets

MIXING, PRIOR = "mixing", "prior"  # names of the terms beside the targets'
# Occupancies start evened out, so that elements that are far from a site feel a pull, and sharpen as a point ages.
_HOTTEST, _ANNEAL = 4.0, 30  # temperature, steps
_NEWTON = 3  # steps that balance charges
_EXCLUSION = 10.0  # nats, that an element which may not occur costs on a site with others, or on one that is lent
_STRUCTURE_FIRST = 4.0  # how much more losses of structural targets count in the choice of starting points
_FINAL_RATE = 0.2  # learning rate when a point's patience ends, as a share of the first
_BETAS, _EPSILON = (0.9, 0.99), 1e-8  # of Adam
_CHUNK = 256  # points that are decoded at once, which suits the processor's cache
_RESTARTED = 64  # points that may start anew at one check, so that no step takes seconds; others go on until the next
_MUTATION = 1.0  # largest size of a random change, in standard deviations of the latents


class Search:
    """n points, each in a slot of its own that remembers the best of it.

    Args:
        run: a loaded run.
        targets: what the crystals shall be.
        pool: (m, d) the prior's sample.
        judge: decodes and grades points.
        mixing: what shares sites in the training split.
        settings: how to search.
        proposed: the sample was drawn for these targets, the best first (`disgen.search.proposals`). Then points
            start as they are, stay near to what was drawn, and change for a better grade only.
    """

    def __init__(
        self,
        run: Run,
        targets: Targets,
        pool: np.ndarray,
        judge: Judge,
        mixing: Mixing,
        settings: Settings,
        *,
        proposed: bool = False,
    ) -> None:
        self._run, self._targets, self._judge, self._settings = run, targets, judge, settings
        self._proposed = proposed
        device = next(run.model.parameters()).device
        self._mixing = mixing.to(device)
        self._excluded = [ATOMIC_NUMBER[symbol] - 1 for symbol in sorted(targets.excluded)]
        self._costs = self._mixing.costs.clone()
        self._costs[:, self._excluded] += _EXCLUSION
        self._pool = torch.from_numpy(pool).to(device)
        self._spread = max(float(self._pool.var(dim=0).mean()) ** 0.5, _EPSILON)
        n = settings.n
        self._generator = torch.Generator().manual_seed(settings.seed)
        losses, sites, scores = self._first_look()
        contents = contents_of_sites(run.model, probes(self._pool, sites))
        if proposed:  # they have been chosen as they are, and their parts belong together
            contents = contents[:, :0]
        self._substitution = Substitution.of(self._pool, contents, scores)
        self._part_of = _parts(run.model.layout, contents) * (not proposed)
        self._order = self._ordered(pool, losses, exchangeable=bool(contents.numel())).argsort(stable=True)
        self._used = 0
        self._z = self._starts(n)
        self._anchor = self._nearest(self._z)
        self._momentum, self._square = torch.zeros_like(self._z), torch.zeros_like(self._z)
        self._age = torch.zeros(n, dtype=torch.long, device=device)
        self._active = torch.arange(n, device=device)
        self._lowest = torch.full((n, len(targets) + 2), torch.inf, device=device)

        self._best = self._z.cpu().numpy().copy()
        self._best_loss = np.full(n, np.inf)
        self._grade, self._rank = np.zeros(n, dtype=np.int64), np.full(n, -1)
        self._key = np.full(n, "", dtype=object)
        self._found = np.zeros(n, dtype=np.int64)
        self._taken: set[str] = set()
        self._check(0)

    @property
    def finished(self) -> bool:
        """Whether every point is as good as can be."""
        return not len(self._active)

    def state(self, step: int) -> Step:
        """A copy of what is known after so many steps."""
        names = (*(target.text for target in self._targets), MIXING, PRIOR)
        losses = dict(zip(names, self._lowest.mean(dim=0).tolist(), strict=True))
        return Step(step, losses, self._best.copy(), self._grade.copy(), self._found.copy())

    def advance(self, step: int) -> None:
        """One step of Adam for the active points; every few steps a check."""
        for slots in self._active.split(_CHUNK):
            self._descend(slots)
        if step % CHECK_EVERY == 0 or step == self._settings.steps:
            self._check(step)

    def _descend(self, slots: Tensor) -> None:
        z, anchor, age = self._z[slots].requires_grad_(), self._anchor[slots], self._age[slots]
        temperature = 1.0 + (_HOTTEST - 1.0) * (1.0 - age / _ANNEAL).clamp(min=0.0)
        heads = self._run.model.decode(z)
        terms = self._terms(z, anchor, self._read(heads, temperature[:, None, None]))
        (gradient,) = torch.autograd.grad(terms.sum(), z)
        with torch.no_grad():
            if (temperature > 1.0).any():
                terms = self._terms(z, anchor, self._read(heads))
            self._remember(slots, terms.detach())
            self._adam(slots, gradient)

    def _read(self, heads: Heads, temperature: Tensor | float = 1.0) -> SoftCrystals:
        return SoftCrystals.read(heads, self._run.scaler, self._costs, temperature)

    def _terms(self, z: Tensor, anchor: Tensor, soft: SoftCrystals) -> Tensor:
        """Loss terms (m, t + 2) of m points: the targets', mixing, prior."""
        mixing = self._mixing.loss(soft) * self._settings.mixing_weight
        prior = ((z - anchor) / self._spread).square().mean(dim=1) * self._settings.prior_weight
        return torch.stack([*(target.loss(soft) for target in self._targets), mixing, prior], dim=1)

    def _first_look(self) -> tuple[Tensor, Tensor, Tensor]:
        """Of the sample's m points: target losses (m, t), numbers of sites (m,), and what sites have of what is wanted.

        The last is (m, 9, k), see `Target.site_scores`; elements that may not occur make a site worthless.
        """
        losses, sites, scores = [], [], []
        with torch.no_grad():
            for z in self._pool.split(_CHUNK):
                soft = self._read(self._run.model.decode(z))
                losses.append(torch.stack([target.loss(soft) for target in self._targets], dim=1))
                sites.append(soft.log_real.exp().sum(dim=1))
                wanted = [score for target in self._targets if (score := target.site_scores(soft)) is not None]
                unwanted = soft.log_share[:, :, self._excluded].exp().sum(dim=2, keepdim=True)
                scores.append(torch.cat([*wanted, unwanted[:, :, :0]], dim=2) - _EXCLUSION * unwanted)
        return torch.cat(losses), torch.cat(sites), torch.cat(scores)

    def _ordered(self, pool: np.ndarray, losses: Tensor, *, exchangeable: bool) -> Tensor:
        """How far each point of the sample is from being a good start, (m,)."""
        if self._proposed:  # those that meet everything are in their order already
            unmet = torch.from_numpy(self._judge(pool).grade == 0).to(losses.device)
            return torch.where(unmet, 1.0 + losses.sum(dim=1), 0.0)
        # What is on the sites can be exchanged, the structure cannot.
        structural = losses.new_tensor([target.structural for target in self._targets])
        return (losses * (1.0 + _STRUCTURE_FIRST * structural * exchangeable)).sum(dim=1)

    def _starts(self, count: int) -> Tensor:
        """The next best points of the sample, improved by what others have; fewer if the sample is used up."""
        rows = self._order[self._used : self._used + count]
        self._used += len(rows)
        return self._substitution.improve(self._pool[rows], lambda z: self._terms_of(z, z).sum(dim=1), self._generator)

    def _terms_of(self, z: Tensor, anchor: Tensor) -> Tensor:
        """As `_terms`, of points that are still to be decoded; without gradients."""
        with torch.no_grad():
            parts = zip(z.split(_CHUNK), anchor.split(_CHUNK), strict=True)
            return torch.cat([self._terms(z, near, self._read(self._run.model.decode(z))) for z, near in parts])

    def _nearest(self, z: Tensor) -> Tensor:
        """For each part of latents (m, d) the nearest such part in the prior's sample."""
        anchor = torch.empty_like(z)
        for part in range(int(self._part_of.max()) + 1):
            chosen = self._part_of == part
            samples = self._pool[:, chosen]
            nearest = [torch.cdist(points, samples).argmin(dim=1) for points in z[:, chosen].split(_CHUNK)]
            anchor[:, chosen] = samples[torch.cat(nearest)]
        return anchor

    def _remember(self, slots: Tensor, terms: Tensor) -> None:
        """Keep the terms of points where their sum is the lowest so far."""
        lower = terms.sum(dim=1) < self._lowest[slots].sum(dim=1)
        self._lowest[slots[lower]] = terms[lower]

    def _adam(self, slots: Tensor, gradient: Tensor) -> None:
        """Adam (Kingma & Ba 2015) with a step count of its own for each point, because points start anew."""
        age = self._age[slots] + 1
        momentum = torch.lerp(gradient, self._momentum[slots], _BETAS[0])
        square = torch.lerp(gradient.square(), self._square[slots], _BETAS[1])
        slowdown = 1.0 - (1.0 - _FINAL_RATE) * (age / PATIENCE).clamp(max=1.0)
        rate = self._settings.learning_rate * self._spread * slowdown / (1.0 - _BETAS[0] ** age)
        scale = (square / (1.0 - _BETAS[1] ** age)[:, None]).sqrt() + _EPSILON
        self._z[slots] -= rate[:, None] * momentum / scale
        self._momentum[slots], self._square[slots], self._age[slots] = momentum, square, age

    def _check(self, step: int) -> None:
        """Judge the active points, keep the best, release those that are good enough, restart those that are not."""
        slots = self._active
        verdict = self._judge_points(slots, self._z[slots], step)
        unbalanced = np.asarray(verdict.charges.any(axis=1))
        self._try(slots, verdict, unbalanced, step, lambda z: self._balanced(z, verdict.charges[unbalanced]))
        if not self._proposed:
            self._try(slots, verdict, (verdict.grade > 0) & (verdict.grade < self._judge.best), step, self._mutated)
        ripe = self._age[slots] >= PATIENCE
        released = torch.from_numpy(self._release(slots[ripe].cpu().numpy())).to(slots.device)
        self._active = torch.cat([slots[~ripe], slots[ripe][~released]]).sort().values
        if self._settings.restarts:
            self._restart(slots[ripe][~released][:_RESTARTED])
        self._anchor[self._active] = self._nearest(self._z[self._active])

    def _try(
        self, slots: Tensor, verdict: Grades, some: np.ndarray, step: int, change: Callable[[Tensor], Tensor]
    ) -> None:
        """Change some of the points just judged, and go on from what is better; the verdict is brought up to date."""
        places = np.flatnonzero(some)
        if not len(places):
            return
        chosen = slots[torch.from_numpy(places).to(slots.device)]
        changed = change(self._z[chosen])
        found = self._judge_points(chosen, changed, step)
        better = found.grade > verdict.grade[places]
        verdict.grade[places[better]] = found.grade[better]
        improved = torch.from_numpy(better).to(slots.device)
        self._z[chosen[improved]] = changed[improved]

    def _balanced(self, z: Tensor, charges: np.ndarray) -> Tensor:
        """Points whose amounts add up to no charge: Newton's method along the gradient of the charge per atom."""
        q = torch.from_numpy(charges).to(z)
        for _ in range(_NEWTON):
            point = z.detach().clone().requires_grad_()
            amounts = self._read(self._run.model.decode(point)).amounts
            charge = (amounts * q).sum(dim=1) / amounts.sum(dim=1).clamp(min=_EPSILON)
            (gradient,) = torch.autograd.grad(charge.sum(), point)
            move = charge[:, None] * gradient / gradient.square().sum(dim=1, keepdim=True).clamp(min=_EPSILON)
            longest = 2.0 * self._spread / move.norm(dim=1, keepdim=True).clamp(min=_EPSILON)
            z = (point - move * longest.clamp(max=1.0)).detach()
        return z

    def _mutated(self, z: Tensor) -> Tensor:
        """Points with one part changed at random."""
        part = torch.randint(int(self._part_of.max()) + 1, (len(z), 1), generator=self._generator).to(z.device)
        size = _MUTATION * self._spread * torch.rand(len(z), 1, generator=self._generator).to(z.device)
        noise = torch.randn(z.shape, generator=self._generator).to(z.device)
        return torch.where(self._part_of == part, z + size * noise, z)

    def _judge_points(self, slots: Tensor, z: Tensor, step: int) -> Grades:
        """The verdict on points of slots; what is the best of its slot so far is kept."""
        verdict, slot = self._judge(z.cpu().numpy()), slots.cpu().numpy()
        rival = np.flatnonzero(verdict.grade >= self._rank[slot])  # the loss decides among equals only
        chosen = torch.from_numpy(rival).to(slots.device)
        terms = self._terms_of(z[chosen], self._anchor[slots[chosen]])
        self._remember(slots[chosen], terms)
        loss, grade = terms.sum(dim=1).cpu().numpy(), verdict.grade[rival]
        equal = (grade == 0) | (not self._proposed)  # what was drawn is not given up for one that is no better
        better = (grade > self._rank[slot[rival]]) | (equal & (loss < self._best_loss[slot[rival]]))
        rival, loss = rival[better], loss[better]
        kept = slot[rival]
        self._best[kept], self._best_loss[kept], self._found[kept] = z.cpu().numpy()[rival], loss, step
        self._grade[kept] = self._rank[kept] = verdict.grade[rival]
        self._key[kept] = verdict.key[rival]
        return verdict

    def _release(self, slots: np.ndarray) -> np.ndarray:
        """True for slots whose best is as good as can be, and no crystal that another slot already has."""
        released = np.zeros(len(slots), dtype=bool)
        for place, slot in enumerate(slots.tolist()):
            if self._rank[slot] < self._judge.best:
                continue
            if self._key[slot] in self._taken:
                # Anything as good, or nearly, shall take the duplicate's place.
                self._rank[slot], self._best_loss[slot] = self._judge.best - 1, np.inf
            else:
                self._taken.add(self._key[slot])
                released[place] = True
        return released

    def _restart(self, slots: Tensor) -> None:
        """Give slots the next best starts, as long as there are any."""
        starts = self._starts(len(slots))
        slots = slots[: len(starts)]
        self._z[slots] = starts
        self._momentum[slots], self._square[slots], self._age[slots] = 0.0, 0.0, 0


def _parts(layout: tuple[int, ...], contents: Tensor) -> Tensor:
    """Part (d,) that each dimension of a latent belongs to; the contents of a site are a part of their own."""
    part = torch.repeat_interleave(torch.arange(len(layout)), torch.tensor(layout)).to(contents.device)
    for site, dimensions in enumerate(contents):
        part[dimensions] = len(layout) + site
    result: Tensor = torch.unique(part, return_inverse=True)[1]
    return result

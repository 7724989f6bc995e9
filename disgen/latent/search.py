"""The batch of latent points that a search moves, and what it remembers of each: see `disgen.latent.conditioning`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.crystal import ATOMIC_NUMBER
from disgen.latent.conditioning import CHECK_EVERY, PATIENCE, Step
from disgen.latent.recombination import Recombination
from disgen.latent.soft import SoftCrystals
from disgen.representation import MAX_SITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from disgen.latent.conditioning import Judge, Settings, Verdict
    from disgen.latent.mixing import Mixing
    from disgen.latent.targets import Targets
    from disgen.model.checkpoint import Run
    from disgen.model.vae import Heads

MIXING, PRIOR = "mixing", "prior"  # names of the terms beside the targets'
# Occupancies start evened out, so that elements that are far from a site feel a pull, and sharpen as a point ages.
_HOTTEST, _ANNEAL = 4.0, 30  # temperature, steps
_NEWTON = 3  # steps that balance charges
_EXCLUSION = 10.0  # nats, that an element which may not occur costs on a site with others, or on one that is lent
_FINAL_RATE = 0.2  # learning rate when a point's patience ends, as a share of the first
_BETAS, _EPSILON = (0.9, 0.99), 1e-8  # of Adam
_CHUNK = 256  # points that are decoded at once, which suits the processor's cache
# Random changes that are tried, at each check, of points that meet the targets and are not good enough otherwise.
_MUTANTS, _MUTATION = 2, 1.0  # number, and largest size in standard deviations of the latents


class Search:
    """n points, each in a slot of its own that remembers the best of it.

    Args:
        run: a loaded run.
        targets: what the crystals shall be.
        pool: (m, d) the prior's sample.
        judge: decodes and grades points.
        mixing: what shares sites in the training split.
        settings: how to search.
    """

    def __init__(
        self, run: Run, targets: Targets, pool: np.ndarray, judge: Judge, mixing: Mixing, settings: Settings
    ) -> None:
        self._run, self._targets, self._judge, self._settings = run, targets, judge, settings
        device = next(run.model.parameters()).device
        self._mixing = mixing.to(device)
        self._excluded = [ATOMIC_NUMBER[symbol] - 1 for symbol in sorted(targets.excluded)]
        self._costs = self._mixing.costs.clone()
        self._costs[:, self._excluded] += _EXCLUSION
        self._pool = torch.from_numpy(pool).to(device)
        self._spread = max(float(self._pool.var(dim=0).mean()) ** 0.5, _EPSILON)
        n, layout = settings.n, run.model.layout
        self._parts = torch.arange(pool.shape[1], device=device).split(layout)
        self._part_of = torch.repeat_interleave(torch.arange(len(layout)), torch.tensor(layout)).to(device)
        self._generator = torch.Generator().manual_seed(settings.seed)
        loss, scores = self._first_look()
        self._order = loss.argsort(stable=True)  # starting points, the best first
        self._used = 0
        self._recombination = Recombination.of(run.model, self._pool, scores)
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
        soft = self._read(heads, temperature[:, None, None])
        loss = self._terms(z, anchor, soft).sum()
        (gradient,) = torch.autograd.grad(loss, z)
        with torch.no_grad():
            self._remember(slots, self._terms(z, anchor, self._read(heads)))
            self._adam(slots, gradient)

    def _read(self, heads: Heads, temperature: Tensor | float = 1.0) -> SoftCrystals:
        return SoftCrystals.read(heads, self._run.scaler, self._costs, temperature)

    def _terms(self, z: Tensor, anchor: Tensor, soft: SoftCrystals) -> Tensor:
        """Loss terms (m, t + 2) of m points: the targets', mixing, prior."""
        mixing = self._mixing.loss(soft) * self._settings.mixing_weight
        prior = ((z - anchor) / self._spread).square().mean(dim=1) * self._settings.prior_weight
        return torch.stack([*(target.loss(soft) for target in self._targets), mixing, prior], dim=1)

    def _first_look(self) -> tuple[Tensor, Tensor]:
        """Loss (m,) of the sample's points, and what their sites have of what is wanted on sites, (m, 9, k)."""
        losses, scores = [], []
        with torch.no_grad():
            for z in self._pool.split(_CHUNK):
                soft = self._read(self._run.model.decode(z))
                losses.append(self._terms(z, z, soft).sum(dim=1))
                scored = [score for target in self._targets if (score := target.site_scores(soft)) is not None]
                unwanted = soft.log_share[:, :, self._excluded].exp().sum(dim=2, keepdim=True)
                wanted = torch.cat([*scored, z.new_zeros(len(z), MAX_SITES, 0)], dim=2)
                scores.append(wanted - _EXCLUSION * unwanted)
        return torch.cat(losses), torch.cat(scores)

    def _starts(self, count: int) -> Tensor:
        """The next best points of the sample, improved by what others have; fewer if the sample is used up."""
        rows = self._order[self._used : self._used + count]
        self._used += len(rows)
        with torch.no_grad():
            return self._recombination.improve(self._pool[rows], self._loss, self._generator)

    def _loss(self, z: Tensor) -> Tensor:
        return self._terms(z, z, self._read(self._run.model.decode(z))).sum(dim=1)

    def _nearest(self, z: Tensor) -> Tensor:
        """For each part of latents (m, d) the nearest such part in the prior's sample."""
        anchor = torch.empty_like(z)
        for part in self._parts:
            anchor[:, part] = self._pool[:, part][torch.cdist(z[:, part], self._pool[:, part]).argmin(dim=1)]
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
        for _ in range(_MUTANTS):
            self._try(slots, verdict, (verdict.grade > 0) & (verdict.grade < self._judge.best), step, self._mutated)
        ripe = self._age[slots] >= PATIENCE
        released = torch.from_numpy(self._release(slots[ripe].cpu().numpy())).to(slots.device)
        self._active = torch.cat([slots[~ripe], slots[ripe][~released]]).sort().values
        if self._settings.restarts:
            self._restart(slots[ripe][~released])
        self._anchor[self._active] = self._nearest(self._z[self._active])

    def _try(
        self, slots: Tensor, verdict: Verdict, some: np.ndarray, step: int, change: Callable[[Tensor], Tensor]
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
        part = torch.randint(len(self._parts), (len(z), 1), generator=self._generator).to(z.device)
        size = _MUTATION * self._spread * torch.rand(len(z), 1, generator=self._generator).to(z.device)
        noise = torch.randn(z.shape, generator=self._generator).to(z.device)
        return torch.where(self._part_of == part, z + size * noise, z)

    def _judge_points(self, slots: Tensor, z: Tensor, step: int) -> Verdict:
        """The verdict on points of slots; what is the best of its slot so far is kept."""
        with torch.no_grad():
            terms = self._terms(z, self._anchor[slots], self._read(self._run.model.decode(z)))
        self._remember(slots, terms)
        points, loss, numbers = z.cpu().numpy(), terms.sum(dim=1).cpu().numpy(), slots.cpu().numpy()
        verdict = self._judge(points)
        rank = self._rank[numbers]
        better = (verdict.grade > rank) | ((verdict.grade == rank) & (loss < self._best_loss[numbers]))
        chosen = numbers[better]
        self._best[chosen], self._best_loss[chosen], self._found[chosen] = points[better], loss[better], step
        self._grade[chosen] = self._rank[chosen] = verdict.grade[better]
        self._key[chosen] = verdict.key[better]
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

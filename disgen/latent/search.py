"""The batch of latent points that a search moves, and what it remembers of each: see `disgen.latent.conditioning`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from disgen.latent.conditioning import CHECK_EVERY, PATIENCE, Step
from disgen.latent.soft import SoftCrystals

if TYPE_CHECKING:
    from torch import Tensor

    from disgen.latent.conditioning import Judge, Settings, Verdict
    from disgen.latent.mixing import Mixing
    from disgen.latent.targets import Targets
    from disgen.model.checkpoint import Run
    from disgen.model.vae import Heads

MIXING, PRIOR = "mixing", "prior"  # names of the terms beside the targets'
# Occupancies start evened out, so that elements that are far from a site feel a pull, and sharpen as a point ages.
_HOTTEST, _ANNEAL = 4.0, 30  # temperature, steps
_FINAL_RATE = 0.2  # learning rate when a point's patience ends, as a share of the first
_BETAS, _EPSILON = (0.9, 0.99), 1e-8  # of Adam
_CHUNK = 1024  # points of the prior's sample that are decoded at once


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
        self._pool = torch.from_numpy(pool).to(device)
        self._spread = max(float(self._pool.var(dim=0).mean()) ** 0.5, _EPSILON)
        self._order = self._by_loss()  # starting points, the best first
        n = self._used = settings.n
        self._z = self._pool[self._order[:n]].clone()
        self._anchor = self._z.clone()
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
        active = self._active
        z, anchor, age = self._z[active].requires_grad_(), self._anchor[active], self._age[active]
        temperature = 1.0 + (_HOTTEST - 1.0) * (1.0 - age / _ANNEAL).clamp(min=0.0)
        heads = self._run.model.decode(z)
        terms = self._terms(z, anchor, heads, temperature[:, None, None])
        (gradient,) = torch.autograd.grad(terms.sum(), z)
        with torch.no_grad():
            self._remember(self._terms(z, anchor, heads) if bool((temperature > 1.0).any()) else terms)
            self._adam(gradient)
        if step % CHECK_EVERY == 0 or step == self._settings.steps:
            self._check(step)

    def _terms(self, z: Tensor, anchor: Tensor, heads: Heads, temperature: Tensor | float = 1.0) -> Tensor:
        """Loss terms (m, t + 2) of m points: the targets', mixing, prior."""
        soft = SoftCrystals.read(heads, self._run.scaler, self._mixing.costs, temperature)
        mixing = self._mixing.loss(soft) * self._settings.mixing_weight
        prior = ((z - anchor) / self._spread).square().mean(dim=1) * self._settings.prior_weight
        return torch.stack([*(target.loss(soft) for target in self._targets), mixing, prior], dim=1)

    def _by_loss(self) -> Tensor:
        """Places of the sample's points, the lowest loss first."""
        with torch.no_grad():
            parts = [self._terms(z, z, self._run.model.decode(z)).sum(dim=1) for z in self._pool.split(_CHUNK)]
        return torch.cat(parts).argsort(stable=True)

    def _remember(self, terms: Tensor) -> None:
        """Keep the terms of the active points where their sum is the lowest so far."""
        lower = terms.sum(dim=1) < self._lowest[self._active].sum(dim=1)
        self._lowest[self._active[lower]] = terms[lower]

    def _adam(self, gradient: Tensor) -> None:
        """Adam (Kingma & Ba 2015) with a step count of its own for each point, because points start anew."""
        active = self._active
        age = self._age[active] + 1
        momentum = torch.lerp(gradient, self._momentum[active], _BETAS[0])
        square = torch.lerp(gradient.square(), self._square[active], _BETAS[1])
        slowdown = 1.0 - (1.0 - _FINAL_RATE) * (age / PATIENCE).clamp(max=1.0)
        rate = self._settings.learning_rate * self._spread * slowdown / (1.0 - _BETAS[0] ** age)
        scale = (square / (1.0 - _BETAS[1] ** age)[:, None]).sqrt() + _EPSILON
        self._z[active] -= rate[:, None] * momentum / scale
        self._momentum[active], self._square[active], self._age[active] = momentum, square, age

    def _check(self, step: int) -> None:
        """Judge the active points, keep the best, release those that are good enough, restart those that are not."""
        active = self._active
        with torch.no_grad():
            terms = self._terms(self._z[active], self._anchor[active], self._run.model.decode(self._z[active]))
        self._remember(terms)
        points = self._z[active].cpu().numpy()
        self._keep(points, self._judge(points), terms.sum(dim=1).cpu().numpy(), step)
        patient = self._age[active] < PATIENCE
        released = torch.from_numpy(self._release(active[~patient].cpu().numpy())).to(active.device)
        self._active = torch.cat([active[patient], active[~patient][~released]]).sort().values
        if self._settings.restarts:
            self._restart(active[~patient][~released])
        if len(self._active):
            nearest = torch.cdist(self._z[self._active], self._pool).argmin(dim=1)
            self._anchor[self._active] = self._pool[nearest]

    def _keep(self, points: np.ndarray, verdict: Verdict, loss: np.ndarray, step: int) -> None:
        slots = self._active.cpu().numpy()
        rank = self._rank[slots]
        better = (verdict.grade > rank) | ((verdict.grade == rank) & (loss < self._best_loss[slots]))
        chosen = slots[better]
        self._best[chosen], self._best_loss[chosen], self._found[chosen] = points[better], loss[better], step
        self._grade[chosen] = self._rank[chosen] = verdict.grade[better]
        self._key[chosen] = verdict.key[better]

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
        slots = slots[: len(self._order) - self._used]
        self._z[slots] = self._pool[self._order[self._used : self._used + len(slots)]]
        self._used += len(slots)
        self._momentum[slots], self._square[slots], self._age[slots] = 0.0, 0.0, 0

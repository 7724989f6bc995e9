"""The learned prior among the samplers of the latent space.

It draws crystals, and gives their latents: where the run's autoencoder puts them. So a sample of it has a place on the
map and is decoded, polished and screened as any other; decoding gives back what was drawn as well as the run
reconstructs (its figures say how well).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from disgen.generation.sampling import crystals_of
from disgen.latent.base import BaseEstimator
from disgen.latent.protocol import Stored, check_request
from disgen.prior.compact import compacted, restored
from disgen.prior.densities import log_densities
from disgen.prior.errors import PriorError
from disgen.prior.geometry.network import GeometryModel, GeometrySettings
from disgen.prior.geometry.templates_file import TEMPLATES, load_templates, templates_file
from disgen.prior.language.network import LanguageModel, LanguageSettings
from disgen.prior.sampling import BEGINNINGS, DrawnSkeletons, draw_geometry, draw_skeletons, draw_within_reach
from disgen.representation import SiteArrays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run
    from disgen.prior.geometry.templates import PlacedTemplate, Templates
    from disgen.prior.language.wishes import Wishes

_LANGUAGE, _GEOMETRY, _VOLUMES = "language.", "geometry.", "volumes"
_CHUNK = 512


@dataclass
class CrystalPrior(BaseEstimator):
    """A language model of symmetry and contents, and a network for the geometry (`disgen.prior`).

    A temperature other than 1 changes the probabilities of tokens and the widths of the geometry's densities.
    Densities are those of the crystals that latents decode to, in nats: log-probability of the sentence, plus
    log-density of the free numbers. They cannot be compared with densities of latents.

    Attributes:
        dimensions: of the run's latent space.
        language_width: of the language model.
        language_depth: its blocks.
        language_heads: its attention heads.
        geometry_width: of the geometry's network.
        geometry_depth: its blocks.
        geometry_heads: its attention heads.
        components: of its mixtures.
        draws: geometries drawn for each crystal, beside as many known crystals; the one of highest density is kept.
        sharpness: of the geometry's densities at a temperature of 1: weights to that power, widths over its root. The
            highest share of unseen crystals' geometries is met at about 3.
        reach: largest d² (`disgen.prior.geometry.templates`) of a drawn crystal's nearest known relative; what is
            farther is drawn anew. Five of six unseen crystals are within 6.
        disordered: share of the sentences announcing disordered sites that go on (`disgen.prior.calibration`).
        repeated: share of the crystals repeating a known one that are kept (the same).
    """

    name: ClassVar[str] = "prior"
    stored: ClassVar[Stored] = Stored.APART
    dimensions: int = 0
    language_width: int = LanguageSettings.width
    language_depth: int = LanguageSettings.depth
    language_heads: int = LanguageSettings.heads
    geometry_width: int = GeometrySettings.width
    geometry_depth: int = GeometrySettings.depth
    geometry_heads: int = GeometrySettings.heads
    components: int = GeometrySettings.components
    draws: int = 4
    sharpness: float = 3.0
    reach: float = 6.0
    disordered: float = 1.0
    repeated: float = 1.0
    _templates: Templates | None = field(default=None, init=False, repr=False, compare=False)
    _run: Run | None = field(default=None, init=False, repr=False, compare=False)
    _networks: tuple[LanguageModel, GeometryModel] | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def of(
        cls, run: Run, language: LanguageModel, geometry: GeometryModel, templates: Templates, volumes: np.ndarray
    ) -> Self:
        """The prior of trained networks.

        Args:
            run: whose latent space is sampled.
            language: trained.
            geometry: trained.
            templates: known crystals that are shown to it.
            volumes: (101,) expected volumes of atoms in Å³.
        """
        spoken, shaped = language.settings, geometry.settings
        prior = cls(
            dimensions=run.split_latents("test").shape[1],
            language_width=spoken.width,
            language_depth=spoken.depth,
            language_heads=spoken.heads,
            geometry_width=shaped.width,
            geometry_depth=shaped.depth,
            geometry_heads=shaped.heads,
            components=shaped.components,
        )
        prior._state = {
            **compacted(language.state_dict(), _LANGUAGE),
            **compacted(geometry.state_dict(), _GEOMETRY),
            _VOLUMES: np.asarray(volumes, dtype=np.float32),
        }
        prior._templates = templates
        return prior.of_run(run)

    def save(self, folder: Path, beside: Mapping[str, bytes] = MappingProxyType({})) -> None:
        """Write its settings and networks, and the known crystals beside them."""
        super().save(folder, {TEMPLATES: templates_file(self._known_crystals().arrays), **beside})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            EstimatorError: if a file is missing or damaged; the sentence names it.
        """
        prior = super().load(folder)
        prior._templates = load_templates(folder / TEMPLATES, prior.volumes)  # noqa: SLF001 (of this class)
        return prior

    def of_run(self, run: Run) -> Self:
        """The same prior, knowing the run that puts its crystals into the latent space."""
        self._run = run
        return self

    @property
    def dimension(self) -> int:
        """Number of latent dimensions."""
        self._fitted()
        return self.dimensions

    @property
    def volumes(self) -> np.ndarray:
        """(101,) expected volumes of atoms in Å³, by atomic number."""
        return self._fitted()[_VOLUMES].astype(float)

    def draw_crystals(
        self, n: int, rng: np.random.Generator, *, temperature: float = 1.0, wishes: Wishes | None = None
    ) -> tuple[list[WyckoffCrystal], np.ndarray]:
        """Draw canonical crystals, and their log-densities (n,) in nats.

        Crystals that are out of `reach` are drawn anew; the densities are those of the networks, not of what is left.

        Args:
            n: how many, at least 1; fewer come back if the wishes can hardly be met.
            rng: source of randomness.
            temperature: above 0; below 1, what is likely becomes likelier.
            wishes: what the crystals should be.

        Raises:
            EstimatorError: if nothing has been trained.
        """
        drawn, known = draw_within_reach(
            self._loaded()[0],
            self._known_crystals(),
            n,
            rng,
            reach=self.reach,
            most=self.draws,
            wishes=wishes,
            temperature=temperature,
            disordered=self.disordered,
            repeated=self.repeated,
        )
        if not drawn.crystals:
            return [], drawn.log_prob
        crystals, density = self._in_shape(drawn.crystals, known, rng, temperature)
        return crystals, drawn.log_prob + density

    def draw_skeletons(
        self,
        n: int,
        rng: np.random.Generator,
        *,
        temperature: float = 1.0,
        wishes: Wishes | None = None,
        beginnings: int = BEGINNINGS,
    ) -> DrawnSkeletons:
        """Draw symmetry and contents alone, see `disgen.prior.sampling.draw_skeletons`."""
        return draw_skeletons(self._loaded()[0], n, rng, wishes=wishes, temperature=temperature, beginnings=beginnings)

    def shaped(
        self, skeletons: Sequence[WyckoffCrystal], rng: np.random.Generator, *, temperature: float = 1.0
    ) -> tuple[list[WyckoffCrystal], np.ndarray]:
        """Canonical crystals of skeletons, and the log-densities (n,) of their geometry in nats."""
        known = self._known_crystals().placed(skeletons, self.draws)
        return self._in_shape(skeletons, known, rng, temperature)

    def within_reach(self, crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
        """(n,) True for crystals whose contents and symmetry are near enough to those of a known one."""
        known = self._known_crystals().placed(crystals, 1, within=self.reach)
        return np.array([bool(placed) for placed in known], dtype=bool)

    def _in_shape(
        self,
        skeletons: Sequence[WyckoffCrystal],
        known: Sequence[Sequence[PlacedTemplate]],
        rng: np.random.Generator,
        temperature: float,
    ) -> tuple[list[WyckoffCrystal], np.ndarray]:
        sharpness = self.sharpness / temperature
        return draw_geometry(
            self._loaded()[1], skeletons, known, self.volumes, rng, draws=self.draws, sharpness=sharpness
        )

    def log_prob_of(self, crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
        """Log-densities (n,) of canonical crystals in nats; minus infinity for those too long for a sentence."""
        density: np.ndarray = self.log_prob_parts(crystals).sum(axis=0)
        return density

    def log_prob_parts(self, crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
        """Log-probabilities of symmetry and contents, and log-densities of the geometry given these, (2, n) in nats.

        The geometry's are given the nearest known crystal, so those of known crystals are too high.
        """
        return log_densities(crystals, *self._loaded(), self._known_crystals(), self.volumes)

    def latents(self, crystals: Sequence[WyckoffCrystal]) -> np.ndarray:
        """Where the run puts crystals, (n, d) float32.

        Raises:
            EstimatorError: if the prior does not know its run.
        """
        run = self._known_run()
        arrays = SiteArrays.from_crystals(crystals)
        parts = (arrays.take(slice(start, start + _CHUNK)) for start in range(0, len(arrays), _CHUNK))
        return np.concatenate([run.encode(*part.dense())[0] for part in parts])

    def fit(self, z: np.ndarray) -> Self:  # noqa: ARG002 (the protocol's)
        """Refuse: it does not learn from latents.

        Raises:
            EstimatorError: always.
        """
        msg = "The learned prior learns from crystals, not from latents: train it by `python -m disgen prior`."
        raise PriorError(msg)

    def _fit(self, z: np.ndarray) -> dict[str, np.ndarray]:
        raise AssertionError(z)  # `fit` has refused

    def draw(
        self, n: int, rng: np.random.Generator, temperature: float = 1.0
    ) -> tuple[np.ndarray, list[WyckoffCrystal] | None]:
        """Draw crystals, and their latents; see `BaseEstimator.draw`."""
        check_request(n, temperature)
        self._known_run()
        crystals, _ = self.draw_crystals(n, rng, temperature=temperature)
        return self.latents(crystals), crystals

    def _sample(self, n: int, rng: np.random.Generator, state: dict[str, np.ndarray], temperature: float) -> np.ndarray:  # noqa: ARG002 (`_loaded` reads it)
        return self.draw(n, rng, temperature)[0]

    def _log_prob(self, z: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:  # noqa: ARG002 (the same)
        decoded = crystals_of(self._known_run(), z.astype(np.float32)).crystals
        found = np.full(len(z), -np.inf)
        there = np.array([crystal is not None for crystal in decoded], dtype=bool)
        found[there] = self.log_prob_of([crystal for crystal in decoded if crystal is not None])
        return found

    def _loaded(self) -> tuple[LanguageModel, GeometryModel]:
        """The networks."""
        state = self._fitted()
        if self._networks is None:
            spoken = LanguageSettings(self.language_width, self.language_depth, self.language_heads)
            shaped = GeometrySettings(self.geometry_width, self.geometry_depth, self.geometry_heads, self.components)
            try:
                language = restored(partial(LanguageModel, spoken), state, _LANGUAGE)
                geometry = restored(partial(GeometryModel, shaped), state, _GEOMETRY)
            except (ValueError, TypeError, KeyError) as error:
                msg = "The stored learned prior is damaged or of another version: train it by `python -m disgen prior`."
                raise PriorError(msg) from error
            self._networks = language, geometry
        return self._networks

    def _known_crystals(self) -> Templates:
        self._fitted()
        if self._templates is None:
            msg = "The learned prior does not have its known crystals: load it from its folder."
            raise PriorError(msg)
        return self._templates

    def _known_run(self) -> Run:
        if self._run is None:
            msg = "The learned prior does not know its run: load it by `disgen.latent.fitted.fitted_estimator`."
            raise PriorError(msg)
        return self._run

"""Training configuration: frozen dataclasses read from a TOML file, a table each.

An unknown key, a wrong type or a value out of range is a `ConfigError` that names the key.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from disgen.errors import DisgenError


class ConfigError(DisgenError):
    """The configuration is wrong; the message says where and what to do, in one sentence."""


# Smallest and largest values that make sense; all other numbers must not be negative.
_LIMITS: dict[str, tuple[float, float]] = {
    "model.filters": (1, 1024),
    "model.latent": (1, 4096),
    "model.width": (1, 8192),
    "model.blocks": (0, 64),
    "model.symmetry_latent": (1, 1024),
    "model.cell_latent": (1, 1024),
    "model.contents_latent": (1, 1024),
    "model.position_latent": (1, 1024),
    "augment.substitution": (0, 1),
    "augment.mixing": (0, 1),
    "augment.contents": (0, 1),
    "augment.skeletons": (0, 1),
    "training.epochs": (1, math.inf),
    "training.batch_size": (2, math.inf),  # batch normalisation needs two crystals
    "training.final_learning_rate": (0, 1),
    "training.warmup": (0, 1),
    "training.ema": (0, 1),
}


@dataclass(frozen=True)
class ModelConfig:
    """The network.

    Attributes:
        architecture: "cnn" is the paper's (Fig. 7), "sites" ours (`disgen.model.site_vae`).
        log_lengths: standardise the logarithms of a, b, c instead of a, b, c themselves (the paper).
        filters: f, the convolutions have 2f, 4f and 8f filters; 64 in the paper. This and the next for "cnn" only.
        latent: dimensions of the latent space.
        width: of all layers; this and the rest for "sites" only.
        blocks: residual blocks between a site's contents and their code, and back.
        symmetry_latent: dimensions of the code of space group and number of sites.
        cell_latent: of the code of the cell.
        contents_latent: of the code of what a site holds.
        position_latent: of the code of where a site is.
    """

    architecture: Literal["cnn", "sites"] = "cnn"
    log_lengths: bool = False
    filters: int = 64
    latent: int = 256
    width: int = 256
    blocks: int = 3
    symmetry_latent: int = 16
    cell_latent: int = 8
    contents_latent: int = 12
    position_latent: int = 8


@dataclass(frozen=True)
class LossWeights:
    """Coefficients λ of Eq. 4; the defaults are the paper's Table 4."""

    kl: float = 1.0
    space_group: float = 10.0
    lattice: float = 3.0
    occupancy: float = 2000.0
    multiplicity: float = 1.0
    letter: float = 1.0
    disordered: float = 0.1
    coordinates: float = 1.0


@dataclass(frozen=True)
class LossConfig:
    """Which losses, and how they are weighted. The defaults are the paper's.

    Attributes:
        occupancy: "mse" between the 101 occupancies (Eq. 2), or "cross_entropy" against the occupancy distribution
            with the vacancy as a species (Eq. 1).
        lattice: "mae" or "smooth_l1" on standardised cell parameters.
        smooth_l1_width: error, in standard deviations, below which smooth L1 is quadratic.
        coordinates: "mse" (the paper), or "periodic" for smooth L1 of the distance to the nearest periodic image.
        coordinate_width: error, in fractions of the cell, below which the periodic loss is quadratic.
        mixtures: factor on the occupancy loss of disordered sites.
        kl: "mean" over latent dimensions (the paper) or "sum".
        weights: the coefficients of Eq. 4.
    """

    occupancy: Literal["mse", "cross_entropy"] = "mse"
    lattice: Literal["mae", "smooth_l1"] = "mae"
    smooth_l1_width: float = 1.0
    coordinates: Literal["mse", "periodic"] = "mse"
    coordinate_width: float = 0.02
    mixtures: float = 1.0
    kl: Literal["mean", "sum"] = "mean"
    weights: LossWeights = field(default_factory=LossWeights)


@dataclass(frozen=True)
class AugmentConfig:
    """Changes made to training batches; all off by default, as in the paper.

    Attributes:
        substitution: share of a batch in which elements are permuted inside loose chemical families.
        cell_scale: standard deviation of the logarithm of the factor that scales the cells of that share.
        mixing: share of a batch whose disordered sites get new random occupancies for the same species.
        contents: share of the sites that get random species in random ratios, at the start.
        skeletons: share of a batch that gets a random legal space group, letters, coordinates and cell, at the start.
        decay: how these two shares fall to 0 towards the end: "linear", "cosine" (longer at the start), "none".
    """

    substitution: float = 0.0
    cell_scale: float = 0.04
    mixing: float = 0.0
    contents: float = 0.0
    skeletons: float = 0.0
    decay: Literal["linear", "cosine", "none"] = "linear"


@dataclass(frozen=True)
class TrainingConfig:
    """The optimisation.

    Attributes:
        split: column of the corpus index that says which entry is in which split.
        include_uniform_vacancy: keep entries whose sites are all scaled down by one factor, an artefact of 3DSC.
        epochs: length of the schedule in passes over the training split; ignored if `hours` is set.
        hours: length of the schedule in hours of training time, 0 = use `epochs`. Such a run ends when its time is
            used up, and two machines make different numbers of steps.
        batch_size: crystals per step, of all processes together.
        optimiser: "adam" or "adamw".
        learning_rate: highest learning rate.
        final_learning_rate: what the cosine ends at, as a share of the highest.
        schedule: "cosine" or "constant".
        warmup: share of the schedule in which the learning rate rises linearly from 0.
        weight_decay: of AdamW, or L2 penalty of Adam.
        clip: largest norm of the gradient, 0 = no limit.
        ema: decay per step of the running average of the weights, which is then what is validated and released, for
            example 0.999; 0 = the weights of the last step (the paper).
        seed: of initial weights, shuffling, latent noise and augmentation.
        threads: CPU threads, 0 = PyTorch's choice.
        patience: epochs without a lower validation loss after which training ends early, 0 = never.
        precision: "bfloat16" for mixed precision in the network's forward pass; weights, losses and validation are in
            single precision in any case.
        checkpoint_minutes: time between saved states, from which an interrupted training resumes.
        tensorboard: write logs for TensorBoard into the run folder; needs the package `tensorboard`.
        weights_dtype: how the released weights are stored.
        release: "full", or "light" for a run that stands only for comparison: its folder keeps the index and the
            latents of the test split alone, so it cannot be sampled from.
    """

    split: Literal["split_key", "split_random"] = "split_key"
    include_uniform_vacancy: bool = False
    epochs: int = 300
    hours: float = 0.0
    batch_size: int = 256
    optimiser: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-3
    final_learning_rate: float = 0.01
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: float = 0.0
    weight_decay: float = 0.0
    clip: float = 0.0
    ema: float = 0.0
    seed: int = 0
    threads: int = 0
    patience: int = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    checkpoint_minutes: float = 2.0
    tensorboard: bool = False
    weights_dtype: Literal["float16", "float32"] = "float16"
    release: Literal["full", "light"] = "full"


@dataclass(frozen=True)
class Config:
    """Everything that a training needs beside the corpus; a table of the TOML file each.

    Attributes:
        name: of the run.
        model: the network.
        loss: the losses and their weights.
        augment: changes made to training batches.
        training: the optimisation.
    """

    name: str = "run"
    model: ModelConfig = field(default_factory=ModelConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def __post_init__(self) -> None:
        """Refuse values out of range.

        Raises:
            ConfigError: naming the first such key.
        """
        for key, value in _flat(asdict(self)).items():
            low, high = _LIMITS.get(key, (0.0, math.inf))
            if not isinstance(value, bool | str) and not (low <= value <= high and math.isfinite(value)):
                allowed = f"from {low:g} to {high:g}" if high < math.inf else f"at least {low:g}"
                msg = f"The configuration's {key} must be {allowed}, got {value}."
                raise ConfigError(msg)

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        """Configuration from nested tables; what is missing takes its default.

        Raises:
            ConfigError: if a key is unknown, or a value has the wrong type or is out of range.
        """
        result: Self = _build(cls, table, "")
        return result

    def to_dict(self) -> dict[str, Any]:
        """Nested tables, the inverse of `from_dict`."""
        return asdict(self)


def load_config(path: str | Path) -> Config:
    """Read a configuration file (TOML); its name is the file's stem unless it states one.

    Raises:
        ConfigError: if the file cannot be read, is no TOML, or holds a wrong key or value.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The configuration {path} cannot be read: {error}."
        raise ConfigError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"The configuration {path} is not valid TOML: {error}."
        raise ConfigError(msg) from error
    return Config.from_dict({"name": path.stem} | table)


def _build(cls: type[Any], table: Any, prefix: str) -> Any:  # noqa: ANN401 (values of a TOML file)
    if not isinstance(table, dict):
        msg = f"The configuration's {prefix.rstrip('.')} must be a table."
        raise ConfigError(msg)
    hints = get_type_hints(cls)
    names = [item.name for item in fields(cls)]
    values = {}
    for key, value in table.items():
        if key not in names:
            msg = f"The configuration has an unknown key {prefix}{key}; known here: {', '.join(names)}."
            raise ConfigError(msg)
        values[key] = _value(hints[key], value, prefix + key)
    return cls(**values)


def _value(hint: Any, value: Any, key: str) -> Any:  # noqa: ANN401 (values of a TOML file)
    if is_dataclass(hint):
        return _build(hint, value, key + ".")  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        allowed = get_args(hint)
        if value not in allowed:
            msg = f"The configuration's {key} must be one of {', '.join(allowed)}; got {value!r}."
            raise ConfigError(msg)
        return value
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        msg = f"The configuration's {key} must be of type {hint.__name__}, got {value!r}."
        raise ConfigError(msg)
    return value


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat

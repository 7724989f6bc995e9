"""The real crystals that samples are judged against: the test split's own, and the validation split's beside them.

A run folder holds no crystals. `store_held_out` therefore writes their descriptors into it, once, while the corpus is
at hand. Where neither is there, what the latents of these splits decode to stands in for them, and that is said.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as arrays_to_bytes

from disgen.errors import DisgenError
from disgen.evaluation.fidelity.descriptor import FEATURES
from disgen.evaluation.fidelity.mixtures import Mixtures, pairs_on_sites
from disgen.evaluation.fidelity.traits import Traits, without_amounts
from disgen.files import write_file
from disgen.generation.sampling import crystals_of, known_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from disgen.crystal import WyckoffCrystal
    from disgen.model.checkpoint import Run

FOLDER, FILE = "judge", "held_out.safetensors"
OWN, RECONSTRUCTED = "own", "reconstructed"
_SPLITS = ("test", "validation")
_COLUMNS = tuple(item.name for item in fields(Mixtures))


class FidelityError(DisgenError):
    """What samples are judged against cannot be read; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Real crystals that training never saw.

    Attributes:
        crystals: `OWN` if they are the splits' own, `RECONSTRUCTED` if they are what their latents decode to.
        test: of the test split.
        validation: of the validation split.
        keys: distinct keys of the test split that the training split has not.
        plain_keys: the same without amounts.
    """

    crystals: str
    test: Traits
    validation: Traits
    keys: frozenset[str]
    plain_keys: frozenset[str]


def own_held_out(run: Run, crystals_of_split: Callable[[str], list[WyckoffCrystal]]) -> HeldOut:
    """The splits' own crystals.

    Args:
        run: a loaded run with its training split.
        crystals_of_split: gives the crystals of "test" and of "validation", those of the run's corpus.
    """
    known = known_keys(run)
    together = pairs_on_sites(known)
    test, validation = (Traits.of(crystals_of_split(split), together) for split in _SPLITS)
    return _held_out(OWN, test, validation, known)


def find_held_out(run: Run) -> HeldOut:
    """What the run's folder holds, else the reconstructed splits.

    Raises:
        FidelityError: if the stored file is damaged, or of another corpus or version.
        RunError: if the run is a light one without its training split.
    """
    run.split_latents("train")  # raises its sentence: without these keys nothing could be called new
    path = run.path / FOLDER / FILE
    if path.is_file():
        return _held_out(OWN, *_stored(path, run), known_keys(run))
    together = pairs_on_sites(known_keys(run))

    def reconstructed(split: str) -> Traits:
        made = crystals_of(run, run.split_latents(split)).crystals
        return Traits.of([crystal for crystal in made if crystal is not None], together)

    test, validation = map(reconstructed, _SPLITS)
    return _held_out(RECONSTRUCTED, test, validation, known_keys(run))


def store_held_out(run: Run, held_out: HeldOut) -> None:
    """Write the splits' own crystals into the run's folder: descriptors in half precision, counts of mixed sites.

    Raises:
        FidelityError: if they are not the splits' own, or hold a crystal that the run's index does not.
    """
    if held_out.crystals != OWN:
        msg = "Only a split's own crystals are stored: give the run's corpus by --corpus."
        raise FidelityError(msg)
    arrays = {}
    for split, traits in zip(_SPLITS, (held_out.test, held_out.validation), strict=True):
        arrays[f"{split}.descriptor"] = traits.descriptor.astype(np.float16)
        arrays[f"{split}.row"] = _rows(run, split, traits)
        counts = [getattr(traits.mixtures, name) for name in _COLUMNS]
        arrays[f"{split}.mixtures"] = np.stack(counts, axis=1).astype(np.uint8)
    folder = run.path / FOLDER
    folder.mkdir(exist_ok=True)
    write_file(folder / FILE, arrays_to_bytes(arrays, {"of": _fingerprint(run)}))


def _held_out(crystals: str, test: Traits, validation: Traits, known: AbstractSet[str]) -> HeldOut:
    plain = frozenset(without_amounts(test.key)) - frozenset(without_amounts(known))
    return HeldOut(crystals, test, validation, frozenset(test.key) - known, plain)


def _stored(path: Path, run: Run) -> tuple[Traits, Traits]:
    try:
        with safe_open(path, "numpy") as file:
            made_for = (file.metadata() or {}).get("of")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        keys = {split: run.split_index(split)["key"].to_numpy(dtype=object) for split in _SPLITS}
        if made_for != _fingerprint(run):
            msg = f"{path} is of another corpus or version: run `python -m disgen judge --store` with the run's corpus."
            raise FidelityError(msg)
        test, validation = (
            Traits(
                arrays[f"{split}.descriptor"].astype(np.float32),
                keys[split][arrays[f"{split}.row"]],
                Mixtures(*arrays[f"{split}.mixtures"].T.astype(np.intp)),
            )
            for split in _SPLITS
        )
    except (OSError, KeyError, IndexError, TypeError, SafetensorError) as error:
        msg = f"{path} is damaged: run `python -m disgen judge --store` again, with the run's corpus."
        raise FidelityError(msg) from error
    return test, validation


def _rows(run: Run, split: str, traits: Traits) -> np.ndarray:
    """(n,) places of crystals in the index of their split; those of one key, which all have it, in order."""
    places: dict[str, list[int]] = {}
    for place, key in enumerate(run.split_index(split)["key"]):
        places.setdefault(key, []).append(place)
    try:
        return np.array([places[key].pop(0) for key in traits.key], dtype=np.int32)
    except (KeyError, IndexError) as error:
        msg = f"The {split} crystals are not those of run {run.name!r}: give the run's corpus."
        raise FidelityError(msg) from error


def _fingerprint(run: Run) -> str:
    """Digest of the splits' keys and the features' names."""
    digest = hashlib.sha256("\n".join(FEATURES).encode())
    for split in _SPLITS:
        digest.update("\n".join(run.split_index(split)["key"]).encode())
    return digest.hexdigest()

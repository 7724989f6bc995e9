"""What a search found, to take away: a CIF for each crystal that meets all targets, a manifest of all points."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.export.bundle import MANIFEST, file_name, zipped
from disgen.generation.read_back import comes_back
from disgen.judge.search_manifest import manifest_columns, manifest_values
from disgen.ui.crystal.tray import Item, Origin, latent_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from disgen.judge.search_results import SearchedPoint
    from disgen.ui.conditioning.job import SearchRequest

TARGETS = "targets.json"
_COLUMNS = ("rank", "file", "latent_index", "step", "outcome", "symbol")


def stem(request: SearchRequest) -> str:
    """Names a search in files: ``search-kde-n256-seed0``."""
    return f"search-{request.estimator}-n{request.settings.n}-seed{request.settings.seed}"


def source_of(run: str, request: SearchRequest, result: SearchedPoint) -> Origin:
    """Where the crystal of a result comes from.

    Args:
        run: name of the model.
        request: what was searched for.
        result: one of what was found.
    """
    return Origin(
        run,
        f"{stem(request)}-{result.latent}",
        request.estimator,
        request.settings.seed,
        latent_numbers(result.decoded.z),
        str(result.decoded.outcome),
        result.decoded.checks.novel,
    )


def items_of(run: str, request: SearchRequest, results: Sequence[SearchedPoint]) -> list[Item]:
    """Results for the tray; what gives no crystal is left out."""
    pairs = ((result.decoded.crystal, source_of(run, request, result)) for result in results)
    return [Item(crystal, source) for crystal, source in pairs if crystal is not None]


def archive(
    run: str, request: SearchRequest, results: Sequence[tuple[int, SearchedPoint]], *, everything: bool = False
) -> bytes:
    """Zip of the CIFs of all that meets all targets and is read back, a manifest of all points, and the targets.

    Args:
        run: name of the model.
        request: what was searched for.
        results: what was found, with its ranks.
        everything: also the CIFs of what misses a target.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow((*_COLUMNS, *manifest_columns(), *(target.text for target in request.targets)))
    cifs: dict[str, str] = {}
    for rank, result in results:
        crystal, name = result.decoded.crystal, ""
        if crystal is not None and (everything or result.meets_all) and comes_back(crystal):
            name = f"{rank:04d}_{file_name(crystal, source_of(run, request, result).origin)}"
            cifs[name] = write_cif(crystal)
        symbol = wyckoff.symbol(crystal.space_group) if crystal is not None else ""
        about_it = (rank, name, result.latent, result.step, str(result.decoded.outcome), symbol)
        writer.writerow((*about_it, *manifest_values(result), *(int(met) for met in result.met)))
    about = {
        "run": run,
        "estimator": request.estimator,
        "n": request.settings.n,
        "steps": request.settings.steps,
        "seed": request.settings.seed,
        "learning_rate": request.settings.learning_rate,
        "targets": request.targets.to_dict(),
    }
    return zipped({MANIFEST: table.getvalue(), TARGETS: json.dumps(about, indent=1, ensure_ascii=False) + "\n"} | cifs)

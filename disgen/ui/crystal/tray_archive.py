"""The tray as one zip and back: CIFs, a manifest of what each is, and a word on what to cite.

A zip is read strictly: only one that this program wrote, unchanged but for names and notes, is taken.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from typing import TYPE_CHECKING

from disgen import wyckoff
from disgen.cif import write_cif
from disgen.cif.bundle import DAMAGED
from disgen.cif.isolated import read_together
from disgen.errors import DisgenError
from disgen.export.bundle import MANIFEST, guarded, zipped
from disgen.generation.checks import CHECK_COLUMNS, CHECKS, MEASURES, check_values
from disgen.generation.outcome import Outcome
from disgen.generation.read_back import read_back
from disgen.generation.screening import screen
from disgen.judge.verdict_columns import VERDICT_COLUMNS, verdict_values
from disgen.ui.crystal.tray import LONGEST_NAME, LONGEST_NOTE, MOST, Item, Origin, cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from disgen.cif.isolated import IsolatedReading
    from disgen.generation.screening import Screen
    from disgen.judge.verdict import Verdict

LARGEST = 5_000_000  # bytes of a zip
LARGEST_INSIDE = 20_000_000  # bytes of all that is in it
LARGEST_CIF = 1_000_000  # bytes
SECONDS = 60.0  # of reading all crystals of a zip
LONGEST_ORIGIN = 120  # characters
LONGEST_SEED = 10  # digits
MOST_DIMENSIONS = 4096  # of a latent
# What a zip is read from; checks stand between for people and programs, and are made anew.
_OWN = (
    "file", "name", "note", "compared", "formula", "space_group", "symbol", "run", "origin", "estimator", "seed",
    "outcome", "novel", "latent",
)  # fmt: skip
COLUMNS = ("file", *VERDICT_COLUMNS, *(column for column in _OWN[1:] if column not in CHECK_COLUMNS), *CHECK_COLUMNS)
_MEASURES = "\n".join(f"                {measure.key}: {measure.sentence}" for measure in MEASURES)
_CHECKS = "\n".join(f"                {check.key}: {check.sentence}" for check in CHECKS)
README = f"""\
Disordered crystals collected with the Dis-GEN Explorer.

*.cif         conventional cell, symmetry operations, Wyckoff letters and occupancies
manifest.csv  a row a crystal: its file; credible, 1 if all that can be told without energies speaks for it, why_not,
              and new, 1 if it is in no split of the corpus; its name and note; the run (model) that decoded it and
              where its latent comes from (origin, estimator, seed); outcome of decoding; the latent itself, numbers
              with spaces between them; numbers, and checks, 1 if passed, else 0; novel is empty where that is unknown:
{_MEASURES}
{_CHECKS}
A name or note that begins with one of = + - @ ' has a ' before it, so that spreadsheets see no formula in it.

The tray page of the program takes this zip back.

Please cite
  the method:  M. H. Petersen et al., Dis-GEN: Disordered crystal structure generation (2025)
  the data that the released model was trained on:
    R. T. Downs and M. Hall-Wallace, The American Mineralogist crystal structure database,
    Am. Mineral. 88, 247-250 (2003)
    T. Sommer, R. Willa, J. Schmalian and P. Friederich, 3DSC - a dataset of superconductors including crystal
    structures, Sci. Data 10, 816 (2023), CC BY 4.0; its structures derive from the Materials Project (CC BY 4.0)
"""
_WRITTEN = ("name", "note", "run", "origin", "estimator")  # columns that hold any text
_NOVEL = {"": None, "1": True, "0": False, "yes": True, "no": False}  # zips of version 0.1.0 have words


class ArchiveError(DisgenError):
    """A zip is no tray; one sentence says why."""


def pack(items: Sequence[Item], verdicts: Sequence[Verdict | None]) -> bytes:
    """The tray as a zip, byte for byte the same each time; what its CIF would not give back is left out.

    Args:
        items: the crystals.
        verdicts: on each; None where it is not known.
    """
    kept = read_back([item.crystal for item in items]).same
    verdicts = [found for found, same in zip(verdicts, kept, strict=True) if same]
    items = [item for item, same in zip(items, kept, strict=True) if same]
    names = _distinct([item.stem for item in items])
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    checks = screen([item.crystal for item in items])
    for name, item, check, found in zip(names, items, checks, verdicts, strict=True):
        row = _row(name, item, check) | _judged(found)
        writer.writerow(row | {column: guarded(row[column]) for column in _WRITTEN})
    files = {MANIFEST: table.getvalue(), "README.txt": README}
    return zipped(files | {name: write_cif(item.crystal) for name, item in zip(names, items, strict=True)})


def unpack(content: bytes) -> tuple[Item, ...]:
    """The crystals of a zip that `pack` wrote.

    Raises:
        ArchiveError: if it is anything else, with one sentence.
    """
    if len(content) > LARGEST:
        msg = f"The zip is larger than {LARGEST // 1_000_000} MB: a tray is smaller."
        raise ArchiveError(msg)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            entries = bundle.infolist()
            problem = _problem(entries)
            files = {} if problem else {entry.filename: bundle.read(entry) for entry in entries}
    except DAMAGED as error:
        msg = "The file is no zip, or a damaged one: give a zip that this page wrote."
        raise ArchiveError(msg) from error
    if problem:
        raise ArchiveError(problem)
    rows = _manifest(files)
    sources = [_source(row, _named(number)) for number, row in enumerate(rows)]
    for number, row in enumerate(rows):
        if len(files[row["file"]]) > LARGEST_CIF:
            msg = f"{_named(number)} is larger than {LARGEST_CIF // 1_000_000} MB."
            raise ArchiveError(msg)
    readings = read_together([files[row["file"]] for row in rows], seconds=SECONDS) if rows else ()
    parts = zip(rows, sources, readings, strict=True)
    return tuple(_item(_named(number), *part) for number, part in enumerate(parts))


def _row(name: str, item: Item, check: Screen) -> dict[str, str]:
    crystal, source = item.crystal, item.source
    row = {
        "file": name,
        "name": item.name,
        "note": item.note,
        "compared": "yes" if item.compared else "no",
        "formula": crystal.formula,
        "space_group": str(crystal.space_group),
        "symbol": wyckoff.symbol(crystal.space_group),
        "run": source.run,
        "origin": source.origin,
        "estimator": source.estimator,
        "seed": "" if source.seed is None else str(source.seed),
        "outcome": source.outcome,
        "latent": " ".join(map(repr, source.latent)),
        **{column: str(value) for column, value in check_values(check).items()},
    }
    # The check knows no training data; who has put the crystal into the tray does.
    return row | {"novel": "" if source.novel is None else str(int(source.novel))}


def _judged(found: Verdict | None) -> dict[str, str]:
    """The columns of the verdict."""
    values = [""] * len(VERDICT_COLUMNS) if found is None else map(str, verdict_values(found))
    return dict(zip(VERDICT_COLUMNS, values, strict=True))


def _problem(entries: Sequence[zipfile.ZipInfo]) -> str:
    """What is wrong with a zip by its table of contents, one sentence; empty if it may be unpacked."""
    if len({entry.filename for entry in entries}) < len(entries) or len(entries) > MOST + 2:
        return f"The zip holds more than the {MOST} crystals of a tray, or a file twice."
    if sum(entry.file_size for entry in entries) > LARGEST_INSIDE:
        return f"Unpacked, the zip is larger than {LARGEST_INSIDE // 1_000_000} MB: a tray is smaller."
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        return "The zip is packed in a way that this page does not use: pack it as an ordinary zip."
    return ""


def _manifest(files: Mapping[str, bytes]) -> list[dict[str, str]]:
    if MANIFEST not in files:
        msg = f"The zip has no {MANIFEST}, so it is no tray: give a zip that this page wrote."
        raise ArchiveError(msg)
    try:
        reader = csv.DictReader(io.StringIO(files[MANIFEST].decode("utf-8"), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"The zip's {MANIFEST} is no table in UTF-8."
        raise ArchiveError(msg) from error
    if not set(reader.fieldnames or ()).issuperset(_OWN) or any(None in row or None in row.values() for row in rows):
        msg = f"The columns of the zip's {MANIFEST} are not those of a tray."
        raise ArchiveError(msg)
    named = [row["file"] for row in rows]
    if len(set(named)) < len(named) or set(named) != set(files) - {MANIFEST, "README.txt"}:
        msg = f"The zip's {MANIFEST} does not list exactly the files that are in the zip."
        raise ArchiveError(msg)
    return [row | {column: row[column].removeprefix("'") for column in _WRITTEN} for row in rows]


def _named(number: int) -> str:
    return f"Crystal {number + 1} of the zip"


def _item(where: str, row: Mapping[str, str], source: Origin, reading: IsolatedReading) -> Item:
    crystal = reading.crystal
    if crystal is None:
        msg = f"{where} cannot be read: {reading.problem}"
        raise ArchiveError(msg)
    if (crystal.formula, str(crystal.space_group)) != (row["formula"], row["space_group"]):
        msg = f"{where} is another crystal than its {MANIFEST} says."
        raise ArchiveError(msg)
    name, note = cut(row["name"], LONGEST_NAME), cut(row["note"], LONGEST_NOTE)
    return Item(crystal, source, name, note, compared=row["compared"] == "yes")


def _source(row: Mapping[str, str], where: str) -> Origin:
    seed, latent = row["seed"], _numbers(row["latent"])
    sound = {
        **{column: row[column] == cut(row[column], LONGEST_ORIGIN) for column in ("run", "origin", "estimator")},
        "seed": not seed or (seed.isascii() and seed.isdigit() and len(seed) <= LONGEST_SEED),
        "outcome": not row["outcome"] or row["outcome"] in set(Outcome),
        "novel": row["novel"] in _NOVEL,
        "latent": latent is not None,
    }
    for column, good in sound.items():
        if not good:
            msg = f"{where} has an impossible {column} in {MANIFEST}."
            raise ArchiveError(msg)
    return Origin(
        row["run"],
        row["origin"],
        row["estimator"],
        int(seed) if seed else None,
        latent or (),
        row["outcome"],
        _NOVEL[row["novel"]],
    )


def _numbers(text: str) -> tuple[float, ...] | None:
    """Numbers with spaces between them; None if they are none, or too many."""
    try:
        found = tuple(float(word) for word in text.split())
    except ValueError:
        return None
    return found if len(found) <= MOST_DIMENSIONS and all(map(math.isfinite, found)) else None


def _distinct(stems: Sequence[str]) -> list[str]:
    """File names, those that occur again with a number."""
    seen: dict[str, int] = {}
    names = []
    for stem in stems:
        seen[stem] = seen.get(stem, 0) + 1
        names.append(f"{stem}.cif" if seen[stem] == 1 else f"{stem}_{seen[stem]}.cif")
    return names

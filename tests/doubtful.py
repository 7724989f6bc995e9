"""A file for every kind of doubt."""

from pathlib import Path

from disgen.cif import DoubtKind

DATA = Path(__file__).parent / "data"
_ANGLES = "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
_COLUMNS = "loop_\n" + "".join(
    f"_atom_site_{column}\n" for column in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")
)
_SALT = "Na1 Na 0 0 0 0.9\nK1 K 0 0 0 0.1\nCl1 Cl 0.5 0.5 0.5 1\n"


def _file(more: str, *, group: str = "F m -3 m", a: float = 5.64, atoms: str = _SALT) -> bytes:
    cell = "".join(f"_cell_length_{axis} {a}\n" for axis in "abc") + _ANGLES
    return f"data_x\n_symmetry_space_group_name_H-M '{group}'\n{cell}{more}{_COLUMNS}{atoms}".encode()


def _stored(name: str) -> bytes:
    return (DATA / f"{name}.cif").read_bytes()


FORMULA = "_chemical_formula_sum 'Cl K0.1 Na0.9'\n"
DOUBTFUL = {
    DoubtKind.SYNTAX: _stored("cases/84-no-data-line"),
    DoubtKind.BLOCKS: _stored("nasty/23_two_blocks"),
    DoubtKind.CELL: _stored("cases/86-missing-angles"),
    DoubtKind.ELEMENT: _file("_chemical_formula_sum 'Fe O'\n", atoms="M1 M 0 0 0 1\nO1 O 0.5 0.5 0.5 1\n"),
    DoubtKind.OCCUPANCY: _stored("cases/112-occ-multiplicity-style-fullprof"),
    DoubtKind.ORIGIN: _file("", group="F d -3 m", a=8.1, atoms="Si1 Si 0 0 0 1\nO1 O 0.3 0.3 0.3 0.5\n"),
    DoubtKind.OPERATIONS: _stored("cases/50-ops-without-centring"),
    DoubtKind.EQUIVALENTS: _stored("cases/60-equivalents-listed-explicitly"),
    DoubtKind.POSITION: _stored("cases/132-clash-0.33-P63mmc"),
    DoubtKind.MAGNETIC: _stored("cases/99-magcif"),
    DoubtKind.MODULATED: _stored("cases/100-modulated"),
    DoubtKind.FORMULA: _stored("cases/134-argyrodite-typo-composition"),
    DoubtKind.CONTENTS: _file(f"{FORMULA}_cell_formula_units_Z 2\n"),
    DoubtKind.DENSITY: _file("_exptl_crystal_density_diffrn 4.1\n"),
    DoubtKind.VOLUME: _file("_cell_volume 200\n"),
    DoubtKind.MULTIPLICITY: _stored("cases/136-symmetry-multiplicity-formula-mismatch"),
    DoubtKind.DISTANCE: _stored("cases/133-two-full-atoms-0.2A-apart"),
    DoubtKind.SPACE_GROUP: _file(f"{FORMULA}_symmetry_Int_Tables_number 227\n"),
    DoubtKind.HYDROGEN: _stored("cases/07-water-H2O-type"),
}

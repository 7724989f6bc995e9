"""Tables of reference energies: what the sources give, and going on after an interruption."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toy_potential import ToyPotential

from disgen.energies.hull import load_references
from disgen.energies.potential import EnergyError
from disgen.energies.reference_sources import read_entries
from disgen.energies.references import compute_references

CIF = """data_{name}
_cell_length_a {edge}
_cell_length_b {edge}
_cell_length_c {edge}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M '{group}'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{sites}
"""
CESIUM_CHLORIDE = CIF.format(name="CsCl", edge=4.12, group="P 1", sites="Cs Cs 0 0 0 1\nCl Cl 0.5 0.5 0.5 1")
ROCK_SALT = CIF.format(name="NaCl", edge=5.64, group="F m -3 m", sites="Na Na 0 0 0 1\nCl Cl 0.5 0.5 0.5 1")
MIXED = CIF.format(name="mixed", edge=5.64, group="F m -3 m", sites="Na Na 0 0 0 0.5\nCl Cl 0.5 0.5 0.5 1")


@pytest.fixture
def sources(tmp_path):
    table = {
        "material_id": ["mp-1", "mp-2"],
        "energy_above_hull": [0.0, 0.2],
        "cif": [CESIUM_CHLORIDE, CESIUM_CHLORIDE],
    }
    pd.DataFrame(table).to_csv(tmp_path / "crystals.csv.xz", index=False)

    def structure(edge):
        return {"lattice": {"matrix": (np.eye(3) * edge).tolist()}, "sites": [{"abc": [0.0, 0.0, 0.0]}]}

    elements = {
        "Cs": {"structure": [structure(3.0), structure(2.9)], "energy_per_atom": [-0.8, -0.9]},
        "Cl": {"structure": structure(2.8), "energy_per_atom": -1.8},
    }
    (tmp_path / "elements.json.gz").write_bytes(gzip.compress(json.dumps(elements).encode()))
    (tmp_path / "cifs").mkdir()
    (tmp_path / "cifs" / "salt.cif").write_text(ROCK_SALT)
    (tmp_path / "cifs" / "mixed.cif").write_text(MIXED)
    (tmp_path / "cifs" / "broken.cif").write_text("data_x\nloop_\n_a\n")
    return [tmp_path / name for name in ("crystals.csv.xz", "elements.json.gz", "cifs")]


def test_sources_give_stable_and_ordered_crystals(sources):
    entries = read_entries(sources)
    assert [entry.identifier.split("/")[0] for entry in entries] == ["element-Cl", "element-Cs", "cifs", "mp-1"]
    cells = {entry.identifier: entry.cell for entry in entries}
    assert cells["element-Cs"].volume == pytest.approx(2.9**3)  # the one of least energy
    assert cells["mp-1"].composition == {17: 1, 55: 1}
    salt = next(cell for name, cell in cells.items() if name.startswith("cifs/"))
    assert salt.composition == {11: 1, 17: 1}  # primitive
    assert salt.volume == pytest.approx(5.64**3 / 4)


def test_a_table_is_gone_on_with(sources, tmp_path):
    path = tmp_path / "out" / "toy.parquet"
    entries = read_entries(sources)
    toy = ToyPotential([])
    compute_references(toy, entries[:2], path)
    assert len(toy.asked) == 2
    assert len(load_references(path)) == 2
    seen = []
    result = compute_references(toy, entries, path, progress=lambda *numbers: seen.append(numbers))
    assert len(toy.asked) == len(entries)
    assert seen[-1] == (len(entries), len(entries))
    assert (result["entries"], result["without_energy"], result["potential"]) == (4, 0, "toy")
    references = load_references(path)
    assert references.potential == "toy"
    evaluated = [
        found.energy / len(entry.cell)
        for entry, found in zip(entries, toy.evaluate([e.cell for e in entries]), strict=True)
    ]
    np.testing.assert_allclose(references.energies, evaluated, rtol=1e-6)
    np.testing.assert_allclose(references.shares.sum(axis=1), 1.0)


def test_crystals_that_the_potential_does_not_know_have_no_energy(sources, tmp_path):
    path = tmp_path / "toy.parquet"
    result = compute_references(replace(ToyPotential([]), elements=frozenset({17})), read_entries(sources), path)
    assert (result["entries"], result["without_energy"]) == (4, 3)
    assert len(load_references(path)) == 1


def test_another_potential_is_not_mixed_in(sources, tmp_path):
    path = tmp_path / "toy.parquet"
    entries = read_entries(sources)
    compute_references(ToyPotential([]), entries, path)
    with pytest.raises(EnergyError, match="give another --out"):
        compute_references(replace(ToyPotential([]), version="2"), entries, path)


def test_sources_that_are_none(tmp_path):
    with pytest.raises(EnergyError, match="There is no"):
        read_entries([tmp_path / "nowhere.csv"])
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(EnergyError, match="no columns"):
        read_entries([tmp_path / "bad.csv"])
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(EnergyError, match="no table of elements"):
        read_entries([tmp_path / "bad.json"])

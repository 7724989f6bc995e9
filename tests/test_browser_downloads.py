"""Downloads in a real browser: every format is what its name says, for other programs as well."""

import json
import re
from pathlib import Path

import gemmi
import numpy as np
import pytest
from browsing import open_map, settled

from disgen.cif import read_cif
from disgen.export import crystal_from_json
from disgen.generation.sampling import crystals_of
from disgen.latent.fitted import fitted_estimator
from disgen.wyckoff import operations

pytestmark = pytest.mark.browser


def saved(page, key, folder):
    """Push a button of a widget's key; the path of what it hands out."""
    with page.expect_download() as waiting:
        page.locator(f".st-key-download_point{key} button").first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_downloaded_cif_is_the_crystal_for_other_programs(page, server, disordered, tmp_path):
    index, crystal = disordered
    open_map(page, server, f"point={index}")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CIF").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.name.endswith(f"_{crystal.space_group}_test-{index}.cif")
    assert read_cif(path.read_bytes()).formula == crystal.formula

    block = gemmi.cif.read(str(path)).sole_block()
    small = gemmi.make_small_structure_from_block(block)
    assert small.spacegroup.number == crystal.space_group
    listed = gemmi.GroupOps([gemmi.Op(row.str(0)) for row in block.find(["_space_group_symop_operation_xyz"])])
    assert gemmi.find_spacegroup_by_ops(listed).number == crystal.space_group
    assert len(list(listed)) == len(operations(crystal.space_group)[0])
    amounts = {}
    for site in small.get_all_unit_cell_sites():
        amounts[site.element.name] = amounts.get(site.element.name, 0.0) + site.occ
    assert amounts == pytest.approx(crystal.composition, abs=1e-3)

    from pymatgen.io.cif import CifParser

    parser = CifParser(str(path))
    structure = parser.parse_structures(primitive=False)[0]
    assert structure.composition.get_el_amt_dict() == pytest.approx(crystal.composition, abs=1e-3)
    (data,) = parser.as_dict().values()
    assert int(data["_space_group_IT_number"]) == crystal.space_group


def test_every_format_of_a_sample_is_what_its_name_says(page, server, run, tmp_path):
    z = fitted_estimator(run, "kde").sample(60, np.random.default_rng(5))
    crystals = crystals_of(run, z).crystals
    index, crystal = next(
        (number, found)
        for number, found in enumerate(crystals)
        if found is not None and any(len(site.occupancies) > 1 for site in found.sites) and found.n_positions < 40
    )
    open_map(page, server, f"set=kde&n=60&seed=5&of=kde&point={index}")
    page.get_by_text(f"Point {index} of 60 KDE samples").wait_for()
    cif = saved(page, "", tmp_path)
    stem = f"{crystal.formula}_{crystal.space_group}_kde-n60-seed5-{index}"
    assert cif.name == f"{stem}.cif"
    assert read_cif(cif.read_bytes()).formula == crystal.formula
    page.get_by_role("button", name="More formats").click()
    page.get_by_label("Cells along a").fill("2")
    page.get_by_label("Cells along a").press("Enter")
    settled(page)
    keys = ("_p1", "_json", "_pymatgen", "_ordered_cif", "_poscar", "_xyz")
    paths = {key: saved(page, key, tmp_path) for key in keys}
    assert [paths[key].name for key in keys[:3]] == [f"{stem}_P1.cif", f"{stem}.json", f"{stem}_pymatgen.json"]
    ordered = rf"{re.escape(stem)}_ordered-2x\dx\d-seed0"
    assert re.fullmatch(rf"{ordered}_POSCAR\.vasp", paths["_poscar"].name)
    assert re.fullmatch(rf"{ordered}\.cif", paths["_ordered_cif"].name)
    assert re.fullmatch(rf"{ordered}\.xyz", paths["_xyz"].name)
    opened_elsewhere(crystal, paths)


def opened_elsewhere(crystal, paths: dict[str, Path]):
    """What gemmi, pymatgen and ASE make of the files."""
    from ase.io import read
    from pymatgen.core import Structure

    small = gemmi.make_small_structure_from_block(gemmi.cif.read(str(paths["_p1"])).sole_block())
    assert small.spacegroup.number == 1
    amounts = {}
    for site in small.get_all_unit_cell_sites():
        amounts[site.element.name] = amounts.get(site.element.name, 0.0) + site.occ
    assert amounts == pytest.approx(crystal.composition, abs=1e-2)
    assert crystal_from_json(paths["_json"].read_text()).formula == crystal.formula
    average = Structure.from_dict(json.loads(paths["_pymatgen"].read_text()))
    assert not average.is_ordered
    assert average.composition.get_el_amt_dict() == pytest.approx(crystal.composition, abs=1e-2)
    assert "not the average structure" in paths["_poscar"].read_text().splitlines()[0]
    assert "not the average structure" in paths["_xyz"].read_text().splitlines()[1]
    structure, atoms = Structure.from_file(paths["_poscar"]), read(paths["_xyz"])
    assert structure.is_ordered
    assert Structure.from_file(paths["_ordered_cif"]).composition == structure.composition
    assert structure.composition.get_el_amt_dict() == dict(atoms.symbols.formula.count())
    assert set(atoms.symbols) <= set(crystal.elements)
    np.testing.assert_allclose(structure.lattice.abc, atoms.cell.lengths(), rtol=1e-6)
    np.testing.assert_allclose(structure.lattice.a, 2.0 * crystal.cell[0], rtol=1e-4)

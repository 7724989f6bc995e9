"""The dialog of a crystal's energy: what it says of what was found, and its work in the background."""

import csv
import io
import time

import numpy as np
import pytest
from ensemble_crystals import CUAU
from test_energies_glance import SALT, TOY

from disgen.energies.glance import Glance, drawn, glance
from disgen.energies.relax import Relaxation, Relaxed
from disgen.ui.base.jobs import JobState
from disgen.ui.crystal import energy
from disgen.ui.crystal.energy import energies_csv, energies_html, headline, start_energy

CELLS = tuple(drawn(CUAU, 3))
FOUND = Glance(
    "chgnet",
    "MP2020",
    CELLS,
    (
        Relaxation(Relaxed.RELAXED, 12, 1.0, -3.50, -3.52, 0.013),
        Relaxation(Relaxed.STEP_LIMIT, 40, 2.0, -3.50, -3.56, -0.021),
        Relaxation(Relaxed.EXPLODED, 3),
    ),
    np.array([0.012, -0.0284, np.nan]),
)


def test_the_best_decoration_is_told_first():
    assert headline(FOUND) == (
        "**Relaxation takes 0.060 eV an atom out of the best decoration**, 0.020 to 0.060 out of all 2. "
        "It then stands **28 meV an atom below** the hull of chgnet's reference crystals."
    )
    one = Glance("chgnet", "MP2020", CELLS[:1], FOUND.relaxations[:1], np.full(1, np.nan))
    assert headline(one) == (
        "**Relaxation takes 0.020 eV an atom out of it**. There are no reference energies for a hull of its elements."
    )
    none = Glance("chgnet", "MP2020", CELLS[2:], FOUND.relaxations[2:], FOUND.heights[2:])
    assert headline(none) == "**No energy**: exploded."


def test_every_decoration_has_its_row():
    text = energies_html(FOUND)
    assert text.count("<tr data-row") == 3
    assert "<b>1</b> (best)" in text
    assert "-2.1 %" in text
    assert "exploded" in text
    rows = list(csv.DictReader(io.StringIO(energies_csv(FOUND))))
    assert [row["end"] for row in rows] == ["relaxed", "step limit", "exploded"]
    assert float(rows[1]["taken_out_eV"]) == pytest.approx(0.06)
    assert rows[2]["relaxed_eV"] == rows[2]["above_hull_eV"] == ""
    assert {(row["calculator"], row["correction"]) for row in rows} == {("chgnet", "MP2020")}


def test_the_work_is_done_in_the_background_and_stops_when_asked(monkeypatch, tmp_path):
    def toy(cells, _, progress):
        return glance(cells, TOY, cache=tmp_path, references=(), progress=progress)

    monkeypatch.setattr(energy, "glance", toy)
    cells = drawn(SALT, 1)
    look = start_energy(SALT, cells).wait(60.0)
    assert look.state is JobState.FINISHED
    assert look.progress.done == 1
    assert len(look.progress.found) == 1

    def slow(cells, _, progress):
        while True:
            time.sleep(0.01)
            progress(0)

    monkeypatch.setattr(energy, "glance", slow)
    job = start_energy(SALT, cells)
    job.stop()
    assert job.wait(60.0).state is JobState.STOPPED
    assert job.look().progress.found is None

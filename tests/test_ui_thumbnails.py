"""Small pictures of crystals, and the tiles that hold them."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.drawing.contents import COLOURS
from disgen.generation.decoded import DecodedLatent
from disgen.generation.outcome import Outcome
from disgen.generation.screening import screen
from disgen.judge.verdict import Criterion, Entry, Verdict
from disgen.ui.crystal.thumbnails import SIZE, thumbnail_svg
from disgen.ui.data.points import Points
from disgen.ui.estimators.sample_grid import ROWS, chosen_samples, column_html, said_of, tile_html

CUBE = (5.14, 5.14, 5.14, 90.0, 90.0, 90.0)
METAL = WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Y", 0.25), ("Zr", 0.75)))
ZIRCONIA = WyckoffCrystal(225, CUBE, (METAL, WyckoffSite("c", 8, (0.25, 0.25, 0.25), (("O", 0.5),))))
SALT = WyckoffCrystal(
    225,
    CUBE,
    (
        WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)),
        WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),)),
    ),
)


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 (our own text)


def test_a_wedge_for_each_species_and_none_for_the_vacancy():
    pies = {group.get("id")[-1]: list(group) for group in parsed(thumbnail_svg(ZIRCONIA)).iter("g")}
    assert [part.get("fill") for part in pies["0"]] == [COLOURS["Zr"], COLOURS["Y"], "none"]
    assert [part.get("fill") for part in pies["1"]] == [COLOURS["O"], "none"]
    large, small = (part.get("d") for part in pies["0"][:2])
    assert " 0 1 1 " in large, "three quarters are more than half a turn"
    assert " 0 0 1 " in small


def test_a_full_site_is_one_disc():
    pies = list(parsed(thumbnail_svg(SALT)).iter("g"))
    assert [[part.tag for part in pie] for pie in pies] == [["circle", "circle"]] * 2
    assert pies[0][0].get("fill") == COLOURS["Na"]


def test_every_position_and_its_images_are_drawn_inside_the_picture():
    svg = parsed(thumbnail_svg(SALT))
    places = [(float(use.get("x")), float(use.get("y"))) for use in svg.iter("use")]
    assert len(places) == 14 + 13, "faces and corners of both sublattices"
    assert np.min(places) > 0
    assert np.max(places) < SIZE
    radii = {group.get("id"): float(group[0].get("r")) for group in svg.iter("g")}
    for use, place in zip(svg.iter("use"), places, strict=True):
        radius = radii[use.get("href")[1:]]
        assert min(place) - radius >= 0
        assert max(place) + radius <= SIZE
    assert svg.find("path").get("d").count("M") == 12


@pytest.mark.parametrize("cell", [(3.0, 3.0, 40.0, 90.0, 90.0, 120.0), (40.0, 3.0, 3.0, 60.0, 80.0, 70.0)])
def test_long_cells_fit(cell):
    crystal = WyckoffCrystal(1, cell, (WyckoffSite("a", 1, (0.1, 0.2, 0.3), (("Cs", 1.0),)),))
    numbers = [float(text) for text in re.findall(r"[ML](\d+\.\d)", thumbnail_svg(crystal))]
    assert 0 < min(numbers) < max(numbers) < SIZE


def test_two_crystals_on_a_page_do_not_share_pies():
    names = [{group.get("id") for group in parsed(thumbnail_svg(crystal)).iter("g")} for crystal in (SALT, ZIRCONIA)]
    assert not names[0] & names[1]


def test_those_who_do_not_see_it_are_told_the_formula():
    assert f'aria-label="{SALT.formula}"' in thumbnail_svg(SALT)
    assert 'aria-label="a &amp; b"' in thumbnail_svg(SALT, "a & b")


def decoded(crystal, outcome):
    (checks,) = screen([crystal])
    return DecodedLatent(crystal, outcome, symmetry_matched=True, checks=checks, z=np.zeros(4, np.float32))


SAMPLES = [
    decoded(ZIRCONIA, Outcome.TOO_CLOSE),
    decoded(None, Outcome.EMPTY),
    *(decoded(SALT, Outcome.OK) for _ in range(9)),
]
TABLE = pd.DataFrame({"outcome": [str(sample.outcome) for sample in SAMPLES]})
SET = Points("kde", "KDE", np.zeros((11, 4)), np.zeros((11, 2)), TABLE, tuple(SAMPLES))


GOOD = Verdict((Criterion("Distances", holds=True, why=""),), None, trained=False)
BAD = replace(GOOD, criteria=(Criterion("Distances", holds=False, why=""), Criterion("Mixtures", holds=False, why="")))
KNOWN = replace(GOOD, entry=Entry("test", "amcsd", "1"))


def judge(sample):
    return None if sample.crystal is None else GOOD if sample.crystal is SALT else BAD


def test_the_first_eight_samples_or_the_first_eight_credible_ones():
    assert ROWS == 8
    assert chosen_samples(SET, np.arange(11), judge, only_good=False) == list(range(8))
    assert chosen_samples(SET, np.arange(11), judge, only_good=True) == list(range(2, 10))
    assert chosen_samples(SET, np.array([0, 5, 9]), judge, only_good=False) == [0, 5, 9]
    assert chosen_samples(SET, np.array([0, 5, 9]), judge, only_good=True) == [5, 9]
    assert chosen_samples(SET, np.arange(11), lambda _: KNOWN, only_good=True) == []


def test_the_verdict_on_a_sample_in_a_few_words():
    again = decoded(SALT, Outcome.DUPLICATE)
    words = [said_of(sample, found)[0] for sample, found in [(again, GOOD), (SAMPLES[2], GOOD), (SAMPLES[2], KNOWN)]]
    assert words == ["credible, seen before", "credible, new", "known (test split)"]
    assert len({said_of(sample, found)[1] for sample, found in [(again, GOOD), (again, BAD), (again, KNOWN)]}) == 3


def test_a_tile_names_its_sample_and_says_what_became_of_it():
    tile = tile_html(SAMPLES[0], BAD, "kde", 0)
    assert 'data-sample="kde:0"' in tile
    assert "Zr" in tile
    assert "<sub>" in tile
    assert "not credible: distances, mixtures" in tile
    nothing = tile_html(SAMPLES[1], None, "kde", 1)
    assert "<svg" not in nothing
    assert "no crystal" in nothing
    assert "empty" in nothing


def test_a_column_without_tiles_says_so():
    assert "None of 11 samples." in column_html(SET, [], judge)
    assert column_html(SET, [0, 2], judge).count("<button") == 2

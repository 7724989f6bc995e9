"""The figure of the map: every point once, with its colour, and the same bytes for the same content."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scatter_reading import unpacked

from disgen.drawing.palettes import BACKGROUND_POINT, CATEGORIES, FAILED_POINT, PALE_BACKGROUND_POINT, SEQUENTIAL
from disgen.latent.projection import fit_map
from disgen.ui.base.outcome_groups import group_of
from disgen.ui.data.points import UNKNOWN, Points, crystal_systems
from disgen.ui.latent.colouring import COLOURINGS, colour, mixed, offered
from disgen.ui.map.figure import axis_titles, map_figure


def points(name, groups, outcome="ok"):
    groups = np.array(groups)
    n = len(groups)
    rng = np.random.default_rng(n)
    table = pd.DataFrame(
        {
            "formula": ["NaCl" if group else "no crystal" for group in groups],
            "space_group": groups,
            "crystal_system": crystal_systems(groups),
            "anions": ["halide" if group else UNKNOWN for group in groups],
            "metals": ["alkali" if group else UNKNOWN for group in groups],
            "n_elements": np.where(groups, 2, 0),
            "n_sites": np.where(groups, 3, 0),
            "disordered_sites": np.where(groups, 1, 0),
            "disorder": ["vacancy" if group else UNKNOWN for group in groups],
            "volume_per_atom": np.where(groups, 22.4, 0.0),
            "height": np.where(np.isin(groups, (225, 194)), 0.05, np.nan),
            "source": name,
            "h_missing": "complete",
            "uniform_vacancy": UNKNOWN,
            "outcome": [outcome if group else "empty" for group in groups],
        }
    )
    return Points(name, name, np.zeros((n, 4), np.float32), rng.normal(size=(n, 2)).astype(np.float32), table)


TEST = points("test", [62, 225, 14, 225, 2], "real crystal")
SAMPLES = points("kde", [62, 0, 194])


def read(figure):
    """What the browser reads."""
    return unpacked(figure.packed("open tsne", "A map"))


@pytest.mark.parametrize("colouring", COLOURINGS)
@pytest.mark.parametrize("samples", [None, SAMPLES])
def test_all_points_come_one_after_the_other(colouring, samples):
    head, xy, shades, groups, formulas = read(map_figure(TEST, samples, colouring))
    parts = [TEST, samples] if samples else [TEST]
    assert head["n"] == len(xy) == len(shades) == len(groups) == len(formulas) == sum(map(len, parts))
    assert sum(count for count, _ in head["sizes"]) == head["n"]
    assert np.allclose(xy, np.concatenate([part.xy for part in parts]), atol=1e-4)
    assert groups.tolist() == [group for part in parts for group in part.table["space_group"]]
    assert shades.max() < len(head["palette"])


@pytest.mark.parametrize("points_of", [points("test", [62]), points("test", [])])
def test_a_map_of_one_point_or_none_is_one(points_of):
    head, xy, *_ = read(map_figure(points_of, None, "crystal_system"))
    assert head["frame"][0] < head["frame"][1]
    assert np.allclose(xy, points_of.xy, atol=1e-4)


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_the_same_content_gives_the_same_bytes(colouring):
    one, other = (map_figure(TEST, SAMPLES, colouring).packed("open tsne", "A map") for _ in range(2))
    assert one == other
    assert one != map_figure(TEST, None, colouring).packed("open tsne", "A map")
    assert (int.from_bytes(one[:4], "little") + 4) % 4 == 0  # where 16-bit numbers begin


def colour_of(figure, row):
    return figure.palette[figure.shades[row]]


def test_a_crystal_system_has_one_colour_in_every_set_and_in_the_legend():
    alone = map_figure(TEST, None, "crystal_system")
    beside = map_figure(TEST, SAMPLES, "crystal_system")
    legend = dict(beside.legend.entries)
    assert set(legend) == {"orthorhombic", "hexagonal", "no crystal", "entries"}
    assert colour_of(alone, 0) == colour_of(beside, len(TEST)) == legend["orthorhombic"]
    assert colour_of(beside, len(TEST) + 1) == legend["no crystal"]
    assert len(set(legend.values())) == 4


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_the_entries_are_grey_behind_samples(colouring):
    figure = map_figure(TEST, SAMPLES, colouring)
    greys = {colour_of(figure, row) for row in range(len(TEST))}
    unknown = {PALE_BACKGROUND_POINT} if colouring == "height" else set()  # of the sample in Pnma
    assert greys == {PALE_BACKGROUND_POINT}
    assert PALE_BACKGROUND_POINT not in {colour_of(figure, len(TEST) + row) for row in (0, 2)} - unknown


def test_a_point_has_its_formula_and_space_group_or_the_reason():
    head, _, _, groups, formulas = read(map_figure(TEST, SAMPLES, "outcome"))
    assert (formulas[0], head["symbols"][groups[0]], groups[0]) == ("NaCl", "Pnma", 62)
    assert (formulas[len(TEST) + 1], groups[len(TEST) + 1]) == ("no crystal\tempty", 0)


@pytest.mark.parametrize("colouring", COLOURINGS)
def test_a_sample_without_a_crystal_stands_out(colouring):
    shade = colour_of(map_figure(TEST, SAMPLES, colouring), len(TEST) + 1)
    assert shade == (group_of("empty").colour if colouring == "outcome" else FAILED_POINT)


def test_more_numbers_than_a_byte_tells_apart_have_near_colours():
    table = points("test", [62] * 400).table.assign(volume_per_atom=np.linspace(6.0, 30.0, 400))
    many = Points("test", "test", np.zeros((400, 4)), np.zeros((400, 2)), table)
    figure = map_figure(many, None, "volume_per_atom")
    assert len(figure.palette) == 256
    assert [colour_of(figure, row) for row in (0, -1)] == [SEQUENTIAL[0], SEQUENTIAL[-1]]
    exact = colour(table, "volume_per_atom")
    for row in range(0, 400, 37):
        wanted, found = (
            np.array([int(shade[at : at + 2], 16) for at in (1, 3, 5)])
            for shade in (exact.shade(exact.numbers[row]), colour_of(figure, row))
        )
        assert np.abs(wanted - found).max() <= 2


def test_colours_between_the_stops_of_a_scale_are_mixed():
    assert mixed("#000000", "#ff0080", 0.25) == "#400020"


def test_many_sources_are_the_most_frequent_ones_and_others():
    table = points("test", [1] * 60).table
    table["source"] = [f"source {n * n // 60}" for n in range(60)]
    found = colour(table, "source")
    assert len(found.categories) == len(CATEGORIES)
    assert found.categories[-1][0] == "others"
    assert len({shade for _, shade in found.categories}) == len(CATEGORIES)


def test_only_colours_that_tell_points_apart_are_offered():
    assert offered(TEST.table) == ("crystal_system", "space_group", "height")
    assert "outcome" in offered(SAMPLES.table)
    assert offered(TEST.table.iloc[:1]) == ("crystal_system",)


def test_what_is_not_known_is_grey_and_counted_in_the_legend():
    figure = map_figure(TEST, None, "height")
    known = [colour_of(figure, row) != PALE_BACKGROUND_POINT for row in range(len(TEST))]
    assert known == [False, True, False, True, False]
    assert figure.legend.entries == (("unknown for 3, known for 2", PALE_BACKGROUND_POINT),)
    assert figure.formulas[:2] == ("NaCl", "NaCl\t0.050 eV/atom")


def test_a_volume_off_the_scale_has_its_last_colour():
    table = TEST.table.assign(volume_per_atom=[2.0, 6.0, 18.0, 30.0, 300.0])
    assert colour(table, "volume_per_atom").numbers.tolist() == [0.0, 0.0, 12.0, 24.0, 24.0]


def test_the_scale_of_numbers_is_written_in_whole_steps():
    legend = map_figure(TEST, SAMPLES, "n_sites").legend
    assert [text for _, text in legend.ticks] == [str(number) for number in range(1, 10)]
    assert (legend.ticks[0][0], legend.ticks[-1][0]) == (0.0, 1.0)
    assert legend.title == "Number of sites"
    assert [name for name, _ in legend.entries] == ["no crystal", "entries"]
    assert legend.bar == SEQUENTIAL
    assert [text for _, text in map_figure(TEST, None, "volume_per_atom").legend.ticks] == [
        "10",
        "15",
        "20",
        "25",
        "30",
    ]


def test_axes_of_a_pca_say_how_much_they_show():
    latents = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32) * (4, 2, 1, 1)
    found = fit_map(latents, "pca")
    titles = axis_titles(found)
    assert titles[0].startswith("Principal component 1: ")
    assert read(map_figure(TEST, None, "source", titles))[0]["titles"] == list(titles)
    assert axis_titles(fit_map(latents, "tsne")) == ("", "")


# From linear RGB to what a protanope, a deuteranope and a tritanope see (G. M. Machado et al., 2009).
EYES = {
    "normal": np.eye(3),
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(shade):
    values = np.array([int(shade[at : at + 2], 16) for at in (1, 3, 5)]) / 255.0
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0.0, 1.0) / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    return np.array([116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_categories_are_told_apart_by_all_eyes(eyes):
    places = [lab(np.array(EYES[eyes]) @ linear(shade)) for shade in (*CATEGORIES, BACKGROUND_POINT, FAILED_POINT)]
    assert min(np.linalg.norm(one - other) for one, other in combinations(places, 2)) >= 20.0


def test_colours_of_categories_are_seen_on_light_and_dark_pages():
    for page in ("#ffffff", "#12191b"):
        for shade in (*CATEGORIES, FAILED_POINT):
            light = sorted(float(np.dot((0.2126, 0.7152, 0.0722), linear(one))) for one in (page, shade))
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 1.75

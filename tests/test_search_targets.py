"""Targets: sentences for what cannot be, exact checks, losses that agree with them, and the way through JSON."""

import json
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from synthetic import random_crystals

from disgen.crystal import ELEMENTS, WyckoffCrystal, WyckoffSite
from disgen.model.scaler import LatticeScaler
from disgen.model.vae import Heads
from disgen.representation import Rows, encode
from disgen.search.soft import SoftCrystals
from disgen.search.targets import (
    TARGETS,
    AllowedElements,
    CellRange,
    CompositionRatio,
    CrystalSystems,
    DisorderedSites,
    ForbiddenElements,
    RequiredElements,
    SiteCount,
    SiteMix,
    SpaceGroups,
    TargetError,
    Targets,
    VolumePerAtom,
    target_from_dict,
)

SURE = 15.0
# Delafossite-like Na0.7(Fe0.5Mn0.5)O2, R-3m.
LAYERED = WyckoffCrystal(
    166,
    (2.95, 2.95, 16.5, 90.0, 90.0, 120.0),
    (
        WyckoffSite("a", 3, (0.0, 0.0, 0.0), (("Na", 0.7),)),
        WyckoffSite("b", 3, (0.0, 0.0, 0.5), (("Mn", 0.5), ("Fe", 0.5))),
        WyckoffSite("c", 6, (0.0, 0.0, 0.23), (("O", 1.0),)),
    ),
)

MET = (
    RequiredElements(("Na", "O")),
    AllowedElements(("Na", "Fe", "Mn", "O", "Co")),
    ForbiddenElements(("Co", "H")),
    SiteMix((("Fe", 0.5), ("Mn", 0.5))),
    SiteMix((("Na", 0.68), ("vacancy", 0.32))),
    SiteMix((("vacancy", 0.3),), 0.01),
    SiteMix((("O", 1.0),)),
    CompositionRatio((("Na", 0.7), ("O", 2.0))),
    CompositionRatio((("Fe", 1), ("Mn", 1)), 0.001),
    SpaceGroups((166,)),
    SpaceGroups(("Pnma", "R-3m")),
    CrystalSystems(("trigonal",)),
    DisorderedSites(2, 2),
    DisorderedSites(1, 3),
    SiteCount(3, 3),
    CellRange("a", 2.9, 3.0),
    CellRange("c", 16.0, 17.0),
    CellRange("gamma", 119.0, 121.0),
    VolumePerAtom(10.0, 12.0),
)
UNMET = (
    RequiredElements(("Na", "Co")),
    AllowedElements(("Na", "Fe", "O")),
    ForbiddenElements(("Mn",)),
    SiteMix((("Fe", 0.7), ("Mn", 0.3))),
    SiteMix((("Na", 0.9), ("vacancy", 0.1))),
    SiteMix((("Na", 1.0),), 0.2),
    SiteMix((("Mn", 0.5), ("Na", 0.5))),
    CompositionRatio((("Na", 1.0), ("O", 1.0))),
    CompositionRatio((("Na", 0.7), ("Co", 0.7)), 0.4),
    SpaceGroups((62, 63)),
    CrystalSystems(("cubic", "hexagonal")),
    DisorderedSites(0, 1),
    SiteCount(4, 9),
    CellRange("b", 3.0, 4.0),
    CellRange("gamma", 85.0, 95.0),
    VolumePerAtom(12.0, 20.0),
)

IMPOSSIBLE = (
    ([RequiredElements, ("Li", 101)], "no element '101'"),
    ([RequiredElements, ("Li", 0)], "no element '0'"),
    ([AllowedElements, ("Md",)], "no element 'Md'"),
    ([ForbiddenElements, ()], "list of forbidden elements is empty"),
    ([RequiredElements, ("Li",), 0.0], "least occupancy"),
    ([SpaceGroups, (231,)], "no space group 231"),
    ([SpaceGroups, (0,)], "no space group 0"),
    ([SpaceGroups, ("Pxyz",)], "no space group 'Pxyz'"),
    ([SpaceGroups, ()], "list of space groups is empty"),
    ([CrystalSystems, ("rhombic",)], "no crystal system 'rhombic'"),
    ([DisorderedSites, 10, 10], "cannot have 10 disordered sites"),
    ([DisorderedSites, 3, 1], "cannot have 3 to 1 disordered sites"),
    ([DisorderedSites, -1, 2], "cannot have -1 to 2"),
    ([DisorderedSites, 1.5, 2], "cannot have 1.5 to 2"),
    ([SiteCount, 0, 3], "from 1 to 9"),
    ([SiteCount, "many", "many"], "must be a number"),
    ([CellRange, "d", 3, 4], "no parameter 'd'"),
    ([CellRange, "a", 4, 3], "rising range"),
    ([CellRange, "a", -4, 3], "from 1 to 200"),
    ([CellRange, "alpha", 170, 190], "from 20 to 160"),
    ([VolumePerAtom, 0, 10], "from 1 to 1000"),
    ([VolumePerAtom, 5, float("inf")], "must be a number"),
    ([CompositionRatio, (("Na", 1),)], "at least two"),
    ([CompositionRatio, (("Na", 1), ("Fe", 0))], "above 0"),
    ([CompositionRatio, (("Na", 1), ("Na", 2))], "different elements"),
    ([SiteMix, (("Zn", 0.7), ("V", 0.7))], "adds up to 1.4"),
    ([SiteMix, (("Zn", 0.5), ("Zn", 0.5))], "different elements"),
    ([SiteMix, (("Zn", -0.5), ("V", 0.5))], "cannot be"),
    ([SiteMix, (("vacancy", 1.0),)], "a vacancy below 1"),
    ([SiteMix, ()], "got 0"),
    ([SiteMix, (("Zn", ""), ("V", 0.5))], "An occupancy must be a number"),
    ([SiteMix, tuple((symbol, 0.1) for symbol in ELEMENTS[:7])], "one to 6"),
    ([SiteMix, (("Zn", 0.5),), 0.9], "tolerance of 0.9"),
)

NINE = ("Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr")
CONTRADICTIONS = (
    ((), "no target"),
    ((RequiredElements(("Li",)), ForbiddenElements(("Li",))), "Li is required and forbidden"),
    ((RequiredElements(NINE), AllowedElements(("O", "F"))), "Li, Na, K, Rb, Cs, Be, Mg, Ca and Sr are wanted but not"),
    ((RequiredElements(("Li", "O")), AllowedElements(("Li",))), "O is required but not among the allowed"),
    ((SiteMix((("Zn", 0.5), ("V", 0.5))), AllowedElements(("Zn", "O"))), "V is part of the mix"),
    ((CompositionRatio((("Zn", 1), ("V", 1))), ForbiddenElements(("V",))), "V is part of the ratio and forbidden"),
    ((AllowedElements(("Zn",)), ForbiddenElements(("Zn",))), "No element is left"),
    ((AllowedElements(("Zn",)), AllowedElements(("O",))), "No element is left"),
    ((DisorderedSites(4, 4), SiteCount(1, 3)), "4 disordered sites among 3 sites"),
    ((DisorderedSites(1, 1), DisorderedSites(2, 3)), "No number of disordered sites"),
    ((SiteMix((("Zn", 0.5), ("V", 0.5))), DisorderedSites(0, 0)), "makes that site disordered"),
    ((RequiredElements(NINE), SiteCount(2, 2), DisorderedSites(0, 1)), "Not all of 9 required elements fit on 2 sites"),
    ((SpaceGroups((62,)), CrystalSystems(("cubic",))), "No space group is"),
    ((SpaceGroups((62,)), SpaceGroups((63, 64))), "No space group is"),
    ((CrystalSystems(("cubic",)), CellRange("alpha", 95, 100)), "No cubic cell"),
    ((SpaceGroups((225,)), CellRange("a", 3, 4), CellRange("c", 5, 6)), "No cubic cell"),
    ((SpaceGroups((194,)), CellRange("gamma", 85, 95)), "No hexagonal cell"),
    ((CellRange("a", 3, 4), CellRange("a", 5, 6)), "No value of a"),
    ((VolumePerAtom(5, 10), VolumePerAtom(8, 12), VolumePerAtom(11, 15)), "No volume per atom is in all ranges"),
    ((CompositionRatio((("Na", 1), ("Fe", 1))), CompositionRatio((("Fe", 3), ("Na", 1)))), "exclude each other"),
)


def is_sentence(text):
    return text[0].isupper() and text.endswith(".") and "\n" not in text and not re.search(r"\.\s", text)


@pytest.mark.parametrize(("made", "said"), IMPOSSIBLE)
def test_an_impossible_target_gets_its_sentence(made, said):
    kind, *values = made
    with pytest.raises(TargetError, match=re.escape(said)) as error:
        kind(*values)
    assert is_sentence(str(error.value))


@pytest.mark.parametrize(("items", "said"), CONTRADICTIONS)
def test_a_contradiction_gets_its_sentence(items, said):
    with pytest.raises(TargetError, match=re.escape(said)) as error:
        Targets(items)
    assert is_sentence(str(error.value))


def test_what_is_possible_is_accepted():
    Targets(MET)
    Targets((RequiredElements(NINE), AllowedElements(NINE)))
    Targets((SpaceGroups((15,)), CellRange("beta", 95, 100)))
    Targets((SpaceGroups((62, 225)), CellRange("a", 3, 4), CellRange("c", 5, 6)))
    Targets((SiteMix((("O", 1.0),)), DisorderedSites(0, 0)))
    Targets((RequiredElements(NINE[:6]), SiteCount(1, 1)))


@pytest.mark.parametrize("target", MET, ids=lambda target: target.text)
def test_met(target):
    assert target.is_met(LAYERED)


@pytest.mark.parametrize("target", UNMET, ids=lambda target: target.text)
def test_unmet(target):
    assert not target.is_met(LAYERED)


def test_traces_do_not_count_as_required():
    sites = (*LAYERED.sites[:2], WyckoffSite("c", 6, (0.0, 0.0, 0.23), (("O", 0.97), ("F", 0.03))))
    doped = WyckoffCrystal(166, LAYERED.cell, sites)
    assert not RequiredElements(("F",)).is_met(doped)
    assert RequiredElements(("F",), least=0.03).is_met(doped)
    assert not ForbiddenElements(("F",)).is_met(doped)


def test_the_ends_of_ranges_count():
    assert CellRange("a", 2.95, 3.5).is_met(LAYERED)
    assert CellRange("a", 2.5, 2.95).is_met(LAYERED)
    assert SiteMix((("Na", 0.65),), 0.05).is_met(LAYERED)


def test_names_are_understood():
    assert RequiredElements(("li", " O", 26, "LI")).elements == ("Li", "O", "Fe")
    assert SpaceGroups(("P n m a", "62", 225, "fm-3m", "P6_3/mmc", "R-3c")).numbers == (62, 167, 194, 225)
    assert CrystalSystems(("Cubic", "cubic")).systems == ("cubic",)
    assert DisorderedSites("1", "2") == DisorderedSites(1, 2)
    assert SiteMix((("zn", "0.5"), ("vacancy", 0.5))).shares == (("Zn", 0.5), ("vacancy", 0.5))


def test_texts():
    assert Targets(MET[:3]).text == "contains Na and O; nothing but Na, Fe, Mn, O and Co; no Co or H"
    assert SiteMix((("Zn", 0.5), ("V", 0.5))).text == "a site with Zn 0.5, V 0.5 (±0.05)"
    assert SpaceGroups((62, 166)).text == "space group 62 (Pnma) or 166 (R-3m)"
    assert [DisorderedSites(1, 1).text, DisorderedSites(0, 1).text, SiteCount(3, 3).text] == [
        "1 disordered site",
        "0 to 1 disordered site",
        "3 sites",
    ]
    assert CompositionRatio((("Na", 2), ("Fe", 1))).text == "Na:Fe = 2:1 (±0.05)"
    assert CellRange("gamma", 85, 95).text == "gamma from 85 to 95°"
    assert VolumePerAtom(10, 12).text == "10 to 12 Å³ per atom"


@pytest.mark.parametrize("target", [*MET, *UNMET], ids=lambda target: target.text)
def test_through_json(target):
    assert target_from_dict(json.loads(json.dumps(target.to_dict()))) == target


def test_sets_through_json():
    targets = Targets(MET)
    assert Targets.from_dict(json.loads(json.dumps(targets.to_dict()))) == targets
    assert {target.kind for target in targets} == set(TARGETS)


@pytest.mark.parametrize(
    "values",
    [
        {},
        [],
        None,
        [{"kind": "weight"}],
        ["sites"],
        [{"kind": "sites"}],
        [{"kind": "sites", "low": 1, "high": 2, "more": 3}],
        [{"kind": "ratio", "amounts": [["Na"], ["Fe", 1]]}],
        [{"kind": "space group", "numbers": 62}],
        [{"kind": "required elements", "elements": None}],
    ],
)
def test_wrong_json_is_refused(values):
    with pytest.raises(TargetError) as error:
        Targets.from_dict(values)
    assert is_sentence(str(error.value))


JSON = st.recursive(st.none() | st.booleans() | st.integers(-5, 300) | st.floats() | st.text(max_size=4), st.lists)


@given(st.sampled_from(sorted(TARGETS)), st.dictionaries(st.sampled_from(["low", "high", "shares", "numbers"]), JSON))
def test_any_json_is_understood_or_refused(kind, values):
    try:
        target_from_dict({"kind": kind, **values})
    except TargetError as error:
        assert str(error).endswith(".")  # noqa: PT017 (any sentence will do)


def sure_of(crystals, scaler):
    """Soft crystals of a decoder that is sure of these crystals."""
    a, c = (torch.from_numpy(array) for array in encode(crystals))
    heads = Heads(
        occupancy=a[:, :, Rows.OCCUPANCY].clamp(min=1e-6).log(),
        multiplicity=SURE * a[:, :, Rows.MULTIPLICITY],
        disordered=SURE * (2.0 * a[:, :, Rows.DISORDERED.start] - 1.0),
        coordinates=a[:, :, Rows.COORDINATES],
        letter=SURE * a[:, :, Rows.LETTER],
        lattice=scaler.transform(c[:, Rows.LATTICE]),
        space_group=SURE * c[:, Rows.SPACE_GROUP],
    )
    return SoftCrystals.read(heads, scaler, torch.zeros(101, 101))


SCALER = LatticeScaler((2.0, 2.0, 2.5, 90.0, 90.0, 100.0), (0.5, 0.5, 0.5, 5.0, 5.0, 15.0), log_lengths=True)


@pytest.mark.parametrize("target", MET, ids=lambda target: target.text)
def test_loss_is_small_where_a_target_is_met(target):
    assert -1e-6 <= float(target.loss(sure_of([LAYERED], SCALER))) < 0.35


@pytest.mark.parametrize("target", UNMET, ids=lambda target: target.text)
def test_loss_is_large_where_a_target_is_not_met(target):
    assert float(target.loss(sure_of([LAYERED], SCALER))) > 0.35


def test_losses_order_crystals_as_the_checks_do():
    """Over many crystals, those that meet a target have the lower losses."""
    crystals = [LAYERED, *random_crystals(300, seed=3)]
    soft = sure_of(crystals, SCALER)
    lengths = np.array([crystal.cell[0] for crystal in crystals])
    targets = (
        RequiredElements(("O",)),
        ForbiddenElements(ELEMENTS[:40]),
        AllowedElements(ELEMENTS[:95]),
        SpaceGroups(tuple(range(1, 75))),
        CrystalSystems(("cubic",)),
        DisorderedSites(2, 4),
        SiteCount(1, 4),
        CellRange("a", *np.quantile(lengths, [0.3, 0.6])),
        VolumePerAtom(10.0, 60.0),
    )
    for target in targets:
        met = np.array([target.is_met(crystal) for crystal in crystals])
        loss = target.loss(soft).numpy()
        assert loss.shape == met.shape
        assert 0 < met.sum() < len(met)
        assert np.quantile(loss[met], 0.9) < np.quantile(loss[~met], 0.1), target.text


def test_a_loss_does_not_depend_on_the_batch():
    crystals = [LAYERED, *random_crystals(20, seed=5)]
    together, alone = sure_of(crystals, SCALER), sure_of(crystals[:1], SCALER)
    for target in (*MET, *UNMET):
        assert target.loss(together)[:1] == pytest.approx(target.loss(alone), abs=1e-4)


KEYS = ["225|aNa0.50K0.50|bCl1.00"] * 90 + ["62|cFe0.70|aO0.90F0.10"] * 30 + ["1|aNa0.50Cl0.50"]

"""What the representation does not hold is known before a search."""

import numpy as np
import pytest

from disgen import wyckoff
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.representation import RepresentationError, SiteArrays
from disgen.search.limits import left_out_text, positions_left_out
from disgen.search.targets import CrystalSystems, RequiredElements, SpaceGroups, Targets


def test_garnets_oxygen_is_left_out():
    assert positions_left_out(230) == ("96h",)
    garnet = WyckoffSite("h", 96, (0.035, 0.045, 0.655), (("O", 1.0),))
    with pytest.raises(RepresentationError, match="multiplicity 96"):
        SiteArrays.from_crystals([WyckoffCrystal(230, (11.5, 11.5, 11.5, 90.0, 90.0, 90.0), (garnet,))])


def test_the_sentence_names_what_cannot_be_found():
    targets = Targets((RequiredElements(("Ca", "O")), SpaceGroups((62, 230))))
    assert left_out_text(targets) == (
        "The model holds sites of up to 50 positions: crystals with atoms on 96h of Ia-3d (230) cannot be found."
    )
    many = left_out_text(Targets((SpaceGroups(tuple(range(195, 231))),)))
    assert many.endswith("further groups cannot be found.")


def test_there_is_nothing_to_say_where_all_is_held():
    assert left_out_text(Targets((SpaceGroups((62, 194, 225 - 4)),))) == ""
    assert left_out_text(Targets((CrystalSystems(("cubic",)),))) == "", "no group is named"


def test_all_positions_of_each_group_are_counted():
    most = [max(wyckoff.tables().multiplicity_of[group]) for group in range(1, 231)]
    assert [bool(positions_left_out(group)) for group in range(1, 231)] == (np.array(most) > 50).tolist()

"""What targets say to the learned prior."""

from disgen.crystal import ATOMIC_NUMBER
from disgen.prior.language.wishes import Wishes
from disgen.search.targets import (
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
    Targets,
)
from disgen.search.wishes import named_elements, wishes_of


def numbers(*symbols):
    return frozenset(ATOMIC_NUMBER[symbol] for symbol in symbols)


def test_the_papers_first_case():
    targets = Targets((RequiredElements(("Li", "P", "O")), SpaceGroups((62,)), DisorderedSites(1, 1)))
    expected = Wishes(required=numbers("Li", "P", "O"), groups=frozenset({62}), disordered=frozenset({1}))
    assert wishes_of(targets) == expected


def test_mixtures_and_ratios_name_elements_and_make_sites_disordered():
    mix, ratio = SiteMix((("Na", 0.6), ("vacancy", 0.4))), CompositionRatio((("Na", 2), ("Fe", 1)))
    targets = Targets((mix, ratio))
    assert named_elements(targets) == {"Na", "Fe"}
    assert wishes_of(targets).required == numbers("Na", "Fe")
    assert wishes_of(targets).disordered == frozenset(range(1, 7))
    alone = Targets((SiteMix((("Na", 1.0),)),))
    assert wishes_of(alone).disordered is None, "a full site of one element is no mixture"


def test_elements_that_may_not_occur_are_not_allowed():
    allowed = wishes_of(Targets((AllowedElements(("Zn", "V", "O", "H")), ForbiddenElements(("H",))))).allowed
    assert allowed == numbers("Zn", "V", "O")
    without = wishes_of(Targets((ForbiddenElements(("H",)),))).allowed
    assert without == frozenset(range(2, 101))


def test_groups_and_numbers_are_what_all_targets_leave():
    targets = Targets(
        (SpaceGroups((12, 62, 225)), CrystalSystems(("orthorhombic", "cubic")), SiteCount(2, 5), SiteCount(4, 9))
    )
    wishes = wishes_of(targets)
    assert wishes.groups == {62, 225}
    assert wishes.sites == {4, 5}
    assert wishes.disordered is None


def test_what_no_sentence_can_announce_is_no_wish():
    assert wishes_of(Targets((DisorderedSites(8, 9),))).disordered is None
    assert wishes_of(Targets((DisorderedSites(5, 9),))).disordered == {5, 6}


def test_what_geometry_decides_is_no_wish():
    assert wishes_of(Targets((CellRange("a", 3.0, 5.0), SiteCount(1, 9), DisorderedSites(0, 9)))) == Wishes()

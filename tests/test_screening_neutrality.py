"""Charge neutrality against compositions whose verdict can be checked by hand, and against brute force."""

import time
from itertools import product

import numpy as np
import pytest
from pymatgen.core import Composition

from disgen.generation import neutrality as module
from disgen.generation.neutrality import MIXED_VALENCE_ELEMENTS, neutrality

ONE_STATE = """
NaCl KBr LiF CsI AgCl CuCl TlCl MgO CaO SrO BaO ZnO CdO NiO CoO MnO FeO CuO PbO SnO Fe2O3 Al2O3 Cr2O3 V2O3 Ti2O3
La2O3 Y2O3 In2O3 Ga2O3 Bi2O3 B2O3 TiO2 ZrO2 HfO2 SnO2 CeO2 ThO2 UO2 MnO2 SiO2 GeO2 RuO2 Nb2O5 Ta2O5 V2O5 P2O5 WO3
MoO3 ReO3 CrO3 UO3 Re2O7 OsO4 Cu2O Ag2O H2O H2O2 BaO2 FeS2 ZnS CdS PbS HgS MoS2 SnS2 As2S3 Sb2S3 Bi2Te3 CaF2 LaF3
UF4 WCl6 GaAs InP AlN BN SiC Si3N4 Mg3N2 Li3N CaC2 MgB2 PdH LiH CaH2 BaTiO3 SrTiO3 KNbO3 LiNbO3 LaAlO3 CaTiO3 KTaO3
MgAl2O4 ZnFe2O4 LiCoO2 LiFePO4 NaFePO4 Li4Ti5O12 Mg2SiO4 CaCO3 CaSO4 NaNO3 Na2SO4 K2Cr2O7 KMnO4 Ca5P3O12F
Ca10P6O26H2 KAlSi3O8 CaAl2Si2O8 Y3Al5O12 Al2SiO5 ZrSiO4 La2CuO4 Nd2CuO4 YBa2Cu3O6.5 Bi2Sr2CaCu2O8 Li7La3Zr2O12
"""

ONE_STATE_FRACTIONAL = """
Fe0.5Ni0.5O Mg0.9Fe0.1O Na0.5K0.5Cl Ca0.25Sr0.75F2 Na0.5Bi0.5TiO3 K0.5Bi0.5TiO3 Zr0.85Y0.15O1.925 Ce0.8Gd0.2O1.9
Zr0.9Ca0.1O1.9 Ba0.7Sr0.3TiO3 PbZr0.52Ti0.48O3 PbMg0.3333Nb0.6667O3 PbSc0.5Ta0.5O3 PbFe0.5Nb0.5O3 Ba3ZnNb2O9
BaZn0.333Nb0.667O3 Li0.5La0.5TiO3 Li0.333La0.557TiO3 Ga0.5In0.5As Al0.3Ga0.7N Zn0.7Cd0.3S ZnS0.4Se0.6 Fe1.2Cr0.8O3
Ni0.25Co0.25Cu0.25Zn0.25O Mg0.2Co0.2Ni0.2Cu0.2Zn0.2O La0.2Nd0.2Sm0.2Eu0.2Gd0.2F3 KCl0.37Br0.63
Na0.55Ca0.45Al1.45Si2.55O8
Ca0.9Na0.1Mg0.9Al0.1Si2O6 LiNi0.5Mn1.5O4 LiNi0.3333Mn0.3333Co0.3334O2 LiFe0.6Mn0.4PO4 SrTi0.5Zr0.5O3 Y2.9Ce0.1Al5O12
Sr0.9La0.1F2.1 Ba0.9La0.1F2.1 Ca0.85Y0.15F2.15 BaZr0.8Y0.2O2.9 La0.9Sr0.1Ga0.8Mg0.2O2.85 Li1.3Al0.3Ti1.7P3O12
Na3Zr2Si2PO12 Na3.2Zr2Si2.2P0.8O12 Li6.4La3Zr1.4Ta0.6O12 Li3.25Ge0.25P0.75S4 Li6PS5Cl0.5Br0.5 Cu0.5Zn0.5Fe2O4
"""

MIXED_ONLY = """
Li0.9CoO2 Li0.5CoO2 Li0.37NiO2 Li0.8Mn2O4 LiMn2O4 La1.85Sr0.15CuO4 La1.9Ba0.1CuO4 YBa2Cu3O6.9 YBa2Cu3O6.95
Bi2Sr2CaCu2O8.2 HgBa2CuO4.1 Tl2Ba2CuO6.2 SrFeO2.8 SrCoO2.7 Fe3O4 Mn3O4 Co3O4 Pb3O4 Pr6O11 Tb4O7 U3O8 Fe0.95O Mn0.98O
Ni0.99O CeO1.9 TiO1.9 VO1.95 Ti4O7 V6O13 WO2.9 Na0.3WO3 Na0.7CoO2 Na0.33V2O5 K0.3MoO3 Cu1.8S Cu1.95Se Fe7S8
Ba0.6K0.4BiO3 LaMnO3.15 LaNiO2.9 Li1.1Ti2O4 Eu3S4 Sm3S4 Fe0.5Cu1.5O1.4 Ce0.7Fe0.3O1.9 Sr2Fe1.5Mo0.5O5.9 KFe1.7Se2
Nb12O29 Li0.9NbO2
"""

# Neutral with one state each only by states that are rare but in the ICSD set: La 2+, Y 1+, Bi 4+, Sr 4+, O 1-, ….
ONE_STATE_BY_RARE_STATES = """
Nd1.85Ce0.15CuO4 YBa2Cu3O7 YBa2Cu4O8 La0.7Sr0.3MnO3 La0.67Ca0.33MnO3 Pr0.5Ca0.5MnO3 La0.8Sr0.2CoO3 La0.6Sr0.4FeO3
BaPb0.75Bi0.25O3 Sr1.9La0.1IrO4 La0.3Sr0.7TiO3 Zr0.85Ca0.15O2 SrAl2O5
"""

NOT_NEUTRAL = """
Na0.9Cl Na1.9O NaCl2 CaCl CaF2.1 MgO2.5 MgCl3 LiO2 KO2 K3O KCl1.5 Al2O2.9 AlCl4 Al0.9F3 SiO1.8 SiO2.2 Ca0.9O Ca1.1CO3
Li3O CsF0.9 Mg0.8F2 Na2SO3.1 Li0.9AlO2 LaB6 Na4Cl Ba2F3 Rb0.9I Cs3Cl2 K2MgCl5 Na3AlF5 LiAlF5 KMgF4 BaMgO3 Li2ZnO3
Na0.5Ca0.5Cl2 Na0.5Ca0.5F Ca0.9Na0.1F2
"""

ALLOYS = """
Fe Cu Si Se Cu3Au Nb3Sn Cu0.5Zn0.5 Ti0.2Zr0.2Hf0.2Nb0.2Ta0.2 LaNi5 Fe0.7Cr0.2Ni0.1 MgZn2 Al3Ti NbTi0.8
"""


def verdict(formula: str) -> tuple[bool, bool, bool]:
    found = neutrality(Composition(formula).get_el_amt_dict())
    return found.one_state, found.mixed_valence, found.alloy


@pytest.mark.parametrize("formula", (ONE_STATE + ONE_STATE_FRACTIONAL + ONE_STATE_BY_RARE_STATES).split())
def test_neutral_with_one_state_per_element(formula):
    assert verdict(formula) == (True, True, False)


@pytest.mark.parametrize("formula", MIXED_ONLY.split())
def test_neutral_with_mixed_valence_only(formula):
    assert verdict(formula) == (False, True, False)


@pytest.mark.parametrize("formula", NOT_NEUTRAL.split())
def test_not_neutral(formula):
    assert verdict(formula) == (False, False, False)


@pytest.mark.parametrize("formula", ALLOYS.split())
def test_alloys_and_elements_are_neutral_by_rule_and_marked(formula):
    assert verdict(formula) == (True, True, True)


def test_every_list_together_is_two_hundred_compositions_and_more():
    lists = (ONE_STATE, ONE_STATE_FRACTIONAL, ONE_STATE_BY_RARE_STATES, MIXED_ONLY, NOT_NEUTRAL, ALLOYS)
    assert len(set().union(*(text.split() for text in lists))) >= 200


@pytest.mark.parametrize(("formula", "factor"), [("La1.85Sr0.15CuO4", 2), ("Fe0.5Ni0.5O", 4), ("Li0.9CoO2", 3)])
def test_the_size_of_the_cell_does_not_matter(formula, factor):
    amounts = Composition(formula).get_el_amt_dict()
    assert neutrality(amounts) == neutrality({symbol: factor * amount for symbol, amount in amounts.items()})


def test_amounts_are_never_cut_to_integers():
    # smact's own screening turns Fe0.5Ni0.5O into O and judges that.
    assert verdict("Fe0.5Ni0.5O") == verdict("FeNiO2")


def test_rounding_to_three_decimals_is_forgiven_but_one_percent_of_a_dopant_is_not():
    assert verdict("BaMg0.333Ta0.667O3")[0]
    assert not verdict("BaAl0.99Mg0.01F5")[1]
    assert not verdict("Na0.99Cl")[1]


def test_both_readings_agree_with_brute_force():
    rng = np.random.default_rng(5)
    states = module.oxidation_states()
    symbols = [symbol for symbol, known in states.items() if known]
    seen = {True: 0, False: 0}
    for _ in range(300):
        chosen = [str(symbol) for symbol in rng.choice(symbols, size=rng.integers(2, 6), replace=False)]
        amounts = {symbol: float(rng.integers(1, 9)) * rng.choice([1.0, 0.25, 0.1]) for symbol in chosen}
        if set(chosen) <= module.metals():
            continue
        slack = 1e-3 * sum(amounts.values()) + 1e-9
        numbers = np.array(list(amounts.values()))
        charges = np.array(list(product(*(states[symbol] for symbol in chosen)))) @ numbers
        one_state = np.abs(charges).min() <= slack
        ranges = []
        for symbol in chosen:
            points = [(state, state) for state in states[symbol]]
            same = [[q for q in states[symbol] if q * sign > 0] for sign in (1, -1)]
            spans = [(min(part), max(part)) for part in same if part]
            ranges.append(spans if symbol in MIXED_VALENCE_ELEMENTS else points)
        mixed = any(
            sum(n * low for n, (low, _) in zip(amounts.values(), pick, strict=True)) <= slack
            and sum(n * high for n, (_, high) in zip(amounts.values(), pick, strict=True)) >= -slack
            for pick in product(*ranges)
        )
        found = neutrality(amounts)
        assert (found.one_state, found.mixed_valence, found.alloy) == (one_state, mixed, False), amounts
        seen[one_state] += 1
    assert min(seen.values()) > 30


def test_many_elements_at_once_are_no_trouble():
    metals = sorted(MIXED_VALENCE_ELEMENTS)[:12]
    crowd = {symbol: 0.1237 + 0.0101 * k for k, symbol in enumerate(metals)}
    crowd |= {"La": 0.3, "Y": 0.3, "Sr": 0.3, "Na": 0.3, "O": 5.0, "F": 0.3}
    start = time.process_time()
    assert neutrality(crowd).mixed_valence
    assert not neutrality(crowd | {"O": 50.0}).mixed_valence
    assert time.process_time() - start < 5.0


@pytest.mark.parametrize("composition", [{}, {"Na": 0.0}, {"Na": -1.0}, {"Na": np.nan}, {"Na": np.inf}])
def test_refuses_what_is_no_composition(composition):
    with pytest.raises(ValueError, match="at least one element"):
        neutrality(composition)


def test_refuses_unknown_elements():
    with pytest.raises(ValueError, match="'Xx'"):
        neutrality({"Xx": 1.0, "O": 1.0})


def test_compounds_of_elements_without_known_states_are_not_neutral():
    assert verdict("PmCl3") == (False, False, False)
    assert verdict("Ar2H2O") == (False, False, False)

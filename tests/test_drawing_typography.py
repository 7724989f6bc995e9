"""Written forms: formulas, space groups, what sits on a site."""

import pytest

from disgen.drawing.typography import formula_html, space_group_html, species_html


def test_species_are_written_with_subscripts():
    assert species_html((("Ni", 0.5), ("Fe", 0.3), ("□", 0.2))) == "Ni<sub>0.5</sub>Fe<sub>0.3</sub>□<sub>0.2</sub>"
    assert species_html((("O", 1.0),)) == "O"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("CuO", "CuO"),
        ("La1.85Sr0.15CuO4", "La<sub>1.85</sub>Sr<sub>0.15</sub>CuO<sub>4</sub>"),
        ("", ""),
        ("<b>O2</b>", "&lt;b&gt;O<sub>2</sub>&lt;/b&gt;"),
        (".5", ".<sub>5</sub>"),
    ],
)
def test_formulas_get_subscripts_and_nothing_else(formula, expected):
    assert formula_html(formula) == expected


def test_space_group_symbols_get_screw_axes_and_bars():
    assert space_group_html("P2_1/c") == "<i>P</i>2<sub>1</sub>/<i>c</i>"
    assert "overline" in space_group_html("Fm-3m")
    assert "<script" not in space_group_html("<script>")

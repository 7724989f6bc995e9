"""What a selection shares: counts, and what they are worth against chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from disgen.corpus.sharing import Share, column_shares, flag_shares, most_surprising

SYSTEMS = np.array(["cubic", "cubic", "trigonal", "cubic", "trigonal", "monoclinic"], dtype=object)
SELECTED = np.array([True, True, False, False, True, False])


def test_shares_of_a_column_are_counted():
    found = {share.name: share for share in column_shares("Crystal system", SYSTEMS, SELECTED)}
    assert set(found) == {"cubic", "trigonal"}
    assert found["cubic"] == Share("Crystal system", "cubic", 2, 3, 3, 6)
    assert found["cubic"].of_selected == pytest.approx(2 / 3)
    assert found["cubic"].of_all == 0.5


def test_shares_of_elements_are_counted():
    flags = np.array([[1, 0], [1, 1], [0, 1], [1, 0], [0, 0], [0, 1]], dtype=bool)
    found = flag_shares("Element", ["O", "Li"], flags, SELECTED)
    assert found == (Share("Element", "O", 2, 3, 3, 6), Share("Element", "Li", 1, 3, 3, 6))


def test_the_surprise_is_that_of_a_hypergeometric_draw():
    share = Share("Element", "O", 4, 5, 10, 50)
    # Five of fifty, ten of which have the feature: mean 1, variance 5 · 0.2 · 0.8 · 45 / 49.
    assert share.surprise == pytest.approx((4 - 1.0) / (5 * 0.2 * 0.8 * 45 / 49) ** 0.5)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), min_size=1, max_size=60))
def test_counts_add_up_and_the_whole_surprises_nobody(rows):
    values, picked = np.array([value for value, _ in rows]), np.array([one for _, one in rows])
    if picked.any():
        found = column_shares("letter", values, picked)
        assert sum(share.inside for share in found) == picked.sum()
        assert all(np.isfinite(share.surprise) for share in found)
    for share in column_shares("letter", values, np.ones(len(rows), dtype=bool)):
        assert share.surprise == 0.0
        assert share.of_selected == share.of_all


def test_the_most_surprising_come_first_and_rarer_ones_not_at_all():
    found = (Share("", "rare", 3, 5, 3, 50), Share("", "usual", 5, 5, 45, 50), Share("", "less", 1, 5, 25, 50))
    assert [share.name for share in most_surprising(found, 8)] == ["rare", "usual"]
    assert [share.name for share in most_surprising(found, 1)] == ["rare"]


def test_an_empty_selection_is_refused():
    with pytest.raises(ValueError, match="Nothing is selected"):
        column_shares("x", SYSTEMS, np.zeros(6, dtype=bool))

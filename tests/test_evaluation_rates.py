"""Wilson's interval against scipy's, and rates with all that belongs to them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from disgen.evaluation.rates import rates, wilson


@given(st.integers(1, 30_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_is_scipys(trial):
    hits, n = trial
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_interval_ends_where_shares_end():
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0
    assert 0.0 < wilson(7, 7)[0] < 1.0
    assert wilson(0, 0) is None


def test_rates_state_their_denominators():
    found = rates({"legal": 3, "valid": 0}, {"legal": 4, "valid": 0, "unused": 9})
    assert (found["legal"], found["valid"]) == (0.75, None)
    assert found["counts"] == {"legal": 3, "valid": 0}
    assert found["denominators"] == {"legal": 4, "valid": 0}
    assert found["intervals"] == {"legal": list(wilson(3, 4)), "valid": None}
    assert json.loads(json.dumps(found)) == found

"""Times in words."""

import pytest

from disgen.ui.base.durations import roughly


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (59.4, "59 s"), (150.0, "2 min"), (3599.0, "60 min"), (5400.0, "1.5 h")]
)
def test_time_is_told_in_round_numbers(seconds, text):
    assert roughly(seconds) == text

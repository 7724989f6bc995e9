"""The learning rate over a training."""

import pytest
from test_model_train import make_config

from disgen.model.training.schedule import learning_rate


def test_learning_rate_schedule():
    config = make_config(learning_rate=1.0, warmup=0.1, final_learning_rate=0.1).training
    assert learning_rate(0.05, config) == pytest.approx(0.5)
    assert learning_rate(0.1, config) == pytest.approx(1.0)
    assert learning_rate(1.0, config) == pytest.approx(0.1)
    assert 0.0 < learning_rate(0.0, config) < 0.01
    assert learning_rate(0.7, make_config(schedule="constant", learning_rate=0.3).training) == 0.3

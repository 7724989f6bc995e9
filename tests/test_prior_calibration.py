"""The share of disordered crystals among samples is that of the data."""

import numpy as np
import pytest
import torch

from disgen.prior.calibration import calibrate
from disgen.prior.language import LanguageModel, LanguageSettings
from disgen.prior.parameters import element_volumes
from disgen.prior.sampling import draw_within_reach
from disgen.prior.templates import Templates


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_samples_get_the_share_that_is_asked_for(minerals, share):
    torch.manual_seed(0)
    language = LanguageModel(LanguageSettings(32, 1, 2)).eval().requires_grad_(requires_grad=False)
    templates = Templates.of(minerals, element_volumes(minerals))
    found = calibrate(language, templates, share, np.inf, np.random.default_rng(0), samples=400)
    drawn, _ = draw_within_reach(language, templates, 400, np.random.default_rng(1), reach=np.inf, most=1)
    got = np.mean([crystal.disordered_sites > 0 for crystal in drawn.crystals])
    assert got == pytest.approx(share, abs=0.08)
    assert abs(found[0] - share) > abs(got - share), "random weights have another share"

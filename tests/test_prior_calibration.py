"""The share of disordered crystals among samples is that of the data."""

import numpy as np
import pytest
import torch

from disgen.prior.calibration import calibrate
from disgen.prior.language import LanguageModel, LanguageSettings
from disgen.prior.parameters import element_volumes
from disgen.prior.sampling import draw_within_reach
from disgen.prior.templates import Templates


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_samples_get_the_share_that_is_asked_for(minerals, share):
    torch.manual_seed(0)
    language = LanguageModel(LanguageSettings(32, 1, 2)).eval().requires_grad_(requires_grad=False)
    templates = Templates.of(minerals, element_volumes(minerals))
    kept, before = calibrate(language, templates, share, np.inf, np.random.default_rng(0), samples=600)
    assert before > share + 0.1, "random weights have more disorder"
    assert 0.0 < kept < 1.0
    rng = np.random.default_rng(1)
    drawn, _ = draw_within_reach(language, templates, 600, rng, reach=np.inf, most=1, disordered=kept)
    found = np.mean([crystal.disordered_sites > 0 for crystal in drawn.crystals])
    assert found == pytest.approx(share, abs=0.12), "few were ordered before"


def test_more_disorder_than_there_is_cannot_be_asked_for(minerals):
    torch.manual_seed(0)
    language = LanguageModel(LanguageSettings(32, 1, 2)).eval().requires_grad_(requires_grad=False)
    templates = Templates.of(minerals[:50], element_volumes(minerals))
    assert calibrate(language, templates, 0.99, np.inf, np.random.default_rng(0), samples=50)[0] == 1.0

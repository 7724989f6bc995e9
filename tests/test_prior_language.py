"""The language model's probabilities."""

import numpy as np
import pytest
import torch

from disgen.prior.language.network import LanguageModel, LanguageSettings, as_tensors, legal, legal_letters
from disgen.prior.language.tokens import Role, Token, sentences
from disgen.prior.transformer import Cache

SMALL = LanguageSettings(width=32, depth=2, heads=2, dropout=0.0)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return LanguageModel(SMALL).eval()


@pytest.fixture(scope="module")
def said(minerals):
    return as_tensors(sentences(minerals[:80])[0])


def test_the_future_has_no_part_in_the_present(model, said):
    with torch.inference_mode():
        before, _ = model.losses(said)
        hidden = model.hidden(said)
        changed = {name: values.clone() for name, values in said.items()}
        changed["token"][:, 10:] = Token.CLOSE
        assert torch.allclose(model.hidden(changed)[:, :10], hidden[:, :10], atol=1e-5)
    assert torch.isfinite(before).all()


def test_what_is_remembered_is_what_would_be_computed_anew(model, said):
    memory, places = Cache(), range(said["token"].shape[1])
    with torch.inference_mode():
        one_by_one = ({name: values[:, [place]] for name, values in said.items()} for place in places)
        parts = [model.hidden(columns, memory) for columns in one_by_one]
        assert torch.allclose(torch.cat(parts, dim=1), model.hidden(said), atol=1e-4)


def test_padding_costs_nothing(model, said):
    with torch.inference_mode():
        whole, each = model.losses(said)
        longer = {name: torch.nn.functional.pad(values, (0, 5)) for name, values in said.items()}
        assert torch.allclose(model.losses(longer)[0], whole, atol=1e-4)
    assert (each[said["token"][:, 1:] == Token.PAD] == 0.0).all()


def test_only_tokens_of_the_role_are_legal_and_letters_of_the_group(said, minerals):
    may = legal(said)
    for index in range(10):
        for place in np.flatnonzero(said["role"][index] == Role.LETTER):
            letters = torch.nonzero(may[index, place]).ravel() - Token.LETTER
            assert letters.tolist() == np.flatnonzero(legal_letters()[minerals[index].space_group]).tolist()
    at = said["token"] != Token.PAD
    assert may.gather(2, said["token"][..., None])[at].all(), "what was said was legal"


def test_it_learns(minerals):
    torch.manual_seed(1)
    model, said = LanguageModel(SMALL), as_tensors(sentences(minerals[:16])[0])
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = model.losses(said)[0].mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0]

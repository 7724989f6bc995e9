"""What is stored for Figs. 9 to 11: counts against plain loops, files, and the commands that write them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from disgen import wyckoff
from disgen.corpus.errors import CorpusError
from disgen.evaluation.figures import FILE, Figures, FiguresError, compare, load_figures, roc_curve
from disgen.evaluation.run import load_corpus_summary
from disgen.model.output import DecoderOutput
from disgen.representation import Rows, SiteArrays


@pytest.fixture(scope="module")
def truth(minerals):
    return SiteArrays.from_crystals(minerals[:120])


@pytest.fixture(scope="module")
def output(truth):
    rng = np.random.default_rng(0)
    n = len(truth)
    a, c = truth.dense()
    return DecoderOutput(
        occupancy=rng.dirichlet(np.full(101, 0.02), size=(n, 9)).astype(np.float32),
        multiplicity=(a[:, :, Rows.MULTIPLICITY] + rng.random((n, 9, 51))).astype(np.float32),
        disordered=(a[:, :, 152] + rng.normal(size=(n, 9))).astype(np.float32),
        coordinates=(truth.coordinates + rng.normal(scale=0.4, size=(n, 9, 3))).astype(np.float32),
        letter=(a[:, :, Rows.LETTER] + rng.random((n, 9, 27))).astype(np.float32),
        lattice=c[:, Rows.LATTICE] + 0.5,
        space_group=(c[:, Rows.SPACE_GROUP] + rng.random((n, 230))).astype(np.float32),
    )


@pytest.fixture(scope="module")
def figures(truth, output):
    return compare(truth, output, np.arange(len(truth)))


def test_confusions_agree_with_plain_loops(truth, output, figures):
    letters, multiplicities = np.zeros((2, 27, 27)), np.zeros((2, 51, 51))
    for i, j in np.argwhere(truth.real):
        kind = int(truth.disordered[i, j])
        letters[kind, truth.letter[i, j], output.letter[i, j].argmax()] += 1
        multiplicities[kind, truth.multiplicity[i, j], output.multiplicity[i, j].argmax()] += 1
    np.testing.assert_array_equal(figures.letters, letters)
    np.testing.assert_array_equal(figures.multiplicities, multiplicities)
    groups = {}
    for one, other in zip(truth.space_group, output.space_group.argmax(axis=1) + 1, strict=True):
        groups[int(one), int(other)] = groups.get((int(one), int(other)), 0) + 1
    assert {(first, second): count for first, second, count in figures.space_groups.tolist()} == groups


def test_histograms_agree_with_plain_loops(truth, output, figures):
    a, _ = truth.dense()
    coordinates, occupancies = np.zeros((2, 100, 100)), np.zeros((2, 100, 100))
    for i, j in np.argwhere(truth.real):
        kind = int(truth.disordered[i, j])
        for k in range(3):
            found = output.coordinates[i, j, k] % np.float32(1.0)
            coordinates[kind, min(int(truth.coordinates[i, j, k] * 100), 99), min(int(found * 100), 99)] += 1
        for species in range(101):
            share, found = a[i, j, species], output.occupancy[i, j, species]
            if share > 0 or found >= 0.01:
                occupancies[kind, min(int(share * 100), 99), min(int(found * 100), 99)] += 1
    assert np.abs(figures.coordinates - coordinates).sum() <= 4  # float32 at the edge of a bin
    assert figures.coordinates.sum() == coordinates.sum()
    assert np.abs(figures.occupancies - occupancies).sum() <= 4
    assert figures.occupancies.sum() == occupancies.sum()


def test_demanded_multiplicities_agree_with_plain_loops(output, figures):
    expected = {}
    for i in range(len(output)):
        group = int(output.space_group[i].argmax()) + 1
        for j in range(9):
            letter = int(output.letter[i, j].argmax())
            if letter:
                pair = int(wyckoff.tables().multiplicity_of[group, letter]), int(output.multiplicity[i, j].argmax())
                expected[pair] = expected.get(pair, 0) + 1
    assert {(first, second): count for first, second, count in figures.demanded.tolist()} == expected


def test_the_roc_curve_is_the_textbook_one(truth, output, figures):
    label, score = truth.disordered[truth.real], output.disordered[truth.real]
    assert figures.roc_area[0] == pytest.approx(roc_auc_score(label, score), abs=1e-6)
    assert len(figures.roc) <= 300
    assert np.trapezoid(figures.roc[:, 1], figures.roc[:, 0]) == pytest.approx(figures.roc_area[0], abs=0.01)
    np.testing.assert_array_equal(figures.roc[[0, -1]], [[0, 0], [1, 1]])
    for false, true in figures.roc[::37]:
        closest = min(
            abs((score[label] >= t).mean() - true) + abs((score[~label] >= t).mean() - false)
            for t in np.append(score, np.inf)
        )
        assert closest < 1e-6
    curve, area = roc_curve(score, np.zeros_like(label))
    assert curve.shape == (0, 2)
    assert np.isnan(area)


def test_figures_come_back_from_their_file(figures, tmp_path):
    assert load_figures(tmp_path) is None
    figures.save(tmp_path)
    found = load_figures(tmp_path)
    for name in Figures.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(found, name), getattr(figures, name))
    assert (tmp_path / FILE).stat().st_size < 1_000_000


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 100])
def test_a_damaged_file_is_one_sentence(content, tmp_path):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(FiguresError, match="evaluate --store"):
        load_figures(tmp_path)
    (tmp_path / "corpus.json").write_bytes(content)
    with pytest.raises(CorpusError, match="evaluate --store"):
        load_corpus_summary(tmp_path)


def test_figures_of_other_shapes_are_refused(figures, tmp_path):
    Figures(**{**vars(figures), "letters": figures.letters[:, :5]}).save(tmp_path)
    with pytest.raises(FiguresError, match="damaged"):
        load_figures(tmp_path)

"""What is left of a command that a signal ends at the worst moment, and that the same command then goes on."""

import csv
import shutil
import signal
from pathlib import Path

import pytest
from commanded import Commands, nothing_is_left

from disgen.corpus import amcsd, load_corpus
from disgen.evaluation.comparison import load_comparison
from disgen.latent.fitted import fitted_estimator
from disgen.model.checkpoint import load_run

CONFIG = """
[model]
filters = 2
latent = 6

[training]
epochs = 2
batch_size = 32
threads = 1
checkpoint_minutes = 0.00001
"""
ENTRIES = 90
OLD = '{"old": true}'
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at Linux's list of processes")


@pytest.fixture(scope="module")
def commands():
    made = Commands()
    yield made
    made.close()


@pytest.fixture(scope="module")
def place(commands, tmp_path_factory):
    """A folder with CIFs, a corpus of them, and a run that was trained on it in peace."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "cifs").mkdir()
    for number, (code, text) in enumerate(amcsd.cifs()):
        if number >= ENTRIES:
            break
        (folder / "cifs" / f"{code}.cif").write_text(text)
    (folder / "tiny.toml").write_text(CONFIG)
    for arguments in (build("corpus"), train("run")):
        _, status = commands.run(arguments, folder)
        assert status == 0, (folder / "said.txt").read_text()
    return folder


def build(out):
    return ["corpus", "build", "--source", "cifs", "--out", out, "--workers", "2"]


def train(out):
    return ["train", "--corpus", "corpus", "--config", "tiny.toml", "--out", out, "--json"]


@pytest.fixture
def copy(place, tmp_path):
    return Path(shutil.copytree(place, tmp_path / "copy"))


def struck(commands, arguments, folder, moment, number):
    """Do a command that is struck at a moment: it ends as it should, and with all its processes."""
    leader, status = commands.run(arguments, folder, moment, number)
    assert status == (-number if number == signal.SIGKILL else 128 + number), (folder / "said.txt").read_text()
    nothing_is_left(leader)


def goes_on(commands, arguments, folder):
    leader, status = commands.run(arguments, folder)
    assert status == 0, (folder / "said.txt").read_text()
    nothing_is_left(leader)


def moments(first, *others, signals=(signal.SIGINT,)):
    """Some signals at the first moment, and the one that cannot be heard at all moments, one after the other."""
    cases = [*((number, [first]) for number in signals), (signal.SIGKILL, [first, *others])]
    return pytest.mark.parametrize(("number", "at"), cases, ids=[number.name for number, _ in cases])


# All commands hear SIGTERM as they hear SIGINT, in one place: one of them is enough to see that.
@moments(
    "disgen.corpus.workers:islice#3", "disgen.corpus.storage:replace_folder", signals=(signal.SIGINT, signal.SIGTERM)
)
def test_a_build_leaves_the_old_corpus(number, at, commands, copy):
    before = load_corpus(copy / "corpus").fingerprint
    for path in sorted((copy / "cifs").iterdir())[: ENTRIES // 2]:
        path.unlink()
    for moment in at:
        struck(commands, build("corpus"), copy, moment, number)
        assert load_corpus(copy / "corpus").fingerprint == before
    goes_on(commands, build("corpus"), copy)
    assert load_corpus(copy / "corpus").fingerprint != before


@moments("training.safetensors#2", "config.json", "tsne.json")
def test_a_training_ends_as_one_left_in_peace(number, at, commands, copy, place):
    for moment in at:
        struck(commands, train("again"), copy, moment, number)
        assert (copy / "again" / "config.json").exists() == (moment == "tsne.json")
    goes_on(commands, train("again"), copy)
    ours, peace = load_run(copy / "again"), load_run(place / "run")
    assert {path.name for path in ours.path.rglob("*")} == {path.name for path in peace.path.rglob("*")}
    assert (ours.path / "weights.safetensors").read_bytes() == (peace.path / "weights.safetensors").read_bytes()
    assert len(ours.history) == len(peace.history) == 2


@moments("geometry.training.safetensors", "prior.json")
def test_a_prior_is_whole_or_not_there(number, at, commands, copy):
    arguments = ["prior", "--run", "run", "--corpus", "corpus", "--work", "work"]
    arguments += ["--language-steps", "1", "--geometry-steps", "1"]
    estimators = copy / "run" / "estimators"
    for moment in at:
        struck(commands, arguments, copy, moment, number)
        assert not (estimators / "prior.json").exists()
    if number != signal.SIGKILL:  # the whole of it takes a while, and once is enough
        arguments += ["--only", "geometry"]
    goes_on(commands, arguments, copy)
    assert (copy / "work" / "geometry.training.safetensors").exists()
    assert not list(copy.rglob("*.part"))
    if number == signal.SIGKILL:
        assert fitted_estimator(load_run(copy / "run"), "prior").draws >= 1


@moments("disgen.evaluation.comparison:row", "comparison.json")
def test_a_comparison_leaves_the_old_figures(number, at, commands, copy):
    arguments = ["compare", "--run", "run", "--store", "--estimators", "gaussian", "-n", "20"]
    arguments += ["--decoding", "exact", "--no-polish", "--workers"]
    (copy / "run" / "comparison.json").write_text(OLD)
    for moment in at:
        struck(commands, [*arguments, "1" if moment == "comparison.json" else "2"], copy, moment, number)
        assert (copy / "run" / "comparison.json").read_text() == OLD
    goes_on(commands, [*arguments, "1"], copy)
    assert load_comparison(copy / "run")["n"] == 20


@moments("disgen.cif:write_cif#3", "manifest.csv")
def test_samples_are_all_there_or_not_listed(number, at, commands, small_run, tmp_path):
    arguments = ["sample", "--run", str(small_run), "--estimator", "gaussian", "-n", "8", "--out", "out"]
    out = tmp_path / "out"
    for moment in at:
        struck(commands, arguments, tmp_path, moment, number)
        assert not (out / "manifest.csv").exists()
        assert list(out.glob("*.cif")) == [] or moment == "manifest.csv"
    goes_on(commands, [*arguments, "--seed", "1"], tmp_path)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with (out / "manifest.csv").open() as lines:
        listed = {row["file"] for row in csv.DictReader(lines)} - {""}
    assert listed
    assert listed | {"manifest.csv"} == set(before)
    struck(commands, arguments, tmp_path, at[0], number)
    assert before == {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}

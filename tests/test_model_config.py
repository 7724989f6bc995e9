"""Training configurations."""

from pathlib import Path

import pytest

from disgen.model.config import Config, ConfigError, LossWeights, load_config

CONFIGS = sorted((Path(__file__).parent.parent / "configs").glob("*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_load(path):
    config = load_config(path)
    assert config.name == path.stem
    assert Config.from_dict(config.to_dict()) == config


def test_defaults_are_table_4_and_the_papers_losses():
    weights = LossWeights()
    assert (weights.kl, weights.space_group, weights.lattice, weights.occupancy) == (1.0, 10.0, 3.0, 2000.0)
    assert (weights.multiplicity, weights.letter, weights.disordered, weights.coordinates) == (1.0, 1.0, 0.1, 1.0)
    config = Config()
    assert (config.loss.occupancy, config.loss.lattice, config.loss.kl) == ("mse", "mae", "mean")
    assert (config.model.filters, config.model.latent) == (64, 256)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[model]\nfilter = 3", "unknown key model.filter"),
        ("colour = 1", "unknown key colour"),
        ("[loss.weights]\nkl = 'much'", "loss.weights.kl must be of type float"),
        ("[model]\nfilters = 1.5", "model.filters must be of type int"),
        ("[model]\nfilters = true", "model.filters must be of type int"),
        ("[loss]\noccupancy = 'mae'", "loss.occupancy must be one of mse, cross_entropy"),
        ("[training]\nbatch_size = 1", "training.batch_size must be at least 2"),
        ("[training]\nlearning_rate = nan", "training.learning_rate"),
        ("[augment]\nskeletons = 1.5", "augment.skeletons must be from 0 to 1"),
        ("model = 3", "model must be a table"),
        ("[model", "not valid TOML"),
    ],
)
def test_mistakes_are_named(tmp_path, text, reason):
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=reason) as error:
        load_config(file)
    assert str(error.value).endswith(".")


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_config(tmp_path / "none.toml")


def test_whole_numbers_pass_as_floats(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text("[training]\nlearning_rate = 1\nhours = 2")
    assert load_config(file).training.learning_rate == 1.0

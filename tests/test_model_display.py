"""What is shown while a model trains."""

import io
import logging

import pytest

from disgen.model.training.display import Display, duration, summary, table
from disgen.model.training.metrics import METRICS
from disgen.model.training.validation import LOSS_NAMES

LOSSES = {f"{split}_{name}": 1.5 for split in ("train", "validation") for name in LOSS_NAMES}
ROW = {"epoch": 12, "seconds": 3.0, "learning_rate": 1e-3} | LOSSES | dict.fromkeys(METRICS, 0.25)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_table_shows_every_loss_and_accuracy_in_a_narrow_terminal():
    lines = table(ROW)
    assert max(map(len, lines)) < 80
    for name in LOSS_NAMES:
        assert sum(line.startswith(name.replace("_", " ") + " ") for line in lines) == 1
    assert sum(line.count("1.5000") for line in lines) == len(LOSSES)
    assert sum(line.count(" 25.00 %") for line in lines) == 4
    assert sum(line.count(" 0.2500") for line in lines) == 4


def test_an_empty_validation_split_shows_as_such():
    row = {name: value for name, value in ROW.items() if name not in METRICS and not name.startswith("validation")}
    assert "nan" in table(row)[1]
    assert "1.5 train, nan validation" in summary(row, 0.5, 60.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(29.0, "0 min left"), (5940.0, "99 min left"), (9000.0, "2.5 h left"), (float("nan"), "")]
)
def test_time_left(seconds, text):
    assert duration(seconds) == text


def test_a_log_file_gets_a_line_an_epoch(caplog, monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with caplog.at_level(logging.INFO), Display(show=True) as display:
        display.step(0.1)
        display.epoch(ROW, 0.25, 720.0)
    (line,) = caplog.messages
    assert line.startswith("epoch 12, 25%, 12 min left; loss 1.5 train")
    assert all(name.replace("_", " ") in line for name in LOSS_NAMES[1:])


def test_a_terminal_gets_bar_and_table(caplog, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with caplog.at_level(logging.INFO), Display(show=True) as display:
        display.step(0.5)
        display.epoch(ROW, 1.25, 0.0)
    shown = terminal.getvalue()
    assert not caplog.messages
    assert "epoch 12 100%" in shown
    assert all(line in shown for line in table(ROW))


def test_nothing_is_shown_if_not_wanted(caplog, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with caplog.at_level(logging.INFO), Display(show=False) as display:
        display.step(0.5)
        display.epoch(ROW, 0.5, 60.0)
    assert terminal.getvalue() == ""
    assert not caplog.messages

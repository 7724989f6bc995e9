"""Uploaded files of a session: taken, read in the background, chosen, cleared."""

import gc
import threading
import time

import pytest

from disgen.cif.isolated import IsolatedReading
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.ui.upload import batch as upload_state
from disgen.ui.upload.batch import MOST_HELD, UploadBatch, choose, clear, look, refused, take, wait

CRYSTAL = WyckoffCrystal(
    221, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0), (WyckoffSite("a", 1, (0.0, 0.0, 0.0), (("Fe", 1.0),)),)
)


def reader(content):
    """Good files begin with "good", too large ones with "p1"; others are none."""
    if content.startswith(b"boom"):
        raise RuntimeError
    if content.startswith(b"good"):
        return IsolatedReading(CRYSTAL)
    return IsolatedReading(CRYSTAL, "It has P1.") if content.startswith(b"p1") else IsolatedReading(None, "No CIF.")


def settled(state):
    end = time.monotonic() + 10.0
    while look(state).goes_on and time.monotonic() < end:
        time.sleep(0.01)
    return look(state).rows


def test_every_file_gets_its_answer_and_the_first_that_fits_is_shown():
    state = {}
    take(state, [("a.cif", b"bad"), ("b.cif", b"p1"), ("c.cif", b"good"), ("d.cif", b"boom")], reader)
    found = settled(state)
    assert [row.name for row in found] == ["a.cif", "b.cif", "c.cif", "d.cif"]
    assert [row.fits for row in found] == [False, False, True, False]
    assert found[3].reading.problem.startswith("Reading failed")
    assert look(state).chosen.number == 2
    choose(state, 1)
    assert look(state).chosen.reading.problem == "It has P1."


def test_a_second_upload_is_added_and_shown():
    state = {}
    take(state, [("a.cif", b"good")], reader)
    settled(state)
    before = upload_state.revision(state)
    take(state, [("b.cif", b"bad")], reader)
    assert [row.name for row in settled(state)] == ["a.cif", "b.cif"]
    assert look(state).chosen.name == "b.cif"
    assert upload_state.revision(state) > before


def test_nothing_is_shown_before_it_is_read_and_others_are_not_waited_for():
    go_on = threading.Event()

    def slow(content):
        if content == b"slow":
            go_on.wait(10.0)
        return reader(content)

    state = {}
    take(state, [("a.cif", b"good"), ("b.cif", b"slow")], slow)
    wait(state, 10.0)
    assert look(state).goes_on
    assert look(state).chosen.name == "a.cif"
    choose(state, 1)
    assert look(state).chosen.reading is None
    go_on.set()
    settled(state)
    assert look(state).chosen.reading.problem == "No CIF."


def test_nobody_waits_longer_than_a_while_after_the_upload(monkeypatch):
    go_on = threading.Event()
    state = {}
    take(state, [("a.cif", b"good")], lambda _: go_on.wait(10.0))
    wait(state, 0.05)
    monkeypatch.setattr(upload_state.time, "sleep", lambda _: pytest.fail("It waits again."))
    wait(state, 0.05)
    go_on.set()


def test_what_is_not_taken_is_said_until_the_next_upload():
    state = {}
    take(state, [("a.cif", b"good")], reader)
    take(state, [("x.zip", b"nonsense")], reader)
    assert refused(state) == "x.zip is no zip, or a damaged one: pack the CIFs anew."
    assert len(settled(state)) == 1
    take(state, [("b.cif", b"good")], reader)
    assert refused(state) == ""
    for _ in range(MOST_HELD // 100):
        take(state, [("c.cif", b"good")] * 100, reader)
    assert "clear them first" in refused(state)
    assert len(look(state).rows) <= MOST_HELD


def test_the_bytes_of_a_session_are_bounded(monkeypatch):
    monkeypatch.setattr(upload_state, "MOST_BYTES", 1_000_000)
    state = {}
    take(state, [("a.cif", b"good" * 200_000)], reader)
    take(state, [("b.cif", b"good" * 100_000)], reader)
    assert refused(state) == (
        "There are 1 files here already, and 300 files or 1 MB of them at most: clear them first, or take fewer."
    )
    assert [row.name for row in settled(state)] == ["a.cif"]
    clear(state)
    take(state, [("b.cif", b"good" * 100_000)], reader)
    assert [row.name for row in settled(state)] == ["b.cif"]


def test_an_upload_that_is_told_twice_is_taken_once():
    state = {}
    for identity in ("one", "one", "two"):
        take(state, [("a.cif", b"good")], reader, identity=identity)
    assert len(settled(state)) == 2


def test_clearing_forgets_all_and_reads_no_further():
    seen = []
    start, go_on = threading.Event(), threading.Event()

    def slow(content):
        seen.append(content)
        start.set()
        go_on.wait(10.0)
        return IsolatedReading(CRYSTAL)

    state = {}
    take(state, [("a.cif", b"1"), ("b.cif", b"2")], slow)
    assert start.wait(10.0)
    batch = state["_upload_batches"][0]
    clear(state)
    go_on.set()
    assert look(state).rows == ()
    assert look(state).chosen is None
    assert batch.readings[1] is None
    time.sleep(0.1)
    assert seen == [b"1"]


def test_a_batch_that_nobody_holds_any_more_ends():
    batch = UploadBatch((), reader)
    reporter = batch._job._reporter
    del batch
    gc.collect()
    assert reporter.stopping


def test_a_crystal_is_taken_as_it_is():
    state = {}
    upload_state.take_crystal(state, CRYSTAL, "example")
    settled(state)
    assert look(state).chosen.reading == IsolatedReading(CRYSTAL)


@pytest.mark.parametrize("number", [-0, 5])
def test_a_number_that_is_not_there_chooses_nothing(number):
    state = {}
    choose(state, number)
    assert look(state).chosen is None

"""A page whose server breaks under it, by a full disk, a dead process or a damaged run, says so and then goes on."""

import errno
import os
import shutil
import signal
from pathlib import Path

import pytest
import test_page_ensembles
from test_page_ensembles import computed, said, toy
from test_pages import app
from test_ui_upload import DATA, upload, viewer

from disgen.cif import isolated

__all__ = ["toy", "viewer"]  # fixtures
pytestmark = pytest.mark.usefixtures("no_network")


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_ends_a_computation_with_a_sentence(toy, monkeypatch):
    test = test_page_ensembles.app(cells="6", cell="1", second="")
    with monkeypatch.context() as patched:
        patched.setattr("disgen.energies.cache.RelaxationCache.add", full)
        computed(test)
        assert "because the server's disk is full" in said(test)
    computed(test)
    assert "disk is full" not in said(test)
    assert "6 of 6 in 1×1×1 cells" in said(test)


def test_a_dead_process_costs_one_file(viewer, monkeypatch):
    start = isolated.subprocess.Popen

    def killed(*arguments, **options):
        process = start(*arguments, **options)
        process.send_signal(signal.SIGKILL)
        return process

    content = (DATA / "lsco.cif").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(isolated.subprocess, "Popen", killed)
        test = upload(viewer, ("first.cif", content))
        shown = "\n".join(str(one.value) for kind in (test.error, test.warning) for one in kind)
        assert "Reading broke down" in shown
    test = upload(test, ("second.cif", content))
    assert "data-formula" in "\n".join(str(one.value) for one in test.markdown)


def test_a_run_that_is_damaged_under_a_page_is_a_sentence_until_it_is_whole(tmp_path, monkeypatch, small_run):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path))
    folder = Path(shutil.copytree(small_run, tmp_path / "models" / "mine"))
    whole = (folder / "weights.safetensors").read_bytes()
    test = app(run="mine")
    assert test.selectbox(key="run").value == "mine"
    (folder / "weights.safetensors").write_bytes(whole[: len(whole) // 2])
    test.run()
    assert not test.exception
    assert test.selectbox(key="run").value == "open"
    assert "The run 'mine' is left out. " in test.selectbox(key="run").help
    (folder / "weights.safetensors").write_bytes(whole)
    assert app(run="mine").selectbox(key="run").value == "mine"

"""Whatever comes in, a result or a sentence comes out: mutated files, archives, run folders, links and command lines.

2,000 inputs here; 100,000 with ``make nightly``, or so many times 2,000 as DISGEN_FUZZ says (docs/reliability.md has
what they found).
"""

import contextlib
import io
import itertools
import json
import logging
import os
import re
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disgen.cif.bundle import BundleError, cif_files
from disgen.cif.isolated import read_together
from disgen.cli import main
from disgen.corpus.errors import CorpusError
from disgen.corpus.sources import open_source
from disgen.crystal import WyckoffCrystal, WyckoffSite
from disgen.model.run_files import RunError, read_files
from disgen.ui.base import urlstate
from disgen.ui.crystal import tray_archive
from disgen.ui.crystal.tray import Item, Origin

DATA = Path(__file__).parent / "data"
CIFS = [path.read_bytes() for path in sorted(DATA.glob("*.cif"))]
TOGETHER = 25  # CIFs that one process reads
NIGHTLY = int(os.environ.get("DISGEN_FUZZ", "50"))  # times as many inputs
TIMES = pytest.mark.parametrize("times", [1, pytest.param(NIGHTLY, marks=pytest.mark.nightly)])
WORDS = st.sampled_from(
    [b"loop_", b"data_", b";", b"'", b'"', b"\n", b"\0", b"?", b".", b"nan", b"inf", b"-1", b"1e999", b"1/0",
     b"9" * 5000, b"x,y,z", b"_atom_site_label", b"_cell_length_a", b"#", b"\xff\xfe", b"\xc3", b"<script>",
     b"(3)", b"0.5000001"]
)  # fmt: skip


@st.composite
def mutated(draw, originals):
    """One of some contents with a few of its bytes, lines or words changed."""
    content = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        piece = draw(
            st.one_of(
                st.just(b""),
                WORDS,
                st.binary(max_size=8),
                st.just(content[start:end] * 3),
                st.sampled_from(content.split(b"\n")),
            )
        )
        content = content[:start] + piece + content[end:]
    return content


def tried(strategy, n, check):
    """Check so many inputs; the same ones every time."""
    count = itertools.count()

    def counted(value):
        next(count)
        check(value)

    every = settings(max_examples=n, suppress_health_check=list(HealthCheck), database=None)
    try:
        every(given(strategy)(counted))()
    finally:
        logging.getLogger(__name__).info("%d inputs of %d", next(count), n)


def must_be_sentence(error):
    assert is_sentence(str(error))


def is_sentence(text):
    return bool(text) and "\n" not in text and len(text) < 1000 and "Traceback" not in text


@TIMES
def test_mutated_cifs(times):
    def check(files):
        for found in read_together(files, seconds=60.0):
            assert found.crystal is not None or is_sentence(found.problem)
            assert "broke down" not in found.problem
            assert "stopped" not in found.problem

    tried(st.lists(mutated(CIFS), min_size=TOGETHER, max_size=TOGETHER), 32 * times, check)


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


NAMES = st.one_of(
    st.sampled_from(
        ["a.cif", "../a.cif", "/etc/a.cif", "C:\\a.cif", "a/../../b.cif", "a.zip", "=1.cif", "<b>.cif", ".cif"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20),
)
FILES = st.dictionaries(NAMES, st.sampled_from([*CIFS, b"", b"\0" * 1000]), min_size=1, max_size=5)


@TIMES
def test_archives_that_are_handed_over(times):
    def check(content):
        try:
            found = cif_files([("some.zip", content)])
        except BundleError as error:
            must_be_sentence(error)
            return
        for file in found:
            assert file.content or is_sentence(file.problem) or not file.problem
            assert not re.search(r"[/\\\n]", file.name)

    packed = FILES.map(zipped)
    tried(st.one_of(packed, packed.flatmap(lambda content: mutated([content]))), 400 * times, check)


@TIMES
def test_archives_of_a_corpus(times, tmp_path):
    def tarred(files):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return packed.getvalue()

    def check(content):
        path = tmp_path / "source"
        path.write_bytes(content)
        try:
            source = open_source(str(path))
            source.count()
            entries = list(source.entries())
        except CorpusError as error:
            must_be_sentence(error)
        else:
            assert all(isinstance(entry.text, str) for entry in entries)

    packed = st.one_of(FILES.map(zipped), FILES.map(tarred))
    tried(st.one_of(packed, packed.flatmap(lambda content: mutated([content]))), 250 * times, check)


SALT = WyckoffCrystal(
    225,
    (5.64, 5.64, 5.64, 90.0, 90.0, 90.0),
    (WyckoffSite("a", 4, (0.0, 0.0, 0.0), (("Na", 1.0),)), WyckoffSite("b", 4, (0.5, 0.5, 0.5), (("Cl", 1.0),))),
)
TRAY = tray_archive.pack([Item(SALT, Origin("open", "kde-seed1-1", "kde", 1), "salt", "a note")], [None])


@TIMES
def test_zips_of_the_tray(times):
    with zipfile.ZipFile(io.BytesIO(TRAY)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    changed = st.sampled_from(sorted(files)).flatmap(
        lambda name: mutated([files[name]]).map(lambda content: zipped(files | {name: content}))
    )

    def check(content):
        try:
            found = tray_archive.unpack(content)
        except tray_archive.ArchiveError as error:
            must_be_sentence(error)
        else:
            assert all(isinstance(item.crystal, WyckoffCrystal) for item in found)

    tried(st.one_of(changed, mutated([TRAY])), 50 * times, check)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@TIMES
def test_run_folders(times, small_run, tmp_path):
    folder = Path(shutil.copytree(small_run, tmp_path / "foreign"))
    names = ["config.json", "scaler.json", "metrics.json", "history.csv"]
    sound = {name: (folder / name).read_bytes() for name in names}

    def keys(value):
        yield from value
        for inner in value.values():
            if isinstance(inner, dict):
                yield from keys(inner)

    def replaced(value, key, new):
        return {k: new if k == key else replaced(v, key, new) if isinstance(v, dict) else v for k, v in value.items()}

    config = json.loads(sound["config.json"])
    swapped = st.tuples(st.sampled_from(sorted(set(keys(config)))), JSON).map(
        lambda pair: ("config.json", json.dumps(replaced(config, *pair)).encode())
    )
    damaged = st.sampled_from(names).flatmap(lambda name: mutated([sound[name]]).map(lambda content: (name, content)))

    def check(change):
        name, content = change
        (folder / name).write_bytes(content)
        try:
            read_files(folder)
        except RunError as error:
            must_be_sentence(error)
        finally:
            (folder / name).write_bytes(sound[name])

    tried(st.one_of(swapped, damaged), 100 * times, check)


PARAMETERS = {
    "choice": urlstate.Choice(("kde", "gmm")),
    "whole": urlstate.Whole(None, 0, 100),
    "decimal": urlstate.Decimal(1.0, 0.1, 4.0),
    "switch": urlstate.Switch(),
    "text": urlstate.Text(20),
    "several": urlstate.Several(("Li", "Na", 3)),
    "span": urlstate.Span(1, 9),
}


@TIMES
def test_links(times):
    values = st.one_of(
        st.text(max_size=30), st.sampled_from(["1,2", "9,1", "kde", "1e9", "٣", "-0", "yes", "Li,3", "٩" * 9])
    )

    def check(params):
        found = urlstate.read(params, PARAMETERS)
        again = urlstate.read(urlstate.written(found, PARAMETERS), PARAMETERS)
        assert all(again[name] == found[name] for name in again)
        assert all(name in again or value == PARAMETERS[name].default for name, value in found.items())

    tried(st.dictionaries(st.sampled_from(sorted(PARAMETERS)), values), 300 * times, check)


@TIMES
def test_command_lines(times, tmp_path, monkeypatch, capsys):
    """No command gets as far as its work: run and corpus are nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path))
    commands = st.sampled_from(
        [
            ["sample", "--run", "nowhere", "--out", "x"],
            ["compare", "--run", "nowhere"],
            ["condition", "--run", "nowhere"],
            ["train", "--corpus", "nowhere", "--config", "nowhere", "--out", "x"],
            ["encode", "--run", "nowhere", str(tmp_path / "none.cif")],
            ["corpus", "stats", "nowhere"],
            ["evaluate", "--run", "nowhere"],
        ]
    )
    options = st.sampled_from(
        ["-n", "--seed", "--temperature", "--workers", "--elements", "--space-group", "--steps", "--max-minutes",
         "--json", "--estimator", "--volume-per-atom", "--sites", "--ratio", "--decoding"]
    )  # fmt: skip
    values = st.one_of(
        st.text(max_size=12).filter(lambda text: "\0" not in text), st.integers().map(str), st.floats().map(str)
    )
    words = st.lists(st.one_of(options, st.tuples(options, values)), max_size=4)

    def check(line):
        command, more = line
        flat = [word for part in more for word in ([part] if isinstance(part, str) else part)]
        with contextlib.suppress(SystemExit):
            assert main([*command, *flat]) == 1
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        if said.out and "--json" in flat:
            assert "error" in json.loads(said.out) or said.out.startswith("usage")

    tried(st.tuples(commands, words), 100 * times, check)
    assert not list(tmp_path.iterdir())

"""Where 3Dmol.js comes from, with a pretended npm and no network."""

import hashlib
import io
import json
import os
import stat
import sys
import tarfile

import pytest

from disgen import threedmol
from disgen.threedmol import ScriptError, ScriptSource

GOOD = b"/* 3Dmol 2.5.5 */" + b" " * 200_000


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.setenv("DISGEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(threedmol, "version", lambda: "2.5.5")
    monkeypatch.setattr(threedmol, "_KNOWN", {"2.5.5": hashlib.sha256(GOOD).hexdigest()})
    monkeypatch.setattr(threedmol, "_answers", lambda url: pytest.fail(f"asked {url}"))
    (tmp_path / "bin").mkdir()


def package(content=GOOD, name="package/build/3Dmol-min.js"):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


CORRUPT = package()[:60] + b"\xff" * 60 + package()[120:]


def pretend_npm(tmp_path, body):
    npm = tmp_path / "bin" / "npm"
    npm.write_text(f"#!{sys.executable}\nimport sys, json, pathlib, time\n{body}\n")
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)


def delivering(tmp_path, content):
    (tmp_path / "3dmol.tgz").write_bytes(content)
    pretend_npm(
        tmp_path,
        "assert sys.argv[1:3] == ['pack', '3dmol@2.5.5'], sys.argv\n"
        "folder = pathlib.Path(sys.argv[sys.argv.index('--pack-destination') + 1])\n"
        f"(folder / 'x.tgz').write_bytes(pathlib.Path({str(tmp_path / '3dmol.tgz')!r}).read_bytes())\n"
        "sys.stdout.write(json.dumps([{'filename': 'x.tgz'}]))",
    )


def test_without_npm_and_copy_the_cdn_is_asked(monkeypatch):
    monkeypatch.setattr(threedmol, "_answers", lambda _: True)
    script = threedmol.obtain()
    assert script.source is ScriptSource.CDN
    assert script.tag == f'<script src="{threedmol.cdn_url()}" crossorigin="anonymous"></script>'
    assert "npm is not installed" in script.message
    assert "cdn.jsdelivr.net" in script.message


def test_if_nothing_answers_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(threedmol, "_answers", lambda _: False)
    script = threedmol.obtain()
    assert script.source is ScriptSource.UNREACHABLE
    assert str(threedmol.folder()) in script.message


def test_npm_fetches_it_once(tmp_path):
    delivering(tmp_path, package())
    script = threedmol.obtain()
    assert script.source is ScriptSource.LOCAL
    assert script.path == tmp_path / "home" / "3dmol-2.5.5" / "3Dmol-min.js"
    assert script.path.read_bytes() == GOOD
    assert script.message == ""
    assert script.tag == f"<script>{GOOD.decode()}</script>"
    assert [file.name for file in script.path.parent.iterdir()] == ["3Dmol-min.js"]
    (tmp_path / "bin" / "npm").unlink()
    assert threedmol.obtain() == script


@pytest.mark.parametrize(
    "content",
    [package(GOOD + b"x"), package(name="package/other.js"), b"no archive", package(GOOD)[:100], CORRUPT],
    ids=["another script", "another file", "no archive", "half of it", "corrupt"],
)
def test_what_is_not_the_script_is_not_kept(tmp_path, content):
    delivering(tmp_path, content)
    with pytest.raises(ScriptError, match="3dmol"):
        threedmol.fetch()
    assert not (threedmol.folder() / "3Dmol-min.js").exists()
    assert threedmol.obtain(probe=False).source is ScriptSource.CDN


@pytest.mark.parametrize("body", ["sys.exit(1)", "print('no json')", "print('[]')", "print(json.dumps([{}]))"])
def test_a_failing_npm_is_one_sentence(tmp_path, body):
    pretend_npm(tmp_path, body)
    with pytest.raises(ScriptError, match=r"npm could not fetch the package 3dmol\."):
        threedmol.fetch()


def test_a_hanging_npm_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(threedmol, "FETCH_TIMEOUT", 0.3)
    pretend_npm(tmp_path, "time.sleep(20)")
    with pytest.raises(ScriptError, match=r"within 0\.3 s"):
        threedmol.fetch()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    delivering(tmp_path, package())
    (tmp_path / "home").mkdir(mode=0o500)
    with pytest.raises(ScriptError, match="cannot be written"):
        threedmol.fetch()


def test_a_damaged_copy_is_not_used():
    path = threedmol.folder() / "3Dmol-min.js"
    path.parent.mkdir(parents=True)
    path.write_bytes(GOOD[:-1])
    assert threedmol.local() is None
    path.write_bytes(GOOD)
    assert threedmol.local().path == path


def test_an_unknown_version_is_judged_by_its_look(monkeypatch):
    monkeypatch.setattr(threedmol, "_KNOWN", {})
    threedmol.verify(GOOD)
    for bad in (GOOD[:1000], GOOD.replace(b"3Dmol", b"other"), GOOD.replace(b"2.5.5", b"2.5.4"), GOOD + b"</SCRIPT>"):
        with pytest.raises(ScriptError):
            threedmol.verify(bad)


def test_the_folder_follows_the_platform_without_disgen_home(monkeypatch):
    monkeypatch.delenv("DISGEN_HOME")
    assert threedmol.folder().name == "3dmol-2.5.5"
    assert "disgen" in str(threedmol.folder().parent)


def test_the_version_is_that_of_py3dmol():
    import py3Dmol

    assert json.dumps(threedmol.installed_version("py3Dmol")) == json.dumps(py3Dmol.__version__)

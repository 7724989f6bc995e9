"""Pages of the documentation that are made when it is built: one for each package, and those that lie elsewhere."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "Model card": ("model_card.md", "assets/models/open/README.md"),
    "Contributing": ("contributing.md", "CONTRIBUTING.md"),
    "Changes": ("changes.md", "CHANGELOG.md"),
}


def modules() -> list[str]:
    """Packages and modules right below ``disgen``, but for the app's and the commands' code, which nobody imports."""
    paths = [path.parent for path in (ROOT / "disgen").glob("*/__init__.py")]
    paths += (ROOT / "disgen").glob("[a-z]*.py")
    return sorted(path.stem for path in paths if path.name not in {"cli", "ui"})


def about(module: str) -> str:
    """First line of a module's docstring."""
    path = ROOT / "disgen" / module
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").split("\n", 1)[0]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages that are made into the navigation."""
    config.nav[-1]["Work on it"] += [{title: uri} for title, (uri, _) in ELSEWHERE.items()]
    reference = [{f"disgen.{module}": f"reference/{module}.md"} for module in modules()]
    config.nav.append({"Reference": [{"Overview": "reference/index.md"}, *reference]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Make them."""
    for uri, source in ELSEWHERE.values():
        text = (ROOT / source).read_text(encoding="utf-8").replace("](docs/", "](")  # links from the root
        files.append(File.generated(config, uri, content=text))
    rows = [f"| [`disgen.{module}`]({module}.md) | {about(module)} |" for module in modules()]
    index = "\n".join(["# Reference", "", "| | |", "|---|---|", *rows, ""])
    files.append(File.generated(config, "reference/index.md", content=index))
    for module in modules():
        files.append(File.generated(config, f"reference/{module}.md", content=f"::: disgen.{module}\n"))
    return files

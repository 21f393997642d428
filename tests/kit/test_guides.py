"""Guides run from top to bottom, generated documents are up to date, the site can be built."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from command_line import run_blocks
from customs_baselines.experiments.markdown_tables import put_table
from customs_data.edition.generating import read_blueprint
from customs_data.edition.manifest import FORMAT_VERSION, PARTS_VERSION
from customs_data.tasks import is_built_in, task_names
from customs_kit.make_reference import FACTS, command_reference, practice_facts, walk_commands

ROOT = Path(__file__).parents[2]


def test_the_reference_of_commands_is_up_to_date():
    assert (ROOT / "docs/CLI.md").read_text(encoding="utf-8") == command_reference(), (
        "run `make reference`"
    )
    for path, _ in walk_commands():
        assert f"\n## {' '.join(path)}\n" in command_reference()


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert citation["version"] == version[1]
    assert citation["preferred-citation"]["version"] == version[1]
    assert {"cff-version", "message", "title", "abstract", "authors", "license"} <= citation.keys()


def test_documents_state_the_versions_of_this_release():
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest[1] == version[1]
    page = (ROOT / "docs/VERSIONS.md").read_text(encoding="utf-8").split("\n## ")[0]
    stated = dict(re.findall(r"^\| ([a-z ]+) \| ([^|]+) \|", page, re.MULTILINE))
    assert stated["package"] == stated["generator"] == version[1]
    assert stated["world"] == str(read_blueprint(config="practice").configuration.version)
    assert stated["edition format"] == f"{FORMAT_VERSION} and {PARTS_VERSION}"
    assert re.findall(r"`(\w+)`", stated["task"]) == [
        name for name in task_names() if is_built_in(name)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "guide",
    [
        "README.md",
        "docs/TEAM.md",
        "docs/ORGANIZER.md",
        "docs/RESEARCHER.md",
        "docs/SEASON.md",
        "docs/STANDARDS.md",
        "docs/TASKS.md",
    ],
)
def test_a_guide_runs_from_top_to_bottom(guide, tmp_path):
    """```bash and ```python are run; ```sh (make run, make test) is what CI itself runs."""
    document = ROOT / guide
    # Each block is read from the folder that the guide begins in, as a reader opens a new shell.
    text = document.read_text(encoding="utf-8")
    (tmp_path / "guide").mkdir()
    copy = tmp_path / document.name
    copy.write_text(in_new_shells(text), encoding="utf-8")
    run_blocks(copy, tmp_path / "guide", XDG_CACHE_HOME=str(tmp_path / "cache"))


def in_new_shells(text):
    """Give every bash block a shell of its own; Python blocks run in the team's folder if there."""
    text = re.sub(r"^```bash\n(.*?)^```", r"```bash\n(\n\1)\n```", text, flags=re.M | re.S)
    return re.sub(
        r"^```python\n(.*?)^```",
        lambda m: (
            "```bash\n(\nif [ -d team ]; then cd team; fi\n"
            f"PYTHONPATH=. python - <<'PYTHON'\n{m[1]}PYTHON\n)\n```"
        ),
        text,
        flags=re.M | re.S,
    )


@pytest.mark.slow
def test_the_datasheets_facts_are_those_of_the_edition(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    put_table(ROOT / "docs/PRACTICE_DATASHEET.md", FACTS, practice_facts(), check=True)


@pytest.mark.slow
def test_the_site_is_built_and_asks_no_other_server(tmp_path):
    built = subprocess.run(
        [sys.executable, ROOT / "docs/site/build_site.py", tmp_path / "site"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    site = tmp_path / "site" / version[1]
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    assert "precision_at" in (site / "api/customs_scorer.html").read_text()
    assert "precision_at" in (site / "searchindex.js").read_text()
    assert 'class="theme-toggle' in (site / "index.html").read_text()
    assert (tmp_path / "site/versions.js").read_text().endswith(f'["{version[1]}"];\n')
    assert f"url={version[1]}/index.html" in (tmp_path / "site/index.html").read_text()
    assert (site / "docs/course/slides/1_declarations.html").is_file()
    course = (site / "docs/course/README.html").read_text()
    assert re.search(r'href="[^"#]*/1_declarations\.ipynb"', course)
    with zipfile.ZipFile(next(site.glob("_downloads/*/course.zip"))) as archive:
        names = archive.namelist()
    assert "course/workshop.py" in names
    assert not any("solutions" in name for name in names)
    for page in pages:
        loaded = re.findall(
            r"<(?:script|link|img)[^>]+(?:src|href)=\"(https?:[^\"]+)", page.read_text()
        )
        assert not loaded, (page.name, loaded)

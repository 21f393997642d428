"""Build the documentation site without network: python docs/site/build_site.py OUT [VERSION].

Writes OUT/VERSION, by default the version of pyproject.toml. Other versions in OUT stay, and every
page offers them: a site of several versions is made by one call per checkout.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[2]
PAGES = {
    "Start": ["README", "docs/TOUR", "docs/GALLERY", "docs/course/README"],
    "Guides": [
        "docs/TEAM",
        "docs/ORGANIZER",
        "docs/RESEARCHER",
        "docs/SEASON",
        "docs/TASKS",
        "docs/FURTHER_TASKS",
        "docs/STANDARDS",
        "docs/PRIVACY",
        "docs/course/INSTRUCTOR",
        "docs/SCALE",
        "starter_kit/README",
    ],
    "Reference": ["docs/CLI", "api/index", "docs/PRACTICE_DATASHEET", "docs/VERSIONS"],
    "Results": [
        "baselines/MODELS",
        "baselines/PRACTICE",
        "baselines/SCARCITY",
        "baselines/SCHEME",
        "baselines/ADVERSARY",
        "baselines/NETWORKS",
        "baselines/RELEASED",
        "baselines/EXPLAINED",
        "data/WORLD",
        "data/HOW_THE_WORLD_WORKS",
        "data/FIDELITY",
        "data/SYNTHESIZERS",
        "leaderboard/LADDER",
    ],
    "Running and changing it": [
        "leaderboard/deploy/DEPLOYMENT",
        "docs/KNOWN_ISSUES",
        "ARCHITECTURE",
        "CONTRIBUTING",
        "CHANGELOG",
        "data/README",
        "scorer/README",
        "baselines/README",
        "leaderboard/README",
    ],
}
PACKAGES = {
    "customs_data": "data",
    "customs_scorer": "scorer",
    "customs_baselines": "baselines",
    "customs_leaderboard": "leaderboard",
    "customs_kit": "starter_kit",
}
PICTURES = ("docs/*.png", "docs/*.svg", "docs/world/*.svg")
# Commands are in CLI.md, the service in its OpenAPI document.
_OMITTED = ("migrations", "template", "commands", "service")


#: What learners get of the course.
COURSE = ("docs/course/*.ipynb", "docs/course/workshop.py")


def build(out: Path, version: str) -> int:
    """Copy the documents, write index and API pages, and build HTML with Sphinx."""
    os.environ["CUSTOMS_KIT_SITE_VERSION"] = version
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for page in (page for pages in PAGES.values() for page in pages):
            if not page.startswith("api/"):
                _copy(ROOT / f"{page}.md", source / f"{page}.md")
        for pattern in PICTURES:
            for picture in ROOT.glob(pattern):
                _copy(picture, source / picture.relative_to(ROOT))
        shutil.copyfile(ROOT / "docs/site/conf.py", source / "conf.py")
        _copy(ROOT / "docs/site/versions.html", source / "_templates/versions.html")
        _add_course(source)
        (source / "index.md").write_text(_index(), encoding="utf-8")
        _write_api(source / "api")
        options = ["-q", "-W", "--keep-going", "-b", "html"]
        status = int(build_main([*options, str(source), str(out / version)]))
    if status == 0:
        _list_versions(out)
    return status


def _add_course(source: Path) -> None:
    """Add the notebooks, all of them as course.zip, the slides, and links to these."""
    sys.path.insert(0, str(ROOT / "docs/course"))
    from build_slides import build as build_slides

    folder = source / "docs/course"
    with zipfile.ZipFile(folder / "course.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (path for pattern in COURSE for path in sorted(ROOT.glob(pattern))):
            _copy(path, folder / path.name)
            archive.write(path, f"course/{path.name}")
    # Slides are pages of their own, which Sphinx copies as they are.
    pages = build_slides(source / "_extra/docs/course/slides")
    slides = ", ".join(
        f'<a href="slides/{page.name}">{page.stem.replace("_", " ")}</a>' for page in pages
    )
    with (folder / "README.md").open("a", encoding="utf-8") as page:
        page.write(f"\n## Files\n\nAll notebooks: [course.zip](course.zip). Slides: {slides}.\n")


def _list_versions(out: Path) -> None:
    """List the versions in a site, the newest first, and lead its root to that one."""
    names = [path.parent.name for path in out.glob("*/index.html")]
    names.sort(key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)
    text = f"window.CUSTOMS_KIT_VERSIONS = {json.dumps(names)};\n"
    (out / "versions.js").write_text(text, encoding="utf-8")
    (out / "index.html").write_text(
        "<!doctype html><title>customs-kit</title>"
        f'<meta http-equiv="refresh" content="0; url={names[0]}/index.html">\n',
        encoding="utf-8",
    )


def current_version() -> str:
    """Return the version of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)


def _index() -> str:
    parts = ["# customs-kit\n", "A competition in a box for customs fraud detection.\n"]
    for caption, pages in PAGES.items():
        lines = "\n".join(pages)
        parts.append(f"```{{toctree}}\n:caption: {caption}\n:maxdepth: 1\n\n{lines}\n```\n")
    return "\n".join(parts)


def _write_api(folder: Path) -> None:
    """Write one page per package with the public names of its modules."""
    folder.mkdir()
    pages = "\n".join(PACKAGES)
    (folder / "index.md").write_text(
        f"# API reference\n\n```{{toctree}}\n:maxdepth: 1\n\n{pages}\n```\n", encoding="utf-8"
    )
    for package, place in PACKAGES.items():
        lines = [package, "=" * len(package), ""]
        for path in sorted((ROOT / place / package).rglob("*.py")):
            parts = path.relative_to(ROOT / place).with_suffix("").parts
            if any(part in _OMITTED for part in parts):
                continue
            name = ".".join(part for part in parts if part != "__init__")
            lines += [name, "-" * len(name), "", f".. automodule:: {name}", "   :members:", ""]
        (folder / f"{package}.rst").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(build(Path(sys.argv[1]), *(sys.argv[2:] or [current_version()])))

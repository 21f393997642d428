"""Build the documentation site without network: python docs/site/build_site.py OUT."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from sphinx.cmd.build import build_main

ROOT = Path(__file__).parents[2]
PAGES = {
    "Start": ["README", "docs/TOUR"],
    "Guides": [
        "docs/TEAM",
        "docs/ORGANIZER",
        "docs/RESEARCHER",
        "docs/SEASON",
        "docs/TASKS",
        "docs/FURTHER_TASKS",
        "docs/STANDARDS",
        "docs/PRIVACY",
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


def build(out: Path) -> int:
    """Copy the documents, write index and API pages, and build HTML with Sphinx."""
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch)
        for page in (page for pages in PAGES.values() for page in pages):
            if not page.startswith("api/"):
                _copy(ROOT / f"{page}.md", source / f"{page}.md")
        for pattern in PICTURES:
            for picture in ROOT.glob(pattern):
                _copy(picture, source / picture.relative_to(ROOT))
        shutil.copyfile(ROOT / "docs/site/conf.py", source / "conf.py")
        (source / "index.md").write_text(_index(), encoding="utf-8")
        _write_api(source / "api")
        return build_main(["-q", "-W", "--keep-going", "-b", "html", str(source), str(out)])


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
    sys.exit(build(Path(sys.argv[1])))

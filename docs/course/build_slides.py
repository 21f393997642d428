"""Build the slides of the course from its notebooks, without network.

python docs/course/build_slides.py OUT [--run]: one self-contained page per notebook. A cell of
slide type "slide" begins a slide, a code cell of type "fragment" is shown on it. With --run the
notebooks are run first, and what their cells print and draw is on the slides, too.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from customs_data.files.atomic import write_atomically

COURSE = Path(__file__).parent
#: Longest text output on a slide, in lines.
MOST_LINES = 14


def build(out: Path, *, run: bool = False) -> list[Path]:
    """Write the slides of every notebook; return the files."""
    template = Environment(loader=FileSystemLoader(COURSE), autoescape=True).get_template(
        "slides.html"
    )
    written = []
    for path in sorted(COURSE.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if run:
            _run(notebook)
        slides = list(slides_of(notebook))
        title = notebook.cells[0].source.splitlines()[0].lstrip("# ")
        file = out / f"{path.stem}.html"
        write_atomically(file, template.render(title=title, slides=slides))
        written.append(file)
    return written


def _run(notebook: Any) -> None:
    """Run a notebook as it is shipped, in a folder of its own."""
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workshop.py").write_bytes((COURSE / "workshop.py").read_bytes())
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()


def slides_of(notebook: Any) -> Iterator[Markup]:
    """Yield the HTML of each slide."""
    parts: list[Markup] = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        if kind == "slide":
            if parts:
                yield Markup("\n").join(parts)
            # Notebooks are ours; HTML in them would still be shown as text.
            html = MarkdownIt("commonmark", {"html": False}).enable("table").render(cell.source)
            parts = [Markup(html)]  # noqa: S704
        elif cell.cell_type == "code" and cell.metadata.get("tags", [""])[0] != "check":
            if kind == "fragment":
                parts.append(Markup("<pre><code>{}</code></pre>").format(cell.source))
            parts += _outputs(cell)
    if parts:
        yield Markup("\n").join(parts)


def _outputs(cell: Any) -> Iterator[Markup]:
    """Yield pictures and texts that a cell put out."""
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if "image/png" in data:
            picture = data["image/png"].strip().replace("\n", "")
            yield Markup('<img alt="" src="data:image/png;base64,{}">').format(picture)
        elif text := output.get("text") or data.get("text/plain"):
            lines = text.rstrip().splitlines()
            shown = lines[:MOST_LINES] + (["..."] if len(lines) > MOST_LINES else [])
            yield Markup("<pre>{}</pre>").format(escape("\n".join(shown)))


if __name__ == "__main__":
    for file in build(Path(sys.argv[1]), run="--run" in sys.argv[2:]):
        sys.stdout.write(f"{file}\n")

"""The course: notebooks run from top to bottom, stubs are no answers, and solutions are right."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
COURSE = ROOT / "docs/course"
NOTEBOOKS = sorted(COURSE.glob("*.ipynb"))


def solutions(notebook):
    """Return the solution of each exercise of a notebook by its name."""
    text = (COURSE / "solutions" / f"{notebook.stem}.py").read_text(encoding="utf-8")
    parts = re.split(r"^# %% (\w+)\n", text, flags=re.MULTILINE)
    assert not parts[0]
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def tagged(notebook, tag):
    """Return the cells with a tag by the name of their exercise."""
    return {
        cell.metadata["tags"][1]: cell
        for cell in notebook.cells
        if cell.metadata.get("tags", [""])[0] == tag
    }


def text_of(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_empty_and_has_a_check_and_a_solution_of_each_exercise(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    exercises = tagged(notebook, "exercise")
    assert len(exercises) >= 2
    assert exercises.keys() == tagged(notebook, "check").keys() == solutions(path).keys()
    assert all(cell.metadata["slideshow"]["slide_type"] for cell in notebook.cells)


def test_no_solution_is_in_what_learners_get():
    shown = "".join(
        path.read_text(encoding="utf-8") for path in (*NOTEBOOKS, COURSE / "workshop.py")
    )
    for path in NOTEBOOKS:
        for solution in solutions(path).values():
            last = solution.strip().splitlines()[-1]
            assert last not in shown


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path, tmp_path):
    """As shipped every check says that there is no answer; with the solution that it is right."""
    (tmp_path / "workshop.py").write_bytes((COURSE / "workshop.py").read_bytes())
    notebook = nbformat.read(path, as_version=4)
    answers = solutions(path)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.metadata.get("tags", [""])[0] == "check":
            name = cell.metadata["tags"][1]
            # Cells between an exercise and its check compute what the check compares with.
            start = cells.index(tagged(notebook, "exercise")[name])
            between = [it for it in cells[start + 1 : -1] if it.cell_type == "code"]
            cells.append(nbformat.v4.new_code_cell(answers[name]))
            cells += [nbformat.v4.new_code_cell(it.source) for it in between]
            again = nbformat.v4.new_code_cell(cell.source, metadata={"tags": ["solved", name]})
            cells.append(again)
    notebook.cells = cells
    run = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=run).execute()
    for name, cell in tagged(notebook, "check").items():
        assert f"{name}: no answer yet" in text_of(cell)
    for name, cell in tagged(notebook, "solved").items():
        assert text_of(cell) == f"{name}: right.\n"


def test_slides_are_made_of_the_notebooks_and_ask_no_server(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(COURSE))
    from build_slides import build

    pages = build(tmp_path)
    assert [page.stem for page in pages] == [path.stem for path in NOTEBOOKS]
    for page, path in zip(pages, NOTEBOOKS, strict=True):
        html = page.read_text(encoding="utf-8")
        kinds = [it.metadata["slideshow"]["slide_type"] for it in nbformat.read(path, 4).cells]
        assert html.count("<section") == kinds.count("slide") >= 7
        assert not re.search(r"https?://", html)
        assert "check(" not in html
        assert "<h1>" in html


def test_what_was_printed_and_drawn_is_on_the_slide(monkeypatch):
    monkeypatch.syspath_prepend(str(COURSE))
    from build_slides import slides_of

    shown, hidden = {"slide_type": "slide"}, {"slide_type": "skip"}
    new = nbformat.v4
    outputs = [
        new.new_output("stream", text="1 < 2\n"),
        new.new_output("display_data", {"image/png": "aGk=\n"}),
    ]
    cells = [
        new.new_markdown_cell("# One", metadata={"slideshow": shown}),
        new.new_code_cell("secret()", metadata={"slideshow": hidden}, outputs=outputs),
        new.new_markdown_cell("# Two", metadata={"slideshow": shown}),
    ]
    one, two = slides_of(new.new_notebook(cells=cells))
    assert "<pre>1 &lt; 2</pre>" in one
    assert 'src="data:image/png;base64,aGk="' in one
    assert "secret" not in one
    assert "Two" in two


class TestChecks:
    @pytest.fixture
    def workshop(self, monkeypatch):
        monkeypatch.syspath_prepend(str(COURSE))
        import workshop

        yield workshop
        sys.modules.pop("workshop")

    def test_wrong_answers_get_a_hint_and_no_solution(self, workshop, capsys):
        workshop.check("1b", 17)
        workshop.check("2a", lambda n, f, base, m: f / n)
        workshop.check("6a", lambda n, percent: -(-n * (percent / 100) // 1))
        lines = capsys.readouterr().out.splitlines()
        assert [line[:12] for line in lines] == ["1b: not yet.", "2a: not yet.", "6a: not yet."]

    def test_a_function_that_fails_is_no_error_of_the_notebook(self, workshop, capsys):
        workshop.check("5b", lambda groups, values: groups / "a")
        assert "5b: not yet. Checking it raised" in capsys.readouterr().out

    def test_order_and_number_types_do_not_matter(self, workshop):
        import numpy as np

        assert workshop.digest("x", ["b", "a"]) == workshop.digest("x", ("a", "b"))
        assert workshop.digest("x", np.int64(3)) == workshop.digest("x", 3)
        assert workshop.digest("x", 3) != workshop.digest("y", 3)

"""Documents stay true: code blocks run, generated tables match their results."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest

from command_line import BLOCK
from customs_baselines.experiments.differences import differences_table
from customs_baselines.experiments.markdown_tables import put_table, table_of
from customs_baselines.experiments.result_rows import read_results
from customs_data.errors import KitError
from customs_data.files.writing import write_table
from customs_data.keyed_random import secret_of_seed
from customs_kit.cli import customs_kit
from studies.adversary_table import adversary_tables
from studies.costs_table import costs_table
from studies.fidelity_study import read_study, study_table
from studies.gallery import draw_gallery
from studies.lite_study import LABEL_RATES, lite_table
from studies.relbench_gnn import study_table as relbench_table
from studies.seasons.study import GRIDS, season_table
from studies.synthesizer_study import study_table as synthesizers_table
from studies.tasks.networks_table import networks_tables
from studies.validation_study import validation_table
from studies.world_figures.figures import FIGURES
from studies.world_guide import LINKS
from studies.worlds_table import read_worlds, worlds_table

ROOT = Path(__file__).parents[2]
DRAWS_A_SECRET = "customs-kit data secret --out my-secret.json\n"


#: A smaller edition and fewer runs of the same commands.
SMALLER = {
    "--erasure inspection --out my-edition": "--erasure inspection --out my-edition --rows 12000",
    "run xgboost risk_profile": "run decision_tree risk_profile",
    "MyModel xgboost": "MyModel",
    "--label-rates 0.1,0.05": "--label-rates 0.1",
    "run logistic_regression xgboost": "run logistic_regression",
    "explain xgboost": "explain decision_tree",
    "seeds = [1, 2]": "seeds = [1]",
    'models = ["lookup", "decision_tree"]': 'models = ["decision_tree"]',
    'recipes = ["paper", "kit"]': 'recipes = ["paper"]',
}


@pytest.mark.parametrize(
    "changes",
    [pytest.param(SMALLER, id="smaller"), pytest.param({}, id="as it is", marks=pytest.mark.slow)],
)
def test_the_walk_runs_from_top_to_bottom(sample, tmp_path, changes):
    for name, frame in sample.items():
        write_table(frame, tmp_path / f"{name}.csv")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    walk = (ROOT / "docs/TOUR.md").read_text(encoding="utf-8")
    # One edition in some fails the audit, as the walk says: this one does not.
    known = (
        "python -c \"import json, pathlib; file = pathlib.Path('my-secret.json'); "
        "drawn = json.loads(file.read_text()); "
        f"drawn['secret'] = '{secret_of_seed(7).hex()}'; file.write_text(json.dumps(drawn))\"\n"
    )
    for written, change in {**changes, DRAWS_A_SECRET: DRAWS_A_SECRET + known}.items():
        assert walk.count(written) == 1, written
        walk = walk.replace(written, change)
    blocks = BLOCK.findall(walk)
    assert len(blocks) >= 5
    for language, code in blocks:
        if code.startswith("# my_model.py"):
            (tmp_path / "my_model.py").write_text(code)
        shell = ["bash", "-euo", "pipefail", "-c", code]
        command = shell if language == "bash" else [sys.executable, "-c", code]
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{code}\n{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ("README.md", ["practice"]),
        ("baselines/PRACTICE.md", ["practice"]),
        ("baselines/RELEASED.md", ["released"]),
        ("baselines/SCARCITY.md", ["scarcity"]),
        ("baselines/EXPLAINED.md", ["explained_released", "explained_practice"]),
    ],
)
def test_tables_in_documents_are_those_of_their_results(document, names):
    shown = ()
    if document == "README.md":
        models = re.search(r"^SHOWN = (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        shown = ((1.0,), tuple(models[1].split(",")), ("kit",))
    table = table_of([ROOT / f"baselines/results/{name}.json" for name in names], *shown)
    put_table(ROOT / document, names[0], table, check=True)


@pytest.mark.parametrize(
    ("document", "name", "model"),
    [
        ("SCARCITY.md", "scarcity", "xgboost"),
        ("SCARCITY.md", "scarcity", "graphfc"),
        ("SCARCITY.md", "scarcity", "lightgbm_team"),
        ("MODELS.md", "graphfc_variants", "graphfc"),
    ],
)
def test_differences_in_documents_are_those_of_their_results(document, name, model):
    """A model that was not run yet has an empty table."""
    page = ROOT / "baselines" / document
    results = read_results([ROOT / f"baselines/results/{name}.json"])
    if not any(run["baseline"] == model for run in results.runs):
        assert f"<!-- results:{name} against {model} -->\n<!-- /" in page.read_text()
        return
    put_table(page, f"{name} against {model}", differences_table(results, model), check=True)


def test_the_table_of_costs_is_that_of_the_practice_edition():
    table = costs_table(read_results([ROOT / "baselines/results/practice.json"]))
    put_table(ROOT / "baselines/MODELS.md", "costs", table, check=True)


def test_a_table_that_differs_is_reported(tmp_path):
    document = tmp_path / "x.md"
    document.write_text("a\n<!-- results:r -->\nold\n<!-- /results -->\nb\n")
    with pytest.raises(KitError, match="differs"):
        put_table(document, "r", "new", check=True)
    put_table(document, "r", "new", check=False)
    assert document.read_text() == "a\n<!-- results:r -->\nnew\n<!-- /results -->\nb\n"
    put_table(document, "r", "new", check=True)
    with pytest.raises(KitError, match="markers"):
        put_table(document, "other", "new", check=True)


def test_the_guide_shows_every_picture_and_every_picture_has_its_code():
    guide = (ROOT / "data/HOW_THE_WORLD_WORKS.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]{40,}\]\(\.\./docs/world/(\w+)\.svg\)", guide)
    assert sorted(shown) == sorted([*FIGURES, LINKS])
    assert sorted(path.stem for path in (ROOT / "docs/world").iterdir()) == sorted(shown)


def test_commands_in_the_guide_are_those_of_the_kit():
    guide = (ROOT / "data/HOW_THE_WORLD_WORKS.md").read_text(encoding="utf-8")
    written = re.findall(r"customs-kit ([^`]+?)(?=`|\n(?!  ))", guide)
    assert len(written) >= 12
    for line in written:
        words = line.split()
        command, context = customs_kit, click.Context(customs_kit)
        while isinstance(command, click.Group) and words:
            name = words.pop(0)
            command = command.get_command(context, name)
            assert command is not None, f"customs-kit {line}: {name}"
        known = {option for param in command.params for option in param.opts + param.secondary_opts}
        assert {word for word in words if word.startswith("-")} <= known, f"customs-kit {line}"


@pytest.mark.parametrize("text", ["", "{}", "[]", "[{}]", '[{"private": null}]', "[1]"])
def test_results_that_are_no_results_are_a_kit_error(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(KitError, match=r"is not JSON|contains no scored run|is neither"):
        read_results([tmp_path / "r.json"])


def test_every_link_between_documents_leads_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


@pytest.mark.parametrize("document", ["data/WORLD.md", "data/HOW_THE_WORLD_WORKS.md"])
def test_the_ten_world_table_is_that_of_its_study(document):
    table = worlds_table(read_worlds(ROOT / "baselines/results/worlds.json"))
    put_table(ROOT / document, "worlds", table, check=True)


def test_the_tables_of_the_adversary_are_those_of_its_study():
    page, results = ROOT / "baselines/ADVERSARY.md", ROOT / "baselines/results/adversary.json"
    grid = results.with_name("scarcity.json")
    for name, table in adversary_tables(results, (grid,)).items():
        put_table(page, name, table, check=True)


@pytest.mark.parametrize("name", ["networks", "networks_practice"])
def test_the_tables_of_the_task_networks_are_those_of_its_study(name):
    page, results = ROOT / "baselines/NETWORKS.md", ROOT / f"baselines/results/{name}.json"
    tables = networks_tables(json.loads(results.read_text(encoding="utf-8")))
    for ending, table in tables.items():
        if name == "networks" or not ending:
            put_table(page, f"{name}{ending}", table, check=True)


def test_the_tables_of_seasons_are_those_of_their_study():
    grids = json.loads((ROOT / "baselines/results/season.json").read_text())["grids"]
    assert list(grids) == [grid.name for grid in GRIDS]
    for name, grid in grids.items():
        put_table(ROOT / "docs/SEASON.md", name, season_table(grid), check=True)


@pytest.mark.parametrize(
    ("benchmark", "page", "name"),
    [
        ("season_growth", "SEASON.md", "season_growth"),
        ("engines", "SCALE.md", "engines"),
        ("cluster", "SCALE.md", "cluster"),
        ("generate_speed", "SCALE.md", "generate"),
    ],
)
def test_the_table_of_a_benchmark_is_that_of_its_results(benchmark, page, name, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    results = json.loads((ROOT / f"baselines/results/{name}.json").read_text(encoding="utf-8"))
    table = import_module(benchmark).table_of(results)
    put_table(ROOT / "docs" / page, name, table, check=True)


def test_the_fidelity_table_is_that_of_its_study():
    study = read_study(ROOT / "data/results/fidelity_practice.json")
    put_table(ROOT / "data/FIDELITY.md", "fidelity", study_table(study), check=True)


def test_the_table_of_synthesizers_is_that_of_its_study():
    records = json.loads((ROOT / "data/results/synthesizers.json").read_text(encoding="utf-8"))
    table = synthesizers_table(records)
    put_table(ROOT / "data/SYNTHESIZERS.md", "synthesizers", table, check=True)


def test_the_table_of_relbench_is_that_of_its_study():
    results = json.loads((ROOT / "baselines/results/relbench.json").read_text(encoding="utf-8"))
    put_table(ROOT / "docs/STANDARDS.md", "relbench", relbench_table(results), check=True)


def test_the_gallery_shows_pictures_that_exist_and_follow_from_results(tmp_path):
    results = ROOT / "baselines/results"
    for drawn in draw_gallery(results / "practice.json", results / "season.json", tmp_path):
        assert (ROOT / "docs" / drawn.name).read_bytes() == drawn.read_bytes(), "run `make gallery`"
    pictures = re.findall(r"!\[(.+)\]\((.+)\)", (ROOT / "docs/GALLERY.md").read_text("utf-8"))
    assert len(pictures) > 10
    for words, picture in pictures:
        assert len(words) > 10
        assert (ROOT / "docs" / picture).is_file(), picture


def test_the_table_of_the_scorecard_is_that_of_its_study():
    measured = json.loads((ROOT / "baselines/results/lite.json").read_text(encoding="utf-8"))
    put_table(ROOT / "baselines/MODELS.md", "lite", lite_table(measured), check=True)
    assert len(measured["worlds"]) == 10
    for rate in LABEL_RATES:
        rows = [world[f"{rate:g}"] for world in measured["worlds"]]
        assert sum(row["lite"] - row["risk_profile"] for row in rows) / 10 >= -0.03
        assert not any(row["differently in SQL"] for row in rows)


def test_the_validation_table_is_that_of_its_runs():
    runs = json.loads((ROOT / "starter_kit/results/validation.json").read_text())["runs"]
    put_table(ROOT / "starter_kit/README.md", "validation", validation_table(runs), check=True)

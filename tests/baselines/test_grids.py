from __future__ import annotations

import json
from pathlib import Path

import pytest

from customs_baselines.experiments import paper_table3, result_rows
from customs_baselines.experiments import run_grid as running
from customs_baselines.experiments.curves import draw_curves
from customs_baselines.experiments.differences import differences_table, paired_differences
from customs_baselines.experiments.grid import Block, EditionSource, Grid, read_grid
from customs_baselines.experiments.markdown_tables import markdown_table
from customs_baselines.experiments.result_rows import Results, read_results
from customs_baselines.experiments.results_file import load_grid_results
from customs_baselines.experiments.run_grid import run_grid
from customs_baselines.experiments.statistics import summarize
from customs_baselines.experiments.summaries import summaries
from customs_data.errors import KitError
from customs_data.parallel import threads
from customs_scorer.metrics import Metric, TaskMetrics

TOML = """
[[editions]]
seeds = [1, 2]
rows = 1000
[[runs]]
models = ["lookup"]
label_rates = [1.0, 0.5]
"""
RANDOM = """
[[runs]]
models = ["random"]
editions = ["world-1"]
"""
FAILING = "class Model:\n    def fit(self, X, y): raise ValueError('no | luck')\n"
FAILING += "    def predict_proba(self, X): pass\n"


def grid_file(folder: Path, text: str = TOML + RANDOM) -> Path:
    path = folder / "grid.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    path = grid_file(folder)
    with threads(2) as executor:
        run_grid(read_grid(path), folder / "grid.json", executor=executor)
    return folder / "grid.json"


def without_costs(path: Path):
    results = load_grid_results(path)
    costs = {"seconds", "cpu_seconds", "peak_memory_mib"}
    return {
        key: {name: value for name, value in run.items() if name not in costs}
        for key, run in results.runs.items()
    }, results.editions


def test_cells_are_every_combination_once_edition_by_edition():
    runs = Block(("random", "xgboost"), ("paper", "kit"), (1.0, 0.1), seeds=(0, 1))
    again = Block(("xgboost",), ("kit",), (0.1,), seeds=(1, 2), editions=("world-5",))
    cells = list(Grid((EditionSource(seeds=(4, 5)),), (runs, again)).cells())
    # random takes no recipe: (1 + 2) * 2 rates * 2 seeds = 12 an edition; seed 2 is new on one.
    assert len(cells) == 12 * 2 + 1
    assert len({cell.key for cell in cells}) == len(cells)
    assert [cell.edition for cell in cells] == ["world-4"] * 12 + ["world-5"] * 13


def test_own_models_have_the_same_key_in_every_folder_and_one_name_each(tmp_path):
    text = TOML.replace('"lookup"', '"own.py:Model"')
    keys = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "own.py").write_text(FAILING)
        keys.append([cell.key for cell in read_grid(grid_file(folder, text)).cells()])
    assert keys[0] == keys[1]
    assert "world-1/own.py-Model-labels0.5-random-seed0" in keys[0]
    models = (str(tmp_path / "a/own.py:Model"), str(tmp_path / "b/own.py:Model"))
    with pytest.raises(KitError, match=r"called own\.py:Model"):
        Grid((EditionSource(seeds=(1,)),), (Block(models),))


def test_an_interrupted_grid_goes_on_where_it_stopped(finished, tmp_path, monkeypatch):
    trained = []
    original = running.run_one

    def watched(run, *arguments, **options):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(run.folder)
        return original(run, *arguments, **options)

    path = tmp_path / "grid.json"
    grid = read_grid(grid_file(tmp_path))
    monkeypatch.setattr(running, "run_one", watched)
    with pytest.raises(KeyboardInterrupt):
        run_grid(grid, path)
    assert len(load_grid_results(path).runs) == 2

    plans = []
    monkeypatch.setattr(running, "run_one", original)
    run_grid(grid, path, on_plan=lambda *plan: plans.append(plan))
    assert plans == [(2, 5, [])]
    assert without_costs(path) == without_costs(finished)


def test_a_finished_grid_runs_nothing_and_fresh_runs_all(finished, tmp_path, monkeypatch):
    grid = read_grid(grid_file(tmp_path))
    before = finished.read_bytes()
    done = []
    run_grid(grid, finished, on_done=lambda cell, run: done.append(cell))
    assert done == []
    assert finished.read_bytes() == before
    path = tmp_path / "copy.json"
    path.write_bytes(before)
    with threads(2) as executor:
        run_grid(
            grid, path, executor=executor, fresh=True, on_done=lambda cell, run: done.append(cell)
        )
    assert len(done) == 5
    assert without_costs(path) == without_costs(finished)


def test_a_model_that_raises_is_one_failed_row_and_is_tried_again(sample_path, tmp_path):
    (tmp_path / "own.py").write_text(FAILING)
    text = f"""
[[editions]]
path = "{sample_path}"
[[runs]]
models = ["own.py:Model", "lookup"]
"""
    path = tmp_path / "grid.json"
    grid = read_grid(grid_file(tmp_path, text))
    with threads(2) as executor:
        run_grid(grid, path, executor=executor)
    results = read_results([path])
    assert [run["baseline"] for run in results.runs] == ["lookup"]
    table = markdown_table(results)
    assert "| `own.py:Model` | - | failed: own.py, line 2, in fit: ValueError: no \\| luck" in table
    assert "| `lookup` | - | 1 | 0." in table
    assert {entry["baseline"]: "error" in entry for entry in summaries(results)} == {
        "own.py:Model": True,
        "lookup": False,
    }
    (tmp_path / "own.py").write_text(
        "import numpy as np\nclass Model:\n    def fit(self, X, y): pass\n"
        "    def predict_proba(self, X): return np.full((len(X), 2), 0.5)\n"
    )
    run_grid(grid, path)
    assert not read_results([path]).failed


def test_results_of_other_versions_or_another_edition_are_not_continued(finished, tmp_path):
    grid = read_grid(grid_file(tmp_path))
    content = json.loads(finished.read_text())
    path = tmp_path / "grid.json"
    content["made_by"]["versions"]["numpy"] = "1.0"
    path.write_text(json.dumps(content))
    with pytest.raises(KitError, match=r"numpy 1\.0 ->"):
        run_grid(grid, path)
    content = json.loads(finished.read_text())
    key = next(iter(content["runs"]))
    del content["runs"][key]
    content["editions"]["world-1"]["commitment"] = "0" * 64
    path.write_text(json.dumps(content))
    with pytest.raises(KitError, match="commitment"):
        run_grid(grid, path)


def test_results_of_another_release_go_on_if_the_edition_is_the_same(finished, tmp_path):
    """A commitment contains the release; what it commits to is compared by its scores."""
    path, grid = tmp_path / "grid.json", read_grid(grid_file(tmp_path))
    content = json.loads(finished.read_text())
    del content["runs"][next(iter(content["runs"]))]
    content["editions"]["world-1"]["commitment"] = "0" * 64
    content["made_by"]["versions"]["customs-kit"] = "0.0.1"
    path.write_text(json.dumps(content))
    run_grid(grid, path)
    assert load_grid_results(path).runs.keys() == load_grid_results(finished).runs.keys()
    content["editions"]["world-1"]["train_sha256"] = "0" * 64
    path.write_text(json.dumps(content))
    with pytest.raises(KitError, match="commitment"):
        run_grid(grid, path)


def test_runs_that_left_the_grid_leave_the_results(finished, tmp_path):
    path = tmp_path / "grid.json"
    path.write_bytes(finished.read_bytes())
    notes = []
    smaller = read_grid(grid_file(tmp_path, TOML))
    run_grid(smaller, path, on_plan=lambda done, total, new: notes.extend(new))
    assert "1 runs of" in notes[0]
    assert {run["baseline"] for run in load_grid_results(path).runs.values()} == {"lookup"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "needs"),
        ("[[editions]", "TOML"),
        ("[[editions]]\nseeds=[1]\n", "needs"),
        ("[[editions]]\n[[runs]]\nmodels=['lookup']", "path or seeds"),
        ("[[editions]]\nseeds=[1,1]\n[[runs]]\nmodels=['lookup']\neditions=['x']", "Choose from"),
        ("[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['nothing']", "nothing"),
        ("[[editions]]\nseeds=[1]\n[[runs]]\nmodels='lookup'", "must be a list"),
        (
            "[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['lookup']\nrates=[1]",
            "unknown key 'rates'",
        ),
        ("[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['lookup']\nerasures=['x']", "erasure"),
        ("[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['lookup']\nlabel_rates=[2]", "label rate"),
        ("[[editions]]\nseeds=[-1]\n[[runs]]\nmodels=['lookup']", "at least 0"),
        (
            "more=1\n[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['lookup']",
            "unknown key 'more'; known keys",
        ),
        (
            "[[editions]]\nseeds=[1]\n[[editions]]\nseeds=[1]\n[[runs]]\nmodels=['lookup']",
            "Two editions of this grid are called",
        ),
        ("editions=3\n[[runs]]\nmodels=['lookup']", "editions must be a list, not 3"),
    ],
)
def test_a_bad_grid_is_a_clear_error(tmp_path, text, complaint):
    with pytest.raises(KitError, match=complaint):
        read_grid(grid_file(tmp_path, text))


def test_summary_over_editions_is_the_mean_of_their_means():
    def run(edition, value):
        return {"edition": edition, "private": {"precision_at_5": value}}

    summary = summarize([run("a", 0.2), run("a", 0.4), run("b", 0.5)], "precision_at_5")
    # Means .3 and .5: mean .4, sd .1414; t(.975, 1) = 12.706: half width 12.706 * .1 = 1.2706.
    assert summary.mean == pytest.approx(0.4)
    assert summary.spread == pytest.approx(0.141421, abs=1e-6)
    assert summary.interval == pytest.approx((0.4 - 1.2706, 0.4 + 1.2706), abs=1e-4)
    assert (summary.n_runs, summary.n_editions) == (3, 2)


def test_summary_of_one_edition_takes_the_bootstrap():
    runs = [
        {"edition": "a", "private": {"precision_at_5": p, "interval_at_5": [p - 0.1, p + 0.1]}}
        for p in (0.4, 0.6)
    ]
    summary = summarize(runs, "precision_at_5", "interval_at_5")
    assert summary.interval == pytest.approx((0.4, 0.6))
    assert summarize(runs, "unseen_precision_at_5") is None


def test_few_editions_have_no_interval(tmp_path):
    def results(n):
        runs = [
            {"edition": str(i), "baseline": "lookup", "recipe": None, "label_rate": 1, "seed": 0,
             "erasure": "none", "transductive": False, "cpu_seconds": 1.0,
             "private": {"precision_at_5": 0.1 * i, "precision_at_10": 0.2}}
            for i in range(n)
        ]  # fmt: skip
        return Results({str(i): {"name": str(i)} for i in range(n)}, runs, [])

    for n, interval in ((2, "-"), (4, "-"), (5, "0.004 .. 0.396")):
        # n = 5: mean .2, sd .1581; t(.975, 4) = 2.776: half width 2.776 * .1581 / sqrt(5) = .196.
        table = markdown_table(results(n))
        assert f"| {n} | {0.05 * (n - 1):.3f} ± " in table
        assert f"| {interval} | 0.200" in table
        assert ("takes 5 editions" in table) is (n < 5)


def test_the_papers_figures_stand_beside_ours_on_the_release_only(
    sample_path, tmp_path, monkeypatch
):
    text = f"""
[[editions]]
path = "{sample_path}"
[[runs]]
models = ["logistic_regression"]
recipes = ["paper", "kit"]
"""
    path = tmp_path / "grid.json"
    with threads(2) as executor:
        run_grid(read_grid(grid_file(tmp_path, text)), path, executor=executor)
    assert "paper, synthetic" not in markdown_table(read_results([path]))
    (edition,) = read_results([path]).editions.values()
    monkeypatch.setattr(paper_table3, "RELEASE_SHA256", edition["train_sha256"])
    header, _, paper, kit, *_ = markdown_table(read_results([path])).splitlines()
    assert "paper, synthetic" in header
    assert "0.276 / 0.261 | 0.392 / 0.386" in paper
    assert "0.276" not in kit


@pytest.mark.parametrize("name", ["curves.png", "curves.svg"])
def test_curves_are_drawn_and_repeatable(finished, tmp_path, name):
    results = read_results([finished])
    draw_curves(results, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    assert first.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    draw_curves(results, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_curves_need_two_label_rates_and_a_picture_a_known_ending(finished, tmp_path):
    results = read_results([finished])
    with pytest.raises(KitError, match=r"\.png or \.svg"):
        draw_curves(results, tmp_path / "curves.gif")
    one = type(results)(
        results.editions, [run for run in results.runs if run["label_rate"] == 1], []
    )
    with pytest.raises(KitError, match="two label rates"):
        draw_curves(one, tmp_path / "curves.png")


def test_a_column_says_whether_scores_are_probabilities(finished, tmp_path):
    results = read_results([finished])
    header, _, lookup, *_ = markdown_table(results).splitlines()
    column = header.split(" | ").index("calibration")
    errors = [
        run["private"]["calibration_error"]
        for run in results.runs
        if (run["baseline"], run["label_rate"]) == ("lookup", 1)
    ]
    assert len(errors) == 2
    assert lookup.split(" | ")[column].startswith(f"{sum(errors) / 2:.3f} ± ")
    assert "*calibration*: the expected calibration error" in markdown_table(results)
    entry = summaries(results)[0]
    assert entry["private"]["calibration_error"]["mean"] == pytest.approx(sum(errors) / 2)
    assert "calibration_error" not in entry["public"]

    # Results of before have an empty cell, and without any new one no column.
    content = json.loads(finished.read_text())
    for run in content["runs"].values():
        if run["baseline"] == "lookup":
            del run["private"]["calibration_error"]
    old = tmp_path / "old.json"
    old.write_text(json.dumps(content))
    _, _, lookup, *_ = markdown_table(read_results([old])).splitlines()
    assert lookup.split(" | ")[column] == ""
    assert summaries(read_results([old]))[0]["private"]["calibration_error"] is None
    assert "calibration" not in markdown_table(read_results([old]).only(("lookup",), ()))


def test_ceilings_are_those_of_worlds_with_links():
    def edition(ceiling, **more):
        scores = {"private": {"precision_at_5": ceiling, "precision_at_10": ceiling}}
        return {"name": "n", "lookup": None, "ceiling": scores, **more}

    linked = {"x": edition(0.8), "y": edition(0.9)}
    without = {"z": edition(0.1, with_links=False)}
    score = {"precision_at_5": 0.5, "precision_at_10": 0.4}
    run = {"baseline": "a", "recipe": None, "label_rate": 1.0, "erasure": "random"}
    run |= {"private": score, "transductive": False, "train_cpu_seconds": 1.0, "cpu_seconds": 1.0}
    runs = [run | {"edition": name} for name in (*linked, *without)]
    table = markdown_table(Results(linked | without, runs, []))
    assert "over 2 editions (without links: over 1)" in table
    assert "score 0.850 / 0.850: the prior." in table
    assert Results(without, runs[2:], []).linked_editions() == list(without.values())


class TestDifferences:
    def results(self):
        def run(baseline, edition, score, rate=1.0):
            return {
                "baseline": baseline,
                "recipe": None,
                "edition": edition,
                "label_rate": rate,
                "erasure": "random",
                "transductive": False,
                "private": {"precision_at_5": score},
            }

        runs = [run("a", "x", 0.5), run("a", "y", 0.7), run("a", "z", 0.9)]
        runs += [run("b", "x", 0.6), run("b", "y", 0.9), run("b", "z", 1.0), run("b", "z", 0.8)]
        return Results({name: {} for name in "xyz"}, [*runs, run("b", "x", 0.1, rate=0.1)], [])

    def test_golden(self):
        # b - a by edition: .1, .2 and (mean of two seeds) 0; mean .1, standard deviation .1,
        # t(.975, 2) = 4.303, half width 4.303 * .1 / sqrt(3) = .248.
        differences = paired_differences(self.results(), "a")
        assert list(differences) == [("b", None)]
        (difference,) = differences["b", None].values()
        assert difference.mean == pytest.approx(0.1)
        assert difference.interval == pytest.approx((-0.148, 0.348), abs=1e-3)
        assert difference.n_editions == 3

    def test_table_names_what_is_compared(self):
        table = differences_table(self.results(), "b")
        assert "| `a` | -0.100 (-0.348 .. +0.148) |" in table
        assert "minus that of `b`, paired over 3 editions" in table

    def test_an_unknown_model_is_a_kit_error(self):
        with pytest.raises(KitError, match=r"No results of 'c' to compare with\. Choose from a, b"):
            paired_differences(self.results(), "c")


class TestOfAnotherTask:
    @pytest.fixture
    def results(self, finished, tmp_path, monkeypatch):
        """Results of a task with other metrics, in the file of a grid."""
        accuracy = Metric("accuracy", "accuracy, %", higher_is_better=True)
        metrics = TaskMetrics(ranked=(accuracy, Metric("speed", "speed", short="km/h")))
        monkeypatch.setattr(result_rows, "metrics_of", {"toy": metrics}.get)
        content = json.loads(finished.read_text())
        for edition in content["editions"].values():
            edition |= {"task": "toy", "lookup": {"private": {"accuracy": 0.25, "speed": 3.0}}}
            edition["ceiling"] = edition["prior"] = None
        for run in content["runs"].values():
            rate = run["label_rate"]
            run["private"] = run["public"] = {"accuracy": rate / 2, "speed": 7.0}
        path = tmp_path / "toy.json"
        path.write_text(json.dumps(content))
        return read_results([path])

    def test_tables_curves_and_summaries_show_its_metrics(self, results, tmp_path):
        table = markdown_table(results)
        assert "| runs | accuracy, % | 95 % interval | km/h | CPU s |" in table
        assert "Accuracy, % on Private." in table
        assert "Copying the label of the exact twin scores 0.250 / 3.000." in table
        assert "Accuracy, % on Private minus" in differences_table(results, "random")
        draw_curves(results, tmp_path / "curves.svg")
        assert "accuracy, % on Private" in (tmp_path / "curves.svg").read_text()
        (entry,) = (
            e for e in summaries(results) if (e["baseline"], e["label_rate"]) == ("lookup", 1)
        )
        assert entry["private"]["accuracy"]["mean"] == 0.5
        assert set(entry["public"]) == {"accuracy", "speed", "unseen_accuracy"}

    def test_results_of_two_tasks_make_no_table(self, finished, results):
        both = Results(read_results([finished]).editions | {"toy": {"task": "toy"}}, [], [])
        with pytest.raises(KitError, match="several tasks: fraud, toy"):
            markdown_table(both)


def test_results_without_a_task_are_of_fraud(finished):
    assert '"task"' not in finished.read_text()
    assert read_results([finished]).task == "fraud"

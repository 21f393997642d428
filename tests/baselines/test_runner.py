from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from customs_baselines.models import DEFAULT_BASELINES
from customs_baselines.running.plan import Plan, Run
from customs_baselines.running.run_folders import run_folder
from customs_baselines.running.runner import run_baselines
from customs_baselines.running.short_names import short_names
from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import load_edition
from customs_data.erasure import n_kept
from customs_data.errors import KitError
from customs_data.schema import KEY
from customs_data.split import split_by_time
from customs_scorer.calibration import calibration_error
from customs_scorer.ranking import score_files
from customs_scorer.submissions import read_submission

OWN_MODEL = """
import numpy as np

class Model:
    def fit(self, X, y, *, y_critical=None, X_test=None):
        assert set(np.unique(y)) <= {-1, 0, 1} and X.shape[1] == 20
        return self

    def predict_proba(self, X):
        score = -np.log1p(X["Item Price"] / (X["Net Mass"] + 1))
        return np.column_stack([-score, score])
"""


def run(plan, edition, out, **options):
    return run_baselines(plan, edition, out, n_jobs=1, **options)[0]


def own(tmp_path, body, name="model.py"):
    path = tmp_path / name
    path.write_text(body)
    return f"{path}:Model"


def test_a_run_writes_submission_and_record_and_agrees_with_the_scorer(
    sample_edition, sample_path, tmp_path
):
    plan = Plan(("lookup", "xgboost"), recipes=("paper",), seeds=(3,))
    records = run(plan, sample_edition, tmp_path)
    assert [record.name for record in records] == ["lookup-seed3", "xgboost-paper-seed3"]
    for record in records:
        data = json.loads((tmp_path / record.name / "run.json").read_text())
        assert data == json.loads(json.dumps(record.as_dict()))
        (standing,) = score_files([record.submission], sample_path)
        error = data["private"].pop("calibration_error")
        for period in ("public", "private"):
            assert data[period] == json.loads(json.dumps(standing.as_dict()[period]))
        test = load_solution(sample_edition.layout, sample_edition.test[KEY])
        rows = (test["Usage"] == "Private").to_numpy()
        score = read_submission(record.submission, test[KEY])[rows]
        assert error == pytest.approx(calibration_error(test["Fraud"][rows], score))
        assert data["cpu_seconds"] > 0
        assert data["peak_memory_mib"] > 50
        assert data["repeat"]["versions"]["xgboost"]
    assert records[0].lookup["private"]["precision_at_5"] == pytest.approx(
        records[0].scores["private"]["precision_at_5"]
    )


def test_repeating_a_run_gives_the_same_submission(sample_edition, tmp_path):
    plan = Plan(("lightgbm",), label_rates=(0.3,), seeds=(1,))
    texts = []
    for name in ("a", "b"):
        (record,) = run(plan, sample_edition, tmp_path / name)
        texts.append(record.submission.read_bytes())
    assert texts[0] == texts[1]


def test_label_rates_are_shares_of_all_training_rows(sample_edition, tmp_path):
    records = run(Plan(("random",), label_rates=(1.0, 0.1)), sample_edition, tmp_path)
    n = len(sample_edition.y)
    assert [record.repeat["n_labels"] for record in records] == [n, n_kept(0.1, n)]


def test_a_team_without_hidden_labels_gets_validation(public_copy, tmp_path):
    (record,) = run(Plan(("xgboost",)), load_edition(public_copy), tmp_path)
    assert record.scores == {"public": None, "private": None}
    assert 0 <= record.validation["precision_at_5"] <= 1
    assert record.submission.is_file()


def test_a_models_process_knows_nothing_of_the_edition(
    sample_edition, sample_path, tmp_path, monkeypatch
):
    spy = own(
        tmp_path,
        """
import os, sys, tempfile, numpy as np
from pathlib import Path

class Model:
    def fit(self, X, y): return self
    def predict_proba(self, X):
        (scratch,) = Path(tempfile.gettempdir()).glob(".customs-kit-*")
        print(*sys.argv, *os.environ.values(), os.getcwd(), *Path.cwd().rglob("*"))
        for path in scratch.rglob("*"):
            print(path, path.read_bytes())
        return np.full((len(X), 2), 0.5)
""",
    )
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (record,) = run(Plan((spy,)), sample_edition, tmp_path / "runs")
    log = (tmp_path / "runs" / record.name / "log.txt").read_text()
    assert f" {tmp_path} " in log
    assert "train.arrow" in log
    assert str(sample_path) not in log
    assert "hidden" not in log
    assert "solution" not in log


def test_hidden_is_opened_only_after_the_submission_is_written(
    sample_edition, tmp_path, monkeypatch
):
    from customs_baselines.running import runner
    from customs_data.edition import hidden

    events = []

    def watch(module, name):
        original = getattr(module, name)

        def watched(*arguments, **options):
            events.append(name)
            return original(*arguments, **options)

        monkeypatch.setattr(module, name, watched)

    watch(runner, "train_in_child")
    watch(runner, "write_submission")
    watch(hidden, "read_solution")
    run(Plan(("random",)), sample_edition, tmp_path, validate=True)
    assert events.index("read_solution") > events.index("write_submission")
    assert "read_solution" not in events[: len(events) - events[::-1].index("train_in_child")]


def test_own_model_runs_and_is_marked_transductive(sample_edition, tmp_path):
    (record,) = run(Plan((own(tmp_path, OWN_MODEL),)), sample_edition, tmp_path / "runs")
    assert record.run.name == "model.py:Model"
    assert record.result.transductive
    assert record.scores["private"]["precision_at_5"] > 0
    assert record.scores["private"]["calibration_error"] is None  # its scores are no probabilities


FAILING = [
    ("class Model:\n    def fit(self, X, y): raise RuntimeError('boom')\n"
     "    def predict_proba(self, X): pass", "RuntimeError: boom"),
    ("class Model:\n    def fit(self, X, y): pass", "predict_proba"),
    ("class Other: pass", "Other"),
    ("x = (", "SyntaxError"),
    ("import os\nclass Model:\n    def fit(self, X, y): os._exit(3)\n"
     "    def predict_proba(self, X): pass", "exit status 3"),
    ("import numpy as np\nclass Model:\n    def fit(self, X, y): pass\n"
     "    def predict_proba(self, X): return np.zeros(len(X))", "shape"),
    ("import numpy as np\nclass Model:\n    def fit(self, X, y): pass\n"
     "    def predict_proba(self, X): return np.full((len(X), 2), np.nan)", "finite"),
    ("class Model:\n    def fit(self, X, y): exit('my own words')\n"
     "    def predict_proba(self, X): pass", "SystemExit: my own words"),
    ("import os\nfrom pathlib import Path\nclass Model:\n    def fit(self, X, y):\n"
     "        Path('result.json').write_text('{}')\n        os._exit(0)\n"
     "    def predict_proba(self, X): pass", "exit status 0"),
    ("import os\nfrom pathlib import Path\nclass Model:\n    def fit(self, X, y):\n"
     "        Path('result.json').write_text('nonsense')\n        os._exit(0)\n"
     "    def predict_proba(self, X): pass", "exit status 0"),
]  # fmt: skip


def test_each_failing_model_is_one_record_with_its_reason(sample_edition, tmp_path):
    models = [own(tmp_path, body, f"model{i}.py") for i, (body, _) in enumerate(FAILING)]
    *failed, last = run(Plan((*models, "random")), sample_edition, tmp_path / "runs")
    for record, (_, reason) in zip(failed, FAILING, strict=True):
        assert reason in record.result.error
        assert record.submission is None
        assert json.loads((tmp_path / "runs" / record.name / "run.json").read_text())["error"]
    assert not last.failed


def test_a_model_that_changes_its_input_is_scored_on_the_right_rows(sample_edition, tmp_path):
    tidy = own(tmp_path, OWN_MODEL, "tidy.py")
    meddling = own(
        tmp_path,
        OWN_MODEL.replace(
            "        return self\n", "        X_test.sort_values('Net Mass', inplace=True)\n"
            "        X_test.drop(X_test.index[5:], inplace=True)\n        return self\n", 1
        ),
        "meddling.py",
    )  # fmt: skip
    first, second = run(Plan((tidy, meddling)), sample_edition, tmp_path / "runs")
    assert not second.failed
    assert first.submission.read_bytes() == second.submission.read_bytes()


def test_parameters_that_json_cannot_hold_are_kept_as_text(sample_edition, tmp_path):
    body = OWN_MODEL + "\n    def get_params(self): return {'missing': float('nan'), (1, 2): {3}}\n"
    (record,) = run(Plan((own(tmp_path, body),)), sample_edition, tmp_path / "runs")
    text = (tmp_path / "runs" / record.name / "run.json").read_text()
    assert json.loads(text)["parameters"] == {"missing": "nan", "(1, 2)": "{3}"}


def test_every_run_is_kept_with_the_code_that_ran(sample_edition, tmp_path):
    body = "import helper\n" + OWN_MODEL + "\n    version = 1\n"
    reference = own(tmp_path, body)
    (tmp_path / "helper.py").write_text("x = 1\n")
    (tmp_path / "not_imported.py").write_text("x = 1\n")
    (first,) = run(Plan((reference,)), sample_edition, tmp_path / "runs", command="customs-kit x")
    own(tmp_path, body.replace("version = 1", "version = 2"))
    (second,) = run(Plan((reference,)), sample_edition, tmp_path / "runs")
    own(tmp_path, "raise ValueError('no')")
    (third,) = run(Plan((reference,)), sample_edition, tmp_path / "runs")
    assert [it.name for it in (first, second, third)] == [
        "Model-seed0", "Model-seed0-2", "Model-seed0-3"
    ]  # fmt: skip
    kept = {path.name: path for path in (tmp_path / "runs").iterdir()}
    for record, version in ((first, 1), (second, 2)):
        code = kept[record.name] / "code"
        assert code.joinpath("model.py").read_text() == body.replace("= 1\n", f"= {version}\n")
        data = json.loads((kept[record.name] / "run.json").read_text())
        assert data["code"] == {
            path.name: sha256(path.read_bytes()).hexdigest() for path in code.iterdir()
        }
        assert set(data["code"]) == {"model.py", "helper.py"}
    assert (first.command, second.command) == ("customs-kit x", "")
    assert first.started <= second.started
    assert third.failed
    assert not (kept[third.name] / "submission.csv").exists()
    assert list(third.code) == ["model.py"]
    # What was kept can be run again.
    again = f"{kept['Model-seed0'] / 'code/model.py'}:Model"
    (repeated,) = run(Plan((again,)), sample_edition, tmp_path / "runs")
    assert repeated.submission.read_bytes() == first.submission.read_bytes()


def test_a_file_edited_while_it_trains_is_validated_as_it_was(sample_edition, tmp_path):
    body = OWN_MODEL.replace(
        "        return self\n",
        "        from pathlib import Path\n"
        "        Path(__file__).write_text('raise ValueError(\"edited\")')\n        return self\n",
        1,
    )
    reference = own(tmp_path, body)
    (record,) = run(Plan((reference,)), sample_edition, tmp_path / "runs", validate=True)
    assert "edited" in (tmp_path / "model.py").read_text()
    assert 0 <= record.validation["precision_at_5"] <= 1
    assert (record.submission.parent / "code/model.py").read_text() == body


def test_a_file_that_goes_while_it_trains_fails_the_later_runs_only(sample_edition, tmp_path):
    body = OWN_MODEL.replace(
        "        return self\n",
        "        from pathlib import Path\n"
        "        Path(__file__).unlink(missing_ok=True)\n        return self\n",
        1,
    )
    plan = Plan((own(tmp_path, body), "random"), seeds=(0, 1))
    records = run(plan, sample_edition, tmp_path / "runs", validate=True)
    assert [record.failed for record in records] == [False, True, False, False]
    assert 0 <= records[0].validation["precision_at_5"] <= 1
    assert "model.py cannot be read" in records[1].result.error
    assert records[0].as_dict()["baseline"] == "model.py:Model"


def test_runs_at_once_have_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as executor:

        def make(_):
            with run_folder(tmp_path / "runs", "x-seed0", finished="submission.csv") as folder:
                (folder / "run.json").write_text("{}")
                return folder.name

        names = list(executor.map(make, range(40)))
    assert sorted(names) == sorted(["x-seed0", *(f"x-seed0-{n}" for n in range(2, 41))])


def test_an_interrupted_run_leaves_no_folder_before_its_submission(tmp_path):
    for file, kept in (("log.txt", False), ("submission.csv", True)):
        with (
            suppress(KeyboardInterrupt),
            run_folder(tmp_path, "x", finished="submission.csv") as it,
        ):
            (it / file).write_text("")
            raise KeyboardInterrupt
        assert it.exists() is kept


def test_the_folder_of_a_killed_run_is_taken_again(tmp_path):
    left = tmp_path / "x"
    (left / "code").mkdir(parents=True)
    (left / "log.txt").write_text("killed")
    with run_folder(tmp_path, "x", finished="submission.csv") as folder:
        assert folder == left
        assert not list(left.iterdir())
        (left / "log.txt").write_text("alive")
        with run_folder(tmp_path, "x", finished="submission.csv") as other:
            assert other.name == "x-2"  # the first run goes on
    (tmp_path / "x" / "notes.txt").write_text("mine")  # no run wrote this: it stays
    with run_folder(tmp_path, "x", finished="submission.csv") as folder:
        assert folder.name == "x-2"
    assert (left / "notes.txt").read_text() == "mine"


def test_names_of_runs_tell_settings_apart(tmp_path):
    model = own(tmp_path, OWN_MODEL)
    runs = list(Plan((model,), label_rates=(0.1, 0.1000001), seeds=(0, 1)).runs())
    assert len({run.folder for run in runs}) == 4
    assert runs[0].folder == "Model-labels0.1-random-seed0"


@pytest.mark.parametrize(
    "settings",
    [
        {"models": ("nonsense",)},
        {"models": ("nofile.py:Model",)},
        {"models": ("model.py",)},
        {"recipes": ("soup",)},
        {"label_rates": (0.0,)},
        {"label_rates": (2.0,)},
        {"erasure": "sideways"},
        {"seeds": (-1,)},
        {"seeds": ()},
    ],
)
def test_bad_plans_are_refused_before_anything_runs(settings):
    with pytest.raises(KitError):
        Plan(**settings)


def test_default_plan_runs_each_baseline_once():
    runs = list(Plan().runs())
    assert len(runs) == len({run.folder for run in runs}) == len(DEFAULT_BASELINES)


def test_split_by_time_keeps_the_future_out():
    dates = pd.Series(np.repeat(pd.date_range("2020-01-01", "2020-12-31"), 3))
    earlier, later = split_by_time(dates)
    assert dates[earlier].max() < dates[later].min()
    assert (earlier ^ later).all()
    assert dates[later].min() == pd.Timestamp("2020-10-01") + pd.Timedelta(days=0)
    with pytest.raises(KitError, match="takes two days"):
        split_by_time(dates.head(2))


def test_runs_beside_each_other_have_the_shortest_names(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b_lgbm.py").write_text("class LGBCat: pass\n")
    first, second = (f"{tmp_path}/{folder}/b_lgbm.py:LGBCat" for folder in ("a", "b"))

    def run(model, recipe=None, rate=None, seed=0):
        return Run(model, recipe, rate, "random", seed)

    assert short_names([run(first)]) == ["LGBCat"]
    assert short_names([run(first), run("xgboost", "kit")]) == ["LGBCat", "xgboost"]
    assert short_names([run(first), run(first, seed=1)]) == ["LGBCat, seed 0", "LGBCat, seed 1"]
    assert short_names([run("xgboost", "kit"), run("xgboost", "paper", 0.1)]) == [
        "xgboost, kit, all labels",
        "xgboost, paper, labels 0.1, random",
    ]
    # Two files of one name, and one run twice.
    assert short_names([run(first), run(second)]) == [
        "b_lgbm.py:LGBCat (1)",
        "b_lgbm.py:LGBCat (2)",
    ]

"""A team's own model: what is accepted, what it gets, and what an error says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, VotingClassifier

from customs_baselines.catalogue import find_baseline
from customs_baselines.running.job import Job, write_job
from customs_baselines.running.own_errors import describe_error
from customs_baselines.running.own_loading import seed_estimator
from customs_baselines.running.own_model import split_reference
from customs_baselines.running.plan import Plan
from customs_baselines.running.runner import run_one, train_in_child
from customs_baselines.running.train_job import run_job
from customs_baselines.running.watch import Watch
from customs_data.errors import KitError

CONSTANT = "    def predict_proba(self, X): return np.full((len(X), 2), 0.5)\n"
ESTIMATORS = """
import numpy as np
from lightgbm import LGBMClassifier
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import LinearSVC

def numbers(X): return X[["Tax Rate", "Net Mass"]].to_numpy()
def rows_with(y): return np.full(len(y), 0.5)

class Own:
    def fit(self, X, y):
        assert set(np.unique(y)) == {-1, 0, 1}
    def predict_proba(self, X): return np.full((len(X), 2), 0.5)
class Wrapped(DummyClassifier):
    def fit(self, X, y):
        assert -1 in y
        return super().fit(X[y >= 0], y[y >= 0])
class Derived(DummyClassifier):
    pass

own = Own()
dummy = DummyClassifier()
pipe = make_pipeline(FunctionTransformer(numbers), DummyClassifier())
own_at_the_end = make_pipeline(FunctionTransformer(numbers), Wrapped())
semi = make_pipeline(FunctionTransformer(numbers), SelfTrainingClassifier(DummyClassifier()))
search = GridSearchCV(pipe, {"dummyclassifier__strategy": ["prior", "uniform"]}, cv=2)
def make_pipe(): return pipe
def make_class(): return Own
def make_seeded(seed, n_jobs):
    assert (seed, n_jobs) == (7, 1)
    return DummyClassifier(random_state=seed)
margin = make_pipeline(FunctionTransformer(numbers), LinearSVC())
raw = LGBMClassifier(verbosity=-1)
number = 3
def make_nothing(): pass
def make_with(depth): return dummy
"""


@pytest.fixture
def run_own(sample_edition, tmp_path, monkeypatch):
    """Run a model of a file in this process, half of the labels erased."""
    monkeypatch.setattr(sys, "path", sys.path.copy())
    kept = np.arange(len(sample_edition.y)) % 2 == 1

    def run(body, name="M", file="my_model.py"):
        (tmp_path / file).write_text(body, encoding="utf-8")
        folder = tmp_path / "scratch"
        folder.mkdir()
        job = Job(f"{tmp_path / file}:{name}", {"random_state": 7, "n_jobs": 1})
        write_job(folder, job, sample_edition.split.with_labels(kept))
        return run_job(folder)

    yield run
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "labelled_only"),
    [
        ("Own", False), ("Wrapped", False), ("Derived", True), ("own", False), ("dummy", True),
        ("pipe", True), ("own_at_the_end", False), ("semi", False), ("search", True),
        ("make_pipe", True), ("make_class", False), ("make_seeded", True),
    ],
)  # fmt: skip
def test_classes_estimators_and_functions_run_on_the_labels_they_know(run_own, name, labelled_only):
    result = run_own(ESTIMATORS, name)
    assert result.error == ""
    assert len(result.notes) == labelled_only
    if labelled_only:
        assert result.notes[0].startswith("Fitted on the 506 labelled of 1,013 declarations: ")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("margin", "margin has no predict_proba(X). It gives scores, but no probabilities: put"),
        ("raw", "In a Pipeline, put a step before it that makes numbers"),
        ("number", "number in my_model.py is of type int. Name a class, an estimator or"),
        ("make_nothing", "make_nothing() returned None. End it with `return`"),
        ("make_with", "missing a required argument: 'depth'. Give each argument a default"),
        ("ownn", "my_model.py does not define ownn. Did you mean own?"),
        ("xyz", "Its models: "),
    ],
)  # fmt: skip
def test_what_is_no_model_says_why(run_own, name, reason):
    assert reason in run_own(ESTIMATORS, name).error


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import numpy as np\nclass M:\n    def fit(self, X, y):\n        self.learn(X)\n"
         "    def learn(self, X):\n        X['nothing']\n" + CONSTANT,
         "my_model.py, line 6, in learn: KeyError: 'nothing'"),
        ("import helper\n", "helper.py, line 1: ZeroDivisionError: division by zero"),
        ("from .beside import f\n",
         "my_model.py, line 1: ImportError: attempted relative import with no known parent package."
         " The file is no package: write `from beside import f`."),
        ("from . import beside\n", "write `import beside`."),
        ("from . import missing\n", "write the import without the dot."),
        ("import besid\n", "Did you mean beside, which is beside my_model.py?"),
        ("import no_such_library\n", "Neither beside my_model.py nor installed for "),
        ("class M:\n    def fit(self, X, y:\n", "my_model.py, line 2: SyntaxError: "),
        ("class M:\n    def __init__(self, depth): pass\n", "M.__init__ needs depth. Give depth a"),
        ("class M:\n    def fit(self, X, y): pass\n    def predict(self, X): pass\n",
         "M has no predict_proba(X). Add it: "),
        ("class M:\n    def predict_proba(self, X): pass\n", "M has no fit(X, y). Add def fit"),
        ("import numpy as np\nclass M:\n    def fit(X, y): pass\n" + CONSTANT,
         "M.fit cannot be called with X and y. Write it as def fit(self, X, y)."),
        ("from sklearn.tree import DecisionTreeClassifier\nclass M:\n    def fit(self, X, y):\n"
         "        self.tree = DecisionTreeClassifier(max_depth=2).fit(X[['Tax Rate']], y)\n"
         "    def predict_proba(self, X): return self.tree.predict_proba(X[['Tax Rate']])\n",
         "predict_proba returned 3 columns instead of 2: y contains -1"),
        ("import numpy as np\nclass M:\n    def fit(self, X, y): pass\n"
         "    def predict_proba(self, X): return np.zeros(len(X))\n",
         "Return np.column_stack([1 - p, p])"),
        ("import pandas as pd\nclass M:\n    def fit(self, X, y):\n"
         "        pd.read_csv('side.csv')\n    def predict_proba(self, X): pass\n",
         "Path(__file__).parent / 'side.csv'"),
        ("class M:\n    def fit(self, X, y):\n        raise ValueError('\\n first \\nsecond')\n"
         "    def predict_proba(self, X): pass\n",
         "my_model.py, line 3, in fit: ValueError: first"),
        ("class M:\n    def fit(self, X, y):\n        from customs_kit import make_features\n"
         "        make_features('soup')\n    def predict_proba(self, X): pass\n",
         "my_model.py, line 4, in fit: "),
        ("class Other: pass\n", "Its classes, none with fit and predict_proba: Other."),
        ("x = 1\n", "It defines no class and no estimator."),
    ],
)  # fmt: skip
def test_an_error_names_the_line_and_the_way_out(run_own, tmp_path, body, reason):
    (tmp_path / "helper.py").write_text("1 / 0\n")
    (tmp_path / "beside.py").write_text("f = 1\n")
    error = run_own(body).error
    assert reason in error
    assert "\n" not in error
    assert "second" not in error


def test_a_file_that_hides_a_library_is_named(run_own, tmp_path):
    sys.modules.pop("wave", None)
    (tmp_path / "wave.py").write_text("")
    error = run_own("from wave import Wave_read\n").error
    assert error.endswith("Rename wave.py: it hides the library of the same name.")


def test_an_error_of_a_library_has_no_frames_of_compiled_code():
    message = "[12:34:56] /src/data/data.cc:507: Check failed: valid: a value is too large\nStack"
    assert describe_error(ValueError(message), None) == (
        "ValueError: Check failed: valid: a value is too large"
    )
    assert len(describe_error(KeyError("x" * 5000), None)) < 500
    assert describe_error(MemoryError(), None) == "MemoryError"


def test_seeds_of_the_team_are_increased_and_the_others_set():
    seeds = []
    for seed in (0, 0, 5):
        a, b, c = (RandomForestClassifier(random_state=given) for given in (1, None, None))
        model = VotingClassifier([("a", a), ("b", b), ("c", c)])
        seed_estimator(model, seed)
        seeds.append([model.get_params()[f"{name}__random_state"] for name in "abc"])
    assert seeds[0] == seeds[1]
    assert (seeds[0][0], seeds[2][0]) == (1, 6)
    assert seeds[0][1] != seeds[0][2]
    assert seeds[0][1:] != seeds[2][1:]


def test_catboost_has_two_names_for_its_seed():
    from catboost import CatBoostClassifier

    for given, name, value in (({}, "random_state", 3), ({"random_seed": 1}, "random_seed", 4)):
        model = CatBoostClassifier(**given)
        seed_estimator(model, 3)
        assert model.get_params() == {name: value}


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("class A:\n    def fit(self, X, y): pass\n    def predict_proba(self, X): pass\n", "A"),
        ("class B:\n    def fit(self, X, y): pass\n"
         "class A(B):\n    def predict_proba(self, X): pass\n", "A"),
        ("from lightgbm import LGBMClassifier\nclass A(LGBMClassifier): pass\n", "A"),
        ("pipe = make_pipeline(StandardScaler(), LogisticRegression())\nn = len('x')\n", "pipe"),
        ("def make():\n    model = XGBClassifier()\n    return model\ndef f(): return 1\n", "make"),
        ("a = SVC()\nb = lightgbm.LGBMClassifier()\n", "contains several models: a, b. Name one"),
        ("x = 1\n", "names no model"),
        ("x = (\n", "my_model.py, line 1: '(' was never closed."),
    ],
)  # fmt: skip
def test_a_file_alone_is_enough_if_it_has_one_model(tmp_path, body, outcome):
    path = tmp_path / "my_model.py"
    path.write_text(body)
    if outcome.isidentifier():
        assert split_reference(str(path)) == (path, outcome)
    else:
        with pytest.raises(KitError) as raised:
            split_reference(str(path))
        assert outcome in str(raised.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("xgbost", "Did you mean xgboost?"),
        ("XGBoost", "Did you mean xgboost?"),
        ("random-forest", "Did you mean random_forest?"),
        ("xgb", "Did you mean xgboost?"),
        ("soup", "Choose one of adaboost, "),
        ("first_steps.ipynb", "a notebook cannot be run"),
        ("first_steps.ipynb:MyModel", "a notebook cannot be run"),
        ("my_model:MyModel", "Did you mean my_model.py:MyModel?"),
        ("my_model.MyModel", "Did you mean my_model.py:MyModel?"),
        ("folder.inner:A", "Did you mean folder/inner.py:A?"),
        ("my_model", "Did you mean my_model.py?"),
        ("nowhere:A", "'nowhere' in 'nowhere:A' is not a .py file. Give your own model as FILE"),
        ("my_modle.py:MyModel", "No such file: my_modle.py. Did you mean my_model.py?"),
        ("other.py:MyModel", "No such file: other.py."),
        ("my_model.py:a-b", "is not a name in Python"),
    ],
)
def test_an_unknown_name_is_answered_with_one_that_exists(tmp_path, monkeypatch, name, hint):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    for path in ("my_model.py", "folder/inner.py"):
        Path(path).write_text("class MyModel: pass\n")
    with pytest.raises(KitError) as raised:
        Plan((name,))
    assert hint in str(raised.value)
    for word in str(raised.value).removesuffix("?").split("Did you mean ")[1:]:
        known = word.split("?")[0].partition(":")[0]
        assert Path(known).is_file() or find_baseline(known)


def test_a_model_runs_beside_its_file_and_is_watched(sample_edition, tmp_path, monkeypatch):
    (tmp_path / "side.csv").write_text("a\n1\n")
    (tmp_path / "my_model.py").write_text(
        "import argparse, sys, numpy as np, pandas as pd\n"
        "from customs_baselines.steps import step\n"
        "from pathlib import Path\n"
        "argparse.ArgumentParser().parse_args()\n"
        "class M:\n"
        "    def fit(self, X, y):\n"
        "        print(len(pd.read_csv('side.csv')), 'row')\n"
        "        Path('made.txt').write_text('here')\n"
        "        with step('network 1 of 2'):\n"
        "            while Path('heard').exists() is False: pass\n"
        "        Path('heard').unlink()\n"
        "        sys.stderr.write('10 %\\r20 %\\r')\n"
        "        sys.stderr.flush()\n"
        "        while Path('heard').exists() is False: pass\n" + CONSTANT
    )
    lines, steps = [], []

    def hear(text):
        steps.append(text)
        if text in ("network 1 of 2", "20 %"):
            (tmp_path / "heard").touch()

    log = tmp_path / "log.txt"
    log.write_text("before\n")
    job = Job(f"{tmp_path / 'my_model.py'}:M", {})
    watch = Watch(on_output=lines.append, on_step=hear, time_limit=300)
    result, scores, _ = train_in_child(job, sample_edition.split, log, watch=watch)
    assert result.error == ""
    assert scores is not None
    assert lines == ["1 row", "20 %"]
    assert steps[0] == "network 1 of 2"
    assert "20 %" in steps
    assert log.read_bytes() == b"before\n1 row\n10 %\r20 %\r"
    assert (tmp_path / "made.txt").read_text() == "here"


def test_a_model_beyond_its_time_is_one_failed_run(sample_edition, tmp_path):
    (tmp_path / "my_model.py").write_text("while True: pass\n")
    (run,) = Plan((f"{tmp_path / 'my_model.py'}:M",)).runs()
    record = run_one(run, sample_edition, tmp_path, {}, None, watch=Watch(time_limit=0.25))
    assert record.result.error == "ended after 0.25 s, the time limit"
    assert record.submission is None


@pytest.mark.parametrize("file", [b"\xbc.py", "é.py".encode()])
def test_names_that_are_not_utf8_run(sample_edition, tmp_path, file):
    import os

    path = tmp_path / os.fsdecode(b"\xbc\xbc") / os.fsdecode(file)
    path.parent.mkdir()
    path.write_text("import numpy as np\nclass M:\n    def fit(self, X, y): pass\n" + CONSTANT)
    (run,) = Plan((f"{path}:M",)).runs()
    out = path.parent / run.folder
    out.mkdir()
    job = Job(run.model, {})
    result, scores, _ = train_in_child(job, sample_edition.split, out / "log.txt")
    assert result.error == ""
    assert np.all(scores == 0.5)

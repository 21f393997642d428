from __future__ import annotations

import gzip
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import click
import pytest

from command_line import kit
from customs_data.describing.page import exploration_page
from customs_data.describing.summary import summarize_edition
from customs_data.edition.loading import load_edition
from customs_data.files.writing import write_table
from customs_kit.cli import customs_kit
from forked_command import kit_in_fork
from page_outline import check_self_contained

ROOT = Path(__file__).parents[2]


def commands(group=customs_kit, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=lambda v: str(v))
def test_every_command_has_help_with_an_example(path, command):
    assert "Example" in command.help
    assert f"customs-kit {' '.join(path)}" in command.help
    if not isinstance(command, click.Group):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name


def test_the_walk_meets_every_command():
    walk = (ROOT / "docs/TOUR.md").read_text(encoding="utf-8")
    for path, command in commands():
        if not isinstance(command, click.Group):
            assert f"customs-kit {' '.join(path)}" in walk


def test_help_loads_nothing_heavy():
    probe = (
        "import sys; from customs_kit.cli import customs_kit\n"
        "try: customs_kit(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'pandas', 'numpy', 'pyarrow', 'xgboost', 'sklearn', 'rich', 'shap',\n"
        "         'dask', 'distributed'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert "LOADED []" in ran.stdout


@pytest.fixture(scope="module")
def files(sample, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return [
        write_table(frame, folder / f"{name}.csv") and folder / f"{name}.csv"
        for name, frame in sample.items()
    ]


def test_from_files_to_scores(files, tmp_path):
    edition = tmp_path / "edition"
    made = kit_in_fork("data", "import", *files, "--out", edition, "--label-rate", "0.5", "--json")
    assert made.status == 0, made.stderr
    assert json.loads(made.stdout)["label_rate"] == 0.5
    assert kit_in_fork("data", "verify", edition).status == 0
    assert "Declarations by month" in kit_in_fork("data", "describe", edition).stdout
    ran = kit_in_fork(
        "baseline", "run", "lookup", "xgboost", "--edition", edition, "--json",
        "--out", tmp_path / "runs", "--threads", "1",
    )  # fmt: skip
    assert ran.status == 0, ran.stderr
    records = json.loads(ran.stdout)
    for record in records:
        assert {
            "baseline", "seed", "label_rate", "public", "private", "seconds", "cpu_seconds",
            "peak_memory_mib", "submission",
        } <= record.keys()  # fmt: skip
        assert {"precision_at_5", "precision_at_10"} <= record["private"].keys()
    submissions = [record["submission"] for record in records]
    assert kit_in_fork("submission", "check", submissions[0], "--edition", edition).status == 0
    scored = kit_in_fork("score", *submissions, "--edition", edition, "--json")
    by_file = {score["file"]: score for score in json.loads(scored.stdout)}
    for record in records:
        scores = by_file[record["submission"]]["private"]
        assert scores["precision_at_5"] == record["private"]["precision_at_5"]
    table = kit_in_fork("score", *submissions, "--edition", edition)
    assert "rank" in table.stdout
    assert "recall@5 %" in kit_in_fork("score", submissions[0], "--edition", edition).stdout


def test_from_a_secret_to_the_reveal(tmp_path):
    secret, edition, reveal = (tmp_path / name for name in ("s.json", "edition", "r.json"))
    made = kit_in_fork("data", "secret", "--out", secret, "--json")
    assert json.loads(made.stdout) == {"file": str(secret)}
    arguments = ("data", "generate", "--secret-file", secret, "--rows", "2000", "--json")
    made = kit_in_fork(*arguments, "--label-rate", "0.2", "--out", edition)
    assert made.status == 0, made.stderr
    assert json.loads(made.stdout)["origin"] == "secret"
    again = kit_in_fork(*arguments, "--out", tmp_path / "again")
    assert again.status == 1
    assert "Two editions of one secret" in again.stderr
    assert not (tmp_path / "again").exists()
    assert kit_in_fork("data", "reveal", edition, "--out", reveal, "--json").status == 0
    checked = kit_in_fork("data", "verify", edition, "--revealed", reveal)
    assert checked.status == 0, checked.stdout
    assert "bit by bit" in checked.stdout


def test_a_profile_calibrates_an_edition(files, tmp_path):
    profile = tmp_path / "p.json.gz"
    made = kit_in_fork("data", "profile", *files, "--min-count", "1", "--out", profile, "--json")
    assert made.status == 0, made.stderr
    arguments = ("--seed", "1", "--rows", "1000", "--profile", profile, "--json")
    ran = kit_in_fork("data", "generate", "--out", tmp_path / "e", *arguments)
    assert ran.status == 0, ran.stderr


def test_an_audit_is_printed_saved_and_decides_the_exit_status(sample_path, tmp_path):
    page = tmp_path / "audit.html"
    ran = kit("data", "audit", sample_path, "--html", page, "--adversary", "--json")
    report = json.loads(ran.stdout)
    assert ran.returncode == (0 if report["passed"] else 1)
    [skipped] = report["adversary"]["skipped"]
    assert skipped["reason"] in page.read_text()
    assert {"name", "value", "threshold", "passed", "explanation"} == report["tests"][0].keys()
    assert "<table>" in page.read_text()


def test_a_grid_runs_resumes_and_fills_a_document(sample_path, tmp_path):
    grid = tmp_path / "grid.toml"
    grid.write_text(
        f"[[editions]]\npath = '{sample_path}'\n"
        "[[runs]]\nmodels = ['lookup', 'random']\nlabel_rates = [1.0, 0.5]\n"
    )
    document = tmp_path / "x.md"
    document.write_text("<!-- results:grid -->\n<!-- /results -->\n")
    curves = tmp_path / "curves.svg"
    made = kit_in_fork("baseline", "table", grid, "--write", document, "--curves", curves)
    assert made.status == 0, made.stderr
    assert "| `lookup` | - | 0.5 | 1 | 0." in document.read_text()
    assert "<svg" in curves.read_text()
    again = kit_in_fork("baseline", "table", grid, "--check", document, "--json")
    assert again.status == 0, again.stderr
    assert "4 of 4 runs are already" in again.stderr
    rows = json.loads(again.stdout)
    assert [(row["baseline"], row["label_rate"]) for row in rows] == [
        ("lookup", 1.0), ("lookup", 0.5), ("random", 1.0), ("random", 0.5)
    ]  # fmt: skip
    shown = kit_in_fork("baseline", "table", tmp_path / "grid.json", "--label-rate", "0.5")
    assert "labels" not in shown.stdout.splitlines()[0]
    assert kit_in_fork("baseline", "table", grid, grid, "--results", "x.json").status == 2
    draw = ("baseline", "table", tmp_path / "grid.json", "--curves", curves)
    assert kit_in_fork(*draw, "--models", "lookup").status == 0
    assert "Scored were lookup, random" in kit_in_fork(*draw, "--models", "xgboost").stderr
    absent = kit_in_fork("baseline", "table", tmp_path / "grid.json", "--label-rate", "0.3")
    assert absent.status == 1
    assert "Choose from 1, 0.5" in absent.stderr


def test_a_model_is_explained_on_a_page_and_in_json(sample_path, tmp_path):
    common = ("--edition", sample_path, "--declarations", 20)
    ran = kit_in_fork("baseline", "explain", "xgboost", *common, "--out", tmp_path, "--json")
    assert ran.status == 0, ran.stderr
    explained = json.loads(ran.stdout)["explanations"][0]
    assert explained["importance"][0]["columns"]
    assert explained["declaration"]["contributions"][0]["in_words"]
    folder = tmp_path / "xgboost-kit-seed0"
    made = {path.name for path in folder.iterdir()}
    assert {"importance.png", "declaration.png", "many.png", "explanation.html"} <= made
    ident = explained["declaration"]["id"]
    assert ident in (folder / "explanation.html").read_text()
    hidden = kit_in_fork(
        "baseline", "explain", "decision_tree", *common, "--out", tmp_path, "--anonymous", "--json"
    )
    assert "declaration" not in json.loads(hidden.stdout)["explanations"][0]
    page = (tmp_path / "decision_tree-kit-seed0" / "explanation.html").read_text()
    assert "One declaration" not in page
    wrong = kit_in_fork("baseline", "explain", "xgboost", *common, "--declaration", "nothing")
    assert (wrong.status, "test.csv has no Declaration ID" in wrong.stderr) == (1, True)


def test_errors_are_analysed_on_hidden_labels_and_on_validation(sample_path, public_copy, tmp_path):
    run = ("baseline", "run", "lookup", "random", "--errors", "--json")
    scored = kit_in_fork(*run, "--edition", sample_path, "--out", tmp_path / "hidden")
    assert scored.status == 0, scored.stderr
    assert "hidden labels" in (tmp_path / "hidden" / "errors.html").read_text()
    validated = kit_in_fork(*run, "--edition", public_copy, "--out", tmp_path / "team")
    assert validated.status == 0, validated.stderr
    assert "last quarter of training" in (tmp_path / "team" / "errors.html").read_text()
    submissions = [json.loads(scored.stdout)[i]["submission"] for i in (0, 1)]
    score = kit_in_fork(
        "score", *submissions, "--edition", sample_path, "--errors", tmp_path / "e", "--json"
    )
    assert score.status == 0, score.stderr
    errors = json.loads((tmp_path / "e" / "errors.json").read_text())
    assert set(errors["by_group"]) == {"chapter", "origin", "office", "month"}
    missed = errors["missed_by_all"]
    assert len(missed["declarations"]) == missed["n_missed"] <= missed["n_fraud"]


def test_a_users_mistake_is_one_message_and_exit_1(tmp_path, sample_path):
    for arguments in (
        ("data", "verify", tmp_path),
        ("data", "describe", tmp_path / "nowhere"),
        ("data", "import", "a.csv", "b.csv", "c.csv", "--out", tmp_path / "e"),
        ("score", "missing.csv", "--edition", sample_path),
        ("submission", "check", "missing.csv", "--edition", sample_path),
        ("submission", "check", "x" * 300, "--edition", sample_path),
        ("data", "verify", "x" * 300),
        ("data", "import", "/dev/null", "/dev/null", "/dev/null", "--out", tmp_path / "e"),
        ("baseline", "run", "nonsense", "--edition", sample_path),
        ("baseline", "run", "random", "--edition", sample_path, "--label-rate", "7"),
    ):
        ran = kit_in_fork(*arguments, cwd=tmp_path)
        assert ran.status == 1, (arguments, ran)
        assert ran.stderr.startswith("Error: ")
        assert "Traceback" not in ran.stderr
        assert ran.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("data", "import", "one.csv", "--out", "e"),
        ("data", "import", "one.csv", "two.csv", "--out", "e"),
        ("data", "import", "a", "b", "c", "--out", "e", "--erasure", "sideways"),
        ("baseline", "run", "--seeds", "a,b"),
        ("score",),
    ],
)
def test_wrong_usage_is_exit_2(arguments, tmp_path):
    ran = kit_in_fork(*arguments, cwd=tmp_path)
    assert ran.status == 2
    assert "Usage:" in ran.stderr


def test_a_broken_submission_is_exit_1_with_a_report(sample_path, tmp_path):
    bad = tmp_path / "bad.csv.gz"
    bad.write_bytes(gzip.compress(b"Declaration ID,Fraud Score\n1,x\n"))
    ran = kit_in_fork("submission", "check", bad, "--edition", sample_path)
    assert ran.status == 1
    assert "bad.csv.gz: 3 problems" in ran.stderr
    report = json.loads(
        kit_in_fork("submission", "check", bad, "--edition", sample_path, "--json").stdout
    )
    assert report["passed"] is False
    assert len(report["problems"]) == 3


def test_failed_verification_is_exit_1(edition_copy):
    (edition_copy / "public/stray.csv").write_text("x\n1\n")
    ran = kit_in_fork("data", "verify", edition_copy, "--json")
    assert ran.status == 1
    assert json.loads(ran.stdout)["passed"] is False


def test_a_failed_model_is_exit_1_and_the_others_are_shown(sample_path, tmp_path):
    (tmp_path / "m.py").write_text("class M:\n    def fit(self, X, y): 1 / 0\n"
                                   "    def predict_proba(self, X): pass\n")  # fmt: skip
    run = ("baseline", "run", "m.py:M", "--edition", sample_path)
    labels = ("--validate", "--label-rates", "0.5", "--erasure", "importer")
    ran = kit_in_fork(*run, "random", *labels, cwd=tmp_path)
    assert ran.status == 1
    assert "ZeroDivisionError" in ran.stderr.splitlines()[-1]
    assert "random" in ran.stdout
    assert ran.stdout.count("Validation: ") == 1
    assert "not erased at random" in ran.stdout
    alone = kit_in_fork(*run, cwd=tmp_path)  # the error, and nothing else
    assert (alone.status, alone.stdout) == (1, "")
    assert alone.stderr.startswith("Error: m.py:M failed")
    assert len(alone.stderr.splitlines()) == 1


def test_text_is_wrapped_between_words_in_a_terminal_only(monkeypatch):
    from customs_kit.terminal.output import output_width, say

    text = " ".join(["several words and runs/practice/MyModel-seed0"] * 5)
    for is_terminal in (True, False):
        stream = StringIO()
        stream.isatty = lambda answer=is_terminal: answer
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setenv("TERM", "xterm")
        say(text)
        lines = stream.getvalue().splitlines()
        assert [word for line in lines for word in line.split()] == text.split()
        assert (max(map(len, lines)) <= 60) is is_terminal
        assert output_width() == (60 if is_terminal else 160)


def test_without_an_edition_the_practice_edition_is_made_once(tmp_path):
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    first = kit_in_fork("baseline", "run", "random", "--json", cwd=tmp_path, **cache)
    assert first.status == 0, first.stderr
    again = kit_in_fork("baseline", "run", "random", "--json", cwd=tmp_path, **cache)
    commitments = [json.loads(ran.stdout)[0]["repeat"]["commitment"] for ran in (first, again)]
    assert commitments[0] == commitments[1]


def test_names_that_look_like_markup_are_shown_as_they_are(sample_path, sample_edition, tmp_path):
    from customs_scorer import write_submission

    for name in ("a[bold].csv", "b[/c].csv"):
        path = tmp_path / name.replace("/", "-")
        write_submission(sample_edition, [0.5] * len(sample_edition.test), path)
        ran = kit_in_fork("score", path, "--edition", sample_path, "--replicates", "0")
        assert path.name in ran.stdout.replace("\n", "")


def test_a_terminal_without_unicode_gets_question_marks(sample_path):
    ran = kit("data", "describe", sample_path, PYTHONIOENCODING="ascii")
    assert ran.returncode == 0, ran.stderr


def test_load_edition_in_one_line(sample_path):
    from customs_kit import load_edition

    edition = load_edition(sample_path)
    assert edition.layout.has_hidden
    assert edition.train.shape[1] == 20
    assert edition.y.dtype == "int8"


def test_fidelity_as_table_json_and_page(sample, files, tmp_path):
    few = ["Date", "HS6 Code", "Net Mass"]
    for name in ("train", "public"):
        write_table(sample[name][few], tmp_path / f"{name}.csv")
    sides = (f"{tmp_path}/train.csv,{tmp_path}/public.csv", tmp_path / "public.csv")
    page = tmp_path / "fidelity.html"
    ran = kit("data", "fidelity", *sides, "--rows", "60", "--html", page, "--json")
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["n_compared"] == 60
    assert report["quality"][0]["name"] == "KS complement"
    assert "AUC without entity IDs" in page.read_text()
    shown = kit("data", "fidelity", *sides, "--rows", "40")
    assert "half-split" in shown.stdout
    assert "Needs 50 declarations per side; there are 40." in shown.stdout
    wrong = kit("data", "fidelity", files[0], tmp_path / "nowhere.csv")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("Error: ")
    assert "Traceback" not in wrong.stderr


def test_describe_writes_a_page_from_what_is_public(sample_path, tmp_path):
    page = tmp_path / "edition.html"
    assert kit_in_fork("data", "describe", sample_path, "--html", page, "--json").status == 0
    outline = check_self_contained(page.read_text())
    for heading in (
        "Volumes over time", "Goods and routes", "Price per product", "Fraud by column",
        "Traders", "Who files with whom",
    ):  # fmt: skip
        assert heading in outline.words()
    # The organizer's copy gives the page of the teams' copy, byte by byte.
    public = load_edition(sample_path / "public")
    assert exploration_page(public, summarize_edition(public)) == page.read_text()

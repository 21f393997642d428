"""The official Kaggle client against a loopback server: what is sent, where, and what is not."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
import requests
from click.testing import CliRunner

from customs_data.edition.layout import Layout
from customs_data.errors import KitError
from customs_kit.cli import customs_kit
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.kaggle.client import connect, endpoint_of_environment
from customs_leaderboard.publishing.kaggle.competition import (
    SECRET_FOLDER,
    competition_metadata,
    prepare_competition,
    solution_file,
)
from customs_leaderboard.publishing.kaggle.dataset import prepare_dataset
from customs_leaderboard.publishing.kaggle.steps import STEPS, send_competition
from customs_scorer import write_submission
from customs_scorer.kaggle_metrics import fraud as kaggle_metric
from customs_scorer.ranking import score_files
from kaggle_server import LEADERBOARD, serving

NAME = "which-five-percent"
DATASET = "our-lab/customs-2030"
SERVICE = "competitions.CompetitionApiService"
NOTICE = Announcement(
    "Which five percent?",
    datetime(2030, 3, 1, tzinfo=UTC),
    datetime(2030, 6, 1, 18, tzinfo=UTC),
)


@pytest.fixture
def kaggle(monkeypatch, tmp_path):
    """A service on the loopback; a request to any other address fails the test."""
    send = requests.Session.send

    def send_here(self, request, **settings):
        assert urlsplit(request.url).hostname == "127.0.0.1", request.url
        return send(self, request, **settings)

    monkeypatch.setattr(requests.Session, "send", send_here)
    for name in list(os.environ):
        if name.startswith("KAGGLE_"):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": tmp_path,
        "KAGGLE_CONFIG_DIR": tmp_path,
        "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
        "KAGGLE_USERNAME": "our-lab",
        "KAGGLE_KEY": "0" * 32,
    }.items():
        monkeypatch.setenv(name, str(value))
    from kagglesdk import kaggle_env

    with serving() as server:
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, server.url)
        from kaggle.api.kaggle_api_extended import KaggleApi

        # Set at import: another test may have imported the client under another environment.
        monkeypatch.setattr(KaggleApi, "args", ["--local"])
        monkeypatch.setattr(KaggleApi, "config_dir", str(tmp_path))
        monkeypatch.setattr(KaggleApi, "config", str(tmp_path / "kaggle.json"))
        monkeypatch.setattr(KaggleApi, "config_values", {})
        yield server


@pytest.fixture
def service(kaggle):
    service = connect()
    assert service.endpoint == kaggle.url
    return service


def run(*arguments):
    return CliRunner().invoke(customs_kit, [str(argument) for argument in arguments])


def test_nothing_is_sent_until_it_is_confirmed(kaggle, edition_path, tmp_path):
    for arguments in (("--dataset", DATASET), ("--competition", NAME)):
        out = tmp_path / arguments[1].replace("/", "-")
        dry = run("publish", "kaggle", edition_path, *arguments, "--out", out, "--json")
        assert dry.exit_code == 0, dry.output
        plan = json.loads(dry.stdout)
        assert (plan["sent"], plan["endpoint"]) == (False, kaggle.url)
    assert kaggle.calls == []
    assert kaggle.blobs == {}


def test_a_dataset_is_created_private_and_gets_a_version(kaggle, edition_path, tmp_path):
    out = tmp_path / "dataset"
    common = ("publish", "kaggle", edition_path, "--dataset", DATASET, "--out", out, "--json")
    created = run(*common, "--confirm")
    assert created.exit_code == 0, created.output
    assert json.loads(created.stdout)["url"] == f"{kaggle.url}/datasets/{DATASET}"
    (asked,) = kaggle.called("datasets.DatasetApiService/CreateDataset")
    assert asked["isPrivate"]
    assert asked["licenseName"] == "CC-BY-4.0"
    assert "Commitment" in asked["description"]
    sent = {kaggle.blobs[file["token"]]["name"]: file for file in asked["files"]}
    assert set(sent) == {path.name for path in (edition_path / "public").iterdir()}
    columns = sent["train.csv"]["columns"]
    assert len(columns) == 22
    assert columns[1]["description"].startswith("Day the declaration was filed")
    train = (edition_path / "public/train.csv").read_bytes()
    assert kaggle.content(sent["train.csv"]["token"]) == train
    twice = run(*common, "--confirm")
    assert (twice.exit_code, "already in use" in str(twice.exception)) == (1, True)
    version = run(*common, "--confirm", "--version-notes", "typo in the datasheet")
    assert version.exit_code == 0, version.output
    (asked,) = kaggle.called("datasets.DatasetApiService/CreateDatasetVersion")
    assert asked["body"]["versionNotes"] == "typo in the datasheet"


def test_a_dataset_in_parts_is_sent_whole(kaggle, twins, tmp_path):
    """The client leaves out folders, unless it is asked to pack them; Kaggle unpacks them."""
    sent = run(
        "publish", "kaggle", twins.parts, "--dataset", DATASET, "--out", tmp_path / "d", "--json",
        "--confirm",
    )  # fmt: skip
    assert sent.exit_code == 0, sent.output
    assert "train/part-00012.parquet" in json.loads(sent.stdout)["files"]
    (asked,) = kaggle.called("datasets.DatasetApiService/CreateDataset")
    tokens = {kaggle.blobs[file["token"]]["name"]: file["token"] for file in asked["files"]}
    with zipfile.ZipFile(io.BytesIO(kaggle.content(tokens["train.zip"]))) as packed:
        names = {Path(name).name for name in packed.namelist()}
    assert names == {path.name for path in (twins.parts / "public/train").iterdir()}
    assert {"test.zip", "edition.json", "sample_submission.csv"} < set(tokens)


def test_a_competition_is_made_step_by_step_and_launched_only_when_asked(
    kaggle, edition_path, tmp_path
):
    out = tmp_path / "hosted"
    common = ("publish", "kaggle", edition_path, "--competition", NAME, "--out", out, "--json")
    dry = run(*common, "--closes", "2030-06-01T18:00", "--title", "Which five percent?")
    plan = json.loads(dry.stdout)
    assert [step["name"] for step in plan["steps"]] == list(STEPS[:-1])
    assert any("Metric" in item for item in plan["checklist"])
    assert Path(plan["metric_file"]).read_text() == Path(kaggle_metric.__file__).read_text()
    sent = run(*common, "--confirm")
    assert sent.exit_code == 0, sent.output
    (created,) = kaggle.called(f"{SERVICE}/CreateCompetition")
    assert (created["slug"], created["privacy"]) == (NAME, "PRIVATE")
    (data,) = kaggle.called(f"{SERVICE}/CreateCompetitionData")
    assert {file["name"] for file in data["files"]} == {
        path.name for path in (edition_path / "public").iterdir()
    }
    (settings,) = kaggle.called(f"{SERVICE}/UpdateCompetitionSettings")
    assert settings["settings"]["deadline"] == "2030-06-01T18:00:00.000Z"
    pages = kaggle.pages
    assert set(pages) == {"description", "data-description", "evaluation", "rules"}
    assert "one number here" in pages["description"]["content"]
    assert "no Ladder" in pages["description"]["content"]
    assert pages["rules"]["isPublished"]
    answers = {step["name"]: step["answer"] for step in json.loads(sent.stdout)["steps"]}
    assert answers["status"] == "the solution is ready"
    assert not kaggle.called(f"{SERVICE}/LaunchCompetition")
    common = (*common[:5], "--json")  # a launch sends no files: it needs no folder
    launched = run(*common, "--steps", "launch", "--launch-at", "2030-03-01", "--confirm")
    assert launched.exit_code == 0, launched.output
    (launch,) = kaggle.called(f"{SERVICE}/LaunchCompetition")
    assert launch["futureTime"] == "2030-03-01T00:00:00.000Z"


def test_one_file_derived_from_hidden_is_sent_with_the_solution_call_only(
    service, kaggle, edition, edition_path, tmp_path
):
    layout = Layout.find(edition_path)
    folder = tmp_path / "hosted"
    prepare_competition(edition_path, folder, NAME, NOTICE)
    assert folder.stat().st_mode & 0o077 == 0
    send_competition(service, layout, folder, NAME, STEPS[:-1])
    (asked,) = kaggle.called(f"{SERVICE}/CreateCompetitionSolution")
    solutions = [
        token for token, blob in kaggle.blobs.items() if blob["type"] == "COMPETITION_SOLUTION"
    ]
    assert solutions == [asked["blobToken"]]
    sent = pd.read_csv(io.BytesIO(kaggle.content(solutions[0])), dtype={"Declaration ID": str})
    assert list(sent.columns) == ["Declaration ID", "Fraud Score", "Fraud", "Usage"]
    assert set(sent["Declaration ID"]) == set(edition.test["Declaration ID"])
    assert sent["Fraud Score"].nunique() == 1
    guard = HiddenGuard(layout)
    for token, blob in kaggle.blobs.items():
        traces = list(guard.traces(blob["name"], blob["content"]))
        assert bool(traces) == (token in solutions), blob["name"]
    # The other requests contain none of the secret values.
    secret = json.loads((edition_path / "hidden/secret.json").read_text())
    assert not any(secret[name] in json.dumps(kaggle.calls) for name in ("secret", "nonce"))


def test_the_solution_and_the_metric_give_what_customs_kit_score_gives(
    edition, edition_path, tmp_path
):
    rng = pd.Series(range(len(edition.test))).sample(frac=1, random_state=3).to_numpy()
    path = write_submission(edition, (rng % 40) / 40.0, tmp_path / "s.csv")
    (standing,) = score_files([path], edition_path, n_replicates=0)
    solution = pd.read_csv(io.BytesIO(solution_file(Layout.find(edition_path))), dtype=str)
    submission = pd.read_csv(path, dtype={"Declaration ID": str})
    for period, usage in (("public", "Public"), ("private", "Private")):
        part = solution[solution["Usage"] == usage].drop(columns="Usage")
        score = kaggle_metric.score(part, submission, "Declaration ID")
        assert score == getattr(standing.scorecard, period)["precision_at_5"]


def spoil_copy(folder, edition_path):
    shutil.copy(edition_path / "hidden/oracle.csv", folder / "data/notes.csv")


def spoil_link(folder, edition_path):
    (folder / "data/link.csv").symlink_to(edition_path / "hidden/solution.csv")


def spoil_solution(folder, edition_path):
    shutil.copy(folder / SECRET_FOLDER / "solution.csv", folder / "data/answers.csv")


def spoil_secret(folder, edition_path):
    secret = json.loads((edition_path / "hidden/secret.json").read_text())["secret"]
    (folder / "pages/rules.md").write_text(f"The seed is {secret}.")


def spoil_archive(folder, edition_path):
    shutil.make_archive(str(folder / "data/more"), "zip", edition_path / "hidden")


def spoil_parquet(folder, edition_path):
    labels = pd.read_csv(edition_path / "hidden/solution.csv", dtype={"Declaration ID": str})
    labels[["Declaration ID", "Fraud"]].to_parquet(folder / "data/extra.parquet")


def spoil_erased(folder, edition_path):
    """Put an erased training label back."""
    train = pd.read_csv(folder / "data/train.csv", dtype=str)
    erased = pd.read_csv(edition_path / "hidden/train_labels.csv", dtype=str)
    train.loc[train["Declaration ID"] == erased["Declaration ID"][0], "Fraud"] = "1"
    train.to_csv(folder / "data/train.csv", index=False)


def spoil_order(folder, edition_path):
    """Add another file to the solution's folder."""
    shutil.copy(edition_path / "hidden/oracle.csv", folder / SECRET_FOLDER / "oracle.csv")


def spoil_content(folder, edition_path):
    shutil.copy(edition_path / "hidden/solution.csv", folder / SECRET_FOLDER / "solution.csv")


@pytest.mark.parametrize(
    "spoil",
    [spoil_copy, spoil_link, spoil_solution, spoil_secret, spoil_archive, spoil_parquet,
     spoil_erased, spoil_order, spoil_content],
)  # fmt: skip
def test_a_folder_with_anything_of_hidden_is_refused_before_a_call(
    service, kaggle, edition_path, tmp_path, spoil
):
    folder = tmp_path / "hosted"
    prepare_competition(edition_path, folder, NAME, NOTICE)
    spoil(folder, edition_path)
    n_calls = len(kaggle.calls)
    with pytest.raises(KitError, match="Nothing was sent"):
        send_competition(service, Layout.find(edition_path), folder, NAME, STEPS[:-1])
    assert len(kaggle.calls) == n_calls
    assert kaggle.blobs == {}


def test_a_dataset_folder_with_hidden_files_is_refused(kaggle, edition_path, tmp_path):
    out = tmp_path / "dataset"
    prepare_dataset(edition_path, out, DATASET)
    shutil.copy(edition_path / "hidden/train_labels.csv", out / "more.csv")
    refused = run(
        "publish", "kaggle", edition_path, "--dataset", DATASET, "--out", out, "--confirm"
    )
    assert refused.exit_code == 1
    assert "a copy of hidden/train_labels.csv" in str(refused.exception)
    assert kaggle.calls == []


@pytest.mark.parametrize("name", ["submission.csv", "submission.csv.gz"])
def test_a_team_sends_looks_and_downloads(kaggle, edition, edition_path, tmp_path, name):
    path = write_submission(edition, range(len(edition.test)), tmp_path / name)
    plain = path.read_bytes() if path.suffix == ".csv" else gzip.decompress(path.read_bytes())
    there = ("--to", "kaggle", "--competition", NAME)
    send = ("submission", "send", path, *there, "--edition", edition_path, "--message", "first")
    dry = run(*send, "--json")
    assert (dry.exit_code, json.loads(dry.stdout)["sent"], kaggle.calls) == (0, False, [])
    sent = run(*send, "--confirm", "--json")
    assert sent.exit_code == 0, sent.output
    assert json.loads(sent.stdout)["answer"] == "Successfully submitted"
    (token,) = kaggle.blobs
    assert kaggle.content(token) == plain
    (row,) = json.loads(run("submission", "status", *there, "--json").stdout)
    assert (row["message"], row["public_score"], row["status"]) == ("first", "0.5931", "complete")
    board = run("submission", "leaderboard", *there, "--out", tmp_path / "board.csv")
    assert board.exit_code == 0, board.output
    assert "Lagos" in board.stdout
    assert (tmp_path / "board.csv").read_text() == LEADERBOARD


def test_a_broken_file_or_a_failed_upload_is_an_error(kaggle, edition, edition_path, tmp_path):
    (tmp_path / "broken.csv").write_text("a,b\n")
    there = ("--to", "kaggle", "--competition", NAME, "--edition", edition_path, "--confirm")
    broken = run("submission", "send", tmp_path / "broken.csv", *there)
    assert (broken.exit_code, kaggle.calls) == (1, [])
    path = write_submission(edition, range(len(edition.test)), tmp_path / "submission.csv")
    kaggle.refuses_uploads = True
    failed = run("submission", "send", path, *there)
    assert f"The upload of {path} failed" in str(failed.exception)
    assert kaggle.submissions == []
    out = tmp_path / "d"
    dataset = run(
        "publish", "kaggle", edition_path, "--dataset", DATASET, "--out", out, "--confirm"
    )
    assert "was not accepted" in str(dataset.exception)  # the client itself ignores the failure
    assert not kaggle.called("datasets.DatasetApiService/CreateDataset")


def test_a_half_understood_environment_does_not_reach_the_real_service(kaggle, monkeypatch):
    """A part of the client understands TEST; the rest would connect to Kaggle."""
    from kaggle.api.kaggle_api_extended import KaggleApi

    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
    monkeypatch.setattr(KaggleApi, "args", [])  # as the class is made under TEST
    with pytest.raises(KitError, match=r"would connect to https://api\.kaggle\.com"):
        connect()
    with pytest.raises(KitError, match=f"instead of {kaggle.url}"):
        connect(kaggle.url)
    assert kaggle.calls == []
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "ELSEWHERE")
    with pytest.raises(KitError, match="does not know KAGGLE_API_ENVIRONMENT='ELSEWHERE'"):
        endpoint_of_environment()


def test_the_address_is_checked_before_every_call(service, kaggle, monkeypatch):
    from kaggle.api.kaggle_api_extended import KaggleApi

    monkeypatch.setattr(KaggleApi, "args", [])
    with pytest.raises(KitError, match=f"instead of {kaggle.url}"):
        service.call("listing submissions", "competition_submissions", NAME)
    assert kaggle.calls == []


def test_files_go_to_the_loopback_too(service, kaggle, edition_path, tmp_path, monkeypatch):
    monkeypatch.setattr(
        kaggle, "_new_blob", lambda name, kind: {"token": "t", "createUrl": "https://elsewhere/x"}
    )
    folder = tmp_path / "hosted"
    prepare_competition(edition_path, folder, NAME, NOTICE)
    with pytest.raises(KitError, match="rehearsal"):
        send_competition(service, Layout.find(edition_path), folder, NAME, ("solution",))


def test_without_credentials_the_message_names_the_variable(kaggle, monkeypatch):
    monkeypatch.delenv("KAGGLE_KEY")
    with pytest.raises(KitError, match="KAGGLE_API_TOKEN"):
        connect()


def test_what_may_not_be_published_is_refused(kaggle, sample_path, edition_path, tmp_path):
    copy = tmp_path / "seeded"
    shutil.copytree(edition_path, copy)
    manifest = copy / "public/edition.json"
    manifest.write_text(manifest.read_text().replace('"secret"', '"published-seed"'))
    for arguments, message in (
        ((copy, "--competition", NAME), "published seed"),
        ((copy, "--dataset", DATASET), "published seed"),
        ((sample_path, "--dataset", DATASET), "need a licence"),
        ((edition_path, "--dataset", "short"), "OWNER/NAME"),
        ((edition_path, "--competition", "No Slug"), "lower-case"),
        ((edition_path, "--dataset", DATASET, "--subtitle", "short"), "20 to 80"),
    ):
        refused = run("publish", "kaggle", *arguments, "--out", tmp_path / "out")
        assert refused.exit_code == 1, refused.output
        assert message in str(refused.exception)
        assert not (tmp_path / "out").exists()
    warned = run(
        "publish", "kaggle", sample_path, "--competition", NAME, "--out", tmp_path / "out", "--json"
    )
    assert "Warning: the edition was imported" in warned.stderr
    wrong = run("publish", "kaggle", edition_path, "--competition", NAME, "--steps", "jump")
    assert wrong.exit_code == 2


def test_our_metadata_has_the_fields_of_the_clients_own_template(service, tmp_path):
    service.call("initializing", "competition_initialize", str(tmp_path))
    template = json.loads((tmp_path / "competition-metadata.json").read_text())
    ours = competition_metadata(NAME, "Which declarations?", NOTICE, public=False)
    assert set(ours) <= set(template)
    required = {"title", "slug", "briefDescription", "privacy"}
    assert required <= set(ours)


def test_a_dry_run_does_not_import_the_client(edition_path, tmp_path, monkeypatch):
    """`import kaggle` reads credentials and may send them to Kaggle."""
    for name in [name for name in sys.modules if name.split(".")[0] == "kaggle"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kaggle", None)  # importing it fails
    dry = run("publish", "kaggle", edition_path, "--competition", NAME, "--out", tmp_path / "o")
    assert dry.exit_code == 0, dry.output
    assert "https://api.kaggle.com" in dry.stdout

"""A competition on an edition in parts is the competition on the same edition in files."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from pandas.testing import assert_frame_equal

from customs_data.edition.hidden import load_solution
from customs_data.edition.importing import import_edition
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.edition.verification import verify_edition
from customs_data.errors import KitError
from customs_leaderboard.board import make_board
from customs_leaderboard.corrections.rejudging import rejudge
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.codabench.bundle import make_bundle
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.huggingface import dataset as huggingface
from customs_leaderboard.publishing.kaggle import competition as kaggle
from customs_leaderboard.publishing.kaggle.dataset import prepare_dataset
from customs_leaderboard.service.app import make_app
from customs_leaderboard.standings.close import close_competition, reveal_labels
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_leaderboard.verification.published import verify_evidence
from customs_leaderboard.verification.verify import Scope
from customs_scorer import write_submission

NOTICE = Announcement(
    "Which five percent?",
    datetime(2030, 3, 1, tzinfo=UTC),
    datetime(2030, 6, 1, 18, tzinfo=UTC),
)
PART = "part-00003.parquet"


@pytest.fixture(scope="module")
def guard(twins):
    return HiddenGuard(Layout.find(twins.parts))


@pytest.fixture
def edition_path(twins):
    return twins.parts


@pytest.fixture
def edition(edition_path):
    return load_edition(edition_path)


@pytest.fixture
def database_url():
    return


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_gives_the_same_standings_and_evidence(twins, competition, make_file, clock, tmp_path):
    files = [make_file(seed, quality) for seed, quality in enumerate([0.2, 0.8, 0.5])]
    opened = clock.now
    standings = {}
    for path in twins:
        clock.now = opened
        board = make_board(
            tmp_path / path.parent.name, replace(competition, edition=path), clock=clock
        )
        team, _ = add_team(board, "Busan")
        for file in files:
            submit_file(board, team.number, file)
        clock.forward(days=30)
        standings[path] = close_competition(board, n_replicates=20).as_dict()
        reveal_labels(board)
        shown = board.folder.evidence_file, path, board.folder.reveal_file
        assert verify_evidence(*shown, Scope()).findings == []
        board.close_connections()
    one, parts = (standings[path] for path in twins)
    assert one == parts


def test_labels_can_be_replaced(sample, board_of, clock, tmp_path):
    path = tmp_path / "imported"
    import_edition(sample, path, label_rate=0.5, file_format="parts")
    board, edition = board_of(edition=path), load_edition(path)
    team, _ = add_team(board, "Busan")
    scores = np.arange(len(edition.test), dtype=float)
    submit_file(board, team.number, write_submission(edition, scores, tmp_path / "s.csv"))
    shutil.copytree(path / "hidden/solution", tmp_path / "solution")
    part = tmp_path / "solution/part-00002.parquet"
    corrected = pd.read_parquet(part).assign(Fraud=0, **{"Critical Fraud": 0})
    corrected.loc[:9, "Fraud"] = 1
    corrected.to_parquet(part)
    assert rejudge(board, tmp_path / "solution", "Appeals of May").n_submissions == 1
    judge = board.newest_judge()
    private = judge.solution["Usage"] == "Private"
    assert judge.solution.loc[private, "Fraud"].sum() == 10
    clock.forward(days=30)
    close_competition(board, n_replicates=20)
    reveal_labels(board)
    folder = board.folder
    assert verify_evidence(folder.evidence_file, path, folder.reveal_file, Scope()).findings == []


def test_parts_can_be_downloaded_one_by_one_and_in_a_zip(board, edition_path, tmp_path, guard):
    client = TestClient(make_app(board))
    public = edition_path / "public"
    facts = client.get("/api/v1/competition").json()["edition"]
    assert set(facts["files"]) == files_below(public)
    name = f"train/{PART}"
    answer = client.get(f"/edition/{name}")
    assert answer.content == (public / name).read_bytes()
    assert f'filename="train-{PART}"' in answer.headers["Content-Disposition"]
    assert client.get("/edition/train").status_code == 404
    for hidden in ("solution", "train_labels"):
        for trick in (
            f"{hidden}/{PART}",
            f"../hidden/{hidden}/{PART}",
            f"train/../../hidden/{PART}",
        ):
            assert client.get(f"/edition/{trick}").status_code == 404
    refused = client.get("/edition/nothing").json()["detail"]
    assert "train/part-00012.parquet" in refused
    assert PART not in refused
    assert f'<a href="/edition/{name}" aria-label="{name}">3</a>' in client.get("/about").text
    packed = client.get(f"/edition/{facts['archive']}").content
    assert list(guard.traces(facts["archive"], packed)) == []
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path)
    assert_frame_equal(load_edition(tmp_path / "twin").train, load_edition(edition_path).train)


def test_a_link_to_a_part_is_not_served(board_of, competition, edition_path, tmp_path):
    copy = tmp_path / "twin"
    shutil.copytree(edition_path, copy)
    part = copy / "public/train" / PART
    board = board_of(edition=copy)
    part.unlink()
    part.symlink_to(copy / "hidden/solution/part-00001.parquet")
    assert TestClient(make_app(board)).get(f"/edition/train/{PART}").status_code == 404


def put_copy(hidden, folder):
    shutil.copyfile(hidden / "solution" / PART, folder / "train" / "part-00099.parquet")


def put_under_another_name(hidden, folder):
    shutil.copyfile(hidden / "truth" / PART, folder / "extra.parquet")


def put_folder(hidden, folder):
    shutil.copytree(hidden / "train_labels", folder / "train_labels")


def put_name(hidden, folder):
    (folder / "oracle").mkdir()
    shutil.copyfile(folder / "test" / PART, folder / "oracle" / PART)


def put_archive(hidden, folder):
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        archive.write(hidden / "oracle" / PART, "train/part-00001.parquet")


def put_link(hidden, folder):
    (folder / "train" / PART).unlink()
    (folder / "train" / PART).symlink_to(hidden / "solution" / PART)


def put_linked_folder(hidden, folder):
    (folder / "more").symlink_to(hidden / "solution")


def put_rows(hidden, folder):
    load_solution(Layout(folder, hidden)).to_parquet(folder / "test" / PART)


@pytest.mark.parametrize(
    ("put", "message"),
    [
        (put_copy, f"train/part-00099.parquet: a copy of hidden/solution/{PART}"),
        (put_under_another_name, f"extra.parquet: a copy of hidden/truth/{PART}"),
        (put_folder, f"train_labels/{PART}: the name of a hidden file"),
        (put_name, f"oracle/{PART}: the name of a hidden file"),
        (put_archive, f"train/part-00001.parquet: a copy of hidden/oracle/{PART}"),
        (put_link, f"train/{PART}: a link"),
        (put_linked_folder, "more: a link"),
        (put_rows, f"test/{PART}: the column Usage"),
    ],
)
def test_the_guard_finds_hidden_parts(guard, edition_path, tmp_path, put, message):
    shutil.copytree(edition_path / "public", tmp_path / "data")
    guard.check(tmp_path / "data")
    put(edition_path / "hidden", tmp_path / "data")
    with pytest.raises(KitError) as caught:
        guard.check(tmp_path / "data")
    assert message in str(caught.value)


def test_platforms_get_all_parts(guard, edition_path, tmp_path):
    names = files_below(edition_path / "public")
    prepare_dataset(edition_path, tmp_path / "dataset", "our-lab/customs-2030")
    assert files_below(tmp_path / "dataset") == {*names, "dataset-metadata.json"}
    metadata = json.loads((tmp_path / "dataset/dataset-metadata.json").read_text())
    fields = {one["path"]: one.get("schema") for one in metadata["resources"]}
    assert set(fields) == names
    assert fields[f"train/{PART}"]["fields"][0]["name"] == "Declaration ID"

    kaggle.prepare_competition(edition_path, tmp_path / "competition", "which-five", NOTICE)
    assert files_below(tmp_path / "competition/data") == names
    kaggle.check_folder(Layout.find(edition_path), tmp_path / "competition")

    huggingface.prepare_dataset(edition_path, tmp_path / "hub", "our-lab/customs-2030")
    assert files_below(tmp_path / "hub/public") == names
    assert "path: public/train/*.parquet" in (tmp_path / "hub/README.md").read_text()
    assert all(check.passed for check in verify_edition(tmp_path / "hub"))

    make_bundle(edition_path, tmp_path / "bundle.zip", NOTICE, starting_kit={})
    with (
        zipfile.ZipFile(tmp_path / "bundle.zip") as bundle,
        zipfile.ZipFile(io.BytesIO(bundle.read("public_data.zip"))) as packed,
    ):
        assert set(packed.namelist()) == names
    for folder in ("dataset", "competition/data", "hub"):
        guard.check(tmp_path / folder)

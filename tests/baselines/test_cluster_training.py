"""`xgboost` on a cluster: features of one machine bit for bit, scores that repeat, lost workers."""

from __future__ import annotations

import json
import os
import signal
from threading import Timer

import numpy as np
import pytest
from click.testing import CliRunner

from customs_baselines.cluster.parts import PublicParts
from customs_baselines.cluster.rows import PartRows, StoredRows
from customs_baselines.cluster.statistics import (
    count_days,
    divide_parts,
    read_statistics,
    write_statistics,
)
from customs_baselines.cluster.training import train_on_cluster
from customs_baselines.features.folds import ONE_VIEW, TWO_VIEWS
from customs_baselines.features.kit import KitFeatures
from customs_baselines.features.row_blocks import MatrixRows, read_all
from customs_baselines.models.xgboost import XGBoost
from customs_baselines.steps import listen
from customs_data.cluster import cluster_executor, open_cluster
from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import load_edition
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_kit.cli import customs_kit

N_ROWS = 20_000
FEW_TREES = {"n_estimators": 25, "learning_rate": 0.2}


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """Editions in parts, of 13,800 training declarations, by the share that has a label."""
    folder = tmp_path_factory.mktemp("editions")
    for rate in (1.0, 0.5):
        generate_edition(
            read_blueprint(n_declarations=N_ROWS, label_rate=rate, erasure="random"),
            secret_of_seed(4),
            folder / f"{rate}",
            origin="published-seed",
            seed=4,
            file_format="parts",
        )
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with open_cluster("local:2", shared=tmp_path_factory.mktemp("shared")) as client:
        yield client


def kit(*arguments):
    """Run `customs-kit` in this process; return exit status and what it said."""
    ran = CliRunner().invoke(customs_kit, list(map(str, arguments)))
    said = str(ran.exception) if isinstance(ran.exception, KitError) else ran.output
    return ran.exit_code, said


def parts_of(edition):
    return PublicParts.of(edition.layout, edition.manifest)


def precision_at_5(edition, scores):
    solution = load_solution(edition.layout, edition.units)
    private = (solution["Usage"] == "Private").to_numpy()
    opened = np.argsort(-scores[private], kind="stable")[: private.sum() // 20]
    return solution.loc[private, "Fraud"].to_numpy()[opened].mean()


@pytest.mark.parametrize(("rate", "views"), [("1.0", ONE_VIEW), ("0.5", TWO_VIEWS)])
def test_features_are_those_of_one_machine(client, editions, tmp_path, rate, views):
    edition = load_edition(editions / rate)
    alone = KitFeatures(3)
    rows = alone.fit_rows(edition.train, edition.y, TWO_VIEWS)
    assert len(rows) == len(views) * len(edition.y)
    parts, executor = parts_of(edition), cluster_executor(client)
    division, used = divide_parts(count_days(parts, executor), TWO_VIEWS, 3)
    assert used == views
    files = write_statistics(parts, division, {}, tmp_path, executor)
    assert sorted(tmp_path.iterdir()) == sorted(files)
    together = KitFeatures(3).fit_statistics(read_statistics(files))
    assert together.feature_names() == alone.feature_names()
    labelled = np.tile(edition.y >= 0, len(views))
    part_rows = PartRows(together, division, used, parts, range(len(parts.train)))
    assert np.array_equal(part_rows.y, np.tile(edition.y, len(views))[labelled])
    assert np.array_equal(read_all(part_rows), read_all(rows)[labelled])
    blocks = [part_rows.read(start, start + 1_500) for start in (0, 700, 4_000)]
    whole = read_all(part_rows)
    assert all(
        np.array_equal(block, whole[start : start + 1_500])
        for start, block in zip((0, 700, 4_000), blocks, strict=True)
    )
    tests = [parts.read_test(number) for number in range(len(parts.test))]
    own = np.vstack([together.find_features(test) for test in tests])
    assert np.array_equal(own, alone.find_features(edition.test))


def test_stored_rows_are_those_read_first_in_any_order(tmp_path, monkeypatch):
    matrix = np.random.default_rng(0).normal(size=(1_000, 7))
    rows = MatrixRows(matrix)
    stored = StoredRows(rows, tmp_path)
    blocks = [(300, 650), (0, 300), (650, 1_000)]
    first = {block: stored.read(*block) for block in blocks}
    monkeypatch.setattr(rows, "read", None)  # never again
    for block in reversed(blocks):
        again = stored.read(*block)
        assert again.dtype == np.float32
        assert np.array_equal(again, matrix[slice(*block)].astype(np.float32))
        assert np.array_equal(again, first[block])
    assert len(stored) == 1_000
    stored.forget()
    assert not list(tmp_path.iterdir())
    with pytest.raises(KitError, match="nowhere"):
        StoredRows(rows, tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.training
def test_scores_repeat_and_are_as_good_as_those_of_one_machine(client, editions, tmp_path):
    edition = load_edition(editions / "1.0")
    parameters = {"recipe": "kit", "random_state": 1, "settings": FEW_TREES}
    results = [
        train_on_cluster(client, parts_of(edition), {}, tmp_path, parameters) for _ in range(2)
    ]
    one, again = results
    assert one.scores.tobytes() == again.scores.tobytes()
    assert one.n_workers == 2
    assert one.cpu_seconds > 0
    assert one.peak_memory_mib > 100
    assert not list(tmp_path.iterdir())
    # The model of the workers is that of this process.
    assert np.array_equal(one.model.predict_proba(edition.test)[:, 1], one.scores)
    alone = XGBoost(**parameters)
    alone.fit(edition.train, edition.y)
    alone.effects_ = None
    scores = alone.predict_proba(edition.test)[:, 1]
    assert np.corrcoef(one.scores, scores)[0, 1] > 0.9
    difference = precision_at_5(edition, one.scores) - precision_at_5(edition, scores)
    assert abs(difference) < 0.05  # of 154 declarations; at a million it is below .01


@pytest.mark.training
def test_the_command_trains_on_workers_and_scores_here(editions, tmp_path, monkeypatch):
    monkeypatch.setattr("customs_baselines.running.cluster_runs.MANY_LABELS", 1_000)

    def train_few(*arguments):
        *others, parameters = arguments
        return train_on_cluster(*others, parameters | {"settings": FEW_TREES})

    monkeypatch.setattr("customs_baselines.running.cluster_runs.train_on_cluster", train_few)
    status, said = kit(
        "baseline", "run", "xgboost", "--cluster", "local:2", "--edition", editions / "1.0",
        "--seeds", "0,1", "--out", tmp_path / "runs", "--json",
    )  # fmt: skip
    assert status == 0, said
    records = json.loads(said)
    assert [record["seed"] for record in records] == [0, 1]
    for record in records:
        assert record["cluster"] == {"address": "local", "workers": 2}
        assert record["private"]["precision_at_5"] > 0.6
        assert record["repeat"]["n_labels"] == 13_846
        folder = tmp_path / "runs" / record["run"]
        assert json.loads((folder / "run.json").read_text()) == record
        assert {path.name for path in folder.iterdir()} == {"run.json", "submission.csv"}
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        record["run"] for record in records
    }


@pytest.mark.slow
def test_a_worker_lost_while_trees_are_trained_ends_in_one_sentence(editions, tmp_path):
    edition = load_edition(editions / "1.0")
    settings = {"n_estimators": 100_000}
    parameters = {"recipe": "kit", "random_state": 1, "settings": settings}

    def end_a_worker(step):
        if step == "trees":
            Timer(2, os.kill, [workers[-1], signal.SIGKILL]).start()

    with open_cluster("local:2", shared=tmp_path) as client:
        workers = list(client.run(os.getpid).values())
        listen(end_a_worker)
        with pytest.raises(KitError, match="A worker was lost while trees were trained"):
            train_on_cluster(client, parts_of(edition), {}, tmp_path, parameters)
        listen(None)
        # The one that is left goes on, or does when it has noticed.
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["lightgbm"], 1, "runs xgboost with recipe kit alone, not lightgbm with recipe kit"),
        ([], 1, "runs xgboost with recipe kit alone"),
        (["xgboost", "--recipe", "paper"], 1, "not xgboost with recipe paper"),
        (["xgboost", "--label-rate", "0.1"], 1, "Leave --label-rate out"),
        (["xgboost"], 1, "has 13,846 labels, few enough for one machine"),
        (["xgboost", "--cluster", "nowhere"], 1, "no address of a cluster"),
        (["xgboost", "--validate"], 2, "know no --validate, --threads and --time-limit"),
        (["xgboost", "--threads", "2"], 2, "know no --validate, --threads and --time-limit"),
    ],
)
def test_what_does_not_run_on_a_cluster(editions, tmp_path, options, status, message):
    exit_code, said = kit(
        "baseline", "run", "--cluster", "local:2", "--edition", editions / "1.0",
        "--out", tmp_path / "runs", *options,
    )  # fmt: skip
    assert exit_code == status
    assert message in " ".join(said.replace("│", "").split())
    assert not (tmp_path / "runs").exists()


def test_an_edition_in_one_file_is_refused_with_the_way_out(sample_path, tmp_path):
    status, said = kit(
        "baseline", "run", "xgboost", "--cluster", "local:2", "--edition", sample_path
    )
    assert status == 1
    assert "data generate --format parts" in said

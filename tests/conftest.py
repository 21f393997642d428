"""Markers by what a test needs, the announcement of a run, and fixtures that packages share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import NamedTuple

import pandas as pd
import pytest

from customs_data.edition.generating import generate_edition, read_blueprint
from customs_data.edition.importing import import_edition
from customs_data.edition.loading import Edition, load_edition
from made_up import make_sample

TESTS = Path(__file__).parent
#: Modules and functions that start processes.
PROCESS = {
    "ChildProcess",
    "LocalCluster",
    "explain_run",
    "open_cluster",
    "run_at_once",
    "run_baselines",
    "run_grid",
    "run_one",
    "subprocess",
    "train_in_child",
}
#: Modules with hundreds of cases of one thing, and those of long ways through the kit.
THOROUGH = {
    "baselines/test_estimators.py",
    "baselines/test_own_models.py",
    "baselines/test_relational.py",
    "baselines/test_tabular.py",
    "baselines/test_transformers.py",
    "data/fidelity/test_measure.py",
    "data/reports/test_pages.py",
    "data/synthesis/test_synthesis.py",
    "data/test_broken_declarations.py",
    "data/test_damaged_ids.py",
    "data/test_extremes.py",
    "data/test_generating.py",
    "data/test_parallel.py",
    "data/test_released.py",
    "data/world/test_clusters.py",
    "data/world/test_partners.py",
    "data/world/test_simulate.py",
    "data/world/test_truth.py",
    "leaderboard/publishing/test_huggingface.py",
    "leaderboard/publishing/test_kaggle.py",
    "leaderboard/service/test_access.py",
    "leaderboard/service/test_edition_files.py",
    "leaderboard/service/test_hidden_labels.py",
    "leaderboard/service/test_information.py",
    "leaderboard/service/test_intake.py",
    "leaderboard/service/test_openapi.py",
    "leaderboard/service/test_people.py",
    "leaderboard/service/test_privacy.py",
    "leaderboard/service/test_server.py",
    "leaderboard/service/test_slow_clients.py",
    "leaderboard/service/test_uploads.py",
    "leaderboard/test_backup.py",
    "leaderboard/test_closing.py",
    "leaderboard/test_compute_final.py",
    "leaderboard/test_evidence.py",
    "leaderboard/test_exporting.py",
    "leaderboard/test_ladder.py",
    "leaderboard/test_leaderboard_cli.py",
    "leaderboard/test_members.py",
    "leaderboard/test_old_versions.py",
    "leaderboard/test_other_metrics.py",
    "leaderboard/test_pages.py",
    "leaderboard/test_previous_tables.py",
    "leaderboard/test_rejudging.py",
    "leaderboard/test_sturdiness.py",
    "leaderboard/test_verifying.py",
    "scorer/test_broken_submissions.py",
    "scorer/test_error_page.py",
    "scorer/test_fast_check.py",
    "studies/test_fidelity_study.py",
    "studies/test_world_figures.py",
    "studies/test_world_guide.py",
}


class Twins(NamedTuple):
    """Organizer's copies of the same declarations.

    Attributes
    ----------
    one, parts : path
        Tables in one Parquet file each, and in a folder of parts each.
    """

    one: Path
    parts: Path


# Tests run in parallel: more threads than processors would wait for each other most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--processor-minutes", type=float, help="Time of the selected tests, to be announced."
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, so that `make test-fast` can leave them out."""
    for item in items:
        if item.path.is_relative_to(TESTS) and str(item.path.relative_to(TESTS)) in THOROUGH:
            item.add_marker("thorough")
        needs = {*getattr(item, "fixturenames", ())}
        if hasattr(item, "callspec"):
            needs |= {it for it in item.callspec.params.values() if isinstance(it, str)}
        for name in needs & {"browser", "postgresql"}:
            item.add_marker(name)
        fixtures = getattr(item, "_fixtureinfo", None)
        definitions = fixtures.name2fixturedefs.values() if fixtures else ()
        functions = [getattr(item, "function", None), *(chain[-1].func for chain in definitions)]
        if any(map(_starts_a_process, functions)):
            item.add_marker("process")


def _starts_a_process(function: Callable | None, seen: frozenset[CodeType] = frozenset()) -> bool:
    """Whether a function of the tests starts a process, by itself or through another one."""
    code = getattr(function, "__code__", None)
    if code is None or code in seen or TESTS not in Path(code.co_filename).parents:
        return False
    names = set(_names(code))
    values = (function.__globals__.get(name) for name in names)
    return bool(names & PROCESS) or any(_starts_a_process(it, seen | {code}) for it in values)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def pytest_collection_finish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        _announce(session.config, len(session.items), n_workers=1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids) -> None:
    if node.gateway.id == "gw0":
        _announce(node.config, len(ids), n_workers=len(node.config.option.tx))


def _announce(config: pytest.Config, n_tests: int, *, n_workers: int) -> None:
    """Say how many tests run and about how long they take."""
    minutes = config.getoption("processor_minutes")
    if minutes is not None and n_tests:
        rounded = max(1, round(minutes / n_workers))
        config.get_terminal_writer().line(
            f"{n_tests:,} tests, {n_workers} at a time: about {rounded} min"
        )


@pytest.fixture(scope="session")
def sample() -> dict[str, pd.DataFrame]:
    """Three periods of made-up declarations; copy before changing."""
    return make_sample(1500, seed=1)


@pytest.fixture(scope="session")
def traders(sample) -> pd.DataFrame:
    """Declarations of 500 importers with three each, all periods; copy before changing."""
    frame = pd.concat(sample.values(), ignore_index=True)
    return frame.assign(**{"Importer ID": [f"IMP{i % 500}" for i in range(len(frame))]})


@pytest.fixture(scope="session")
def sample_path(sample, tmp_path_factory) -> Path:
    """An organizer's copy of an edition; never change it."""
    path = tmp_path_factory.mktemp("editions") / "sample"
    import_edition(sample, path)
    return path


@pytest.fixture(scope="session")
def sample_edition(sample_path) -> Edition:
    return load_edition(sample_path)


@pytest.fixture(scope="session")
def small_edition(tmp_path_factory) -> Edition:
    """An edition for trainings whose length does not matter."""
    path = tmp_path_factory.mktemp("editions") / "small"
    import_edition(make_sample(600, seed=1), path)
    return load_edition(path)


@pytest.fixture(scope="session")
def twins(tmp_path_factory) -> Twins:
    """One world as two editions, in files and in parts; never change them."""
    folder = tmp_path_factory.mktemp("editions")
    paths = Twins(one=folder / "one/twin", parts=folder / "parts/twin")
    blueprint = read_blueprint(n_declarations=2400, label_rate=0.5, erasure="inspection")
    for path, file_format in zip(paths, ("parquet", "parts"), strict=True):
        generate_edition(
            blueprint,
            bytes(range(32)),
            path,
            origin="secret",
            seed=None,
            name="twin",
            file_format=file_format,
        )
    return paths


@pytest.fixture
def edition_copy(sample_path, tmp_path) -> Path:
    """A copy that a test may damage."""
    path = tmp_path / "edition"
    shutil.copytree(sample_path, path)
    return path


@pytest.fixture
def public_copy(edition_copy) -> Path:
    """What a team has: no hidden/."""
    shutil.rmtree(edition_copy / "hidden")
    return edition_copy

"""Fixtures that several packages' tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from customs_data.edition.importing import import_edition
from customs_data.edition.loading import Edition, load_edition
from made_up import make_sample


@pytest.fixture(scope="session")
def sample() -> dict[str, pd.DataFrame]:
    """Three periods of made-up declarations; copy before changing."""
    return make_sample(1500, seed=1)


@pytest.fixture(scope="session")
def sample_path(sample, tmp_path_factory) -> Path:
    """An organizer's copy of an edition; never change it."""
    path = tmp_path_factory.mktemp("editions") / "sample"
    import_edition(sample, path)
    return path


@pytest.fixture(scope="session")
def sample_edition(sample_path) -> Edition:
    return load_edition(sample_path)


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

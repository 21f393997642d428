from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from customs_data.tasks.networks import KNOWN, KNOWN_SHARE, ask_importers


@pytest.fixture(scope="module")
def networks() -> pd.DataFrame:
    """Sixty networks of ten IDs each, 300 firms of two IDs, and 1,000 of one."""
    firm = np.concatenate([np.arange(600), 600 + np.arange(600) // 2, 1000 + np.arange(1000)])
    network = np.where(np.arange(2200) < 600, np.arange(2200) // 10 + 1, 0)
    return pd.DataFrame(
        {
            "Importer ID": [f"I{n:04d}" for n in range(2200)],
            "Firm": [f"F{n:04d}" for n in firm],
            "Network": ["" if n == 0 else f"R{n:02d}" for n in network],
        }
    )


@pytest.fixture(scope="module")
def tables(networks: pd.DataFrame) -> dict[str, pd.DataFrame]:
    units = ask_importers(pa.Table.from_pandas(networks, preserve_index=False), b"a secret!")
    usage = np.where(units.is_private, "Private", "Public")
    solution = units.answers.to_pandas().assign(Usage=usage)
    return {KNOWN: units.given[KNOWN].to_pandas(), "solution": solution}


def test_every_importer_is_known_or_asked(networks, tables):
    known, solution = tables[KNOWN], tables["solution"]
    assert len(known) == round(KNOWN_SHARE * len(networks))
    ids = pd.concat([known["Importer ID"], solution["Importer ID"]])
    assert sorted(ids) == sorted(networks["Importer ID"])


def test_names_are_the_same_for_known_and_asked_and_alone_is_empty(networks, tables):
    known, solution = tables[KNOWN], tables["solution"]
    group = networks["Network"].where(networks["Network"] != "", networks["Firm"])
    group.index = networks["Importer ID"]
    named = pd.concat([known, solution]).dropna(subset="Network")
    true = group[named["Importer ID"]].to_numpy()
    pairs = pd.DataFrame({"true": true, "name": named["Network"].to_numpy()}).drop_duplicates()
    assert not pairs["true"].duplicated().any()
    assert not pairs["name"].duplicated().any()
    size = group.map(group.value_counts())
    alone = known.loc[known["Network"].isna(), "Importer ID"]
    assert set(alone) == set(known["Importer ID"]) & set(size.index[size == 1])


def test_members_of_most_networks_are_known_and_the_others_count_in_one_period(tables):
    known, solution = tables[KNOWN], tables["solution"]
    periods = solution.groupby("Network")["Usage"].nunique()
    assert (periods == 1).all()
    asked = solution["Network"].value_counts()
    large = asked[asked > 3].index
    assert large.isin(known["Network"]).mean() > 0.9
    usage = solution[solution["Network"].isin(large)].drop_duplicates("Network")["Usage"]
    assert 0.3 < (usage == "Private").mean() < 0.7


def test_a_name_says_nothing(networks, tables):
    solution = tables["solution"]
    name = solution["Network"].str[1:].astype(int)
    number = solution["Importer ID"].str[1:].astype(int)
    assert abs(spearmanr(name, number).statistic) < 0.1
    assert (
        abs(spearmanr(name, solution["Network"].map(solution["Network"].value_counts())).statistic)
        < 0.1
    )

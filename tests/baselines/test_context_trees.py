from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from customs_baselines.features.communities import CommunityRisk, find_communities
from customs_baselines.features.entity_embeddings import EntityEmbeddings, meeting_matrix
from customs_baselines.features.partners import COUNTED, HOPS, Partners

READERS = [Partners, EntityEmbeddings, CommunityRisk]


@pytest.mark.parametrize("features", READERS, ids=lambda it: it.__name__)
class TestFeatures:
    def test_unknown_traders_and_all_shapes(self, features, small_edition):
        train, y, test = small_edition.train, small_edition.y, small_edition.test
        one = features()
        trained = one.fit_transform(train, y, test)
        names = one.feature_names()
        assert trained.shape == (len(train), len(names))
        assert len(set(names)) == len(names)
        strange = test.head(2).assign(
            **{"Importer ID": "NEW", "Declarant ID": "NEW", "Seller ID": np.nan}
        )
        assert one.transform(strange.astype(test.dtypes)).shape == (2, len(names))

    def test_rows_to_be_scored_are_part_of_the_context(self, features, small_edition):
        train, y, test = small_edition.train, small_edition.y, small_edition.test
        alone, together = features(), features()
        alone.fit_transform(train, y)
        together.fit_transform(train, y, test)
        new = ~test["Importer ID"].isin(set(train["Importer ID"]))
        for one, known in ((alone, False), (together, True)):
            values = pd.DataFrame(one.transform(test[new]), columns=one.feature_names())
            if features is Partners:
                assert values["log distinct Chapter of Importer ID"].notna().all() == known
            elif features is EntityEmbeddings:
                assert values["embedding 1 of Importer ID"].notna().all() == known

    def test_a_cells_own_labels_do_not_reach_its_rows(self, features, sample_edition):
        """Flip the labels of one stretch so that the base rate stays: its features stay too."""
        train, y = sample_edition.train, sample_edition.y.copy()
        first = np.flatnonzero(train["Date"] < train["Date"].quantile(0.1))
        swapped = y.copy()
        swapped[first] = np.random.default_rng(0).permutation(y[first])
        before, after = (features().fit_transform(train, labels)[first] for labels in (y, swapped))
        assert np.array_equal(before, after, equal_nan=True)


def test_partners_of_a_table_worked_out_by_hand():
    """Sellers A and B; A sells to importers 1 and 2, B to 2 alone. Two days, two cells."""
    table = pd.DataFrame(
        {
            "Declaration ID": [f"D{i}" for i in range(6)],
            "Date": pd.to_datetime(["2020-01-01"] * 3 + ["2020-06-01"] * 3),
            "Importer ID": ["1", "2", "2", "1", "2", "2"],
            "Declarant ID": ["X"] * 6,
            "Seller ID": ["A", "A", "B", "A", "A", "B"],
            "HS6 Code": ["010101"] * 6,
            "Country of Departure": ["KR"] * 6,
            "Office ID": ["1"] * 6,
        }
    )
    y = np.array([1, 0, -1, 1, 0, -1], dtype=np.int8)
    one = Partners(smoothing=0.5, n_cells=2)
    one.fit_transform(table, y)
    values = pd.DataFrame(one.transform(table), columns=one.feature_names())
    assert len(values.columns) == len(COUNTED) + len(HOPS)
    assert np.allclose(
        np.expm1(values["log distinct Importer ID of Seller ID"]), [2, 2, 1, 2, 2, 1]
    )
    # Base rate 1/2. Importer 1: 2 of 2 fraud; importer 2: 0 of 2. Seller A has two rows of each.
    risk = [(f + 0.25) / 2.5 for f in (2, 0)]
    odds = [np.log(p / (1 - p)) for p in risk]
    of_a, of_b = np.mean(odds), odds[1]
    expected = [of_a, of_a, of_b, of_a, of_a, of_b]
    assert np.allclose(values["risk of Importer ID of Seller ID"], expected)
    # A row of the first day does not read that day's labels: 1 of 1 and 0 of 1, base 1/2.
    first = pd.DataFrame(one.fit_transform(table, y), columns=one.feature_names())
    half = [(f + 0.25) / 1.5 for f in (1, 0)]
    odds = [np.log(p / (1 - p)) for p in half]
    assert first["risk of Importer ID of Seller ID"][0] == pytest.approx(np.mean(odds))


def test_walks_of_one_link_meet_as_often_as_the_links_say():
    """A path a - b - c: vol 4, degrees 1, 2, 1; a and b meet 4 * (1 / 1) / 2 = 2 times chance."""
    links = sparse.csr_matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=np.float64))
    once = meeting_matrix(links, window=1, n_negatives=1.0).toarray()
    assert once == pytest.approx(np.log(2) * links.toarray())
    # Two steps: a returns to itself or reaches c, each with 1/2: 4 / 2 * (1/2) / 1 = 1, log 0.
    # b returns surely: 4 / 2 * 1 / 2 = 1. Links: 4 / 2 * 1 / 2 = 1. With half the shift, log 2.
    twice = meeting_matrix(links, window=2, n_negatives=0.5).toarray()
    assert twice == pytest.approx(np.full((3, 3), np.log(2)))


def test_two_groups_that_share_nothing_are_two_communities():
    """Lines 0-2 share ties 0 and 1, lines 3-5 share ties 2 and 3; line 6 has no tie."""
    ties = np.zeros((7, 4))
    ties[:3, :2] = ties[3:6, 2:] = 1.0
    community = find_communities(sparse.csr_matrix(ties))
    assert len(set(community[:3])) == len(set(community[3:6])) == 1
    assert len(set(community)) == 3
    # Where chance counts for more than any likeness, everybody is alone.
    assert len(set(find_communities(sparse.csr_matrix(ties), resolution=100.0))) == 7

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.features.similar_declarations import SIMILARITY, SimilarityKernel
from customs_baselines.models.ensemble import Ensemble, in_order, mean_rank
from customs_baselines.models.xgboost_conjunctions import CONJUNCTIONS
from customs_data.errors import KitError


@pytest.mark.parametrize(
    "features",
    [SimilarityKernel(), RiskProfiles(CONJUNCTIONS, smoothing=2.0)],
    ids=["kernel", "conjunctions"],
)
def test_a_rows_own_label_does_not_reach_its_own_feature(features, sample_edition):
    train, y = sample_edition.train, sample_edition.y
    before = features.fit_transform(train, y)
    for row in (5, 50, 500):
        flipped = y.copy()
        flipped[row] = 1 - y[row]
        after = features.fit_transform(train, flipped)
        # The base rate, which everything is smoothed towards, moves by one row in a thousand.
        assert after[row] == pytest.approx(before[row], abs=0.02)


class TestSimilarityKernel:
    @pytest.fixture
    def twins(self, sample_edition):
        """Five equal declarations of one declarant, and one of another, a day apart."""
        X = sample_edition.train.iloc[[0] * 6].reset_index(drop=True)
        other = X["Declarant ID"].where(X.index < 5, "OTHER")
        days = X["Date"] + pd.to_timedelta(X.index, "D")
        return X.assign(**{"Declarant ID": other, "Date": days}).astype(sample_edition.train.dtypes)

    def test_golden(self, twins):
        y = np.array([1, 1, 0, 0, -1, 1], dtype=np.int8)
        # At such a temperature a day's difference weighs nothing.
        features = SimilarityKernel(1e9, smoothing=1.0, n_cells=5).fit_transform(twins, y)
        # Five labels, a stretch each; base 3/5. Row 4, unlabelled, shares row 3's stretch. It reads
        # the other three twins, two of them fraud: (2 + .6) / (3 + 1). Row 5 has no twin: the base
        # rate.
        assert features[4] == pytest.approx([np.log(0.65 / 0.35), np.log(4)])
        assert features[5] == pytest.approx([np.log(0.6 / 0.4), 0.0])
        # Row 0, a fraud, reads the other three: (1 + .6) / (3 + 1).
        assert features[0] == pytest.approx([np.log(0.4 / 0.6), np.log(4)])

    def test_unlike_declarations_weigh_less(self, twins):
        y = np.array([1, 1, 0, 0, -1, 1], dtype=np.int8)
        kernel = SimilarityKernel(temperature=0.5)
        kernel.fit_transform(twins, y)
        later = twins.iloc[[4]]
        elsewhere = later.assign(**{"Office ID": "NEW"}).astype(later.dtypes)
        near, far = (np.expm1(kernel.transform(X)[0, 1]) for X in (later, elsewhere))
        assert far == pytest.approx(near * np.exp(-SIMILARITY["Office ID"] / 0.5))

    def test_windows_bound_what_is_read(self, sample_edition):
        train, y = sample_edition.train, sample_edition.y
        wide, narrow = (
            SimilarityKernel(window=window).fit_transform(train, y)[:, 1] for window in (5000, 0)
        )
        assert (narrow <= wide + 1e-9).all()

    def test_a_new_declarant_has_the_base_rate(self, sample_edition):
        kernel = SimilarityKernel()
        kernel.fit_transform(sample_edition.train, sample_edition.y)
        base = (sample_edition.y == 1).mean()
        new = sample_edition.test.head(2).assign(**{"Declarant ID": "NEW"})
        features = kernel.transform(new.astype(sample_edition.test.dtypes))
        assert features[:, 0] == pytest.approx(np.log(base / (1 - base)))
        assert (features[:, 1] == 0).all()


class TestEnsemble:
    def test_golden(self):
        # Normal scores of 1/6, 1/2, 5/6: -.96742, 0, .96742; of ranks 3, 1.5, 1.5 (less 1/2, of 3):
        # .96742, -.43073, -.43073. Weighted 2 : 1, the means are -.32247, -.14358, .50137.
        mean = mean_rank([np.array([0.1, 0.2, 0.9]), np.array([7.0, 1.0, 1.0])], [2.0, 1.0])
        assert norm.ppf(mean) == pytest.approx([-0.32247, -0.14358, 0.50137], abs=1e-5)

    def test_increasing_maps_of_a_members_scores_change_nothing(self):
        scores = [np.random.default_rng(i).random(50) for i in range(3)]
        mapped = [np.exp(5 * scores[0]), scores[1] ** 3, scores[2]]
        weights = [1.0, 2.0, 3.0]
        assert (mean_rank(scores, weights) == mean_rank(mapped, weights)).all()
        # Sums of normal scores round, so that the order of members shows in the last digit.
        assert mean_rank(scores[::-1], weights[::-1]) == pytest.approx(mean_rank(scores, weights))

    def test_a_member_without_weight_says_nothing(self):
        scores = [np.random.default_rng(i).random(50) for i in range(2)]
        mean = mean_rank(scores, [1.0, 0.0])
        assert (np.argsort(mean) == np.argsort(scores[0])).all()

    def test_no_declarations(self):
        assert mean_rank([np.empty(0)], [1.0]).shape == (0,)

    def test_probabilities_keep_the_order(self):
        rng = np.random.default_rng(0)
        truth = rng.random(4000)
        fraud = rng.random(4000) < truth
        # As after a mean of ranks: the right order, on another scale.
        calibrated = in_order(truth**3, np.clip(truth + rng.normal(0, 0.1, 4000), 0, 1))
        assert (rankdata(calibrated) == rankdata(truth)).all()
        deciles = np.argsort(truth).reshape(10, -1)
        assert calibrated[deciles].mean(axis=1) == pytest.approx(
            fraud[deciles].mean(axis=1), abs=0.06
        )
        assert in_order(np.empty(0), np.empty(0)).shape == (0,)

    def test_members_are_baselines_by_name(self, sample_edition):
        members = {"risk_profile": 1.0, "lookup": 2.0}
        model = Ensemble(members).fit(sample_edition.train, sample_edition.y)
        scores = [member.predict_proba(sample_edition.test)[:, 1] for member in model.models_]
        fraud = model.predict_proba(sample_edition.test)[:, 1]
        # The order of mean ranks, ties included, and the members' mean probability on average.
        order = mean_rank(scores, [1.0, 2.0])
        assert (rankdata(fraud) == rankdata(order)).all()
        assert fraud.mean() == pytest.approx((scores[0] + 2 * scores[1]).mean() / 3, abs=1e-3)
        with pytest.raises(KitError, match="Unknown baseline 'nobody'"):
            Ensemble({"nobody": 1.0}).fit(sample_edition.train, sample_edition.y)

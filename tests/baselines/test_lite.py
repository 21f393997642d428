"""The scorecard: what it learns, and that its files score as the model does."""

from __future__ import annotations

import json
import sqlite3

import duckdb
import numpy as np
import pandas as pd
import pytest

from customs_baselines.features.risk import RiskProfiles
from customs_baselines.lite.estimator import TIMES, LiteScorecard, _on_lists
from customs_baselines.lite.export import lists_sql, lists_table, score_sql, write_scorecard
from customs_baselines.lite.scorecard import Rule, Scorecard
from customs_baselines.lite.selection import select_conditions
from customs_data.errors import KitError
from forked_command import kit_in_fork


@pytest.fixture(scope="module")
def model(sample_edition):
    return LiteScorecard().fit(sample_edition.train, sample_edition.y)


@pytest.fixture(scope="module")
def declarations(sample_edition):
    """Test declarations as texts, as a database reads them; some sellers are missing."""
    return sample_edition.test.assign(
        **{"Date": sample_edition.test["Date"].dt.strftime("%Y-%m-%d")}
    )


class TestSelection:
    def test_the_condition_that_says_something_is_chosen_first(self):
        # 100 honest and 100 fraud; the second condition holds for 60 of the frauds only.
        y = np.repeat(np.array([0, 1], dtype=np.int8), 100)
        useless = np.arange(200) % 2 == 0
        useful = (y == 1) & (np.arange(200) % 100 < 60)
        chosen, weights = select_conditions(np.column_stack([useless, useful]), y, 20)
        assert chosen == [1]
        # Residuals sum to 0, and on the 60 frauds to the penalty: 5 times the weight.
        base, listed = 1 / (1 + np.exp(-np.array([weights[0], weights.sum()])))
        assert 140 * base + 60 * listed == pytest.approx(100, abs=1e-3)
        assert 60 * (1 - listed) == pytest.approx(5 * weights[1], abs=1e-3)

    def test_no_more_rules_than_asked_for(self, sample_edition):
        for n_rules in (1, 3):
            few = LiteScorecard(n_rules=n_rules).fit(sample_edition.train, sample_edition.y)
            assert len(few.scorecard_.rules) <= n_rules

    def test_rare_conditions_are_not_chosen(self):
        y = np.repeat(np.array([0, 1], dtype=np.int8), 50)
        rare = np.arange(100) >= 91  # nine frauds
        assert select_conditions(rare[:, None], y, 20)[0] == []


class TestScorecard:
    def test_golden(self, sample_edition):
        X = sample_edition.test.head(3).assign(
            **{
                "Importer ID": ["A", "A", "B"],
                "HS6 Code": ["010121", "020130", "010129"],
                "Seller ID": ["S", np.nan, np.nan],
            }
        )
        X = X.astype(sample_edition.test.dtypes)
        rules = (
            Rule(("Importer ID", "Chapter"), 1.75, 12, (("A", "01"),), 0.1),
            Rule(("Importer ID",), 0.5, -4, (("B",),), 0.1),
            Rule(("Seller ID",), 1.0, 3, (("S",),), 0.1),
        )
        card = Scorecard(rules, -1.0, {0.05: 12})
        # A imports of chapter 01 from S: 12 + 3. A's second is of chapter 02. B: -4.
        assert card.points(X).tolist() == [15, 0, -4]
        # Ten points double the odds: from e^-1 to 2 e^-1.
        odds = [p / (1 - p) for p in card.probability(np.array([0, 10]))]
        assert odds == pytest.approx([np.exp(-1), 2 * np.exp(-1)])
        assert rules[0].condition == (
            "Importer ID and HS chapter: history of fraud above 1.75 x average"
        )

    def test_it_is_small_and_has_whole_points(self, model):
        rules = model.scorecard_.rules
        assert 1 <= len(rules) <= 20
        assert all(type(rule.points) is int and rule.points for rule in rules)
        assert all(rule.values == tuple(sorted(set(rule.values))) for rule in rules)

    def test_the_score_is_the_order_of_the_points(self, model, sample_edition):
        points = model.scorecard_.points(sample_edition.test)
        fraud = model.predict_proba(sample_edition.test)[:, 1]
        assert len(np.unique(points)) > 3
        assert (np.argsort(points, kind="stable") == np.argsort(fraud, kind="stable")).all()

    def test_lists_contain_what_the_history_says(self, sample_edition):
        """Values of a list, computed once more by counting."""
        train, y = sample_edition.train, sample_edition.y
        card = LiteScorecard().fit(train, y).scorecard_
        base = (y[y >= 0] == 1).mean()
        for rule in card.rules:
            if len(rule.key) > 1 or rule.key[0] in ("Chapter", "Heading"):
                continue
            history = (
                pd.Series(y == 1)[y >= 0].groupby(train[rule.key[0]][y >= 0]).agg(["size", "sum"])
            )
            rate = (history["sum"] + 3 * base) / (history["size"] + 3)
            times = rate / (1 - rate) / (base / (1 - base))
            listed = times > rule.times if rule.times >= 1 else times < rule.times
            assert [value[0] for value in rule.values] == sorted(history.index[listed])

    def test_a_rows_own_label_does_not_put_it_on_a_list(self, sample_edition):
        train, y = sample_edition.train, sample_edition.y
        before = _on_lists(RiskProfiles(smoothing=3.0).fit_transform(train, y), 0.3)
        flipped = y.copy()
        flipped[5] = 1 - y[5]
        after = _on_lists(RiskProfiles(smoothing=3.0).fit_transform(train, flipped), 0.3)
        assert before.shape[1] == len(RiskProfiles().keys) * len(TIMES)
        # But for the base rate, which moves by one in a thousand.
        assert (before[5] != after[5]).sum() <= 2


class TestExport:
    def test_sql_scores_alike_in_sqlite_and_duckdb(self, model, declarations, sample_edition):
        expected = dict(
            zip(
                sample_edition.test["Declaration ID"],
                model.scorecard_.points(sample_edition.test).tolist(),
                strict=True,
            )
        )
        assert declarations["Seller ID"].isna().any()
        statements, select = lists_sql(model.scorecard_), score_sql(model.scorecard_)
        texts = declarations.astype(object).where(declarations.notna(), None)
        with sqlite3.connect(":memory:") as lite:
            texts.to_sql("declarations", lite, index=False)
            lite.executescript(statements)
            in_sqlite = lite.execute(select).fetchall()
        duck = duckdb.connect()
        duck.register("declarations", texts)
        duck.execute(statements)
        in_duckdb = duck.execute(select).fetchall()
        assert in_sqlite == in_duckdb
        assert dict(in_sqlite) == expected
        assert [points for _, points in in_sqlite] == sorted(expected.values(), reverse=True)

    def test_values_with_quotes_stay_values(self):
        rule = Rule(("Importer ID",), 1.0, 5, (("O'NEILL",),), 0.1)
        card = Scorecard((rule,), -1.0, {0.05: 5})
        with sqlite3.connect(":memory:") as lite:
            lite.executescript(lists_sql(card))
            assert lite.execute("SELECT * FROM lite_lists").fetchall() == [(1, "O'NEILL", "")]

    def test_a_card_without_rules_gives_everything_0_points(self):
        with sqlite3.connect(":memory:") as lite:
            lite.execute('CREATE TABLE declarations ("Declaration ID" TEXT)')
            lite.execute("INSERT INTO declarations VALUES ('a')")
            card = Scorecard((), -1.0, {0.05: 0})
            lite.executescript(lists_sql(card))
            assert lite.execute(score_sql(card)).fetchall() == [("a", 0)]

    def test_the_folder_is_complete(self, model, tmp_path):
        paths = write_scorecard(model.scorecard_, tmp_path / "card", "the sample")
        assert {path.name for path in paths} == {
            "scorecard.csv", "lists.csv", "lists.sql", "score.sql", "scorecard.html",
        }  # fmt: skip
        rules = pd.read_csv(tmp_path / "card/scorecard.csv")
        lists = pd.read_csv(tmp_path / "card/lists.csv", dtype=str)
        assert rules["Points"].tolist() == [rule.points for rule in model.scorecard_.rules]
        assert rules["Values"].sum() == len(lists) == len(lists_table(model.scorecard_))
        page = (tmp_path / "card/scorecard.html").read_text()
        assert "Scorecard learned from the sample" in page
        assert model.scorecard_.rules[0].condition in page
        with pytest.raises(KitError):
            write_scorecard(model.scorecard_, tmp_path / "card", "the sample")

    def test_the_command_writes_what_it_prints(self, sample_path, tmp_path):
        arguments = ("baseline", "export", "lite", "--edition", sample_path, "--rules", 3)
        ran = kit_in_fork(*arguments, "--out", tmp_path / "card", "--json")
        assert ran.status == 0, ran.stderr
        printed = json.loads(ran.stdout)
        assert 1 <= len(printed["rules"]) <= 3
        written = pd.read_csv(tmp_path / "card/scorecard.csv")
        assert written["Points"].tolist() == [rule["points"] for rule in printed["rules"]]
        assert set(printed["cuts"]) == {"0.05", "0.1"}
        again = kit_in_fork(*arguments, "--out", tmp_path / "card")
        assert again.status == 1

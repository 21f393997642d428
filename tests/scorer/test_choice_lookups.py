"""Look-ups of texts, and traces in IDs and order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.schema import KEY
from customs_scorer.audit.choice_lookups import ChoiceLookups, best_choice_lookup, neighbours_agree


def made_up(n, seed):
    rng = np.random.default_rng(seed)
    office, mode = rng.integers(0, 3, n), rng.integers(0, 2, n)
    frame = pd.DataFrame(
        {
            KEY: np.arange(n).astype(str),
            "Office ID": office.astype(str),
            "Mode of Transport": mode.astype(str),
            "Importer ID": rng.integers(0, 9, n).astype(str),
            "Seller ID": np.nan,
            "Net Mass": rng.integers(1, 50, n).astype(float),
        }
    )
    codes = np.array([f"{o}{m}0000" for o, m in zip(office, mode, strict=True)])
    return frame, codes


def slow_top_1(train, codes, test, answers, columns):
    """The same in words: the most frequent code of equal rows, else of all; ties to the first."""

    def most_frequent(some):
        return max(dict.fromkeys(codes), key=list(some).count)

    named = []
    for row in test[list(columns)].itertuples(index=False):
        equal = (train[list(columns)] == list(row)).all(axis=1).to_numpy()
        named.append(most_frequent(codes[equal] if equal.any() else codes))
    return float((np.array(named) == answers).mean())


def test_the_best_look_up_is_that_of_the_columns_that_decide():
    train, codes = made_up(300, 0)
    test, answers = made_up(100, 1)
    columns, top_1 = best_choice_lookup(train, codes, test, answers)
    assert columns == ("Office ID", "Mode of Transport")
    assert top_1 == 1.0


@pytest.mark.parametrize(
    "columns", [("Net Mass",), ("Mode of Transport",), ("Office ID", "Mode of Transport")]
)
def test_look_ups_are_those_of_a_slow_one(columns):
    train, codes = made_up(80, 2)
    test, answers = made_up(40, 3)
    codes = np.random.default_rng(0).permutation(codes)
    lookups = ChoiceLookups(train, codes, test, answers)
    assert lookups.top_1(columns) == slow_top_1(train, codes, test, answers, columns)


def test_keys_and_entities_are_no_columns_of_the_best_look_up():
    train, codes = made_up(80, 2)
    lookups = ChoiceLookups(train, codes, train, codes)
    assert lookups.open_columns == ("Office ID", "Mode of Transport", "Net Mass")


def test_unseen_values_get_the_usual_text():
    train = pd.DataFrame({"Net Mass": [1.0, 2.0, 3.0]})
    test = pd.DataFrame({"Net Mass": [9.0, 2.0]})
    texts = np.array(["a", "b", "a"])
    assert ChoiceLookups(train, texts, test, np.array(["a", "b"])).top_1(("Net Mass",)) == 1.0


def test_neighbours_agree_where_order_tells_the_goods():
    rng = np.random.default_rng(0)
    texts = rng.choice(np.array(["1", "2", "3", "4"]), 4000)
    day = (np.arange(4000) // 100).astype(str)
    assert abs(neighbours_agree(np.arange(4000.0), texts, day)) < 0.02
    ordered = np.lexsort((texts, day))
    assert neighbours_agree(np.arange(4000.0), texts[ordered], day[ordered]) > 0.5
    assert neighbours_agree(np.arange(2.0), np.array(["1", "2"]), np.array(["a", "b"])) == 0.0

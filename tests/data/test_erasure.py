from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from customs_data.erasure import ERASURES, erase, erasure_order, n_kept
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed

SECRET = secret_of_seed(7)
RATES = (0.01, 0.02, 0.05, 0.1, 0.5, 1.0)
#: `inspection` refuses rates at which a label it learned from would be hidden.
INSPECTION_RATES = (0.1, 0.2, 0.5, 1.0)


def masks(sample, erasure, rates=None, secret=SECRET):
    rates = rates or (INSPECTION_RATES if erasure == "inspection" else RATES)
    train = sample["train"]
    y = train["Fraud"].to_numpy()
    return [erase(train, y, label_rate=r, erasure=erasure, secret=secret) for r in rates]


@pytest.mark.parametrize("erasure", ERASURES)
def test_rate_is_exact_and_masks_are_nested(sample, erasure):
    n = len(sample["train"])
    chosen = masks(sample, erasure)
    rates = INSPECTION_RATES if erasure == "inspection" else RATES
    assert [mask.sum() for mask in chosen] == [n_kept(rate, n) for rate in rates]
    for fewer, more in pairwise(chosen):
        assert (fewer <= more).all()


@pytest.mark.parametrize("erasure", ERASURES)
def test_same_secret_same_mask(sample, erasure):
    first, again = (masks(sample, erasure, rates=(0.1,))[0] for _ in range(2))
    assert (first == again).all()
    if erasure != "delay":
        other = masks(sample, erasure, rates=(0.1,), secret=secret_of_seed(8))[0]
        assert (first != other).any()


@pytest.mark.parametrize("erasure", ERASURES)
def test_a_rows_own_label_never_decides(sample, erasure):
    train = sample["train"]
    y = train["Fraud"].to_numpy()
    order = erasure_order(train, y, erasure, SECRET)
    place = np.argsort(order)
    # Flip every label of the last month: nothing later can react, so no place may change.
    last_month = (train["Date"].dt.month == 12).to_numpy()
    flipped = np.where(last_month, 1 - y, y).astype(np.int8)
    assert (np.argsort(erasure_order(train, flipped, erasure, SECRET)) == place).all()


@pytest.mark.parametrize("erasure", ERASURES)
@pytest.mark.parametrize("rate", [0.2, 0.7, 1.0])
def test_the_threshold_keeps_the_first_labels_of_the_order(sample, erasure, rate):
    train = sample["train"]
    y = train["Fraud"].to_numpy().astype(np.int8)
    kept = erase(train, y, label_rate=rate, erasure=erasure, secret=SECRET)
    first = erasure_order(train, y, erasure, SECRET)[: n_kept(rate, len(train))]
    assert np.flatnonzero(kept).tolist() == sorted(first.tolist())


def test_importer_keeps_or_erases_whole_importers(sample):
    kept = masks(sample, "importer", rates=(0.3,))[0]
    share = sample["train"].assign(kept=kept).groupby("Importer ID")["kept"].mean()
    assert ((share > 0) & (share < 1)).sum() <= 1  # the one importer at the cut


def test_delay_erases_the_newest(sample):
    kept = masks(sample, "delay", rates=(0.4,))[0]
    dates = sample["train"]["Date"]
    assert dates[kept].max() <= dates[~kept].min()


@pytest.mark.parametrize("erasure", ERASURES)
@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_the_mask_does_not_depend_on_hidden_labels(sample, erasure, rate):
    train = sample["train"]
    y = train["Fraud"].to_numpy()
    kept = erase(train, y, label_rate=rate, erasure=erasure, secret=SECRET)
    flipped = np.where(kept, y, 1 - y).astype(np.int8)
    again = erase(train, flipped, label_rate=rate, erasure=erasure, secret=SECRET)
    assert (again == kept).all()


def test_inspection_refuses_to_learn_from_labels_it_hides(sample):
    with pytest.raises(KitError, match="is too low for the erasure `inspection`"):
        masks(sample, "inspection", rates=(0.02,))


def test_inspection_finds_more_fraud_than_chance(sample):
    y = sample["train"]["Fraud"].to_numpy()
    kept = masks(sample, "inspection", rates=(0.1,))[0]
    assert y[kept].mean() > y.mean() + 0.01
    # ... in every month, as an office works all year round
    months = sample["train"]["Date"].dt.month
    by_month = months[kept].value_counts() / months.value_counts()
    assert by_month.between(0.05, 0.15).all()


def test_only_labels_that_are_present_are_kept(sample):
    train = sample["train"]
    y = train["Fraud"].to_numpy().copy()
    y[::2] = -1
    kept = erase(train, y, label_rate=0.3, erasure="random", secret=SECRET)
    assert kept.sum() == n_kept(0.3, len(y))
    assert (y[kept] >= 0).all()
    with pytest.raises(KitError, match="Lower the label rate"):
        erase(train, y, label_rate=0.9, erasure="random", secret=SECRET)


@pytest.mark.parametrize("rate", [0, -0.1, 1.5, float("nan"), float("inf")])
def test_a_rate_must_be_a_fraction(rate):
    with pytest.raises(KitError, match="label rate"):
        n_kept(rate, 100)


def test_a_rate_that_keeps_no_label_is_refused():
    with pytest.raises(KitError, match="at least one"):
        n_kept(0.001, 100)


def test_unknown_erasure_is_named(sample):
    with pytest.raises(KitError, match="'sideways'"):
        masks(sample, "sideways")

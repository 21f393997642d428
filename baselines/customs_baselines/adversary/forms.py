"""Whether fraud leaves a trace: its form against an honest declaration of the same goods."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

#: Declared column -> what an honest declaration would say.
HONEST: Final = {
    "HS6 Code": "True HS6 Code",
    "Country of Origin": "True Country of Origin",
    "Tax Rate": "True Tax Rate",
    "Net Mass": "True Net Mass",
    "Item Price": "True Item Price",
}
#: Its honest mark is in no table, so its forms are not compared.
NOT_COMPARED: Final = "origin marking"


def compare_forms(
    declarations: pd.DataFrame, truth: pd.DataFrame, scheme: pd.Series[str]
) -> pd.DataFrame:
    """Count frauds whose form equals the honest one, by scheme.

    Parameters
    ----------
    declarations : DataFrame, shape (n_rows, >= 5)
        Declared columns.
    truth : DataFrame, shape (n_rows, >= 6)
        Honest values and Violation of the same rows (`hidden/truth.csv`).
    scheme : Series of str, shape (n_rows,)
        Scheme of the importer, "" if honest: honest importers who were accused are left out.

    Returns
    -------
    DataFrame, shape (n_schemes, 2)
        Columns ``frauds`` and ``equal``; one row per scheme, without `NOT_COMPARED`.

    Notes
    -----
    A false origin may change nothing but the tax type, whose honest value is in no table. It counts
    as equal, so the share of equal forms is an upper bound.
    """
    equal = np.ones(len(declarations), dtype=np.bool_)
    for declared, honest in HONEST.items():
        equal &= declarations[declared].to_numpy() == truth[honest].to_numpy()
    name = scheme.fillna("").to_numpy()
    is_fraud = (truth["Violation"].fillna("") != "").to_numpy() & (name != "")
    is_fraud &= name != NOT_COMPARED
    rows = pd.DataFrame({"scheme": name[is_fraud], "equal": equal[is_fraud]})
    counts = rows.groupby("scheme")["equal"].agg(["size", "sum"])
    return counts.set_axis(["frauds", "equal"], axis=1)

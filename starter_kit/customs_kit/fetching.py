"""Declarations in the form of scikit-learn's data sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils import Bunch

from customs_data.edition.by_name import load_edition
from customs_data.edition.layout import DATASHEET

if TYPE_CHECKING:
    Data = pd.DataFrame | npt.NDArray[np.object_]
    Target = pd.Series[int] | npt.NDArray[np.int8]


@overload
def fetch_customs(
    edition: Path | str = "practice",
    *,
    return_X_y: Literal[False] = False,
    as_frame: bool = True,
) -> Bunch: ...
@overload
def fetch_customs(
    edition: Path | str = "practice", *, return_X_y: Literal[True], as_frame: bool = True
) -> tuple[Data, Target]: ...
def fetch_customs(
    edition: Path | str = "practice", *, return_X_y: bool = False, as_frame: bool = True
) -> Any:
    """Load declarations as scikit-learn's ``fetch_*`` functions load theirs.

    Nothing is downloaded: the practice edition is simulated at first use and cached.

    Parameters
    ----------
    edition : path, or ``"practice"``
        As for `load_edition`.
    return_X_y : bool
        Whether to return data and target only.
    as_frame : bool
        Whether `data` is a DataFrame and `target` a Series. Otherwise both are arrays; that of the
        data is of objects, because most columns are text. Baselines and transformers read
        DataFrames.

    Returns
    -------
    Bunch
        ``data``, shape (n_train, 20)
            Declared columns of the training declarations.
        ``target``, int8, shape (n_train,)
            The label that models learn: 1, 0, or -1 where it was erased.
        ``frame`` : DataFrame, shape (n_train, 21)
            Both; None without `as_frame`.
        ``feature_names``, ``target_names`` : list of str
            Names of the columns of data, and of the target.
        ``test``, shape (n_test, n_columns)
            Declared columns of the declarations to score.
        ``DESCR`` : str
            The edition's datasheet.
        ``edition`` : Edition
            What `write_submission` needs.
    data, target
        If `return_X_y`.

    Raises
    ------
    InvalidEditionError
        If there is no such edition, or a file has changed since it was made.

    References
    ----------
    The columns are those of Table 1 in 'Customs Import Declaration Datasets' (arXiv:2208.02484).
    """
    loaded = load_edition(edition)
    name = loaded.task.label
    target = pd.Series(loaded.y, name=name)
    data, test = loaded.train, loaded.test
    bunch = Bunch(
        data=data if as_frame else data.to_numpy(dtype=object),
        target=target if as_frame else target.to_numpy(),
        frame=data.assign(**{name: target}) if as_frame else None,
        feature_names=list(data.columns),
        target_names=[name],
        test=test if as_frame else test.to_numpy(dtype=object),
        DESCR=(loaded.layout.public / DATASHEET).read_text(encoding="utf-8"),
        edition=loaded,
    )
    return (bunch.data, bunch.target) if return_X_y else bunch

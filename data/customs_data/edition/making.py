"""Making an edition: from labelled declarations of three periods to a folder on disk."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from customs_data.edition import layout as parts
from customs_data.edition.commitment import commit
from customs_data.edition.datasheet import datasheet
from customs_data.edition.layout import Layout
from customs_data.edition.manifest import FORMAT_VERSION, NAME, PERIODS, FileRecord, Manifest
from customs_data.erasure import erase
from customs_data.errors import InvalidDeclarationsError, KitError
from customs_data.problems import ProblemReport
from customs_data.schema import DECLARED_COLUMNS, ERASED, KEY, LABEL_COLUMNS
from customs_data.writing import FileFormat, write_table


@dataclass(frozen=True)
class Draft:
    """An edition before it is written: everything, hidden labels included.

    Attributes
    ----------
    name : str
        1 to 64 letters, digits, blanks, dots, underscores and hyphens.
    origin : {'published-seed', 'secret', 'import'}
        As in the manifest.
    configuration : dict
        As in the manifest.
    train, public, private : DataFrame
        All 22 columns; the test periods fully labelled.
    nonce : bytes, 32 bytes
        Of the commitment.
    erasure_secret : bytes
        Source of the erasure's random stream.
    label_rate : float or None
        Share of the training declarations that keep a label; None keeps the labels there are.
    erasure : str
        How labels are erased.
    oracle : DataFrame, optional
        The simulator's truth, for hidden/.
    secret : str or None
        The generator's secret in hexadecimal, for hidden/secret.json.
    """

    name: str
    origin: str
    configuration: dict[str, Any]
    train: pd.DataFrame = field(repr=False)
    public: pd.DataFrame = field(repr=False)
    private: pd.DataFrame = field(repr=False)
    nonce: bytes = field(repr=False)
    erasure_secret: bytes = field(repr=False)
    label_rate: float | None = None
    erasure: str = "random"
    oracle: pd.DataFrame | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise KitError(
                "The edition's name must be 1 to 64 letters, digits, blanks, dots, underscores or "
                f"hyphens, beginning with a letter or digit, however: {self.name!r}. Pass --name."
            )
        check_periods({period: getattr(self, period) for period in PERIODS})


def check_periods(frames: dict[str, pd.DataFrame]) -> None:
    """Hold the three periods against each other.

    Raises
    ------
    InvalidDeclarationsError
        If a period is empty, they overlap in time, share a Declaration ID, or a test label is
        missing; all of it in one report.
    """
    report = ProblemReport("The edition")
    for period, frame in frames.items():
        if frame.empty:
            report.add(f"The {period} period must hold declarations, however: it is empty")
        elif period != "train" and (n := int((frame["Fraud"] == ERASED).sum())):
            report.add(
                f"Every declaration of the {period} period must have its labels (they are what "
                f"submissions are scored against), however: {n:,} of {len(frame):,} have none"
            )
    for earlier, later in (("train", "public"), ("public", "private")):
        if frames[earlier].empty or frames[later].empty:
            continue
        last, first = frames[earlier]["Date"].max(), frames[later]["Date"].min()
        if last >= first:
            report.add(
                f"The {earlier} period must end before the {later} period begins, however: it ends "
                f"on {last:%Y-%m-%d} and the {later} period begins on {first:%Y-%m-%d}"
            )
    keys = pd.concat([frame[KEY] for frame in frames.values()])
    if repeated := keys[keys.duplicated()].head(5).tolist():
        report.add(f"No {KEY} may stand in two periods, however: {', '.join(repeated)}")
    if report:
        raise InvalidDeclarationsError(str(report))


def make_edition(draft: Draft, out: Path | str, *, file_format: FileFormat = "csv") -> Manifest:
    """Write an edition.

    Rows are put into the order of (Date, Declaration ID), so that the order of the source - which
    may follow the labels - is not published. The folder appears whole or not at all.

    Parameters
    ----------
    draft : Draft
        What to write.
    out : path
        A folder that does not exist yet, or is empty.
    file_format : {'csv', 'parquet'}
        Of all tables but sample_submission.csv.

    Raises
    ------
    KitError
        If `out` is not empty or cannot be written, or the label rate asks for more labels than
        there are.
    """
    out = Path(out)
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise KitError(
                f"{out} must be a new or empty folder, however: it is not. Choose another."
            )
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
            manifest = _write_parts(draft, Layout.of(scratch), file_format)
            out.mkdir(exist_ok=True)
            for part in ("public", "hidden"):
                shutil.move(Path(scratch) / part, out / part)
    except OSError as error:
        raise KitError(f"{out} cannot be written: {error.strerror or error}.") from None
    return manifest


def _write_parts(draft: Draft, layout: Layout, file_format: FileFormat) -> Manifest:
    """Write public/ and hidden/ below a scratch folder."""
    layout.public.mkdir()
    layout.hidden.mkdir(mode=0o700)
    train, erased, label_rate = _erase(draft)
    public, private = (_in_order(frame) for frame in (draft.public, draft.private))
    both = pd.concat([public, private], ignore_index=True)
    test = both[list(DECLARED_COLUMNS)]
    solution = both[[KEY, *LABEL_COLUMNS]].assign(
        Usage=np.repeat(["Public", "Private"], [len(public), len(private)])
    )
    sample = test[[KEY]].assign(**{"Fraud Score": 0.5})
    files = {}
    for table, frame in ((parts.TRAIN, train), (parts.TEST, test), (parts.SAMPLE, sample)):
        # Teams submit CSV, so the sample is CSV in every edition.
        chosen: FileFormat = "csv" if table == parts.SAMPLE else file_format
        files[table] = FileRecord(len(frame), write_table(frame, layout.public / table, chosen))
    hidden = {parts.SOLUTION: solution, parts.TRAIN_LABELS: erased}
    if draft.oracle is not None:
        hidden[parts.ORACLE] = (
            draft.oracle.set_index(KEY).loc[pd.concat([train[KEY], test[KEY]])].reset_index()
        )
    sums = {
        table: write_table(frame, layout.hidden / table, file_format)
        for table, frame in hidden.items()
    }
    generator_version = version("customs-kit")
    rows = {"train": len(train), "public": len(public), "private": len(private)}
    dates = {
        period: (_day(frame["Date"].min()), _day(frame["Date"].max()))
        for period, frame in (("train", train), ("public", public), ("private", private))
    }
    erasure = "none" if erased.empty else draft.erasure
    seed = draft.configuration.get("seed")
    sheet = datasheet(draft.name, draft.origin, erasure, seed, dates, train, test)
    manifest = Manifest(
        name=draft.name,
        format_version=FORMAT_VERSION,
        generator_version=generator_version,
        origin=draft.origin,
        configuration=draft.configuration,
        rows=rows,
        dates=dates,
        label_rate=label_rate,
        erasure=erasure,
        files=files,
        datasheet_sha256=sha256(sheet.encode()).hexdigest(),
        commitment=commit(
            nonce=draft.nonce,
            origin=draft.origin,
            configuration=draft.configuration,
            public_sha256={table: record.sha256 for table, record in files.items()},
            generator_version=generator_version,
            solution_sha256=sums[parts.SOLUTION],
            train_labels_sha256=sums[parts.TRAIN_LABELS],
        ),
    )
    (layout.public / parts.MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    (layout.public / parts.DATASHEET).write_text(sheet, encoding="utf-8")
    secret = {"secret": draft.secret, "nonce": draft.nonce.hex()}
    (layout.hidden / parts.SECRET).write_text(json.dumps(secret, indent=2) + "\n", encoding="utf-8")
    for path in layout.hidden.iterdir():
        path.chmod(0o600)
    return manifest


def _erase(draft: Draft) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return the training table as published, the labels erased from it, and the label rate."""
    train = _in_order(draft.train)
    y = train["Fraud"].to_numpy()
    if draft.label_rate is None:
        return train, train.loc[[], [KEY, *LABEL_COLUMNS]], float((y != ERASED).mean())
    kept = erase(
        train, y, label_rate=draft.label_rate, erasure=draft.erasure, secret=draft.erasure_secret
    )
    erased = train.loc[~kept & (y != ERASED), [KEY, *LABEL_COLUMNS]].reset_index(drop=True)
    published = train.copy()
    published.loc[~kept, list(LABEL_COLUMNS)] = ERASED
    return published, erased, draft.label_rate


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by day, then ID: an order that shows nothing the columns do not show."""
    return frame.sort_values(["Date", KEY], kind="stable", ignore_index=True)


def _day(stamp: pd.Timestamp) -> date:
    return stamp.date()

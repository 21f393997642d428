"""The scoring program that Codabench runs.

`standalone_program` replaces the import of the metric by the text of the task's own metric. The
platform's Python and pandas may be old: nothing here needs more than Python 3.7.
"""

import json
import sys
import zlib
from pathlib import Path

import pandas as pd

from customs_scorer.kaggle_metrics.fraud import ANSWER, SCORES, ParticipantVisibleError, score


def read_submission(folder: Path, key: str) -> pd.DataFrame:
    """Read the one file of a participant: CSV or gzipped CSV, as the kit's check accepts."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and "__MACOSX" not in path.parts
    ]
    named = [path for path in files if path.name.lower().endswith((".csv", ".csv.gz"))]
    if len(named or files) != 1:
        raise ParticipantVisibleError(
            f"The archive has {len(named)} CSV files: put submission.csv alone into it."
        )
    path = (named or files)[0]
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PAR1":
        raise ParticipantVisibleError("The file is Parquet: send CSV or gzipped CSV.")
    try:
        submission = pd.read_csv(
            path,
            dtype={key: str},
            float_precision="round_trip",
            compression="gzip" if start[:2] == b"\x1f\x8b" else None,
            na_filter=False,
        )
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise ParticipantVisibleError(f"The file is no CSV in UTF-8: {error}") from None
    header = [key, *ANSWER]
    if list(submission.columns) != header:
        raise ParticipantVisibleError(f"The header must be '{','.join(header)}'.")
    return submission


def main(arguments: "list[str]") -> int:
    """Score input/res against input/ref, write output/scores.json; 1 if the file is invalid."""
    inputs, out = Path(arguments[0]), Path(arguments[1])
    expected = pd.read_csv(inputs / "ref" / "test_ids.csv", dtype=str, na_filter=False).iloc[:, 0]
    key = str(expected.name)
    solution = pd.read_csv(inputs / "ref" / "labels.csv", dtype={key: str}, na_filter=False)
    try:
        submission = read_submission(inputs / "res", key)
        for what, n in (
            ("missing", int((~expected.isin(submission[key])).sum())),
            ("not in test.csv", int((~submission[key].isin(expected)).sum())),
        ):
            if n:
                raise ParticipantVisibleError(
                    f"The file needs one row for each row of test.csv; {n} IDs are {what}."
                )
        scores = {name: score(solution, submission, key, **SCORES[name]) for name in SCORES}
    except ParticipantVisibleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    (out / "scores.json").write_text(json.dumps(scores) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

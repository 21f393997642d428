"""The scoring program that Codabench runs.

`standalone_program` replaces the import of the metric by the metric's text. The platform's Python
and pandas may be old: nothing here needs more than Python 3.7.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from customs_scorer.kaggle_metrics.fraud import ParticipantVisibleError, score

KEY = "Declaration ID"
SCORE = "Fraud Score"
COLUMNS = {"precision_at_5": 0.05, "precision_at_10": 0.10}


def read_submission(folder: Path) -> pd.DataFrame:
    """Read the one CSV file of a participant."""
    files = [path for path in sorted(folder.rglob("*.csv")) if not path.name.startswith(".")]
    files = [path for path in files if "__MACOSX" not in path.parts]
    if len(files) != 1:
        raise ParticipantVisibleError(
            f"The archive has {len(files)} CSV files: put submission.csv alone into it."
        )
    try:
        submission = pd.read_csv(files[0], dtype={KEY: str}, float_precision="round_trip")
    except (ValueError, UnicodeDecodeError) as error:
        raise ParticipantVisibleError(f"The file is no CSV in UTF-8: {error}") from None
    if list(submission.columns) != [KEY, SCORE]:
        raise ParticipantVisibleError(f"The header must be '{KEY},{SCORE}'.")
    return submission


def main(arguments: "list[str]") -> int:
    """Score input/res against input/ref, write output/scores.json; 1 if the file is invalid."""
    inputs, out = Path(arguments[0]), Path(arguments[1])
    solution = pd.read_csv(inputs / "ref" / "labels.csv", dtype={KEY: str})
    expected = pd.read_csv(inputs / "ref" / "test_ids.csv", dtype={KEY: str})[KEY]
    try:
        submission = read_submission(inputs / "res")
        for what, n in (
            ("missing", int((~expected.isin(submission[KEY])).sum())),
            ("not in test.csv", int((~submission[KEY].isin(expected)).sum())),
        ):
            if n:
                raise ParticipantVisibleError(
                    f"The file needs one row for each row of test.csv; {n} IDs are {what}."
                )
        scores = {name: score(solution, submission, KEY, rate) for name, rate in COLUMNS.items()}
    except ParticipantVisibleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    (out / "scores.json").write_text(json.dumps(scores) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The scoring program that Codabench runs.

`standalone_program` replaces the import of the metric by the text of the task's own metric. The
platform's Python and pandas may be old: nothing here needs more than Python 3.7.
"""

import json
import sys
from pathlib import Path

import pandas as pd

from customs_scorer.kaggle_metrics.fraud import ANSWER, SCORES, ParticipantVisibleError, score


def read_submission(folder: Path, key: str) -> pd.DataFrame:
    """Read the one CSV file of a participant."""
    files = [path for path in sorted(folder.rglob("*.csv")) if not path.name.startswith(".")]
    files = [path for path in files if "__MACOSX" not in path.parts]
    if len(files) != 1:
        raise ParticipantVisibleError(
            f"The archive has {len(files)} CSV files: put submission.csv alone into it."
        )
    try:
        submission = pd.read_csv(files[0], dtype={key: str}, float_precision="round_trip")
    except (ValueError, UnicodeDecodeError) as error:
        raise ParticipantVisibleError(f"The file is no CSV in UTF-8: {error}") from None
    header = [key, *ANSWER]
    if list(submission.columns) != header:
        raise ParticipantVisibleError(f"The header must be '{','.join(header)}'.")
    return submission


def main(arguments: "list[str]") -> int:
    """Score input/res against input/ref, write output/scores.json; 1 if the file is invalid."""
    inputs, out = Path(arguments[0]), Path(arguments[1])
    expected = pd.read_csv(inputs / "ref" / "test_ids.csv", dtype=str).iloc[:, 0]
    key = str(expected.name)
    solution = pd.read_csv(inputs / "ref" / "labels.csv", dtype={key: str})
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

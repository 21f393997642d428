"""The errors of submission files against the hidden labels (organizers, or a practice edition)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from customs_data.edition.hidden import load_oracle, load_solution
from customs_data.edition.layout import USAGES
from customs_data.edition.loading import Edition
from customs_data.schema import KEY
from customs_scorer.mistakes.analysis import ErrorAnalysis, analyse_errors, schemes_of
from customs_scorer.submissions import read_submission


def name_files(files: Sequence[Path]) -> dict[str, Path]:
    """Return files by the shortest end of their path that none of the others has.

    Examples
    --------
    >>> list(name_files([Path("runs/a/submission.csv"), Path("runs/b/submission.csv")]))
    ['a/submission.csv', 'b/submission.csv']
    """
    named = {}
    for file in files:
        others = [other.parts for other in files if other != file]
        n = 1
        while n < len(file.parts) and any(other[-n:] == file.parts[-n:] for other in others):
            n += 1
        named[Path(*file.parts[-n:]).as_posix()] = file
    return named


def errors_of_files(
    files: dict[str, Path], edition: Edition, rate: float
) -> tuple[ErrorAnalysis, str]:
    """Analyse the errors of submission files in the private period.

    Parameters
    ----------
    files : dict of str to path
        Submissions by name.
    edition : Edition
        Organizer's copy: hidden labels must be at hand. The schemes behind them are shown too if
        the edition was generated.
    rate : float
        Inspection rate in (0, 1].

    Returns
    -------
    analysis : ErrorAnalysis
    source : str
        One sentence: which declarations, whose labels.

    Raises
    ------
    InvalidEditionError
        If the hidden labels are not at hand.
    InvalidSubmissionError
        If a file cannot be scored.
    """
    solution = load_solution(edition.layout, edition.test[KEY])
    private = (solution["Usage"] == USAGES["private"]).to_numpy()
    scheme = None
    if edition.layout.has_oracle:
        scheme = schemes_of(solution[KEY][private], load_oracle(edition.layout))
    analysis = analyse_errors(
        edition.test[private].reset_index(drop=True),
        solution[edition.task.label].to_numpy()[private],
        {
            name: read_submission(file, solution[KEY], task=edition.task)[private]
            for name, file in files.items()
        },
        rate,
        scheme=scheme,
    )
    return analysis, f"The {int(private.sum()):,} declarations of Private, hidden labels."

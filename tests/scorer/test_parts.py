"""Scores and audit of an edition in parts are those of the same edition in files."""

from __future__ import annotations

import json

from customs_data.edition.loading import load_edition
from customs_scorer import write_submission
from customs_scorer.audit.report import audit_edition
from customs_scorer.ceiling import oracle_ceiling
from customs_scorer.mistakes.of_files import errors_of_files
from customs_scorer.ranking import score_files
from customs_scorer.yardsticks import make_reference


def test_scores_yardsticks_and_errors_are_the_same(twins, tmp_path):
    one, parts = map(load_edition, twins)
    scores = one.test["Item Price"] / one.test["Net Mass"]
    file = write_submission(one, scores.rank().to_numpy(), tmp_path / "submission.csv")
    figures = []
    for edition in (one, parts):
        (standing,) = score_files([file], edition, n_replicates=20, with_revenue=True)
        errors, _ = errors_of_files({"mine": file}, edition, 0.05)
        figures.append(
            [
                standing.as_dict(),
                oracle_ceiling(edition),
                make_reference(edition).as_dict(),
                {name: table.to_dict() for name, table in errors.by_group.items()},
            ]
        )
    assert json.dumps(figures[0], default=str) == json.dumps(figures[1], default=str)


def test_the_audit_is_the_same(twins):
    one, parts = (audit_edition(load_edition(path)) for path in twins)
    assert one.as_dict() == parts.as_dict()

"""What the audit log says about a submission, and what it commits to without saying it.

The entry of an accepted file contains all facts but the exact scores. It commits to the scores with
the entry's salt. So a later change of any of them in the database contradicts the log.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from customs_leaderboard.store.schema import Submission, UtcTime
from customs_leaderboard.store.scores import ExactScores


def logged_facts(submission: Submission) -> dict[str, Any]:
    """Return what the entry of an accepted file contains, as plain data for JSON."""
    return {
        "submission": submission.number,
        "sha256": submission.sha256,
        "answer_sha256": submission.answer_sha256,
        "n_bytes": submission.n_bytes,
        "received_at": UtcTime.as_text(submission.received_at),
        "late": submission.late,
        "improved": submission.improved,
        "shown": submission.shown,
    }


def sealed_facts(submission: Submission, scores: ExactScores) -> dict[str, Any]:
    """Return what the entry commits to: the exact scores, and whose they are."""
    return {
        "submission": submission.number,
        "team": submission.team_number,
        "sha256": submission.sha256,
        "scores": scores,
    }


def commit_to(salt: str, facts: dict[str, Any]) -> str:
    """Return the commitment to facts: SHA-256(salt, a line break, canonical JSON of the facts).

    Examples
    --------
    >>> commit_to("00", {"b": 0.5, "a": None}) == hashlib.sha256(
    ...     b'00' + bytes([10]) + b'{"a":null,"b":0.5}').hexdigest()
    True
    """
    return hashlib.sha256(f"{salt}\n{canonical_json(facts)}".encode()).hexdigest()


def canonical_json(data: dict[str, Any]) -> str:
    """Return data as JSON with sorted keys, without blanks, ASCII only.

    Examples
    --------
    >>> canonical_json({"b": [1, 0.5], "a": None})
    '{"a":null,"b":[1,0.5]}'
    """
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)

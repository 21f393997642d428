"""The service conforms to its OpenAPI document for all requests (schemathesis)."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from itertools import product
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from customs_leaderboard.service.answers import ProblemAnswer
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.settings import ServiceSettings
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from real_server import Member

DOCUMENT = "/api/v1/openapi.json"
CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
NO_LIMITS = ServiceSettings(
    requests_per_second=1e9, request_burst=10**9, wrong_tokens_per_minute=1e9,
    wrong_token_burst=10**9,
)  # fmt: skip


def test_the_document_is_complete(client, app):
    document = client.get(DOCUMENT).json()
    text = str(document)
    assert "HTTPValidationError" not in text  # replaced by ProblemAnswer
    for reference in text.split("#/components/schemas/")[1:]:
        assert reference.partition("'")[0] in document["components"]["schemas"]
    assert ProblemAnswer.__name__ in document["components"]["schemas"]
    for path in document["paths"].values():
        for route in path.values():
            assert route["summary"]
            if "security" in route:
                assert {"401", "403"} <= set(route["responses"])


def try_operation(operation, mode, headers, n_examples: int) -> set[tuple[str, int]]:
    """Try one route with valid or with invalid requests."""
    seen: set[tuple[str, int]] = set()

    @given(case=operation.as_strategy(mode))
    @settings(
        max_examples=n_examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def check(case) -> None:
        answer = case.call(headers=headers)
        seen.add((f"{case.method} {case.path}", answer.status_code))
        case.validate_response(answer, checks=CHECKS)

    # A route without parameters has no invalid requests.
    invalid = mode is GenerationMode.NEGATIVE
    with suppress(Unsatisfiable) if invalid else nullcontext():
        check()
    return seen


def try_all(app, token: str, n_examples: int) -> set[tuple[str, int]]:
    """Try every route with valid and with invalid requests, with and without a token.

    The token is not drawn at random: chance would decide which routes are reached.
    """
    schema = schemathesis.openapi.from_asgi(DOCUMENT, app)
    operations = [operation.ok() for operation in schema.get_all_operations()]
    known = {"Authorization": f"Bearer {token}"}
    seen: set[tuple[str, int]] = set()
    for operation, mode in product(operations, GenerationMode):
        seen |= try_operation(operation, mode, known, n_examples)
        seen |= try_operation(operation, mode, None, max(n_examples // 2, 1))
    return seen


@pytest.fixture
def used(board_of, make_file):
    """An app without limits, and a team that has sent two files."""
    board = board_of(daily_limit=1000)
    member = Member(*add_team(board, "Busan"))
    for seed in (1, 2):
        submit_file(board, member.number, make_file(seed))
    return make_app(board, NO_LIMITS), member.token


def test_a_few_requests_of_every_kind(used):
    seen = try_all(*used, n_examples=5)
    # The requests reached the routes, not only the check of tokens.
    assert {
        ("GET /api/v1/team", 200), ("GET /api/v1/team", 401), ("GET /api/v1/team", 422),
        ("GET /api/v1/submissions/{number}", 404), ("POST /api/v1/submissions", 422),
        ("PUT /api/v1/selections", 200), ("GET /edition/{file}", 404), ("GET /api/v1/final", 404),
        ("GET /api/v1/standings", 200),
    } <= seen  # fmt: skip


@pytest.mark.slow
def test_many_requests_of_every_kind(used):
    try_all(*used, n_examples=300)

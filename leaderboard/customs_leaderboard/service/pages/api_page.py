"""The API for people: every route with examples, from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from customs_leaderboard.board import Board
from customs_leaderboard.service.access import public_url_of
from customs_leaderboard.service.caching import cached_response
from customs_leaderboard.service.pages.rendering import HTML, render

#: Calls of `customs_leaderboard.client.LeaderboardClient` by method and path.
CLIENT_CALLS: Final = {
    ("GET", "/api/v1/competition"): "competition()",
    ("GET", "/api/v1/standings"): "standings()",
    ("GET", "/api/v1/team"): "team()",
    ("POST", "/api/v1/submissions"): 'submit(Path("submission.csv"))',
}
_GROUPS: Final = {
    "": "For everybody",
    "HTTPBearer": "With a team's token",
    "organizer": "With the organizer's token",
}
_EXAMPLES: Final = {"number": "12", "file": "train.csv"}
_JSON: Final = "application/json"
_FORM: Final = "multipart/form-data"

router = APIRouter()


@dataclass(frozen=True)
class Endpoint:
    """A route with its examples; `parameters` and `answers` are (name, description)."""

    method: str
    path: str
    summary: str
    parameters: list[tuple[str, str]]
    answers: list[tuple[str, str]]
    curl: str
    python: str
    client: str | None

    @property
    def anchor(self) -> str:
        """Return an ID for links."""
        return f"{self.method} {self.path}".lower().translate(str.maketrans(" /{}", "----"))


@router.api_route("/api", methods=["GET", "HEAD"])
async def show_api(request: Request) -> Response:
    """Explain the API."""
    describe: Callable[[], dict[str, Any]] = request.app.openapi
    make = partial(make_api_page, describe=describe, site=public_url_of(request))
    return await cached_response(request, "page api", make, HTML)


def make_api_page(board: Board, describe: Callable[[], dict[str, Any]], site: str | None) -> bytes:
    """Return the page of an OpenAPI document; `site` is the leaderboard's address, if known."""
    document = describe()
    groups: dict[str, list[Endpoint]] = {title: [] for title in _GROUPS.values()}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [name for one in operation.get("security", []) for name in one]
            title = _GROUPS.get(names[0] if names else "", _GROUPS[""])
            groups[title].append(
                _endpoint(document, method.upper(), path, operation, site or "https://ADDRESS")
            )
    return render(board, "api.html", groups=groups, address=site)


def _endpoint(
    document: dict[str, Any], method: str, path: str, operation: dict[str, Any], site: str
) -> Endpoint:
    filled = path
    for name, example in _EXAMPLES.items():
        filled = filled.replace(f"{{{name}}}", example)
    has_token = bool(operation.get("security"))
    contents = operation.get("requestBody", {}).get("content", {})
    body = contents.get(_JSON)
    data = None if body is None else _example(document, body["schema"])
    answer = next(iter(operation["responses"].values()))
    is_json = not answer.get("content") or _JSON in answer["content"]
    call = CLIENT_CALLS.get((method, path))
    return Endpoint(
        method,
        path,
        operation["description"],
        [(one["name"], one.get("description", "")) for one in operation.get("parameters", [])],
        [(status, one["description"]) for status, one in operation["responses"].items()],
        _curl(method, site + filled, data, has_token, sends=_FORM in contents, saves=not is_json),
        _python(method, site + filled, data, has_token, sends=_FORM in contents, saves=not is_json),
        None if call is None else _client(site, call),
    )


def _curl(method: str, url: str, data: Any, has_token: bool, *, sends: bool, saves: bool) -> str:
    parts = ["curl"]
    if has_token:
        parts = ["printf 'Authorization: Bearer %s' \"$TOKEN\" |\n  curl -H @-"]
    if sends:
        parts.append("-F note='seed 3' -F file=@submission.csv")
    elif method != "GET":
        parts.append(f"-X {method}")
    if data is not None:
        parts.append(f"-H 'Content-Type: {_JSON}' \\\n  -d '{json.dumps(data)}'")
    if saves:
        parts.append("-OJ")
    return f"{' '.join(parts)} \\\n  {url}"


def _python(method: str, url: str, data: Any, has_token: bool, *, sends: bool, saves: bool) -> str:
    headers = []
    arguments = [f'    "{url}",', f'    method="{method}",']
    if has_token:
        headers.append('"Authorization": "Bearer " + os.environ["TOKEN"]')
    if data is not None:
        headers.append(f'"Content-Type": "{_JSON}"')
        arguments.append(f"    data=json.dumps({data!r}).encode(),".replace("'", '"'))
    if sends:
        headers.append('"Content-Type": "text/csv"')
        arguments.append('    data=open("submission.csv", "rb").read(),')
    if headers:
        arguments.append(f"    headers={{{', '.join(headers)}}},")
    return "\n".join(
        [
            "import json, os, urllib.request",
            "",
            "request = urllib.request.Request(",
            *arguments,
            ")",
            "with urllib.request.urlopen(request) as answer:",
            "    content = answer.read()" if saves else "    print(answer.read().decode())",
        ]
    )


def _client(site: str, call: str) -> str:
    return "\n".join(
        [
            "import os",
            "from pathlib import Path",
            "from customs_leaderboard.client import LeaderboardClient",
            "",
            f'with LeaderboardClient("{site}", os.environ["TOKEN"]) as client:',
            f"    print(client.{call})",
        ]
    )


def _example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a small value of a JSON schema."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _example(document, document["components"]["schemas"][name])
    if "anyOf" in schema:
        return _example(document, schema["anyOf"][0])
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _example(document, one) for name, one in properties.items()}
    if kind == "array":
        return [_example(document, schema["items"])]
    if kind == "string" and schema.get("format") == "date-time":
        return "2030-01-31T12:00:00Z"
    return {"integer": 12, "number": 0.5, "boolean": True}.get(str(kind), "...")

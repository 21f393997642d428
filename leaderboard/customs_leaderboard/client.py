"""A team's HTTP client of a leaderboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2 as httpx

from customs_data.errors import KitError
from customs_leaderboard.teams.tokens import is_token
from customs_scorer.formats import check_format

_STEP: Final = 1 << 18
_PAGE: Final = 1000
# Scoring is fast, but the queue before it may be long.
_TIMEOUT: Final = httpx.Timeout(120, connect=10)
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


class LeaderboardClient:
    """Client of a leaderboard for one team.

    Parameters
    ----------
    url : str
        Address of the leaderboard, ``https://...``.
    token : str
        The team's token; it is sent to this URL only.
    transport : httpx2.BaseTransport, optional
        Used in place of the network, for tests.

    Raises
    ------
    KitError
        If the URL or token is malformed; from every method, if the leaderboard cannot be reached or
        refuses.

    Examples
    --------
    ::

        with LeaderboardClient("https://board.example", token) as client:
            receipt = client.submit(Path("submission.csv"))
    """

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = check_url(url)
        if not is_token(token):
            raise KitError(
                "This is not a team's token: tokens begin with ckt_ and have 47 characters. Copy "
                "yours again."
            )
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            timeout=_TIMEOUT,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._http.close()

    def competition(self) -> dict[str, Any]:
        """Return rules, phase, deadline and commitment."""
        return self._ask("GET", "competition")

    def standings(self) -> dict[str, Any]:
        """Return the standings by laddered public score."""
        return self._ask("GET", "standings")

    def team(self) -> dict[str, Any]:
        """Return the team and its newest submissions."""
        return self._ask("GET", "team")

    def submissions(self) -> list[dict[str, Any]]:
        """Return all of the team's submissions, newest first."""
        rows: list[dict[str, Any]] = []
        before: dict[str, int] = {}
        while page := self._ask("GET", "team", params={"limit": _PAGE, **before})["submissions"]:
            rows += page
            before = {"before": page[-1]["number"]}
        return rows

    def write_note(self, number: int, note: str) -> dict[str, Any]:
        """Replace the note on one of the team's submissions, and return the submission."""
        return self._ask("PUT", f"submissions/{number}/note", json={"note": note})

    def download(self, number: int) -> tuple[str, bytes]:
        """Return name and content of the file of one of the team's submissions."""
        answer = self._request("GET", f"submissions/{number}/file")
        is_gzip = answer.headers.get("Content-Type") == "application/gzip"
        return f"submission-{number}.csv{'.gz' if is_gzip else ''}", answer.content

    def submit(
        self,
        path: Path,
        on_progress: Callable[[int, int], None] = lambda _sent, _all: None,
        *,
        note: str = "",
    ) -> dict[str, Any]:
        """Send a file.

        Parameters
        ----------
        path : path
            A submission in one of `customs_scorer.formats.FORMATS`.
        on_progress : callable
            Called with the bytes sent and the file's size after each part.
        note : str
            At most 200 printable characters, which only the team sees.

        Returns
        -------
        dict
            The receipt (`customs_leaderboard.submissions.submit.Receipt`).

        Raises
        ------
        KitError
            If the file is of another format, or cannot be scored; the message contains the whole
            report.
        """
        try:
            check_format(path)
            n_bytes = path.stat().st_size
            with path.open("rb") as stream:
                max_mib = self.competition()["rules"]["max_upload_mib"]
                if n_bytes > max_mib << 20:
                    raise KitError(
                        f"{path} has {n_bytes / (1 << 20):.1f} MiB; at most {max_mib} are "
                        "accepted. Compress it with gzip."
                    )

                def parts() -> Iterator[bytes]:
                    n_sent = 0
                    while part := stream.read(_STEP):
                        yield part
                        n_sent += len(part)
                        on_progress(n_sent, n_bytes)

                headers = {"Content-Length": str(n_bytes), "Content-Type": "text/csv"}
                params = {"note": note} if note else {}
                return self._ask(
                    "POST", "submissions", content=parts(), headers=headers, params=params
                )
        except OSError as error:
            raise KitError(f"{path} cannot be read: {error.strerror or error}.") from None

    def _ask(self, method: str, route: str, **request: Any) -> dict[str, Any]:
        return _read(self._request(method, route, **request), self.url)

    def _request(self, method: str, route: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, route, **request)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise KitError(
                f"{self.url} does not respond ({str(error) or type(error).__name__}). Check the "
                "URL or try again later; the same file never counts twice."
            ) from None
        return self.checked(answer)

    def checked(self, answer: httpx.Response) -> httpx.Response:
        """Return an answer; raise `KitError` with the leaderboard's reason if it refuses."""
        if answer.is_success:
            return answer
        raise KitError(_refusal(answer, self.url))


def check_url(url: str) -> str:
    """Return a leaderboard's URL without a slash at its end.

    Raises
    ------
    KitError
        If it is not an http or https URL of a host.
    """
    wrong = KitError(f"Not a leaderboard's URL: {url!r}. It looks like https://board.example.")
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise wrong
    if parts.username or parts.query or parts.fragment:
        raise wrong
    return url.rstrip("/")


def is_readable_on_the_way(url: str) -> bool:
    """Whether others on the network could read what is sent to a URL.

    Examples
    --------
    >>> is_readable_on_the_way("http://board.example"), is_readable_on_the_way("http://localhost:8000")
    (True, False)
    """
    parts = urlsplit(url)
    return parts.scheme != "https" and parts.hostname not in _LOCAL


def _read(answer: httpx.Response, url: str) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise KitError(f"{url} is not a leaderboard: its answer is not a JSON object.")
    return content


def _refusal(answer: httpx.Response, url: str) -> str:
    """Return why a leaderboard refused, in its own words if it gave any."""
    if answer.has_redirect_location:
        # Never send the token to an address that an answer names.
        return (
            f"{url} has moved to {answer.headers['Location'][:200]}. Use that URL if you trust it."
        )
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{url} is not a leaderboard: it responds with status {answer.status_code}."

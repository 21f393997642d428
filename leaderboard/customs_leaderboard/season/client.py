"""A team's client of a competition of seasons: decide week by week in a loop.

::

    season = SeasonClient("https://board.example", token)
    for week in season.play():
        week.open(my_choice(week.arrivals, week.n_inspections))
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Self

import httpx2 as httpx
import pandas as pd

from customs_data.errors import KitError
from customs_data.schema import DECLARED_COLUMNS, KEY
from customs_leaderboard.client import LeaderboardClient
from customs_leaderboard.season.reports import reports_of_rows
from customs_scorer.season.selection import Selection

_PARQUET: Final = "application/vnd.apache.parquet"
_HEADERS: Final = ("Season-Inspections", "Season-Weeks")
#: Pauses before a request is sent again, while the server does not answer, in seconds.
PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_UNAVAILABLE: Final = (429, 503)


class SeasonClient(LeaderboardClient):
    """Client of a competition of seasons for one team.

    Every request can be sent again: a decision counts once. So the client waits and tries again
    while the server does not answer.

    Parameters
    ----------
    url : str
        Address of the leaderboard, ``https://...``.
    token : str
        The team's token; it is sent to this URL only.
    transport : httpx2.BaseTransport, optional
        Used in place of the network, for tests.
    pause : callable
        Waits for some seconds.

    Raises
    ------
    KitError
        If the URL or token is malformed; from every method, if the leaderboard cannot be reached or
        refuses.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(url, token, transport=transport)
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def season(self) -> dict[str, Any]:
        """Return the team's attempts, and how far each world is."""
        return self._ask("GET", "season")

    def begin(self, *, abandon: bool = False) -> int:
        """Begin an attempt, and return its number.

        Parameters
        ----------
        abandon : bool
            End the attempt before it, if that is not finished.
        """
        number = len(self.season()["attempts"]) + 1
        params = {"abandon": "true"} if abandon else {}
        self._ask("PUT", f"season/{number}", params=params)
        return number

    def open_attempt(self) -> int | None:
        """Return the number of the attempt that is under way; None without one."""
        attempts = self.season()["attempts"]
        if not attempts or attempts[-1]["finished_at"] or attempts[-1]["abandoned_at"]:
            return None
        return int(attempts[-1]["attempt"])

    def play(self, *, abandon: bool = False) -> Iterator[ClientWeek]:
        """Yield every week of every world of an attempt; call its ``open`` before the next.

        An attempt that is under way is continued; otherwise a new one is begun.

        Parameters
        ----------
        abandon : bool
            Begin a new one in any case.
        """
        attempt = None if abandon else self.open_attempt()
        number = self.begin(abandon=abandon) if attempt is None else attempt
        for world in range(1, self.competition()["rules"]["worlds"] + 1):
            yield from self.world(number, world).weeks()

    def world(self, attempt: int, world: int) -> ClientWorld:
        """Return one of the worlds of an attempt."""
        return ClientWorld(self, attempt, world)

    def _request(self, method: str, route: str, **request: Any) -> httpx.Response:
        for pause_s in PAUSES_S:
            try:
                answer = self._http.request(method, route, **request)
                if answer.status_code not in _UNAVAILABLE:
                    break
                pause_s = max(pause_s, _retry_after(answer))
            except httpx.TransportError:
                pass
            self._pause(pause_s)
        else:
            return super()._request(method, route, **request)
        return self.checked(answer)


class ClientWorld:
    """A world that a team plays.

    Parameters
    ----------
    client : SeasonClient
    attempt, world : int

    Attributes
    ----------
    history : DataFrame, shape (n, 20)
        Everything that was filed before the current week.
    reports : DataFrame
        All reports that have arrived, in the order of arrival.
    """

    def __init__(self, client: SeasonClient, attempt: int, world: int) -> None:
        self.client = client
        self.attempt = attempt
        self.world = world
        self._route = f"season/{attempt}/{world}"
        self._filed: list[pd.DataFrame] = []
        self._reports: list[pd.DataFrame] = []

    @property
    def history(self) -> pd.DataFrame:
        """Everything that was filed before the current week, in the order of filing."""
        if len(self._filed) > 1:
            self._filed = [pd.concat(self._filed, ignore_index=True)]
        return self._filed[0]

    @property
    def reports(self) -> pd.DataFrame:
        """All reports that have arrived, those of the warm-up first."""
        if len(self._reports) > 1:
            filled = [part for part in self._reports if len(part)] or self._reports[:1]
            self._reports = [pd.concat(filled, ignore_index=True)]
        return self._reports[0]

    def weeks(self, first: int | None = None) -> Iterator[ClientWeek]:
        """Yield the weeks that are to be decided.

        Parameters
        ----------
        first : int, optional
            Begin with this week although it was decided: the same decisions get the same answers.
            By default with the first that was not.
        """
        attempts = self.client.season()["attempts"]
        progress = attempts[self.attempt - 1]["worlds"][self.world - 1]
        number = progress["next_week"] if first is None else first
        self._filed = [self.declarations(earlier)[0] for earlier in range(number or 0)]
        self._reports = []
        if number is not None:
            for earlier in range(1, number + 1):
                self._reports.append(self.new_reports(earlier))
        while number is not None:
            arrivals, n_inspections, n_weeks = self.declarations(number)
            week = ClientWeek(self, number, n_weeks, arrivals, n_inspections, self._reports[-1])
            yield week
            if not week.is_opened:
                raise KitError(
                    f"Week {number} of world {self.world} was not decided. Call week.open(...) "
                    "before the next week."
                )
            self._filed.append(arrivals)
            number = number + 1 if number < n_weeks else None

    def declarations(self, week: int) -> tuple[pd.DataFrame, int, int]:
        """Return a week's declarations, how many are to be opened, and the number of weeks."""
        answer = self.client._request("GET", f"{self._route}/{week}", headers={"Accept": _PARQUET})
        try:
            table = pd.read_parquet(io.BytesIO(answer.content))[list(DECLARED_COLUMNS)]
            n_inspections, n_weeks = (int(answer.headers[name]) for name in _HEADERS)
            return table.astype({"Date": "datetime64[s]"}), n_inspections, n_weeks
        except (ValueError, KeyError, OSError):
            raise KitError(
                f"{self.client.url} does not answer with a week's declarations."
            ) from None

    def new_reports(self, week: int) -> pd.DataFrame:
        """Return the reports that arrived since the decision before a week."""
        return reports_of_rows(self.client._ask("GET", f"{self._route}/{week}")["reports"])

    def open(self, week: int, choice: Any) -> dict[str, Any]:
        """Decide a week; `ClientWeek.open` calls it."""
        answer = self.client._ask("POST", f"{self._route}/{week}", json=_body(choice))
        self._reports.append(reports_of_rows(answer["reports"]))
        return answer


class ClientWeek:
    """A week to be decided.

    Attributes
    ----------
    world, number, n_weeks : int
    arrivals : DataFrame, shape (n_arrivals, 20)
        Declarations of this week.
    n_inspections : int
        How many of them must be opened.
    new_reports : DataFrame
        Reports that arrived since the decision before.
    is_opened : bool
    """

    def __init__(
        self,
        of_world: ClientWorld,
        number: int,
        n_weeks: int,
        arrivals: pd.DataFrame,
        n_inspections: int,
        new_reports: pd.DataFrame,
    ) -> None:
        self._world = of_world
        self.world = of_world.world
        self.number = number
        self.n_weeks = n_weeks
        self.arrivals = arrivals
        self.n_inspections = n_inspections
        self.new_reports = new_reports
        self.is_opened = False

    @property
    def history(self) -> pd.DataFrame:
        """Everything that was filed before this week, opened or not."""
        return self._world.history

    @property
    def reports(self) -> pd.DataFrame:
        """All reports that have arrived, in the columns of `REPORT_COLUMNS`."""
        return self._world.reports

    def open(self, choice: Any) -> None:
        """Open declarations of this week.

        Parameters
        ----------
        choice : Selection, or array_like of int or str
            Positions among the arrivals, or Declaration IDs; `n_inspections` of them.

        Raises
        ------
        KitError
            If the leaderboard refuses, such as another number of rows.
        """
        self._world.open(self.number, choice)
        self.is_opened = True


def _body(choice: Any) -> dict[str, Any]:
    if isinstance(choice, Selection):
        return choice.as_dict()
    rows: Sequence[Any] = choice.tolist() if hasattr(choice, "tolist") else list(choice)
    if all(isinstance(row, int) and not isinstance(row, bool) for row in rows):
        return {"rows": rows}
    if all(isinstance(row, str) for row in rows):
        return {"declaration_ids": rows}
    raise KitError(f"Open rows by their numbers or their {KEY}s, not {str(rows[:3])[:80]}.")


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else 0.0

"""Playing one season with one strategy; the season and its labels stay in this process."""

from __future__ import annotations

import json
import os
import pickle
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from io import BufferedWriter
from pathlib import Path
from threading import Thread
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from customs_baselines.features.as_of import AsOf
from customs_baselines.running.kept_code import read_own_file
from customs_baselines.running.own_model import own_parts
from customs_baselines.running.runner import child_environment
from customs_baselines.season.catalogue import LEARNING_REFERENCES, REFERENCES
from customs_baselines.season.week import Office
from customs_data.child_processes import ChildProcess
from customs_data.errors import KitError
from customs_data.files.atomic import write_errors
from customs_data.season.arrivals import Arrivals
from customs_data.temporary import scratch_folder
from customs_scorer.season.budget import Budget
from customs_scorer.season.detection import detect_outbreaks
from customs_scorer.season.environment import InspectionSeason, OpenWeek
from customs_scorer.season.measures import count_reasons, total_season
from customs_scorer.season.references import EverythingSeason, PassiveSeason, select_knowing
from customs_scorer.season.selection import Selection

_CHILD: Final = "customs_baselines.season.child"
_READ: Final = 1 << 16
#: What plays a reference that learns from other reports.
_LEARNER: Final = "exploit"


@dataclass(frozen=True)
class SeasonSettings:
    """How a season is played.

    Attributes
    ----------
    budget : Budget
    delay : int
        Weeks until reports are at hand.
    seed : int
        Seed of what a strategy draws.
    offered : dict
        Constructor arguments, each passed to strategies that take it: ``refit_every``,
        ``explore``, ``explore_share``, ``explore_weight``, ``n_jobs``.
    week_timeout : float
        Seconds that a strategy has for one week.
    report : {"fraud", "scheme"}
        Whether reports name the kind of violation, too.
    """

    budget: Budget = field(default_factory=Budget)
    delay: int = 1
    seed: int = 0
    offered: dict[str, Any] = field(default_factory=dict)
    week_timeout: float = 60.0
    report: str = "fraud"

    def as_dict(self) -> dict[str, Any]:
        """Return what decides the result, as plain data."""
        return {
            **asdict(self.budget),
            "delay": self.delay,
            "report": self.report,
            **{name: it for name, it in self.offered.items() if name != "n_jobs"},
        }


@dataclass(frozen=True, eq=False)
class Played:
    """A season that was played.

    Attributes
    ----------
    scores : dict
        As of `customs_scorer.season.measures.Totals.as_dict`, with ``chosen_by`` and ``detection``
        (`count_reasons`, `detect_outbreaks`); empty if the strategy failed.
    inspections : DataFrame
        A report per declaration that was opened.
    cpu_seconds : float
        CPU seconds of the strategy's process, without imports.
    error : str
        Why the strategy failed, or ``""``.
    """

    scores: dict[str, Any]
    inspections: pd.DataFrame
    cpu_seconds: float = 0.0
    error: str = ""


def play_season(
    arrivals: Arrivals,
    as_of: AsOf,
    strategy: str,
    settings: SeasonSettings,
    log: Path,
    on_week: Callable[[int], None] = lambda number: None,
) -> Played:
    """Play all weeks.

    Parameters
    ----------
    arrivals : Arrivals
    as_of : AsOf
        Features of all arrivals (`describe_as_of`), which strategies share.
    strategy : str
        From `customs_baselines.season.catalogue.resolve_strategy`.
    settings : SeasonSettings
    log : path
        What the strategy prints is appended here.
    on_week : callable
        Called with the number of each week that has been decided.
    """
    makers = {"everything": EverythingSeason, "passive": PassiveSeason}
    make = makers.get(strategy, InspectionSeason)
    season = make(
        arrivals,
        budget=settings.budget,
        delay=settings.delay,
        names_scheme=settings.report == "scheme",
    )
    week: OpenWeek | None
    week, _ = season.reset(settings.seed)
    cpu, error = 0.0, ""
    if strategy in REFERENCES and strategy not in LEARNING_REFERENCES:
        while week is not None:
            week, *_ = season.step(select_knowing(arrivals, strategy, week))
            on_week(len(season.opened))
    else:
        name = _LEARNER if strategy in LEARNING_REFERENCES else strategy
        with StrategyProcess(name, settings, log) as process:
            try:
                while week is not None:
                    answer = process.decide(message_of(arrivals, as_of, week))
                    week, *_ = season.step(answer)
                    on_week(len(season.opened))
            except KitError as failure:
                error = str(failure)
            cpu = process.cpu_seconds
    scores = {} if error else _measure(season)
    return Played(scores, season.inspections(), cpu, error)


def _measure(season: InspectionSeason) -> dict[str, Any]:
    opened = season.opened
    return {
        **total_season(season.arrivals, opened).as_dict(),
        "chosen_by": count_reasons(season.arrivals, opened),
        "detection": detect_outbreaks(season.arrivals, opened),
    }


def message_of(arrivals: Arrivals, as_of: AsOf, week: OpenWeek) -> dict[str, Any]:
    """Return a week as it is sent: no label of a row that was not opened is in it."""
    message: dict[str, Any] = {
        "number": week.number,
        "n_inspections": week.n_inspections,
        "arrivals": _filed(arrivals, as_of, week.rows),
        "reports": week.reports,
    }
    if week.number == 1:
        message["history"] = _filed(arrivals, as_of, np.flatnonzero(arrivals.week < 1))
    return message


def _filed(arrivals: Arrivals, as_of: AsOf, rows: Any) -> Office:
    return Office(
        arrivals.declarations.iloc[rows].reset_index(drop=True),
        as_of.features[rows],
        as_of.codes[rows],
        arrivals.week[rows],
    )


class StrategyProcess:
    """A strategy in a process of its own, used as a context.

    Parameters
    ----------
    strategy : str
    settings : SeasonSettings
    log : path
    """

    def __init__(self, strategy: str, settings: SeasonSettings, log: Path) -> None:
        self.strategy = strategy
        self.settings = settings
        self.log = log
        self.cpu_seconds = 0.0
        self._answers = b""
        self._unsent: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        own = own_parts(self.strategy)
        source = next(iter(read_own_file(self.strategy).values()), None)
        with ExitStack() as stack:
            with write_errors(self.log):
                stream = stack.enter_context(self.log.open("ab"))
            folder = stack.enter_context(scratch_folder())
            from_parent, to_child = os.pipe()
            self._from_child, to_parent = os.pipe()
            self._weeks = os.fdopen(to_child, "wb")
            stack.callback(os.close, self._from_child)
            stack.callback(_close_broken, self._weeks)
            try:
                child = ChildProcess(
                    [
                        sys.executable, "-P", "-m", _CHILD,
                        str(from_parent), str(to_parent), str(os.getpid()),
                    ],
                    cwd=own[0].parent if own else folder,
                    env=child_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    pass_fds=(from_parent, to_parent),
                )  # fmt: skip
            finally:
                os.close(from_parent)
                os.close(to_parent)
            stack.enter_context(child)
            self._stack = stack.pop_all()
        offered = {"refit_every": 1, **self.settings.offered, "random_state": self.settings.seed}
        self._unsent = [
            {
                "strategy": self.strategy,
                "offered": offered,
                "source": source,
                "seed": self.settings.seed,
            }
        ]
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def decide(self, message: dict[str, Any]) -> Any:
        """Return what the strategy answers to a week.

        Raises
        ------
        KitError
            If it fails, ends, or takes too long.
        """
        messages, self._unsent = [*self._unsent, message], []
        # In a thread: a process that does not read (an endless import) must not block this one.
        sender = Thread(target=self._send, args=(messages,), daemon=True)
        sender.start()
        answer = _read_answer(self._read_line(message["number"]), message["number"])
        sender.join()
        if error := answer.get("error"):
            where = "" if answer.get("is_kit_error") else f" (the traceback is in {self.log})"
            raise KitError(f"{error}{where}")
        self.cpu_seconds = float(answer["cpu_seconds"])
        return selection_of(answer["answer"])

    def _send(self, messages: list[dict[str, Any]]) -> None:
        try:
            for message in messages:
                pickle.dump(message, self._weeks, protocol=pickle.HIGHEST_PROTOCOL)
            self._weeks.flush()
        except BrokenPipeError:  # it has ended; reading says why
            return
        except ValueError:
            if not self._weeks.closed:  # `close` did not wait for a process that does not read
                raise

    def _read_line(self, number: int) -> bytes:
        deadline = time.monotonic() + self.settings.week_timeout
        while b"\n" not in self._answers:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._from_child], [], [], max(left, 0.0))
            if not ready:
                raise KitError(
                    f"no answer in week {number} within {self.settings.week_timeout:g} s "
                    "(--week-timeout)"
                )
            part = os.read(self._from_child, _READ)
            if not part:
                raise KitError(f"the process ended in week {number}; see {self.log}")
            self._answers += part
        line, _, self._answers = self._answers.partition(b"\n")
        return line


def _read_answer(line: bytes, number: int) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or answer.get("week", number) != number:
        raise KitError(
            f"the process answered week {number} twice, or not as the kit does. Does it fork, or "
            "write to files that it has not opened?"
        )
    return answer


def _close_broken(stream: BufferedWriter) -> None:
    """Close a pipe whose reader may have ended."""
    with suppress(BrokenPipeError):
        stream.close()


def selection_of(answer: Any) -> Any:
    """Return what `Desk.decide` answers, with selections as such."""
    return Selection.from_dict(answer) if isinstance(answer, dict) else answer

"""The calls that create and launch a competition on Kaggle."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from customs_data.edition.layout import Layout
from customs_data.tasks import Task
from customs_leaderboard.publishing.kaggle.client import KaggleService
from customs_leaderboard.publishing.kaggle.competition import (
    DATA,
    METADATA,
    METRIC,
    SECRET_FOLDER,
    SETTINGS,
    SOLUTION,
    check_folder,
    check_name,
    without_zone,
)
from customs_leaderboard.publishing.metric_files import (
    metric_module,
    published_metrics,
    target_columns,
)

#: Steps in their order; `launch` is only done on request.
STEPS: Final = ("create", "data", "solution", "settings", "pages", "status", "launch")

_CHECKLIST: Final = (
    "Submissions: set the daily limit and two final selections.",
    "Teams: set the maximum team size (usually 5).",
    "Sandbox: send data/sample_submission.csv as a host; the public and private scores must be "
    "those of `customs-kit score` for this file.",
    "Launch: run the same command with --steps launch --confirm.",
)


def checklist(task: Task) -> list[str]:
    """Return the steps that an organizer takes on Kaggle's site."""
    first = published_metrics(task)[0]
    arguments = metric_module(task).SCORES[first.name]
    settings = [f"{name} {value}" for name, value in arguments.items()]
    settings.append("higher is better" if first.higher_is_better else "lower is better")
    return [
        f"Metric: paste {METRIC} into a new metric notebook, save it, and choose it under "
        f"Evaluation ({'; '.join(settings)}).",
        f"Columns: map row_id_column_name to {task.unit.key}; keep "
        f"{', '.join(target_columns(task))} in the solution.",
        *_CHECKLIST,
    ]


@dataclass(frozen=True)
class Step:
    """A planned call: its name, the client's method, and what it sends."""

    name: str
    call: str
    sends: str

    def as_dict(self) -> dict[str, str]:
        """Return the step as plain data for JSON."""
        return dict(vars(self))


def competition_steps(folder: Path, name: str, steps: tuple[str, ...]) -> list[Step]:
    """Return the calls of some steps."""
    data = sorted(_shown(path) for path in (folder / DATA).glob("*")) if folder.exists() else []
    pages = sorted(path.stem for path in (folder / "pages").glob("*.md"))
    known = {
        "create": Step("create", "competition_create_new", METADATA),
        "data": Step("data", "competition_data_update", ", ".join(data)),
        "solution": Step("solution", "competition_create_solution", SOLUTION),
        "settings": Step("settings", "competition_update_settings", SETTINGS),
        "pages": Step("pages", "competition_create_page", ", ".join(pages)),
        "status": Step("status", "competition_get_solution_status", name),
        "launch": Step("launch", "competition_launch", name),
    }
    return [known[step] for step in STEPS if step in steps]


def _shown(path: Path) -> str:
    """Return the name of a file, or of the folder of a table in parts."""
    return f"{path.name}/" if path.is_dir() else path.name


def send_competition(
    service: KaggleService,
    layout: Layout,
    folder: Path,
    name: str,
    steps: tuple[str, ...],
    *,
    launch_at: datetime | None = None,
    on_step: Callable[[str, str], None] = lambda step, answer: None,
) -> None:
    """Make the calls of some steps, in their order.

    Parameters
    ----------
    service : KaggleService
        Connection to Kaggle.
    layout : Layout
        Organizer's copy of the edition.
    folder : path
        Folder of `prepare_competition`; its owner may have changed it.
    name : str
        Slug of the competition.
    steps : tuple of str
        Names from `STEPS`.
    launch_at : datetime, optional
        Moment of the launch (UTC); now by default.
    on_step : callable
        Called with the name and the result of each step.

    Raises
    ------
    KitError
        If the folder contains anything hidden in the wrong place, its solution is not the
        edition's, or Kaggle refuses.
    """
    check_name(name)
    sending = [step for step in STEPS if step in steps]
    if set(sending) - {"status", "launch"}:
        check_folder(layout, folder)
    sender = _Sender(service, folder, name, launch_at)
    for step in sending:
        on_step(step, getattr(sender, step)())


@dataclass(frozen=True)
class _Sender:
    """One method per step, called by its name; each returns its result in words."""

    service: KaggleService
    folder: Path
    competition: str
    launch_at: datetime | None

    def create(self) -> str:
        answer = self.service.call(
            "creating the competition", "competition_create_new", str(self.folder)
        )
        return str(answer.url)

    def data(self) -> str:
        answer = self.service.call(
            "sending the data",
            "competition_data_update",
            self.competition,
            str(self.folder / DATA),
            "Public files of the edition",
            quiet=True,
        )
        return f"version {answer.databundle_version_id}"

    def solution(self) -> str:
        path = self.folder / SECRET_FOLDER / SOLUTION
        self.service.call(
            "sending the solution",
            "competition_create_solution",
            self.competition,
            str(path),
            quiet=True,
        )
        return "sent"

    def settings(self) -> str:
        updates = json.loads((self.folder / SETTINGS).read_text(encoding="utf-8"))
        self.service.call(
            "changing settings", "competition_update_settings", self.competition, updates
        )
        return f"{len(updates)} settings"

    def pages(self) -> str:
        pages = self.service.call("listing pages", "competition_list_pages", self.competition)
        known = {page.name for page in pages}
        files = sorted((self.folder / "pages").glob("*.md"))
        for path in files:
            is_new = path.stem not in known
            self.service.call(
                f"writing the page {path.stem}",
                "competition_create_page" if is_new else "competition_update_page",
                self.competition,
                path.stem,
                content_path=str(path),
                mime_type="text/markdown",
                **({"publish": True} if is_new else {"is_published": True}),
            )
        return f"{len(files)} pages"

    def status(self) -> str:
        status = self.service.call(
            "asking for the solution's status", "competition_get_solution_status", self.competition
        )
        if status.setup_error:
            return f"the solution was refused: {status.setup_error}"
        return "the solution is ready" if status.ready else "the solution is not ready yet"

    def launch(self) -> str:
        moment = None if self.launch_at is None else without_zone(self.launch_at)
        self.service.call("launching", "competition_launch", self.competition, moment)
        return "launched" if moment is None else f"will be launched at {moment:%Y-%m-%d %H:%M} UTC"

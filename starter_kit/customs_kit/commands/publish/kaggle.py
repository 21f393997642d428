"""`customs-kit publish kaggle`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.options import CommaSeparated, json_option, practice_option
from customs_kit.commands.publish.options import (
    announcement_options,
    make_announcement,
    tell_upload,
)

if TYPE_CHECKING:
    from customs_leaderboard.publishing.kaggle.steps import Step

# Copy of `customs_leaderboard.publishing.kaggle.steps.STEPS`, so that --help loads nothing.
_STEPS = ("create", "data", "solution", "settings", "pages", "status", "launch")


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option("--dataset", metavar="OWNER/NAME", help="Publish the public files as this dataset.")
@click.option("--competition", metavar="NAME", help="Host a competition of this name.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the files to send. A new folder is made from the edition, an existing one is "
    "used as it is.  [default: NAME]",
)
@click.option("--confirm", is_flag=True, help="Send it. By default nothing leaves your computer.")
@click.option("--public", is_flag=True, help="Make it visible to everybody.  [default: private]")
@click.option("--version-notes", help="Add a version to an existing dataset, with these notes.")
@click.option("--licence", help="Licence of a dataset, as Kaggle spells it.  [default: CC-BY-4.0]")
@click.option("--subtitle", help="Subtitle of a dataset, 20 to 80 characters.")
@click.option(
    "--steps",
    type=CommaSeparated(str),
    default=_STEPS[:-1],
    help=f"Steps of a competition: {','.join(_STEPS)}.  [default: all but launch]",
)
@click.option("--launch-at", help="Time of the launch, UTC.  [default: now]")
@announcement_options
@practice_option
@json_option
def kaggle(
    edition: Path,
    dataset: str | None,
    competition: str | None,
    out: Path | None,
    confirm: bool,
    public: bool,
    version_notes: str | None,
    licence: str | None,
    subtitle: str | None,
    steps: tuple[str, ...],
    launch_at: str | None,
    title: str | None,
    opens: str | None,
    closes: str | None,
    daily_limit: int,
    contact: str,
    practice: bool,
    as_json: bool,
) -> None:
    """Publish EDITION on Kaggle, as a dataset or a hosted competition, with the official client.

    The first call makes a folder of everything that would be sent and shows the calls. Read it,
    change it, then call again with --confirm. Everything is private unless you add --public. The
    solution is the only file derived from hidden/ that is sent; any other content of hidden/ in the
    folder is refused. A checklist shows what Kaggle's API cannot set.

    \b
    Examples:
      customs-kit publish kaggle my-edition --dataset our-lab/customs-2030
      customs-kit publish kaggle my-edition --dataset our-lab/customs-2030 --confirm
      customs-kit publish kaggle my-edition --competition customs-2030 --closes 2030-12-31
      customs-kit publish kaggle my-edition --competition customs-2030 --steps launch --confirm
    """
    if (dataset is None) == (competition is None):
        raise click.UsageError("Give --dataset or --competition.")
    if unknown := [step for step in steps if step not in _STEPS]:
        raise click.UsageError(f"Unknown steps: {', '.join(unknown)}. Choose: {', '.join(_STEPS)}.")
    if dataset is not None:
        _dataset(
            edition, dataset, out, confirm=confirm, public=public, version_notes=version_notes,
            as_json=as_json, title=title, subtitle=subtitle, licence=licence, practice=practice,
        )  # fmt: skip
        return
    assert competition is not None
    announced = (title, opens, closes, daily_limit, contact)
    _competition(
        edition, competition, out, steps, confirm=confirm, public=public, announced=announced,
        launch_at=launch_at, practice=practice, as_json=as_json,
    )  # fmt: skip


def _dataset(
    edition: Path,
    reference: str,
    out: Path | None,
    *,
    confirm: bool,
    public: bool,
    version_notes: str | None,
    as_json: bool,
    **texts: Any,
) -> None:
    from customs_data.edition.layout import Layout
    from customs_kit.terminal.output import print_json, progress_console
    from customs_leaderboard.publishing.guard import HiddenGuard
    from customs_leaderboard.publishing.kaggle.client import connect, endpoint_of_environment
    from customs_leaderboard.publishing.kaggle.dataset import (
        check_reference,
        prepare_dataset,
        upload_dataset,
    )

    layout = Layout.find(edition)
    _warn(layout)
    check_reference(reference)
    folder = out or Path(reference.split("/")[1])
    if not folder.exists():
        prepare_dataset(edition, folder, reference, **texts)
    guard = HiddenGuard(layout) if layout.has_hidden else None
    if guard is not None:
        guard.check(folder)
    summary: dict[str, Any] = {
        "endpoint": endpoint_of_environment(),
        "sent": confirm,
        "folder": str(folder),
        "files": sorted(
            path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
        ),
        "public": public,
    }
    if confirm:
        with progress_console().status("Sending to Kaggle ..."):
            summary["url"] = upload_dataset(
                connect(), folder, guard, public=public, version_notes=version_notes
            )
    if as_json:
        print_json(summary)
    else:
        tell_upload(summary, changed_on="Kaggle")


def _competition(
    edition: Path,
    name: str,
    out: Path | None,
    steps: tuple[str, ...],
    *,
    confirm: bool,
    public: bool,
    announced: tuple[str | None, str | None, str | None, int, str],
    launch_at: str | None,
    practice: bool,
    as_json: bool,
) -> None:
    from customs_data.edition.layout import Layout
    from customs_data.edition.manifest import read_manifest
    from customs_data.tasks import find_task
    from customs_kit.terminal.output import print_json
    from customs_leaderboard.publishing.kaggle.client import connect, endpoint_of_environment
    from customs_leaderboard.publishing.kaggle.competition import (
        METRIC,
        check_folder,
        check_name,
        prepare_competition,
    )
    from customs_leaderboard.publishing.kaggle.steps import (
        checklist,
        competition_steps,
        send_competition,
    )
    from customs_leaderboard.rules.edition_origin import check_origin
    from customs_leaderboard.rules.schedule import parse_time

    layout = Layout.find(edition)
    manifest = read_manifest(layout.public)
    check_origin(manifest, practice=practice)
    check_name(name)
    folder = out or Path(name)
    sends_files = bool(set(steps) - {"status", "launch"})
    if sends_files and not folder.exists():
        announcement = make_announcement(manifest, *announced)
        prepare_competition(edition, folder, name, announcement, public=public, practice=practice)
    else:
        _warn(layout)
    if sends_files:
        check_folder(layout, folder)
    planned = competition_steps(folder, name, steps)
    answers: dict[str, str] = {}
    if confirm:

        def done(step: str, answer: str) -> None:
            answers[step] = answer
            click.echo(f"{step}: {answer}", err=True)

        moment = None if launch_at is None else parse_time(launch_at)
        send_competition(connect(), layout, folder, name, steps, launch_at=moment, on_step=done)
    if as_json:
        print_json(
            {
                "endpoint": endpoint_of_environment(),
                "sent": confirm,
                "folder": str(folder),
                "steps": [{**s.as_dict(), "answer": answers.get(s.name)} for s in planned],
                "checklist": checklist(find_task(manifest.task)),
                "metric_file": str(folder / METRIC),
            }
        )
        return
    _show_steps(planned, answers)
    if not confirm:
        click.echo(
            f"Not sent. Read {folder}, change it if needed, then add --confirm to send it to "
            f"{endpoint_of_environment()}."
        )
    click.echo("Set by hand on the competition's page, because Kaggle's API cannot:")
    for item in checklist(find_task(manifest.task)):
        click.echo(f"  [ ] {item}")


def _show_steps(planned: list[Step], answers: dict[str, str]) -> None:
    from rich.table import Table

    from customs_kit.terminal.output import show

    table = Table(title="Calls of the Kaggle client", title_justify="left")
    for name in ("step", "call", "sends", "answer"):
        table.add_column(name, overflow="fold")
    for step in planned:
        table.add_row(step.name, step.call, step.sends, answers.get(step.name, "-"))
    show(table)


def _warn(layout: Any) -> None:
    """Print a warning about the edition's origin, if there is one."""
    from customs_data.edition.manifest import read_manifest
    from customs_leaderboard.rules.edition_origin import origin_warning

    if warning := origin_warning(read_manifest(layout.public)):
        click.echo(f"Warning: {warning}", err=True)

"""Options of the commands that publish an edition."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:
    from customs_data.edition.manifest import Manifest
    from customs_leaderboard.publishing.announcement import Announcement

F = TypeVar("F", bound=Callable[..., Any])
_DAYS: Final = 30


def announcement_options(command: F) -> F:
    """Add the options of an announcement."""
    for option in reversed(
        (
            click.option(
                "--title", help="Title of the competition.  [default: the edition's name]"
            ),
            click.option(
                "--opens", help="First moment, UTC: 2026-03-01 or 2026-03-01T09:00.  [default: now]"
            ),
            click.option(
                "--closes",
                help="Deadline, UTC, or minutes, hours or days after the opening: +90m, +3h, +2d.  "
                f"[default: {_DAYS} days after]",
            ),
            click.option(
                "--daily-limit",
                type=int,
                default=5,
                show_default=True,
                help="Submissions per participant and day.",
            ),
            click.option("--contact", default="", help="Mail address or URL for questions."),
        )
    ):
        command = option(command)
    return command


def make_announcement(
    manifest: Manifest,
    title: str | None,
    opens: str | None,
    closes: str | None,
    daily_limit: int,
    contact: str,
) -> Announcement:
    """Return the announcement; print a warning about the edition's origin, if there is one.

    Raises
    ------
    KitError
        If a time cannot be read or the options contradict each other.
    """
    from datetime import UTC, datetime, timedelta

    from customs_leaderboard.publishing.announcement import Announcement
    from customs_leaderboard.rules.edition_origin import origin_warning
    from customs_leaderboard.rules.schedule import parse_moment, parse_time

    if warning := origin_warning(manifest):
        click.echo(f"Warning: {warning}", err=True)
    begins = parse_time(opens) if opens else datetime.now(UTC).replace(microsecond=0)
    return Announcement(
        title=manifest.name if title is None else title,
        opens=begins,
        closes=parse_moment(closes, begins) if closes else begins + timedelta(days=_DAYS),
        daily_limit=daily_limit,
        contact=contact,
    )


def tell_upload(summary: dict[str, Any], changed_on: str = "") -> None:
    """Print which files were sent, or would be, and who sees them.

    Parameters
    ----------
    summary : dict
        ``files``, ``folder``, ``public``, ``sent``, ``endpoint``, and ``url`` of what was sent.
    changed_on : str
        Platform on which the owner may have changed who sees them.
    """
    click.echo(f"{', '.join(summary['files'])} in {summary['folder']}.")
    readers = "everybody" if summary["public"] else "you alone"
    if summary["sent"]:
        unless = f", unless changed on {changed_on}" if changed_on else ""
        click.echo(f"Sent: {summary['url']} (visible to {readers}{unless}).")
        return
    click.echo(
        f"Not sent. Add --confirm to send it to {summary['endpoint']}, visible to {readers}."
    )

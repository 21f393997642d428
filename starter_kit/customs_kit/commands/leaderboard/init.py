"""`customs-kit leaderboard init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from customs_kit.commands.leaderboard.options import (
    GROUND_ERRORS,
    LADDERS,
    database_option,
    require_extra,
)
from customs_kit.commands.options import json_option, practice_option

if TYPE_CHECKING:
    from customs_leaderboard.ladder.ladder import Kind

_DAYS = 30


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--title", help="Title of the competition.  [default: the edition's name]")
@click.option("--opens", help="First moment, UTC: 2026-03-01 or 2026-03-01T09:00.  [default: now]")
@click.option(
    "--closes",
    help="Deadline, UTC, or minutes, hours or days after the opening: +90m, +3h, +2d.  [default: "
    f"{_DAYS} days after]",
)
@click.option(
    "--phase",
    "phases",
    multiple=True,
    metavar="NAME=TIME[,LIMIT]",
    help="A phase with its first moment, and its daily limit if it has its own; repeatable.",
)
@click.option(
    "--milestone",
    "milestones",
    multiple=True,
    metavar="NAME=TIME[,TEXT]",
    help="A date that teams should know; repeatable.",
)
@click.option(
    "--daily-limit", type=int, default=5, show_default=True, help="Submissions per team and day."
)
@click.option("--hourly-limit", type=int, default=0, help="Submissions per team and hour.")
@click.option("--total-limit", type=int, default=0, help="Submissions per team in all.")
@click.option(
    "--refused-limit",
    type=int,
    default=20,
    show_default=True,
    help="Refused files per team and day.",
)
@click.option(
    "--selections",
    type=int,
    default=2,
    show_default=True,
    help="Submissions a team may select for the final standings.",
)
@click.option(
    "--ladder",
    type=click.Choice(LADDERS),
    default="step",
    show_default=True,
    help="Rule that keeps public scores from leaking labels.",
)
@click.option(
    "--ladder-step",
    type=float,
    help="Improvement over the team's best that a score needs to be shown.  [default: 0.01 at "
    "54,000 declarations, more for fewer]",
)
@click.option(
    "--ladder-ground",
    "ladder_ground_errors",
    type=float,
    help="Standard errors by which a score must exceed chance before it is shown; 0 shows every "
    f"first score.  [default: {GROUND_ERRORS:g}; 0 for a metric that is no mean of gains]",
)
@click.option(
    "--late/--no-late",
    default=True,
    show_default=True,
    help="Accept submissions after the close; they are never ranked.",
)
@click.option(
    "--max-upload-mib",
    type=int,
    help="Largest file accepted, in MiB.  [default: by the number of declarations]",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Results of baselines on other editions (`customs-kit baseline table`), shown beside the "
    "teams; may be given several times.",
)
@click.option("--contact", default="", help="Where questions go: an e-mail address or a web page.")
@click.option(
    "--pages",
    "own_pages",
    type=click.Path(path_type=Path),
    help="Folder with your own overview.md, rules.md, data.md or contact.md.  [default: texts "
    "filled in from the edition]",
)
@click.option(
    "--private", is_flag=True, help="Show the competition only to teams and with a view code."
)
@practice_option
@database_option
@json_option
def init(
    edition: Path,
    out: Path,
    title: str | None,
    opens: str | None,
    closes: str | None,
    phases: tuple[str, ...],
    milestones: tuple[str, ...],
    daily_limit: int,
    hourly_limit: int,
    total_limit: int,
    refused_limit: int,
    selections: int,
    ladder: Kind,
    ladder_step: float | None,
    ladder_ground_errors: float | None,
    late: bool,
    max_upload_mib: int | None,
    references: tuple[Path, ...],
    contact: str,
    own_pages: Path | None,
    private: bool,
    practice: bool,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Set up a competition on EDITION, the organizer's copy (public/ and hidden/).

    Writes the rules to competition.toml in the new folder, and texts for overview, rules, data and
    contact to pages/: edit them. Next: `team add`, then `serve`. Without
    --opens the competition opens with its first phase.

    \b
    Examples:
      customs-kit leaderboard init my-edition --out my-board --closes 2030-12-31
      customs-kit leaderboard init my-edition --out my-board --title "Port of Busan 2030" \\
          --opens 2030-03-01T09:00 --closes 2030-06-01 --daily-limit 3 --reference results.json
      customs-kit leaderboard init my-edition --out my-board --closes 2030-06-01 \\
          --phase "Warm-up=2030-03-01,20" --phase "Main=2030-04-01" \\
          --milestone "Paper draft=2030-06-15"
      customs-kit leaderboard init my-edition --out my-board --closes +3h --hourly-limit 10
    """
    require_extra()
    from datetime import timedelta

    from customs_data.edition.layout import SAMPLE, Layout
    from customs_data.edition.manifest import read_manifest
    from customs_data.tasks import find_task
    from customs_kit.terminal.output import print_json
    from customs_leaderboard.board import make_board
    from customs_leaderboard.contest import utc_now
    from customs_leaderboard.ladder.ladder import default_step
    from customs_leaderboard.publishing.board_pages import read_folder, write_pages
    from customs_leaderboard.rules.competition import Competition
    from customs_leaderboard.rules.edition_origin import origin_warning
    from customs_leaderboard.rules.explanations import explain_quotas
    from customs_leaderboard.rules.schedule import (
        parse_milestone,
        parse_moment,
        parse_phase,
        parse_time,
        show_time,
    )
    from customs_leaderboard.standings.reference_scores import read_reference_scores
    from customs_scorer.metrics import metrics_of
    from customs_scorer.submissions import max_content_bytes

    manifest = read_manifest(Layout.find(edition).public)
    begins = parse_time(opens) if opens else utc_now().replace(microsecond=0)
    if phases and not opens:
        begins = parse_phase(phases[0], begins).begins
    task = find_task(manifest.task)
    n_units = manifest.files[SAMPLE].rows
    n_public = manifest.rows["public"] if task.asks_declarations else n_units // 2
    if ladder_ground_errors is None:
        has_gains = metrics_of(task).ranked[0].has_gains
        ladder_ground_errors = GROUND_ERRORS if has_gains else 0.0
    competition = Competition(
        title=manifest.name if title is None else title,
        edition=edition.resolve(),
        opens=begins,
        closes=parse_moment(closes, begins) if closes else begins + timedelta(days=_DAYS),
        ladder_step=default_step(n_public) if ladder_step is None else ladder_step,
        daily_limit=daily_limit,
        hourly_limit=hourly_limit,
        total_limit=total_limit,
        refused_limit=refused_limit,
        phases=tuple(parse_phase(text, begins) for text in phases),
        milestones=tuple(parse_milestone(text, begins) for text in milestones),
        n_selections=selections,
        ladder=ladder,
        ladder_ground_errors=ladder_ground_errors,
        late_submissions=late,
        # The reader's own limit, in whole MiB.
        max_upload_mib=max_upload_mib or -(-max_content_bytes(n_units, task) >> 20),
        practice=practice,
        contact=contact,
        private=private,
    )
    texts = None if own_pages is None else read_folder(own_pages)
    board = make_board(
        out,
        competition,
        database_url=database_url,
        reference_scores=read_reference_scores(list(references), manifest, practice=practice),
    )
    write_pages(board, texts)
    board.close_connections()
    if warning := origin_warning(manifest):
        click.echo(f"Warning: {warning}", err=True)
    if as_json:
        print_json({"folder": str(out), **board.rules, "edition": manifest.name})
        return
    click.echo(
        f"{competition.title}: {show_time(competition.opens)} to {show_time(competition.closes)}, "
        f"submissions: {explain_quotas(competition)}. Rules: {board.folder.competition_file}"
    )
    click.echo(f"Texts to edit: {board.folder.pages}")
    if private:
        click.echo(f"Next: customs-kit leaderboard view-code {out}")
    click.echo(f"Next: customs-kit leaderboard team add {out} NAME")

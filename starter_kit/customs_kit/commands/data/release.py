"""`customs-kit data release-report`: what whoever signs a release needs to know."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option


@click.command("release-report")
@click.argument("release", type=click.Path(path_type=Path))
@click.option(
    "--source",
    multiple=True,
    type=click.Path(path_type=Path),
    help="File or edition that the profile was made from; may be given several times. "
    "With it the attack is rehearsed and nearest neighbours are measured.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Of an edition: the profile that it was generated with.  [default: the shipped one]",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@json_option
def release_report(
    release: Path,
    source: tuple[Path, ...],
    profile: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Check a profile or an edition before it leaves the house.

    RELEASE is a file of `customs-kit data profile` or the folder of an edition. The report says
    what was used, what is guaranteed and what it took of the budget, table by table; how well a
    membership attack does; how near declarations are to those of the source; and what remains.

    \b
    Examples:
      customs-kit data release-report my-profile.json.gz --source declarations.csv \\
          --html report.html
      customs-kit data release-report my-edition --profile my-profile.json.gz
    """
    from customs_data.release.checking import check_release
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.terminal.release_tables import release_parts

    with progress_console().status("Reading ...") as status:
        report = check_release(
            release,
            profile=profile,
            source=source,
            on_step=lambda step: status.update(f"{step[0].upper()}{step[1:]} ..."),
        )
        if page is not None:
            from customs_data.files.atomic import write_atomically
            from customs_data.release.page import release_page

            write_atomically(page, release_page(report))
    if as_json:
        print_json(report.as_dict())
        return
    show(*release_parts(report))

"""`customs-kit publish codabench`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option, practice_option
from customs_kit.commands.publish.options import (
    announcement_options,
    make_announcement,
)


@click.command()
@click.argument("edition", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Zip archive to write.")
@click.option(
    "--check",
    "checked",
    type=click.Path(path_type=Path),
    help="Check a bundle instead: one sentence per problem; exits 1 if there is any.",
)
@click.option(
    "--baselines",
    type=click.Path(path_type=Path),
    help="Folder of `customs-kit baseline run`: add its submissions to the starting kit.",
)
@announcement_options
@practice_option
@json_option
def codabench(
    edition: Path | None,
    out: Path | None,
    checked: Path | None,
    baselines: Path | None,
    title: str | None,
    opens: str | None,
    closes: str | None,
    daily_limit: int,
    contact: str,
    practice: bool,
    as_json: bool,
) -> None:
    """Make a Codabench competition bundle from EDITION, the organizer's copy.

    The bundle contains a public and a private phase, the scorer in one file, pages, the public
    files, a starting kit and, for the platform's scoring, the hidden labels: keep it as safe as
    hidden/. Nothing is sent; you upload it yourself.

    \b
    Examples:
      customs-kit publish codabench my-edition --out bundle.zip --closes 2030-12-31
      customs-kit publish codabench my-edition --out bundle.zip --baselines runs
      customs-kit publish codabench --check bundle.zip
    """
    from customs_kit.terminal.output import print_json, progress_console
    from customs_kit.workspace import template_files
    from customs_leaderboard.publishing.codabench.check_bundle import check_bundle

    if checked is not None:
        if edition is not None or out is not None or baselines is not None:
            raise click.UsageError("--check FILE takes no EDITION, --out or --baselines.")
        problems = check_bundle(checked)
        if as_json:
            print_json({"file": str(checked), "passed": not problems, "problems": problems})
        else:
            click.echo("\n".join(problems) or f"{checked} is a valid bundle.", err=bool(problems))
        if problems:
            raise SystemExit(1)
        return
    if edition is None or out is None:
        raise click.UsageError("Give EDITION and --out, or --check FILE.")

    from customs_data.edition.layout import Layout
    from customs_data.edition.manifest import read_manifest
    from customs_leaderboard.publishing.codabench.bundle import make_bundle

    manifest = read_manifest(Layout.find(edition).public)
    announcement = make_announcement(manifest, title, opens, closes, daily_limit, contact)
    kit = template_files(manifest)
    if baselines is not None:
        kit |= _submissions(baselines, edition)
    with progress_console().status("Making the bundle ..."):
        names = make_bundle(edition, out, announcement, starting_kit=kit, practice=practice)
    if as_json:
        print_json({"file": str(out), "title": announcement.title, "files": names})
        return
    click.echo(f"Made {out} ({len(names)} files). It contains hidden labels: keep it to yourself.")
    click.echo("Next: on Codabench, Benchmarks > Management > Upload.")


def _submissions(runs: Path, edition: Path) -> dict[str, bytes]:
    """Return the checked submissions of a folder of runs, by file name in the starting kit.

    Nothing else of a run is copied: its record may contain hidden scores.
    """
    from customs_data.edition.asked_rows import load_asked_rows
    from customs_data.errors import KitError
    from customs_scorer.submissions import read_submission

    paths = sorted(runs.glob("*/submission.csv"))
    if not paths:
        raise KitError(
            f"No NAME/submission.csv in {runs}. Give --baselines the folder that `customs-kit "
            "baseline run` wrote to (its --out)."
        )
    asked = load_asked_rows(edition)
    for path in paths:
        read_submission(path, asked.ids, task=asked.task)
    return {f"baselines/{path.parent.name}.csv": path.read_bytes() for path in paths}

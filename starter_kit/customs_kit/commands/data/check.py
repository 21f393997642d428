"""`customs-kit data verify | describe | audit`: what an edition is worth."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--revealed",
    type=click.Path(path_type=Path),
    help="File of `customs-kit data reveal`: check the commitment, and make the edition again.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Calibration of the edition, if not the shipped one (with --revealed).",
)
@json_option
def verify(edition: Path, revealed: Path | None, profile: Path | None, as_json: bool) -> None:
    """Check that an edition is whole, unchanged, and leaks no label.

    Checksums, row counts, periods, and that public/ holds no label of a test row and no hidden
    column; on an organizer's copy also hidden/ and the commitment. After the close, --revealed
    checks what the organizer published against the commitment. Exits 1 if a check fails.

    \b
    Examples:
      customs-kit data verify my-edition
      customs-kit data verify my-edition --revealed reveal.json.gz
    """
    from customs_data.edition.verification import verify_edition
    from customs_kit.terminal.output import print_json

    checks = verify_edition(edition)
    if revealed is not None:
        from customs_data.edition.reveal import verify_reveal

        checks += verify_reveal(edition, revealed, profile)
    passed = all(check.passed for check in checks)
    if as_json:
        print_json(
            {
                "passed": passed,
                "checks": [
                    {"name": c.name, "passed": c.passed, "explanation": c.explanation}
                    for c in checks
                ],
            }
        )
    else:
        for check in checks:
            click.echo(
                f"{'ok    ' if check.passed else 'FAILED'}  {check.name}: {check.explanation}"
            )
        click.echo("The edition is sound." if passed else "The edition is NOT sound.")
    if not passed:
        raise SystemExit(1)


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write a page with pictures."
)
@json_option
def describe(edition: Path, page: Path | None, as_json: bool) -> None:
    """Show what an edition holds: volumes, labels, codes, numbers and traders.

    On an organizer's copy of a simulated edition also the ceiling (what the true fraud
    probabilities would score) and how many declarations of each scheme are labelled fraud.

    The page (--html) shows volumes over time, goods and routes, price per product, fraud by column
    and the importer-declarant network. It is made from public/ alone, so teams may have it.

    \b
    Examples:
      customs-kit data describe my-edition
      customs-kit data describe my-edition --html my-edition.html
    """
    from customs_data import load_edition
    from customs_data.describing.summary import draw_summary, summarize_edition
    from customs_kit.terminal.output import print_json, show
    from customs_kit.terminal.score_tables import ceiling_table
    from customs_scorer.ceiling import oracle_ceiling

    loaded = load_edition(edition)
    summary = summarize_edition(loaded)
    if loaded.layout.has_oracle:
        summary["hidden"] |= oracle_ceiling(loaded)
    if page is not None:
        from customs_data.describing.page import exploration_page
        from customs_data.reports.pages import write_page
        from customs_kit.terminal.output import progress_console

        with progress_console().status("Drawing ..."):
            write_page(page, exploration_page(loaded, summary))
    if as_json:
        print_json(summary)
        return
    show(draw_summary(summary))
    if loaded.layout.has_oracle:
        show(ceiling_table(summary["hidden"]))


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@click.option(
    "--transfer/--no-transfer",
    default=True,
    show_default=True,
    help="For simulated editions: learn from ten other worlds (about two minutes).",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="Calibration of the edition, if not the shipped one (for --transfer).",
)
@json_option
def audit(
    edition: Path, page: Path | None, transfer: bool, profile: Path | None, as_json: bool
) -> None:
    """Measure whether an edition can be looked up or leaks labels; exits 1 if a test fails.

    On an organizer's copy the private period is attacked, on a team's copy the last quarter of the
    training period. Simulated editions are also attacked with what other worlds of the same
    configuration teach. Of more than 300,000 declarations, tests that fit models or search
    look-ups see a sample, and say so.

    Example: customs-kit data audit my-edition
    """
    from customs_data import load_edition
    from customs_data.reports.pages import write_page
    from customs_kit.terminal.output import print_json, progress_console, show
    from customs_kit.terminal.score_tables import audit_table
    from customs_scorer.audit.report import audit_edition

    loaded = load_edition(edition)
    more = []
    if transfer and loaded.manifest.origin != "import":
        from functools import partial

        from customs_baselines.transfer_audit import audit_transfer

        more.append(partial(audit_transfer, profile=profile))
    with progress_console().status("Measuring ...") as status:
        report = audit_edition(
            loaded, more=more, on_test=lambda test: status.update(f"{test.name} done ...")
        )
    if page is not None:
        write_page(page, report.to_html())
    if as_json:
        print_json(report.as_dict())
    else:
        show(audit_table(report))
        click.echo("The edition passes." if report.passed else "The edition FAILS the audit.")
    if not report.passed:
        raise SystemExit(1)

"""`customs-kit data verify | describe | audit`: checks of an edition."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.options import json_option


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--revealed",
    type=click.Path(path_type=Path),
    help="File of `customs-kit data reveal`: check the commitment and regenerate the edition.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="With --revealed: calibration profile of the edition.  [default: the shipped one]",
)
@json_option
def verify(edition: Path, revealed: Path | None, profile: Path | None, as_json: bool) -> None:
    """Check that an edition is complete, unchanged, and leaks no label.

    Checks checksums, row counts and periods, and that public/ contains no label of a test row and
    no hidden column; on an organizer's copy also hidden/ and the commitment. After the close,
    --revealed checks the published secret and labels against the commitment. Exits 1 if a check
    fails.

    \b
    Examples:
      customs-kit data verify my-edition
      customs-kit data verify my-edition --revealed reveal.json.gz
    """
    from dataclasses import asdict

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
                "checks": [asdict(check) for check in checks],
            }
        )
    else:
        for check in checks:
            verdict = "skipped" if check.skipped else "ok" if check.passed else "FAILED"
            click.echo(f"{verdict:7}  {check.name}: {check.explanation}")
        click.echo("All checks passed." if passed else "The edition is NOT valid.")
    if not passed:
        raise SystemExit(1)


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write a page with figures."
)
@json_option
def describe(edition: Path, page: Path | None, as_json: bool) -> None:
    """Show what an edition contains: volumes, labels, codes, numbers and traders.

    Warnings name IDs that look damaged, as after `customs-kit data import`.

    On an organizer's copy of a simulated edition also the ceiling (the score of the true
    probabilities given the declaration), the prior (before it is written) and the share of positive
    labels by scheme.

    The page (--html) shows volumes over time, goods and routes, price per product, fraud by column
    and the importer-declarant network. It is made from public/ alone, so you may give it to teams.

    \b
    Examples:
      customs-kit data describe my-edition
      customs-kit data describe my-edition --html my-edition.html
    """
    from customs_data import load_edition
    from customs_data.describing.summary import draw_summary, summarize_edition
    from customs_kit.terminal.output import print_json, show, warn
    from customs_kit.terminal.score_tables import ceiling_table
    from customs_scorer.ceiling import binary_label, oracle_ceiling
    from customs_scorer.metrics import metrics_of

    loaded = load_edition(edition)
    summary = summarize_edition(loaded)
    if loaded.layout.has_oracle:
        summary["hidden"] |= oracle_ceiling(loaded)
    if page is not None:
        from customs_data.describing.page import exploration_page
        from customs_data.files.atomic import write_atomically
        from customs_kit.terminal.output import progress_console

        with progress_console().status("Drawing ..."):
            write_atomically(page, exploration_page(loaded, summary))
    if as_json:
        print_json(summary)
        return
    show(draw_summary(summary))
    if loaded.layout.has_oracle and (label := binary_label(loaded.task)) is not None:
        show(ceiling_table(summary["hidden"], metrics_of(loaded.task), label))
    for warning in summary["warnings"]:
        warn(f"{warning['column']}: {warning['message']}")


@click.command()
@click.argument("edition", type=click.Path(path_type=Path))
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Also write the report as a page."
)
@click.option(
    "--transfer/--no-transfer",
    default=True,
    show_default=True,
    help="For simulated editions: also attack with models trained on ten other worlds (about two "
    "minutes).",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="With --transfer: calibration profile of the edition.  [default: the shipped one]",
)
@click.option(
    "--adversary",
    is_flag=True,
    help="For simulated editions: also attack as a team that has read the simulator's code (about "
    "two minutes more).",
)
@json_option
def audit(
    edition: Path,
    page: Path | None,
    transfer: bool,
    profile: Path | None,
    adversary: bool,
    as_json: bool,
) -> None:
    """Test whether labels can be looked up or leak; exits 1 if a test fails.

    The tests attack the private period of an organizer's copy, or the last quarter of the training
    period of a team's copy. Simulated editions are also attacked with models trained on other
    worlds of the same configuration. Above 300,000 declarations, tests that fit models or search
    look-ups use a sample and say so.

    With --adversary, a detector trained on other worlds searches for the hidden clusters without a
    label, and the truth in hidden/ shows whether each fraud leaves a trace. What an edition does
    not allow is skipped, with a sentence.

    \b
    Examples:
      customs-kit data audit my-edition
      customs-kit data audit my-edition --adversary --html audit.html
    """
    from customs_data import load_edition
    from customs_data.files.atomic import write_atomically
    from customs_kit.terminal.audit_progress import audit_progress
    from customs_kit.terminal.output import print_json, show
    from customs_kit.terminal.score_tables import adversary_tables, audit_table
    from customs_scorer.audit.report import audit_edition, count_tests

    loaded = load_edition(edition)
    is_simulated = loaded.manifest.origin != "import"
    if adversary:
        loaded.task.require_one_label("--adversary")
    transfer = transfer and loaded.task.scores_one_label
    more, attacks, n_attacks = [], None, 0
    if adversary or (transfer and is_simulated):
        from functools import partial

        from customs_baselines.adversary.audit import N_RESULTS, audit_adversary
        from customs_baselines.adversary.transfer import TransferAudit

        copied = TransferAudit(profile=profile) if transfer else None
        if copied is not None and is_simulated:
            more.append(copied.compare_with_trees)
        if adversary:
            attacks = partial(audit_adversary, transfer=copied, profile=profile)
            n_attacks = N_RESULTS
    with audit_progress(
        count_tests(loaded.task) + len(loaded.manifest.extra) + len(more) + n_attacks
    ) as on_test:
        report = audit_edition(loaded, more=more, adversary=attacks, on_test=on_test)
    if page is not None:
        write_atomically(page, report.to_html())
    if as_json:
        print_json(report.as_dict())
    else:
        show(audit_table(report), *adversary_tables(report))
        click.echo("The edition passes." if report.passed else "The edition FAILS the audit.")
    if not report.passed:
        raise SystemExit(1)

"""The release report as one self-contained page."""

from __future__ import annotations

from customs_data.release.checking import ReleaseReport
from customs_data.reports.pages import render_page


def release_page(report: ReleaseReport) -> str:
    """Return the page."""
    guarantee = report.guarantee
    return render_page(
        "customs_data.release",
        "release.html",
        title=f"Release report: {report.name}",
        report=report,
        tables=budget_rows(report),
        threshold=None if guarantee is None else f"{guarantee.threshold_delta:.2g}",
        attacks=attack_rows(report),
        neighbours=[
            (finding.name, _number(finding.synthetic), _number(finding.source), finding.explanation)
            for finding in report.neighbours
        ],
    )


def budget_rows(report: ReleaseReport) -> list[tuple[str, ...]]:
    """Return one row per noisy table: name, columns, cells, bound, noise, threshold, budget."""
    if report.guarantee is None:
        return []
    rho = report.guarantee.rho
    return [
        (
            table.name,
            ", ".join(table.columns),
            f"{table.n_cells:,}",
            f"{table.norm:.2f}",
            f"{table.scale:,.1f}",
            "-" if table.known_cells else f"{table.threshold:,.0f}",
            f"{table.rho / rho:.1%}",
        )
        for table in report.guarantee.tables
    ]


def attack_rows(report: ReleaseReport) -> list[tuple[str, ...]]:
    """Return one row per attacker: knowledge, AUC with its error, AUC of large importers."""
    return [
        (
            attack.knowledge,
            f"{attack.auc:.3f} ± {attack.standard_error:.3f}",
            _number(attack.auc_of_large),
            f"{attack.n_members:,}",
            f"{attack.n_outsiders:,}",
        )
        for attack in report.attacks
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

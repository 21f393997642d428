"""The fidelity report as one self-contained page, with the paper's Figures 3 to 5."""

from __future__ import annotations

from html import escape
from typing import Final

from customs_data.fidelity.comparison import Comparison
from customs_data.fidelity.judges.judgement import Judgement
from customs_data.fidelity.judges.two_sample import JUDGED
from customs_data.fidelity.measure import FidelityReport
from customs_data.fidelity.page.association import associate
from customs_data.fidelity.page.colors import COLORS, LABELS
from customs_data.fidelity.page.distribution_figures import draw_cumulative, draw_distribution
from customs_data.fidelity.page.judge_figures import (
    draw_degrees,
    draw_giveaways,
    draw_heatmap,
    draw_label_information,
)
from customs_data.fidelity.quality import PUBLISHED, Score
from customs_data.reports.pages import html_key, html_page, html_panels, html_table
from customs_data.reports.pictures import ink_svg_of

_N_PAIRS: Final = 10
_KEY: Final = html_key(dict(zip(LABELS, COLORS, strict=True)))


def fidelity_page(report: FidelityReport) -> str:
    """Return the page."""
    pair = report.comparison
    return html_page(
        f"Fidelity: {report.synthetic} beside {report.source}",
        "\n".join(
            [
                _lead(report),
                _quality(report.scores),
                _distributions(report),
                _pairs(report),
                *(_judgement(held, pair) for held in report.judgements),
            ]
        ),
    )


def _lead(report: FidelityReport) -> str:
    """What a hurried reader takes away."""
    scores = [score for score in report.scores if score.value is not None]
    held = sum(score.value >= PUBLISHED[score.name] for score in scores if score.value is not None)
    found = next((j for j in report.judgements if j.judge == "two-sample test"), None)
    auc = found.value(JUDGED) if found is not None and found.findings else None
    told = (
        ""
        if auc is None
        else f" Boosted trees tell the two apart with an AUC of <b>{auc:.3f}</b> without entity "
        "IDs (0.5 = not at all, 1 = always)."
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in report.comparison.notes)
    return (
        f'<p class="lead">{held} of {len(scores)} metrics of Table 2 are at or above those of the '
        f"paper's release, at n = {report.comparison.n_rows:,}.{told}</p>"
        "<p>Table 2 alone cannot rank generators: columns drawn independently of each other beat "
        "the paper's release on seven of its eight metrics. So judges follow it.</p>"
        + (f"<ul>{notes}</ul>" if notes else "")
    )


def _quality(scores: tuple[Score, ...]) -> str:
    rows = [
        (
            score.name,
            _number(score.value),
            _number(score.ceiling),
            _number(PUBLISHED[score.name]),
            _number(score.with_ids),
        )
        for score in scores
    ]
    header = ("metric (1 is best)", "score", "half-split ceiling", "paper's release", "with IDs")
    return (
        "<h2>Table 2</h2>"
        + html_table(header, rows)
        + "<p>Score and ceiling without Declaration ID and the four entity IDs. The ceiling is "
        "what two random halves of the source score: more can hardly be asked.</p>"
    )


def _distributions(report: FidelityReport) -> str:
    """Figures 3 and 4."""
    pair = report.comparison
    columns = [*pair.numerical, *pair.categorical]
    parts = {
        name: value
        for score in report.scores
        if score.name in ("KS complement", "TV complement")
        for name, value in score.parts.items()
    }
    every = [
        ink_svg_of(
            draw_distribution(pair, name),
            f"{name}: shares in source and synthetic table; complement {parts[name]:.3f}",
        )
        for name in columns
    ]
    by_score = sorted(parts.items(), key=lambda held: held[1])
    table = html_table(
        ("column", "KS or TV complement"), [(name, f"{value:.4f}") for name, value in by_score]
    )
    # A constant column agrees without merit.
    kinds = [
        varied
        for kind in (pair.numerical, pair.categorical)
        if (varied := [name for name in kind if pair.source[name].nunique(dropna=False) > 1])
    ]
    worst = [min(kind, key=lambda name: parts[name]) for kind in kinds]
    best = [max(kind, key=lambda name: parts[name]) for kind in kinds]
    chosen = list(dict.fromkeys([*worst, *best]))
    representative = [
        ink_svg_of(
            draw_cumulative(pair, name)
            if name in pair.numerical
            else draw_distribution(pair, name, n_values=12),
            f"{name} in detail",
        )
        for name in chosen
    ]
    return (
        f"<h2>Attribute distributions (Figure 3)</h2>{_KEY}"
        + html_panels(every)
        + "<h2>Representative columns (Figure 4)</h2><p>The number and the category that agree "
        f"worst ({escape(' and '.join(worst))}) and best ({escape(' and '.join(best))}).</p>{_KEY}"
        + html_panels(representative)
        + f"<details><summary>All columns by agreement</summary>{table}</details>"
    )


def _pairs(report: FidelityReport) -> str:
    """Figure 5."""
    names, source, synthetic = associate(report.comparison)
    maps = [
        ink_svg_of(draw_heatmap(names, source, "source"), "Association of columns, source"),
        ink_svg_of(
            draw_heatmap(names, synthetic, "synthetic"), "Association of columns, synthetic"
        ),
        ink_svg_of(
            draw_heatmap(names, synthetic - source, "synthetic less source", signed=True),
            "Difference of the associations",
        ),
    ]
    parts = {
        name: value
        for score in report.scores
        if score.name in ("Pearson similarity", "contingency similarity")
        for name, value in score.parts.items()
    }
    worst = sorted(parts.items(), key=lambda held: held[1])[:_N_PAIRS]
    table = html_table(
        ("pair", "similarity"),
        [(name, f"{value:.4f}") for name, value in worst],
        caption="The pairs of columns that agree least",
    )
    return (
        "<h2>Pairs of columns (Figure 5)</h2><p>How strongly two columns go together: Cramer's V, "
        "corrected for chance, numbers by their decile.</p>" + html_panels(maps) + table
    )


def _judgement(judgement: Judgement, pair: Comparison) -> str:
    rows = [
        (found.name, _number(found.synthetic), _number(found.source), found.explanation)
        for found in judgement.findings
    ]
    sentences = "".join(f"<li>{escape(sentence)}</li>" for sentence in judgement.sentences)
    parts = [f"<h2>{escape(judgement.judge[:1].upper() + judgement.judge[1:])}</h2>"]
    if judgement.judge == "two-sample test" and judgement.details:
        parts.append(
            html_key({"declared columns": COLORS[0], "derived, and traders' histories": COLORS[1]})
            + ink_svg_of(draw_giveaways(judgement), "AUC of single features for being synthetic")
        )
    if judgement.judge == "label information" and judgement.findings:
        parts.append(ink_svg_of(draw_label_information(judgement), "Label information by column"))
    elif rows:
        parts.append(html_table(("", "synthetic", "source", "what it is"), rows))
    if judgement.judge == "entity structure" and judgement.findings:
        degrees = [
            ink_svg_of(draw_degrees(pair, name), f"Declarations of each {name}")
            for name in pair.entities
        ]
        parts.append(
            "<p>Share of the IDs with at least so many declarations, both axes by decades.</p>"
            + _KEY
            + html_panels(degrees)
        )
    if sentences:
        parts.append(f"<ul>{sentences}</ul>")
    return "\n".join(parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"

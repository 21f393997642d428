"""The fidelity report as one self-contained page, with the paper's Figures 3 to 5."""

from __future__ import annotations

from typing import Any, Final

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
from customs_data.fidelity.quality import PUBLISHED, reference_rows, reference_sentences
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import ink_svg_of

_N_PAIRS: Final = 10
_KEY: Final = dict(zip(LABELS, COLORS, strict=True))
_FEATURE_KEY: Final = dict(
    zip(("declared columns", "derived, and traders' histories"), COLORS, strict=True)
)


def fidelity_page(report: FidelityReport) -> str:
    """Return the page."""
    scores = [score for score in report.scores if score.value is not None]
    judgement = next((j for j in report.judgements if j.judge == "two-sample test"), None)
    return render_page(
        "customs_data.fidelity.page",
        "fidelity.html",
        title=f"Fidelity: {report.synthetic} beside {report.source}",
        pair=report.comparison,
        colors=_KEY,
        n_scores=len(scores),
        n_reached=sum(score.value >= PUBLISHED[score.name] for score in scores),  # type: ignore[operator]
        auc=judgement.value(JUDGED) if judgement is not None and judgement.findings else None,
        judges=[_judge(judgement, report.comparison) for judgement in report.judgements],
        **_quality(report),
        **_distributions(report),
        **_pairs(report),
    )


def _quality(report: FidelityReport) -> dict[str, Any]:
    """Header, rows and sentences of Table 2."""
    n, n_reference = report.comparison.n_rows, reference_rows(report.scores)
    smaller = n_reference is not None and n_reference < n
    header = ["metric (1 is best)", "score", "half-split reference", "paper's release", "with IDs"]
    if smaller:
        header.insert(2, f"score at n = {n_reference:,}")
    rows = []
    for score in report.scores:
        reference = score.reference
        row = [
            score.name,
            _number(score.value),
            "-" if reference is None else reference.spread,
            _number(PUBLISHED[score.name]),
            _number(score.with_ids),
        ]
        if smaller:
            row.insert(2, _number(None if reference is None else reference.score))
        rows.append(row)
    return {
        "quality_header": header,
        "quality": rows,
        "quality_sentences": " ".join(reference_sentences(report.scores, n)),
    }


def _distributions(report: FidelityReport) -> dict[str, Any]:
    """Figures 3 and 4."""
    pair = report.comparison
    parts = _parts(report, "KS complement", "TV complement")
    # A constant column agrees without merit.
    kinds = [
        varied
        for kind in (pair.numerical, pair.categorical)
        if (varied := [name for name in kind if pair.source[name].nunique(dropna=False) > 1])
    ]
    worst = [min(kind, key=parts.__getitem__) for kind in kinds]
    best = [max(kind, key=parts.__getitem__) for kind in kinds]
    return {
        "distributions": [
            ink_svg_of(
                draw_distribution(pair, name),
                f"{name}: shares in source and synthetic table; complement {parts[name]:.3f}",
            )
            for name in (*pair.numerical, *pair.categorical)
        ],
        "representative": [
            ink_svg_of(
                draw_cumulative(pair, name)
                if name in pair.numerical
                else draw_distribution(pair, name, n_values=12),
                f"{name} in detail",
            )
            for name in dict.fromkeys([*worst, *best])
        ],
        "worst": worst,
        "best": best,
        "columns": [(name, f"{value:.4f}") for name, value in parts.items()],
    }


def _pairs(report: FidelityReport) -> dict[str, Any]:
    """Figure 5."""
    names, source, synthetic = associate(report.comparison)
    difference = draw_heatmap(names, synthetic - source, "synthetic less source", signed=True)
    worst = list(_parts(report, "Pearson similarity", "contingency similarity").items())
    return {
        "associations": [
            ink_svg_of(draw_heatmap(names, source, "source"), "Association of columns, source"),
            ink_svg_of(
                draw_heatmap(names, synthetic, "synthetic"), "Association of columns, synthetic"
            ),
            ink_svg_of(difference, "Difference of the associations"),
        ],
        "pairs": [(name, f"{value:.4f}") for name, value in worst[:_N_PAIRS]],
    }


def _parts(report: FidelityReport, *metrics: str) -> dict[str, float]:
    """Scores of single columns or pairs, lowest first."""
    parts = [part for s in report.scores if s.name in metrics for part in s.parts.items()]
    return dict(sorted(parts, key=lambda part: part[1]))


def _judge(judgement: Judgement, pair: Comparison) -> dict[str, Any]:
    """Figures, rows of the table and sentences of one judge."""
    name, has_findings = judgement.judge, bool(judgement.findings)
    values: dict[str, Any] = {
        "title": name[:1].upper() + name[1:],
        "rows": [
            (row.name, _number(row.synthetic), _number(row.source), row.explanation)
            for row in judgement.findings
        ],
        "sentences": judgement.sentences,
        "giveaways": None,
        "label_information": None,
        "degrees": [],
    }
    if name == "two-sample test" and judgement.details:
        values["key"] = _FEATURE_KEY
        values["giveaways"] = ink_svg_of(
            draw_giveaways(judgement), "AUC of single features for being synthetic"
        )
    if name == "label information" and has_findings:
        values["label_information"] = ink_svg_of(
            draw_label_information(judgement), "Label information by column"
        )
    if name == "entity structure" and has_findings:
        values["degrees"] = [
            ink_svg_of(draw_degrees(pair, entity), f"Declarations of each {entity}")
            for entity in pair.entities
        ]
    return values


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"

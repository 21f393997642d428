"""One self-contained HTML page about an explanation, and the files beside it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from customs_baselines.explaining.explanation import Explanation
from customs_baselines.explaining.figures import (
    draw_declaration,
    draw_importance,
    draw_summary,
    name_of,
)
from customs_data.reports.pages import html_page, html_table
from customs_data.reports.pictures import save_figure, svg_of


def write_explanation(
    explanation: Explanation, folder: Path, edition: str, *, with_declaration: bool = True
) -> None:
    """Write importance.png, many.png, declaration.png, explanation.html and explanation.json.

    Parameters as `explanation_page`.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    save_figure(draw_importance(explanation), folder / "importance.png")
    save_figure(draw_summary(explanation), folder / "many.png")
    if with_declaration:
        save_figure(draw_declaration(explanation), folder / "declaration.png")
    page = explanation_page(explanation, edition, with_declaration=with_declaration)
    (folder / "explanation.html").write_text(page, encoding="utf-8")
    described = explanation.as_dict(with_declaration=with_declaration)
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    (folder / "explanation.json").write_text(text, encoding="utf-8")


def explanation_page(
    explanation: Explanation, edition: str, *, with_declaration: bool = True
) -> str:
    """Return the page: pictures, tables, and how to read them; it needs no other file.

    Parameters
    ----------
    explanation : Explanation
        What to show.
    edition : str
        Name of the edition the model was trained on.
    with_declaration : bool
        False leaves the one declaration out.
    """
    importance = html_table(
        ("declared columns", "share of mean |SHAP|", "share of splits"),
        [
            (
                name_of(held.columns),
                f"{held.share:.1%}",
                "-" if held.split_share is None else f"{held.split_share:.1%}",
            )
            for held in explanation.importance()
        ],
        caption="What the model looks at, most important first",
    )
    reading = (
        "A SHAP value says how much a feature moves the score of a declaration away from the mean "
        f"score ({explanation.shap.base:.3f}, {explanation.shap.unit}); the values of a "
        "declaration add up to its score. Features made of one declared column count under it; "
        "those made of several, a unit price say, under these together. Computed by "
        f"{explanation.shap.method}. SHAP values describe the model, not the world: a column that "
        "matters to a model need not be a cause of fraud."
    )
    body = [
        f"<p>Trained on the edition {escape(edition)}; "
        f"{len(explanation.declarations):,} test declarations explained.</p>",
        f"<p>{escape(reading)}</p>",
        "<h2>What the model looks at</h2>",
        svg_of(draw_importance(explanation), "Importance of declared columns"),
        importance,
        *(_one_declaration(explanation) if with_declaration else []),
        "<h2>Many declarations</h2>",
        svg_of(draw_summary(explanation), "Contributions to many declarations' scores"),
    ]
    return html_page(f"Explanation of {explanation.model}", "\n".join(body))


def _one_declaration(explanation: Explanation) -> list[str]:
    declaration = explanation.declarations.iloc[0]
    contributions = html_table(
        ("declared", "adds", "in words", "through"),
        [
            (
                held.in_words,
                f"{held.value:+.3f}",
                explanation.effect(held.value),
                ", ".join(f"{name} {value:+.3f}" for name, value, _ in held.features[:4]),
            )
            for held in explanation.contributions()
        ],
        caption=f"Declaration {declaration['Declaration ID']}, strongest first",
    )
    return [
        "<h2>One declaration</h2>",
        svg_of(draw_declaration(explanation), "Contributions to one declaration's score"),
        contributions,
    ]

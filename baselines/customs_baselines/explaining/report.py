"""One self-contained HTML page about an explanation, and the files beside it."""

from __future__ import annotations

import json
from pathlib import Path

from customs_baselines.explaining.explanation import Explanation
from customs_baselines.explaining.figures import (
    draw_declaration,
    draw_importance,
    draw_summary,
    name_of,
)
from customs_data.files.atomic import write_atomically
from customs_data.reports.pages import render_page
from customs_data.reports.pictures import ink_svg_of, save_figure


def write_explanation(
    explanation: Explanation, folder: Path, edition: str, *, with_declaration: bool = True
) -> None:
    """Write importance.png, many.png, declaration.png, explanation.html and explanation.json.

    Parameters as `explanation_page`.

    Raises
    ------
    KitError
        If the folder cannot be written.
    """
    save_figure(draw_importance(explanation), folder / "importance.png")
    save_figure(draw_summary(explanation), folder / "many.png")
    if with_declaration:
        save_figure(draw_declaration(explanation), folder / "declaration.png")
    page = explanation_page(explanation, edition, with_declaration=with_declaration)
    write_atomically(folder / "explanation.html", page)
    described = explanation.as_dict(with_declaration=with_declaration)
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "explanation.json", text)


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
    return render_page(
        "customs_baselines.explaining",
        "explanation.html",
        title=f"Explanation of {explanation.model}",
        edition=edition,
        explanation=explanation,
        importance=[
            (
                name_of(group.columns),
                f"{group.share:.1%}",
                "-" if group.split_share is None else f"{group.split_share:.1%}",
            )
            for group in explanation.importance()
        ],
        contributions=[
            (
                part.in_words,
                f"{part.value:+.3f}",
                explanation.effect(part.value),
                ", ".join(f"{name} {value:+.3f}" for name, value, _ in part.features[:4]),
            )
            for part in explanation.contributions()
        ],
        importance_figure=ink_svg_of(
            draw_importance(explanation), "Importance of declared columns"
        ),
        declaration_figure=ink_svg_of(
            draw_declaration(explanation), "Contributions to one declaration's score"
        )
        if with_declaration
        else None,
        summary_figure=ink_svg_of(
            draw_summary(explanation), "Contributions to many declarations' scores"
        ),
    )

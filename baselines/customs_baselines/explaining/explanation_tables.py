"""Importance of declared columns as Markdown for documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from customs_baselines.explaining.explanation import FORMAT
from customs_data.errors import KitError

#: The most important features of the paper's Figure 6 (arXiv:2208.02484), in its order.
FIGURE_6: Final = ("Importer ID", "Item Price", "Net Mass", "Declarant ID", "HS6 Code")
_N_RANKS: Final = 8


def is_explanations(content: Any) -> bool:
    """Whether parsed JSON is the output of `customs-kit baseline explain --json`."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def explanations_table(paths: list[Path]) -> str:
    """Return explanations side by side: the most important columns, then those of Figure 6.

    Raises
    ------
    KitError
        If a file contains something else.
    """
    heads, importances = [], []
    for path in paths:
        content = _read(path)
        for explanation in content["explanations"]:
            heads.append(f"{content['edition']}: {explanation['model']}")
            importances.append(explanation["importance"])
    ruler = ["---:", *["---"] * len(heads)]
    lines = [_row(["rank", *heads]), _row(ruler)]
    for rank in range(_N_RANKS):
        cells = [
            f"{_name(groups[rank])} {groups[rank]['share']:.1%}" if rank < len(groups) else ""
            for groups in importances
        ]
        lines.append(_row([str(rank + 1), *cells]))
    lines += ["", _row(["Figure 6", *heads]), _row(["---", *["---:"] * len(heads)])]
    for name in FIGURE_6:
        lines.append(_row([name, *(_ranks_and_shares(name, groups) for groups in importances)]))
    lines += [
        "",
        "Shares of the total of mean |SHAP| over test declarations; features made of one declared "
        "column count under it, those made of several under these together. Below: rank and share "
        "of the column alone; then the share of all groups that read it, alone or with others; "
        "then the share of the trees' splits on these.",
    ]
    return "\n".join(lines)


def _ranks_and_shares(name: str, groups: list[dict[str, Any]]) -> str:
    alone = [rank for rank, group in enumerate(groups, start=1) if group["columns"] == [name]]
    reading = [group for group in groups if name in group["columns"]]
    share = sum(group["share"] for group in reading)
    splits = [group["split_share"] for group in reading]
    first = f"{alone[0]}. ({groups[alone[0] - 1]['share']:.1%})" if alone else "-"
    used = "-" if None in splits else f"{sum(splits):.1%}"
    return f"{first}; {share:.1%}; {used}"


def _name(group: dict[str, Any]) -> str:
    return " x ".join(group["columns"])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not is_explanations(content):
            raise ValueError("another format")
        return dict(content)
    except (OSError, ValueError) as error:
        raise KitError(
            f"{path} is not the output of `customs-kit baseline explain --json`: {error}."
        ) from None

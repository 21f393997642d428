"""Tables of docs/PRIVACY.md: what privacy costs and prevents."""

from __future__ import annotations

from statistics import mean
from typing import Any, Final

import numpy as np

from customs_baselines.experiments.markdown_tables import markdown_row
from customs_data.fidelity.quality import PUBLISHED

Results = dict[str, Any]

_SHORT: Final = {
    "KS complement": "KS",
    "TV complement": "TV",
    "Pearson similarity": "Pearson",
    "contingency similarity": "contingency",
    "range coverage": "range",
    "category coverage": "category",
    "boundary adherence": "boundary",
    "new-row synthesis": "new rows",
}


def privacy_table(results: Results) -> str:
    """Return the Markdown tables of the study's results."""
    cells = sorted(
        results["cells"].values(), key=lambda cell: (cell["n"], cell["epsilon"] or np.inf)
    )
    n_worlds, n_rows = results["n_worlds"], results["n_rows"]
    lines = [
        *_costs(cells),
        "",
        *_fidelity(cells),
        "",
        f"Means over worlds of {n_rows:,} declarations from each profile, beside as many "
        "declarations of the source, without IDs and labels. *AUC*: boosted trees that tell them "
        "from the source (0.5: they cannot; one world). *Order*: whether mean "
        f"precision@5 % over {n_worlds} worlds orders the "
        "models as in worlds without privacy: " + _models(cells) + ".",
        "",
        *_attacks(cells),
        "",
        "Both attackers know all declarations of the importer in question; the first knows a "
        "sample of the others, the second every one of them. *Ceiling*: what the noise allows any "
        "attacker against the importer that stands out most.",
    ]
    return "\n".join(lines)


def _name(cell: Results) -> list[str]:
    epsilon = "none" if cell["epsilon"] is None else f"{cell['epsilon']:g}"
    return [f"{cell['n']:,}", epsilon]


def _table(header: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---:"] * len(header)
    return [markdown_row(row) for row in (header, rule, *rows)]


def _costs(cells: list[Results]) -> list[str]:
    rows = []
    for cell in cells:
        if "error" in cell:
            rows.append([*_name(cell), "-", "-", "-"])
        elif "costs" in cell:
            costs = cell["costs"]
            rows.append(
                [
                    *_name(cell),
                    f"{costs['cpu_seconds']:,.0f}",
                    f"{costs['seconds']:,.0f}",
                    f"{costs['peak_memory_gib']:.1f}",
                ]
            )
    return _table(["declarations", "epsilon", "CPU s", "seconds", "GiB"], rows)


def _fidelity(cells: list[Results]) -> list[str]:
    header = ["declarations", "epsilon", "worlds", *_SHORT.values(), "AUC", "order"]
    rows = []
    for cell in cells:
        if not cell.get("worlds"):
            rows.append([*_name(cell), *["-"] * (len(header) - 2)])
            continue
        means = mean_quality(cell)
        auc = mean(world["auc"] for world in cell["worlds"] if "auc" in world)
        same = "" if cell["epsilon"] is None else _keeps_order(cells, cell)
        values = [f"{means[name]:.3f}" for name in _SHORT]
        rows.append([*_name(cell), str(len(cell["worlds"])), *values, f"{auc:.3f}", same])
    return _table(header, rows)


def mean_quality(cell: Results) -> dict[str, float]:
    """Return the mean of each metric over the worlds of a cell."""
    return {
        name: mean(world["quality"].get(name, np.nan) for world in cell["worlds"])
        for name in PUBLISHED
    }


def _ladder(cell: Results) -> dict[str, float]:
    ladders = [world["ladder"] for world in cell["worlds"] if "ladder" in world]
    return {name: mean(ladder[name] for ladder in ladders) for name in ladders[0]}


def _order(cell: Results) -> list[str]:
    ladder = _ladder(cell)
    return sorted(ladder, key=lambda name: -ladder[name])


def _reference(cells: list[Results], cell: Results) -> Results | None:
    """Return the cell of the same size without privacy."""
    same = (c for c in cells if c["n"] == cell["n"] and c["epsilon"] is None and c.get("worlds"))
    return next(same, None)


def _keeps_order(cells: list[Results], cell: Results) -> str:
    reference = _reference(cells, cell)
    if reference is None:
        return "-"
    return "yes" if _order(cell) == _order(reference) else "**no**"


def _models(cells: list[Results]) -> str:
    reference = next((c for c in cells if c["epsilon"] is None and c.get("worlds")), None)
    if reference is None:
        return "-"
    ladder = _ladder(reference)
    return ", ".join(f"`{name}` {ladder[name]:.3f}" for name in _order(reference))


def _attacks(cells: list[Results]) -> list[str]:
    header = ["declarations", "epsilon", "a sample of others", "everybody else", "ceiling"]
    rows = []
    for cell in cells:
        attacks = cell.get("attacks") or []
        aucs = [f"{a['auc']:.3f} ± {a['standard_error']:.3f}" for a in attacks] or ["-", "-"]
        ceiling = f"{cell['ceiling']:.3f}" if "ceiling" in cell else "-"
        rows.append([*_name(cell), *aucs, ceiling])
    return _table(header, rows)
